"""Prompts on both sides of a comparison: what is kept together, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routelab._checks import InputError
from routelab.evaluate.leakage import contaminated, duplicate_groups, near_duplicates
from routelab.routers._labels import same_text

SLICE = "seen in training"
AS_THEY_ARE = "the controls have learnt from the judged prompts; the routers were asked as they are"
SIMILARITY = "Jaccard of 5-grams >= 0.8"
MOST_CHARACTERS = 10_000_000  # random text of this size takes three quarters of a minute


def groups_of(prompts: list[str], given: Sequence[Any] | str | None) -> np.ndarray:
    """Return the group (n,) of each prompt: the same fold, and drawn together.

    Equal texts are of one group always, which joins the groups that they stand in.

    Parameters
    ----------
    prompts : list of str (n,)
    given : sequence (n,), "near" or None
        Names of groups; near-duplicates; or only equal texts.

    Examples
    --------
    >>> groups_of(["a poem", "A  poem", "prose"], None).tolist()
    [0, 0, 1]
    >>> groups_of(["a", "b", "A", "c"], ["one", "one", "two", "three"]).tolist()
    [0, 0, 0, 1]
    """
    if given is None:
        return same_text(prompts)
    if isinstance(given, str):
        if given != "near":
            raise InputError(f"'groups' must be 'near' or a group per prompt, got {given!r}")
        return duplicate_groups(prompts)
    names = np.array([str(name) for name in given])
    if len(names) != len(prompts):
        raise InputError(
            f"'groups' must name the group of {len(prompts)} prompts, got {len(names)}"
        )
    texts, named = same_text(prompts), np.unique(names, return_inverse=True)[1]
    size = texts.max() + 1
    links = coo_array(
        (np.ones(len(texts)), (texts, size + named)), shape=(size + named.max() + 1,) * 2
    )
    return connected_components(links, directed=False)[1][texts]


def repeats(groups: np.ndarray, facts: np.ndarray) -> list[str]:
    """Note texts that stand several times, and whether their labels or outcomes differ.

    Parameters
    ----------
    groups : int ndarray (n,)
        Equal texts have equal numbers.
    facts : ndarray (n, k)

    Examples
    --------
    >>> repeats(np.array([0, 0, 1]), np.array([["a"], ["a"], ["b"]]))
    ['1 prompts repeat another one: same fold, drawn together']
    """
    repeated = len(groups) - len(set(groups.tolist()))
    if not repeated:
        return []
    known: dict[int, tuple[Any, ...]] = {}
    differing = set()
    for group, row in zip(groups.tolist(), facts.tolist(), strict=True):
        if known.setdefault(group, tuple(row)) != tuple(row):
            differing.add(group)
    told = f"{repeated} prompts repeat another one: same fold, drawn together"
    if differing:
        told += f"; {len(differing)} of the texts differ in what is known of them"
    return [told]


def seen_in_training(train: list[str], test: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return "no", "nearly" or "exactly" per test prompt (n,), and what to note of it.

    Examples
    --------
    >>> seen_in_training(["a poem"], ["A poem", "prose"])[0].tolist()
    ['exactly', 'no']
    """
    long = _too_long([*train, *test])
    found = near_duplicates(train, test, threshold=1.0 if long else 0.8)
    seen = np.full(len(test), "no", dtype="<U7")
    seen[found.rows] = np.where(found.pairs["exact"], "exactly", "nearly")
    if not len(found.pairs):
        return seen, long
    near = f", {found.near} more nearly ({SIMILARITY})" if found.near else ""
    return seen, [
        *long,
        f"leakage: {found.exact} of {len(test)} test prompts are in the training data{near}",
    ]


def across_folds(prompts: list[str], folds: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return "nearly" for prompts (n,) with a near-duplicate in another fold, and a note.

    Examples
    --------
    >>> prompts = ["sort this list please", "a poem on rain", "sort this list please!"]
    >>> across_folds(prompts, np.array([0, 0, 1]))[0].tolist()
    ['nearly', 'no', 'nearly']
    """
    if long := _too_long(prompts):
        return np.full(len(prompts), "no"), long
    codes = duplicate_groups(prompts)
    low = np.full(codes.max() + 1, folds.max())
    high = np.zeros(codes.max() + 1, dtype=int)
    np.minimum.at(low, codes, folds)
    np.maximum.at(high, codes, folds)
    apart = (low < high)[codes]
    if not apart.any():
        return np.where(apart, "nearly", "no"), []
    return np.where(apart, "nearly", "no"), [
        f"leakage: {int(apart.sum())} prompts nearly repeat one of another fold ({SIMILARITY}); "
        'groups="near" keeps them together'
    ]


def not_listed(data: Any, exclude: Sequence[Any]) -> tuple[np.ndarray, list[str]]:
    """Return the rows whose prompts no list names, exactly or nearly, and a note.

    Examples
    --------
    >>> import pandas as pd
    >>> rows, notes = not_listed(pd.DataFrame({"prompt": ["Why?", "a poem"]}), [["why?"]])
    >>> rows.tolist(), notes
    ([1], ['1 of 2 prompts are in the lists to exclude: left out'])
    """
    prompts = list(data.prompts if hasattr(data, "quality") else data["prompt"])
    found = contaminated(prompts, *exclude)
    keep = np.setdiff1d(np.arange(len(prompts)), found.rows)
    near = f", {found.near} of them nearly ({SIMILARITY})" if found.near else ""
    if not len(keep):
        raise InputError("every prompt is in the lists to exclude")
    return keep, [
        f"{len(found.pairs)} of {len(prompts)} prompts are in the lists to exclude{near}: left out"
    ]


def _too_long(prompts: Sequence[str]) -> list[str]:
    """Return a note when there is more text than a search for near-duplicates should take."""
    size = sum(map(len, prompts))
    if size <= MOST_CHARACTERS:
        return []
    return [
        f"near-duplicates are not searched for in {size / 1e6:.0f} million characters, only equal "
        "texts: use near_duplicates or duplicate_groups"
    ]
