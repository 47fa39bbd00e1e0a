"""What a reader read, what it could not read, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from routelab._checks import atomic_file


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: its place, the reason, and its text as it stood in the file."""

    file: str
    line: int
    reason: str
    raw: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """The account of one :func:`read_log`.

    Attributes
    ----------
    format : str
        Name of the reader; several names joined by ``", "`` when files differ.
    rows_read, rows_accepted : int
        Rows found in the files and rows understood; ``rows_read == rows_accepted + len(rejects)``.
    merged : int
        Accepted rows that were folded into another row of the same client request (LiteLLM writes
        a failure row and a success row after a fallback). The frame has
        ``rows_accepted - merged`` rows.
    rejects : list of Reject
        In the order of the files.
    warnings : list of str
        One line each: what was assumed or repaired, and how often.
    coverage : dict of str to float
        Share of the frame's rows, in [0, 1], for which the log itself gave the column.
    start, end : Timestamp
        First and last stamp (UTC).
    zone : str
        ``"UTC"`` (stamps carried a zone or were epoch numbers), ``"assumed UTC"`` (no zone) or
        ``"relative"`` (seconds from 1970-01-01T00:00:00Z).
    """

    format: str
    rows_read: int
    rows_accepted: int
    merged: int
    rejects: list[Reject]
    warnings: list[str]
    coverage: Mapping[str, float]
    start: pd.Timestamp
    end: pd.Timestamp
    zone: str

    def write_rejects(self, path: str | os.PathLike[str]) -> None:
        """Write the rejected rows to `path`, each as it stood in its file, one after the other."""
        with atomic_file(path) as temporary:
            with open(temporary, "wb") as sink:
                for reject in self.rejects:
                    sink.write(reject.raw.encode("utf-8", "surrogateescape") + b"\n")

    def __str__(self) -> str:
        frame_rows = self.rows_accepted - self.merged
        full = [name for name, share in self.coverage.items() if share == 1]
        part = [f"{n} {share:.0%}" for n, share in self.coverage.items() if 0 < share < 1]
        lines = [
            f"format     {self.format}",
            f"rows       {self.rows_read} read, {self.rows_accepted} accepted, "
            f"{len(self.rejects)} rejected, {self.merged} merged",
            f"requests   {frame_rows}",
            f"from       {self.start.isoformat()}",
            f"to         {self.end.isoformat()}",
            f"zone       {self.zone}",
            f"complete   {', '.join(full)}",
        ]
        if part:
            lines.append(f"partly     {', '.join(part)}")
        lines += [f"warning    {text}" for text in self.warnings]
        lines += [f"rejected   {reject}" for reject in self.rejects[:3]]
        if len(self.rejects) > 3:
            lines.append(f"           and {len(self.rejects) - 3} more: write_rejects(path)")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A log, read: `frame` (traffic, see `COLUMNS`) and `report`."""

    frame: pd.DataFrame
    report: Report
