"""Which labels are levels of one scale, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

SCALES = (
    ("low", "medium", "high"),
    ("low", "moderate", "high"),
    ("easy", "medium", "hard"),
    ("simple", "medium", "complex", "reasoning"),
)


def ordinal_scale(labels: Iterable[Any]) -> list[Any] | None:
    """Return the distinct labels in ascending order when they are levels, else None.

    Levels are whole numbers, or at least two words of one known scale such as low, medium,
    high (in any case).

    Examples
    --------
    >>> ordinal_scale(["high", "low", "low"])
    ['low', 'high']
    >>> ordinal_scale([3, 1, 2])
    [1, 2, 3]
    >>> ordinal_scale(["code", "poem"]) is None
    True
    """
    distinct = list(dict.fromkeys(labels))
    if len(distinct) < 2:
        return None
    if all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in distinct):
        return sorted(distinct)
    words = {str(label).casefold(): label for label in distinct}
    for scale in SCALES:
        if len(words) == len(distinct) and set(words) <= set(scale):
            return [words[level] for level in scale if level in words]
    return None
