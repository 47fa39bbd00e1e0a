"""semantic-router's JSON: the routes of a router trained on labels, with example utterances."""

from __future__ import annotations

import json
from pathlib import Path

from routelab._checks import InputError
from routelab.datasets import resolve_bundled
from routelab.exporters._base import TARGETS
from routelab.labels import read_labels
from routelab.plan import Plan

MAX_UTTERANCES = 50


@TARGETS.register("semantic-router")
def write_routes(plan: Plan, folder: Path) -> list[str]:
    """Write ``routes.json``: per route its first utterances and its model group as metadata."""
    spec = plan.router
    if spec is None or spec.labels is None:
        raise InputError(
            "the target 'semantic-router' holds example utterances: the plan needs router.labels"
        )
    labels = read_labels(resolve_bundled(spec.labels), label=spec.label)
    routes = []
    for name, rows in labels.groupby("label", sort=True):
        utterances = rows["prompt"].tolist()[:MAX_UTTERANCES]
        group = plan.routes.get(str(name), str(name))
        routes.append({"name": name, "utterances": utterances, "metadata": {"model": group}})
    text = json.dumps({"routes": routes}, indent=1, ensure_ascii=False)
    (folder / "routes.json").write_text(text + "\n", encoding="utf-8")
    return [
        f"the fitted {spec.kind!r} router: semantic-router decides by its own rule on its own "
        f"embeddings",
        f"utterances beyond the first {MAX_UTTERANCES} of each route",
        "everything around the choice of a route: budgets, fallbacks, retries, cooldowns, splits",
    ]
