"""One module per kind of label set; each registers its formats in :data:`LABEL_READERS`."""

from __future__ import annotations

from routelab.labels.readers._base import (
    LABEL_NAMES,
    LABEL_READERS,
    PROMPT_NAMES,
    LabelReader,
    ParsedLabels,
)
from routelab.reading.choose import recognise
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of label sets that recognises `rows`, or None."""
    return recognise(LABEL_READERS, rows)


__all__ = ["LABEL_NAMES", "LABEL_READERS", "PROMPT_NAMES", "LabelReader", "ParsedLabels", "detect"]
