"""One page about what a file held: the report, and for traffic its pictures."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pandas as pd

from routelab import __version__, plots
from routelab._checks import atomic_file
from routelab._html import table
from routelab._words import dollars
from routelab.read_any import Read
from routelab.report._page import facts, items, page, picture, scroll

_REJECTS_SHOWN = 50


def write_profile(path: str | os.PathLike[str], found: Read, *, name: str = "") -> Path:
    r"""Write a profile of what was read as one HTML file: no script, no network, light and dark.

    Prompts and rejected rows are not shown; rejects are listed with place and reason.

    Parameters
    ----------
    path : path
        Written whole or not at all; a file that exists is replaced.
    found : Read
        Of :func:`routelab.read`.
    name : str, optional
        Of the file or log, for the title.

    Returns
    -------
    Path

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import routelab as rl
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "log.csv").write_text(
    ...     "time,prompt_tokens,completion_tokens\n2026-01-05T10:00:00Z,12,5\n")
    >>> page = write_profile(folder / "p.html", rl.read(folder / "log.csv")).read_text()
    >>> page.count("<script"), "1 read" in page
    (0, True)
    """
    report = found.report
    sections = []
    if isinstance(found.data, pd.DataFrame) and found.kind == "traffic":
        sections.append(("traffic", "Traffic", _traffic(found.data)))
    sections.append(("columns", "Columns", _coverage(found)))
    if report.warnings:
        sections.append(("warnings", "Warnings", items(report.warnings)))
    if report.rejects:
        sections.append(("rejects", "Rows left out", _rejects(found)))
    lead = (
        f"{report.rows_read:,} read, {report.rows_accepted:,} accepted, "
        f"{len(report.rejected):,} rejected, {len(report.aside):,} set aside, "
        f"{report.merged:,} merged; {report.items:,} {report.unit}. Format: {report.format}."
    )
    if report.start is not None and report.end is not None:
        lead += f" From {report.start.isoformat()} to {report.end.isoformat()} ({report.zone})."
    title = f"{found.kind.capitalize()}: {name}" if name else found.kind.capitalize()
    text = page(title, lead, sections, f"routelab {__version__}. Prompts are not shown.")
    target = Path(path)
    with atomic_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return target


def traffic_facts(traffic: pd.DataFrame) -> dict[str, str]:
    """Return the numbers of traffic that people ask for first."""
    failed = int((traffic["status"] >= 400).fillna(False).sum())
    cost = traffic["cost_usd"]
    found = {
        "requests": f"{len(traffic):,}",
        "input tokens": f"{int(traffic['input_tokens'].fillna(0).sum()):,}",
        "output tokens": f"{int(traffic['output_tokens'].fillna(0).sum()):,}",
        "failed": f"{failed:,} ({failed / max(len(traffic), 1):.1%})",
    }
    for name in ("model", "user"):
        if traffic[name].notna().any():
            found[f"{name}s"] = f"{traffic[name].nunique():,}"
    if cost.notna().any():
        found["logged cost"] = dollars(cost.sum())
    return found


def _traffic(traffic: pd.DataFrame) -> str:
    told = traffic_facts(traffic)
    text = ", ".join(f"{name} {value}" for name, value in told.items())
    shown = [
        picture(partial(plots.requests_per_hour, traffic), f"Requests per hour; {text}.",
                "Requests per hour (UTC) by whether they were answered.", wide=True, width=10.4,
                height=3.3),
        picture(partial(plots.token_sizes, traffic), f"Histogram of tokens; {text}.",
                "How long requests and answers are; the axis is logarithmic."),
    ]  # fmt: skip
    for column in ("model", "user"):
        if traffic[column].notna().any():
            draw = partial(_by, traffic, column)
            shown.append(picture(draw, f"Bars of requests by {column}.",
                                 f"The {column}s with the most requests."))  # fmt: skip
    if (traffic["status"] >= 400).fillna(False).any():
        shown.append(picture(partial(plots.failures_by_class, traffic), "Bars of failures.",
                             "What failed requests met."))  # fmt: skip
    return f'{facts(told)}<div class="pictures">{"".join(shown)}</div>'


def _by(traffic: pd.DataFrame, column: str, ax: object, theme: str) -> object:
    return plots.requests_by(traffic, column, ax, theme)  # type: ignore[arg-type]


def _coverage(found: Read) -> str:
    rows = [[name, f"{share:.1%}"] for name, share in found.report.coverage.items()]
    return scroll(table(["column", "given"], rows, "Share of the rows for which the file has it."))


def _rejects(found: Read) -> str:
    rejects = found.report.rejected + found.report.aside
    rows = [[f"{Path(r.file).name}:{r.line}", "aside" if r.expected else "rejected", r.reason]
            for r in rejects[:_REJECTS_SHOWN]]  # fmt: skip
    more = len(rejects) - len(rows)
    caption = f"The first {len(rows)}; {more:,} more." if more else ""
    return scroll(table(["place", "what", "reason"], rows, caption))
