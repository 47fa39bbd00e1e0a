"""Which prompts may be learnt from and which are asked: folds that keep groups whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from routelab._checks import InputError


def assign_folds(labels: Sequence[Any], groups: np.ndarray, cv: int, seed: int) -> np.ndarray:
    """Return the fold (n,) of each prompt: labels spread evenly, groups kept whole.

    Parameters
    ----------
    labels : sequence (n,)
        The label of a group is that of its first prompt.
    groups : ndarray of int (n,)
    cv : int
        Folds, at least 2 and at most the number of groups.
    seed : int

    Examples
    --------
    >>> folds = assign_folds(["a", "a", "b", "b"], np.arange(4), 2, seed=0)
    >>> sorted(folds[:2].tolist()), sorted(folds[2:].tolist())
    ([0, 1], [0, 1])
    """
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if not isinstance(cv, int | np.integer) or cv < 2:
        raise InputError(f"'cv' must be a whole number of at least 2, got {cv!r}")
    if len(first) < cv:
        raise InputError(
            f"{cv} folds need at least {cv} different prompts or groups, got {len(first)}"
        )
    codes = np.unique(np.array([str(labels[i]) for i in first]), return_inverse=True)[1]
    shuffled = np.random.default_rng(seed).permutation(len(first))
    dealt = shuffled[np.argsort(codes[shuffled], kind="stable")]
    fold_of_group = np.empty(len(first), dtype=int)
    fold_of_group[dealt] = np.arange(len(first)) % cv
    return fold_of_group[member]


def rounds(folds: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (train, asked) index arrays, one pair per fold (n,).

    Examples
    --------
    >>> [(a.tolist(), b.tolist()) for a, b in rounds(np.array([0, 1, 0]))]
    [([1], [0, 2]), ([0, 2], [1])]
    """
    for fold in np.unique(folds):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
