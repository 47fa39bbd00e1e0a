"""From a plan to ``bundle.json``: all that the runtime needs to decide, and nothing else."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from routelab.decide import check_groups
from routelab.exporters.standalone import _encoders, _heads, runtime  # noqa: F401 - they register
from routelab.exporters.standalone._base import packed
from routelab.plan import Plan, Split
from routelab.routers import answers_of

BUNDLE = "bundle.json"
#: Files of plain Python that an export holds, one after the other; the last one runs.
RUNTIME = ("encoders/_bert_text.py", "routers/_surface.py", "exporters/standalone/runtime.py")


def pack_router(router: Any) -> dict[str, Any]:
    """Return what the runtime needs of a fitted router, as plain JSON.

    Raises
    ------
    NotStandalone
        A part of it needs routelab where it runs; the message names the part.

    Examples
    --------
    >>> from routelab import make_router
    >>> router = make_router("constant").fit(["a", "b"], ["cheap", "cheap"])
    >>> pack_router(router)
    {'kind': 'constant', 'answer': 'cheap'}
    """
    return packed(router, "router")


def pack_plan(plan: Plan) -> dict[str, Any]:
    """Return what the runtime needs of a plan: rules, router, routes, split, groups, aliases.

    The decision cache stays out: it changes no decision.

    Raises
    ------
    NotStandalone
        A part of the router needs routelab where it runs.
    InputError
        The router may answer with something for which the plan has no model group.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> pack_plan(plan)["plan"]["groups"]
    ['cheap']
    """
    router = None
    if plan.router is not None:
        fitted = plan.router.resolve()
        router = pack_router(fitted)
        abstained = router.get("head", {}).get("abstained")
        check_groups(plan, [*answers_of(fitted), abstained])
    return {
        "format": runtime.FORMAT,
        "router": router,
        "plan": {
            "name": plan.name,
            "groups": list(plan.models),
            "default": plan.default,
            "routes": plan.routes,
            "aliases": plan.model_group_alias,
            "rules": [rule.model_dump(mode="json") for rule in plan.rules],
            "split": None if plan.split is None else _split(plan.split),
        },
    }


def _split(split: Split) -> dict[str, Any]:
    described = split.model_dump(mode="json", include={"name", "by", "models", "layer"})
    return {
        **described,
        "layer_range": list(split.layer_range),
        "arms": {
            name: {"share": arm.share, "model": arm.model} for name, arm in split.arms.items()
        },
        "ramp": [[step.start.timestamp(), step.share] for step in split.ramp],
    }


def write_bundle(plan: Plan, folder: Path) -> str:
    """Write ``bundle.json`` and return its SHA-256; equal plans give equal bytes.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Exists already.
    """
    data = json.dumps(pack_plan(plan), separators=(",", ":")).encode("ascii") + b"\n"
    (folder / BUNDLE).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def runtime_source() -> str:
    """Return the text of the Python file that reads a bundle: `runtime` and what it imports.

    Examples
    --------
    >>> "import routelab" in runtime_source() or "from routelab" in runtime_source()
    False
    """
    texts = [files("routelab").joinpath(name).read_text("utf-8") for name in RUNTIME]
    head = texts[-1].partition('"""\n\n')[0] + '"""\n\nfrom __future__ import annotations\n\n'
    return head + "\n\n".join(_body(text) for text in texts)


def _body(text: str) -> str:
    """Return a module without its docstring and without what stands in the same file now."""
    lines = text.partition('"""\n\n')[2].splitlines(keepends=True)
    left_out = ("from __future__", "from routelab.")
    return "".join(line for line in lines if not line.startswith(left_out)).lstrip()
