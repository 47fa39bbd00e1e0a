"""Decisions for prompts outside a replay, and the log that keeps them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from routelab._checks import InputError
from routelab.decide import group_of_route
from routelab.exporters import load_bundle
from routelab.plan import Plan


def route_decisions(source: str | os.PathLike[str], prompts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the decision for each prompt by the router of a bundle or a plan.

    Returns
    -------
    list of dict
        ``prompt``, ``route`` (None where the router abstains), ``group`` (None without a plan),
        ``score`` (the router's probability of its choice, None where it has none), ``router``.
    """
    path = Path(source)
    if path.suffix in (".yaml", ".yml"):
        plan: Plan | None = Plan.from_yaml(path)
        router = None
    else:
        bundle = load_bundle(path)
        plan, router = bundle.plan, bundle.router
    if router is None:
        if plan is None or plan.router is None:
            raise InputError(f"{str(source)!r} holds no router")
        router = plan.router.resolve()
    labels = router.predict(list(prompts))
    scores = _scores(router, prompts)
    decisions = []
    for prompt, label, score in zip(prompts, labels, scores, strict=True):
        route = None if label is None or label != label else str(label)
        group = None
        if plan is not None:
            group = plan.default if route is None else group_of_route(plan, route)
        decisions.append({"prompt": prompt, "route": route, "group": group, "score": score})
    return decisions


def _scores(router: Any, prompts: Sequence[str]) -> list[float | None]:
    if not hasattr(router, "predict_proba"):
        return [None] * len(prompts)
    return [float(row.max()) for row in router.predict_proba(list(prompts))]


def append_decisions(
    path: str | os.PathLike[str],
    decisions: Sequence[dict[str, Any]],
    *,
    show_prompts: bool = False,
    **metadata: Any,
) -> None:
    """Append decisions to a JSONL log, each with the time (UTC) and the caller's metadata.

    Instead of the prompt stands its SHA-256, unless `show_prompts` is set.
    """
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    if not show_prompts:
        decisions = [_without_prompt(decision) for decision in decisions]
    lines = [
        json.dumps({"time": stamp, **metadata, **d}, ensure_ascii=False) + "\n" for d in decisions
    ]
    with open(path, "a", encoding="utf-8", newline="\n") as log:
        log.writelines(lines)


def _without_prompt(decision: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(decision["prompt"].encode("utf-8", "replace")).hexdigest()
    return {"prompt_sha256": digest, **{k: v for k, v in decision.items() if k != "prompt"}}
