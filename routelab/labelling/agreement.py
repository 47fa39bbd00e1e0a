"""How far annotators agree, beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from routelab._checks import InputError

_LEVELS = ("nominal", "ordinal", "interval")


def cohen_kappa(first: Iterable[Any], second: Iterable[Any]) -> float:
    """Return Cohen's kappa of two annotators over the same items.

    Parameters
    ----------
    first, second : iterable of length n
        Labels; items that either left out (None, NaN) do not count.

    Returns
    -------
    float
        1 is full agreement, 0 what chance gives; NaN where all labels are the same one.

    Raises
    ------
    InputError
        Different lengths, or no item that both labelled.

    References
    ----------
    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960), equation 1.

    Examples
    --------
    >>> round(cohen_kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 3)
    0.5
    """
    from sklearn.metrics import cohen_kappa_score

    left, right = list(first), list(second)
    if len(left) != len(right):
        raise InputError(f"both need the same items, got {len(left)} and {len(right)}")
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if not _none(a) and not _none(b)]
    if not pairs:
        raise InputError("there is no item that both labelled")
    ones, twos = (list(map(str, side)) for side in zip(*pairs, strict=True))
    if len({*ones, *twos}) == 1:
        return float("nan")
    return float(cohen_kappa_score(ones, twos))


def krippendorff_alpha(
    table: pd.DataFrame, level: str = "nominal", order: Sequence[Any] | None = None
) -> float:
    """Return Krippendorff's alpha of any number of annotators, with gaps.

    Parameters
    ----------
    table : DataFrame of shape (n_items, n_annotators)
        Labels; None or NaN where an annotator gave none.
    level : {"nominal", "ordinal", "interval"}, default "nominal"
        How far apart two labels are: different or not, by the labels between them, or by numbers.
    order : sequence, optional
        Labels from low to high, for ``"ordinal"``. Default: sorted.

    Returns
    -------
    float
        1 is full agreement, 0 what chance gives; NaN where all labels are the same one.

    Raises
    ------
    InputError
        No item with two labels, an unknown level, a label that is not in `order`.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections A to E.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"ann": ["a", "b", "b"], "bob": ["a", "b", None]})
    >>> krippendorff_alpha(table)
    1.0
    """
    ranked, items = coincidences(table, level, order)
    return alpha_of(np.asarray(items.sum(axis=0)), ranked, level)


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per pair of annotators: `first`, `second`, `items`, `same`, `kappa`.

    Parameters
    ----------
    table : DataFrame of shape (n_items, n_annotators)
        As for :func:`krippendorff_alpha`.

    Examples
    --------
    >>> import pandas as pd
    >>> agreement(pd.DataFrame({"ann": ["a", "b"], "bob": ["a", "b"]})).same.tolist()
    [1.0]
    """
    rows = []
    for one, two in combinations(table.columns, 2):
        both = table[table[one].notna() & table[two].notna()]
        if len(both):
            same = float((both[one] == both[two]).mean())
            rows.append((one, two, len(both), same, cohen_kappa(both[one], both[two])))
    return pd.DataFrame(rows, columns=["first", "second", "items", "same", "kappa"])


def coincidences(
    table: pd.DataFrame, level: str, order: Sequence[Any] | None
) -> tuple[list[Any], csr_array]:
    """Return the labels (v,) and what each item adds to their coincidences, (n_items, v * v).

    Items without two labels are left out.
    """
    if level not in _LEVELS:
        raise InputError(f"'level' must be one of {', '.join(_LEVELS)}, got {level!r}")
    rows = [[cell for cell in row if not _none(cell)] for row in table.to_numpy(dtype=object)]
    rows = [row for row in rows if len(row) >= 2]
    if not rows:
        raise InputError("there is no item with two labels")
    found = {cell for row in rows for cell in row}
    ranked = list(order) if order is not None else sorted(found)
    if found - set(ranked):
        raise InputError(f"the label {(found - set(ranked)).pop()!r} is not in 'order'")
    place = {value: i for i, value in enumerate(ranked)}
    items = []
    for row in rows:
        counts = np.bincount([place[cell] for cell in row], minlength=len(ranked))
        pairs = np.outer(counts, counts) - np.diag(counts)
        items.append(csr_array(pairs.reshape(1, -1) / (len(row) - 1)))
    return ranked, csr_array(vstack(items))


def alpha_of(coincidence: np.ndarray, ranked: list[Any], level: str) -> float:
    """Return alpha of the coincidences (v * v,) of all items, see `krippendorff_alpha`."""
    coincidence = coincidence.reshape((len(ranked),) * 2)
    totals = coincidence.sum(axis=1)
    apart = _distances(ranked, totals, level)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    chance = float((expected * apart).sum())
    return float("nan") if chance == 0 else 1.0 - float((coincidence * apart).sum()) / chance


def _distances(ranked: list[Any], totals: np.ndarray, level: str) -> np.ndarray:
    """Return squared differences between labels."""
    count = len(ranked)
    if level == "nominal":
        return 1.0 - np.eye(count)
    if level == "interval":
        values = np.array([float(value) for value in ranked])
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    apart = np.zeros((count, count))
    for low in range(count):
        for high in range(low + 1, count):
            between = totals[low : high + 1].sum() - (totals[low] + totals[high]) / 2
            apart[low, high] = apart[high, low] = between**2
    return apart


def _none(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
