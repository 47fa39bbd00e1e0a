"""A cascade: the cheap model first, a check of its answer, on rejection the next of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError, did_you_mean
from routelab.encoders import check_prompts, make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.outcome import checked_outcomes, mean_cost
from routelab.routers.quality_logistic import QualityLogistic
from routelab.routers.verifier import Play, Verifier, stop_costs, stopped, verified, weighted_sum

if TYPE_CHECKING:
    import pandas as pd


class CascadeRouter(BaseEstimator):
    """Ask models from cheap to dear until a check accepts an answer.

    A quality in [0, 1] is read as the chance that the answer is good. The last answer is served
    unchecked. All calls that were made are paid, and each check.

    Parameters
    ----------
    encoder : transformer
        Text to vectors.
    head : regressor
        Vectors to the chance (n, models) that each model's answer is good.
    chain : sequence of str, optional
        Models in the order of the calls. Default: the corners of the upper convex hull of (mean
        cost, mean quality), from cheap to dear; that needs costs. The hull is the best order for
        choosing one model, not always for a cascade.
    verifier : Verifier, optional
        A check of stated error rates, whatever it reads. Default: a self-check by the head. An
        OutcomeTable holds no answers, so the head reads the prompt and nothing else. Its stop is
        known before the first call: it is a router in disguise, and a wasteful one, because it
        pays every call up to the stop. It is here as a measure of what a real check adds.
    lam : float, default 0.0
        Self-check only: quality given up per USD. The chain stops where quality - lam * (all
        calls so far) is highest, the earlier stage on a tie. May be changed after `fit`.
    latency : mapping of str to float, optional
        Seconds per call of each model of the chain; `expected` then gives seconds as well.

    Attributes
    ----------
    models_, classes_ : ndarray (chain,)
        The chain's models, in the order of the calls.
    cost_ : ndarray (chain,)
        Mean USD per call over the training prompts; NaN where no cost is known.
    encoder_, head_ : fitted parts

    References
    ----------
    Chen, Zaharia and Zou, FrugalGPT, arXiv 2305.05176: a list of models in order, a score of each
    answer, and the next model where the score is too low; here the scorer is described by its
    error rates. Dekoninck, Baader and Vechev, arXiv 2410.10347: routing and cascading maximise
    quality - lambda * cost, and the quality estimate after the answer is what a cascade lives on.

    Examples
    --------
    >>> router = CascadeRouter(make_encoder("hashing"), QualityLogistic(),
    ...                        chain=[0, 1], verifier=Verifier(0.0, 0.0))
    >>> router = router.fit(["1+1", "prove it", "2+2"], [[1, 1], [0, 1], [1, 0]])
    >>> router.play([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]).quality.tolist()
    [1.0, 1.0, 0.0]
    """

    def __init__(
        self,
        encoder: Any,
        head: Any,
        chain: Sequence[str] | None = None,
        verifier: Verifier | None = None,
        lam: float = 0.0,
        latency: Mapping[str, float] | None = None,
    ):
        self.encoder = encoder
        self.head = head
        self.chain = chain
        self.verifier = verifier
        self.lam = lam
        self.latency = latency

    def fit(self, X: Iterable[str], y: Any) -> CascadeRouter:
        """Learn from prompts (n,) and an OutcomeTable or a quality matrix (n, models).

        Missing qualities (NaN) are left out. The models of a bare matrix are named by their
        column, 0, 1, ...
        """
        prompts, quality = checked_outcomes(X, y)
        check_chances(quality)
        names = list(getattr(y, "models", range(quality.shape[1])))
        cost = mean_cost(getattr(y, "cost", None), quality.shape)
        known = ~np.isnan(quality)
        columns = self._columns(names)
        for column in columns:
            if not known[:, column].any():
                raise InputError(f"model {names[column]!r} has no outcome at all: drop it")
        chain = np.array(columns if self.chain is not None else by_hull(names, cost, quality))
        self.models_ = np.asarray(names)[chain]
        self.classes_ = self.models_
        self.cost_ = cost[chain]
        rows = np.flatnonzero(known[:, chain].any(axis=1))
        self.encoder_ = clone(self.encoder)
        vectors = self.encoder_.fit_transform([prompts[i] for i in rows])
        self.head_ = clone(self.head).fit(vectors, quality[np.ix_(rows, chain)])
        return self

    def _columns(self, names: list[Any]) -> list[int]:
        """Return the columns of the given chain, or of all models."""
        if self.chain is None:
            return list(range(len(names)))
        given = list(self.chain)
        if not given:
            raise InputError("'chain' must name at least one model")
        for place, name in enumerate(given):
            if name not in names:
                near = did_you_mean(name, names)
                raise InputError(f"'chain' names {name!r}, which has no outcomes{near}")
            if name in given[:place]:
                raise InputError(f"'chain' names {name!r} twice, at index {place}")
        return [names.index(name) for name in given]

    def predict_quality(self, X: Iterable[str]) -> np.ndarray:
        """Return the chance (n, chain) that each model's answer is good, were it asked alone."""
        check_is_fitted(self)
        predicted = self.head_.predict(self.encoder_.transform(check_prompts(X)))
        return np.clip(predicted, 0.0, 1.0)

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the models (n,) whose answer is most likely the one served; ties go earlier.

        With a verifier this is a guess about the prompt: the cascade itself always begins with
        the first model. What it earns and spends is told by `expected`, `play` and
        `routelab.compare`; a plan refuses it, because a plan routes a request to one model.
        """
        quality = self.predict_quality(X)
        cost = np.broadcast_to(self.cost_, quality.shape)
        return self.models_[self._played(quality, quality, cost).shares.argmax(axis=1)]

    def expected(self, X: Iterable[str]) -> pd.DataFrame:
        """Return what to expect of each prompt, before any call.

        Returns
        -------
        DataFrame
            Per prompt: `quality`, `usd` (all calls and checks), `latency_s` (where `latency` is
            given), and `share <model>`, the chance that its answer is the one served.

        Raises
        ------
        InputError
            The cost of a model of the chain is unknown, or `latency` lacks one.
        """
        import pandas as pd

        quality = self.predict_quality(X)
        self._need_costs("expected")
        play = self._played(quality, quality, np.broadcast_to(self.cost_, quality.shape))
        columns = {"quality": play.quality, "usd": play.cost}
        if self.latency is not None:
            per_check = 0.0 if self.verifier is None else self.verifier.latency_s
            seconds = stop_costs(np.array([self._seconds(self.latency)]), per_check)
            columns["latency_s"] = weighted_sum(play.shares, seconds)
        shares = {f"share {name}": play.shares[:, i] for i, name in enumerate(self.models_)}
        return pd.DataFrame(columns | shares)

    def play(self, outcomes: Any) -> Play:
        """Return what the cascade earns and spends where every model's answer is known.

        Parameters
        ----------
        outcomes : OutcomeTable, or quality matrix with columns as in `models_`
            The self-check also needs its prompts.

        Returns
        -------
        Play
            Expectation over the verifier's errors, per prompt. An outcome that is missing where
            its stage may be reached makes the quality NaN, an unknown cost the cost.
        """
        check_is_fitted(self)
        names = list(getattr(outcomes, "models", self.models_))
        for name in self.models_.tolist():
            if name not in names:
                raise InputError(f"the outcomes lack {name!r}, which is in the chain")
        order = [names.index(name) for name in self.models_.tolist()]
        quality = np.asarray(getattr(outcomes, "quality", outcomes), dtype=float)[:, order]
        check_chances(quality)
        cost = getattr(outcomes, "cost", None)
        cost = np.full(quality.shape, np.nan) if cost is None else np.asarray(cost)[:, order]
        predicted = quality
        if self.verifier is None:
            if not hasattr(outcomes, "prompts"):
                raise InputError("a self-check reads the prompts: give an OutcomeTable")
            predicted = self.predict_quality(outcomes.prompts)
        return self._played(predicted, quality, cost)

    def _played(self, predicted: np.ndarray, quality: np.ndarray, cost: np.ndarray) -> Play:
        """Play on qualities (n, chain); the self-check stops by the predicted ones."""
        if not np.isfinite(self.lam) or self.lam < 0:
            raise InputError(f"'lam' must be a number of at least 0, got {self.lam!r}")
        if self.verifier is not None:
            if self.lam:
                raise InputError("'lam' is for the self-check: a verifier accepts or rejects")
            return verified(quality, cost, self.verifier)
        value = predicted
        if self.lam:
            self._need_costs("'lam'")
            value = predicted - self.lam * np.cumsum(self.cost_)
        return stopped(quality, cost, value.argmax(axis=1))

    def _need_costs(self, what: str) -> None:
        for name, cost in zip(self.models_.tolist(), self.cost_, strict=True):
            if np.isnan(cost):
                raise InputError(f"{what} needs costs, but that of {name!r} is unknown: add prices")

    def _seconds(self, given: Mapping[str, float]) -> list[float]:
        for name in self.models_.tolist():
            if not 0 <= given.get(name, -1) < float("inf"):
                raise InputError(f"'latency' has no seconds for {name!r}")
        return [float(given[name]) for name in self.models_.tolist()]


def check_chances(quality: np.ndarray) -> None:
    """Refuse qualities that cannot be read as chances.

    Examples
    --------
    >>> check_chances(np.array([0.0, np.nan, 1.0]))
    """
    wrong = quality[(quality < 0) | (quality > 1)]
    if wrong.size:
        raise InputError(
            f"a cascade reads qualities as chances in [0, 1], got {float(wrong[0])!r}: "
            "use outcomes.normalized()"
        )


def by_hull(names: list[Any], cost: np.ndarray, quality: np.ndarray) -> list[int]:
    """Return the chain of models with mean costs (models,) and qualities (n, models).

    Qualities are compared on the prompts that every model was tried on.
    """
    if np.isnan(cost).any():
        raise InputError(
            f"the cost of {names[int(np.isnan(cost).argmax())]!r} is unknown, so the models have "
            "no order: name 'chain', or add prices"
        )
    whole = ~np.isnan(quality).any(axis=1)
    if not whole.any():
        raise InputError(
            "no prompt was tried on every model, so their mean qualities cannot be compared: "
            "name 'chain'"
        )
    return hull_chain(cost, quality[whole].mean(axis=0))


def hull_chain(cost: np.ndarray, quality: np.ndarray) -> list[int]:
    """Return the models on the non-decreasing upper hull of (cost, quality), cheap to dear.

    From the cheapest model (the best of them on a tie) on to the one that gains most quality per
    USD, and so on while there is a better one.

    Examples
    --------
    >>> hull_chain(np.array([2.0, 1.0, 3.0, 4.0]), np.array([0.5, 0.5, 0.9, 0.8]))
    [1, 2]
    """
    chain = [int(np.lexsort((-quality, cost))[0])]
    while True:
        gain, extra = quality - quality[chain[-1]], cost - cost[chain[-1]]
        better = np.flatnonzero((gain > 0) & (extra > 0))
        if not len(better):
            return chain
        # Among equal slopes the dearer one ends the edge; what lies on the edge is left out.
        best = np.lexsort((-extra[better], -(gain[better] / extra[better])))[0]
        chain.append(int(better[best]))


@ROUTERS.register("cascade")
def _make(
    encoder: Any = "tfidf",
    chain: Sequence[str] | None = None,
    verifier: Verifier | None = None,
    lam: float = 0.0,
    latency: Mapping[str, float] | None = None,
    C: float = 1.0,
    folds: int = 3,
    seed: int = 0,
) -> CascadeRouter:
    head = QualityLogistic(C=C, folds=folds, seed=seed)
    return CascadeRouter(make_encoder(encoder), head, chain, verifier, lam, latency)
