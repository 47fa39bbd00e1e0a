"""An A/B log carries its propensities: shares, ramp, layer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, Plan, evaluate_policy, split_propensities
from routelab.datasets import load_traffic
from routelab.decide import decide
from routelab.plan import Split
from routelab.split import assign

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ARMS = {"control": {"share": 0.7}, "treatment": {"share": 0.3, "model": "strong"}}
POLICY = {"control": 0.5, "treatment": 0.5}


def split_of(**fields):
    return Split(**{"name": "t", "arms": ARMS, **fields})


def ramp_of(*shares):
    return [{"from": DAY + timedelta(days=d), "share": share} for d, share in enumerate(shares)]


def test_shares_ramp_and_layer_multiply():
    split = split_of(ramp=ramp_of(0.1, 0.5), layer="l", layer_range=(0.2, 0.6))
    times = [DAY - timedelta(hours=1), DAY, DAY + timedelta(days=1)]
    table = split_propensities(split, ["a", "b", "c"], times)
    # (0.6 - 0.2) x 0, 0.1, 0.5, each x 0.7 and 0.3
    assert table.columns.tolist() == ["control", "treatment"]
    assert table.to_numpy() == pytest.approx(
        np.array([[0, 0], [0.028, 0.012], [0.14, 0.06]]), abs=1e-12
    )
    given = split_propensities(split, ["a"] * 3, given_reached=True)
    assert given.to_numpy() == pytest.approx(np.tile([0.7, 0.3], (3, 1)))


def test_units_meet_the_arms_as_often_as_their_propensities_say():
    split = split_of(ramp=ramp_of(0.2, 0.8), layer="l", layer_range=(0.1, 0.9))
    units = [f"user-{i}" for i in range(20_000)]
    times = [DAY + timedelta(days=i % 2) for i in range(20_000)]
    arms = pd.Series(assign(split, units, times), dtype=object)
    table = split_propensities(split, units, times)
    for name in ARMS:
        for day in (0, 1):
            rows = np.arange(20_000) % 2 == day
            p = table[name][rows].iloc[0]
            error = np.sqrt(p * (1 - p) / 10_000)
            assert abs((arms[rows] == name).mean() - p) < 4 * error


def test_times_are_needed_and_counted():
    with pytest.raises(InputError, match="the split 't' has a ramp"):
        split_propensities(split_of(ramp=ramp_of(1.0)), ["u"])
    with pytest.raises(InputError, match="2 units need as many times, got 1"):
        split_propensities(split_of(ramp=ramp_of(1.0)), ["u", "v"], [DAY])


@pytest.fixture
def ab_log():
    """Users of one group each; the treatment is better by 0.2 and costs twice as much."""
    rng = np.random.default_rng(5)
    user = rng.integers(0, 600, 3_000)
    split = split_of()
    arm = np.array(assign(split, [f"u{u}" for u in user]), object)
    new = arm == "treatment"
    own = rng.normal(0, 0.1, 600)[user]
    return pd.DataFrame(
        {
            "user": [f"u{u}" for u in user],
            "timestamp": [DAY + timedelta(minutes=i) for i in range(3_000)],
            "arm": arm,
            "quality": 0.6 + 0.2 * new + own + rng.normal(0, 0.2, 3_000),
            "cost_usd": (1 + new) * rng.gamma(4, 0.00025, 3_000),
        }
    )


def test_an_ab_log_is_evaluated_without_further_input(ab_log):
    result = evaluate_policy(ab_log, POLICY, split=split_of(), n_boot=400)
    row = result.to_frame().loc["DR"]
    assert row["quality_low"] < 0.7 < row["quality_high"]
    assert row["cost_low"] < 0.0015 < row["cost_high"]
    assert (result.unit, result.units) == ("user", ab_log.user.nunique())
    assert result.overlap["least_propensity"].to_dict() == {"control": 0.7, "treatment": 0.3}


def test_arms_that_the_log_does_not_hold_are_found_again(ab_log):
    with_arms = evaluate_policy(ab_log, POLICY, split=split_of(), n_boot=50)
    found = evaluate_policy(ab_log.drop(columns="arm"), POLICY, split=split_of(), n_boot=50)
    pd.testing.assert_frame_equal(found.to_frame(), with_arms.to_frame())


def test_rows_that_the_split_did_not_reach_are_left_out(ab_log):
    split = split_of(ramp=ramp_of(0.5), layer="l", layer_range=(0, 0.9))
    bare = ab_log.drop(columns="arm")
    arms = pd.Series(assign(split, bare.user.tolist(), bare.timestamp), dtype=object)
    result = evaluate_policy(bare, POLICY, split=split, n_boot=50)
    assert result.n == arms.notna().sum() < 3_000
    assert any("were not reached by the split 't'" in note for note in result.notes)
    assert result.overlap["least_propensity"].to_dict() == {"control": 0.7, "treatment": 0.3}


def test_the_decisions_of_a_plan_are_such_a_log():
    models = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
    plan = Plan(models=models, default="cheap", split={"name": "t", "arms": ARMS})
    traffic = load_traffic().head(3_000)
    decisions = decide(plan, traffic).assign(user=traffic["user"])
    decisions["quality"] = np.where(decisions["arm"] == "treatment", 0.9, 0.7)
    result = evaluate_policy(decisions, POLICY, split=plan, n_boot=50, min_ess=20)
    # each arm has one quality, and predicting it leaves no residual
    assert result.to_frame()["quality"][["DM", "DR"]].tolist() == pytest.approx([0.8, 0.8])
    assert (result.unit, result.units) == ("user", traffic["user"].nunique())


def test_without_the_units_every_row_is_one_and_that_is_told(ab_log):
    result = evaluate_policy(ab_log.drop(columns="user"), POLICY, split=split_of(), n_boot=50)
    assert result.units == 3_000
    assert "the log has no column 'user': every row counts as independent" in result.notes


def test_an_ab_log_that_cannot_be_is_refused(ab_log):
    bare = ab_log.drop(columns="arm")
    cases = [
        (ab_log, Plan(models={"a": "gpt-4o"}, default="a"), "the plan has no split"),
        (ab_log.assign(arm=None), split_of(), "reached none of the 3,000 rows"),
        (ab_log.assign(arm="blue"), split_of(), "holds the arm 'blue', which the split 't'"),
        (bare, split_of(models=["cheap"]), "needs its column 'arm'"),
        (bare.drop(columns="user"), split_of(), "no column 'user' for the split's unit"),
        (bare.assign(user=None), split_of(), "'user' has no unit in row 0"),
        (bare.drop(columns="timestamp"), split_of(ramp=ramp_of(1.0)), "no column 'timestamp'"),
    ]
    for frame, split, message in cases:
        with pytest.raises(InputError, match=message):
            evaluate_policy(frame, POLICY, split=split)
    with pytest.raises(InputError, match="'split' or 'propensities', not both"):
        evaluate_policy(ab_log, POLICY, split=split_of(), propensities=np.ones((3_000, 2)))


def test_without_a_ramp_no_times_are_needed():
    split = split_of(layer="l", layer_range=(0, 0.5))
    assert split_propensities(split, ["u"]).to_numpy().tolist() == [[0.35, 0.15]]
