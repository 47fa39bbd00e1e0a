"""semantic-router's files: routes with all their utterances and thresholds.

``routes.json`` and ``routes.yaml`` are the same router for semantic-router 1.x
(``semantic_router.config.load_router``), ``litellm_auto_router.json`` is the form of its versions
before 1, which LiteLLM takes as ``auto_router_config``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from routelab._checks import InputError
from routelab.decide import group_of_route
from routelab.encoders import LitellmEncoder, SentenceTransformersEncoder
from routelab.exporters._base import TARGETS
from routelab.exporters._semantic_routes import RULE, SemanticRoutes, semantic_routes
from routelab.plan import Plan

LEAST = 1e-9  # a threshold of 0, which LiteLLM would read as none
ONE_REQUEST = 2048  # texts that embedding services take at once; LiteLLM sends all utterances so


@TARGETS.register("semantic-router")
def write_routes(plan: Plan, folder: Path) -> list[str]:
    """Write ``routes.json``, ``routes.yaml`` and, for a service, ``litellm_auto_router.json``."""
    found = semantic_routes(plan)
    config = _config(plan, found)
    _write_json(folder / "routes.json", config)
    header = "# For semantic-router 1.x, written by routelab; keys come from the environment.\n"
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    (folder / "routes.yaml").write_text(header + text, encoding="utf-8")
    told = [*found.told]
    if isinstance(found.encoder, LitellmEncoder):
        _write_json(folder / "litellm_auto_router.json", _auto_router(found, {}))
        told += _lost_in_litellm(plan, found)
    else:
        told.append(
            "litellm_auto_router.json: LiteLLM takes embeddings from a model of its own, and "
            f"{type(found.encoder).__name__} runs on this machine"
        )
    told += [
        f"the model group {plan.default!r} of prompts that reach no route: semantic-router answers "
        "none, and whoever asks it chooses",
        "everything around the choice of a route: budgets, fallbacks, retries, cooldowns, splits",
    ]
    return told


def auto_router_config(plan: Plan, *, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what LiteLLM takes as ``auto_router_config``, as JSON text.

    Parameters
    ----------
    plan : Plan
        With `router.labels`, whose prompts become utterances, and a service's encoder
        (``litellm:<model>``).
    names : mapping of str to str, optional
        Label to the name of its route. LiteLLM sends a request to the model group, or the alias of
        one, that is named like the route; the default keeps the labels.

    Returns
    -------
    dict
        ``encoder_type``, ``encoder_name`` and ``routes``: each with ``name``, ``utterances`` and
        ``score_threshold``, which is 0 (none) where the plan has none, because LiteLLM asks for
        0.3 of a route without one.

    Raises
    ------
    InputError
        The plan has no label file, or its encoder is none of a service.

    Examples
    --------
    >>> router = {"kind": "semantic-router-rule", "encoder": "litellm:text-embedding-3-small",
    ...           "params": {"threshold": 0.4}, "labels": "bundled:prompts.csv", "label": "route"}
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap", router=router)
    >>> config = auto_router_config(plan)
    >>> config["encoder_name"], config["routes"][0]["score_threshold"]
    ('openai/text-embedding-3-small', 0.4)
    """
    return _auto_router(semantic_routes(plan), names or {})


def _config(plan: Plan, found: SemanticRoutes) -> dict[str, Any]:
    """Return the router in the form of semantic-router 1.x."""
    routes = []
    for label, texts in found.utterances.items():
        bar = found.bars.get(label)
        route: dict[str, Any] = {"name": label, "utterances": texts}
        route |= {} if bar is None else {"confidence_threshold": bar}
        routes.append({**route, "metadata": {"model": group_of_route(plan, label)}})
    return {
        "router_type": "indexed",
        "encoder": _encoder(found.encoder),
        **found.rule,
        "routes": routes,
    }


def _encoder(encoder: Any) -> dict[str, str]:
    if isinstance(encoder, SentenceTransformersEncoder):
        return {"type": "local", "name": encoder.name}
    name = _full_name(encoder)
    if name.startswith("openai/text-embedding-"):
        return {"type": "openai", "name": name.removeprefix("openai/")}
    return {"type": "litellm", "name": name}


def _full_name(encoder: LitellmEncoder) -> str:
    """Return provider/model: semantic-router takes the provider from the name."""
    if "/" in encoder.model:
        return encoder.model
    if encoder.model.startswith("text-embedding-"):
        return f"openai/{encoder.model}"
    raise InputError(
        f"semantic-router takes the provider from the encoder's name, and {encoder.model!r} has "
        "none: write 'litellm:<provider>/<model>'"
    )


def _auto_router(found: SemanticRoutes, names: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(found.encoder, LitellmEncoder):
        raise InputError(
            "LiteLLM's auto router takes embeddings from a service: the plan's router needs the "
            f"encoder 'litellm:<model>', got {type(found.encoder).__name__}"
        )
    routes = [
        {
            "name": names.get(label, label),
            "utterances": texts,
            "score_threshold": _written(found.bars.get(label)),
        }
        for label, texts in found.utterances.items()
    ]
    encoder = {"encoder_type": "litellm", "encoder_name": _full_name(found.encoder)}
    return {**encoder, "routes": routes}


def _written(bar: float | None) -> float:
    """Return a threshold as the gateway reads it: none would be its own 0.3, and 0 is none."""
    return 0.0 if bar is None else max(bar, LEAST)


def _lost_in_litellm(plan: Plan, found: SemanticRoutes) -> list[str]:
    told = []
    if found.rule != RULE:
        rule = ", ".join(f"{name}={value}" for name, value in found.rule.items())
        told.append(f"in LiteLLM, {rule}: it scores by top_k=5 and the mean alone")
    aliases = {label: group_of_route(plan, label) for label in found.utterances}
    aliases = {label: group for label, group in aliases.items() if label != group}
    if aliases:
        told.append(
            "in LiteLLM, the groups of the routes: it sends a request to the group named like the "
            f"route, so set router_settings.model_group_alias to {json.dumps(aliases)}"
        )
    count = sum(map(len, found.utterances.values()))
    if count > ONE_REQUEST:
        told.append(
            f"in LiteLLM, {count:,} utterances: it embeds all of them in one request, and services "
            f"take about {ONE_REQUEST:,}"
        )
    return [*told, "in LiteLLM, prompts beyond 2,000 characters: it embeds their beginning"]


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
