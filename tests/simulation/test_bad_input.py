"""Odd traffic, plans and schedules: a clear error or a documented meaning, never a wrong number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, simulate

from .conftest import START


def test_unsorted_and_equal_stamps_are_sorted_stably_and_reported(make_plan, make_traffic):
    traffic = make_traffic([5, 3, 3, 9, 3], 10, 10)
    replay = simulate(traffic, make_plan())
    assert replay.decisions["request_id"].tolist() == ["r1", "r2", "r4", "r0", "r3"]
    assert any("timestamps went back 2 times" in note for note in replay.notes)
    same = simulate(make_traffic([3, 3, 3], 10, 10), make_plan())
    assert "requests at the instant of the one before, in the log's order: 2" in same.notes


@pytest.mark.parametrize("column", ["input_tokens", "output_tokens"])
def test_negative_and_missing_tokens_are_refused(make_plan, make_traffic, column):
    traffic = make_traffic([0, 1], 10, 10)
    traffic.loc[1, column] = -5
    with pytest.raises(InputError, match=rf"'{column}' must be >= 0, got -5 \(row 1\)"):
        simulate(traffic, make_plan())
    traffic = traffic.astype({column: "Int64"})
    traffic.loc[1, column] = pd.NA
    with pytest.raises(InputError, match=f"1 of 2 requests have no {column} \\(first: 'r1'\\)"):
        simulate(traffic, make_plan())


def test_a_plan_that_can_never_serve_says_so(make_plan, make_traffic):
    plan = make_plan(enable_pre_call_checks=True, retries={"num_retries": 0})
    replay = simulate(make_traffic([0, 1], 50_000, 10), plan)
    assert replay.summary["served"] == 0
    assert replay.notes[-1] == (
        "nothing was served; most requests ended with ContextWindowExceededError"
    )


def test_outages_that_overlap_or_have_no_length(make_plan, make_traffic):
    traffic = make_traffic(range(0, 100, 10), 10, 10)
    plan = make_plan(retries={"num_retries": 0}, cooldown={"disabled": True})

    def schedule(*spans):
        starts, ends = zip(*spans, strict=True)
        stamps = [START + pd.to_timedelta(list(part), unit="s") for part in (starts, ends)]
        return pd.DataFrame({"start": stamps[0], "end": stamps[1], "provider": "alpha"})

    twice = simulate(traffic, plan, outages=schedule((15, 45), (35, 65), (35, 45)))
    once = simulate(traffic, plan, outages=schedule((15, 65)))
    assert twice.summary["failed"] == once.summary["failed"] == 5
    nothing = simulate(traffic, plan, outages=schedule((20, 20), (50, 40)))
    assert nothing.summary["failed"] == 0
    assert "2 outages end when or before they start: they have no effect" in nothing.notes


def test_one_request(make_plan, make_traffic):
    replay = simulate(
        make_traffic([0], 1000, 100), make_plan(budgets=[{"scope": "plan", "limit_usd": 1}])
    )
    assert replay.summary["requests"] == replay.summary["served"] == 1
    assert replay.summary["spend_per_day_usd"] == pytest.approx(0.002)


def test_a_clock_that_jumps_ten_years(make_plan, make_traffic):
    traffic = make_traffic([0, 10, 315_576_000, 315_576_010], 9_000, 100_000)
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 1.5}], expected_output_tokens=100_000)
    replay = simulate(traffic, plan)
    assert replay.summary["spend_usd"] == pytest.approx(4 * 1.009)  # two in flight, on two days
    assert replay.daily.index.tolist() == ["2026-01-05", "2036-01-05"]
    keys = plan.replace(budgets=[{"scope": "key", "limit_usd": 1, "period": "1m"}])
    with pytest.raises(InputError, match="'1m' has more than 200,000 windows"):
        simulate(traffic.assign(key="k"), keys)


def test_a_thousand_million_tokens(make_plan, make_traffic):
    replay = simulate(make_traffic([0, 1], 10**9, 10**9), make_plan(models={"strong": "fair"}))
    # beyond the window of the model, so the provider refuses; nothing is paid
    assert replay.decisions["error"].eq("ContextWindowExceededError").all()
    from routelab import Catalog, Plan
    from routelab.catalog import Model

    free = Model("big", "p", 0.1, 1.0, ttft_s=0.5, output_tokens_per_s=100.0)
    plan = Plan(models={"a": "big"}, default="a", catalog=Catalog([free]), timeout_s=1e9)
    rows = simulate(make_traffic([0, 1], 10**9, 10**9), plan).decisions
    assert rows["cost_usd"].tolist() == pytest.approx([1100.0, 1100.0])
    assert np.isclose(rows["latency_s"], 0.5 + 1e7).all()
