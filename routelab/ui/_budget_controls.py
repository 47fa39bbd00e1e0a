"""The controls of the budget panel: what most readers move on top, the rest behind tabs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab.forecasting._days import zone_of
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.ui._budget_chain import Chain, ChainEditor
from routelab.ui._budget_config import (
    ALL_INCIDENTS,
    BY_HAND,
    DAY,
    PLANNED,
    PROVIDER,
    REFUSE,
    TO,
    WHO,
    BudgetConfig,
)
from routelab.ui._budget_load import Workload
from routelab.ui._budget_plan import (
    chains_of,
    first_hour,
    incident_names,
    own_budget,
    providers_of,
    tier_limits,
)
from routelab.ui._parts import number

LONGEST_OUTAGE = 12.0
WRAP = w.Layout(flex_flow="row wrap", width="100%")
LIST = w.Layout(width="455px", max_width="100%")
NAMES = {"description_width": "165px"}
SWEPT = {
    "downgrade": "what a spent budget does", "soft_percent": "the soft limit",
    "expected_output_tokens": "the expected output", "fallbacks": "fallbacks on and off",
}  # fmt: skip


class Controls(w.VBox):
    """All settings but the pinned plan.

    Parameters
    ----------
    chain_changed : callable
        Called with a group and its new fallbacks.
    tier_changed : callable
        Called with a tier and its new limit in USD.
    """

    def __init__(
        self,
        chain_changed: Callable[[str, Chain], None],
        tier_changed: Callable[[str, float], None],
    ):
        self._moving = False
        self.daily_usd, self._money = number(
            "Daily budget, USD", 1.0, 0.01, 10.0, 0.01, open_ended=True
        )
        self.outage_hours, hours = number("Outage, hours", 0.0, 0.0, LONGEST_OUTAGE, 0.25)
        self._hours = hours
        self.growth, growth = number("Traffic, times the log's", 1.0, 0.25, 4.0, 0.25)
        self.fallbacks = w.Checkbox(value=True, description="Fallbacks", indent=False)
        self.window = _list("Budget of", [])
        self.downgrade = _list("A spent budget", [])
        self.soft_percent, soft = number("Soft limit, % of it", 100, 1, 100, 1)
        self.expected, tokens = number("Expected output, tokens", 300, 0, 4000, 50)
        self.tier = _list("Tier", [])
        self.tier_usd, self._tier_row = number(
            "Tier's budget, USD", 0.0, 0.0, 10.0, 0.01, open_ended=True
        )
        self.incident = _list("Which outage", [("by hand", BY_HAND)])
        self.incident.layout = w.Layout(width="540px", max_width="100%")  # it names a time zone
        self.provider = _list("Provider that fails", [])
        self.start_hour, start = number("Hours into the log", 0.0, 0.0, 1.0, 0.25)
        self._start_row = start
        self.who = _list("Downgrades by", list(WHO))
        self.chains = ChainEditor(chain_changed)
        self.tier.observe(lambda _: self._show_tier(), "value")
        self.tier_usd.observe(lambda change: self._tier_moved(tier_changed, change.new), "value")
        self._limits: dict[str, float] = {}
        grown = w.HTML(
            '<div style="line-height:1.4;max-width:455px">More traffic: requests come again, drawn '
            "from the same hour and moved within it, so the same users ask more; less: some are "
            "left out at random. It is computed in the background.</div>"
        )
        tabs = {
            "Budget": w.HBox([w.VBox([self.window, self.downgrade, soft]),
                              w.VBox([tokens, self.tier, self._tier_row])], layout=WRAP),
            "Outage and traffic": w.HBox([w.VBox([self.incident, self.provider, start]),
                                          w.VBox([growth, grown])], layout=WRAP),
            "Fallbacks": self.chains,
        }  # fmt: skip
        self.tabs = w.Tab(list(tabs.values()), layout=w.Layout(width="100%"))
        self.tabs.add_class("rl-steady")
        for place, name in enumerate(tabs):
            self.tabs.set_title(place, name)
        top = w.HBox([self._money, hours, self.fallbacks], layout=WRAP)
        super().__init__([top, self.tabs], layout=w.Layout(width="100%"))

    def bound(self) -> dict[str, w.Widget]:
        """Return the controls by the field of the configuration that each sets."""
        names = ("daily_usd", "outage_hours", "growth", "fallbacks", "window", "downgrade",
                 "soft_percent", "incident", "provider", "start_hour", "who")  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "expected_output_tokens": self.expected
        }

    def offer(self, load: Workload, outages: pd.DataFrame | None, top: float) -> None:
        """Let the controls offer what a log and a plan hold; `top` is the dearest day in USD.

        What they had is set again by the panel.
        """
        plan, traffic = load.plan, load.traffic
        high = rounded_up(top)
        _range(self._money, high / 100, high, high / 100)
        _range(self._tier_row, 0.0, high, high / 100)
        span = (traffic["timestamp"].iloc[-1] - first_hour(traffic)).total_seconds() / 3600
        _range(self._start_row, 0.0, max(1.0, span // 1), 0.25)
        providers = providers_of(plan)
        window = [("the whole plan, from its midnight on", DAY)]
        window += [(f"{short(p)}: the gateway's, 24 hours that drift", f"{PROVIDER}{p}")
                   for p in providers]  # fmt: skip
        offer(self.window, window)
        offer(self.downgrade, downgrades(plan))
        first = (f"{short(providers[0])}, the plan's first", "")
        offer(self.provider, [first, *((short(p), p) for p in providers)])
        known = incident_names(outages, zone_of(plan))
        every = [(f"all {len(known)}, as they are", ALL_INCIDENTS)] if len(known) > 1 else []
        each = [(short(name, 50), i + 1) for i, name in enumerate(known)]
        offer(self.incident, [("by hand", BY_HAND), *every, *each])
        if outages is not None and len(outages):
            longest = (outages["end"] - outages["start"]).max().total_seconds() / 3600
            _range(self._hours, 0.0, max(LONGEST_OUTAGE, -(-longest // 1)), 0.25)
        tiers = sorted({*tier_limits(plan, BudgetConfig(1.0)), *load.people("tier")[1]})
        offer(self.tier, [(short(name), name) for name in tiers] or [("the log has none", "")])

    def show(self, plan: Plan, config: BudgetConfig) -> None:
        """Show what is no single control's: chains, the tier's limit, who fails when."""
        self.chains.offer(list(plan.models), chains_of(plan, config))
        self._limits = tier_limits(plan, config)
        self._show_tier()
        by_hand = config.incident == BY_HAND
        _enable(self._start_row, by_hand)
        _enable(self._hours, config.incident != ALL_INCIDENTS)
        self.provider.disabled = not by_hand

    def _show_tier(self) -> None:
        self._moving = True
        self.tier_usd.value = self._limits.get(str(self.tier.value), 0.0)
        self._moving = False
        _enable(self._tier_row, bool(self.tier.value))

    def _tier_moved(self, changed: Callable[[str, float], None], usd: float) -> None:
        if not self._moving and self.tier.value:
            changed(self.tier.value, usd)


def downgrades(plan: Plan) -> list[tuple[str, str]]:
    """Return what a spent budget may do: as the plan says, one group each, refuse."""
    own = own_budget(plan).downgrade_to
    said = f"goes to {', then '.join(map(short, own))}" if own else "refuses"
    alone = [(f"goes to {short(group)}", f"{TO}{group}") for group in plan.models]
    return [(f"as planned: {said}", PLANNED), *alone, ("refuses", REFUSE)]


def offer(chosen: w.Dropdown, options: list[tuple[str, Any]]) -> None:
    """Let a list offer these; a list that was empty chooses nothing by itself."""
    chosen.options = options
    if chosen.index is None:
        chosen.index = 0


def _list(label: str, options: list[Any]) -> w.Dropdown:
    return w.Dropdown(options=options, description=label, style=NAMES, layout=LIST)


def rounded_up(usd: float) -> float:
    """Return the end of a slider: the next of 1, 2, 5, 10, 20, 50, ...

    Examples
    --------
    >>> rounded_up(23.4), rounded_up(0.011), rounded_up(100.0)
    (50.0, 0.02, 100.0)
    """
    power = 10.0 ** math.floor(math.log10(usd))
    return float(f"{next(n for n in (1, 2, 5, 10) if n * power >= usd) * power:.3g}")


def _range(row: w.HBox, low: float, high: float, step: float) -> None:
    """Set the bounds of a number and its slider; the order keeps the low end below the high."""
    for control in row.children:
        if not control.has_trait("max"):
            control.step = step
            continue
        control.max = max(high, control.min)
        control.min = low
        control.max, control.step = high, step


def _enable(row: w.HBox, enabled: bool) -> None:
    for control in row.children:
        control.disabled = not enabled
