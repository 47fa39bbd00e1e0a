"""Models fitted on a log, in a replay: sources are named, ranges hold, luck is shared."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Assumptions, Plan, simulate
from routelab.datasets import load_traffic


@pytest.fixture(scope="module")
def week():
    return load_traffic().head(4000)


@pytest.fixture(scope="module")
def fitted(week):
    return Assumptions.fit(week)


@pytest.fixture
def plan(root):
    return Plan.from_yaml(root / "data" / "plan.yaml").replace(router=None, rules=())


def test_latency_and_length_of_another_model_come_from_the_log(week, fitted):
    plan = Plan(models={"big": "gpt-4o", "small": "gpt-4o-mini"}, default="small")
    bare = simulate(week, plan)
    found = simulate(week, plan, assumptions=fitted)
    assert set(fitted.notes()) <= set(found.notes)
    here = fitted.for_plan(plan).to_frame()
    served = found.decisions.dropna(subset=["deployment"])
    served = served[served["attempts"] == 1]
    logged = week.set_index("request_id").loc[served["request_id"], "model"].to_numpy()
    other = served[(served["model"].to_numpy() != logged) & (served["output_tokens"] > 20)]
    assert len(other) > 100
    one = other.iloc[:2000]
    row = here.loc[one["deployment"]]
    expected = (
        row["ttft_s"].to_numpy()
        + row["ttft_s_per_input_token"].to_numpy() * one["input_tokens"].to_numpy()
        + row["s_per_output_token"].to_numpy() * one["output_tokens"].to_numpy()
    )
    known = ~pd.isna(expected)
    ratio = one["latency_s"].to_numpy()[known] / expected[known]
    assert pd.Series(ratio).median() == pytest.approx(1, abs=0.15)  # lognormal of median 1
    assert not found.decisions["latency_s"].equals(bare.decisions["latency_s"])


def test_the_range_of_the_spend_comes_from_output_length(week, fitted, plan):
    summary = simulate(week, plan, assumptions=fitted).summary
    assert summary["spend_low_usd"] <= summary["spend_usd"] * (1 + 1e-9)
    assert summary["spend_usd"] <= summary["spend_high_usd"] * (1 + 1e-9)
    assert "spend_low_usd" not in simulate(week, plan).summary


def test_two_plans_meet_the_same_luck(week, fitted, plan):
    dear = simulate(week, plan.replace(budgets=()), assumptions=fitted, seed=4).decisions
    tight = simulate(week, plan, assumptions=fitted, seed=4).decisions
    same = (dear["model"] == tight["model"]).fillna(False) & (dear["attempts"] == 1)
    same &= tight["attempts"] == 1
    assert same.sum() > 500
    assert (dear["latency_s"][same] == tight["latency_s"][same]).all()


def test_fitted_failures_happen(make_plan, make_traffic):
    log = make_traffic(
        range(0, 40_000, 10),
        10,
        10,
        model="dear",
        latency_s=1.0,
        status=[200, 200, 200, 500] * 1000,
    )
    fitted = Assumptions.fit(log)
    plan = make_plan(retries={"num_retries": 0}, cooldown={"disabled": True})
    fresh = make_traffic(range(0, 40_000, 10), 10, 10)
    replay = simulate(fresh, plan, assumptions=fitted)
    assert replay.summary["failure_rate"] == pytest.approx(0.25, abs=0.03)
