"""What the budget panel says in words: the sentence of its status, times, days, errors."""

from __future__ import annotations

import numpy as np

from routelab._words import dollars
from routelab.plots._style import short
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_load import Clock
from routelab.ui._budget_plan import outage_told
from routelab.ui._budget_replay import MIDNIGHT, Outcome, RunOut

NEVER = "never"
#: The gateway's error classes in words.
SAID = {
    "BudgetExceededError": "budget used up",
    "ValueError": "provider's budget used up",
    "RouterRateLimitError": "no deployment left to try",
    "BadRequestError": "not understood",
    "AuthenticationError": "key not accepted",
    "NotFoundError": "model not found",
    "Timeout": "no answer in time",
    "RateLimitError": "too many requests",
    "InternalServerError": "error at the provider",
    "BadGatewayError": "error at the provider",
    "ServiceUnavailableError": "provider down",
    "APIError": "error at the provider",
    "ContextWindowExceededError": "too long for the model",
    "ContentPolicyViolationError": "refused by a content filter",
}


def sentence(config: BudgetConfig, found: Outcome) -> str:
    """Return a replay under a configuration in one sentence.

    The settings first, so that a reader sees which of them the numbers belong to.
    """
    counts, clock = found.counts, found.plan_clock
    soft = "" if config.soft_percent == 100 else f", soft limit at {config.soft_percent} %"
    over = 0.0 if clock is None else float(clock.over_usd.sum())
    no_cap = over >= 0.005 and counts["degraded"] > 0
    more = f" ({dollars(over)} above the budget, which redirects and is no cap)" if no_cap else ""
    ends = "" if found.load.told == "" else f" {found.load.told}"
    return (
        f"Budget {dollars(config.daily_usd)} a day{soft}, fallbacks "
        f"{'on' if config.fallbacks else 'off'}, {_outage_told(found)}, "
        f"{config.expected_output_tokens} tokens expected: {len(found.outcome):,} requests of "
        f"{days_told(found.clock)} cost {dollars(found.total_usd)}{more}; "
        f"{counts['degraded']:,} served cheaper, {counts['failed']:,} failed, "
        f"{counts['refused']:,} refused.{ends}"
    )


def run_out_told(clock: RunOut) -> str:
    """Return when a budget runs out, with its interval; "never" alone where no day comes near."""
    median, interval = at(clock.median[0]), interval_told(clock)
    return median if interval == NEVER else f"{median} ({interval})"


def interval_told(clock: RunOut) -> str:
    """Return the interval of when a budget runs out; a single day has none."""
    if clock.days == 1:
        return "one day, no interval"
    _, low, high = map(at, clock.median)
    return NEVER if low == high == NEVER else f"95 %: {low} to {high}"


def _outage_told(found: Outcome) -> str:
    """Return the outages in a few words; that they are outside of the log is said."""
    zone, outages = found.clock.zone, found.outages
    told = outage_told(outages, zone)
    if outages is None or not len(outages):
        return told
    stamps = found.load.traffic["timestamp"]
    if ((outages["end"] >= stamps.iloc[0]) & (outages["start"] <= stamps.iloc[-1])).any():
        return told
    return f"{told}, {outages['start'].iloc[0]:%Y}: outside of this log"


def days_told(clock: Clock) -> str:
    """Return how many days a log holds, whole ones and parts apart.

    Parts are named, for two are at most: the first and the last.
    """
    parts = [day_told(date) for date in clock.dates[~clock.full]]
    whole = int(clock.full.sum())
    told = [f"{whole} whole day{'' if whole == 1 else 's'}"] if whole else []
    return " and ".join([*told, *(f"a part of {part}" for part in parts)])


def at(hour: float) -> str:
    """Return an hour of the day as a time; 24 is that the budget lasted.

    Examples
    --------
    >>> at(13.75), at(24.0)
    ('13:45', 'never')
    """
    if hour >= MIDNIGHT:
        return NEVER
    minutes = int(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def failure_told(error: str) -> str:
    """Return an error class of the gateway in words, with its name for who looks for it there.

    Examples
    --------
    >>> failure_told("Timeout")
    'no answer in time (Timeout)'
    """
    said = SAID.get(error)
    return short(error) if said is None else f"{said} ({error})"


def day_told(date: np.datetime64) -> str:
    """Return a date as people name it in a week."""
    return f"{date.astype(object):%a %d %b}"
