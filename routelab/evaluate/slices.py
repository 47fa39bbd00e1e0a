"""Per-slice results: where a router gains, and where it only seems to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate.bootstrap import Resampler, holm, interval, p_value

LEAST, LEAST_GROUPS = 20, 10
MOST = 30


def length_thirds(prompts: Sequence[str]) -> pd.Categorical:
    """Return "short", "middle" or "long" for each prompt (n,): thirds by characters.

    Examples
    --------
    >>> list(length_thirds(["a", "bb", "ccc"]))
    ['short', 'middle', 'long']
    """
    length = np.array([len(prompt) for prompt in prompts])
    ends = np.quantile(length, [1 / 3, 2 / 3])
    thirds = pd.CategoricalDtype(["short", "middle", "long"], ordered=True)
    return pd.Categorical.from_codes(np.searchsorted(ends, length, side="left"), dtype=thirds)


def check_slices(slices: Mapping[str, Sequence[Any]] | None, n: int) -> dict[str, np.ndarray]:
    """Return slices as text (n,) each, or raise when a length does not fit.

    Examples
    --------
    >>> check_slices({"language": ["en", None]}, 2)["language"].tolist()
    ['en', '(none)']
    """
    checked = {}
    for name, values in (slices or {}).items():
        column = pd.Series(list(values), dtype=object)
        if len(column) != n:
            raise InputError(
                f"the slice {name!r} must have a value for each of {n} prompts, got {len(column)}"
            )
        checked[str(name)] = column.where(column.notna(), "(none)").astype(str).to_numpy()
    return checked


def slice_table(
    slices: Mapping[str, np.ndarray | pd.Categorical],
    figures: Mapping[str, tuple[np.ndarray, np.ndarray, str]],
    resampler: Resampler,
) -> pd.DataFrame:
    """Return a row per router and slice.

    Parameters
    ----------
    slices : dict of str to ndarray or Categorical (n,)
        Of each, the 30 commonest values are shown, in their order, if they have at least 20
        prompts of 10 groups and are at least two.
    figures : dict of str to (ndarray (n,), ndarray (n,), str)
        Per router: what it got on each prompt, what its control got, the control's name.
    resampler : Resampler

    Returns
    -------
    DataFrame
        Columns `router`, `slice`, `value`, `n`, `figure`, `low`, `high`, `control`, `difference`,
        `diff_low`, `diff_high`, `p_holm` (Holm's correction over all slices of the router).

    Examples
    --------
    >>> right = np.tile([1.0, 0.0], 50)
    >>> found = slice_table({"kind": np.tile(["a", "b"], 50)}, {"knn": (right, 0 * right, "none")},
    ...                     Resampler(100, 200))
    >>> found[["value", "n", "difference"]].values.tolist()
    [['a', 50, 1.0], ['b', 50, 0.0]]
    """
    parts = [
        (name, value, values == value)
        for name, values in slices.items()
        for value in pd.Series(values).value_counts().head(MOST).sort_index().index
    ]
    parts = [
        part
        for part in parts
        if part[2].sum() >= LEAST and resampler.groups_in(part[2]) >= LEAST_GROUPS
    ]
    several = Counter(name for name, _, _ in parts)
    parts = [part for part in parts if several[part[0]] > 1]  # one value says what the whole says
    rows: list[dict[str, Any]] = []
    if not parts or not figures:
        return pd.DataFrame(rows)
    masks = np.column_stack([mask for _, _, mask in parts]).astype(float)
    sizes = resampler.means(masks)
    for router, (got, control_got, control) in figures.items():
        both = np.column_stack([masks * got[:, None], masks * (got - control_got)[:, None]])
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = resampler.means(both) / np.hstack([sizes, sizes])
        drawn = drawn[np.isfinite(drawn).all(axis=1)]  # ten groups miss a resample in e**10
        figure, gain = np.split(both.sum(axis=0) / np.tile(masks.sum(axis=0), 2), 2)
        low, high = interval(drawn)
        p = holm([p_value(drawn[:, len(parts) + i]) for i in range(len(parts))])
        for i, (name, value, mask) in enumerate(parts):
            j = len(parts) + i
            rows.append(
                {"router": router, "slice": name, "value": value, "n": int(mask.sum()),
                 "figure": figure[i], "low": low[i], "high": high[i], "control": control,
                 "difference": gain[i], "diff_low": low[j], "diff_high": high[j], "p_holm": p[i]}
            )  # fmt: skip
    return pd.DataFrame(rows)
