"""What would a week cost under another budget, and what breaks in an outage: replay as you drag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab import plots
from routelab._checks import InputError
from routelab.decide import decide
from routelab.plan import Budget, Plan
from routelab.plots import _replay as pictures
from routelab.plots._style import legend, style
from routelab.simulation import Replay, simulate
from routelab.traffic import check_traffic
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._parts import Facts, number
from routelab.ui._picture import PICTURE_DPI, LivePlot
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS


@SETTINGS.register("budget")
@dataclass(frozen=True, slots=True)
class BudgetConfig:
    """Settings of the budget panel.

    Attributes
    ----------
    daily_usd : float
        Limit of the plan's calendar budget.
    fallbacks : bool
        Whether the plan's fallbacks are kept.
    outage_hours : float
        How long the provider fails; 0 for not at all.
    expected_output_tokens : int
        For the estimate before each request.
    """

    daily_usd: float
    fallbacks: bool = True
    outage_hours: float = 0.0
    expected_output_tokens: int = 300

    def __post_init__(self) -> None:
        if not self.daily_usd > 0:
            raise InputError(f"the daily budget must be above 0 USD, got {self.daily_usd!r}")
        if self.outage_hours < 0:
            raise InputError(f"an outage cannot last {self.outage_hours!r} hours")


@dataclass(frozen=True)
class Outage:
    """Which provider fails, and from when."""

    provider: str
    start: pd.Timestamp

    def schedule(self, hours: float) -> pd.DataFrame | None:
        """Return the outage as a schedule for :func:`routelab.simulation`; None for 0 hours."""
        if hours <= 0:
            return None
        end = self.start + pd.Timedelta(hours=hours)
        return pd.DataFrame({"start": [self.start], "end": [end], "provider": [self.provider]})


def plan_with(plan: Plan, config: BudgetConfig) -> Plan:
    """Return the plan under the panel's settings; its other budgets and policies stay.

    A plan without a budget for the whole plan gets one that falls back to the cheapest group.
    """
    budgets = [b for b in plan.budgets if b.scope != "plan"]
    own = next((b for b in plan.budgets if b.scope == "plan"), None) or _cheapest_first(plan)
    changes: dict[str, object] = {
        "budgets": (own.model_copy(update={"limit_usd": config.daily_usd}), *budgets),
        "expected_output_tokens": config.expected_output_tokens,
    }
    if not config.fallbacks:
        changes |= {
            "fallbacks": {}, "context_window_fallbacks": None, "content_policy_fallbacks": None,
            "default_fallbacks": (),
        }  # fmt: skip
    return plan.replace(**changes)


def _cheapest_first(plan: Plan) -> Budget:
    price = {
        group: max(plan.model_of(d).output_usd_per_mtok for d in deployments)
        for group, deployments in plan.models.items()
    }
    cheapest = min(price, key=lambda group: price[group])
    return Budget(
        scope="plan", limit_usd=1.0, downgrade_to=(cheapest,), when_exhausted="serve-last"
    )


class BudgetPanel(Panel):
    """See :func:`budget`."""

    kind = "budget"

    def __init__(
        self,
        traffic: pd.DataFrame,
        plan: Plan,
        outages: pd.DataFrame | None = None,
        seed: int = 0,
        **shared: Any,
    ):
        self.outages = outages
        self.traffic = check_traffic(traffic)
        self.plan = plan.fitted()
        self.seed = seed
        self.decided = decide(self.plan, self.traffic)
        self.outage, hours = _first_outage(self.traffic, self.plan, outages)
        endless = tuple(b.model_copy(update={"limit_usd": 1e9}) for b in plan.budgets)
        unlimited = simulate(
            self.traffic, self.plan.replace(budgets=endless), decisions=self.decided, seed=seed
        )
        dearest = max(1e-6, float(unlimited.daily["spend_usd"].max()))
        own = next((b.limit_usd for b in plan.budgets if b.scope == "plan"), dearest)
        expected = self.plan.expected_output_tokens
        super().__init__(BudgetConfig(own, True, hours, expected), **shared)
        step = 10.0 ** (len(str(int(dearest * 100))) - 4)
        top = max(own, dearest) * 1.1
        self.daily_usd, money = number("Daily budget, USD", own, step, top, step)
        self.outage_hours, hours_row = number("Outage, hours", hours, 0.0, 12.0, 0.25)
        self.expected, tokens = number(
            "Expected output, tokens", expected, 0, max(4000, expected), 50
        )
        self.fallbacks = w.Checkbox(value=True, description="Fallbacks", indent=False)
        self.facts = Facts()
        self.picture = self._frame(unlimited)
        for control, field in (
            (self.daily_usd, "daily_usd"), (self.fallbacks, "fallbacks"),
            (self.outage_hours, "outage_hours"), (self.expected, "expected_output_tokens"),
        ):  # fmt: skip
            self.bind(control, field)
        left, right = w.VBox([money, hours_row]), w.VBox([tokens, self.fallbacks])
        wrap = w.Layout(flex_flow="row wrap")
        self.begin(w.HBox([left, right], layout=wrap), self.facts, self.picture)

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        lines = [
            self.file_line("traffic", "rl.read_log({}).frame", "the log"),
            self.file_line("plan", "rl.Plan.from_yaml({})", "the plan"),
        ]
        given = ["traffic", "plan"]
        if self.outages is not None:
            lines.append(self.file_line("outages", "rl.read_outages({})", "the outages"))
            given.append("outages=outages")
        call = f"ui.budget({', '.join(given)}, seed={self.seed})"
        return Recipe(call, tuple(lines))

    def compute(self, config: BudgetConfig) -> Replay:
        """Replay the traffic under the settings."""
        return simulate(
            self.traffic,
            plan_with(self.plan, config),
            outages=self.outage.schedule(config.outage_hours),
            decisions=self.decided,
            seed=self.seed,
        )

    def _frame(self, unlimited: Replay) -> LivePlot:
        """Draw axes that hold for every setting: the dearest days, all requests."""
        fig, axes = plots.figure(11, 3.5, columns=2, dpi=PICTURE_DPI, ratios=(1.0, 1.35))
        self.axes = axes
        self.theme = style("light")
        shown = plots.daily_spend(unlimited, axes[0]) + plots.hourly_outcomes(unlimited, axes[1])
        for ax in axes:
            ax.set_autoscale_on(False)
            shown += [entries for entries in [ax.get_legend()] if entries is not None]
        return LivePlot(fig, shown)

    def draw(self, result: Replay) -> str:
        """Show the replay: bars, hours, numbers."""
        assert isinstance(self.picture, LivePlot)
        self.picture.clear()
        left, right = self.axes
        moving = pictures.spend_artists(result, left, self.theme)
        moving += pictures.outcome_artists(result, right, self.theme)
        moving += [legend(left, self.theme, ncols=2), legend(right, self.theme)]
        self.picture.show(moving)
        s, counts = result.summary, plots.outcome_counts(result)
        self.facts.show(
            {
                "spent in all": f"${s['spend_usd']:,.2f}",
                "dearest day": f"${result.daily['spend_usd'].max():,.2f}",
                "served cheaper": f"{counts['degraded']:,}",
                "served by a fallback": f"{counts['fallback']:,}",
                "failed": f"{s['failed']:,} ({s['failure_rate']:.2%})",
                "refused": f"{s['refused']:,}",
                "median latency": f"{s['latency_p50_s'] or float('nan'):.2f} s",
            }
        )
        return told(self.config, result, self.outage.provider)


def told(config: BudgetConfig, replay: Replay, provider: str) -> str:
    """Return a replay under a configuration in one sentence.

    The settings first, so that a reader sees which of them the numbers belong to.
    """
    s, counts = replay.summary, plots.outcome_counts(replay)
    outage = f"{provider} down {config.outage_hours:g} h" if config.outage_hours else "no outage"
    return (
        f"Budget ${config.daily_usd:,.2f} a day, fallbacks {'on' if config.fallbacks else 'off'}, "
        f"{outage}, {config.expected_output_tokens} tokens expected: {s['requests']:,} requests "
        f"cost ${s['spend_usd']:,.2f}; {counts['degraded']:,} served cheaper, "
        f"{s['failed']:,} failed, {s['refused']:,} refused."
    )


def _first_outage(
    traffic: pd.DataFrame, plan: Plan, outages: pd.DataFrame | None
) -> tuple[Outage, float]:
    """Return the first outage of a schedule, else the busiest hour of the plan's first provider."""
    if outages is not None and len(outages):
        first = outages.iloc[0]
        hours = (first["end"] - first["start"]).total_seconds() / 3600
        return Outage(str(first["provider"]), first["start"]), min(12.0, round(hours * 4) / 4)
    hour = traffic["timestamp"].dt.floor("h").value_counts().sort_index().idxmax()
    provider = plan.provider_of(next(iter(plan.deployments.values())))
    return Outage(provider, hour), 0.0


def budget(
    traffic: pd.DataFrame,
    plan: Plan,
    *,
    outages: pd.DataFrame | None = None,
    seed: int = 0,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> BudgetPanel:
    """Return a panel that replays traffic while you move the budget, the outage, the fallbacks.

    Parameters
    ----------
    traffic : DataFrame
        Requests, from :func:`routelab.read_log`.
    plan : Plan
    outages : DataFrame, optional
        Its first outage gives provider, start and length; without it the plan's first provider
        fails in the busiest hour.
    seed : int, default 0
    session : Session, optional
        Shared with other panels, and kept in a file.
    files : mapping of str to path, optional
        Where `traffic`, `plan` and `outages` came from, for "Copy as code".

    Returns
    -------
    BudgetPanel
        ``panel.config`` holds the settings, ``panel.result`` the last :class:`routelab.Replay`.

    Examples
    --------
    >>> import pandas as pd
    >>> from routelab import Plan
    >>> stamps = pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 9000, "output_tokens": 900})
    >>> panel = budget(traffic, Plan(models={"strong": "gpt-4o"}, default="strong"))
    >>> panel.config.fallbacks
    True
    """
    return BudgetPanel(traffic, plan, outages, seed, session=session, files=files)
