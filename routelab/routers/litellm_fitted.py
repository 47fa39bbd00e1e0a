"""LiteLLM's heuristic with boundaries, weights and keyword rules learnt from prompts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.gateway_learning.config import PARTS, learn_config
from routelab.gateway_learning.worth import worth_of_labels
from routelab.gateway_rules import TIERS, ComplexityRouter
from routelab.routers._base import ROUTERS
from routelab.routers._labels import check_labelled
from routelab.routers.litellm_rules import _TierRouter, tier_numbers


class LitellmHeuristicFitted(_TierRouter):
    """LiteLLM's ``heuristic``, tuned: the gateway decides like it with `gateway_config()`.

    Parameters
    ----------
    parts : sequence of str, default ("boundaries", "weights", "keywords")
        What is learnt.
    max_rules : int, default 20
        Most keywords; cross-validation within the training prompts may keep fewer.
    min_support : int, default 10
        Least number of training prompts that hold a keyword.
    config : mapping, optional
        ``complexity_router_config`` to begin with.
    seed : int, default 0
        Of the folds that choose keyword rules.

    Attributes
    ----------
    classes_ : ndarray (4,)
        "SIMPLE", "MEDIUM", "COMPLEX", "REASONING".
    config_ : dict
        ``complexity_router_config``.

    See Also
    --------
    routelab.fit_heuristic : The same fit with its report on held-out prompts.

    Examples
    --------
    >>> prompts = ["hi there", "a python function for the api"] * 20
    >>> router = LitellmHeuristicFitted().fit(prompts, ["SIMPLE", "REASONING"] * 20)
    >>> router.predict(["hello", "a python class for the api"]).tolist()
    ['SIMPLE', 'REASONING']
    """

    def __init__(
        self,
        parts: Sequence[str] = PARTS,
        max_rules: int = 20,
        min_support: int = 10,
        config: Mapping[str, Any] | None = None,
        seed: int = 0,
    ):
        self.parts = parts
        self.max_rules = max_rules
        self.min_support = min_support
        self.config = config
        self.seed = seed

    def fit(self, X: Iterable[str], y: Any) -> LitellmHeuristicFitted:
        """Learn from prompts (n,) and tiers (n,), or the worth (n, 4) of each tier, NaN missing."""
        for name in ("max_rules", "min_support"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)!r}")
        prompts, worth = worth_of(X, y)
        self.config_, _ = learn_config(
            prompts,
            worth,
            parts=self.parts,
            config=self.config,
            max_rules=self.max_rules,
            min_support=self.min_support,
            seed=self.seed,
        )
        self.classes_ = np.sort(TIERS)
        return self

    def gateway_config(self) -> dict[str, Any]:
        """Return ``complexity_router_config`` with which the gateway decides the same."""
        check_is_fitted(self)
        return dict(self.config_)

    def _rules(self) -> ComplexityRouter:
        return ComplexityRouter(self.config_)


def worth_of(X: Iterable[str], y: Any) -> tuple[list[str], np.ndarray]:
    """Return prompts and the worth (n, 4) of each tier from tiers (n,) or from worth itself."""
    if np.ndim(y) != 2:
        prompts, labels = check_labelled(X, y)
        return prompts, worth_of_labels(tier_numbers(labels, "litellm-heuristic-fitted"))
    prompts, worth = check_prompts(X), np.asarray(y, dtype=float)
    if worth.shape != (len(prompts), len(TIERS)):
        raise InputError(f"{len(prompts)} prompts need worth of shape (n, 4), got {worth.shape}")
    return prompts, worth


@ROUTERS.register("litellm-heuristic-fitted")
def _make_heuristic_fitted(
    encoder: Any = None,
    parts: Sequence[str] = PARTS,
    max_rules: int = 20,
    min_support: int = 10,
    config: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> LitellmHeuristicFitted:
    return LitellmHeuristicFitted(parts, max_rules, min_support, config, seed)
