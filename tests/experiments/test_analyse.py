"""From a table of requests to a verdict."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from routelab import InputError, Plan, analyse_split, plan_split, simulate
from routelab.datasets import load_traffic
from routelab.experiments.intervals import newcombe
from routelab.experiments.sequence import always_valid_p, multiplier, tuning

SHARES = {"control": 0.5, "treatment": 0.5}


def requests(rng, n_users=300, lift=0.0, arms=("control", "treatment")):
    """Return requests of users that differ from each other: quality, success, USD, tokens."""
    user = np.repeat(np.arange(n_users), rng.poisson(6, n_users) + 1)
    arm = rng.integers(0, len(arms), n_users)[user]
    own = rng.normal(0, 1, n_users)[user]
    quality = own + lift * arm + rng.normal(0, 1, len(user))
    tokens = rng.integers(100, 2_000, len(user))
    return pd.DataFrame(
        {
            "arm": np.array(arms, object)[arm],
            "user": [f"u{number}" for number in user],
            "quality": quality,
            "ok": quality > 0,
            "tokens": tokens,
            "cost_usd": tokens * np.exp(own / 4) * (1 + 0.2 * arm) / 1e6,
        }
    )


def row_of(frame, metric, **options):
    return analyse_split(frame, metric, **options).to_frame().iloc[0]


def test_without_units_means_are_compared_by_welch():
    frame = requests(np.random.default_rng(1), lift=0.3)
    row = row_of(frame, "quality")
    a, b = (frame.quality[frame.arm == name] for name in ("treatment", "control"))
    theirs = stats.ttest_ind(a, b, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert row["p"] == pytest.approx(theirs.pvalue)
    assert (row["low"], row["high"]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert row["units"] == row["requests"] == len(a)


def test_without_units_rates_have_newcombes_interval_and_the_chi_square_test():
    frame = requests(np.random.default_rng(2), lift=0.3)
    row = row_of(frame, "ok", kind="binary")
    table = pd.crosstab(frame.arm, frame.ok)
    assert row["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    (_, s0), (_, s1) = table.to_numpy()
    n0, n1 = table.sum(axis=1)
    assert (row["low"], row["high"]) == pytest.approx(newcombe(s1, n1, s0, n0))


def test_with_units_the_error_grows_with_the_likeness_of_their_requests():
    frame = requests(np.random.default_rng(3))
    naive, by_user = row_of(frame, "quality"), row_of(frame, "quality", unit="user")
    assert by_user["difference"] == pytest.approx(naive["difference"])
    # correlation 1/2 within a user and about 7 requests: design effect about 4, error about twice
    assert 1.6 < (by_user["high"] - by_user["low"]) / (naive["high"] - naive["low"]) < 2.6
    assert by_user["units"] + by_user["control_units"] == frame.user.nunique()


def test_cost_per_request_and_per_token_are_ratios_of_sums():
    frame = requests(np.random.default_rng(4))
    sums = frame.groupby("arm")[["cost_usd", "tokens"]].sum()
    n = frame.arm.value_counts()
    row = row_of(frame, "cost_usd", kind="ratio", unit="user")
    assert row["estimate"] == pytest.approx(sums.cost_usd["treatment"] / n["treatment"])
    row = row_of(frame, "cost_usd", kind="ratio", unit="user", denominator="tokens")
    per_token = sums.cost_usd / sums.tokens
    assert row["estimate"] == pytest.approx(per_token["treatment"])
    assert row["relative"] == pytest.approx(per_token["treatment"] / per_token["control"] - 1)
    assert row["relative_low"] < row["relative"] < row["relative_high"]
    assert 0.1 < row["relative"] < 0.3  # made with a fifth more


def test_the_result_does_not_depend_on_the_order_of_the_rows():
    frame = requests(np.random.default_rng(5))
    shuffled = frame.sample(frac=1, random_state=0)
    options = {"kind": "ratio", "unit": "user", "expected_shares": SHARES}
    first, second = (analyse_split(f, "cost_usd", **options) for f in (frame, shuffled))
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())
    assert first.sample_ratio == second.sample_ratio


def test_a_sequential_analysis_is_the_confidence_sequence():
    frame = requests(np.random.default_rng(6), lift=0.3)
    fixed = row_of(frame, "quality", unit="user")
    looked = row_of(frame, "quality", unit="user", method="sequential", tuned_for=500)
    n = fixed["units"] + fixed["control_units"]
    error = np.sqrt(
        fixed["sd"] ** 2 / fixed["units"] + fixed["control_sd"] ** 2 / fixed["control_units"]
    )
    reach = float(multiplier(n, tuning(500)))
    assert looked["high"] - looked["difference"] == pytest.approx(reach * error)
    assert looked["p"] == pytest.approx(
        always_valid_p(looked["difference"] / error, n, tuning(500))
    )
    assert looked["p"] > fixed["p"]


def test_a_sequential_rate_without_a_failure_still_has_an_interval():
    frame = pd.DataFrame({"arm": ["control", "treatment"] * 20, "ok": 1})
    row = row_of(frame, "ok", kind="binary", method="sequential")
    assert row["low"] < 0 < row["high"]
    assert row["p"] == 1
    assert row_of(frame, "ok", kind="binary")["p"] == 1


def test_several_arms_are_corrected_by_holm():
    frame = requests(np.random.default_rng(7), arms=("control", "b", "c"), lift=0.2)
    table = analyse_split(frame, "quality", unit="user").to_frame()
    low, high = table["p"].min(), table["p"].max()
    assert table.index.tolist() == ["b", "c"]
    assert table["p_holm"].min() == pytest.approx(min(1, 2 * low))
    assert table["p_holm"].max() == pytest.approx(max(2 * low, high))


def test_missing_outcomes_are_told_and_left_out():
    frame = requests(np.random.default_rng(8))
    holes = frame.copy()
    holes.loc[holes.index[::10], "quality"] = np.nan
    holes.loc[holes.index[:3], "user"] = None
    holes.loc[holes.index[-4:], "arm"] = None
    result = analyse_split(holes, "quality", unit="user", expected_shares=SHARES)
    kept = holes.dropna(subset=["quality", "arm"])
    row = result.to_frame().iloc[0]
    assert row["requests"] + row["control_requests"] == len(kept)
    told = " ".join(result.notes)
    assert "4 requests without an arm are not part of the test" in told
    assert "3 requests without 'user' count as a unit each" in told
    missing = int(holes.quality[holes.arm == "control"].isna().sum())
    assert f"control: {missing} requests (" in told


def test_units_without_an_outcome_count_for_the_sample_ratio():
    frame = requests(np.random.default_rng(9))
    frame.loc[frame.arm == "treatment", "quality"] = frame.quality.where(frame.index % 3 == 0)
    result = analyse_split(frame, "quality", unit="user", expected_shares=SHARES)
    assert sum(result.sample_ratio.counts.values()) == frame.user.nunique()


def test_a_mismatch_comes_first_and_spoils_the_verdict():
    frame = requests(np.random.default_rng(10), n_users=2_000, lift=3.0)
    users = frame.user.where(frame.arm == "treatment").dropna().unique()
    lost = frame[~frame.user.isin(users[: len(users) // 4])]
    fair, unfair = (
        analyse_split(f, "quality", unit="user", expected_shares=SHARES) for f in (frame, lost)
    )
    assert fair.verdicts["treatment"].startswith("higher: +")
    assert str(fair).startswith("sample ratio: as expected")
    assert str(unfair).startswith("SAMPLE RATIO MISMATCH")
    assert unfair.verdicts["treatment"].startswith("not to be trusted (sample ratio mismatch)")
    assert unfair._repr_html_().startswith("<p><strong>SAMPLE RATIO MISMATCH")


def test_words_say_what_the_interval_says():
    frame = requests(np.random.default_rng(11))
    assert (
        analyse_split(frame, "quality", unit="user")
        .verdicts["treatment"]
        .startswith("not resolved: ")
    )
    cheaper = frame.assign(
        cost_usd=frame.cost_usd.where(frame.arm == "control", 0.1 * frame.cost_usd)
    )
    result = analyse_split(cheaper, "cost_usd", kind="ratio", unit="user", method="sequential")
    assert result.verdicts["treatment"].startswith("lower: -")
    assert "95 % intervals for any number of looks (narrowest at 10,000 units)" in str(result)
    assert "not checked" in str(result).splitlines()[0]


def test_names_from_data_are_escaped_and_json_is_plain():
    frame = requests(np.random.default_rng(12), arms=("control", "<script>x</script>"))
    frame["quality"] -= frame.quality[frame.arm == "control"].mean()  # no relative figure
    result = analyse_split(frame, "quality", unit="user")
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()
    summary = json.loads(json.dumps(result.summary, allow_nan=False))
    assert summary["table"][0]["relative_low"] is None
    assert summary["table"][0]["difference"] == result.to_frame()["difference"].iloc[0]


def test_what_was_found_plans_the_next_test():
    frame = requests(np.random.default_rng(13), n_users=4_000)
    row = row_of(frame, "cost_usd", kind="ratio", unit="user")
    plan = plan_split(
        baseline=row["control_estimate"], effect=1e-4, kind="ratio", sd=row["control_sd"]
    )
    # the error of the plan's size: effect / (1.96 + 0.84)
    assert row["control_sd"] * np.sqrt(2 / plan.units[0]) == pytest.approx(1e-4 / 2.8, rel=0.01)


def test_a_simulated_split_is_analysed_from_its_decisions():
    arms = {"control": {"share": 0.5}, "treatment": {"share": 0.5, "model": "strong"}}
    plan = Plan(
        models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"},
        default="cheap",
        split={"name": "upgrade", "arms": arms},
    )
    decisions = simulate(load_traffic().head(4_000), plan).decisions
    result = analyse_split(decisions, "cost_usd", kind="ratio", unit="user", expected_shares=SHARES)
    assert not result.sample_ratio.alarm
    assert result.verdicts["treatment"].startswith("higher")
    row = result.to_frame().iloc[0]
    spent = decisions.cost_usd[decisions.arm == "treatment"]
    assert row["estimate"] == pytest.approx(spent.mean())


BAD = pd.DataFrame(
    {
        "arm": ["control", "control", "b", "b"],
        "user": ["x", "y", "z", "w"],
        "x": [1.0, 2.0, 3.0, 4.0],
        "flat": 0.1,
        "text": ["a", "b", "c", "d"],
        "endless": [1.0, np.inf, 1.0, 2.0],
        "zero": 0.0,
    }
)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (BAD, {"metric": "y"}, "there is no column 'y'"),
        (BAD[:2], {"metric": "x"}, "needs two arms, column 'arm' holds control"),
        (BAD[:0], {"metric": "x"}, "needs two arms, column 'arm' holds none"),
        (BAD[:3], {"metric": "x"}, "arm 'b' has 1 units with an outcome"),
        (BAD, {"metric": "flat"}, "'flat' does not vary in arm 'b' and in the control"),
        (BAD, {"metric": "text"}, "column 'text' must hold numbers"),
        (BAD, {"metric": "endless"}, "holds infinity, first in row 1"),
        (BAD, {"metric": "x", "kind": "binary"}, "holds 2, but a binary outcome is 0 or 1"),
        (BAD, {"metric": "x", "control": "a"}, "no request is in the control 'a'"),
        (BAD.replace("control", "a"), {"metric": "x"}, "in the control 'control'.*one of a, b"),
        (BAD.assign(user="x"), {"metric": "x", "unit": "user"}, "1 units are in more than one arm"),
        (BAD, {"metric": "x", "kind": "ratio", "denominator": "zero"}, "more than 0"),
        (BAD, {"metric": "x", "denominator": "zero"}, "needs kind='ratio'"),
        (BAD, {"metric": "x", "kind": "count"}, "'kind' must be binary"),
        (BAD, {"metric": "x", "method": "bayes"}, "'method' must be fixed"),
        (BAD, {"metric": "x", "alpha": 5}, "'alpha' must be between 0 and 1, got 5"),
        (BAD, {"metric": "x", "tuned_for": 0}, "'tuned_for' must be above 0"),
        (BAD, {"metric": "x", "expected_shares": {"control": 0.5, "b": 0.4}}, "add up to 0.9"),
    ],
)
def test_what_cannot_be_analysed_is_refused(frame, options, message):
    with pytest.raises(InputError, match=message):
        analyse_split(frame, **options)
