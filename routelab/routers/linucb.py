"""A router that learns from its own choices alone: disjoint LinUCB with a paced budget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts, make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.linear_arms import LinearArms
from routelab.routers.outcome import choose


class LinUCBRouter(BaseEstimator):
    """Ask the model of the highest hopeful estimate, and learn from its answer alone.

    Prompts are taken in their order, as live traffic would come. Of each prompt's outcomes only
    the chosen model's quality and cost are looked at. A model that was never asked comes first, in
    the order of the columns; then the highest of

        estimate + alpha * doubt - price * (mean cost / usd_per_request),

    the first column on a tie. The price goes up by `step` times the share by which a request's
    cost exceeds the budget, down by the share that it leaves, and never below 0. So mean spend is
    at most usd_per_request * (1 + price_ / (step * requests)). A budget below the cheapest model
    cannot be kept: the price then rises without end.

    Parameters
    ----------
    encoder : transformer
        Text to vectors. It sees all prompts of `fit` at once, but no outcome.
    alpha : float, default 1.0
        Weight of doubt, for qualities in [0, 1]; 0 never explores after the first round. Estimates
        begin at 0, so with little doubt a model whose first answer was bad is not asked again.
    ridge : float, default 1.0
        Penalty of the regressions.
    forgetting : float, default 1.0
        Factor per request on what was learnt before, in (0, 1]; 0.998 halves it in 350 requests.
    usd_per_request : float, optional
        Budget: mean USD per request. None does not pace.
    step : float, default 0.01
        Of the price. Larger follows the budget faster and choice by choice more nervously.
    components : int, default 50
        Columns that wider rows are projected to first; the cost of a request grows with its
        square.
    seed : int, default 0
        Of the projection.

    Attributes
    ----------
    models_, classes_ : ndarray (models,)
    cost_ : ndarray (models,)
        Mean USD of a model's calls, forgetting as the rest; NaN where none is known.
    choices_ : ndarray (requests,)
        Names of the models asked, of `fit` and every `partial_fit` since.
    earned_, spend_ : ndarray (requests,)
        Their quality and USD; NaN where missing.
    unscored_ : int
        Requests whose choice had no quality: paid, but nothing was learnt of the model's quality.
    price_ : float
        Quality given up per `usd_per_request`.
    lam : float
        The same per USD, as `routelab.compare` reads it.
    encoder_, projection_, arms_ : fitted parts

    References
    ----------
    Li, Chu, Langford and Schapire, arXiv 1003.0146, algorithm 1. The price is the dual ascent of
    bandits with knapsacks (Agrawal and Devanur, arXiv 1507.06738), used for models by
    Taberner-Miller, ParetoBandit, arXiv 2604.00136. That one smooths the cost first; the raw cost
    gives the bound above. That a newcomer is asked first follows ParetoBandit, too.

    Examples
    --------
    >>> from routelab import OutcomeTable
    >>> prompts = ["sort a list", "write a poem"] * 100
    >>> quality, cost = np.tile([0.2, 0.9], (200, 1)), np.tile([0.1, 1.0], (200, 1))
    >>> table = OutcomeTable(prompts, ["small", "large"], quality, cost)
    >>> router = LinUCBRouter(make_encoder("hashing"), usd_per_request=0.5).fit(prompts, table)
    >>> bool(router.spend_.mean() <= 0.5 * (1 + router.price_ / (0.01 * 200)))
    True
    """

    def __init__(
        self,
        encoder: Any,
        *,
        alpha: float = 1.0,
        ridge: float = 1.0,
        forgetting: float = 1.0,
        usd_per_request: float | None = None,
        step: float = 0.01,
        components: int = 50,
        seed: int = 0,
    ):
        self.encoder = encoder
        self.alpha = alpha
        self.ridge = ridge
        self.forgetting = forgetting
        self.usd_per_request = usd_per_request
        self.step = step
        self.components = components
        self.seed = seed

    def fit(self, X: Iterable[str], y: Any) -> LinUCBRouter:
        """Route the prompts (n,) in order against an OutcomeTable or quality matrix (n, models).

        The models of a bare matrix are named by their column, 0, 1, ...

        Raises
        ------
        InputError
            Shapes do not fit, a parameter has no meaning, or with a budget the cost of a call that
            was made is unknown: unknown is not free. Fit again after that: what came before the
            call has been learnt.
        """
        prompts = check_prompts(X)
        quality = self._outcomes(prompts, y)[0]
        self._check()
        self.models_ = np.asarray(getattr(y, "models", np.arange(quality.shape[1])))
        self.classes_ = self.models_
        self.encoder_ = clone(self.encoder)
        vectors = self.encoder_.fit_transform(prompts)
        self.projection_ = None
        if vectors.shape[1] > self.components:
            self.projection_ = TruncatedSVD(self.components, random_state=self.seed).fit(vectors)
        rows = self._columns(vectors)
        count = len(self.models_)
        self.arms_ = LinearArms(count, rows.shape[1], ridge=self.ridge, forgetting=self.forgetting)
        self.asked_ = np.zeros(count, dtype=bool)
        self.cost_, self.calls_ = np.full(count, np.nan), np.zeros(count)
        self.price_, self.unscored_ = 0.0, 0
        self.choices_ = self.models_[:0]
        self.earned_ = self.spend_ = np.zeros(0)
        return self._stream(prompts, rows, y)

    def partial_fit(self, X: Iterable[str], y: Any) -> LinUCBRouter:
        """Go on with more prompts (n,) and outcomes of the same models; begin, if not fitted."""
        if not hasattr(self, "arms_"):
            return self.fit(X, y)
        prompts = check_prompts(X)
        return self._stream(prompts, self._columns(self.encoder_.transform(prompts)), y)

    def add_model(self, name: Any) -> LinUCBRouter:
        """Add a model of which nothing is known; the next `partial_fit` asks it first."""
        check_is_fitted(self)
        if name in self.models_.tolist():
            raise InputError(f"model {name!r} is there already")
        self.models_ = np.array([*self.models_.tolist(), name])
        self.classes_ = self.models_
        self.arms_.add()
        self.asked_ = np.append(self.asked_, False)
        self.cost_, self.calls_ = np.append(self.cost_, np.nan), np.append(self.calls_, 0.0)
        return self

    def predict_quality(self, X: Iterable[str]) -> np.ndarray:
        """Return the estimated quality of each model (n, models), without any doubt added."""
        check_is_fitted(self)
        return self._columns(self.encoder_.transform(check_prompts(X))) @ self.arms_.theta.T

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the best models (n,) at the last price, without exploring or learning."""
        return self.models_[choose(self.predict_quality(X), self.cost_, self.lam)]

    @property
    def lam(self) -> float:
        """Quality given up per USD."""
        return 0.0 if self.usd_per_request is None else self.price_ / self.usd_per_request

    def _stream(self, prompts: list[str], rows: np.ndarray, y: Any) -> LinUCBRouter:
        """Choose, look at the choice's outcome, learn; request by request."""
        quality, cost = self._outcomes(prompts, y)
        order = self._order(y, quality)
        chosen = np.zeros(len(prompts), dtype=np.int64)
        earned, spend = np.zeros(len(prompts)), np.zeros(len(prompts))
        for i, row in enumerate(rows):
            self.arms_.tick()
            arm = self._choose(row)
            chosen[i], column = arm, order[arm]
            earned[i], spend[i] = quality[i, column], cost[i, column]
            self.asked_[arm] = True
            self._pay(arm, spend[i], i)
            if np.isnan(earned[i]):
                self.unscored_ += 1
            else:
                self.arms_.learn(arm, row, earned[i])
        self.choices_ = np.concatenate([self.choices_, self.models_[chosen]])
        self.earned_ = np.concatenate([self.earned_, earned])
        self.spend_ = np.concatenate([self.spend_, spend])
        return self

    def _choose(self, row: np.ndarray) -> int:
        if not self.asked_.all():
            return int(self.asked_.argmin())
        score = self.arms_.estimate(row) + self.alpha * self.arms_.doubt(row)
        if self.usd_per_request is not None:
            score -= self.price_ * self.cost_ / self.usd_per_request
        return int(score.argmax())

    def _pay(self, arm: int, usd: float, request: int) -> None:
        """Book a call's cost and move the price."""
        if np.isnan(usd):
            if self.usd_per_request is not None:
                raise InputError(
                    f"a budget needs costs, but that of {self.models_[arm].item()!r} on the prompt "
                    f"at index {request} is unknown: add prices"
                )
            return
        self.calls_ *= self.forgetting
        self.calls_[arm] += 1
        before = usd if np.isnan(self.cost_[arm]) else self.cost_[arm]
        self.cost_[arm] = before + (usd - before) / self.calls_[arm]
        if self.usd_per_request is not None:
            self.price_ = max(0.0, self.price_ + self.step * (usd / self.usd_per_request - 1))

    def _columns(self, X: Any) -> np.ndarray:
        """Return rows (n, columns) of the regressions; the last column is one."""
        if self.projection_ is not None:
            X = self.projection_.transform(X)
        dense = np.asarray(X.toarray() if sp.issparse(X) else X, float)
        return np.hstack([dense, np.ones((len(dense), 1))])

    def _outcomes(self, prompts: list[str], y: Any) -> tuple[np.ndarray, np.ndarray]:
        quality = np.asarray(getattr(y, "quality", y), dtype=float)
        if quality.ndim != 2 or quality.shape[0] != len(prompts):
            raise InputError(
                f"{len(prompts)} prompts need outcomes of shape ({len(prompts)}, models), "
                f"got {quality.shape}"
            )
        cost = getattr(y, "cost", None)
        cost = np.full(quality.shape, np.nan) if cost is None else np.asarray(cost, dtype=float)
        return quality, cost

    def _order(self, y: Any, quality: np.ndarray) -> list[int]:
        """Return the column of each known model."""
        names = list(getattr(y, "models", range(quality.shape[1])))
        for name in self.models_.tolist():
            if name not in names:
                raise InputError(f"the outcomes lack the model {name!r}")
        for name in names:
            if name not in self.models_.tolist():
                raise InputError(f"the outcomes have a new model {name!r}: add_model({name!r})")
        return [names.index(name) for name in self.models_.tolist()]

    def _check(self) -> None:
        for name, least in (("alpha", True), ("ridge", False), ("step", False)):
            value = getattr(self, name)
            if not (value > 0 or (least and value == 0)) or not np.isfinite(value):
                bound = "at least 0" if least else "above 0"
                raise InputError(f"{name!r} must be a number {bound}, got {value!r}")
        if not 0 < self.forgetting <= 1:
            raise InputError(f"'forgetting' must be in (0, 1], got {self.forgetting!r}")
        if self.usd_per_request is not None and not 0 < self.usd_per_request < np.inf:
            raise InputError(f"'usd_per_request' must be above 0, got {self.usd_per_request!r}")


@ROUTERS.register("linucb")
def _make(
    encoder: Any = "tfidf",
    alpha: float = 1.0,
    ridge: float = 1.0,
    forgetting: float = 1.0,
    usd_per_request: float | None = None,
    step: float = 0.01,
    components: int = 50,
    seed: int = 0,
) -> LinUCBRouter:
    return LinUCBRouter(
        make_encoder(encoder),
        alpha=alpha,
        ridge=ridge,
        forgetting=forgetting,
        usd_per_request=usd_per_request,
        step=step,
        components=components,
        seed=seed,
    )
