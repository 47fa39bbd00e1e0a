"""Similarity-weighted Bradley-Terry: which model wins on prompts like this one."""

from __future__ import annotations

from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.routers._leave_one_out import check_k
from routelab.routers._neighbors import nearest, unit_float32
from routelab.routers._rows import unit
from routelab.routers.quality import QualityHead

BLOCK = 256


class QualityBradleyTerry(QualityHead):
    """Strengths of the models from their duels on the k most similar prompts.

    On each training prompt every two models with a known outcome meet; the better wins, a tie is
    half a win for both. Duels weigh exp(sharpness * cosine), and the strengths maximise their
    likelihood (Bradley and Terry 1952) with a ridge, as in RouteLLM's similarity-weighted ranking
    (arXiv 2406.18665, section 4.2.1). A prompt's duels are added up to one matrix, models x
    models, and a few Newton steps solve it: nothing is fitted again per query.

    Parameters
    ----------
    k : int, default 100
        Neighbours; all prompts when there are fewer.
    sharpness : float, default 5.0
    ridge : float, default 0.1
        Penalty on squared strengths, in duels; defines them where a model met nobody.
    steps : int, default 8
        Newton steps.

    Attributes
    ----------
    examples_ : float32 ndarray or csc (n, d)
        Rows of length one.
    wins_ : float32 ndarray (n, models, models)
        1 where the model of the row won, 0.5 for a tie, 0 where one is not known.

    Examples
    --------
    >>> head = QualityBradleyTerry(k=1).fit([[1, 0], [0, 1]], [[1.0, 0.2], [0.1, 0.6]])
    >>> head.predict([[0, 2]]).argmax(axis=1).tolist()
    [1]
    """

    def __init__(self, *, k: int = 100, sharpness: float = 5.0, ridge: float = 0.1, steps: int = 8):
        self.k = k
        self.sharpness = sharpness
        self.ridge = ridge
        self.steps = steps

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # chances to win, not the scale of the target
        return tags

    def fit(self, X: Any, y: Any) -> QualityBradleyTerry:
        """Keep rows (n, d), dense or csr, and the duels of qualities (n,) or (n, models)."""
        X, quality = self._check(X, y)
        check_k(self.k)
        if not self.ridge > 0:
            raise InputError(f"'ridge' must be above 0, got {self.ridge!r}")
        left, right = quality[:, :, None], quality[:, None, :]
        met = ~np.isnan(left) & ~np.isnan(right)
        wins = np.where(left > right, 1.0, 0.5) * (met & (left >= right))
        wins[:, np.arange(quality.shape[1]), np.arange(quality.shape[1])] = 0
        self.wins_ = wins.astype(np.float32)
        self.examples_ = unit_float32(X)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean chance of each model to beat another one (n, models).

        0.5 where there is one model only.
        """
        queries = unit(self._rows(X))
        n, models = queries.shape[0], self.wins_.shape[1]
        predicted = np.full((n, models), 0.5)
        k = min(self.k, len(self.wins_))
        for rows, index, cosine in nearest(queries, self.examples_, k):
            weight = np.exp(self.sharpness * (cosine - cosine.max(axis=1, keepdims=True)))
            for start in range(0, len(index), BLOCK):
                part = slice(start, start + BLOCK)
                duels = np.einsum("qk,qkij->qij", weight[part], self.wins_[index[part]])
                strength = strengths(duels.astype(float), self.ridge, self.steps)
                chance = _chance(strength[:, :, None] - strength[:, None, :])
                others = max(models - 1, 1)
                mean = (chance.sum(axis=2) - 0.5) / others if models > 1 else 0.5
                predicted[rows.start + start : rows.start + start + len(strength)] = mean
        return self._shape(predicted)


def strengths(wins: np.ndarray, ridge: float, steps: int) -> np.ndarray:
    """Return the Bradley-Terry strengths (n, models) of many small tables of wins at once.

    Newton's method on the log likelihood less ridge / 2 * |strength|^2, every step halved until
    the largest change is at most one.

    Parameters
    ----------
    wins : ndarray (n, models, models)
        Wins of the row's model against the column's, any weights of at least 0.

    Examples
    --------
    >>> wins = np.array([[[0.0, 3.0], [1.0, 0.0]]])
    >>> found = strengths(wins, ridge=1e-9, steps=20)[0]
    >>> round(float(found[0] - found[1]), 4)  # log(3 / 1)
    1.0986
    """
    n, models, _ = wins.shape
    met = wins + wins.transpose(0, 2, 1)
    found = np.zeros((n, models))
    for _ in range(steps):
        chance = _chance(found[:, :, None] - found[:, None, :])
        slope = (wins - met * chance).sum(axis=2) - ridge * found
        bend = met * chance * (1 - chance)
        hessian = -bend
        diagonal = np.arange(models)
        hessian[:, diagonal, diagonal] += bend.sum(axis=2) + ridge
        step = np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
        step /= np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True))
        found += step
    return found


def _chance(difference: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(difference / 2))
