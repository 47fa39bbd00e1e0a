"""A semantic router with embeddings of a service: the gateway asks it and decides by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain, count
from typing import Any

from routelab._checks import InputError
from routelab._litellm import known_model
from routelab.decide import check_groups, group_of_route
from routelab.encoders import LitellmEncoder
from routelab.exporters.litellm._form import Form, free_name, router_name
from routelab.exporters.litellm._models import given, key_name
from routelab.exporters.litellm._probes import labelled
from routelab.exporters.semantic_router import auto_router_config
from routelab.plan import Plan
from routelab.routers import SemanticRouterHead, answers_of

MOST_UTTERANCES = 2000  # the gateway embeds all of them in one request, when the first one comes
READ_CHARACTERS = 2000  # of a prompt are embedded by the gateway
_WITHOUT_HIT = (
    "routes without a threshold where none of their examples is among the five nearest: the plan "
    "takes one, with score 0, when the others miss theirs; the gateway takes the default"
)
_RULE = {"top_k": 5, "aggregation": "mean"}  # the gateway has no setting for these


def is_semantic(plan: Plan, router: Any) -> bool:
    """Return whether the gateway's semantic router can decide by the rule of a fitted router.

    The rule must be the one that the gateway has, with thresholds from 0 to 1, and the examples'
    texts must be there: in the label file of the plan, for a fitted router keeps vectors.
    """
    steps = [step for _, step in getattr(router, "steps", [])]
    if len(steps) != 2 or not isinstance(steps[0], LitellmEncoder):
        return False
    head = steps[1]
    if not isinstance(head, SemanticRouterHead):
        return False
    bars = [bar for bar in _thresholds(head).values() if bar is not None]
    return (
        {name: getattr(head, name) for name in _RULE} == _RULE
        and all(0 <= bar <= 1 for bar in bars)
        and 0 < len(labelled(plan)) <= MOST_UTTERANCES
    )


def semantic_form(plan: Plan, router: Any) -> Form:
    """Return the semantic router inline, its embedding model, and a name for each route."""
    encoder, head = (step for _, step in router.steps)
    check_groups(plan, answers_of(router))
    name, embedding = router_name(plan), free_name(plan, "routelab-embedding")
    utterances: dict[str, list[str]] = {}
    for prompt, label in labelled(plan):
        utterances.setdefault(label, []).append(prompt)
    names = _names(plan, utterances, {name, embedding})
    bars = _thresholds(head)
    params = {
        "model": f"auto_router/{name}",
        "auto_router_config": json.dumps(auto_router_config(plan, names=names)),
        "auto_router_default_model": group_of_abstention(plan, head),
        "auto_router_embedding_model": embedding,
    }
    entry = {"model_name": name, "litellm_params": params}
    return Form(
        f"LiteLLM's semantic router decides, with embeddings of {encoder.model}",
        entries=[_embedding_entry(encoder, embedding), entry],
        aliases={
            route: {"model": group_of_route(plan, label), "hidden": True}
            for label, route in names.items()
            if route not in plan.models
        },
        told=[
            "semantic routing in a proxy without the package semantic-router: it drops the router "
            "in silence, so install 'litellm[semantic-router]' there",
            f"prompts beyond {READ_CHARACTERS:,} characters: the gateway embeds their beginning",
            *([_WITHOUT_HIT] if None in bars.values() and any(bars.values()) else []),
        ],
    )


def group_of_abstention(plan: Plan, head: Any) -> str:
    """Return the model group of prompts on which a router abstains."""
    label = head.abstain_label
    return plan.default if label is None else group_of_route(plan, str(label))


def _names(plan: Plan, labels: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Return what the gateway calls each route: its group's name, or an alias of the group.

    The name of a route is where the gateway sends the request, and two routes of one group are
    not one route: the mean over their examples would be another.
    """
    names: dict[str, str] = {}
    for label in labels:
        tried = chain([label], (f"{label}-{number}" for number in count(2)))
        known = {*plan.models, *plan.model_group_alias, *taken, *names.values()}
        serves_itself = label in plan.models and group_of_route(plan, label) == label
        names[label] = label if serves_itself else next(t for t in tried if t not in known)
    return names


def _thresholds(head: SemanticRouterHead) -> dict[str, float | None]:
    bars = head.threshold
    given_for = bars.get if isinstance(bars, Mapping) else lambda _: bars
    return {str(label): given_for(label) for label in head.classes_.tolist()}


def _embedding_entry(encoder: LitellmEncoder, name: str) -> dict[str, Any]:
    """Return the model group that serves the embeddings, with its price."""
    usd = encoder.usd_per_mtok
    known = known_model(encoder.model).get("input_cost_per_token") if usd is None else usd / 1e6
    if known is None:
        raise InputError(
            f"LiteLLM knows no price of the embedding model {encoder.model!r}: set usd_per_mtok of "
            "the encoder"
        )
    provider = encoder.model.partition("/")[0] if "/" in encoder.model else "openai"
    params = {
        "model": encoder.model,
        "api_key": f"os.environ/{key_name(provider)}",
        "api_base": encoder.api_base,
        "dimensions": encoder.dimensions,
        "input_cost_per_token": known,
        "output_cost_per_token": 0.0,
    }
    info = {"id": name, "mode": "embedding"}
    return {"model_name": name, "litellm_params": given(params), "model_info": info}
