"""RouterArena: one score of accuracy and cost, and three companions against the router's pool.

References
----------
Lu et al., RouterArena, arXiv 2510.00202, and ``llm_evaluation/run.py`` of its repository.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError
from routelab.evaluate._columns import check_choice, check_figure, check_positive, check_table


def arena_score(
    accuracy: float,
    cost: float,
    *,
    beta: float = 0.1,
    cheapest: float = 0.0044,
    dearest: float = 200.0,
) -> float:
    """Return the weighted harmonic mean of accuracy and cheapness.

    Parameters
    ----------
    accuracy : float
        Mean accuracy in [0, 1].
    cost : float
        USD per 1000 queries; clipped to [cheapest, dearest]. A missing cost is an error, and so is
        0: no served call is free, and a table that says 0 means that nobody measured it.
    beta : float, default 0.1
        Weight of the cost.
    cheapest, dearest : float, default 0.0044 and 200
        USD per 1000 queries at which cheapness is 1 and 0.

    Raises
    ------
    InputError
        For missing figures, an accuracy outside [0, 1], a cost of 0 or less, and bounds that do
        not leave a range.

    Notes
    -----
    Formula: C = (log2 dearest - log2 cost) / (log2 dearest - log2 cheapest);
        S = (1 + b) A C / (b A + C), A accuracy, b = 0.1; 0 where A or C is 0.
    Source: RouterArena, arXiv 2510.00202, section on the arena score.
    Variants: the published program does not clip; within the bounds both agree.
    Range: 0 to 1, higher is better.
    Hides: money: at b = 0.1, halving the cost is worth about one point of accuracy in the middle
        of the range, whatever the bill; and the bounds, which belong to their pool, not to yours.

    Examples
    --------
    >>> round(arena_score(0.7718, 0.30), 4)
    0.7531
    """
    a = check_figure("accuracy", accuracy, 0, 1)
    usd = check_positive("cost", cost, "USD per 1000 queries; a missing cost is not a free one")
    low = check_positive("cheapest", cheapest, "the scale is a logarithm")
    high = check_figure("dearest", dearest, 0)
    if not low < high:
        raise InputError(f"'cheapest' must be below 'dearest', got {low!r} and {high!r}")
    b = check_positive("beta", beta, "it is the weight of the cost")
    cheapness = np.log2(high / np.clip(usd, low, high)) / np.log2(high / low)
    if a == 0 or cheapness == 0:
        return 0.0
    return float((1 + b) * a * cheapness / (b * a + cheapness))


def _optimal(
    choice: ArrayLike, quality: ArrayLike, cost: ArrayLike, right: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whether the choice is right, its cost and the optimal cost, of solvable prompts."""
    q, usd = check_table("quality", quality), check_table("cost", cost)
    if q.shape != usd.shape:
        raise InputError(f"quality is {q.shape}, cost is {usd.shape}")
    for name, table in (("quality", q), ("cost", usd)):
        missing = np.isnan(table)
        if missing.any():
            row, model = np.argwhere(missing)[0]
            raise InputError(f"{name} of model {model} is missing for prompt {row}")
    if (usd < 0).any():
        row = int((usd < 0).any(axis=1).argmax())
        raise InputError(f"cost must be at least 0, got {usd[row].min():g} for prompt {row}")
    picked = check_choice(choice, *q.shape)
    rows = np.flatnonzero((q >= right).any(axis=1))
    if not len(rows):
        raise InputError(f"no model is right (quality of at least {right:g}) on any prompt")
    least = np.where(q >= right, usd, np.inf).min(axis=1)
    each = np.arange(len(q))
    return q[each, picked][rows] >= right, usd[each, picked][rows], least[rows]


def optimal_selection(
    choice: ArrayLike, quality: ArrayLike, cost: ArrayLike, *, right: float = 1.0
) -> float:
    """Return how often a router picks the cheapest model that is right.

    Parameters
    ----------
    choice : array (n,)
        Column of the chosen model.
    quality, cost : array (n, models)
        Of the whole pool: the router's own models. USD; nothing may be missing.
    right : float, default 1
        Quality from which an answer is right.

    Raises
    ------
    InputError
        For missing values, negative costs, choices that are no column, and when no prompt is
        solved by any model.

    Notes
    -----
    Formula: #(chosen model right and as cheap as the cheapest right one) / #(prompts with one).
    Source: RouterArena, arXiv 2510.00202, optimal selection.
    Variants: none; the published program counts the name of the model, here any model of the same
        cost that is right counts.
    Range: 0 to 1, higher is better.
    Hides: how much was lost: a choice dearer by a cent counts as one dearer by a dollar; and the
        pool: one with a single model gets 1.

    Examples
    --------
    >>> optimal_selection([0, 1], [[1, 1], [1, 1]], [[0.1, 0.2], [0.1, 0.2]])
    0.5
    """
    correct, usd, least = _optimal(choice, quality, cost, right)
    return float(np.mean(correct & (usd <= least)))


def optimal_cost(
    choice: ArrayLike, quality: ArrayLike, cost: ArrayLike, *, right: float = 1.0
) -> float:
    """Return the bill of the cheapest right models, relative to that of the router's right ones.

    Parameters
    ----------
    choice, quality, cost, right
        As in `optimal_selection`.

    Returns
    -------
    float
        NaN when no choice is right; 1 when all right choices cost nothing.

    Notes
    -----
    Formula: sum of the cheapest right model's cost / sum of the chosen model's cost, over prompts
        where the chosen model is right.
    Source: RouterArena, arXiv 2510.00202, optimal cost, as its program computes it.
    Variants: the leaderboard's page averages the ratio per prompt, wrong choices included, which
        lets cheap wrong answers raise it.
    Range: 0 to 1, higher is better.
    Hides: wrong answers: they are left out, so it must be read beside the accuracy.

    Examples
    --------
    >>> optimal_cost([0, 1], [[1, 1], [1, 1]], [[1.0, 2.0], [1.0, 2.0]])   # 2 / 3
    0.6666666666666666
    """
    correct, usd, least = _optimal(choice, quality, cost, right)
    if not correct.any():
        return float("nan")
    spent = usd[correct].sum()
    return float(least[correct].sum() / spent) if spent > 0 else 1.0


def optimal_accuracy(
    choice: ArrayLike, quality: ArrayLike, cost: ArrayLike, *, right: float = 1.0
) -> float:
    """Return how many of the prompts that the pool can solve the router's choices solve.

    Parameters
    ----------
    choice, quality, cost, right
        As in `optimal_selection`.

    Notes
    -----
    Formula: #(chosen model right) / #(prompts with a right model).
    Source: RouterArena, arXiv 2510.00202, optimal accuracy, as its program computes it.
    Variants: the leaderboard's page divides mean accuracies over all prompts; for right and wrong
        answers both agree. The program adds fractional scores, here an answer is right or not.
    Range: 0 to 1, higher is better.
    Hides: the pool: a weak one is easily exhausted, so routers of different pools are not
        comparable by it.

    Examples
    --------
    >>> optimal_accuracy([0, 0], [[1, 0], [0, 1]], [[1.0, 2.0], [1.0, 2.0]])
    0.5
    """
    return float(np.mean(_optimal(choice, quality, cost, right)[0]))
