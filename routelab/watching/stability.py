"""The population stability index, and how large it gets by chance alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from routelab._checks import InputError

#: The usual marks: below the first little has changed, above the second much.
MODERATE, LARGE = 0.1, 0.25
_CELLS = 4_000_000  # of a block of permutations


def psi(reference: Any, new: Any) -> Any:
    r"""Return the population stability index of counts per bin.

    .. math:: PSI = \sum_b (p_b - q_b) \ln (p_b / q_b)

    with the shares q of the reference and p of the new rows: the symmetric Kullback-Leibler
    (Jeffreys) divergence. Half a row is added to every bin, for an empty one would make it
    infinite.

    Parameters
    ----------
    reference, new : array (..., bins)
        Counts.

    Returns
    -------
    float or array (...)

    Raises
    ------
    InputError
        Another number of bins on either side.

    Notes
    -----
    The usual marks, 0.1 and 0.25, know nothing of the number of rows. Where nothing has changed the
    mean is about ``(bins - 1) (1/n + 1/m)``: 50 rows against 50 in ten bins give 0.36, above both
    marks. :func:`by_chance` says how large it gets.

    References
    ----------
    B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index", Journal
    of Risk Model Validation 14 (2020), 89-100. H. Jeffreys, "An invariant form for the prior
    probability in estimation problems", Proc. Royal Society A 186 (1946), 453-461.

    Examples
    --------
    >>> round(float(psi([500, 500], [250, 750])), 2)  # -0.25 ln 0.5 + 0.25 ln 1.5
    0.27
    """
    q, p = np.asarray(reference, float) + 0.5, np.asarray(new, float) + 0.5
    if q.shape[-1] != p.shape[-1]:
        raise InputError(f"{q.shape[-1]} bins of the reference, {p.shape[-1]} of the new rows")
    q, p = q / q.sum(axis=-1, keepdims=True), p / p.sum(axis=-1, keepdims=True)
    return ((p - q) * np.log(p / q)).sum(axis=-1)


def decile_edges(values: np.ndarray) -> np.ndarray:
    """Return the inner edges of bins with a tenth of the values each, fewer where values repeat.

    Examples
    --------
    >>> decile_edges(np.arange(11.0)).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    """
    edges = np.unique(np.quantile(values, np.arange(1, 10) / 10))
    # What never varied has one value: below, at and above it.
    return np.array([np.nextafter(edges[0], -np.inf), edges[0]]) if len(edges) == 1 else edges


def in_bins(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin of each value (n,); what is missing (NaN) has one of its own, the last."""
    places = np.searchsorted(edges, values, side="left")
    places[np.isnan(values)] = len(edges) + 1
    return places


def by_chance(
    codes: list[np.ndarray],
    is_new: np.ndarray,
    units: np.ndarray,
    *,
    n_permutations: int,
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Return the index of each feature when it is left to chance which rows are new.

    What one unit (a user, a session) asked on one side stays together: its rows are alike, and
    to deal them out one by one would make chance look smaller than it is.

    Parameters
    ----------
    codes : list of int array (n,)
        Bin of each row, for each feature; bins are fixed, from the reference.
    is_new : bool array (n,)
    units : int array (n,)
    n_permutations : int
    rng : numpy Generator

    Returns
    -------
    list of array (n_permutations,)
    """
    pairs = units.astype(np.int64) * 2 + is_new
    _, piece = np.unique(pairs, return_inverse=True)
    count = int(piece.max()) + 1
    side = np.zeros(count, bool)
    side[piece] = is_new
    widths = [int(code.max()) + 1 for code in codes]
    tables = [
        np.bincount(piece * width + code, minlength=count * width).reshape(count, width)
        for code, width in zip(codes, widths, strict=True)
    ]
    table = np.hstack(tables).astype(np.float32)
    total = table.sum(axis=0, dtype=float)
    found: list[list[np.ndarray]] = [[] for _ in codes]
    step = max(1, _CELLS // count)
    for start in range(0, n_permutations, step):
        dealt = np.tile(side, (min(step, n_permutations - start), 1))
        new = (rng.permuted(dealt, axis=1).astype(np.float32) @ table).astype(float)
        ends = np.cumsum(widths)
        for k, (low, high) in enumerate(zip(ends - widths, ends, strict=True)):
            found[k].append(psi(total[low:high] - new[:, low:high], new[:, low:high]))
    return [np.concatenate(parts) for parts in found]
