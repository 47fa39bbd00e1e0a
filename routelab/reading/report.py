"""What a reader read, what it could not read, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pandas as pd

from routelab._checks import atomic_file


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that did not become data: its place, the reason, and its text as it stood in the file.

    `expected` marks rows that are in order but hold nothing of the kind that was read, such as a
    tool call between the model calls of a trace.
    """

    file: str
    line: int
    reason: str
    raw: str = field(repr=False)
    expected: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"

    @property
    def verbatim(self) -> bytes:
        """The row as it stood in the file, with a line end."""
        return self.raw.encode("utf-8", "surrogateescape") + b"\n"


@dataclass(frozen=True, slots=True)
class Report:
    """The account of one read, of whatever kind.

    Attributes
    ----------
    format : str
        Name of the reader; several names joined by ``", "`` when files differ.
    rows_read, rows_accepted : int
        Rows found in the files and rows understood; ``rows_read == rows_accepted + len(rejects)``.
    rejects : list of Reject
        In the order of the files; those with ``expected`` are in order, but hold no data.
    warnings : list of str
        One line each: what was assumed or repaired, and how often.
    coverage : dict of str to float
        Share of the data's rows, in [0, 1], for which the file itself gave the column.
    kind : str
        ``"traffic"``, ``"outcomes"``, ``"decisions"``, ``"labels"``, ``"outages"`` or ``"prices"``.
    items : int
        What the data holds: requests, prompts, outages, models.
    merged : int
        Accepted rows that were folded into another (LiteLLM writes a failure row and a success row
        after a fallback; RouterBench splits a sample over two rows).
    start, end : Timestamp, optional
        First and last stamp (UTC) of traffic and outages.
    zone : str
        ``"UTC"`` (stamps carried a zone or were epoch numbers), ``"assumed UTC"`` (no zone),
        ``"relative"`` (seconds from 1970-01-01T00:00:00Z), ``"none"`` (no stamps at all), or
        empty where there is no time.
    """

    format: str
    rows_read: int
    rows_accepted: int
    rejects: list[Reject]
    warnings: list[str]
    coverage: Mapping[str, float] = field(default_factory=dict)
    kind: str = "traffic"
    items: int = 0
    merged: int = 0
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    zone: str = ""

    @property
    def rejected(self) -> list[Reject]:
        """Rows that should have been data and could not be read."""
        return [reject for reject in self.rejects if not reject.expected]

    @property
    def aside(self) -> list[Reject]:
        """Rows that are in order but hold no data of this kind."""
        return [reject for reject in self.rejects if reject.expected]

    def write_rejects(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of `rejects` to `path`, each as it stood in its file, in order."""
        with atomic_file(path) as temporary:
            with open(temporary, "wb") as sink:
                for reject in self.rejects:
                    sink.write(reject.verbatim)

    def to_dict(self) -> dict[str, Any]:
        """Return counts, warnings and reasons as plain data, for JSON; without the rows' text."""
        return {
            "kind": self.kind,
            "format": self.format,
            "rows_read": self.rows_read,
            "rows_accepted": self.rows_accepted,
            "rejects": len(self.rejected),
            "aside": len(self.aside),
            "merged": self.merged,
            self.unit: self.items,
            "start": self.start and self.start.isoformat(),
            "end": self.end and self.end.isoformat(),
            "zone": self.zone or None,
            "warnings": self.warnings,
            "reasons": [str(reject) for reject in self.rejected[:100]],
            "coverage": dict(self.coverage),
        }

    @property
    def unit(self) -> str:
        """What `items` counts."""
        units = {"traffic": "requests", "outages": "outages", "prices": "models", "names": "names"}
        return units.get(self.kind, "prompts")

    def __str__(self) -> str:
        counts = [f"{self.rows_read} read", f"{self.rows_accepted} accepted"]
        counts += [f"{len(self.rejected)} rejected", f"{self.merged} merged"]
        if self.aside:
            counts.append(f"{len(self.aside)} set aside")
        lines = [
            f"format     {self.format}",
            f"rows       {', '.join(counts)}",
            f"{self.unit:<10} {self.items}",
        ]
        if self.start is not None and self.end is not None:
            lines += [f"from       {self.start.isoformat()}", f"to         {self.end.isoformat()}"]
        if self.zone:
            lines.append(f"zone       {self.zone}")
        full = [name for name, share in self.coverage.items() if share == 1]
        part = [f"{n} {_partly(share)}" for n, share in self.coverage.items() if 0 < share < 1]
        if full:
            lines.append(f"complete   {', '.join(full)}")
        if part:
            lines.append(f"partly     {', '.join(part)}")
        lines += [f"warning    {text}" for text in self.warnings]
        lines += [f"aside      {text}" for text in _by_reason(self.aside)]
        lines += [f"rejected   {reject}" for reject in self.rejected[:3]]
        if len(self.rejected) > 3:
            lines.append(f"           and {len(self.rejected) - 3} more: write_rejects(path)")
        return "\n".join(lines)


def _by_reason(rejects: list[Reject]) -> list[str]:
    """Return one line per reason: how often, and the first place."""
    ordered = sorted(rejects, key=lambda reject: reject.reason)
    lines = []
    for reason, group in groupby(ordered, key=lambda reject: reject.reason):
        found = list(group)
        first = min(found, key=lambda reject: (reject.file, reject.line))
        lines.append(f"{len(found)} x {reason} (first: {first.file}:{first.line})")
    return lines


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A log, read: `frame` (traffic, see `COLUMNS`) and `report`."""

    frame: pd.DataFrame
    report: Report


def _partly(share: float) -> str:
    """Return a share that is neither nothing nor all, and does not round to either.

    Examples
    --------
    >>> _partly(0.997), _partly(0.5), _partly(0.001)
    ('>99%', '50%', '<1%')
    """
    if share > 0.99:
        return ">99%"
    return "<1%" if share < 0.01 else f"{share:.0%}"
