"""A sum of non-negative parts times a lognormal error: the regression behind the latencies."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

_TUNING = 1.345  # of Huber's loss: 95 % efficient where errors are normal


def fit_positive(columns: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit ``log y = log(columns @ b) + error`` with b >= 0 and Huber's loss.

    The error multiplies, so a slow minute weighs a long answer no more than a short one, and
    ``columns @ b`` is the median of y where the errors are symmetric in logs.

    Parameters
    ----------
    columns : float64 array of shape (n, k)
        Not negative; every row has a positive entry.
    y : float64 array of shape (n,)
        Positive.

    Returns
    -------
    coefficients : float64 array of shape (k,)
        0 for a column that does not vary beyond another one or would come out negative.
    errors : float64 array of shape (k,)
        Standard errors (sandwich), NaN for coefficients of 0.

    References
    ----------
    Huber and Ronchetti (2009), Robust Statistics, sections 7.3 and 7.6.

    Examples
    --------
    >>> tokens = np.array([10.0, 20.0, 40.0, 80.0])
    >>> b, _ = fit_positive(np.column_stack([np.ones(4), tokens]), 0.5 + 0.02 * tokens)
    >>> b.round(4).tolist()
    [0.5, 0.02]
    """
    scale = columns.mean(axis=0)
    usable = scale > 0
    scaled = columns[:, usable] / scale[usable]
    logs = np.log(y)
    start = np.full(scaled.shape[1], np.median(y) / scaled.shape[1])
    options = {"bounds": (1e-12 * np.median(y), np.inf), "jac": _jacobian, "args": (scaled, logs)}
    first = least_squares(_residuals, start, loss="soft_l1", f_scale=0.3, **options)
    limit = _TUNING * max(spread(_residuals(first.x, scaled, logs)), 1e-6)
    found = least_squares(_residuals, first.x, loss="huber", f_scale=limit, **options)
    inside = found.x > 1e-6 * np.median(y)
    errors = np.full(len(found.x), np.nan)
    errors[inside] = _errors(found.x, inside, scaled, logs, limit)
    b = np.zeros(len(scale))
    b[usable] = np.where(inside, found.x, 0.0) / scale[usable]
    se = np.full(len(scale), np.nan)
    se[usable] = errors / scale[usable]
    return b, se


def spread(residuals: np.ndarray) -> float:
    """Return half of the central 68.27 %: the sigma of a normal, unmoved by outliers."""
    low, high = np.quantile(residuals, [0.158655, 0.841345])
    return float(high - low) / 2


def _residuals(b: np.ndarray, columns: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return np.log(columns @ b) - logs


def _jacobian(b: np.ndarray, columns: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return columns / (columns @ b)[:, None]


def _errors(
    b: np.ndarray, inside: np.ndarray, columns: np.ndarray, logs: np.ndarray, limit: float
) -> np.ndarray:
    """Return standard errors of the coefficients that are not held at 0."""
    residuals = _residuals(b, columns, logs)
    jacobian = _jacobian(b, columns, logs)[:, inside]
    pull = np.clip(residuals, -limit, limit)
    bread = jacobian.T @ (jacobian * (np.abs(residuals) < limit)[:, None])
    meat = jacobian.T @ (jacobian * (pull**2)[:, None])
    inverse = np.linalg.pinv(bread)
    freedom = len(logs) / max(len(logs) - inside.sum(), 1)
    errors: np.ndarray = np.sqrt(np.diag(inverse @ meat @ inverse) * freedom)
    return errors
