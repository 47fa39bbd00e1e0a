"""Folds for what has to be fitted on prompts that a router has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from routelab._checks import InputError


def text_folds(
    labels: np.ndarray, groups: np.ndarray, cv: Any, counted: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Yield the rows of each fold: labels spread evenly, equal texts together.

    Parameters
    ----------
    labels : ndarray (n,)
    groups : ndarray of int (n,)
        From `same_text`. A log is full of copies: one in the training part gives away the other.
    cv : int
        From 2 to the prompts of the rarest label.
    counted : bool ndarray (n,), optional
        Rows whose labels count for that limit; all by default.

    Raises
    ------
    InputError
        `cv` is out of range.

    Examples
    --------
    >>> labels = np.array(["a", "a", "b", "b"])
    >>> [len(rows) for rows in text_folds(labels, np.arange(4), 2)]
    [2, 2]
    """
    names, sizes = np.unique(labels if counted is None else labels[counted], return_counts=True)
    rarest = int(sizes.argmin())
    if not (isinstance(cv, Integral) and 2 <= int(cv) <= sizes[rarest]):
        raise InputError(
            f"'cv' must be from 2 to the prompts of the rarest label, "
            f"{names.tolist()[rarest]!r} ({sizes[rarest]}), got {cv!r}"
        )
    codes = np.unique(labels, return_inverse=True)[1]
    splitter = StratifiedGroupKFold(int(cv), shuffle=True, random_state=0)
    for _, rows in splitter.split(codes, codes, groups):
        yield rows
