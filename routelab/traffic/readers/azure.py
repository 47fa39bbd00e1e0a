"""Azure LLM inference trace 2023: TIMESTAMP, ContextTokens, GeneratedTokens; no zone, no model."""

from __future__ import annotations

from routelab.reading.files import Rows
from routelab.traffic.readers._base import READERS, Kinds, Parsed, Reader, kinds_of

_COLUMNS = {
    "TIMESTAMP": "timestamp",
    "ContextTokens": "input_tokens",
    "GeneratedTokens": "output_tokens",
}


@READERS.register("azure-2023")
class Azure2023(Reader):
    """Azure LLM inference trace 2023 (CSV)."""

    title = "Azure LLM inference trace 2023 (CSV: TIMESTAMP, ContextTokens, GeneratedTokens)"

    def sniff(self, rows: Rows) -> bool:
        """Look for all three columns."""
        return rows.kind != "json" and set(_COLUMNS) <= set(rows.names)

    def kinds(self, rows: Rows) -> Kinds:
        """Name the stamp and the counts."""
        return kinds_of({ours: theirs for theirs, ours in _COLUMNS.items()})

    def parse(self, rows: Rows) -> Parsed:
        """Rename; the seventh digit of the stamps (100 ns) is cut off by the microsecond type."""
        assert rows.table is not None
        return Parsed(rows.table[list(_COLUMNS)].rename(columns=_COLUMNS))
