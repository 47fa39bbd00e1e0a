"""Make data/traffic.parquet: a week in which a fictional team sends nearly everything to one model.

    python tools/make_traffic.py            # writes data/traffic.parquet
    python tools/make_traffic.py --seed 1 --out other.parquet

Prompts come from data/prompts.csv, prices and speeds from the bundled catalog, the provider's
outage from data/outages.csv. The same seed, inputs and versions of numpy, pandas and pyarrow give
the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab import Catalog, read_outages
from routelab.datasets import data_dir, load_prompts
from routelab.traffic import check_traffic, write_traffic

SEED = 20261109
START = pd.Timestamp("2026-11-09T00:00Z")
HOURS = 7 * 24
ZONE = "Europe/Berlin"
USERS, SESSIONS = 400, 9_700
PROVIDER = "openai"

TIERS = {"free": 0.62, "pro": 0.28, "enterprise": 0.10}
ACTIVITY = {"free": 1.0, "pro": 2.5, "enterprise": 6.0}  # sessions, relative
AT_WORK = {"free": 0.30, "pro": 0.70, "enterprise": 0.96}  # the rest is evenings and weekends
SYSTEM_TOKENS = {"free": 420, "pro": 980, "enterprise": 2700}  # instructions, policies, tools
ON_MINI = {"free": 0.25, "pro": 0.08, "enterprise": 0.03}  # share of sessions on gpt-4o-mini

OUTPUT_MEDIAN = {"low": 110.0, "medium": 450.0, "high": 1050.0}  # tokens
OUTPUT_SPREAD, OUTPUT_LIMIT = 0.55, 4096
CACHE_BLOCK, CACHE_LEAST, CACHE_SECONDS = 128, 1024, 300.0

ERRORS = {
    408: "Timeout",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}
SECONDS_TO_FAIL = {408: 60.0, 429: 0.2, 500: 1.6, 503: 0.9}
BACKGROUND = 0.004
BACKGROUND_MIX = {429: 0.5, 500: 0.3, 408: 0.2}
OUTAGE_MIX = {503: 0.88, 500: 0.07, 408: 0.05}

# On Friday one customer's batch job runs into the provider's rate limit, and others feel it.
BURST_START = pd.Timestamp("2026-11-13T10:30Z")
BURST_SECONDS, BURST_REQUESTS = 12 * 60.0, 620
BURST_FAILS, BURST_FAILS_OTHERS = 0.55, 0.12


@dataclass(frozen=True)
class User:
    """Someone who sends requests."""

    name: str
    tier: str
    hours: np.ndarray  # (168,) share of sessions that start in an hour of the week
    routes: np.ndarray  # (n_routes,) cumulated preference


@dataclass(frozen=True)
class World:
    """What all requests share: prompts, prices, outages, and how busy an hour is."""

    prompts: pd.DataFrame
    routes: list[np.ndarray]  # rows of each route
    popularity: list[np.ndarray]  # cumulated, per route
    catalog: Catalog
    outages: list[tuple[float, float, float]]  # start, end in seconds of the week; probability
    busy: np.ndarray  # (168,) in [0, 1]


def rhythm() -> tuple[np.ndarray, np.ndarray]:
    """Return the two habits, work and leisure, as shares of the hours (168,) of the week in UTC."""
    local = pd.date_range(START, periods=HOURS, freq="h").tz_convert(ZONE)
    hour, weekend = local.hour.to_numpy(), local.day_of_week.to_numpy() >= 5
    office = np.exp(-(((hour - 10.5) / 1.9) ** 2)) + 0.9 * np.exp(-(((hour - 15.0) / 2.1) ** 2))
    work = np.where(weekend, 0.06, 1.0) * (office + 0.01)
    evening = np.exp(-(((hour - 20.8) / 2.0) ** 2))
    afternoon = np.exp(-(((hour - 15.5) / 3.0) ** 2))
    leisure = evening + np.where(weekend, 0.55, 0.15) * afternoon + 0.015
    return work / work.sum(), leisure / leisure.sum()


def make_world(prompts: pd.DataFrame, rng: np.random.Generator) -> World:
    """Prepare prompts by route; a few are asked often, as users of one product do."""
    routes, popularity = [], []
    for route in sorted(prompts["route"].unique()):
        rows = rng.permutation(np.flatnonzero(prompts["route"] == route))
        weight = 1.0 / (np.arange(len(rows)) + 4.0)
        routes.append(rows)
        popularity.append(np.cumsum(weight) / weight.sum())
    outages = read_outages(data_dir() / "outages.csv")
    outages = outages[outages["provider"] == PROVIDER]
    windows = [
        ((o.start - START).total_seconds(), (o.end - START).total_seconds(), float(o.probability))
        for o in outages.itertuples()
    ]
    work, leisure = rhythm()
    busy = work + leisure
    return World(prompts, routes, popularity, Catalog.bundled(), windows, busy / busy.max())


def make_users(n_routes: int, rng: np.random.Generator) -> tuple[list[User], np.ndarray]:
    """Return users with their habits, and each one's share of the sessions: a few do most."""
    work, leisure = rhythm()
    tiers = rng.choice(list(TIERS), size=USERS, p=list(TIERS.values()))
    share = rng.lognormal(0.0, 1.3, USERS) * [ACTIVITY[tier] for tier in tiers]
    users = []
    for number, tier in enumerate(tiers):
        at_work = np.clip(AT_WORK[tier] + rng.normal(0, 0.12), 0, 1)
        routes = np.cumsum(rng.dirichlet(np.full(n_routes, 0.35)))
        habit = at_work * work + (1 - at_work) * leisure
        users.append(User(f"u{number:04d}", str(tier), habit / habit.sum(), routes))
    return users, share / share.sum()


def pick(cumulated: np.ndarray, rng: np.random.Generator) -> int:
    """Draw an index by cumulated shares."""
    return min(int(np.searchsorted(cumulated, rng.random())), len(cumulated) - 1)


def draw(mix: dict[int, float], rng: np.random.Generator) -> int:
    """Draw a key by its share."""
    return list(mix)[pick(np.cumsum(list(mix.values())), rng)]


def status_at(world: World, second: float, burst_user: bool, rng: np.random.Generator) -> int:
    """Return the status of a call that starts at a second of the week."""
    luck = rng.random()
    for start, end, probability in world.outages:
        if start <= second < end and luck < probability:
            return draw(OUTAGE_MIX, rng)
    since_burst = second - (BURST_START - START).total_seconds()
    if 0 <= since_burst < BURST_SECONDS:
        if luck < (BURST_FAILS if burst_user else BURST_FAILS_OTHERS):
            return 429
    return draw(BACKGROUND_MIX, rng) if luck > 1 - BACKGROUND else 200


def converse(
    world: World,
    user: User,
    second: float,
    turns: int,
    rng: np.random.Generator,
    burst: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the requests of one session; each sends the conversation so far again."""
    model = world.catalog["gpt-4o-mini" if rng.random() < ON_MINI[user.tier] else "gpt-4o"]
    route = pick(user.routes, rng)
    system = SYSTEM_TOKENS[user.tier]
    history, seen, seen_at, row = 0, 0, -np.inf, -1
    for _ in range(turns):
        if row < 0:  # else the prompt that failed is sent again
            if rng.random() < 0.2:
                route = pick(user.routes, rng)
            row = int(world.routes[route][pick(world.popularity[route], rng)])
        prompt = world.prompts["prompt"].iat[row]
        asked = max(1, round(len(prompt) / 4))
        tokens_in = system + history + asked
        status = status_at(world, second, burst, rng)
        request = {"second": second, "model": model.name, "user": user.name, "tier": user.tier}
        request |= {"prompt": prompt, "input_tokens": tokens_in, "status": status}
        if status == 200:
            median = OUTPUT_MEDIAN[world.prompts["complexity"].iat[row]]
            tokens_out = int(np.clip(rng.lognormal(np.log(median), OUTPUT_SPREAD), 1, OUTPUT_LIMIT))
            warm = second - seen_at < CACHE_SECONDS and seen >= CACHE_LEAST
            cached = seen // CACHE_BLOCK * CACHE_BLOCK if warm else 0
            slow = 1 + 0.3 * world.busy[int(second // 3600)]
            ttft = model.ttft_s * slow * (1 + tokens_in / 20_000) * rng.lognormal(0, 0.25)
            latency = ttft + tokens_out * slow / model.output_tokens_per_s * rng.lognormal(0, 0.15)
            history += asked + tokens_out
            seen, seen_at, row = tokens_in, second, -1
            request |= {"output_tokens": tokens_out, "cached_input_tokens": cached, "ttft_s": ttft}
        else:
            latency = SECONDS_TO_FAIL[status] * (1 if status == 408 else rng.lognormal(0, 0.3))
            request |= {"output_tokens": 0, "cached_input_tokens": 0, "ttft_s": np.nan}
        yield request | {"latency_s": latency}
        if status != 200 and rng.random() < 0.5:
            return
        second += latency + rng.lognormal(np.log(45.0), 0.9)
        if second >= HOURS * 3600:
            return


def sessions(
    world: World, users: list[User], share: np.ndarray, rng: np.random.Generator
) -> Iterator[list[dict[str, Any]]]:
    """Yield the requests of each session, then those of Friday's batch job."""
    for user, count in zip(users, rng.multinomial(SESSIONS, share), strict=True):
        for hour in rng.choice(HOURS, size=count, p=user.hours):
            turns = min(int(rng.geometric(0.38)), 14)
            yield list(converse(world, user, (hour + rng.random()) * 3600, turns, rng))
    customer = max(
        (u for u in users if u.tier == "enterprise"), key=lambda u: share[users.index(u)]
    )
    first = (BURST_START - START).total_seconds()
    for second in first + np.sort(rng.random(BURST_REQUESTS)) * BURST_SECONDS:
        yield list(converse(world, customer, second, 1, rng, burst=True))


def make_traffic(prompts: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Return the week as traffic, in time order.

    Parameters
    ----------
    prompts : DataFrame
        Columns `prompt`, `route`, `complexity` (low, medium, high).
    seed : int
    """
    rng = np.random.default_rng(seed)
    world = make_world(prompts, rng)
    users, share = make_users(len(world.routes), rng)
    rows = [
        request | {"session_id": f"s{number:05d}"}
        for number, session in enumerate(sessions(world, users, share, rng))
        for request in session
    ]
    frame = pd.DataFrame(rows).sort_values("second", kind="stable", ignore_index=True)
    milliseconds = (frame.pop("second") * 1000).round().astype("int64")
    frame["timestamp"] = (START + pd.to_timedelta(milliseconds, unit="ms")).astype(
        "datetime64[us, UTC]"
    )
    frame["request_id"] = [f"r{number:06d}" for number in range(len(frame))]
    frame["provider"] = PROVIDER
    frame["error_class"] = frame["status"].map(ERRORS)
    frame[["latency_s", "ttft_s"]] = frame[["latency_s", "ttft_s"]].round(3)
    frame["cost_usd"] = 0.0
    for name in frame["model"].unique():
        own = (frame["model"] == name) & (frame["status"] == 200)
        tokens = (
            frame.loc[own, c] for c in ("input_tokens", "output_tokens", "cached_input_tokens")
        )
        frame.loc[own, "cost_usd"] = world.catalog.cost(name, *tokens)
    return check_traffic(frame)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the bundled week of traffic.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", default=data_dir() / "traffic.parquet")
    options = parser.parse_args()
    frame = make_traffic(load_prompts(), options.seed)
    write_traffic(frame, options.out)
    failed = int((frame["status"] != 200).sum())
    spend = frame["cost_usd"].sum()
    print(f"{options.out}: {len(frame):,} requests, {failed:,} failed, ${spend:,.2f}")


if __name__ == "__main__":
    main()
