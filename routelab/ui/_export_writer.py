"""Plans that are typed become files: a fitted router stays, and what was written last is kept."""

from __future__ import annotations

from typing import Any

from routelab.plan import Plan
from routelab.ui._export_files import Written, write
from routelab.ui._export_plan import read_plan, router_key

KEPT = 8  # exports in memory: one of a trained router has megabytes


class Writer:
    """Writes the plan of a panel, or an edited one, for a target.

    Parameters
    ----------
    plan : Plan
        Fitted; what an empty text stands for.

    Attributes
    ----------
    kept : dict of (str, str) to (Plan, Written)
        By target and text.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        self.fitted: dict[str, Any] = {}
        self.kept: dict[tuple[str, str], tuple[Plan, Written]] = {}
        self.know(plan)

    def know(self, plan: Plan) -> None:
        """Let edited plans keep this plan's router, or train it where it is not trained yet."""
        if plan.router is None:
            return
        key, fitted = router_key(plan.router), plan.router.fitted
        if self.fitted.get(key) is not None and self.fitted[key] is not fitted:
            self.kept.clear()  # of another router that has the same description
        self.fitted[key] = fitted

    def plan_of(self, text: str) -> Plan:
        """Return the plan of a text; raises `PlanError` where it is none."""
        return read_plan(text, self.fitted) if text else self.plan

    def write(self, target: str, text: str) -> tuple[Plan, Written]:
        """Return the plan of a text and its files, written once."""
        key = target, text
        if key not in self.kept:
            plan = self.plan_of(text).fitted()
            self.know(plan)
            self.kept[key] = plan, write(plan, target)
            for old in list(self.kept)[:-KEPT]:
                del self.kept[old]
        return self.kept[key]
