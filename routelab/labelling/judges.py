"""Several judges over the same items, in one summary: alpha with its interval, and each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._html import table as html_table
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.labelling.agreement import agreement, alpha_of, coincidences


@dataclass(frozen=True, eq=False)
class JudgeAgreement:
    """How far several judges agree, beyond chance.

    Attributes
    ----------
    alpha : float
        Krippendorff's alpha of all judges; NaN where all labels are the same one.
    low, high : float
        Its 95 % interval, over items.
    items : int
        With two labels or more.
    judges : int
    level : str
    pairs : DataFrame
        One row per pair of judges, see :func:`agreement`.
    """

    alpha: float
    low: float
    high: float
    items: int
    judges: int
    level: str
    pairs: pd.DataFrame

    def __str__(self) -> str:
        return (
            f"{self.judges} judges over {self.items:,} items: Krippendorff's alpha "
            f"{self.alpha:.2f} ({self.low:.2f} to {self.high:.2f}), {self.level}"
        )

    def _repr_html_(self) -> str:
        rows = [
            [f"{row['first']} and {row['second']}", row["items"], f"{row['same']:.3f}",
             f"{row['kappa']:.3f}"]
            for row in self.pairs.to_dict("records")
        ]  # fmt: skip
        return html_table(["judges", "items", "same", "kappa"], rows, str(self))


def judge_agreement(
    table: pd.DataFrame,
    level: str = "nominal",
    order: Sequence[Any] | None = None,
    *,
    n_boot: int = 2000,
    seed: int = 0,
) -> JudgeAgreement:
    """Return how far several judges agree on the same items.

    Parameters
    ----------
    table : DataFrame of shape (n_items, n_judges)
        Labels or scores; None or NaN where a judge gave none.
    level, order
        As for :func:`krippendorff_alpha`.
    n_boot : int, default 2000
        Resamples of items for the interval.
    seed : int, default 0

    Returns
    -------
    JudgeAgreement

    Raises
    ------
    InputError
        Fewer than two judges, or as :func:`krippendorff_alpha`.

    References
    ----------
    A. Zapf, S. Castell, L. Morawietz and A. Karch, "Measuring inter-rater reliability for nominal
    data: which coefficients and confidence intervals are appropriate?", BMC Medical Research
    Methodology 16:93 (2016): the interval of alpha by resampling items.

    Examples
    --------
    >>> table = pd.DataFrame({"one": list("aabbab"), "two": list("aabbbb")})
    >>> found = judge_agreement(table, n_boot=200)
    >>> round(found.alpha, 3), found.pairs.same.round(2).tolist()  # 1 - 11 * 2 / 70
    (0.686, [0.83])
    """
    if table.shape[1] < 2:
        raise InputError(f"agreement needs two judges or more, got {table.shape[1]}")
    ranked, items = coincidences(table, level, order)
    resampled = np.array([
        alpha_of(one @ items, ranked, level)
        for weights in Resampler(items.shape[0], n_boot, seed).weights()
        for one in weights
    ])  # fmt: skip
    # A resample in which all labels are the same one has no alpha, and tells nothing.
    known = resampled[np.isfinite(resampled)]
    low, high = interval(known) if len(known) else (np.nan, np.nan)
    alpha = alpha_of(np.asarray(items.sum(axis=0)), ranked, level)
    return JudgeAgreement(
        alpha, float(low), float(high), items.shape[0], table.shape[1], level, agreement(table)
    )
