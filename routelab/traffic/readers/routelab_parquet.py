"""routelab's own traffic, as `write_traffic` stores it."""

from __future__ import annotations

from routelab.reading.files import Rows
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.schema import COLUMNS


@READERS.register("routelab")
class RoutelabParquet(Reader):
    """Traffic written by routelab (Parquet)."""

    title = "routelab traffic (Parquet)"
    rank = -1

    def sniff(self, rows: Rows) -> bool:
        """Look for the mark, or for every column of the schema."""
        return rows.kind == "parquet" and (
            b"routelab.traffic" in rows.tagged or set(COLUMNS) <= set(rows.names)
        )

    def parse(self, rows: Rows) -> Parsed:
        """Take the table as it is, columns beyond the schema included."""
        assert rows.table is not None
        return Parsed(rows.table)
