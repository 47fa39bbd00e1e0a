"""Replays small enough to add up by hand: a request costs USD 2 on dear and USD 0.20 on fair."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, Plan, simulate
from routelab.decide import decide
from routelab.simulation import run as runner
from routelab.simulation.windows import window_edges

from .conftest import START

DAY = 86_400


def test_cost_latency_and_totals(make_plan, make_traffic):
    replay = simulate(make_traffic([0, 10], tokens_in=1000, tokens_out=200), make_plan())
    # 1000 x 1e-6 + 200 x 1e-5 = 0.003 each; 1 s + 200 / 100 tokens/s = 3 s
    assert replay.decisions["cost_usd"].tolist() == pytest.approx([0.003, 0.003])
    assert replay.decisions["latency_s"].tolist() == pytest.approx([3.0, 3.0])
    assert replay.summary["spend_usd"] == pytest.approx(0.006)
    assert replay.summary["share_by_model"] == {"dear": 1.0}
    assert replay.summary["served_by_one_model_usd"]["fair"] == pytest.approx(0.0006)


def test_cached_tokens_cost_the_cached_price(make_traffic):
    traffic = make_traffic([0], tokens_in=1000, tokens_out=0, cached_input_tokens=400)
    replay = simulate(traffic, Plan(models={"a": "gpt-4o"}, default="a"))
    assert replay.summary["spend_usd"] == pytest.approx(600 * 2.5e-6 + 400 * 1.25e-6)


def test_a_daily_budget_downgrades_and_starts_afresh_at_local_midnight(make_plan, make_traffic):
    budget = {"scope": "plan", "limit_usd": 5, "timezone": "Asia/Tokyo", "downgrade_to": ["cheap"]}
    plan = make_plan(
        budgets=[{**budget, "when_exhausted": "serve-last"}], expected_output_tokens=100_000
    )
    # Midnight in Tokyo is 15:00 UTC: two requests of USD 2 fit into 5, the third goes to cheap.
    hours = [1, 2, 3, 14.9, 15.1, 16]
    replay = simulate(make_traffic([h * 3600 for h in hours], tokens_in=1_000), plan)
    assert replay.decisions["model"].tolist()[:1] == ["dear"]
    replay = simulate(make_traffic([h * 3600 for h in hours], tokens_in=9_000), plan)
    per_call = 9_000e-6 + 100_000e-5
    assert replay.decisions["cost_usd"].iloc[0] == pytest.approx(per_call)
    assert replay.decisions["degraded"].tolist() == [False] * 4 + [False] * 2  # 4 x 1.009 < 5
    tight = make_plan(
        budgets=[{**budget, "limit_usd": 2.5, "when_exhausted": "serve-last"}],
        expected_output_tokens=100_000,
    )
    replay = simulate(make_traffic([h * 3600 for h in hours], tokens_in=9_000), tight)
    assert replay.decisions["degraded"].tolist() == [False, False, True, True, False, False]
    assert replay.daily.index.tolist() == ["2026-01-05", "2026-01-06"]


def test_an_exhausted_budget_refuses_when_nothing_fits(make_plan, make_traffic):
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 1.5}], expected_output_tokens=100_000)
    replay = simulate(make_traffic([0, 5000], tokens_in=9_000), plan)
    assert replay.decisions["error"].tolist() == ["", "BudgetExceededError"]
    assert replay.summary["refused"] == 1
    assert replay.summary["failed"] == 0


def test_budgets_of_tiers_and_users_see_only_their_own(make_plan, make_traffic):
    budgets = [
        {"scope": "tier", "name": "free", "limit_usd": 1.5},
        {"scope": "user", "limit_usd": 2.5},
    ]
    plan = make_plan(budgets=budgets, expected_output_tokens=100_000)
    traffic = make_traffic(
        range(0, 35_000, 5_000),
        tokens_in=9_000,
        tier=["free", "free", "pro", "pro", "pro", "pro", None],
        user=["a", "b", "c", "c", "c", "d", None],
    )
    errors = simulate(traffic, plan).decisions["error"].tolist()
    assert [bool(e) for e in errors] == [False, True, False, False, True, False, False]


def test_a_budget_for_a_tier_that_nobody_has_is_noted(make_plan, make_traffic):
    plan = make_plan(budgets=[{"scope": "tier", "name": "gold", "limit_usd": 1}])
    assert any("tier 'gold'" in note for note in simulate(make_traffic([0], 10, 10), plan).notes)


def test_a_budget_per_user_notes_requests_without_one(make_plan, make_traffic):
    plan = make_plan(budgets=[{"scope": "user", "limit_usd": 1}])
    assert any("name no user" in note for note in simulate(make_traffic([0], 10, 10), plan).notes)


def test_spend_passes_a_calendar_limit_by_no_more_than_what_was_in_flight(make_plan, make_traffic):
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 10}], expected_output_tokens=100_000)
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.uniform(0, 3600, 200))
    replay = simulate(
        make_traffic(seconds, tokens_in=9_000, tokens_out=rng.integers(1, 100_000, 200)), plan
    )
    dearest = 9_000e-6 + 100_000e-5
    assert replay.summary["spend_usd"] <= 10 + 40 * dearest
    assert replay.summary["refused"] > 0


def outage(start, end, provider="alpha", **columns):
    stamps = {"start": [START + pd.Timedelta(start, "s")], "end": [START + pd.Timedelta(end, "s")]}
    return pd.DataFrame({**stamps, "provider": provider, **columns})


def test_fallbacks_carry_requests_through_an_outage(make_plan, make_traffic):
    traffic = make_traffic(range(0, 1000, 100), tokens_in=1000, tokens_out=100)
    bare = simulate(traffic, make_plan(retries={"num_retries": 0}), outages=outage(200, 500))
    assert bare.summary["failed"] == 3
    assert bare.decisions["error"].tolist()[2:5] == ["ServiceUnavailableError"] * 3
    plan = make_plan(retries={"num_retries": 0}, fallbacks={"strong": ["cheap"]})
    covered = simulate(traffic, plan, outages=outage(200, 500))
    assert covered.summary["failed"] == 0
    assert covered.decisions["model"].tolist()[2:5] == ["fair"] * 3
    assert covered.summary["fallbacks"] == 3
    assert len(covered.attempts) == 13


def test_an_outage_of_one_model_spares_the_others(make_plan, make_traffic):
    schedule = outage(0, 500, model="other")
    replay = simulate(make_traffic([0], 10, 10), make_plan(), outages=schedule)
    assert replay.summary["failed"] == 0
    assert "no outage touches a provider of this plan" in replay.notes


def test_a_partial_outage_fails_its_share_and_the_same_seed_the_same_requests(
    make_plan, make_traffic
):
    traffic = make_traffic(range(0, 40_000, 10), tokens_in=10, tokens_out=10)
    plan = make_plan(retries={"num_retries": 0}, cooldown={"disabled": True})
    half = outage(0, 40_000, probability=0.5)
    first, again = (simulate(traffic, plan, outages=half, seed=3) for _ in range(2))
    assert first.decisions["error"].equals(again.decisions["error"])
    assert 0.46 < first.summary["failure_rate"] < 0.54
    other = simulate(traffic, plan, outages=half, seed=4)
    assert not first.decisions["error"].equals(other.decisions["error"])


def test_a_request_that_failed_in_the_log_fails_again_on_the_same_model(make_plan, make_traffic):
    columns = {
        "model": ["dear", "dear", "else"],
        "status": [500, 200, 500],
        "latency_s": [0.2, 7.0, 0.2],
    }
    traffic = make_traffic([0, 100, 200], tokens_in=10, tokens_out=[0, 10, 0], **columns)
    replay = simulate(traffic, make_plan(retries={"num_retries": 0}))
    assert replay.decisions["error"].tolist() == ["InternalServerError", "", ""]
    assert replay.decisions["latency_s"].iloc[1] == pytest.approx(
        7.0
    )  # as logged, on the logged model
    assert replay.decisions["output_tokens"].tolist() == [0, 10, 10]
    assert any("failed in the log without output_tokens: 10 assumed" in n for n in replay.notes)


def test_prompts_longer_than_the_window_take_the_context_window_fallback(make_traffic):
    plan = Plan(
        models={"small": "gpt-4o-mini", "big": "gemini/gemini-2.5-flash"},
        default="small",
        context_window_fallbacks={"small": ["big"]},
    )
    replay = simulate(make_traffic([0], tokens_in=200_000, tokens_out=10), plan)
    assert replay.decisions["model"].tolist() == ["gemini/gemini-2.5-flash"]


def test_timeouts_count_as_failures_and_fall_back(make_plan, make_traffic):
    plan = make_plan(timeout_s=2, retries={"num_retries": 0}, fallbacks={"strong": ["cheap"]})
    replay = simulate(
        make_traffic([0], tokens_in=10, tokens_out=140), plan
    )  # 2.4 s on dear, 1.9 s on fair
    assert replay.decisions["model"].tolist() == ["fair"]
    assert replay.attempts["status"].tolist() == [-408, 200]


def test_retries_of_a_lone_deployment_wait_within_the_gateways_range(make_plan, make_traffic):
    plan = make_plan(retries={"num_retries": 2})
    replay = simulate(make_traffic([0], 10, 10), plan, outages=outage(0, 100))
    gaps = replay.attempts["timestamp"].diff().dt.total_seconds().tolist()[1:]
    assert 0.3 + 0.5 <= gaps[0] < 0.3 + 1.25
    assert 0.3 + 1.0 <= gaps[1] < 0.3 + 1.75
    assert replay.summary["retries"] == 2


def test_weights_share_the_load(make_traffic):
    deployments = [
        {"id": "a", "model": "gpt-4o", "weight": 3},
        {"id": "b", "model": "gpt-4o", "weight": 1},
    ]
    plan = Plan(models={"g": deployments}, default="g")
    replay = simulate(make_traffic(range(4000), 10, 10), plan)
    assert 0.72 < (replay.decisions["deployment"] == "a").mean() < 0.78


def test_cheapest_price_and_least_busy_strategies(make_traffic):
    deployments = [{"id": "a", "model": "gpt-4o"}, {"id": "b", "model": "gpt-4o-mini"}]
    by_cost = Plan(models={"g": deployments}, default="g", strategy="cost-based-routing")
    assert set(simulate(make_traffic(range(9), 10, 10), by_cost).decisions["deployment"]) == {"b"}
    busy = by_cost.replace(strategy="least-busy")
    replay = simulate(make_traffic([0, 0.01, 0.02, 0.03], 10, 600), busy)
    assert replay.decisions["deployment"].tolist() == ["a", "b", "a", "b"]


def test_chunks_do_not_change_the_answer(make_plan, make_traffic, monkeypatch):
    traffic = make_traffic(np.sort(np.random.default_rng(1).uniform(0, 2000, 500)), 10, 200)
    plan = make_plan(fallbacks={"strong": ["cheap"]}, cooldown={"allowed_fails": 2})
    schedule = outage(300, 900, probability=0.6)
    whole = simulate(traffic, plan, outages=schedule)
    monkeypatch.setattr(runner.run, "__kwdefaults__", {**runner.run.__kwdefaults__, "chunk": 7})
    seen = []
    parts = simulate(
        traffic, plan, outages=schedule, progress=lambda done, total: seen.append(done)
    )
    pd.testing.assert_frame_equal(whole.decisions, parts.decisions)
    assert seen[-1] == 500
    assert len(seen) == 72


def test_many_requests_in_flight_at_once(make_plan, make_traffic):
    replay = simulate(make_traffic([0.001 * i for i in range(700)], 10, 10_000), make_plan())
    assert replay.summary["served"] == 700


def test_an_unsorted_log_is_sorted_and_noted(make_plan, make_traffic):
    replay = simulate(make_traffic([100, 0, 50], 10, 10), make_plan())
    assert replay.decisions["request_id"].tolist() == ["r1", "r2", "r0"]
    assert any("went back" in note for note in replay.notes)


def test_limits_by_clock_minute_follow_the_strategy(make_traffic):
    deployments = [{"id": "a", "model": "gpt-4o-mini", "rpm": 3}, {"id": "b", "model": "gpt-4o"}]
    plan = Plan(models={"g": deployments}, default="g", strategy="cost-based-routing")
    traffic = make_traffic([0, 5, 10, 15, 20, 60, 61], 10, 10)
    # three successes in the first minute use up a's limit, the second minute starts afresh
    assert simulate(traffic, plan).decisions["deployment"].tolist() == [*"aaabb", *"aa"]
    alone = plan.replace(
        models={"g": deployments[:1]}, strategy="usage-based-routing-v2", retries={"num_retries": 0}
    )
    # usage-based routing is off by one: rpm 3 serves two calls a minute
    served = simulate(traffic, alone).decisions["deployment"].notna().tolist()
    assert served == [True, True, False, False, False, True, True]


def test_usage_based_routing_prefers_the_fewest_tokens(make_traffic):
    deployments = [{"id": "a", "model": "gpt-4o"}, {"id": "b", "model": "gpt-4o", "tpm": 1500}]
    plan = Plan(models={"g": deployments}, default="g", strategy="usage-based-routing-v2")
    traffic = make_traffic(range(0, 40, 10), tokens_in=1000, tokens_out=10)
    used = simulate(traffic, plan).decisions["deployment"].tolist()
    assert sorted(used[:2]) == ["a", "b"]  # the one that was not used yet comes second
    assert used[2:] == ["a", "a"]  # b would pass 1500 tokens in this minute


def test_latency_based_routing_settles_on_the_faster_model(make_plan, make_traffic):
    models = {"g": [{"id": "slow", "model": "dear"}, {"id": "fast", "model": "fair"}]}
    plan = make_plan(models=models, default="g", strategy="latency-based-routing")
    replay = simulate(make_traffic(range(0, 1000, 20), 10, 100), plan)  # 2.0 s and 1.5 s
    used = replay.decisions["deployment"]
    assert set(used[:2]) == {"slow", "fast"}
    assert (used[20:] == "fast").all()


def test_latency_based_routing_avoids_what_timed_out(make_plan, make_traffic):
    models = {"g": [{"id": "slow", "model": "dear"}, {"id": "fast", "model": "fair"}]}
    plan = make_plan(
        models=models, default="g", strategy="latency-based-routing", timeout_s=1.8, fallbacks={}
    )
    replay = simulate(make_traffic(range(0, 1000, 20), 10, 100), plan)
    assert (replay.attempts["status"] == -408).sum() <= 2


def test_bad_input_is_one_clear_error(make_plan, make_traffic):
    with pytest.raises(InputError, match="no requests"):
        simulate(make_traffic([]), make_plan())
    with pytest.raises(InputError, match="2 of 2 requests have no output_tokens"):
        simulate(make_traffic([0, 1], 10, pd.array([pd.NA, pd.NA], "Int64")), make_plan())
    with pytest.raises(InputError, match="accounting must be"):
        simulate(make_traffic([0], 10, 10), make_plan(), accounting="both")
    with pytest.raises(InputError, match="needs the column 'end'"):
        simulate(
            make_traffic([0], 10, 10),
            make_plan(),
            outages=pd.DataFrame({"start": [], "provider": []}),
        )


def test_a_replay_can_be_saved_printed_and_shown(make_plan, make_traffic, tmp_path):
    replay = simulate(make_traffic([0, DAY], 1000, 100, cost_usd=0.5), make_plan(name="<b>"))
    replay.save(tmp_path / "out")
    rows = pd.read_parquet(tmp_path / "out" / "decisions.parquet")
    assert len(rows) == 2
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["summary"]["requests"] == 2
    with pytest.raises(InputError, match="exists already"):
        replay.save(tmp_path / "out")
    assert "the log: $1.00" in str(replay)
    assert "<b>" not in replay._repr_html_()


def test_midnights_follow_the_clock_change():
    start = pd.Timestamp("2026-10-24T12:00:00Z").to_pydatetime()
    end = pd.Timestamp("2026-10-25T12:00:00Z").to_pydatetime()
    edges = window_edges("1d", "Europe/Berlin", start, end)[1:]
    assert np.diff(edges).tolist() == [25 * 3600]


def test_the_azure_trace_replays_whole(data, root):
    from routelab import read_log

    traffic = read_log(data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv").frame
    replay = simulate(traffic, Plan.from_yaml(root / "data" / "plan.yaml"))
    assert len(replay.decisions) == 13_927
    assert replay.summary["served"] + replay.summary["failed"] + replay.summary["refused"] == 13_927
    assert "no request carries a prompt, so the router was never asked" in replay.notes


def test_decisions_may_be_made_once_for_plans_that_differ_in_money(make_plan, make_traffic):
    traffic = make_traffic([0, 5000], tokens_in=9_000)
    decided = decide(make_plan(), traffic)
    for plan in (make_plan(), make_plan(budgets=[{"scope": "plan", "limit_usd": 1.5}])):
        shared, own = simulate(traffic, plan, decisions=decided), simulate(traffic, plan)
        pd.testing.assert_frame_equal(shared.decisions, own.decisions)
    with pytest.raises(InputError, match="2 decisions were given for 1 requests"):
        simulate(traffic.head(1), make_plan(), decisions=decided)
    with pytest.raises(InputError, match="'weak', which is no model group"):
        simulate(traffic, make_plan(), decisions=decided.assign(group="weak"))
