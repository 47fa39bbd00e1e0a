"""One module per kind of outage file; each registers itself in :data:`OUTAGE_READERS`."""

from __future__ import annotations

from routelab.outages.readers._base import (
    COLUMNS,
    IMPACT_PROBABILITY,
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
)
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of outages that recognises `rows`, or None."""
    if not len(rows):
        return None
    names = OUTAGE_READERS.names()
    ordered = sorted(names, key=lambda name: (OUTAGE_READERS[name].rank, name))
    return next((name for name in ordered if OUTAGE_READERS[name]().sniff(rows)), None)


__all__ = ["COLUMNS", "IMPACT_PROBABILITY", "OUTAGE_READERS", "OutageReader", "ParsedOutages",
           "detect"]  # fmt: skip
