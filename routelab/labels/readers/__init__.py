"""One module per kind of label set; each registers its formats in :data:`LABEL_READERS`."""

from __future__ import annotations

from routelab.labels.readers._base import (
    LABEL_NAMES,
    LABEL_READERS,
    PROMPT_NAMES,
    LabelReader,
    ParsedLabels,
)
from routelab.reading.files import Rows


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader of label sets that recognises `rows`, or None."""
    if not len(rows):
        return None
    names = LABEL_READERS.names()
    ordered = sorted(names, key=lambda name: (LABEL_READERS[name].rank, name))
    return next((name for name in ordered if LABEL_READERS[name]().sniff(rows)), None)


__all__ = ["LABEL_NAMES", "LABEL_READERS", "PROMPT_NAMES", "LabelReader", "ParsedLabels", "detect"]
