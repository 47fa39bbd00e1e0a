"""Whether new requests are like those of the reference, feature by feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from routelab.evaluate.bootstrap import holm
from routelab.watching._features import Features, told
from routelab.watching.stability import by_chance, decile_edges, in_bins, psi

COLUMNS = (
    *("kind", "reference", "new", "psi", "psi_by_chance", "p_psi", "ks", "p_ks", "p_holm"),
    "moved",
)
NAMES = 3  # of names that are told of a feature: those whose shares changed most


def shift_table(
    reference: Features,
    new: Features,
    units: np.ndarray,
    *,
    n_permutations: int,
    alpha: float,
    rng: np.random.Generator,
    skip: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return a row per feature.

    Parameters
    ----------
    reference, new : Features
        n and m requests.
    units : int array (n + m,)
        Whose request it is; the reference first.
    n_permutations : int
    alpha : float
    rng : numpy Generator
    skip : tuple of str
        Features that cannot be compared.

    Returns
    -------
    DataFrame
        ``kind`` (number or name), ``reference`` and ``new`` (medians, or the shares that
        changed most), ``psi`` in bins of the reference's deciles, ``psi_by_chance`` (what 95 % of
        permutations stay below) and ``p_psi``; ``ks``, ``p_ks`` of the two-sample test of
        Kolmogorov and Smirnov (numbers alone); ``p_holm``: the larger of both p values after Holm's
        correction over the features; ``moved``: that is below `alpha` and ``psi`` above chance.
    """
    rows: dict[str, dict[str, object]] = {}
    codes: list[np.ndarray] = []
    first = len(units) - _rows(new)
    for name, old in reference.numbers.items():
        now = new.numbers.get(name)
        if name in skip or now is None or np.isnan(old).all():
            continue
        codes.append(_binned(old, now)[0])
        rows[name] = {"kind": "number", **_medians(name, old, now), **_ks(old, now)}
    for name, old in reference.names.items():
        now = new.names.get(name)
        if name in skip or now is None:
            continue
        codes.append(pd.factorize(np.concatenate([old, now]), sort=True)[0])
        rows[name] = {"kind": "name", **_shares(old, now), "ks": np.nan, "p_ks": np.nan}
    # The least p value, 1 over the permutations, must be able to pass the correction.
    n_permutations = max(n_permutations, int(np.ceil(2 * len(codes) / alpha)))
    is_new = np.arange(len(units)) >= first
    chance = by_chance(codes, is_new, units, n_permutations=n_permutations, rng=rng)
    for row, code, drawn in zip(rows.values(), codes, chance, strict=True):
        counts = [np.bincount(code[side], minlength=code.max() + 1) for side in (~is_new, is_new)]
        row["psi"] = float(psi(*counts))
        row["psi_by_chance"] = float(np.quantile(drawn, 0.95))
        row["p_psi"] = float((1 + (drawn >= row["psi"]).sum()) / (n_permutations + 1))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "feature"
    table["p_holm"] = holm(np.fmax(table["p_psi"], table["p_ks"]).tolist())
    table["moved"] = (table["p_holm"] < alpha) & (table["psi"] > table["psi_by_chance"])
    return table[list(COLUMNS)].sort_values("psi", ascending=False)


def bin_counts(reference: Features, new: Features, name: str) -> pd.DataFrame:
    """Return how many requests stand in each bin of a feature: those that its index compares.

    Returns
    -------
    DataFrame
        ``reference`` and ``new``; the index says which values, or the name.
    """
    if name in reference.names:
        old, now = reference.names[name], new.names[name]
        codes, found = pd.factorize(np.concatenate([old, now]), sort=True)
        names = [str(each) for each in found]
    else:
        old, now = reference.numbers[name], new.numbers[name]
        codes, edges = _binned(old, now)
        names = [f"to {told(name, edge)}" for edge in edges]
        names += [f"above {told(name, edges[-1])}", "missing"]
    sides = {"reference": codes[: len(old)], "new": codes[len(old) :]}
    filled = int(codes.max()) + 1  # no bin for what is missing where nothing is
    counts = {side: np.bincount(each, minlength=filled) for side, each in sides.items()}
    return pd.DataFrame(counts, index=pd.Index(names[:filled], name=name))


def _binned(old: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bins of both sides, one after the other, and the edges between bins."""
    edges = decile_edges(old[~np.isnan(old)])
    return np.concatenate([in_bins(old, edges), in_bins(now, edges)]), edges


def _rows(features: Features) -> int:
    return len(next(iter(features.numbers.values())))


def _ks(old: np.ndarray, now: np.ndarray) -> dict[str, float]:
    # What is missing stands above every number, so that losing a column is a shift.
    filled = [np.where(np.isnan(values), np.inf, values) for values in (old, now)]
    found = stats.ks_2samp(*filled, method="asymp")
    return {"ks": float(found.statistic), "p_ks": float(found.pvalue)}


def _medians(name: str, old: np.ndarray, now: np.ndarray) -> dict[str, str]:
    sides = []
    for values in (old, now):
        known = values[~np.isnan(values)]
        missing = 1 - len(known) / len(values)
        middle = told(name, float(np.median(known))) if len(known) else "none"
        sides.append(middle + (f" ({missing:.0%} missing)" if missing else ""))
    return {"reference": sides[0], "new": sides[1]}


def _shares(old: np.ndarray, now: np.ndarray) -> dict[str, str]:
    both = pd.DataFrame(
        {side: pd.Series(values).value_counts(normalize=True)
         for side, values in (("reference", old), ("new", now))}
    ).fillna(0.0)  # fmt: skip
    change = (both["new"] - both["reference"]).abs()
    most = both.assign(change=change.round(3), size=both.sum(axis=1))
    most = most.sort_values(["change", "size"], ascending=False).head(NAMES)
    return {
        side: ", ".join(f"{name} {share:.0%}" for name, share in most[side].items())
        for side in ("reference", "new")
    }
