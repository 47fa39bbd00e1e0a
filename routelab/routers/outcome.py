"""Routers trained on outcomes: predict every model's quality, then weigh it against cost."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts, make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.quality import QualityNeighbors, QualityRidge
from routelab.routers.quality_boosted import QualityBoosted
from routelab.routers.quality_bt import QualityBradleyTerry
from routelab.routers.quality_factors import QualityFactors


class OutcomeRouter(BaseEstimator):
    """Predict each model's quality for a prompt; choose by quality - lam * cost - mu * latency.

    Parameters
    ----------
    encoder : transformer
        Text to vectors.
    head : regressor
        Vectors to qualities (n, models); must accept NaN targets.
    lam : float, default 0.0
        Quality given up per USD of a model's mean cost. May be changed after `fit`.
    mu : float, default 0.0
        Quality given up per second of a model's latency. May be changed after `fit`.
    latency : mapping of str to float, optional
        Seconds per model; needed where `mu` is not 0.

    Attributes
    ----------
    models_, classes_ : ndarray (models,)
        Names, in the order of the columns.
    cost_ : ndarray (models,)
        Mean USD per prompt over the training prompts; NaN where no cost is known.
    encoder_, head_ : fitted parts

    Examples
    --------
    >>> router = OutcomeRouter(make_encoder("hashing"), QualityNeighbors(k=1))
    >>> router = router.fit(["sort a list", "write a poem"], [[1.0, 0.9], [0.2, 0.8]])
    >>> router.predict(["sort this list", "a poem on rain"]).tolist()
    [0, 1]
    """

    def __init__(
        self,
        encoder: Any,
        head: Any,
        lam: float = 0.0,
        mu: float = 0.0,
        latency: Mapping[str, float] | None = None,
    ):
        self.encoder = encoder
        self.head = head
        self.lam = lam
        self.mu = mu
        self.latency = latency

    def fit(self, X: Iterable[str], y: Any) -> OutcomeRouter:
        """Learn from prompts (n,) and an OutcomeTable or a quality matrix (n, models).

        Missing qualities (NaN) are left out. A prompt without any outcome says nothing and is
        left out as well. The models of a bare matrix are named by their column, 0, 1, ...
        """
        prompts, quality = checked_outcomes(X, y)
        known = ~np.isnan(quality)
        if not known.any():
            raise InputError("nothing to learn from: every quality is missing")
        self.models_ = np.asarray(getattr(y, "models", np.arange(quality.shape[1])))
        for name, seen in zip(self.models_.tolist(), known.any(axis=0), strict=True):
            if not seen:
                raise InputError(f"model {name!r} has no outcome at all: drop it")
        self.classes_ = self.models_
        self.cost_ = mean_cost(getattr(y, "cost", None), quality.shape)
        rows = np.flatnonzero(known.any(axis=1))
        self.encoder_ = clone(self.encoder)
        vectors = self.encoder_.fit_transform([prompts[i] for i in rows])
        self.head_ = clone(self.head).fit(vectors, quality[rows])
        return self

    def predict_quality(self, X: Iterable[str]) -> np.ndarray:
        """Return the expected quality of each model (n, models)."""
        check_is_fitted(self)
        return self.head_.predict(self.encoder_.transform(check_prompts(X)))

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the chosen models (n,); ties go to the cheaper, then to the first."""
        check_is_fitted(self)
        quality = self.predict_quality(X) - self.delay()
        return self.models_[choose(quality, self.cost_, self.lam)]

    def delay(self) -> np.ndarray:
        """Return mu * latency of each model (models,): the quality that waiting costs."""
        if not np.isfinite(self.mu) or self.mu < 0:
            raise InputError(f"'mu' must be a number of at least 0, got {self.mu!r}")
        if not self.mu:
            return np.zeros(len(self.models_))
        given = self.latency or {}
        for name in self.models_.tolist():
            if not 0 <= given.get(name, -1) < float("inf"):
                raise InputError(f"'mu' weighs latency, but 'latency' has no seconds for {name!r}")
        return self.mu * np.array([float(given[name]) for name in self.models_.tolist()])


def checked_outcomes(X: Iterable[str], y: Any) -> tuple[list[str], np.ndarray]:
    """Return prompts and the quality (n, models) of an OutcomeTable or a bare matrix.

    Examples
    --------
    >>> checked_outcomes(["1+1"], [[1, 0]])
    (['1+1'], array([[1., 0.]]))
    """
    prompts = check_prompts(X)
    quality = np.asarray(getattr(y, "quality", y), dtype=float)
    if quality.ndim != 2 or quality.shape[0] != len(prompts):
        raise InputError(
            f"{len(prompts)} prompts need outcomes of shape ({len(prompts)}, models), "
            f"got {quality.shape}"
        )
    return prompts, quality


def mean_cost(cost: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return the mean known cost per model (models,), NaN where none is known.

    Examples
    --------
    >>> mean_cost(np.array([[1.0, np.nan], [3.0, np.nan]]), (2, 2)).tolist()
    [2.0, nan]
    """
    if cost is None:
        return np.full(shape[1], np.nan)
    values = np.asarray(cost, dtype=float)
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def choose(quality: np.ndarray, cost: np.ndarray, lam: float = 0.0) -> np.ndarray:
    """Return the index (n,) of the best quality (n, models) - lam * cost (models,).

    Ties go to the cheaper model; models of unknown cost count as dearest in a tie.

    Raises
    ------
    InputError
        When `lam` is not zero and a cost is unknown: unknown is not free.

    Examples
    --------
    >>> choose(np.array([[0.9, 0.9, 0.5]]), np.array([2.0, 1.0, 0.1])).tolist()
    [1]
    """
    if not np.isfinite(lam) or lam < 0:
        raise InputError(f"'lam' must be a number of at least 0, got {lam!r}")
    if lam and np.isnan(cost).any():
        raise InputError("'lam' weighs cost, but the cost of a model is unknown: add prices")
    value = quality - lam * cost if lam else quality
    cheapest_first = np.argsort(np.where(np.isnan(cost), np.inf, cost), kind="stable")
    return cheapest_first[value[:, cheapest_first].argmax(axis=1)]


def _register(kind: str, head: type) -> None:
    """Register a kind whose parameters are those of the head and of the choice."""
    own = inspect.signature(head).parameters.values()

    def make(encoder: Any = "tfidf", **given: Any) -> OutcomeRouter:
        choice = {name: given.pop(name) for name in ("lam", "mu", "latency") if name in given}
        return OutcomeRouter(make_encoder(encoder), head(**given), **choice)

    choice = list(inspect.signature(OutcomeRouter).parameters.values())[2:]
    named = [p.replace(kind=p.KEYWORD_ONLY) for p in (*own, *choice)]
    first = inspect.Parameter("encoder", inspect.Parameter.POSITIONAL_OR_KEYWORD, default="tfidf")
    make.__signature__ = inspect.Signature([first, *named])  # type: ignore[attr-defined]
    ROUTERS.register(kind)(make)


_register("outcome-knn", QualityNeighbors)
_register("outcome-linear", QualityRidge)
_register("outcome-boosted", QualityBoosted)
_register("outcome-mf", QualityFactors)
_register("outcome-bt", QualityBradleyTerry)
