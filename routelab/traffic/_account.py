"""The account that is kept while the parts of a log come in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import IO

import numpy as np
import pandas as pd

from routelab.reading.notes import Note, summed
from routelab.reading.report import Reject, Report
from routelab.traffic._typed import Part
from routelab.traffic.schema import COLUMNS


@dataclass
class Account:
    """Counts, warnings and rejects of all parts so far; :meth:`report` closes it."""

    formats: list[str] = field(default_factory=list)
    rows: int = 0
    accepted: int = 0
    requests: int = 0
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[Note | str] = field(default_factory=list)
    zones: set[str] = field(default_factory=set)
    given: dict[str, int] = field(default_factory=dict)
    _written: int = 0
    _file: str = ""
    _latest: np.datetime64 | None = None

    def add(self, file: str, format: str, part: Part) -> None:
        """Book one part; parts of one file come one after the other."""
        self.formats.append(format)
        self.rows += part.rows
        self.accepted += part.accepted
        self.requests += len(part.frame)
        self.rejects += part.rejects
        self.warnings += part.warnings
        self.zones.add(part.zone)
        for name, count in part.given.items():
            self.given[name] = self.given.get(name, 0) + count
        self._note_falls(file, part.frame["timestamp"])

    def write_rejects(self, sink: IO[bytes]) -> None:
        """Write the text of rejects that were booked since the last call, and let go of it."""
        for i in range(self._written, len(self.rejects)):
            reject = self.rejects[i]
            sink.write(reject.verbatim)
            self.rejects[i] = replace(reject, raw="")
        self._written = len(self.rejects)

    def _note_falls(self, file: str, stamps: pd.Series) -> None:
        if file != self._file:
            self._file, self._latest = file, None
        if stamps.empty:
            return
        times = stamps.dt.tz_localize(None).to_numpy()
        before = times[:1] if self._latest is None else np.array([self._latest], times.dtype)
        falls = int((np.diff(np.concatenate([before, times])) < np.timedelta64(0)).sum())
        if falls:
            text = "times the clock goes back from one row to the next: stably sorted by time"
            self.warnings.append(Note(falls, text, file))
        self._latest = times[-1]

    def report(self, items: int, merged: int, start: pd.Timestamp, end: pd.Timestamp) -> Report:
        """Return the report."""
        if "relative" in self.zones and len(self.zones) > 1:
            self.warnings.append(
                "some files have relative stamps and some have dates: they do not align"
            )
        return Report(
            format=", ".join(dict.fromkeys(self.formats)),
            rows_read=self.rows,
            rows_accepted=self.accepted,
            merged=merged,
            items=items,
            rejects=self.rejects,
            warnings=summed(self.warnings),
            coverage={n: self.given.get(n, 0) / max(self.requests, 1) for n in COLUMNS},
            start=start,
            end=end,
            zone=", ".join(sorted(self.zones)),
        )
