"""One module per format of outcomes; each registers itself in :data:`OUTCOME_READERS`."""

from __future__ import annotations

from routelab.outcomes.readers._base import OUTCOME_READERS, OutcomeReader, ParsedOutcomes
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of outcomes that recognises `rows`, or None."""
    if not len(rows):
        return None
    names = OUTCOME_READERS.names()
    ordered = sorted(names, key=lambda name: (OUTCOME_READERS[name].rank, name))
    return next((name for name in ordered if OUTCOME_READERS[name]().sniff(rows)), None)


__all__ = ["OUTCOME_READERS", "OutcomeReader", "ParsedOutcomes", "detect"]
