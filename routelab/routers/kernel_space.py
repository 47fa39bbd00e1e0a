"""Similarity to landmarks as features: a linear head on them draws curved borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.kernel_approximation import Nystroem
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.routers._leave_one_out import check_k
from routelab.routers._rows import SparseInputMixin, asked_rows


class KernelSpace(SparseInputMixin, TransformerMixin, BaseEstimator):
    """Rows as similarities exp(-gamma * distance^2) to some of the training rows.

    The rows are turned so that their products are those similarities (Williams and Seeger 2001,
    the Nystroem method): with all training rows as landmarks a logistic head on them is kernel
    logistic regression. Two prompts count as alike only where all their blocks are, which a sum of
    terms cannot say.

    Parameters
    ----------
    gamma : float, default 0.25
        Above 0. Larger values see fewer neighbours.
    landmarks : int, default 1500
        Training rows, drawn at random; all of them where there are fewer. Time to fit grows with
        their cube, time per decision with their number.
    seed : int, default 0

    Attributes
    ----------
    nystroem_ : Nystroem

    Examples
    --------
    >>> rows = KernelSpace(gamma=1.0).fit_transform([[0.0], [1.0], [2.0]])
    >>> (rows @ rows.T).round(2).tolist()[0]  # 1, exp(-1), exp(-4)
    [1.0, 0.37, 0.02]
    """

    def __init__(self, *, gamma: float = 0.25, landmarks: int = 1500, seed: int = 0):
        self.gamma = gamma
        self.landmarks = landmarks
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> KernelSpace:
        """Draw the landmarks from rows (n, d), dense or csr."""
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        if not self.gamma > 0:
            raise InputError(f"'gamma' must be above 0, got {self.gamma!r}")
        check_k(self.landmarks, "landmarks")
        self.nystroem_ = Nystroem(
            gamma=self.gamma,
            n_components=min(self.landmarks, X.shape[0]),
            random_state=self.seed,
        ).fit(X)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return rows (n, landmarks)."""
        X = asked_rows(self, X)
        return self.nystroem_.transform(X)
