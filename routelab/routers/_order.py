"""Which labels are levels of one scale, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from routelab._checks import InputError


def ordinal_scale(labels: Iterable[Any]) -> list[Any] | None:
    """Return the distinct labels in ascending order when they are levels, else None.

    Levels are whole numbers, or at least two words that `routelab.read_labels` takes for one
    scale: low, medium, high (in any case), FLASK's five, "Level 1", "BT2".

    Examples
    --------
    >>> ordinal_scale(["high", "low", "low"])
    ['low', 'high']
    >>> ordinal_scale([3, 1, 2])
    [1, 2, 3]
    >>> ordinal_scale(["BT10", "BT2"])
    ['BT2', 'BT10']
    >>> ordinal_scale(["code", "poem"]) is None
    True
    """
    distinct = list(dict.fromkeys(labels))
    if len(distinct) < 2:
        return None
    if all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in distinct):
        return sorted(distinct)
    words = {str(label).casefold(): label for label in distinct}
    if len(words) < len(distinct) or not all(isinstance(label, str) for label in distinct):
        return None
    # Imported here: routers that never see a label do not load the readers.
    from routelab.labels import ordinal_order

    order = ordinal_order(distinct)
    return None if order is None else [words[level.casefold()] for level in order]


def level_order(labels: Iterable[Any], levels: Iterable[Any] | None = None) -> list[Any]:
    """Return the levels from low to high: those given, or else those of a known scale.

    Parameters
    ----------
    labels : iterable
        The labels, repeated or not.
    levels : iterable, optional
        All levels from low to high. Levels that no label has are left out.

    Raises
    ------
    InputError
        A level is given twice, a label is not among the levels, or no levels are given and the
        labels are of no known scale.

    Examples
    --------
    >>> level_order(["large", "small"], levels=["small", "large"])
    ['small', 'large']
    """
    distinct = list(dict.fromkeys(labels))
    if levels is None:
        order = ordinal_scale(distinct)
        if order is None:
            shown = ", ".join(repr(label) for label in distinct[:6])
            raise InputError(
                f"labels {shown} are of no known scale: give 'levels' from low to high"
            )
        return order
    given = list(levels)
    for index, level in enumerate(given):
        if level in given[:index]:
            raise InputError(f"level {level!r} is given twice, at index {index}")
    for label in distinct:
        if label not in given:
            raise InputError(f"label {label!r} is not among the levels {given}")
    return [level for level in given if level in distinct]
