"""The plan itself as a target: YAML with the prices it uses, and the JSON Schema of plans."""

from __future__ import annotations

from pathlib import Path

from routelab.exporters._base import TARGETS
from routelab.exporters.schemas import schema_text
from routelab.plan import Plan
from routelab.routers import save_router

ROUTER = "router.skops"
_FOR_EDITORS = "# yaml-language-server: $schema=plan.schema.json\n"


@TARGETS.register("plan")
def write_plan(plan: Plan, folder: Path) -> list[str]:
    """Write ``plan.yaml``, ``plan.schema.json`` and a fitted router; nothing is lost."""
    if plan.router is not None and not plan.router.labels:
        save_router(plan.router.resolve(), folder / ROUTER)
        plan = plan.replace(router=plan.router.model_copy(update={"file": ROUTER}))
    path = folder / "plan.yaml"
    plan.to_yaml(path)
    path.write_text(_FOR_EDITORS + path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "plan.schema.json").write_text(schema_text("plan"), encoding="utf-8")
    return []
