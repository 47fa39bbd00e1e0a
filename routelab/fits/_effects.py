"""Two-way fixed effects by least squares, with cells missing and errors clustered."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components


def connected(units: np.ndarray, models: np.ndarray, n_models: int, reference: int) -> np.ndarray:
    """Return which models share units with the reference, in one or more steps, bool (n_models,).

    Only these can be compared with it.
    """
    shared = _counts(units, models, n_models)
    shared.data[:] = 1.0
    _, labels = connected_components(shared.T @ shared, directed=False)
    return np.asarray(labels == labels[reference])


def model_effects(
    units: np.ndarray,
    models: np.ndarray,
    y: np.ndarray,
    n_models: int,
    reference: int,
    *,
    clustered: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit ``y = unit + model + error`` with the reference's effect 0.

    The units (prompts, say) are swept out, so that only differences within a unit count.

    Parameters
    ----------
    units, models : int array of shape (n,)
        Codes from 0. Every model has rows and is connected with the reference.
    y : float64 array of shape (n,)
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
    counts = _counts(units, models, n_models)
    per_unit = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1.0)
    share = sparse.diags_array(1.0 / per_unit) @ counts
    normal = np.diag(np.bincount(models, minlength=n_models)) - (counts.T @ share).toarray()
    within = y - (np.bincount(units, y) / per_unit)[units]
    right = np.bincount(models, within, minlength=n_models)
    others = np.arange(n_models) != reference
    inverse = np.zeros((n_models, n_models))
    inverse[np.ix_(others, others)] = np.linalg.inv(normal[np.ix_(others, others)])
    effects: np.ndarray = inverse @ right
    raw = y - effects[models]
    residuals = raw - (np.bincount(units, raw) / per_unit)[units]
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
