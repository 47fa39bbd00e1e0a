"""BurstGPT, both layouts: columns are found by name; zero response tokens mark a failed request."""

from __future__ import annotations

import numpy as np

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.reading.values import numbers
from routelab.traffic.readers._base import READERS, Kinds, Parsed, Reader, kinds_of

_COLUMNS = {
    "Timestamp": "timestamp",
    "Model": "model",
    "Request tokens": "input_tokens",
    "Response tokens": "output_tokens",
    "Session ID": "session_id",
    "Elapsed time": "latency_s",
}


@READERS.register("burstgpt")
class BurstGPT(Reader):
    """BurstGPT trace (CSV), six or eight columns."""

    title = "BurstGPT (CSV: Timestamp, Model, Request tokens, Response tokens, ...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the four columns that both layouts have."""
        return rows.kind != "json" and set(list(_COLUMNS)[:4]) <= set(rows.names)

    def kinds(self, rows: Rows) -> Kinds:
        """Name the stamp and the counts."""
        return kinds_of({ours: theirs for theirs, ours in _COLUMNS.items()})

    def parse(self, rows: Rows) -> Parsed:
        """Rename; rows without a response become status 500, as the trace says no more."""
        assert rows.table is not None
        present = [name for name in _COLUMNS if name in rows.table]
        frame = rows.table[present].rename(columns=_COLUMNS)
        warnings: list[Note | str] = []
        failed = (numbers(frame["output_tokens"])[0] == 0).to_numpy()
        frame["status"] = np.where(failed, 500, 200)
        if failed.any():
            text = (
                "rows have 0 response tokens, which in BurstGPT marks a failed request: "
                "status 500 (the trace names no cause)"
            )
            warnings.append(Note(int(failed.sum()), text))
        return Parsed(frame, time_unit="s", warnings=warnings)
