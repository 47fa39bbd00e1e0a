"""Heads and routers that the runtime has."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from routelab.exporters.standalone._base import (
    NotStandalone,
    label_text,
    label_texts,
    matrix,
    packed,
    packs,
)
from routelab.routers.baselines import ConstantRouter, LengthRouter
from routelab.routers.centroid import CentroidHead
from routelab.routers.cost_thresholds import CostThresholds
from routelab.routers.keyword import KEYWORDS, LENGTHS, KeywordRouter
from routelab.routers.logistic import LogisticHead
from routelab.routers.route_thresholds import RouteThresholds
from routelab.routers.strong_threshold import StrongThreshold


@packs(Pipeline)
def _pipeline(router: Pipeline) -> dict[str, Any]:
    (_, encoder), *spaces, (_, head) = router.steps
    return {
        "kind": "pipeline",
        "encoder": packed(encoder, "encoder"),
        "spaces": [packed(space, "space") for _, space in spaces],
        "head": packed(head, "head"),
        "classes": label_texts(head.classes_),
    }


@packs(LogisticHead)
def _logistic(head: LogisticHead) -> dict[str, Any]:
    return {
        "kind": "linear",
        "weights": matrix(head.coef_),
        "intercept": head.intercept_.tolist(),
    }


@packs(CentroidHead)
def _centroid(head: CentroidHead) -> dict[str, Any]:
    return {
        "kind": "centroid",
        "weights": matrix(head.centroids_.T),
        "owner": head.codes_.tolist(),
        "threshold": None if head.threshold is None else float(head.threshold),
        "abstained": label_text(head.abstain_label),
        "sharpness": float(head.sharpness),
    }


def _within(router: Any) -> dict[str, Any]:
    """Return the description of the router that thresholds stand around."""
    inner = packed(router, "router")
    if inner["kind"] != "pipeline":
        raise NotStandalone(
            f"a threshold around {type(router).__name__} needs routelab where it runs; "
            "without it runs one around a pipeline"
        )
    return inner


@packs(StrongThreshold)
def _strong(router: StrongThreshold) -> dict[str, Any]:
    return {
        "kind": "strong",
        "router": _within(router.router_),
        "place": router.classes_.tolist().index(router.strong),
        "threshold": float(router.threshold),
    }


@packs(RouteThresholds)
def _sure(router: RouteThresholds) -> dict[str, Any]:
    # JSON has no infinity, and no cosine or share lies beyond -2 and 2.
    least = [router.thresholds_[route] for route in router.router_.classes_.tolist()]
    return {
        "kind": "sure",
        "router": _within(router.router_),
        "thresholds": np.clip(least, -2.0, 2.0).tolist(),
        "default": label_text(router.default),
    }


@packs(CostThresholds)
def _cuts(router: CostThresholds) -> dict[str, Any]:
    # JSON has no infinity, and no mean level lies below 0 or above the highest one.
    levels = [router.levels_.index(name) for name in router.router_.classes_.tolist()]
    return {
        "kind": "cuts",
        "router": _within(router.router_),
        "levels": levels,
        "cuts": np.clip(router.cuts_, -1, len(levels)).tolist(),
        "tiers": label_texts(router.classes_),
    }


@packs(ConstantRouter)
def _constant(router: ConstantRouter) -> dict[str, Any]:
    return {"kind": "constant", "answer": label_text(router.answer_)}


@packs(LengthRouter)
def _length(router: LengthRouter) -> dict[str, Any]:
    answers = router.classes_[router.shares_.argmax(axis=1)]
    return {"kind": "length", "edges": router.edges_.tolist(), "answers": label_texts(answers)}


@packs(KeywordRouter)
def _keyword(router: KeywordRouter) -> dict[str, Any]:
    keywords = KEYWORDS if router.keywords is None else router.keywords
    lengths = LENGTHS if router.lengths is None else router.lengths
    return {
        "kind": "keyword",
        "keywords": [[word, float(points)] for word, points in keywords.items()],
        "lengths": [[int(limit), float(points)] for limit, points in lengths.items()],
    }
