"""Prompts on which a written form is compared with the plan before it is handed out."""

from __future__ import annotations

from typing import Any

from routelab.datasets import resolve_bundled
from routelab.labels import read_labels
from routelab.plan import Plan
from routelab.routers._parts import asks_service

MOST = 300  # prompts that are compared, where a decision takes no time
BUNDLED = "bundled:prompts.csv"


def labelled(plan: Plan) -> list[tuple[str, str]]:
    """Return (prompt, label) of the plan's label file; nothing where it names none."""
    spec = plan.router
    if spec is None or spec.labels is None:
        return []
    frame = read_labels(resolve_bundled(spec.labels), label=spec.label)
    return list(zip(frame["prompt"].tolist(), frame["label"].astype(str).tolist(), strict=True))


def probes(plan: Plan, router: Any, most: int = MOST) -> list[str]:
    """Return up to `most` prompts: of the plan's labels, else of the bundled ones.

    A router that asks a service is shown prompts of its labels alone, whose vectors it has.
    """
    prompts = [prompt for prompt, _ in labelled(plan)]
    if not prompts and not asks_service(router):
        prompts = read_labels(resolve_bundled(BUNDLED), label="route")["prompt"].tolist()
    step = max(1, -(-len(prompts) // most))
    return prompts[::step]
