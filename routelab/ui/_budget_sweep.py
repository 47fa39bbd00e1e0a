"""Many settings of the budget panel at once: a grid of daily limits and one other setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._words import dollars
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.sweeps import Policy, Sweep, sweep
from routelab.sweeps.policy import short_hash
from routelab.ui._budget_config import PLANNED, TO, BudgetConfig
from routelab.ui._budget_load import Workload
from routelab.ui._budget_plan import plan_with

LIMITS = 6
N_BOOT = 200
#: What a sweep may vary beside the limit; groups of models come from the plan.
VALUES: dict[str, list[Any]] = {
    "soft_percent": [60, 80, 90, 100],
    "expected_output_tokens": [100, 300, 1000],
    "fallbacks": [True, False],
}


def grid_of(plan: Plan, config: BudgetConfig, top: float) -> list[dict[str, Any]]:
    """Return the settings to try: `LIMITS` daily limits up to `top` USD, and the other setting.

    Raises
    ------
    InputError
        The settings name no setting that can be swept.
    """
    field = config.sweep_by
    # A budget that refuses is no point of it: what is refused costs nothing and is not downgraded.
    known = {"downgrade": [PLANNED, *(f"{TO}{group}" for group in plan.models)], **VALUES}
    if field not in known:
        raise InputError(f"a sweep varies {', '.join(known)} beside the limit, got {field!r}")
    limits = [float(f"{top * share:.3g}") for share in np.linspace(0.2, 1.0, LIMITS)]
    return [{"daily_usd": usd, field: value} for usd in limits for value in known[field]]


def run_sweep(
    load: Workload,
    config: BudgetConfig,
    outages: pd.DataFrame | None,
    top: float,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Replay the workload under every setting of the grid with :func:`routelab.sweep`.

    Parameters
    ----------
    progress : callable, optional
        Called with (done, all); where it raises KeyboardInterrupt, what was done is kept.
    """
    points = []
    for values in grid_of(load.plan, config, top):
        plan = plan_with(load.plan, replace(config, **values))
        points.append(Policy(short_hash(values), plan, values))
    return sweep(
        load.traffic, points, outages=outages, seed=load.seed, n_boot=N_BOOT, n_jobs=1,
        progress=progress,
    )  # fmt: skip


def point_told(values: dict[str, Any]) -> str:
    """Return the settings of a point in words.

    Examples
    --------
    >>> point_told({"daily_usd": 8.0, "downgrade": "to:cheap"})
    '$8.00 a day, then to cheap'
    """
    said = [f"{dollars(values['daily_usd'])} a day"]
    for name, value in values.items():
        if name == "downgrade":
            planned = value == PLANNED
            said.append(
                "then as planned" if planned else f"then to {short(value.removeprefix(TO))}"
            )
        elif name == "soft_percent":
            said.append("no soft limit" if value == 100 else f"soft limit at {value} %")
        elif name == "expected_output_tokens":
            said.append(f"{value:,} tokens expected")
        elif name == "fallbacks":
            said.append(f"fallbacks {'on' if value else 'off'}")
    return ", ".join(said)
