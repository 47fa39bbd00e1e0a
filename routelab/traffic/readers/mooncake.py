"""Mooncake (Kimi) traces: milliseconds from the start, token counts, prefix blocks."""

from __future__ import annotations

import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers._base import READERS, Parsed, Reader

_COLUMNS = {
    "timestamp": "timestamp",
    "input_length": "input_tokens",
    "output_length": "output_tokens",
}


@READERS.register("mooncake")
class Mooncake(Reader):
    """Mooncake trace (JSONL)."""

    title = "Mooncake (JSONL: timestamp in ms, input_length, output_length, hash_ids)"

    def sniff(self, rows: Rows) -> bool:
        """Look for `hash_ids` as a list (RAGPulse has an object there)."""
        first = rows.first
        return set(_COLUMNS) <= set(first) and isinstance(first.get("hash_ids"), list)

    def parse(self, rows: Rows) -> Parsed:
        """Rename; `hash_ids` is not kept."""
        frame = pd.DataFrame({ours: rows.column(name) for name, ours in _COLUMNS.items()})
        return Parsed(frame, time_unit="ms")
