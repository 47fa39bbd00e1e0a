"""Models of outcomes for the direct method, never judged on rows that they learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from routelab._checks import InputError
from routelab.evaluate._split import rounds
from routelab.off_policy._log import Logged
from routelab.off_policy.estimators import model_terms, robust_terms

#: Predicts the outcome of every model (asked, m) after learning from the training rows.
Learner = Callable[[Logged, str, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class CrossFit:
    """What the models of outcomes predict.

    Attributes
    ----------
    predicted : array (n, m)
        Each row by the model that has not seen its fold.
    without : dict of str to array (folds,)
        "DM", "Switch-DR" and "log", each as the rows outside one fold give it alone, for their
        spread.
    """

    predicted: np.ndarray
    without: dict[str, np.ndarray]


def cross_fit(
    learn: Learner,
    log: Logged,
    target: str,
    folds: np.ndarray,
    *,
    policy: np.ndarray,
    kept: np.ndarray,
) -> CrossFit:
    """Fit a model per fold on the rows outside it.

    Parameters
    ----------
    learn : Learner
    log : Logged, n rows
        Those with an outcome.
    target : str
        Column of the outcome.
    folds : array of int (n,)
        Rows of one group have the same fold.
    policy : array (n, m)
    kept : array (n,)
        Weights of Switch-DR, 0 where it asks the model.
    """
    values, everyone = log.values(target), np.arange(len(log))
    predicted = np.empty_like(policy)
    replicates = []
    for train, asked in rounds(folds):
        # all rows, in the columns of one fit: the replicates below need the training rows, too
        said = learn(log, target, train, everyone)
        predicted[asked] = said[asked]
        there = (policy[train], said[train])
        robust = robust_terms(values[train], kept[train], *there, log.chosen[train])
        replicates.append([model_terms(*there).mean(), robust.mean(), values[train].mean()])
    columns = np.array(replicates).T
    return CrossFit(predicted, dict(zip(("DM", "Switch-DR", "log"), columns, strict=True)))


def learner(outcome_model: Any) -> Learner:
    """Return how to learn: means, an outcome router of routelab, or a function of the user's."""
    if outcome_model is None:
        return mean_per_model
    if isinstance(outcome_model, str):
        from routelab.routers import make_router

        outcome_model = make_router(outcome_model)
    if hasattr(outcome_model, "fit") and hasattr(outcome_model, "predict_quality"):
        return _of_router(outcome_model)
    if callable(outcome_model) and not hasattr(outcome_model, "fit"):
        return _of_function(outcome_model)
    raise InputError(
        "'outcome_model' must be None, the kind of an outcome router such as 'outcome-linear', a "
        "router with predict_quality, or a function(train, asked, target, models); "
        f"got {outcome_model!r}"
    )


def mean_per_model(log: Logged, target: str, train: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Predict each model's mean, rows weighted by 1 / propensity.

    So weighted it is the model's mean over all prompts, not over those that the log gave to it.
    A model without a training row gets the mean of all.
    """
    inverse = 1 / log.propensity[train]
    m = len(log.models)
    mass = np.bincount(log.chosen[train], inverse, m)
    total = np.bincount(log.chosen[train], inverse * log.values(target)[train], m)
    overall = total.sum() / mass.sum()
    means = np.divide(total, mass, out=np.full(m, overall), where=mass > 0)
    return np.broadcast_to(means, (len(asked), m))


def _of_router(router: Any) -> Learner:
    def learn(log: Logged, target: str, train: np.ndarray, asked: np.ndarray) -> np.ndarray:
        prompts = log.needed_prompts("the model of outcomes")
        values = log.values(target)[train]
        scale = float(np.abs(values).max()) or 1.0  # heads are made for qualities, not for 1e-5 USD
        matrix = np.full((len(train), len(log.models)), np.nan)
        matrix[np.arange(len(train)), log.chosen[train]] = values / scale
        known = ~np.isnan(matrix).all(axis=0)
        fitted = clone(router).fit([prompts[i] for i in train], matrix[:, known])
        said = np.array(mean_per_model(log, target, train, asked))  # models that no row tried
        said[:, known] = fitted.predict_quality([prompts[i] for i in asked]) * scale
        return said

    return learn


def _of_function(function: Callable[..., Any]) -> Learner:
    def learn(log: Logged, target: str, train: np.ndarray, asked: np.ndarray) -> np.ndarray:
        parts: list[pd.DataFrame] = [log.frame.iloc[rows] for rows in (train, asked)]
        said = np.asarray(function(*parts, target, list(log.models)), dtype=float)
        shape = (len(asked), len(log.models))
        if said.shape != shape or not np.isfinite(said).all():
            raise InputError(
                f"the model of outcomes must predict {target!r} as finite numbers of shape (rows "
                f"asked, models) = {shape}, got shape {said.shape}"
            )
        return said

    return learn
