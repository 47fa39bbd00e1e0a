"""The gateway's own rule-based classifiers as router kinds, to compare and to tune."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.gateway_learning.table import cells_of, count_success
from routelab.gateway_rules import (
    TIERS,
    ComplexityConfig,
    ComplexityRouter,
    TierTable,
    count_table,
    tier_probabilities,
)
from routelab.gateway_rules.text import without_reminders
from routelab.routers._base import ROUTERS
from routelab.routers._labels import check_labelled


def tier_numbers(labels: np.ndarray, kind: str) -> np.ndarray:
    """Return the tier (n,), 0 to 3, of labels that are names of tiers.

    Examples
    --------
    >>> tier_numbers(np.array(["SIMPLE", "REASONING"]), "litellm-heuristic-v2").tolist()
    [0, 3]
    """
    for index, label in enumerate(labels.tolist()):
        if label not in TIERS:
            raise InputError(
                f"{kind} learns from the tiers {', '.join(TIERS)}: label at index {index} is "
                f"{label!r}"
            )
    return np.array([TIERS.index(label) for label in labels.tolist()], dtype=int)


class _TierRouter(ClassifierMixin, BaseEstimator):
    """What the kinds share: four tiers in their order, all or nothing as shares."""

    def _rules(self) -> ComplexityRouter:
        raise NotImplementedError

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the tier of each prompt (n,)."""
        check_is_fitted(self)
        prompts, rules = check_prompts(X), self._rules()
        return np.array([rules.tier_of(prompt) for prompt in prompts], dtype=self.classes_.dtype)

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return shares (n, 4): one for the tier that the rules give, as rules have no doubt."""
        return (self.predict(X)[:, None] == self.classes_).astype(float)


class LitellmHeuristic(_TierRouter):
    """LiteLLM's ``heuristic``: keywords, length and patterns make a score and a tier.

    Nothing is learnt: parameters are those of the gateway's ``complexity_router_config``.

    Parameters
    ----------
    config : mapping, optional
        ``tier_boundaries``, ``dimension_weights``, keyword lists, ``keyword_tier_rules``,
        ``custom_dimensions`` and so on; None takes the gateway's defaults (1.106.2).

    Attributes
    ----------
    classes_ : ndarray (4,)
        "SIMPLE", "MEDIUM", "COMPLEX", "REASONING".

    Examples
    --------
    >>> router = LitellmHeuristic().fit([])
    >>> router.predict(["hi", "Write a python function that reverses a list"]).tolist()
    ['SIMPLE', 'MEDIUM']
    """

    def __init__(self, config: Mapping[str, Any] | None = None):
        self.config = config

    def fit(self, X: Iterable[str], y: Any = None) -> LitellmHeuristic:
        """Check the prompts and the configuration; labels are not needed and not used."""
        check_prompts(X)
        self._rules()
        self.classes_ = np.sort(TIERS)
        return self

    def _rules(self) -> ComplexityRouter:
        config = ComplexityConfig.of(self.config)
        if config.classifier_type != "heuristic":
            raise InputError(
                f"litellm-heuristic has classifier_type heuristic, got {config.classifier_type!r}"
            )
        return ComplexityRouter(config)


class LitellmHeuristicV2(_TierRouter):
    """LiteLLM's ``heuristic_v2``: per cell, the lowest tier that succeeds often enough.

    Fitting counts successes: a prompt labelled MEDIUM is a success of MEDIUM and every higher
    tier, in its cell, its request type and overall. The counted table is the export: the gateway
    decides with it exactly like this router.

    Parameters
    ----------
    threshold : float, default 0.75
        Least probability of success, 0 to 1, for a tier to be taken.
    domain_prior_mass, cohort_prior_mass : float, default 200, 20
        How many observations the mean above a request type and a cell is worth.
    config : mapping, optional
        More of ``complexity_router_config``, such as ``keyword_tier_rules``. A
        ``heuristic_v2_artifact`` here is used as it is ("ultrafeedback" reads the one of the
        installed litellm); fitting then counts nothing and labels are not needed.

    Attributes
    ----------
    classes_ : ndarray (4,)
        "SIMPLE", "MEDIUM", "COMPLEX", "REASONING".
    table_ : dict
        Value of ``heuristic_v2_artifact`` that makes the gateway decide the same.

    Examples
    --------
    >>> prompts = ["hi", "thanks", "bye", "Solve 2x = 4", "Solve 3x = 9"]
    >>> labels = ["SIMPLE", "SIMPLE", "SIMPLE", "REASONING", "REASONING"]
    >>> router = LitellmHeuristicV2(domain_prior_mass=1, cohort_prior_mass=1).fit(prompts, labels)
    >>> router.predict(["hello", "Solve 5x = 5"]).tolist()
    ['SIMPLE', 'REASONING']
    >>> router.table_["cohort_statistics"][0]["cohort"]
    'general|short|code=0|math=0|mc=0|intl=0'
    """

    def __init__(
        self,
        threshold: float = 0.75,
        domain_prior_mass: float = 200.0,
        cohort_prior_mass: float = 20.0,
        config: Mapping[str, Any] | None = None,
    ):
        self.threshold = threshold
        self.domain_prior_mass = domain_prior_mass
        self.cohort_prior_mass = cohort_prior_mass
        self.config = config

    def fit(self, X: Iterable[str], y: Any = None) -> LitellmHeuristicV2:
        """Count prompts (n,) and their tiers (n,): the lowest tier that answers well enough.

        Or the success (n, 4) of each tier, 0 to 1, NaN where it was not measured.
        """
        self._check_parameters()
        given = dict(self.config or {})
        if "heuristic_v2_artifact" in given:
            check_prompts(X)
            given["classifier_type"] = "heuristic_v2"
            table = ComplexityRouter(given).table
            assert table is not None
        else:
            table = self._counted(X, y)
        self.table_ = table.model_dump()
        self.classes_ = np.sort(TIERS)
        return self

    def _check_parameters(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"threshold must lie from 0 to 1, got {self.threshold!r}")
        for name in ("domain_prior_mass", "cohort_prior_mass"):
            mass = getattr(self, name)
            if not 0 < mass < float("inf"):
                raise InputError(f"{name} must be a number above 0, got {mass!r}")

    def _counted(self, X: Iterable[str], y: Any) -> TierTable:
        if np.ndim(y) == 2:
            return self._counted_success(check_prompts(X), np.asarray(y, dtype=float))
        prompts, labels = check_labelled(X, y)
        return count_table(
            prompts,
            (tier_numbers(labels, "litellm-heuristic-v2") + 1).tolist(),
            routing_threshold=float(self.threshold),
            domain_prior_mass=float(self.domain_prior_mass),
            cohort_prior_mass=float(self.cohort_prior_mass),
        )

    def _counted_success(self, prompts: list[str], success: np.ndarray) -> TierTable:
        if success.shape != (len(prompts), len(TIERS)):
            raise InputError(
                f"{len(prompts)} prompts need success of shape (n, 4), got {success.shape}"
            )
        return count_success(
            cells_of(prompts),
            success,
            threshold=float(self.threshold),
            domain_prior_mass=float(self.domain_prior_mass),
            cohort_prior_mass=float(self.cohort_prior_mass),
        )

    def gateway_config(self) -> dict[str, Any]:
        """Return what the fitted router adds to a ``complexity_router_config``."""
        check_is_fitted(self)
        return {
            **(self.config or {}),
            "classifier_type": "heuristic_v2",
            "heuristic_v2_success_threshold": float(self.threshold),
            "heuristic_v2_artifact": self.table_,
        }

    def _rules(self) -> ComplexityRouter:
        return ComplexityRouter(self.gateway_config())

    def predict_success(self, X: Iterable[str]) -> np.ndarray:
        """Return the probability (n, 4) that each tier answers well enough, rising with it."""
        check_is_fitted(self)
        table = TierTable.model_validate(self.table_)
        rows = [tier_probabilities(without_reminders(p), table) for p in check_prompts(X)]
        return np.array(rows).reshape(len(rows), len(TIERS))


@ROUTERS.register("litellm-heuristic")
def _make_heuristic(
    encoder: Any = None, config: Mapping[str, Any] | None = None
) -> LitellmHeuristic:
    return LitellmHeuristic(config)


@ROUTERS.register("litellm-heuristic-v2")
def _make_heuristic_v2(
    encoder: Any = None,
    threshold: float = 0.75,
    domain_prior_mass: float = 200.0,
    cohort_prior_mass: float = 20.0,
    config: Mapping[str, Any] | None = None,
) -> LitellmHeuristicV2:
    return LitellmHeuristicV2(threshold, domain_prior_mass, cohort_prior_mass, config)
