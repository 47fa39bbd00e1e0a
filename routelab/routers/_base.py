"""The registry of router kinds and the one way to make a router."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from routelab._checks import InputError, did_you_mean
from routelab._registry import Registry

#: Router kind -> factory(encoder, **params) of an unfitted estimator.
ROUTERS: Registry[Callable[..., Any]] = Registry("router kind", "routelab.routers")

#: Types outside skops' own list that a stored router may hold. Nothing else is ever loaded.
TRUSTED_TYPES = [
    "routelab.encoders.cache.CachedEncoder",
    "routelab.encoders.hashing.HashingEncoder",
    "routelab.encoders.litellm_embedding.LitellmEncoder",
    "routelab.encoders.model2vec.Model2vecEncoder",
    "routelab.encoders.onnx.OnnxEncoder",
    "routelab.encoders.sentence_transformers.SentenceTransformersEncoder",
    "routelab.encoders.static.StaticEncoder",
    "routelab.encoders.static_table.StaticTable",
    "routelab.encoders.tfidf.TfidfEncoder",
    "routelab.encoders.turns.TurnsEncoder",
    "routelab.routers.baselines.ConstantRouter",
    "routelab.routers.baselines.LengthRouter",
    "routelab.routers.baselines.RandomRouter",
    "routelab.routers.boosted_complexity.BoostedHead",
    "routelab.routers.cascade.CascadeRouter",
    "routelab.routers.centroid.CentroidHead",
    "routelab.routers.cost_thresholds.CostThresholds",
    "routelab.routers.discriminant.DiscriminantSpace",
    "routelab.routers.features.OpeningTerms",
    "routelab.routers.features.PromptFeatures",
    "routelab.routers.hierarchical.HierarchicalHead",
    "routelab.routers.kernel_space.KernelSpace",
    "routelab.routers.keyword.KeywordRouter",
    "routelab.routers.knn.NeighborsHead",
    "routelab.routers.linear_arms.LinearArms",
    "routelab.routers.linucb.LinUCBRouter",
    "routelab.routers.litellm_fitted.LitellmHeuristicFitted",
    "routelab.routers.litellm_rules.LitellmHeuristic",
    "routelab.routers.litellm_rules.LitellmHeuristicV2",
    "routelab.routers.logistic.LogisticHead",
    "routelab.routers.network.NetworkHead",
    "routelab.routers.ordinal.OrdinalHead",
    "routelab.routers.outcome.OutcomeRouter",
    "routelab.routers.route_thresholds.RouteThresholds",
    "routelab.routers.scoped.ScopedHead",
    "routelab.routers.quality.QualityNeighbors",
    "routelab.routers.quality.QualityRidge",
    "routelab.routers.quality_boosted.QualityBoosted",
    "routelab.routers.quality_bt.QualityBradleyTerry",
    "routelab.routers.quality_factors.QualityFactors",
    "scipy.sparse._csc.csc_array",
    "scipy.sparse._csc.csc_matrix",
    "routelab.routers.quality_logistic.QualityLogistic",
    "routelab.routers.semantic_router_rule.SemanticRouterHead",
    "routelab.routers.strong_threshold.StrongThreshold",
    "routelab.routers.verifier.Verifier",
    "scipy.sparse._csr.csr_array",
    "scipy.sparse._csr.csr_matrix",
]


def answers_of(router: Any) -> list[Any]:
    """Return every answer that a fitted router may give, apart from abstaining.

    The classes; of a hierarchical router with a threshold the domains as well.

    Examples
    --------
    >>> router = make_router("centroid").fit(["sort a list", "write a poem"], ["code", "art"])
    >>> answers_of(router)
    ['art', 'code']
    """
    head = router.steps[-1][1] if hasattr(router, "steps") else router
    return np.asarray(getattr(head, "answers_", router.classes_)).tolist()


def make_router(kind: str, encoder: Any = "tfidf", **params: Any) -> Any:
    """Make an unfitted router of one kind.

    Parameters
    ----------
    kind : str
        One of ``ROUTERS.names()``, for example "centroid", "knn", "linear", "complexity",
        "keyword", "outcome-knn".
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`. Kinds that read no vectors ("keyword", "constant", "random",
        "length") leave it unused.
    **params
        Parameters of the kind, such as ``k=5`` for "knn" or ``threshold=0.4`` for "centroid".

    Returns
    -------
    estimator
        scikit-learn estimator: ``fit(prompts, labels)``, ``predict``, ``predict_proba``,
        ``classes_``; the outcome kinds have ``fit(prompts, outcomes)`` and ``predict_quality``.

    Raises
    ------
    InputError
        For an unknown kind, encoder or parameter.

    Examples
    --------
    >>> router = make_router("centroid")
    >>> prompts = ["sort a list in python", "fix this function", "write a poem", "tell a story"]
    >>> router = router.fit(prompts, ["code", "code", "creative", "creative"])
    >>> router.predict(["a short poem"]).tolist()
    ['creative']
    """
    factory = ROUTERS[kind]
    known = [name for name in inspect.signature(factory).parameters if name != "encoder"]
    for name in params:
        if name not in known:
            raise InputError(
                f"router {kind!r} has no parameter {name!r}{did_you_mean(name, known)}; "
                f"it has: {', '.join(known) or 'none'}"
            )
    return factory(encoder, **params)
