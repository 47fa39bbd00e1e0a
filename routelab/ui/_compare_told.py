"""The compare panel in words: its figures, its status, the script that makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routelab._words import dollars
from routelab.plots._style import short
from routelab.ui._code import Recipe, file_line
from routelab.ui._compare_config import EVERY, CompareConfig

if TYPE_CHECKING:
    from routelab.ui._compare_panel import ComparePanel


def number(value: float) -> str:
    """Return a figure as text.

    Examples
    --------
    >>> number(0.5), number(0.00012), number(float("nan"))
    ('0.500', '0.00012', '–')
    """
    if value != value:
        return "–"
    return f"{value:.3f}" if abs(value) >= 1e-2 or value == 0 else f"{value:.3g}"


def share(value: float) -> str:
    """Return a share as percent.

    Examples
    --------
    >>> share(0.125), share(float("nan"))
    ('12.5%', '–')
    """
    return "–" if value != value else f"{value:.1%}"


def facts(config: CompareConfig, result: Mapping[str, float]) -> dict[str, str]:
    """Return the figures with names that say what each is of, in their order.

    Examples
    --------
    >>> found = {"accuracy": 0.6, "accuracy low": 0.5, "accuracy high": 0.7, "answered": 0.75,
    ...          "accuracy of answers": 0.8}
    >>> facts(CompareConfig("linear", "accuracy", threshold=0.5), found)["accuracy, all prompts"]
    '0.600 (0.500 to 0.700)'
    """
    told: dict[str, str] = {}
    for name in ("accuracy", "quality"):
        if name in result:
            ends = result[f"{name} low"], result[f"{name} high"]
            told[f"{name}, all prompts"] = f"{number(result[name])} ({_between(*ends)})"
    if config.metric in result and f"{config.metric} low" not in result:
        told[f"{config.metric.replace('_', ' ')}, all prompts"] = number(result[config.metric])
    if "recall" in result:
        of = short(config.truth, 24)
        told[f"prompts of class {of}"] = f"{result['prompts']:,.0f}"
        told["of these found"] = share(result["recall"])
        told[f"right where it says {of}"] = share(result["precision"])
    if "accuracy of answers" in result:
        name, value = _answered(result)
        told[f"{name} at threshold {config.threshold:g}"] = share(value)
        told["of the answers right"] = share(result["accuracy of answers"])
    for name in ("quality", "cost", "share"):  # of two models the position is the share itself
        if f"{name} here" in result and (name == "quality" or "threshold" not in result):
            told[f"{name} at {config.position} %"] = number(result[f"{name} here"])
    if "low here" in result:
        ends = result["low here"], result["high here"]
        told[f"quality at {config.position} %"] += f" ({_between(*ends)})"
    if "threshold" in result:
        told["score from which it is strong"] = number(result["threshold"])
    if "served as labels ask" in result:
        told["served as their labels ask"] = share(result["served as labels ask"])
    if "USD per day" in result:
        told["USD per day"] = dollars(result["USD per day"])
    return told


def _between(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"


def _answered(result: Mapping[str, float]) -> tuple[str, float]:
    """Return the name of the share that the threshold moves, and the share."""
    name = next(name for name in result if name == "answered" or name.startswith("sent to "))
    return name, result[name]


def about_errors(config: CompareConfig, labels: bool) -> str:
    """Return which errors are listed, in words.

    Examples
    --------
    >>> about_errors(CompareConfig("r", "accuracy", truth="high", threshold=0.5), True)
    "wrong answers to prompts of class 'high' at threshold 0.5"
    """
    told = "wrong answers" if labels else "prompts that another model would have served better"
    if config.truth != EVERY:
        told += f" to prompts of class {config.truth!r}" if labels else f", {config.truth!r}"
    filters = [f"answered {config.answered!r}"] if config.answered != EVERY else []
    filters += [f"with the text {config.search.strip()!r}"] if config.search.strip() else []
    told = ", ".join([told, *filters])
    if labels:
        told += f"{',' if filters else ''} at threshold {config.threshold:g}"
    return told


def sentences(config: CompareConfig, result: Mapping[str, float]) -> str:
    """Return what the class and the slider say, as sentences."""
    told = ""
    if config.truth != EVERY and "recall" in result:
        told += (
            f" Of {result['prompts']:,.0f} prompts of class {config.truth!r} it finds "
            f"{result['recall']:.1%}."
        )
    if "accuracy of answers" in result:
        name, value = _answered(result)
        told += (
            f" Threshold {config.threshold:g}: {value:.1%} {name}, "
            f"{share(result['accuracy of answers'])} of the answers right."
        )
    elif "quality here" in result:
        told += f" At {config.position} %: quality {result['quality here']:.3f}."
    if "USD per day" in result:
        many = "1 request" if config.per_day == 1 else f"{config.per_day:,} requests"
        cost = "costs" if config.per_day == 1 else "cost"
        told += f" {many} a day {cost} {dollars(result['USD per day'])}"
        if "served as labels ask" in result:
            told += f"; {share(result['served as labels ask'])} are served as their labels ask"
        told += "."
    return told


def recipe(panel: ComparePanel) -> Recipe:
    """Return how a panel is made again: from labels, or from a saved comparison."""
    lines, given = [], []
    if panel.setup is None:
        call = "rl.Comparison.load({})"
        lines.append(panel.file_line("comparison", call, "the comparison"))
        given.append("comparison")
    else:
        kinds = []
        for at, (name, router) in enumerate(panel.setup.routers.items()):
            made = repr(router)
            if not isinstance(router, str):
                made, path = f"router_{at + 1}", panel.files.get(name)
                call = "rl.load_bundle({}).router"
                lines.append(file_line(made, call, path, f"router {name!r}", name))
            kinds.append(f"{name!r}: {made}")
        read = f"pd.read_csv({{}})[{panel.setup.tables.given!r}]"  # a file may hold others before
        lines.append(panel.file_line("labels", read, "the labels"))
        if panel.config.uploaded:
            lines.append(f"# {panel.config.uploaded!r} was uploaded: put its path below.")
        options = [f"{name}={value!r}" for name, value in panel.setup.options.items()]
        given += [f"routers={{{', '.join(kinds)}}}", "labels=labels",
                  f"encoders={panel.setup.encoders!r}", *options]  # fmt: skip
    if panel.plan is not None:
        lines.append(panel.file_line("plan", "rl.Plan.from_yaml({})", "the plan"))
        given.append("plan=plan")
    if panel.traffic is not None:
        lines.append(panel.file_line("traffic", "rl.read_log({}).frame", "the log"))
        given.append("traffic=traffic")
    given += [f"prices={dict(panel.usd)!r}"] if panel.usd is not None else []
    given += ["show_prompts=True"] if panel.show_prompts else []
    imports = () if panel.setup is None else ("import pandas as pd",)
    return Recipe(f"ui.compare({', '.join(given)})", tuple(lines), imports)
