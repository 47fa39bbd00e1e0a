"""What a plan holds of a semantic router: encoder, utterances, rule and thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routelab._checks import InputError
from routelab.datasets import resolve_bundled
from routelab.encoders import (
    CachedEncoder,
    LitellmEncoder,
    SentenceTransformersEncoder,
    make_encoder,
)
from routelab.labels import read_labels
from routelab.plan import Plan, RouterSpec
from routelab.routers import RouteThresholds, SemanticRouterHead, make_router

NEVER = 1e6  # a threshold that no score reaches; JSON has no infinity
RULE = {"top_k": 5, "aggregation": "mean"}  # of semantic-router, where nothing else is written


@dataclass(frozen=True, slots=True)
class SemanticRoutes:
    """What a plan holds of a semantic router.

    `utterances` and `bars` by label, in the order of the label file; `told` says what is left out.
    """

    encoder: Any
    utterances: dict[str, list[str]]
    rule: dict[str, Any]
    bars: dict[str, float | None]
    told: list[str] = field(default_factory=list)


def semantic_routes(plan: Plan) -> SemanticRoutes:
    """Return the utterances of a plan's label file, and rule and thresholds of its router."""
    spec = plan.router
    if spec is None or spec.labels is None:
        raise InputError(
            "semantic-router holds example utterances: the plan needs router.labels, the label "
            "file whose prompts they are"
        )
    router = _router(spec)
    head, encoder = _parts(router)
    if not isinstance(encoder, (LitellmEncoder, SentenceTransformersEncoder)):
        raise InputError(
            f"semantic-router has no encoder like {type(encoder).__name__} of the plan's router: "
            "use encoder 'litellm:<model>' or 'sentence-transformers:<name>'"
        )
    told = [] if isinstance(head, SemanticRouterHead) else [_other_rule(spec)]
    if isinstance(encoder, LitellmEncoder):
        lost = {"dimensions": encoder.dimensions, "api_base": encoder.api_base}
        told += [
            f"{name}={value!r} of the encoder: routes.json has no place for it"
            for name, value in lost.items()
            if value is not None
        ]
    utterances = _utterances(spec, told)
    bars: dict[str, float | None] = {}
    rule = dict(RULE)
    if isinstance(head, SemanticRouterHead):
        rule = {name: getattr(head, name) for name in RULE}
        bars = _bars(router, head, list(utterances), told)
    if isinstance(router, RouteThresholds) and router.out_of_scope is not None:
        dropped = utterances.pop(str(router.out_of_scope), [])
        told.append(f"{len(dropped)} utterances out of scope: they are examples of no route")
    return SemanticRoutes(encoder, utterances, rule, bars, told)


def _router(spec: RouterSpec) -> Any:
    """Return the router, fitted where it is at hand; training one would ask the service."""
    if spec.fitted is not None or spec.file is not None:
        return spec.resolve()
    return make_router(spec.kind, encoder=spec.encoder, **spec.params)


def _parts(router: Any) -> tuple[Any, Any]:
    inner = router.router_ if isinstance(router, RouteThresholds) else router
    steps = [step for _, step in getattr(inner, "steps", [("", inner)])]
    encoder = steps[0]
    if isinstance(encoder, CachedEncoder):
        encoder = make_encoder(encoder.encoder)
    return steps[-1], encoder


def _other_rule(spec: RouterSpec) -> str:
    return (
        f"the rule of the {spec.kind!r} router, and thresholds that were fitted for it: "
        "semantic-router scores the nearest utterances; the kind 'semantic-router-rule' is that "
        "rule, to be compared and given thresholds before it is exported"
    )


def _bars(router: Any, head: Any, labels: list[str], told: list[str]) -> dict[str, float | None]:
    """Return the least score of each route; what the file cannot say goes to `told`."""
    given = head.threshold
    if isinstance(router, RouteThresholds):
        given = router.thresholds_
        told.append(
            "the choice of the best route or none: in semantic-router a route below its threshold "
            "gives way to the next one that reaches its own"
        )
    if not isinstance(given, Mapping):
        given = dict.fromkeys(labels, given)
    bars = {str(label): None if bar is None else float(bar) for label, bar in given.items()}
    for label, bar in bars.items():
        if bar == math.inf:
            bars[label] = NEVER
            told.append(f"the route {label!r} never answers: its threshold is {NEVER:g}")
        elif bar == -math.inf:
            bars[label] = None
    return bars


def _utterances(spec: RouterSpec, told: list[str]) -> dict[str, list[str]]:
    """Return the prompts of each label, each once: the reader has left blank ones out."""
    assert spec.labels is not None
    frame = read_labels(resolve_bundled(spec.labels), label=spec.label)
    given = list(zip(frame["label"].astype(str), frame["prompt"], strict=True))
    pairs = dict.fromkeys(given)
    if len(pairs) < len(given):
        told.append(f"utterances that repeat another one of their route: {len(given) - len(pairs)}")
    utterances: dict[str, list[str]] = {}
    for label, prompt in pairs:
        utterances.setdefault(label, []).append(prompt)
    return utterances
