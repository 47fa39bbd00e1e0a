"""Two-way fixed effects with cells missing: of logs, or of means that keep totals."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from routelab._checks import InputError

_ROUNDS = 200
_CLOSE = 1e-10
_TINY = 1e-300


def connected(units: np.ndarray, models: np.ndarray, n_models: int, reference: int) -> np.ndarray:
    """Return which models share units with the reference, in one or more steps, bool (n_models,).

    Only these can be compared with it.
    """
    shared = _counts(units, models, n_models)
    shared.data[:] = 1.0
    _, labels = connected_components(shared.T @ shared, directed=False)
    return np.asarray(labels == labels[reference])


def poisson_effects(
    units: np.ndarray,
    models: np.ndarray,
    y: np.ndarray,
    n_models: int,
    reference: int,
    *,
    clustered: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit ``mean of y = exp(unit + model)``, which keeps each unit's and each model's total.

    Parameters and results are those of :func:`model_effects`, with y > 0. Poisson's likelihood,
    by repeated least squares; y need not be Poisson for the sandwich to hold.

    References
    ----------
    Santos Silva and Tenreyro (2006), The log of gravity, Rev. Economics and Statistics 88.

    Examples
    --------
    >>> prompt, model = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> effects, _ = poisson_effects(
    ...     prompt, model, np.array([10.0, 10.0, 10.0, 50.0]), 2, 0, clustered=True)
    >>> np.exp(effects).round(6).tolist()
    [1.0, 3.0]
    """
    scaled = y / y.mean()
    linear = np.log(scaled)
    before = np.full(n_models, np.inf)
    for _ in range(_ROUNDS):
        mean = np.exp(linear)
        target = linear + (scaled - mean) / mean
        effects, covariance = model_effects(
            units, models, target, n_models, reference, weights=mean, clustered=clustered
        )
        raw = target - effects[models]
        totals = np.bincount(units, mean)
        linear = (
            effects[models] + (np.bincount(units, mean * raw) / np.maximum(totals, _TINY))[units]
        )
        if np.abs(effects - before).max() < _CLOSE:
            return effects, covariance
        before = effects
    raise InputError(f"the factors of the models did not settle in {_ROUNDS} rounds")


def model_effects(
    units: np.ndarray,
    models: np.ndarray,
    y: np.ndarray,
    n_models: int,
    reference: int,
    *,
    weights: np.ndarray | None = None,
    clustered: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit ``y = unit + model + error`` with the reference's effect 0.

    The units (prompts, say) are swept out, so that only differences within a unit count.

    Parameters
    ----------
    units, models : int array of shape (n,)
        Codes from 0. Every model has rows and is connected with the reference.
    y : float64 array of shape (n,)
    weights : float64 array of shape (n,), optional
        Positive; default 1.
    clustered : bool
        Whether the errors within a unit may depend on each other; else all are independent.

    Returns
    -------
    effects : float64 array of shape (n_models,)
    covariance : float64 array of shape (n_models, n_models)
        Sandwich, 0 for the reference.

    References
    ----------
    Abowd, Creecy and Kramarz (2002), normal equations of two-way effects; Cameron and Miller
    (2015), J. Human Resources 50, eq. 11, for the clustered errors.

    Examples
    --------
    >>> prompt, model = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> effects, _ = model_effects(
    ...     prompt, model, np.array([5.0, 6.0, 2.0, 3.0]), 2, 0, clustered=True)
    >>> effects.round(6).tolist()
    [0.0, 1.0]
    """
    w = np.ones(len(y)) if weights is None else weights
    counts = _counts(units, models, n_models, w)
    per_unit = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), _TINY)
    share = sparse.diags_array(1.0 / per_unit) @ counts
    normal = np.diag(np.bincount(models, w, minlength=n_models)) - (counts.T @ share).toarray()
    within = y - (np.bincount(units, w * y) / per_unit)[units]
    right = np.bincount(models, w * within, minlength=n_models)
    others = np.arange(n_models) != reference
    inverse = np.zeros((n_models, n_models))
    inverse[np.ix_(others, others)] = np.linalg.inv(normal[np.ix_(others, others)])
    effects: np.ndarray = inverse @ right
    raw = y - effects[models]
    residuals = w * (raw - (np.bincount(units, w * raw) / per_unit)[units])
    if clustered:
        # Residuals sum to 0 in each unit, so the sweep drops out of the unit's score.
        scores = _counts(units, models, n_models, residuals)
        meat = (scores.T @ scores).toarray()
        number = len(np.unique(units))
    else:
        meat = _independent(_counts(units, models, n_models, residuals**2), share)
        number = len(y)
    return effects, number / max(number - 1, 1) * inverse @ meat @ inverse


def _independent(squares: sparse.csr_array, share: sparse.csr_array) -> np.ndarray:
    """Sum the outer products of each row's own score, (model dummy - unit's share) x residual."""
    crossed = (squares.T @ share).toarray()
    of_units = sparse.diags_array(np.asarray(squares.sum(axis=1)).ravel())
    plain = np.diag(np.asarray(squares.sum(axis=0)).ravel())
    total: np.ndarray = plain - crossed - crossed.T + (share.T @ of_units @ share).toarray()
    return total


def _counts(
    units: np.ndarray, models: np.ndarray, n_models: int, values: np.ndarray | None = None
) -> sparse.csr_array:
    """Sum 1, or the values, by unit and model."""
    shape = (int(units.max()) + 1, n_models)
    each = np.ones(len(units)) if values is None else values
    return sparse.coo_array((each, (units, models)), shape=shape).tocsr()
