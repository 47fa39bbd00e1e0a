"""Two models: the least share of strong calls that recovers a part of the gap.

References
----------
Ong et al., RouteLLM, arXiv 2406.18665, section 2, and ``routellm/evals/benchmarks.py``,
``routellm/evals/evaluate.py`` of its repository.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from routelab.evaluate._columns import check_columns, check_figure, check_variant
from routelab.evaluate.deferral import Ties, group_starts, pgr


def cpt(
    scores: np.ndarray,
    weak: np.ndarray,
    strong: np.ndarray,
    target: float,
    *,
    variant: Literal["first", "code"] = "first",
    ties: Ties = "together",
) -> float:
    """Return the call-performance threshold: the least share of strong calls that reaches a PGR.

    Parameters
    ----------
    scores, weak, strong : array (n,)
        As in `apgr`.
    target : float
        For example 0.5 for CPT(50 %).
    variant : {"first", "code"}, default "first"
        "first": first crossing of the curve. "code": what the published program prints; it looks
        the target up among eleven accuracies as if they were rising, which gives a wrong share
        where they are not.
    ties : {"together", "order"}, default "together"
        Of "first". "together": prompts of equal score are sent in one go, a part of such a group
        being a random part of it; "order": one by one as they stand, in whole prompts.

    Returns
    -------
    float
        Share in [0, 1]; NaN when the curve never reaches the target ("code": the last share).

    Raises
    ------
    InputError
        For missing values, and for models of equal mean quality.

    Notes
    -----
    Formula: min{c(R) : PGR(R) >= x}.
    Source: RouteLLM, arXiv 2406.18665, section 2; "code": ``np.interp`` of accuracy to share over
        the thresholds of ``pd.qcut(scores, 10)`` (edges that fall together do not raise here).
    Variants: "first" (default) and "code"; ties "together" and "order".
    Range: 0 to 1, lower is better.
    Hides: what comes after the crossing: the curve may fall below the target again; and its own
        noise: one prompt can move it by several points where the curve is flat.

    Examples
    --------
    >>> cpt([3, 2, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], 0.5)
    0.5
    """
    check_variant(variant, ("first", "code"))
    s, w, t = check_columns(scores=scores, weak=weak, strong=strong)
    goal = check_figure("target", target)
    if variant == "code":
        shares, quality = published_points(s, w, t)
        pgr(quality[0], w.mean(), t.mean())
        return float(np.interp(w.mean() + goal * (t.mean() - w.mean()), quality, shares))
    order = np.argsort(-s, kind="stable")
    ends = np.r_[group_starts(s[order], ties)[1:], len(s)]
    shares = np.r_[0.0, ends / len(s)]
    gained = np.r_[0.0, np.cumsum((t - w)[order])[ends - 1]] / len(s)
    recovered = np.asarray(pgr(w.mean() + gained, w.mean(), t.mean()))
    reached = np.flatnonzero(recovered >= goal - 1e-12)
    if not len(reached):
        return float("nan")
    first = int(reached[0])
    if first == 0 or ties == "order":
        return float(shares[first])
    rise = recovered[first] - recovered[first - 1]
    part = min((goal - recovered[first - 1]) / rise, 1.0)
    return float(shares[first - 1] + part * (shares[first] - shares[first - 1]))


def published_points(
    scores: np.ndarray, weak: np.ndarray, strong: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (11,) and mean quality (11,) at the thresholds of the published program.

    The thresholds are the deciles of the scores; what is at or above one goes to the strong
    model, at the last only what is above, that is nothing. With ties the shares are not tenths.

    Examples
    --------
    >>> published_points(np.array([1.0, 1.0]), np.zeros(2), np.ones(2))[0].tolist()[-3:]
    [1.0, 1.0, 1.0]
    """
    edges = np.quantile(scores, np.linspace(0, 1, 11))
    sent = scores >= edges[:, None]
    sent[-1] = scores > edges[-1]
    shares = sent.mean(axis=1)
    rising = np.argsort(shares, kind="stable")
    return shares[rising], np.where(sent, strong, weak).mean(axis=1)[rising]
