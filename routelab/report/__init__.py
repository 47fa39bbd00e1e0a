"""One self-contained HTML page about a replay, comparisons and an export."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from routelab import __version__
from routelab._checks import InputError, atomic_file
from routelab._html import esc
from routelab.evaluate import Comparison
from routelab.exporters import ExportResult
from routelab.report import _comparison, _found, _sections
from routelab.report._found import period
from routelab.report._page import grouped, items, page
from routelab.simulation import Replay

__all__ = ["period", "write_report"]

CLASSES_NAMED = 4


def write_report(
    path: str | os.PathLike[str],
    *,
    replay: Replay | None = None,
    comparisons: Mapping[str, Comparison] | Sequence[Comparison] = (),
    prompts: Sequence[str] | None = None,
    export_result: ExportResult | None = None,
    title: str = "routelab report",
    commands: Sequence[str] = (),
) -> Path:
    """Write what was found as one HTML file: no script, no network, light and dark.

    Parameters
    ----------
    path : path
        Written whole or not at all; a file that exists is replaced.
    replay : Replay, optional
    comparisons : dict of str to Comparison, or sequence of Comparison
        Without names, a comparison is called after its classes or its kind.
    prompts : sequence of str, optional
        The judged prompts of the one comparison given: its errors are then listed with their
        text. By default a report holds no prompt.
    export_result : ExportResult, optional
    title : str
    commands : sequence of str
        What computes it again, as it would be typed. Without them the report shows commands in
        which names of files stand in capitals.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        There is nothing to report; prompts are given that do not belong to the one comparison.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from routelab import Plan, simulate
    >>> stamps = pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100})
    >>> replay = simulate(traffic, Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(f"{folder}/report.html", replay=replay).read_text()
    >>> page.count("<script"), page.count("<img") >= 4
    (0, True)
    """
    named = _named(comparisons)
    if replay is None and not named and export_result is None:
        raise InputError("there is nothing to report: give a replay, a comparison or an export")
    if prompts is not None and [c.n for c in named.values()] != [len(prompts)]:
        raise InputError(
            f"'prompts' must be those of one comparison, got {len(prompts)} for comparisons of "
            f"{[c.n for c in named.values()]}"
        )
    found: list[tuple[str, list[str]]] = []
    sections: list[tuple[str, str, str]] = []
    notes: list[str] = []
    if replay is not None:
        found.append(("Simulation", list(_found.replay_sentences(replay))))
        sections.append(("simulation", "Simulation", _sections.simulation(replay)))
        notes += replay.notes
    for number, (name, comparison) in enumerate(named.items(), 1):
        heading = f"Comparison: {name}"
        found.append((heading, list(_found.comparison_sentences(comparison))))
        sections.append(
            (f"comparison-{number}", heading, _comparison.comparison(comparison, prompts))
        )
        notes += [f"{name}: {note}" for note in comparison.notes]
    if export_result is not None:
        found.append(("Export", list(_found.export_sentences(export_result))))
        sections.append(("export", "Export", _sections.exported(export_result)))
    sections.insert(0, ("found", "What was found", grouped(found)))
    notes = notes or ["none were needed"]
    sections.append(("assumptions", "Assumptions", items(notes)))
    again = list(commands) or _commands(replay, named, export_result)
    sections.append(("reproduce", "How to reproduce", _reproduce(replay, again)))
    lead = f"Written by routelab {__version__}; how to compute it again is at the end."
    text = page(title, lead, sections, f"routelab {__version__}")
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def _named(comparisons: Mapping[str, Comparison] | Sequence[Comparison]) -> dict[str, Comparison]:
    if isinstance(comparisons, Mapping):
        return {str(name): comparison for name, comparison in comparisons.items()}
    named: dict[str, Comparison] = {}
    for comparison in comparisons:
        name = _called(comparison)
        while name in named:
            name += " again"
        named[name] = comparison
    return named


def _called(comparison: Comparison) -> str:
    """Return a name made of the classes, or of the kind for outcomes."""
    tables = list(comparison.confusion.values())
    if not tables:
        return f"{comparison.kind}, {comparison.n:,} prompts"
    classes = [str(name) for name in tables[0].index]
    listed = ", ".join(classes[:CLASSES_NAMED])
    return f"{len(classes)} classes" if len(classes) > CLASSES_NAMED else listed


def _commands(
    replay: Replay | None, named: dict[str, Comparison], export_result: ExportResult | None
) -> list[str]:
    commands = []
    if replay is not None:
        s = replay.summary
        commands.append(
            f"routelab simulate LOG --plan PLAN.yaml --accounting {s['accounting']} "
            f"--seed {s['seed']} --out replay"
        )
    for number, comparison in enumerate(named.values(), 1):
        table = comparison.table
        routers = [str(name) for name in table.loc[~table["is_control"], "name"]]
        data = "LABELS" if comparison.kind == "labels" else "OUTCOMES"
        told = " ".join(f"--router {name}" for name in routers)
        folder = "comparison" if len(named) == 1 else f"comparison-{number}"
        commands.append(f"routelab compare {data} {told} --out {folder}")
    if export_result is not None:
        commands.append("routelab export PLAN.yaml --out exported")
    return commands


def _reproduce(replay: Replay | None, commands: Sequence[str]) -> str:
    facts = [f"routelab {__version__}"]
    if replay is not None:
        s = replay.summary
        facts.append(f"price book (SHA-256 of its content) {replay.plan.catalog.content_hash}")
        facts.append(f"plan {replay.plan.name!r}, seed {s['seed']}, days in {s['timezone']}")
    return f"<pre>{esc(chr(10).join(commands))}</pre>{items(facts)}"
