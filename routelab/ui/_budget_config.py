"""What a reader of the budget panel can set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from routelab._checks import InputError
from routelab.ui._settings import SETTINGS, private

DAY = "day"
PROVIDER = "provider:"
PLANNED, REFUSE, TO = "planned", "refuse", "to:"
BY_HAND, ALL_INCIDENTS = 0, -1
NO_SOFT_LIMIT = 100
WHO = ("user", "tier")


@SETTINGS.register("budget")
@dataclass(frozen=True, slots=True)
class BudgetConfig:
    """Settings of the budget panel.

    Attributes
    ----------
    daily_usd : float
        Limit of a day.
    fallbacks : bool
        Whether there are fallbacks at all.
    outage_hours : float
        How long the provider fails; 0 for not at all.
    expected_output_tokens : int
        For the estimate before each request.
    window : str
        ``"day"``: the limit is the whole plan's, and starts afresh at its midnight.
        ``"provider:NAME"``: it is the gateway's budget of one provider, whose 24 hours drift, in
        place of the plan's.
    soft_percent : int
        Percent of the limit above which requests are downgraded; 100 for only at the limit.
    downgrade : str
        What a spent budget does: ``"planned"`` is as the plan says, ``"to:GROUP"`` sends requests
        to that group, ``"refuse"`` refuses them.
    tier_usd : tuple of (str, float)
        Daily limit of tiers, 0 for none; tiers that are not named are as in the plan.
    chains : tuple of tuple of str
        A group followed by its fallbacks; groups that are not named are as in the plan.
    incident : int
        Which of the given outages happens, from 1; 0: the one set by hand; -1: all, as they are.
    provider : str
        Who fails, by hand; "" for the plan's first provider.
    start_hour : float
        When, in hours after the log's first full hour.
    growth : float
        Requests per hour against the log, by :func:`routelab.forecasting.grow`.
    who : {"user", "tier"}
        Whose downgrades are listed.
    sweep_by : str
        What a sweep varies beside the daily limit: a field of these settings.
    pinned : tuple of (str, value)
        Settings of plan A, where they differ from the start; () for no plan A.
    log, plan : str
        Files in place of what the panel was given; "" for that.
    uploaded, edited : str
        What has no file and is known to this panel alone, over those: a log by its name, a plan of
        the session by its digest.
    """

    daily_usd: float
    fallbacks: bool = True
    outage_hours: float = 0.0
    expected_output_tokens: int = 300
    window: str = DAY
    soft_percent: int = NO_SOFT_LIMIT
    downgrade: str = PLANNED
    tier_usd: tuple[tuple[str, float], ...] = ()
    chains: tuple[tuple[str, ...], ...] = ()
    incident: int = BY_HAND
    provider: str = ""
    start_hour: float = 0.0
    growth: float = 1.0
    who: str = "user"
    sweep_by: str = "downgrade"
    pinned: tuple[tuple[str, Any], ...] = ()
    log: str = ""
    plan: str = ""
    uploaded: str = private("")
    edited: str = private("")

    def __post_init__(self) -> None:
        if not self.daily_usd > 0:
            raise InputError(f"the daily budget must be above 0 USD, got {self.daily_usd!r}")
        if self.outage_hours < 0:
            raise InputError(f"an outage cannot last {self.outage_hours!r} hours")
        if not 1 <= self.soft_percent <= NO_SOFT_LIMIT:
            raise InputError(f"the soft limit is 1 to 100 % of the budget, got {self.soft_percent}")
        if not self.growth > 0:
            raise InputError(f"traffic must grow by a factor above 0, got {self.growth!r}")
        if self.window != DAY and not self.window.startswith(PROVIDER):
            raise InputError(f"the window is 'day' or 'provider:NAME', got {self.window!r}")
        if self.downgrade not in (PLANNED, REFUSE) and not self.downgrade.startswith(TO):
            raise InputError(
                f"a spent budget does 'planned', 'refuse' or 'to:GROUP', got {self.downgrade!r}"
            )
        if self.who not in WHO:
            raise InputError(f"downgrades are listed by 'user' or 'tier', got {self.who!r}")
        for tier, usd in self.tier_usd:
            if usd < 0:
                raise InputError(f"the budget of the tier {tier!r} cannot be {usd!r} USD")
