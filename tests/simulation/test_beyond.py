"""What a plan can hold beyond the gateway, and the gateway's key budgets: cases to add up by hand.

A request of 9,000 + 100,000 tokens costs USD 1.009 on strong (1,001 s) and 0.1009 on cheap.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from routelab import InputError, simulate
from routelab.simulation.answers import build_answers
from routelab.simulation.arrays import P_INDEPENDENT, Trace
from routelab.simulation.run import run
from routelab.simulation.simulate import plan_arrays
from routelab.simulation.trace import ready, request_rows, survey
from routelab.simulation.windows import window_edges

from .conftest import START

HOUR = 3600
BIG = {"tokens_in": 9_000, "tokens_out": 100_000}


def plan_budget(**fields):
    return {"scope": "plan", "limit_usd": 10, "downgrade_to": ["cheap"], **fields}


def spread(n, hours=24.0):
    return [i * hours * HOUR / n for i in range(n)]


def test_a_soft_limit_downgrades_early_and_never_refuses(make_plan, make_traffic):
    traffic = make_traffic(spread(12), **BIG)
    plan = make_plan(budgets=[plan_budget(soft_at=0.5)], expected_output_tokens=100_000)
    rows = simulate(traffic, plan).decisions
    # 5 x 1.009 is above half of 10: from the sixth on everything is cheap
    assert rows["degraded"].tolist() == [False] * 5 + [True] * 7
    assert rows["status"].eq(200).all()


def test_reservation_keeps_concurrent_requests_within_the_limit(make_plan, make_traffic):
    traffic = make_traffic([i * 0.1 for i in range(40)], **BIG)
    budget = {"scope": "plan", "limit_usd": 5}
    loose = make_plan(budgets=[budget], expected_output_tokens=100_000)
    tight = make_plan(budgets=[{**budget, "reserve": True}], expected_output_tokens=100_000)
    assert simulate(traffic, loose).summary["spend_usd"] == pytest.approx(40 * 1.009)
    kept = simulate(traffic, tight)
    assert kept.summary["spend_usd"] == pytest.approx(4 * 1.009)
    assert kept.summary["refused"] == 36


def test_a_reservation_is_given_back_when_the_request_fails(make_plan, make_traffic):
    outage = pd.DataFrame(
        {"start": [START], "end": [START + pd.Timedelta(10, "s")], "provider": "alpha"}
    )
    plan = make_plan(
        budgets=[{"scope": "plan", "limit_usd": 1.5, "reserve": True}],
        expected_output_tokens=100_000,
        retries={"num_retries": 0},
    )
    replay = simulate(make_traffic([0, 20], **BIG), plan, outages=outage)
    assert replay.decisions["status"].tolist() == [503, 200]


def test_rhythm_pacing_spreads_the_budget_over_the_day(make_plan, make_traffic):
    traffic = make_traffic(spread(48), **BIG)
    eager = make_plan(budgets=[plan_budget(limit_usd=20)], expected_output_tokens=100_000)
    paced = plan_budget(limit_usd=20, pacing="rhythm")
    first = simulate(traffic, eager).decisions
    second = simulate(traffic, make_plan(budgets=[paced], expected_output_tokens=100_000)).decisions
    dear = [np.flatnonzero((rows["model"] == "dear").fillna(False)) for rows in (first, second)]
    assert dear[0].max() < 24  # the budget is gone before noon
    assert dear[1].max() > 40 and np.diff(dear[1]).max() <= 8  # some of it is left all day
    spent = second["cost_usd"].cumsum().to_numpy()
    hours = (second["timestamp"] - START).dt.total_seconds().to_numpy() / HOUR
    # a quarter of an hour ahead, and the cheap answers that pacing never refuses
    assert (spent <= 20 * (hours + 0.25) / 24 + 0.1009 * 48).all()
    assert second["status"].eq(200).all()


def test_primal_dual_pacing_meets_the_mean_cost(make_plan, make_traffic):
    rng = np.random.default_rng(0)
    n = 4000
    traffic = make_traffic(np.sort(rng.uniform(0, 86_000, n)), 1000, rng.integers(50, 400, n))
    values = {"strong": 1.0, "cheap": 0.7}
    mixed = 0.5 * n * (0.001 + 225e-5)
    budget = plan_budget(limit_usd=mixed, pacing="primal-dual", values=values)
    plan = make_plan(budgets=[budget], expected_output_tokens=225)
    replay = simulate(traffic, plan)
    assert 0.85 * mixed < replay.summary["spend_usd"] < 1.02 * mixed
    halves = replay.decisions["cost_usd"].groupby(np.arange(n) * 4 // n).sum()
    assert halves.min() > 0.6 * halves.max()  # every quarter of the day gets its part


def test_half_open_tries_one_call_before_it_trusts(make_plan, make_traffic):
    outage = pd.DataFrame(
        {"start": [START], "end": [START + pd.Timedelta(100, "s")], "provider": "alpha"}
    )
    plain = {"retries": {"num_retries": 0}, "models": {"strong": ["dear", "fair"]}}
    traffic = make_traffic([i / 20 for i in range(1800)], 10, 1000)
    calls = {}
    for trials in (0, 1):
        cooldown = {"seconds": 5, "allowed_fails": 1, "half_open_trials": trials}
        plan = make_plan(cooldown=cooldown, **plain)
        attempts = simulate(traffic, plan, outages=outage, seed=1).attempts
        mine = attempts[attempts["deployment"] == "strong/dear"]
        calls[trials] = len(mine)
        assert (mine["status"] == 503).all()
    assert 0 < calls[1] < calls[0] / 2


def test_a_half_open_breaker_closes_after_a_success(make_plan, make_traffic):
    outage = pd.DataFrame(
        {"start": [START], "end": [START + pd.Timedelta(8, "s")], "provider": "alpha"}
    )
    cooldown = {"seconds": 5, "allowed_fails": 0, "half_open_trials": 1}
    plan = make_plan(
        models={"strong": ["dear", "fair"]}, cooldown=cooldown, retries={"num_retries": 0}
    )
    replay = simulate(make_traffic(range(0, 4000, 2), 10, 10), plan, outages=outage)
    late = replay.decisions["model"][200:].value_counts(normalize=True)
    assert 0.4 < late["dear"] < 0.6


def test_a_hedge_answers_for_a_slow_call_and_both_are_paid(make_plan, make_traffic):
    traffic = make_traffic([0, 5000], 10, [200, 10])  # 3 s and 1.1 s on strong
    bare = simulate(traffic, make_plan())
    plan = make_plan(hedge={"after_s": 0.3, "to": "cheap"})
    hedged = simulate(traffic, plan)
    assert bare.decisions["latency_s"].tolist() == pytest.approx([3.0, 1.1])
    # the second call takes 0.5 s + 2 s and 0.5 s + 0.1 s
    assert hedged.decisions["latency_s"].tolist() == pytest.approx([2.8, 0.9])
    assert hedged.decisions["model"].tolist() == ["fair", "fair"]
    assert hedged.decisions["attempts"].tolist() == [2, 2]
    assert hedged.decisions["extra_usd"].tolist() == pytest.approx([0.00201, 0.00011])
    both = bare.summary["spend_usd"] + hedged.decisions["cost_usd"].sum()
    assert hedged.summary["spend_usd"] == pytest.approx(both)
    late = simulate(traffic, make_plan(hedge={"after_s": 10, "to": "cheap"}))
    assert late.decisions["model"].tolist() == ["dear", "dear"]
    assert late.summary["extra_usd"] == 0


def test_a_hedge_saves_a_request_whose_first_call_fails(make_plan, make_traffic):
    outage = pd.DataFrame(
        {"start": [START], "end": [START + pd.Timedelta(100, "s")], "provider": "alpha"}
    )
    plan = make_plan(hedge={"after_s": 0.1, "to": "cheap"}, retries={"num_retries": 0})
    replay = simulate(make_traffic([0], 10, 10), plan, outages=outage)
    row = replay.decisions.iloc[0]
    assert (row["model"], row["status"], row["error"]) == ("fair", 200, "")
    assert row["latency_s"] == pytest.approx(0.7)
    down = pd.concat([outage, outage.assign(provider="beta")])
    both = simulate(make_traffic([0], 10, 10), plan, outages=down).decisions.iloc[0]
    assert (both["status"], both["error"]) == (503, "ServiceUnavailableError")
    assert both["latency_s"] == pytest.approx(0.4)  # the hedge's own failure ends the wait


def test_a_mirror_costs_and_is_not_answered(make_plan, make_traffic):
    strong = [{"id": "s", "model": "dear", "silent_model": ["cheap"]}]
    plan = make_plan(models={"strong": strong, "cheap": "fair"})
    replay = simulate(make_traffic([0, 100], 1000, 100), plan)
    assert replay.decisions["model"].tolist() == ["dear", "dear"]
    assert replay.decisions["extra_usd"].tolist() == pytest.approx([0.0002, 0.0002])
    assert replay.summary["spend_usd"] == pytest.approx(2 * 0.0022)
    assert replay.attempts["deployment"].tolist() == ["s", "cheap/fair"] * 2


def test_a_session_that_changes_its_model_loses_its_cache(make_plan, make_traffic):
    from routelab import Catalog, Plan
    from routelab.catalog import Model

    models = [
        Model("a", "p", 1.0, 1e-9, cached_input_usd_per_mtok=0.1, ttft_s=1, output_tokens_per_s=9),
        Model("b", "p", 1.0, 1e-9, cached_input_usd_per_mtok=0.1, ttft_s=1, output_tokens_per_s=9),
    ]
    catalog = Catalog(models)
    groups = {"x": "a", "y": "b"}
    traffic = make_traffic(
        [0, 60, 120, 180, 1000],
        1000,
        1,
        cached_input_tokens=[0, 800, 800, 800, 800],
        session_id="s",
        model=["x", "x", "y", "y", "x"],
    )
    plan = Plan(models=groups, default="x", catalog=catalog)
    rows = simulate(traffic, plan).decisions
    # the third call changes the model; the fifth comes when the session is forgotten
    assert rows["cached_input_tokens"].tolist() == [0, 800, 0, 800, 800]
    assert rows["lost_cache_usd"].tolist() == pytest.approx([0, 0, 800e-6 * 0.9, 0, 0])
    as_logged = simulate(traffic, plan.replace(prompt_cache_ttl_s=None))
    assert as_logged.decisions["cached_input_tokens"].tolist() == [0, 800, 800, 800, 800]


def test_key_budgets_reserve_the_worst_case_and_refuse_with_422(make_plan, make_traffic):
    # the worst case is 16,384 tokens of answer: 0.009 + 0.16384 a request
    plan = make_plan(budgets=[{"scope": "key", "limit_usd": 0.5}])
    traffic = make_traffic([0, 1, 2, 3, 4, 5], 9_000, 100, key=["k"] * 5 + ["other"])
    rows = simulate(traffic, plan).decisions
    # admitted while anything is left; the third reservation is shrunk to the rest
    assert rows["status"].tolist() == [200, 200, 200, 200, 200, 200]
    at_once = make_traffic([0, 0.1, 0.2, 0.3, 0.4, 0.5], 9_000, 100, key=["k"] * 5 + ["other"])
    rows = simulate(at_once, plan).decisions
    assert rows["status"].tolist() == [200, 200, 200, 422, 422, 200]
    assert rows["error"].tolist()[3] == "BudgetExceededError"


def test_a_budget_per_team_needs_its_column(make_plan, make_traffic):
    plan = make_plan(budgets=[{"scope": "team", "limit_usd": 1}])
    with pytest.raises(InputError, match="needs a column 'team' in the traffic"):
        simulate(make_traffic([0], 10, 10), plan)


def test_exact_minute_limits_hold_in_each_clock_minute(make_plan, make_traffic):
    limited = {"strong": [{"id": "s", "model": "dear", "rpm": 3}], "cheap": "fair"}
    plan = make_plan(
        models=limited,
        enforce_model_rate_limits=True,
        fallbacks={"strong": ["cheap"]},
        retries={"num_retries": 0},
        cooldown={"disabled": True},
    )
    replay = simulate(make_traffic(range(0, 600, 5), 10, 1), plan)
    served = replay.decisions[replay.decisions["deployment"] == "s"]
    assert served.groupby(served["timestamp"].dt.floor("min")).size().tolist() == [3] * 10
    assert replay.summary["failed"] == 0


def test_a_plan_without_shared_state_gives_the_same_answer_either_way(make_plan, make_traffic):
    rng = np.random.default_rng(1)
    plan = make_plan(
        models={"strong": ["dear", "fair"], "cheap": "fair"},
        fallbacks={"strong": ["cheap"]},
        cooldown={"disabled": True},
        timeout_s=2.5,
    )
    traffic = ready(
        make_traffic(np.sort(rng.uniform(0, 900, 800)), 100, rng.integers(1, 300, 800)), []
    )
    outages = pd.DataFrame(
        {
            "start": [START],
            "end": [START + pd.Timedelta(600, "s")],
            "provider": "alpha",
            "probability": 0.4,
        }
    )
    known = survey(plan, [traffic])
    trace = Trace(request_rows(plan, traffic, pd.Series(["strong"] * 800), known))
    provider = build_answers(plan, outages, known.start, [])
    arrays = plan_arrays(plan, known, accounting="proxy", seed=5)
    assert arrays.setting[P_INDEPENDENT] == 1
    followed, _ = run(arrays, provider, trace)
    arrays.setting[P_INDEPENDENT] = 0
    evented, _ = run(arrays, provider, trace)
    np.testing.assert_array_equal(followed.done, evented.done)
    assert followed.done[:, 12].sum() > 50  # retries happened


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scope": "plan", "limit_usd": 1, "soft_at": 0.8}, "soft_at and pacing need downgrade_to"),
        ({"scope": "plan", "limit_usd": 0}, "greater than 0"),
        ({"scope": "provider", "name": "alpha", "limit_usd": 1, "period": "0d"}, "above 0"),
        ({"scope": "key", "limit_usd": 1, "reserve": True}, "is the gateway's"),
        ({**plan_budget(pacing="primal-dual")}, "needs values"),
        (
            {**plan_budget(pacing="primal-dual", values={"strong": 1})},
            "no value for the model group",
        ),
        ({**plan_budget(soft_at=1.2)}, "less than 1"),
    ],
)
def test_budgets_that_make_no_sense_are_refused(make_plan, fields, message):
    with pytest.raises((ValidationError, InputError), match=message):
        make_plan(budgets=[fields])


def test_windows_follow_the_calendar():
    start = pd.Timestamp("2026-01-29T10:30:00Z").to_pydatetime()
    end = pd.Timestamp("2026-02-02T00:00:00Z").to_pydatetime()
    week = window_edges("7d", "UTC", start, end)
    assert week == [-(3 * 24 + 10.5) * HOUR, (3 * 24 + 13.5) * HOUR, (10 * 24 + 13.5) * HOUR]
    month = window_edges("30d", "UTC", start, end)
    assert month[1] == (2 * 24 + 13.5) * HOUR  # the first of February
    assert window_edges("6h", "UTC", start, start)[:2] == [-4.5 * HOUR, 1.5 * HOUR]
    late = window_edges("6h", "UTC", start, start, late=True)
    assert late[1] == 1.5 * HOUR  # a multiple of 600 s already
    assert window_edges("7m", "UTC", start, start, late=True)[1] % 600 == 0


def test_the_cache_of_decisions_saves_the_router(make_plan, make_traffic):
    from routelab import make_router

    router = make_router("centroid").fit(["write code", "hello there"] * 3, ["strong", "cheap"] * 3)
    prompts = ["write code", "write code", "hello there", "write code"]
    traffic = make_traffic([0, 1, 2, 5000], 10, 10, prompt=prompts)
    plan = make_plan(router=router, decision_cache={"ttl_s": 60})
    priced = plan.replace(router=plan.router.model_copy(update={"usd_per_decision": 0.001}))
    summary = simulate(traffic, priced).summary
    # the second prompt is known; the fourth has been forgotten
    assert (summary["cache_hits"], summary["cache_hit_rate"]) == (1, 0.25)
    assert summary["cache_saved_usd"] == pytest.approx(0.001)
    assert summary["router_usd"] == pytest.approx(0.003)


def test_limits_of_the_kernel_are_said(make_plan, monkeypatch):
    from routelab.simulation import arrays

    crowd = [{"id": f"d{i}", "model": "dear"} for i in range(63)]
    with pytest.raises(ValidationError, match="up to 62 deployments, got 63"):
        make_plan(models={"strong": crowd}, enable_weighted_failover=True)
    monkeypatch.setattr(arrays, "MAX_SLOTS", 256)
    rows = 600
    stamps = START + pd.to_timedelta(np.zeros(rows), unit="s")
    frame = pd.DataFrame({"timestamp": stamps, "input_tokens": 1, "output_tokens": 1})
    with pytest.raises(InputError, match="more than 256 requests are in flight at once"):
        simulate(frame, make_plan())
