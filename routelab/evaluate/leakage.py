"""Prompts that stand in two lists, or twice in one: equal, or nearly so."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.evaluate._near import NearDuplicates
from routelab.evaluate._ngrams import NgramSets
from routelab.read_any import Read, read
from routelab.routers._labels import plain_text, same_text


def near_duplicates(
    train: Iterable[str],
    test: Iterable[str] | None = None,
    *,
    threshold: float = 0.8,
    n: int = 5,
) -> NearDuplicates:
    """Find the test prompts that a training prompt equals, or nearly.

    The similarity of two prompts is that of their sets of character n-grams (Jaccard: common ones
    over all), after case and white space are evened out. It is exact, not estimated: pairs that
    cannot reach the threshold are left out by their rarest n-grams, all others are computed.

    Parameters
    ----------
    train : iterable of str, length n_train
    test : iterable of str, length n_test, optional
        Without it, every prompt of `train` is compared with those before it.
    threshold : float, default 0.8
        Least similarity, in (0, 1].
    n : int, default 5
        Characters of an n-gram. A prompt that is shorter matches an equal one only.

    Returns
    -------
    NearDuplicates
        The best match of each test prompt that has one.

    Raises
    ------
    InputError
        A prompt is not text; `threshold` or `n` is out of range.

    Notes
    -----
    Time and memory grow with the text; equal prompts are compared once. Only lists in which
    thousands of different prompts resemble each other cost more: every such pair is computed.

    References
    ----------
    A. Broder, "On the resemblance and containment of documents", Compression and Complexity of
    Sequences (1997), section 2.

    Examples
    --------
    >>> found = near_duplicates(["please sort this list", "a poem"],
    ...                         ["Please sort  this list", "please sort this list!", "prose"])
    >>> found.exact, found.near
    (1, 1)
    >>> found.pairs.round(3).to_dict("list")["similarity"]
    [1.0, 0.944]
    """
    learnt = check_prompts(train)
    asked = None if test is None else check_prompts(test)
    return _near(learnt, asked, threshold, n, "one of the training data")


def contaminated(
    prompts: Iterable[str], *lists: Any, threshold: float = 0.8, n: int = 5
) -> NearDuplicates:
    """Find the prompts that published lists of contaminated prompts name, exactly or nearly.

    Parameters
    ----------
    prompts : iterable of str, length n_test
    *lists : path, Read, or sequence of str
        A file that `routelab.read` knows as a list of names, what it has read, or the prompts
        themselves.
    threshold, n
        As for :func:`near_duplicates`.

    Returns
    -------
    NearDuplicates
        ``train`` counts the entries of all lists, one list after the other.

    Raises
    ------
    InputError
        No list, a file of another kind, or as :func:`near_duplicates`.

    Examples
    --------
    >>> found = contaminated(["How many eggs?", "Why?"], ["how many eggs?"])
    >>> found.rows.tolist(), found.exact
    ([0], 1)
    """
    if not lists:
        raise InputError("name at least one list of contaminated prompts")
    named = [entry for one in lists for entry in _names(one)]
    return _near(named, check_prompts(prompts), threshold, n, "one of the lists")


def duplicate_groups(prompts: Iterable[str], *, threshold: float = 0.8, n: int = 5) -> np.ndarray:
    """Return a group number per prompt (n_prompts,), in the order of first prompts.

    Prompts that equal or nearly equal each other are one group, and so are those that a chain of
    such prompts links.

    Parameters
    ----------
    prompts : iterable of str, length n_prompts
    threshold, n
        As for :func:`near_duplicates`.

    Raises
    ------
    InputError
        As :func:`near_duplicates`.

    Examples
    --------
    >>> prompts = ["sort this list please", "a poem on rain", "sort this list please!"]
    >>> duplicate_groups(prompts).tolist()
    [0, 1, 0]
    """
    codes, sets, rows = _distinct(check_prompts(prompts), threshold, n)
    group = rows
    for i, j in sets.candidates(rows, rows):
        width = 1
        while True:
            # Pairs that others have linked need no similarity, so few pairs of each text are
            # computed at first: a template with thousands of texts stays cheap.
            open_ = group[i] != group[j]
            i, j = i[open_], j[open_]
            if not len(i):
                break
            now = (pd.Series(j).groupby(j).cumcount() < width).to_numpy()
            near = sets.jaccard(i[now], j[now]) >= threshold
            group = _linked(group, i[now][near], j[now][near])
            i, j, width = i[~now], j[~now], 2 * width
    return pd.factorize(group[codes])[0]


def _linked(group: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Return the groups (m,) after the rows i and j were linked."""
    edges = coo_array((np.ones(len(i), bool), (group[i], group[j])), shape=(len(group),) * 2)
    return np.asarray(connected_components(edges, directed=False)[1][group])


def _near(
    train: list[str], test: list[str] | None, threshold: float, n: int, against: str
) -> NearDuplicates:
    codes, sets, rows = _distinct([*train, *(test or [])], threshold, n)
    first = np.unique(codes, return_index=True)[1]
    asked = np.arange(len(train) if test is None else len(test))
    start = 0 if test is None else len(train)
    # Texts are numbered by their first place, so those of the training data come first.
    learnt = rows[: int(codes[: len(train)].max(initial=-1)) + 1]
    code = codes[start + asked]
    exact = first[code] < (asked if test is None else len(train))
    best, similarity = _best(sets, learnt, learnt if test is None else rows[len(learnt) :])
    match = np.where(exact, code, best[code])
    found = np.flatnonzero(match >= 0)
    pairs = pd.DataFrame(
        {
            "train": first[match[found]],
            "test": found,
            "similarity": np.where(exact, 1.0, similarity[code])[found],
            "exact": exact[found],
        }
    )
    if test is None:
        against = "an earlier one"
    return NearDuplicates(pairs, len(train), len(asked), threshold, n, against)


def _best(sets: NgramSets, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most similar text of `left` (m,), -1 for none, and its similarity (m,)."""
    best = np.full(len(sets.sizes), -1)
    similarity = np.zeros(len(best))
    for i, j in sets.candidates(left, right):
        value = sets.jaccard(i, j)
        near = value >= sets.threshold
        i, j, value = i[near], j[near], value[near]
        order = np.lexsort((i, -value, j))  # of equally similar ones the first
        asked, place = np.unique(j[order], return_index=True)
        best[asked], similarity[asked] = i[order][place], value[order][place]
    return best, similarity


def _distinct(
    prompts: list[str], threshold: float, n: int
) -> tuple[np.ndarray, NgramSets, np.ndarray]:
    """Return the text number (n_prompts,) of each prompt, the sets of the texts, their numbers."""
    if not 0 < threshold <= 1:
        raise InputError(f"'threshold' must lie above 0 and at most at 1, got {threshold!r}")
    if not isinstance(n, int | np.integer) or n < 1:
        raise InputError(f"'n' must be a whole number of at least 1, got {n!r}")
    codes = same_text(prompts)
    texts = [plain_text(prompts[i]) for i in np.unique(codes, return_index=True)[1]]
    return codes, NgramSets(texts, int(n), threshold), np.arange(len(texts))


def _names(given: Any) -> Sequence[str]:
    if isinstance(given, str | os.PathLike):
        given = read(given)
    if isinstance(given, Read):
        if given.kind != "names":
            raise InputError(f"a list of contaminated prompts is needed, got {given.kind}")
        given = given.data
    return check_prompts(given)
