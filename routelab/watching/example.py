"""Two bundled weeks to watch: one as the plan routes it, and the next, in which things change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.catalog import Catalog
from routelab.datasets import data_dir, load_traffic
from routelab.plan import Plan
from routelab.simulation import simulate
from routelab.traffic import check_traffic

WEEK = pd.Timedelta(days=7)
#: From Wednesday on, requests of this tier carry so many more tokens: a longer system prompt.
LONGER_TIER, LONGER_FROM, LONGER_TOKENS = "pro", pd.Timedelta(days=2), 1_500
#: From Friday on, a share of what went to one model goes to one that the plan does not hold.
OTHER_FROM, OTHER_SHARE = pd.Timedelta(days=4), 0.3
OTHER_OF, OTHER_MODEL, OTHER_PROVIDER = "gemini/gemini-2.5-flash", "gpt-4.1-mini", "openai"


def example_weeks(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two weeks of traffic under the bundled plan: as planned, and with two changes.

    Neither is anybody's log. The first is the bundled week as the simulator says that the plan
    would have served it. The second draws sessions of that week anew, seven days later, replays
    them in the same way, and plants two changes: from Wednesday on each request of the tier `pro`
    carries 1,500 more input tokens, and from Friday on 30 % of the requests of
    ``gemini/gemini-2.5-flash`` are served by ``gpt-4.1-mini``, which the plan does not hold.

    Parameters
    ----------
    seed : int, default 0
        Of the sessions, of both replays and of the requests that change their model.

    Returns
    -------
    planned, after : DataFrame
        Checked traffic with prompts.
    """
    plan = Plan.from_yaml(data_dir() / "plan.yaml").fitted()
    week = load_traffic()
    planned = _as_logged(week, plan, seed)
    rng = np.random.default_rng(seed)
    after = _as_logged(_drawn_again(week, rng), plan, seed + 1)
    start = after["timestamp"].iloc[0].floor("D")
    longer = (after["tier"] == LONGER_TIER) & (after["timestamp"] >= start + LONGER_FROM)
    after.loc[longer, "input_tokens"] += LONGER_TOKENS
    late = after["timestamp"] >= start + OTHER_FROM
    other = (after["model"] == OTHER_OF) & late & (rng.random(len(after)) < OTHER_SHARE)
    after.loc[other, ["model", "provider"]] = OTHER_MODEL, OTHER_PROVIDER
    _price(after, longer | other, Catalog.bundled())
    return planned, check_traffic(after)


def _drawn_again(week: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the sessions of a week as often as chance has them, once on average, a week later."""
    sessions = pd.unique(week["session_id"])
    times = pd.Series(rng.poisson(1.0, len(sessions)), index=sessions)
    copies = times.loc[week["session_id"]].to_numpy()
    drawn = week.loc[week.index.repeat(copies)].reset_index(drop=True)
    copy = drawn.groupby("request_id").cumcount()
    # Copies of a session start some minutes apart, all of their requests together.
    late = pd.to_timedelta(copy * 7, unit="min")
    drawn["timestamp"] = drawn["timestamp"] + WEEK + late
    drawn["session_id"] = drawn["session_id"] + "." + copy.astype("string")
    drawn["request_id"] = drawn["request_id"] + "." + copy.astype("string")
    return drawn.sort_values("timestamp", kind="stable", ignore_index=True)


def _as_logged(traffic: pd.DataFrame, plan: Plan, seed: int) -> pd.DataFrame:
    """Return the traffic with what a gateway under the plan would have logged of it."""
    replay = simulate(traffic, plan, seed=seed)
    made = replay.decisions
    log = check_traffic(traffic)
    served = made["status"] == 200
    for name in ("model", "provider", "status", "error", "input_tokens", "cached_input_tokens",
                 "output_tokens", "cost_usd", "latency_s"):  # fmt: skip
        log[name] = made[name].to_numpy()
    # A request that was refused before any call has no model and costs nothing.
    return check_traffic(log[served].reset_index(drop=True))


def _price(log: pd.DataFrame, rows: pd.Series, catalog: Catalog) -> None:
    """Book the cost of some requests anew, at the catalog's price."""
    for name in log["model"][rows].unique():
        mine = rows & (log["model"] == name)
        tokens = [log.loc[mine, column].to_numpy(float) for column in
                  ("input_tokens", "output_tokens", "cached_input_tokens")]  # fmt: skip
        log.loc[mine, "cost_usd"] = catalog.cost(name, *tokens)
