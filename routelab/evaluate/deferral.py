"""Two models: quality gained against the share of calls that go to the strong one.

References
----------
Ong et al., RouteLLM, arXiv 2406.18665, section 2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from routelab._checks import InputError

SHARES = np.linspace(0.0, 1.0, 11)


def _columns(scores: np.ndarray, weak: np.ndarray, strong: np.ndarray) -> list[np.ndarray]:
    columns = [np.asarray(x, dtype=float).ravel() for x in (scores, weak, strong)]
    if len({len(c) for c in columns}) != 1 or not len(columns[0]):
        raise InputError(
            f"scores, weak and strong must have one length of at least 1, "
            f"got {[len(c) for c in columns]}"
        )
    for name, column in zip(("scores", "weak", "strong"), columns, strict=True):
        if np.isnan(column).any():
            raise InputError(f"{name} is missing for prompt {int(np.isnan(column).argmax())}")
    return columns


def curve_samples(
    scores: np.ndarray,
    weak: np.ndarray,
    strong: np.ndarray,
    weights: np.ndarray,
    shares: np.ndarray = SHARES,
) -> np.ndarray:
    """Return the deferral curve of every resample, (b, shares).

    Prompts of equal score are sent in one go; a share inside such a group is reached by sending a
    random part of it, hence by interpolation.

    Parameters
    ----------
    scores, weak, strong : ndarray (n,)
        Need of the strong model; quality of either.
    weights : ndarray (b, n)
        How often each prompt occurs in each resample.
    shares : ndarray, default 0, 0.1, ... 1
        Shares of the calls that go to the strong model.

    Examples
    --------
    >>> curve_samples(np.array([2., 1.]), np.zeros(2), np.array([1., 0.]), np.ones((1, 2)),
    ...               np.array([0.0, 0.5, 1.0])).tolist()
    [[0.0, 0.5, 0.5]]
    """
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) != 0])
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


def deferral_curve(
    scores: np.ndarray, weak: np.ndarray, strong: np.ndarray, shares: np.ndarray = SHARES
) -> np.ndarray:
    """Return mean quality (shares,) when the highest scores go to the strong model.

    Examples
    --------
    >>> deferral_curve([3, 2, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0.0, 0.5, 1.0]).tolist()
    [0.5, 1.0, 1.0]
    """
    s, w, t = _columns(scores, weak, strong)
    return curve_samples(s, w, t, np.ones((1, len(s))), np.asarray(shares, dtype=float))[0]


def pgr(quality: np.ndarray | float, weak: float, strong: float) -> np.ndarray | float:
    """Return the performance gap recovered: 0 at the weak model's mean, 1 at the strong one's.

    Examples
    --------
    >>> pgr(0.75, 0.5, 1.0)
    0.5
    """
    if strong == weak:
        raise InputError(f"both models have the mean quality {weak!r}: there is no gap to recover")
    return (quality - weak) / (strong - weak)


def apgr_samples(curves: np.ndarray, variant: Literal["code", "paper"] = "code") -> np.ndarray:
    """Return the APGR of curves (b, shares) that run from share 0 to share 1, (b,).

    Examples
    --------
    >>> apgr_samples(np.array([[0.0, 0.5, 1.0]])).tolist()
    [0.5]
    """
    if variant not in ("code", "paper"):
        raise InputError(f"'variant' must be 'code' or 'paper', got {variant!r}")
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

    Raises
    ------
    InputError
        For missing values, and for models of equal mean quality.

    Examples
    --------
    >>> apgr([1, 1], [0, 0], [1, 0])   # no order among the prompts: a coin
    0.5
    """
    curve = deferral_curve(scores, weak, strong)
    pgr(curve[0], curve[0], curve[-1])
    return round(float(apgr_samples(curve[None], variant)[0]), 12)


def cpt(scores: np.ndarray, weak: np.ndarray, strong: np.ndarray, target: float) -> float:
    """Return the least share of strong calls whose PGR reaches `target` (first crossing).

    Parameters
    ----------
    scores, weak, strong : array (n,)
        As in `apgr`.
    target : float
        For example 0.5 for CPT(50 %).

    Returns
    -------
    float
        Share in [0, 1]; NaN when the curve never reaches the target.

    Examples
    --------
    >>> cpt([3, 2, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], 0.5)
    0.5
    """
    s, w, t = _columns(scores, weak, strong)
    order = np.argsort(-s, kind="stable")
    ends = np.r_[np.flatnonzero(np.diff(s[order]) != 0) + 1, len(s)]
    shares = np.r_[0.0, ends / len(s)]
    gained = np.r_[0.0, np.cumsum((t - w)[order])[ends - 1]] / len(s)
    recovered = np.asarray(pgr(w.mean() + gained, w.mean(), t.mean()))
    reached = np.flatnonzero(recovered >= target - 1e-12)
    if not len(reached):
        return float("nan")
    first = int(reached[0])
    if first == 0:
        return 0.0
    rise = recovered[first] - recovered[first - 1]
    part = min((target - recovered[first - 1]) / rise, 1.0)
    return float(shares[first - 1] + part * (shares[first] - shares[first - 1]))
