"""Matrix factorisation over prompts and models: quality = mean of the model + x W v."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD

from routelab._checks import InputError
from routelab.routers.quality import QualityHead


class QualityFactors(QualityHead):
    """Few directions of prompts, and how much each model likes them.

    Alternating least squares in closed form over the known outcomes (Koren, Bell and Volinsky
    2009, with the prompt's factors a linear function of its row, as RouteLLM's matrix
    factorisation, arXiv 2406.18665).

    Parameters
    ----------
    rank : int, default 4
        Directions; at most models - 1 are of use.
    alpha : float, default 1.0
        Penalty of both halves.
    components : int, default 100
        Columns that wider rows are projected to first.
    rounds : int, default 10
        Alternations.
    seed : int, default 0
        Of the projection.

    Attributes
    ----------
    projection_ : TruncatedSVD or None
    weights_ : ndarray (columns + 1, rank)
        Rows to factors; the last row is the intercept.
    factors_ : ndarray (models, rank)
    mean_ : ndarray (models,)

    Examples
    --------
    >>> X = [[0.0], [1.0]] * 20
    >>> head = QualityFactors(rank=1, alpha=0.01).fit(X, [[1.0, 0.0], [0.0, 1.0]] * 20)
    >>> head.predict([[1.0]]).round(1).tolist()
    [[0.0, 1.0]]
    >>> head.add_model([[0.0], [1.0]], [0.1, 0.9]).predict([[1.0]])[0, 2] > 0.5
    np.True_
    """

    def __init__(
        self,
        *,
        rank: int = 4,
        alpha: float = 1.0,
        components: int = 100,
        rounds: int = 10,
        seed: int = 0,
    ):
        self.rank = rank
        self.alpha = alpha
        self.components = components
        self.rounds = rounds
        self.seed = seed

    def fit(self, X: Any, y: Any) -> QualityFactors:
        """Learn from rows (n, d), dense or csr, and qualities (n,) or (n, models)."""
        X, quality = self._check(X, y)
        if not self.alpha > 0:
            raise InputError(f"'alpha' must be above 0, got {self.alpha!r}")
        self.projection_ = None
        if X.shape[1] > self.components:
            self.projection_ = TruncatedSVD(self.components, random_state=self.seed).fit(X)
        rows = self._columns(X)
        known = ~np.isnan(quality)
        residual = np.where(known, quality - self.mean_, 0.0)
        _, strength, directions = np.linalg.svd(residual, full_matrices=False)
        rank = max(1, min(self.rank, len(strength)))
        self.factors_ = directions[:rank].T.copy()
        for _ in range(self.rounds):
            self.weights_ = self._solve_weights(rows, residual, known)
            taste = rows @ self.weights_
            self.factors_ = np.stack(
                [
                    _ridge(taste[known[:, j]], residual[known[:, j], j], self.alpha)
                    for j in range(quality.shape[1])
                ]
            )
        return self

    def _columns(self, X: Any) -> np.ndarray:
        if self.projection_ is not None:
            X = self.projection_.transform(X)
        dense = np.asarray(X.toarray() if sp.issparse(X) else X, float)
        return np.hstack([dense, np.ones((len(dense), 1))])

    def _solve_weights(self, rows: np.ndarray, residual: np.ndarray, known: Any) -> np.ndarray:
        """Return the weights for fixed factors: normal equations over all known outcomes."""
        width, rank = rows.shape[1], self.factors_.shape[1]
        normal = self.alpha * np.eye(width * rank)
        target = np.zeros((width, rank))
        for j, factor in enumerate(self.factors_):
            seen = rows[known[:, j]]
            normal += np.kron(seen.T @ seen, np.outer(factor, factor))
            target += np.outer(seen.T @ residual[known[:, j], j], factor)
        return np.linalg.solve(normal, target.ravel()).reshape(width, rank)

    def predict(self, X: Any) -> np.ndarray:
        """Return qualities (n, models), or (n,) when fitted on one column; not clipped."""
        taste = self._columns(self._rows(X)) @ self.weights_
        return self._shape(taste @ self.factors_.T + self.mean_)

    def add_model(self, X: Any, y: Any, prior: float = 5.0) -> QualityFactors:
        """Add a model that few prompts were tried on, without fitting the others again.

        Parameters
        ----------
        X : array or csr (n, d)
            Rows of those prompts.
        y : array (n,)
            The new model's quality; NaN is left out.
        prior : float, default 5.0
            How many outcomes the average of the known models is worth.
        """
        rows, quality = self._columns(self._rows(X)), np.asarray(y, float)
        seen = ~np.isnan(quality)
        if quality.shape != (len(rows),) or not seen.any():
            raise InputError(f"a new model needs outcomes of {len(rows)} prompts, got {quality!r}")
        mean = (quality[seen].sum() + prior * self.mean_.mean()) / (seen.sum() + prior)
        average = self.factors_.mean(axis=0)
        taste = rows[seen] @ self.weights_
        left = quality[seen] - mean - taste @ average
        factor = average + _ridge(taste, left, self.alpha)
        self.factors_ = np.vstack([self.factors_, factor])
        self.mean_ = np.append(self.mean_, mean)
        self._one_column = False
        return self


def _ridge(X: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    return np.linalg.solve(X.T @ X + alpha * np.eye(X.shape[1]), X.T @ y)
