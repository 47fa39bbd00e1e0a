"""What a router has to beat: answers that need no learning, and the best that anyone could do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from routelab._registry import Registry
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

    Examples
    --------
    >>> oracle_choice(np.array([[1.0, 1.0, 0.0]]), np.array([[0.3, 0.2, 0.1]])).tolist()
    [1]
    """
    known = np.where(np.isnan(quality), -np.inf, quality)
    best = known == known.max(axis=1, keepdims=True)
    price = np.where(np.isnan(cost), np.finfo(float).max, cost)
    return np.where(best, price, np.inf).argmin(axis=1)


def dataset_oracle_choice(
    quality: np.ndarray, cost: np.ndarray, datasets: Sequence[str]
) -> np.ndarray:
    """Return per prompt (n,) the model that is best on average over the prompt's data set.

    Of equals the cheaper. What it gains over the best single model is task identity.

    Parameters
    ----------
    quality, cost : ndarray (n, models)
    datasets : sequence of str (n,)

    Examples
    --------
    >>> quality = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> dataset_oracle_choice(quality, np.ones((2, 2)), ["a", "b"]).tolist()
    [0, 1]
    """
    codes = np.unique(np.asarray(datasets, dtype=str), return_inverse=True)[1]
    within = np.eye(codes.max() + 1)[codes].T
    within /= within.sum(axis=1, keepdims=True)
    # Means that are equal but for the last digit are equal, so that the cheaper model is taken.
    return oracle_choice(np.round(within @ quality, 12), within @ cost)[codes]


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

    Examples
    --------
    >>> shuffled_values(np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [0.5, 0.5]
    """
    shares = np.bincount(choice, minlength=values.shape[1]) / len(choice)
    return values @ shares
