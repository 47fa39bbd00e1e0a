"""One module per kind of outage file; each registers itself in :data:`OUTAGE_READERS`."""

from __future__ import annotations

from routelab.outages.readers._base import (
    COLUMNS,
    IMPACT_PROBABILITY,
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
)
from routelab.reading.choose import recognise
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of outages that recognises `rows`, or None."""
    return recognise(OUTAGE_READERS, rows)


__all__ = ["COLUMNS", "IMPACT_PROBABILITY", "OUTAGE_READERS", "OutageReader", "ParsedOutages",
           "detect"]  # fmt: skip
