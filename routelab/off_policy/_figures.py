"""All estimates of one outcome, each with its interval and its difference to the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from routelab._checks import InputError
from routelab.evaluate._split import assign_folds
from routelab.off_policy._intervals import Interval, RatioBootstrap, jackknife
from routelab.off_policy._log import Logged
from routelab.off_policy._outcome_model import Learner, cross_fit
from routelab.off_policy.estimators import direct_method, kept_weights, robust_terms

ESTIMATORS = ("IPS", "SNIPS", "DM", "DR", "Switch-DR")


@dataclass(frozen=True)
class Figures:
    """Estimates of one outcome: `value` and `difference` by estimator, and the log's own mean."""

    value: dict[str, Interval]
    difference: dict[str, Interval]
    logged: Interval


def figures(
    log: Logged,
    target: str,
    *,
    policy: np.ndarray,
    weights: np.ndarray,
    clip: float | None,
    switch: float,
    learn: Learner,
    folds: np.ndarray,
    resamples: Callable[[int], Iterable[np.ndarray]],
) -> Figures:
    """Return what every estimator says of an outcome that all rows of the log have.

    Parameters
    ----------
    log : Logged, n rows
    target : str
        Column of the outcome.
    policy : array (n, m)
    weights : array (n,)
        Not truncated.
    clip : float or None
        Weights above it are truncated to it in IPS, SNIPS and DR.
    switch : float
        Rows of weights above it are left to the model in Switch-DR.
    learn : Learner
    folds : array of int (n,)
    resamples : callable
        Number of units -> blocks (b, units): how often each unit is in each resample.
    """
    values = log.values(target)
    used = weights if clip is None else np.minimum(weights, clip)
    kept = kept_weights(weights, switch)
    fit = cross_fit(learn, log, target, folds, policy=policy, kept=kept)
    parts = (policy, fit.predicted, log.chosen)
    rows = {
        "n": np.ones(len(log)),
        "y": values,
        "w": used,
        "wy": used * values,
        "dr": robust_terms(values, used, *parts),
        "switch": robust_terms(values, kept, *parts),
    }
    place = {name: number for number, name in enumerate(rows)}
    sums = np.column_stack([np.bincount(log.units, column) for column in rows.values()])
    bootstrap = RatioBootstrap(sums, resamples(len(sums)))
    log_mean = (place["y"], place["n"])
    ratios = {"IPS": ("wy", "n"), "SNIPS": ("wy", "w"), "DR": ("dr", "n")}
    by_model = {"DM": direct_method(policy, fit.predicted)}
    if (kept < weights).any():
        by_model["Switch-DR"] = float(rows["switch"].mean())
    else:  # nothing is left to the model: what its error adds is of second order, as in DR
        ratios["Switch-DR"] = ("switch", "n")
    value, difference = {}, {}
    for name, (top, bottom) in ratios.items():
        ratio = (place[top], place[bottom])
        value[name] = bootstrap.ratio(*ratio)
        difference[name] = bootstrap.ratio(*ratio, minus=log_mean)
    for name, found in by_model.items():
        without = fit.without[name]
        value[name] = jackknife(found, without)
        difference[name] = jackknife(found - float(values.mean()), without - fit.without["log"])
    return Figures(
        value={name: value[name] for name in ESTIMATORS},
        difference={name: difference[name] for name in ESTIMATORS},
        logged=bootstrap.ratio(*log_mean),
    )


def folds_of(log: Logged, groups: np.ndarray, cv: int, seed: int) -> np.ndarray:
    """Return the fold (n,) of each row: groups whole, drawn at random.

    Folds that held each model in the same share would hide from the jackknife how much of a log's
    mean is chance in its choices.
    """
    if not isinstance(cv, int | np.integer) or cv < 2:
        raise InputError(f"'cv' must be a whole number of at least 2, got {cv!r}")
    different = len(np.unique(groups))
    if different < 2:
        raise InputError("a model of outcomes needs two different prompts (or units) to learn from")
    return assign_folds([""] * len(log), groups, min(int(cv), different), seed)
