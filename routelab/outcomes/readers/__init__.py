"""One module per format of outcomes; each registers itself in :data:`OUTCOME_READERS`."""

from __future__ import annotations

from routelab.outcomes.readers._base import OUTCOME_READERS, OutcomeReader, ParsedOutcomes
from routelab.reading.choose import recognise
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of outcomes that recognises `rows`, or None."""
    return recognise(OUTCOME_READERS, rows)


__all__ = ["OUTCOME_READERS", "OutcomeReader", "ParsedOutcomes", "detect"]
