"""How a budget panel is made again by a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routelab.ui._budget_start import ROUTED
from routelab.ui._code import Recipe

if TYPE_CHECKING:
    from routelab.ui._budget import BudgetPanel


def recipe_of(panel: BudgetPanel) -> Recipe:
    """Return the lines that read log, plan and outages, and the call."""
    config = panel.config
    log = panel.file_line("traffic", "rl.read_log({}).frame", "the log")
    if config.uploaded:
        log = f"traffic = rl.read_log({config.uploaded!r}).frame  # uploaded: its path"
    lines = [log, panel.file_line("plan", "rl.Plan.from_yaml({})", "the plan")]
    if config.edited.startswith(ROUTED):
        lines.append(f"plan = plan.replace(router={router_of(panel)!r})")
    elif config.edited:
        lines[1] = "plan = rl.Plan.from_yaml('PATH OF PLAN')  # as edited: to_yaml() writes it"
    given = ["traffic", "plan"]
    if panel.outages is not None:
        lines.append(panel.file_line("outages", "rl.read_outages({})", "the outages"))
        given.append("outages=outages")
    return Recipe(f"ui.budget({', '.join(given)}, seed={panel.seed})", tuple(lines))


def router_of(panel: BudgetPanel) -> dict[str, object]:
    """Return the chosen router as the field of a plan."""
    router = panel.sources.plan_of(panel.config).router
    assert router is not None
    names = ("kind", "encoder", "params", "labels", "label")
    return {name: value for name in names if (value := getattr(router, name))}
