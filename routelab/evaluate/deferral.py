"""Two models: quality gained against the share of calls that go to the strong one.

References
----------
Ong et al., RouteLLM, arXiv 2406.18665, section 2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from routelab._checks import InputError
from routelab.evaluate._columns import check_columns, check_figure, check_variant

Ties = Literal["together", "order"]

SHARES = np.linspace(0.0, 1.0, 11)


def curve_samples(
    scores: np.ndarray,
    weak: np.ndarray,
    strong: np.ndarray,
    weights: np.ndarray,
    shares: np.ndarray = SHARES,
    *,
    ties: Ties = "together",
) -> np.ndarray:
    """Return the deferral curve of every resample, (b, shares).

    A share inside a group of equal scores, or inside the copies of one prompt, is reached by
    sending a random part of it, hence by interpolation.

    Parameters
    ----------
    scores, weak, strong : ndarray (n,)
        Need of the strong model; quality of either.
    weights : ndarray (b, n)
        How often each prompt occurs in each resample.
    shares : ndarray, default 0, 0.1, ... 1
        Shares of the calls that go to the strong model.
    ties : {"together", "order"}, default "together"
        "together" sends prompts of equal score in one go: which of them comes first in a file
        must not matter. "order" sends them one by one as they stand, as most published code does.

    Examples
    --------
    >>> curve_samples(np.array([2., 1.]), np.zeros(2), np.array([1., 0.]), np.ones((1, 2)),
    ...               np.array([0.0, 0.5, 1.0])).tolist()
    [[0.0, 0.5, 0.5]]
    """
    order = np.argsort(-scores, kind="stable")
    starts = group_starts(scores[order], ties)
    ordered = np.asarray(weights, dtype=float)[:, order]
    zero = np.zeros((len(ordered), 1))
    sent = np.hstack([zero, np.cumsum(np.add.reduceat(ordered, starts, axis=1), axis=1)])
    gains = np.add.reduceat(ordered * (strong - weak)[order], starts, axis=1)
    gained = np.hstack([zero, np.cumsum(gains, axis=1)])
    total = sent[:, -1]
    base = (ordered @ weak[order]) / total
    curve = np.empty((len(ordered), len(shares)))
    row = np.arange(len(ordered))
    for column, share in enumerate(shares):
        target = share * total
        right = np.clip((sent < target[:, None] - 1e-9).sum(axis=1), 1, sent.shape[1] - 1)
        width = sent[row, right] - sent[row, right - 1]
        part = np.where(width > 0, target - sent[row, right - 1], 0.0) / np.where(width, width, 1)
        step = gained[row, right] - gained[row, right - 1]
        curve[:, column] = base + (gained[row, right - 1] + part * step) / total
    return curve


def group_starts(ordered: np.ndarray, ties: Ties) -> np.ndarray:
    """Return where a group of prompts begins that is sent in one go."""
    check_variant(ties, ("together", "order"), "ties")
    if ties == "order":
        return np.arange(len(ordered))
    return np.flatnonzero(np.r_[True, np.diff(ordered) != 0])


def deferral_curve(
    scores: np.ndarray,
    weak: np.ndarray,
    strong: np.ndarray,
    shares: np.ndarray = SHARES,
    *,
    ties: Ties = "together",
) -> np.ndarray:
    """Return mean quality (shares,) when the highest scores go to the strong model.

    Parameters
    ----------
    scores, weak, strong, ties
        As in `apgr`.
    shares : array, default 0, 0.1, ... 1
        Shares of the calls that go to the strong model.

    Notes
    -----
    Formula: mean of the strong model's quality on the share of highest scores, of the weak one's
        on the others.
    Source: RouteLLM, arXiv 2406.18665, section 2 (r(R) against c(R)).
    Variants: ties "together" and "order".
    Range: that of the quality; the ends are the two models' means.
    Hides: what a call costs: a share of calls is no share of the bill where prompts differ in
        length.

    Examples
    --------
    >>> deferral_curve([3, 2, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0.0, 0.5, 1.0]).tolist()
    [0.5, 1.0, 1.0]
    """
    s, w, t = check_columns(scores=scores, weak=weak, strong=strong)
    (at,) = check_columns("share", shares=shares)
    if (at < 0).any() or (at > 1).any():
        raise InputError(f"shares must be in [0, 1], got {at[(at < 0) | (at > 1)][0]:g}")
    return curve_samples(s, w, t, np.ones((1, len(s))), at, ties=ties)[0]


def pgr(quality: np.ndarray | float, weak: float, strong: float) -> np.ndarray | float:
    """Return the performance gap recovered: 0 at the weak model's mean, 1 at the strong one's.

    Parameters
    ----------
    quality : float or array
        Mean quality of a router's choices.
    weak, strong : float
        Mean quality of either model.

    Raises
    ------
    InputError
        For a missing figure, and for models of equal quality: there is no gap.

    Notes
    -----
    Formula: (r(R) - r(weak)) / (r(strong) - r(weak)).
    Source: RouteLLM, arXiv 2406.18665, section 2.
    Variants: none.
    Range: unbounded; above 1 where the router beats the strong model.
    Hides: the size of the gap: when it is a point wide, a PGR of 1 is a point, and its interval
        is wide; and what the calls cost.

    Examples
    --------
    >>> pgr(0.75, 0.5, 1.0)
    0.5
    """
    check_columns("entry", quality=quality)
    low, high = check_figure("weak", weak), check_figure("strong", strong)
    if high == low:
        raise InputError(f"both models have the mean quality {low!r}: there is no gap to recover")
    return (quality - weak) / (strong - weak)


def apgr_samples(curves: np.ndarray, variant: Literal["code", "paper"] = "code") -> np.ndarray:
    """Return the APGR of curves (b, shares) that run from share 0 to share 1, (b,).

    Examples
    --------
    >>> apgr_samples(np.array([[0.0, 0.5, 1.0]])).tolist()
    [0.5]
    """
    check_variant(variant, ("code", "paper"))
    gap = curves[:, -1:] - curves[:, :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        recovered = (curves - curves[:, :1]) / gap
    if variant == "paper":
        return recovered[:, 1:].mean(axis=1)
    return (recovered[:, 1:] + recovered[:, :-1]).mean(axis=1) / 2


def apgr(
    scores: np.ndarray,
    weak: np.ndarray,
    strong: np.ndarray,
    variant: Literal["code", "paper"] = "code",
    *,
    ties: Ties = "together",
) -> float:
    """Return the average performance gap recovered.

    Parameters
    ----------
    scores : array (n,)
        Need of the strong model, in any unit; ties are allowed.
    weak, strong : array (n,)
        Quality of either model on each prompt.
    variant : {"code", "paper"}, default "code"
        "code": trapezoid over the shares 0, 0.1, ... 1; "paper": mean over 0.1, 0.2, ... 1.
    ties : {"together", "order"}, default "together"
        "together": prompts of equal score are sent in one go, a share inside such a group by a
        random part of it; "order": one by one as they stand.

    Raises
    ------
    InputError
        For missing values, and for models of equal mean quality.

    Notes
    -----
    Formula: integral of PGR over the share of strong calls, from 0 to 1.
    Source: RouteLLM, arXiv 2406.18665, section 2.
    Variants: "paper" is the mean over ten shares and gives a coin 0.55; "code" is the trapezoid of
        the published program and gives a coin 0.5. Ties "together" and "order".
    Range: unbounded, higher is better; 0.5 is a coin; above 1 only where a mix beats the strong
        model (on GSM8K the oracle's order has 1.11).
    Hides: where on the curve the gain is: most of it may lie at shares that nobody would pay for;
        and that prompt length alone reaches 0.598 on GSM8K.

    Examples
    --------
    >>> apgr([1, 1], [0, 0], [1, 0])   # no order among the prompts: a coin
    0.5
    """
    curve = deferral_curve(scores, weak, strong, ties=ties)
    pgr(curve[0], curve[0], curve[-1])
    return round(float(apgr_samples(curve[None], variant)[0]), 12)
