"""The plan itself as a target: YAML with the prices it uses, and the JSON Schema of plans."""

from __future__ import annotations

import json
from pathlib import Path

from routelab.exporters._base import TARGETS
from routelab.plan import Plan


@TARGETS.register("plan")
def write_plan(plan: Plan, folder: Path) -> list[str]:
    """Write ``plan.yaml`` and ``plan.schema.json``; nothing is lost."""
    plan.to_yaml(folder / "plan.yaml")
    schema = json.dumps(Plan.model_json_schema(), indent=1)
    (folder / "plan.schema.json").write_text(schema + "\n", encoding="utf-8")
    return []
