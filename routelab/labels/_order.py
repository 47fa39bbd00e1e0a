"""Which labels have an order from low to high."""

from __future__ import annotations

import re
from typing import Any

_SCALES = (
    ("low", "medium", "high"),
    ("low", "moderate", "high"),
    ("easy", "medium", "hard"),
    ("simple", "medium", "complex", "reasoning"),
    ("simple lifestyle knowledge", "advanced lifestyle knowledge", "formal education knowledge",
     "major level knowledge", "expert level knowledge"),
)  # fmt: skip


def ordinal_order(labels: Any) -> list[str] | None:
    """Return the distinct labels from low to high where they form a known scale, else None.

    Known are low/medium/high and the like, numbers, and one word with a whole number
    (``"Level 1"``, ``"BT2"``).

    Examples
    --------
    >>> ordinal_order(["high", "low", "low"])
    ['low', 'high']
    >>> ordinal_order(["billing", "travel"]) is None
    True
    """
    distinct = sorted({str(value) for value in labels})
    lowered = {value.lower(): value for value in distinct}
    for scale in _SCALES:
        if len(distinct) > 1 and set(lowered) <= set(scale):
            return [lowered[level] for level in scale if level in lowered]
    if all(re.fullmatch(r"-?\d{1,15}(?:\.\d{1,20})?", value) for value in distinct):
        return sorted(distinct, key=float)
    parts = [re.fullmatch(r"([A-Za-z]* ?)(\d{1,3})", value) for value in distinct]
    found = [part for part in parts if part is not None]
    if len(found) == len(distinct) and len({part.group(1) for part in found}) == 1:
        return sorted(distinct, key=lambda value: int(re.sub(r"\D", "", value)))
    return None
