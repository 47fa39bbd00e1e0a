"""Pairs of examples with equal or similar texts: all counted, the foremost kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from math import comb
from typing import Any

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot

BLOCK_CELLS = 8_000_000
KINDS = ("contradiction", "near contradiction", "duplicate", "near duplicate")

#: Text -> code of a label -> places of these examples, ascending.
Groups = dict[str, dict[int, list[int]]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of one kind: `total` there are, of which some were kept.

    Attributes
    ----------
    total : int
    columns : tuple of ndarray (kept,)
        First place, second place, cosine.
    """

    total: int
    columns: tuple[np.ndarray, np.ndarray, np.ndarray]


def grouped(texts: list[str], codes: np.ndarray) -> Groups:
    """Return the places of the examples by text and label.

    Examples
    --------
    >>> grouped(["hi", "yo", "hi"], np.array([0, 0, 1]))
    {'hi': {0: [0], 1: [2]}, 'yo': {0: [1]}}
    """
    groups: Groups = {}
    for place, (text, code) in enumerate(zip(texts, codes.tolist(), strict=True)):
        groups.setdefault(text, {}).setdefault(code, []).append(place)
    return groups


def equal_pairs(groups: Groups, most: int) -> dict[str, Pairs]:
    """Return duplicates and contradictions, up to `most` of each; the rest is never built."""
    places = [list(labels.values()) for labels in groups.values()]
    same = chain.from_iterable(combinations(group, 2) for labels in places for group in labels)
    other = chain.from_iterable(
        product(*two) for labels in places for two in combinations(labels, 2)
    )
    duplicates = sum(comb(len(group), 2) for labels in places for group in labels)
    equal = sum(comb(sum(map(len, labels)), 2) for labels in places)
    return {
        "duplicate": Pairs(duplicates, _columns(islice(same, most))),
        "contradiction": Pairs(equal - duplicates, _columns(islice(other, most))),
    }


def _columns(pairs: Iterable[tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = np.sort(np.array(list(pairs), int).reshape(-1, 2), axis=1)
    return found[:, 0], found[:, 1], np.ones(len(found))


def similar_pairs(
    rows: Any, groups: Groups, codes: np.ndarray, near: float, most: int
) -> dict[str, Pairs]:
    """Return near duplicates and near contradictions among different texts.

    Parameters
    ----------
    rows : array or csr (n, d)
        Unit rows.
    groups : dict
        See `grouped`; the first place of each text and label is compared.
    codes : ndarray (n,)
        Of the labels.
    near : float
        Least cosine.
    most : int
        Pairs of each kind that are kept, the most similar ones.
    """
    place, text = np.array(
        sorted((g[0], i) for i, labels in enumerate(groups.values()) for g in labels.values())
    ).T
    rows, codes = rows[place], codes[place]
    kept = {kind: Pairs(0, _columns([])) for kind in ("near duplicate", "near contradiction")}
    block = max(1, BLOCK_CELLS // len(place))
    for start in range(0, len(place), block):
        cosine = np.asarray(
            safe_sparse_dot(rows[start : start + block], rows[start:].T, dense_output=True)
        )
        # float32 rounds the cosine of equal rows to a little below one
        left, right = np.nonzero(cosine >= near - 1e-6)
        similarity = np.minimum(cosine[left, right], 1.0)
        left, right = left + start, right + start
        pair, same = (right > left) & (text[left] != text[right]), codes[left] == codes[right]
        for kind, chosen in (("near duplicate", pair & same), ("near contradiction", pair & ~same)):
            new = place[left[chosen]], place[right[chosen]], similarity[chosen]
            kept[kind] = _joined(kept[kind], new, most)
    return kept


def _joined(kept: Pairs, new: tuple[np.ndarray, ...], most: int) -> Pairs:
    """Return the `most` most similar of both; of equally similar ones the first places."""
    first, second, cosine = (np.concatenate(p) for p in zip(kept.columns, new, strict=True))
    best = np.lexsort((second, first, -cosine))[:most]
    return Pairs(kept.total + len(new[0]), (first[best], second[best], cosine[best]))
