"""LLMRouterBench: gains over random and best single model, the gap to the oracle, the frontier.

The formulas are those of the paper's section 6 as others restate it; the benchmark's repository
ships no program to check them against.

References
----------
Li et al., LLMRouterBench, arXiv 2601.07206, section 6.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError
from routelab.evaluate._columns import check_columns, check_figure, check_positive, check_variant


def gain_at_random(accuracy: float, models: ArrayLike) -> float:
    """Return the relative gain over picking a model at random.

    Parameters
    ----------
    accuracy : float
        Mean quality of the router's choices.
    models : array (models,)
        Mean quality of every model of the pool.

    Raises
    ------
    InputError
        For missing figures, and for a pool whose mean is 0.

    Notes
    -----
    Formula: accuracy / mean of the models - 1.
    Source: LLMRouterBench, arXiv 2601.07206, Gain@Random.
    Variants: the paper averages accuracies over data sets first; pass such averages for that.
    Range: -1 upwards, higher is better; 0 is a random pick.
    Hides: the pool: adding one bad model raises every router's gain.

    Examples
    --------
    >>> round(gain_at_random(0.75, [0.4, 0.6]), 6)
    0.5
    """
    (each,) = check_columns("model", models=models)
    mean = check_positive("mean of models", each.mean(), "the gain is relative to it")
    return check_figure("accuracy", accuracy) / mean - 1


def gain_at_best_single(accuracy: float, models: ArrayLike) -> float:
    """Return the relative gain over the best single model.

    Parameters
    ----------
    accuracy, models
        As in `gain_at_random`.

    Notes
    -----
    Formula: accuracy / max of the models - 1.
    Source: LLMRouterBench, arXiv 2601.07206, Gain@BestSingle.
    Variants: the paper averages accuracies over data sets first; pass such averages for that.
    Range: -1 upwards, higher is better; 0 is the best single model.
    Hides: hindsight: the best single model is picked on the prompts of the test, so the bar is a
        little too high; and cost.

    Examples
    --------
    >>> round(gain_at_best_single(0.66, [0.4, 0.6]), 6)
    0.1
    """
    (each,) = check_columns("model", models=models)
    best = check_positive("best of models", each.max(), "the gain is relative to it")
    return check_figure("accuracy", accuracy) / best - 1


def gap_at_oracle(accuracy: float, oracle: float) -> float:
    """Return the share of the oracle's quality that a router misses.

    Parameters
    ----------
    accuracy : float
        Mean quality of the router's choices.
    oracle : float
        Mean quality of the best model per prompt (`oracle_choice`).

    Raises
    ------
    InputError
        For missing figures, and for an oracle of 0.

    Notes
    -----
    Formula: 1 - accuracy / oracle.
    Source: LLMRouterBench, arXiv 2601.07206, Gap@Oracle.
    Variants: the paper averages accuracies over data sets first; pass such averages for that.
    Range: 0 to 1 for qualities of at least 0, lower is better.
    Hides: that much of the gap is luck of single answers, which nobody can route for.

    Examples
    --------
    >>> round(gap_at_oracle(0.6, 0.8), 6)
    0.25
    """
    best = check_positive("oracle", oracle, "the gap is relative to it")
    return 1 - check_figure("accuracy", accuracy) / best


def perf_gain(quality: ArrayLike, best_quality: float) -> float:
    """Return the gain of a router's best setting over the best single model.

    Parameters
    ----------
    quality : array (settings,)
        Mean quality at each setting.
    best_quality : float
        Mean quality of the best single model.

    Raises
    ------
    InputError
        For missing figures, and for a best model of quality 0.

    Notes
    -----
    Formula: max over settings of quality / best single model's quality - 1.
    Source: LLMRouterBench, arXiv 2601.07206, PerfGain.
    Variants: none.
    Range: -1 upwards, higher is better.
    Hides: cost; and that it is the best of many looks: more settings, more gain by luck.

    Examples
    --------
    >>> round(perf_gain([0.5, 0.66], 0.6), 6)
    0.1
    """
    (each,) = check_columns("setting", quality=quality)
    bar = check_positive("best_quality", best_quality, "the gain is relative to it")
    return float(each.max() / bar - 1)


def cost_save(
    cost: ArrayLike, quality: ArrayLike, *, best_cost: float, best_quality: float
) -> float:
    """Return the largest saving among settings at least as good as the best single model.

    Parameters
    ----------
    cost, quality : array (settings,)
        Mean cost in USD and mean quality at each setting.
    best_cost, best_quality : float
        Of the best single model.

    Returns
    -------
    float
        NaN when no setting is as good; negative when those that are cost more.

    Raises
    ------
    InputError
        For missing figures, and for a best model of cost 0.

    Notes
    -----
    Formula: 1 - min{cost of settings with quality >= best single model's} / its cost.
    Source: LLMRouterBench, arXiv 2601.07206, CostSave.
    Variants: none; 1 - `qnc` with its variant "settings".
    Range: up to 1, higher is better.
    Hides: a cliff: one prompt fewer and a setting no longer counts; the saving has no interval
        until the bar is resampled with it.

    Examples
    --------
    >>> cost_save([1.0, 3.0], [0.5, 0.7], best_cost=4.0, best_quality=0.7)
    0.25
    """
    usd, each = check_columns("setting", cost=cost, quality=quality)
    bar = check_figure("best_quality", best_quality)
    bill = check_positive("best_cost", best_cost, "the saving is relative to it")
    reached = usd[each >= bar - 1e-12]
    return float(1 - reached.min() / bill) if len(reached) else float("nan")


def _dominated(points: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Whether each point (cost, quality) is beaten in one respect and matched in the other."""
    at_least = (pool[:, 0] <= points[:, None, 0]) & (pool[:, 1] >= points[:, None, 1])
    better = (pool[:, 0] < points[:, None, 0]) | (pool[:, 1] > points[:, None, 1])
    return np.asarray((at_least & better).any(axis=1))


def _points(
    cost: ArrayLike, quality: ArrayLike, pool_cost: ArrayLike, pool_quality: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return a router's settings (s, 2), and all settings that make the frontier (p, 2)."""
    own = np.column_stack(check_columns("setting", cost=cost, quality=quality))
    rest = np.column_stack(
        check_columns("pooled setting", pool_cost=pool_cost, pool_quality=pool_quality)
    )
    return own, np.vstack([own, rest])


def pareto_dist(
    cost: ArrayLike,
    quality: ArrayLike,
    *,
    pool_cost: ArrayLike,
    pool_quality: ArrayLike,
    variant: Literal["log", "linear"] = "log",
) -> float:
    """Return how far a router's settings are from the frontier of all settings.

    Parameters
    ----------
    cost, quality : array (settings,)
        Mean cost in USD and mean quality at each setting of the router.
    pool_cost, pool_quality : array (pooled settings,)
        Of everything that is compared: other routers' settings and single models.
    variant : {"log", "linear"}, default "log"
        Scale of the cost before it is normalised.

    Raises
    ------
    InputError
        For missing values, and with "log" for costs of 0 or less.

    Notes
    -----
    Formula: mean over the router's settings of the least L1 distance to an undominated setting,
        after cost and quality are scaled to [0, 1] over all settings (a range of 0 counts 0).
    Source: LLMRouterBench, arXiv 2601.07206, ParetoDist; taken here with min-max normalised
        accuracy and log cost.
    Variants: "log" (the paper's) and "linear".
    Range: 0 to 2, lower is better; 0 means that every setting is on the frontier.
    Hides: the company: it changes with every method that joins the comparison, so figures of two
        papers are not comparable.

    Examples
    --------
    >>> pareto_dist([1.0, 10.0], [0.5, 0.5], pool_cost=[10.0], pool_quality=[1.0])
    0.5
    """
    check_variant(variant, ("log", "linear"))
    own, pool = _points(cost, quality, pool_cost, pool_quality)
    if variant == "log":
        if (pool[:, 0] <= 0).any():
            raise InputError(
                f"costs must be above 0 on a log scale, got {pool[:, 0].min():g}: "
                "variant='linear' takes 0"
            )
        own = np.column_stack([np.log(own[:, 0]), own[:, 1]])
        pool = np.column_stack([np.log(pool[:, 0]), pool[:, 1]])
    low, width = pool.min(axis=0), np.ptp(pool, axis=0)
    width[width == 0] = 1.0
    frontier = (pool[~_dominated(pool, pool)] - low) / width
    apart = np.abs(((own - low) / width)[:, None] - frontier).sum(axis=2)
    return float(apart.min(axis=1).mean())


def pareto_ratio(
    cost: ArrayLike, quality: ArrayLike, *, pool_cost: ArrayLike, pool_quality: ArrayLike
) -> float:
    """Return the share of a router's settings on the frontier of all settings.

    Parameters
    ----------
    cost, quality, pool_cost, pool_quality
        As in `pareto_dist`; a cost of 0 is allowed.

    Notes
    -----
    Formula: #(settings that no pooled setting dominates) / #(settings).
    Source: LLMRouterBench, arXiv 2601.07206, ParetoRatio against the pooled frontier.
    Variants: none; equal points do not dominate each other.
    Range: 0 to 1, higher is better.
    Hides: the number of settings: a router with one lucky setting gets 1; and how narrowly the
        others miss.

    Examples
    --------
    >>> pareto_ratio([1.0, 10.0], [0.5, 0.5], pool_cost=[10.0], pool_quality=[1.0])
    0.5
    """
    own, pool = _points(cost, quality, pool_cost, pool_quality)
    return float(np.mean(~_dominated(own, pool)))
