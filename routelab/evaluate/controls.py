"""What a router has to beat: answers that need no learning, and the best that anyone could do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab._registry import Registry
from routelab.evaluate._columns import check_choice, check_labels, check_table
from routelab.routers import ConstantRouter, LengthRouter, RandomRouter

#: Name of a control for labels -> factory(seed) of an unfitted router.
CONTROLS: Registry[Callable[[int], Any]] = Registry("control", "routelab.evaluate")


@CONTROLS.register("constant")
def _constant(seed: int) -> ConstantRouter:
    return ConstantRouter()


@CONTROLS.register("random")
def _random(seed: int) -> RandomRouter:
    return RandomRouter(seed=seed)


@CONTROLS.register("length")
def _length(seed: int) -> LengthRouter:
    return LengthRouter()


def length_scores(prompts: Sequence[str]) -> np.ndarray:
    """Return the characters of each prompt (n,): the longest go to the strong model.

    Examples
    --------
    >>> length_scores(["ab", "a"]).tolist()
    [2.0, 1.0]
    """
    return np.array([len(prompt) for prompt in prompts], dtype=float)


def oracle_choice(quality: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return per prompt (n,) the cheapest among the models of the best known quality.

    Parameters
    ----------
    quality : ndarray (n, models)
        NaN is never the best; a row of NaN gives the first model.
    cost : ndarray (n, models)
        USD; an unknown cost loses a tie against a known one.

    Raises
    ------
    InputError
        When the shapes differ, or a value is infinite.

    Notes
    -----
    Formula: argmin of cost over the models with the prompt's highest quality.
    Source: RouterBench, arXiv 2403.12031, section 3, Oracle.
    Variants: none; RouterArena's optimal model (`optimal_selection`) must be right outright.
    Range: a column number per prompt.
    Hides: luck: it takes the best of many noisy outcomes, so it rises with every model added, even
        with copies of one; no router can reach it.

    Examples
    --------
    >>> oracle_choice(np.array([[1.0, 1.0, 0.0]]), np.array([[0.3, 0.2, 0.1]])).tolist()
    [1]
    """
    quality, cost = check_table("quality", quality), check_table("cost", cost)
    if quality.shape != cost.shape:
        raise InputError(f"quality is {quality.shape}, cost is {cost.shape}")
    known = np.where(np.isnan(quality), -np.inf, quality)
    best = known == known.max(axis=1, keepdims=True)
    price = np.where(np.isnan(cost), np.finfo(float).max, cost)
    return np.where(best, price, np.inf).argmin(axis=1)


def dataset_oracle_choice(
    quality: np.ndarray, cost: np.ndarray, datasets: Sequence[str]
) -> np.ndarray:
    """Return per prompt (n,) the model that is best on average over the prompt's data set.

    Of equals the cheaper. What it gains over the best single model is task identity alone.

    Parameters
    ----------
    quality, cost : ndarray (n, models)
        Missing values (NaN) are left out of the means.
    datasets : sequence of str (n,)

    Raises
    ------
    InputError
        When the shapes differ, or a prompt has no data set.

    Notes
    -----
    Formula: argmax over models of the mean quality within the data set; of equals argmin of mean
        cost.
    Source: LLMRouterBench, arXiv 2601.07206, Dataset Oracle (there: Max Expert).
    Variants: none.
    Range: a column number per prompt, the same over a data set.
    Hides: that the data set is given: a router in use is not told it, and many small data sets
        bring this control close to the oracle by luck.

    Examples
    --------
    >>> quality = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> dataset_oracle_choice(quality, np.ones((2, 2)), ["a", "b"]).tolist()
    [0, 1]
    """
    quality, cost = check_table("quality", quality), check_table("cost", cost)
    if len(datasets) != len(quality):
        raise InputError(f"datasets has {len(datasets)} entries, quality has {len(quality)} rows")
    names = check_labels("datasets", datasets, abstain=False)
    codes = np.unique(np.array([str(name) for name in names]), return_inverse=True)[1]
    # Sums of the same values in another order differ in the last digits; those are no difference.
    means = [np.round(_group_means(values, codes), 12) for values in (quality, cost)]
    return oracle_choice(*means)[codes]


def _group_means(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the mean of what is known (groups, columns), NaN where nothing is."""
    known = ~np.isnan(values)
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, codes, np.where(known, values, 0.0))
    np.add.at(counts, codes, known)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def shuffled_values(choice: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return what each prompt is expected to get when the choices are permuted over the prompts.

    The cost-matched shuffle: it spends as the router does and knows nothing about the prompt.
    Exact expectation over all permutations, not one draw.

    Parameters
    ----------
    choice : ndarray (n,)
        Index of the chosen model.
    values : ndarray (n, models)
        Quality or cost.

    Returns
    -------
    ndarray (n,)

    Notes
    -----
    Formula: sum over models of the router's share of the model * the model's value on the prompt.
    Source: cost-matched random baseline, exact over all permutations.
    Variants: none; one permutation would add noise.
    Range: that of the values.
    Hides: the shares themselves: a router that merely favours the best model passes this control
        only by its mix, which the Zero router judges.

    Examples
    --------
    >>> shuffled_values(np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [0.5, 0.5]
    """
    picked = check_choice(choice, *values.shape)
    shares = np.bincount(picked, minlength=values.shape[1]) / len(picked)
    return values @ shares
