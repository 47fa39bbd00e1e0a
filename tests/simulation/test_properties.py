"""What must hold for every plan and every trace, tried on random ones."""

from __future__ import annotations

from itertools import groupby
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import Catalog, Plan, simulate
from routelab.plan import Strategy
from routelab.simulation import run as runner

from .conftest import DEAR, FAIR, START

GROUPS = ("a", "b", "c")
COOLDOWN_S = 20.0


@st.composite
def plans(draw):
    models = {
        group: [
            {"id": f"{group}{i}", "model": draw(st.sampled_from(["dear", "fair"]))}
            for i in range(draw(st.integers(1, 3)))
        ]
        for group in GROUPS
    }
    chains = {
        group: draw(st.lists(st.sampled_from(GROUPS), max_size=3, unique=True))
        for group in draw(st.lists(st.sampled_from(GROUPS), max_size=3, unique=True))
    }
    budgets = []
    if draw(st.booleans()):
        budgets.append(
            {"scope": "plan", "limit_usd": draw(st.floats(0.01, 5)), "downgrade_to": ["c"]}
        )
    if draw(st.booleans()):
        limit = draw(st.floats(0.01, 2))
        budgets.append({"scope": "provider", "name": "alpha", "limit_usd": limit, "period": "1m"})
    if not any(d["model"] == "dear" for group in models.values() for d in group):
        models["a"][0]["model"] = "dear"
    return Plan(
        catalog=Catalog([DEAR, FAIR]),
        models=models,
        default="a",
        fallbacks=chains,
        default_fallbacks=draw(st.lists(st.sampled_from(GROUPS), max_size=1)),
        retries={"num_retries": draw(st.integers(0, 3))},
        cooldown={
            "seconds": COOLDOWN_S,
            "allowed_fails": draw(st.one_of(st.none(), st.integers(0, 3))),
        },
        strategy=draw(st.sampled_from(get_args(Strategy))),
        timeout_s=draw(st.one_of(st.none(), st.floats(0.5, 20))),
        budgets=budgets,
        expected_output_tokens=draw(st.integers(0, 2000)),
    )


@st.composite
def rich_plans(draw):
    """Return plans with what lies beyond the gateway, too."""
    plan = draw(plans())
    models = {
        group: [d.model_dump() for d in deployments] for group, deployments in plan.models.items()
    }
    if draw(st.booleans()):
        models["a"][0]["silent_model"] = ["b"]
    enforced = draw(st.booleans()) and plan.strategy != "usage-based-routing-v2"
    if enforced:
        models["b"][0]["rpm"] = draw(st.integers(1, 20))
    budgets = list(plan.budgets)
    own = {"scope": "user", "limit_usd": draw(st.floats(0.01, 2)), "downgrade_to": ["c"]}
    own |= {"reserve": draw(st.booleans()), "soft_at": draw(st.sampled_from([None, 0.5]))}
    pacing = draw(st.sampled_from([None, "rhythm", "primal-dual"]))
    values = {"a": 1.0, "b": 0.8, "c": 0.5} if pacing == "primal-dual" else {}
    budgets.append({**own, "pacing": pacing, "values": values})
    if draw(st.booleans()):
        budgets.append({"scope": "key", "limit_usd": draw(st.floats(0.01, 2)), "period": "1m"})
    hedge = draw(st.sampled_from([None, {"after_s": 0.4}, {"after_s": 2, "to": "c"}]))
    cooldown = plan.cooldown.model_copy(
        update={"half_open_trials": draw(st.integers(0, 2)), "disabled": draw(st.booleans())}
    )
    return plan.replace(
        models=models,
        budgets=budgets,
        hedge=hedge,
        cooldown=cooldown,
        enforce_model_rate_limits=enforced,
        enable_weighted_failover=draw(st.booleans()),
    )


@st.composite
def weeks(draw):
    """Return traffic and an outage schedule."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 120))
    seconds = np.sort(rng.uniform(0, draw(st.sampled_from([5, 120, 2000])), n))
    frame = pd.DataFrame(
        {
            "timestamp": START + pd.to_timedelta(seconds, unit="s"),
            "input_tokens": rng.integers(0, 9000, n),
            "output_tokens": rng.integers(0, 3000, n),
            "model": rng.choice([*GROUPS, "other"], n),
            "request_id": [f"r{i}" for i in range(n)],
            "user": rng.choice(["u", "v"], n),
            "key": rng.choice(["k", "l"], n),
            "session_id": rng.choice(["s", "t", "w"], n),
            "cached_input_tokens": rng.integers(0, 500, n),
        }
    )
    frame["cached_input_tokens"] = frame[["cached_input_tokens", "input_tokens"]].min(axis=1)
    starts = START + pd.to_timedelta(rng.uniform(0, 300, 3), unit="s")
    outages = pd.DataFrame(
        {
            "start": starts,
            "end": starts + pd.to_timedelta(rng.uniform(1, 300, 3), unit="s"),
            "provider": rng.choice(["alpha", "beta"], 3),
            "status": rng.choice([400, 401, 404, 429, 500, 503], 3),
            "probability": rng.choice([0.3, 1.0], 3),
        }
    )
    return frame, outages


MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(plans(), weeks(), st.sampled_from(["proxy", "sdk"]), st.integers(0, 9))
def test_invariants_of_a_replay(plan, week, accounting, seed):
    frame, outages = week
    replay = simulate(frame, plan, outages=outages, accounting=accounting, seed=seed)
    rows, summary = replay.decisions, replay.summary
    # every request ends exactly once
    assert summary["served"] + summary["failed"] + summary["refused"] == len(frame)
    assert ((rows["status"] == 200) == rows["model"].notna()).all()
    assert (rows["latency_s"] >= 0).all()
    # money is paid for answers alone, by the catalog's formula
    served = rows[rows["model"].notna()]
    assert (rows["cost_usd"][rows["model"].isna()] == 0).all()
    for name, part in served.groupby("model"):
        expected = plan.catalog.cost(
            str(name), part["input_tokens"], part["output_tokens"], part["cached_input_tokens"]
        )
        assert np.allclose(part["cost_usd"], expected, rtol=0, atol=1e-12)
    # attempts are counted, and the last one of a served request succeeded
    counts = replay.attempts.groupby("request_id").size()
    assert (
        rows.set_index("request_id")["attempts"] == counts.reindex(rows["request_id"]).fillna(0)
    ).all()
    group_of = {d.id: group for group, ds in plan.models.items() for d in ds}
    for _, tries in replay.attempts.groupby("request_id", sort=False):
        assert (tries["status"].iloc[:-1] != 200).all()
        visited = [group for group, _ in groupby(tries["deployment"].map(group_of))]
        assert len(visited) == len(set(visited)), "a fallback target was tried twice"
    _no_attempt_while_cooling(replay)


def _no_attempt_while_cooling(replay):
    starts = {name: part["timestamp"] for name, part in replay.attempts.groupby("deployment")}
    for name, part in replay.cooldowns.groupby("deployment"):
        end = pd.Timestamp.min.tz_localize("UTC")
        for begin in part["timestamp"]:
            if begin < end:
                continue  # a failure of a call that was in flight does not extend the cooldown
            end = begin + pd.Timedelta(COOLDOWN_S, "s")
            inside = (starts[name] > begin) & (starts[name] < end - pd.Timedelta(1, "us"))
            assert not inside.any(), f"{name} was called while cooling"


@MANY
@given(rich_plans(), weeks(), st.sampled_from(["proxy", "sdk"]))
def test_conservation_beyond_the_gateway(plan, week, accounting):
    frame, outages = week
    replay = simulate(frame, plan, outages=outages, accounting=accounting)
    rows, summary = replay.decisions, replay.summary
    assert summary["served"] + summary["failed"] + summary["refused"] == len(frame)
    assert (rows["latency_s"] >= 0).all() and (rows["extra_usd"] >= 0).all()
    assert summary["spend_usd"] == pytest.approx((rows["cost_usd"] + rows["extra_usd"]).sum())
    assert (rows["cost_usd"][rows["model"].isna()] == 0).all()
    assert (rows["attempts"][rows["model"].notna()] >= 1).all()
    if not plan.cooldown.disabled:
        _no_attempt_while_cooling(replay)
    limited = plan.models["b"][0]
    if plan.enforce_model_rate_limits:
        calls = replay.attempts[replay.attempts["deployment"] == limited.id]
        assert calls.groupby(calls["timestamp"].dt.floor("min")).size().max() <= limited.rpm or (
            calls.empty
        )


@MANY
@given(rich_plans(), weeks(), st.integers(1, 40))
def test_the_same_seed_and_any_chunks_give_the_same_replay(plan, week, chunk):
    frame, outages = week
    whole = simulate(frame, plan, outages=outages, seed=1)
    again = simulate(frame, plan, outages=outages, seed=1)
    pd.testing.assert_frame_equal(whole.decisions, again.decisions)
    kept = runner.run.__kwdefaults__
    runner.run.__kwdefaults__ = {**kept, "chunk": chunk}
    try:
        parts = simulate(frame, plan, outages=outages, seed=1)
    finally:
        runner.run.__kwdefaults__ = kept
    pd.testing.assert_frame_equal(whole.decisions, parts.decisions)
    pd.testing.assert_frame_equal(whole.attempts, parts.attempts)


@MANY
@given(plans(), weeks())
def test_a_calendar_budget_is_passed_by_no_more_than_what_was_in_flight(plan, week):
    frame, outages = week
    replay = simulate(frame, plan, outages=outages)
    budget = next((b for b in plan.budgets if b.scope == "plan"), None)
    if budget is None:
        return
    rows = replay.decisions
    end = rows["timestamp"] + pd.to_timedelta(rows["latency_s"], unit="s")
    dearest = rows["cost_usd"].max()
    for cost, begin in zip(rows["cost_usd"], rows["timestamp"], strict=True):
        if cost > 0:
            booked = rows["cost_usd"][end <= begin].sum()
            assert booked <= budget.limit_usd + 1e-9
            in_flight = int(((rows["timestamp"] <= begin) & (end > begin)).sum())
            assert in_flight >= 1
    flights = max(int(((rows["timestamp"] <= t) & (end > t)).sum()) for t in rows["timestamp"])
    assert replay.summary["spend_usd"] <= budget.limit_usd + (flights + 1) * dearest + 1e-9
