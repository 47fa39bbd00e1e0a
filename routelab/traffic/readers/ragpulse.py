"""RAGPulse: seconds from noon of day 0, quoted, in two sorted runs one after the other."""

from __future__ import annotations

import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers._base import READERS, Parsed, Reader

_COLUMNS = {
    "timestamp": "timestamp",
    "input_length": "input_tokens",
    "output_length": "output_tokens",
    "session_id": "session_id",
}


@READERS.register("ragpulse")
class RAGPulse(Reader):
    """RAGPulse trace (JSONL)."""

    title = "RAGPulse (JSONL: timestamp in s, input_length, output_length, session_id, hash_ids)"

    def sniff(self, rows: Rows) -> bool:
        """Look for `hash_ids` as an object (Mooncake has a list there)."""
        first = rows.first
        return set(_COLUMNS) <= set(first) and isinstance(first.get("hash_ids"), dict)

    def parse(self, rows: Rows) -> Parsed:
        """Rename; `hash_ids` is not kept."""
        frame = pd.DataFrame({ours: rows.column(name) for name, ours in _COLUMNS.items()})
        return Parsed(
            frame,
            time_unit="s",
            warnings=["second 0 of RAGPulse is noon of its first day, local time"],
        )
