"""The compare panel in words: its figures, its status, the script that makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routelab.ui._code import Recipe, file_line
from routelab.ui._compare_config import EVERY, CompareConfig

if TYPE_CHECKING:
    from routelab.ui._compare import ComparePanel


def figure(name: str, value: float) -> str:
    """Return a figure as text.

    Examples
    --------
    >>> figure("USD per day", 1234.5), figure("accuracy", 0.5), figure("cost", 0.00012)
    ('$1,234.50', '0.500', '0.00012')
    """
    if value != value:
        return "–"
    if name == "prompts":
        return f"{value:,.0f}"
    if name == "USD per day":
        return f"${value:,.2f}"
    return f"{value:.3f}" if abs(value) >= 1e-2 else f"{value:.3g}"


def sentences(config: CompareConfig, result: Mapping[str, float]) -> str:
    """Return what the class and the slider say, as sentences."""
    told = ""
    if config.truth != EVERY and "recall" in result:
        told += (
            f" Of {result['prompts']:,.0f} prompts of class {config.truth!r} it finds "
            f"{result['recall']:.1%}."
        )
    if "accuracy of answers" in result:
        (share,) = (name for name in result if name == "answered" or name.startswith("sent to "))
        told += (
            f" Threshold {config.threshold:g}: {result[share]:.1%} {share}, "
            f"{result['accuracy of answers']:.1%} of the answers right."
        )
    elif "quality here" in result:
        told += f" At {config.position} %: quality {result['quality here']:.3f}."
    if "USD per day" in result:
        told += f" {config.per_day:,} requests a day cost ${result['USD per day']:,.2f}."
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
        lines.append(panel.file_line("labels", "pd.read_csv({})", "the labels"))
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
