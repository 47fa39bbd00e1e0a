"""The main job on bundled data: compare, simulate, export, report, in one command."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from routelab._checks import atomic_folder
from routelab._words import dollars
from routelab.datasets import data_dir, load_traffic
from routelab.evaluate import Comparison, compare
from routelab.exporters import export, save_bundle
from routelab.labels import read_labels
from routelab.outages import read_outages
from routelab.plan import Plan
from routelab.report import period, write_report
from routelab.simulation import Replay, simulate

COMPLEXITY_ROUTERS = ("keyword", "complexity", "linear", "knn")
ROUTE_ROUTERS = ("centroid", "knn", "linear")


def run_demo(out: str | os.PathLike[str], *, force: bool = False, seed: int = 0) -> Iterator[str]:
    """Do all four uses on bundled data and write the results to a folder.

    Parameters
    ----------
    out : path
        Gets ``report.html``, ``replay/``, ``comparison-*/``, ``litellm/`` and ``plan.bundle.zip``.
    force : bool
        Replace a folder that exists.
    seed : int

    Yields
    ------
    str
        What was found, a dozen lines in all.
    """
    target = Path(out)
    with atomic_folder(target, force=force) as folder:
        again = f"routelab demo --out {shlex.quote(str(target))} --seed {seed}"
        yield from _run(folder, seed, again)
    yield f"wrote {target}: open {target / 'report.html'}"


def _run(folder: Path, seed: int, again: str) -> Iterator[str]:
    prompts = data_dir() / "prompts.csv"
    complexity = read_labels(prompts, label="complexity")
    routes = read_labels(prompts, label="route")
    by_complexity = compare(COMPLEXITY_ROUTERS, complexity, seed=seed)
    by_route = compare(ROUTE_ROUTERS, routes, seed=seed)
    yield from _told("complexity", by_complexity)
    yield from _told("routes", by_route)
    by_complexity.save(folder / "comparison-complexity")
    by_route.save(folder / "comparison-routes")

    plan = Plan.from_yaml(data_dir() / "plan.yaml").fitted()
    traffic = load_traffic()
    outages = read_outages(data_dir() / "outages.csv")
    replay = simulate(traffic, plan, outages=outages, seed=seed)
    bare = plan.replace(
        name="no fallbacks", fallbacks={}, context_window_fallbacks=None, default_fallbacks=()
    )
    without = simulate(traffic, bare, outages=outages, seed=seed)
    replay.save(folder / "replay")
    yield from _compared(replay, without)

    exported = export(plan, target="litellm", directory=folder / "litellm")
    save_bundle(folder / "plan.bundle.zip", plan=plan)
    missing = len(exported.not_carried)
    yield f"export: {len(exported.files)} files for LiteLLM; it cannot carry {missing} things"
    write_report(
        folder / "report.html",
        replay=replay,
        comparisons={"complexity": by_complexity, "routes": by_route},
        export_result=exported,
        title="routelab on bundled data",
        commands=[again],
    )


def _told(what: str, comparison: Comparison) -> Iterator[str]:
    """One line per comparison: the best router with its interval, and the best control."""
    table = comparison.table.set_index("name")
    routers = table[~table["is_control"]].sort_values("accuracy", ascending=False)
    controls = table[table["is_control"]].sort_values("accuracy", ascending=False)
    name, best = str(routers.index[0]), routers.iloc[0]
    yield (
        f"{what}: best of {len(routers)} routers on {comparison.n:,} prompts is {name}, "
        f"accuracy "
        f"{best['accuracy']:.1%} [{best['low']:.1%}, {best['high']:.1%}]; "
        f"best control {controls.index[0]} {controls['accuracy'].iloc[0]:.1%}"
    )
    yield f"{what}: {name}: {comparison.verdicts[name]}"


def _compared(replay: Replay, without: Replay) -> Iterator[str]:
    s, bare = replay.summary, without.summary
    days = ", ".join(
        f"{str(day)[5:]} {dollars(spend)}" for day, spend in replay.daily["spend_usd"].items()
    )
    shares = ", ".join(f"{model} {share:.0%}" for model, share in s["share_by_model"].items())
    single = s["served_by_one_model_usd"]
    dearest = max(single, key=lambda name: single[name])
    yield f"replay: {s['requests']:,} requests of {period(replay)} cost {dollars(s['spend_usd'])}"
    yield f"replay: per day {days}"
    yield (
        f"replay: the log paid {dollars(s['logged_usd'])}; the same answers all from {dearest} "
        f"would cost {dollars(s['served_by_one_model_usd'][dearest])}"
    )
    yield f"replay: share per model: {shares}"
    yield (
        f"outage: {s['failed']:,} requests failed ({s['failure_rate']:.2%}); without fallbacks "
        f"{bare['failed']:,} ({bare['failure_rate']:.2%})"
    )
    yield (
        f"budget: {s['degraded']:,} requests degraded, {s['refused']:,} refused; "
        f"decision cache would answer {s['cache_hits']:,}"
    )
