"""Coefficients are recovered, real latencies are predicted, and what is unknown is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab import InputError, fit_latency
from routelab.fits._positive import fit_positive

PARTS = ["ttft_s", "ttft_s_per_input_token", "s_per_output_token"]
TRUE = np.array([0.4, 1e-4, 0.02])


def test_first_token_and_generation_are_recovered_within_their_errors(make_log):
    scores = []
    for seed in range(40):
        row = fit_latency(make_log(600, seed)).table.loc["m"]
        errors = row[[f"{p}_se" for p in PARTS]].to_numpy(float)
        scores.append((row[PARTS].to_numpy(float) - TRUE) / errors)
        assert "apart" in row["source"]
    scores = np.array(scores)
    # 120 standard scores: the mean of each coefficient's 40 has an error of 0.16.
    assert np.abs(scores.mean(axis=0)).max() < 0.5
    assert np.abs(scores.std(axis=0) - 1).max() < 0.35
    assert 0.88 <= (np.abs(scores) < 1.96).mean() <= 1


def test_a_joint_fit_recovers_one_multiplied_error(make_log):
    scores, sigmas = [], []
    for seed in range(40):
        frame = make_log(600, seed, sigma=0.0).drop(columns="ttft_s")
        frame["latency_s"] *= np.random.default_rng(seed).lognormal(0, 0.25, 600)
        row = fit_latency(frame).table.loc["m"]
        errors = row[[f"{p}_se" for p in PARTS]].to_numpy(float)
        scores.append((row[PARTS].to_numpy(float) - TRUE) / errors)
        sigmas.append(row["sigma"])
    scores = np.array(scores)
    assert np.abs(scores.mean(axis=0)).max() < 0.5
    assert 0.88 <= (np.abs(scores) < 1.96).mean() <= 1
    assert np.mean(sigmas) == pytest.approx(0.25, abs=0.01)


def test_outliers_do_not_move_the_fit(make_log):
    frame = make_log(1000).drop(columns="ttft_s")
    clean = fit_latency(frame).predict("m", 1000, 500)
    frame.loc[frame.index[::20], "latency_s"] = 600.0  # 5 % hang for ten minutes
    assert fit_latency(frame).predict("m", 1000, 500) == pytest.approx(clean, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.01, 10), st.floats(1e-6, 1e-3), st.floats(1e-4, 0.2), st.integers(0, 2**31 - 1)
)  # fmt: skip
def test_without_noise_the_fit_is_exact(a, b, c, seed):
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(80), rng.integers(10, 9000, 80), rng.integers(1, 2000, 80)])
    found, _ = fit_positive(columns, columns @ [a, b, c])
    assert columns @ found == pytest.approx(columns @ [a, b, c], rel=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_no_coefficient_is_negative(seed):
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(60), rng.integers(10, 9000, 60), rng.integers(1, 2000, 60)])
    found, errors = fit_positive(columns, rng.lognormal(0, 1, 60))  # tokens explain nothing
    assert (found >= 0).all()
    assert np.isnan(errors[found == 0]).all()


def test_the_bundled_week_gives_its_generator_back(week):
    # tools/make_traffic.py: the catalog's speeds, slowed by 1 to 1.3 in busy hours; the first
    # token takes 1 + input tokens / 20,000 times as long.
    table = fit_latency(week).table
    for model, first, speed in (("gpt-4o", 0.55, 85), ("gpt-4o-mini", 0.45, 80)):
        row = table.loc[model]
        slow = row["ttft_s"] / first
        assert 1.0 < slow < 1.3
        assert row["s_per_output_token"] * speed == pytest.approx(slow, rel=0.03)
        assert row["ttft_s_per_input_token"] == pytest.approx(row["ttft_s"] / 20_000, rel=0.2)


def test_a_later_part_of_the_week_is_predicted(week):
    half = week["timestamp"].quantile(0.5)
    answered = week[week["status"] < 400]
    fit = fit_latency(answered[answered["timestamp"] < half])
    later = answered[answered["timestamp"] >= half]
    for model, own in later.groupby("model"):
        found = fit.predict(model, own["input_tokens"], own["output_tokens"])
        error = np.abs(found / own["latency_s"] - 1)
        assert error.median() < 0.12
        inside = np.abs(np.log(found / own["latency_s"])) < 1.6449 * fit.table.at[model, "sigma"]
        assert 0.85 < inside.mean() < 0.95  # of a 90 % band


def rounds(data):
    """Return the rounds of two real agent sessions, each with the time until its last event."""
    rows = []
    text = (data / "trace_tracelab" / "round_trace.jsonl").read_text(encoding="utf-8")
    for line in filter(None, text.split("\n")):
        record = json.loads(line)
        times = {True: [], False: []}
        for event in record["timing_events"]:
            if event["event_type"] != "usage_report":
                asked = event["event_type"] in ("user_message", "tool_result")
                times[asked].append(pd.Timestamp(event["timestamp"]))
        row = {"timestamp": max(times[True]), "model": record["model"]}
        row["input_tokens"] = record["input_tokens_total"]
        row["output_tokens"] = record["output_tokens"]
        row["latency_s"] = (max(times[False]) - row["timestamp"]).total_seconds()
        rows.append(row)
    return pd.DataFrame(rows)


def test_real_agent_rounds_are_predicted_from_the_others(data):
    log = rounds(data)
    assert len(log) == 19
    errors, plain = [], []
    for place, row in log.iterrows():
        others = log.drop(index=place)
        fit = fit_latency(others, min_requests=5)
        found = fit.predict(row["model"], row["input_tokens"], row["output_tokens"])
        errors.append(abs(found / row["latency_s"] - 1))
        median = others.loc[others["model"] == row["model"], "latency_s"].median()
        plain.append(abs(median / row["latency_s"] - 1))
    assert np.median(errors) < 0.1
    assert np.median(plain) > 0.4  # what the per-model median misses


def test_few_requests_are_listed_with_the_reason(make_log):
    both = pd.concat([make_log(100), make_log(10, model="rare")])
    fit = fit_latency(both)
    assert fit.fitted == ["m"]
    reason = "not fitted: 10 usable requests with latency, fewer than 50"
    assert fit.not_fitted == {"rare": reason}
    assert fit.notes()[1] == f"latency of rare: {reason}"
    with pytest.raises(InputError, match="no latency for 'rare': not fitted: 10 usable"):
        fit.predict("rare", 1, 1)
    with pytest.raises(InputError, match="no latency was fitted for 'rair'.*'rare'"):
        fit.predict("rair", 1, 1)


def test_failed_censored_and_timeless_requests_are_left_out(make_log):
    frame = make_log(100, status=200, censored=False)
    frame.loc[:9, "status"] = 500
    frame.loc[10:29, "censored"] = True
    frame.loc[30:34, "latency_s"] = np.nan
    assert fit_latency(frame).table.at["m", "n"] == 65


def test_first_tokens_copied_from_the_end_do_not_count(make_log):
    frame = make_log(200)
    frame["ttft_s"] = frame["latency_s"]
    assert "jointly" in fit_latency(frame).table.at["m", "source"]


def test_tokens_that_never_vary_have_no_slope(make_log):
    frame = make_log(200, input_tokens=700)
    row = fit_latency(frame).table.loc["m"]
    assert row["ttft_s_per_input_token"] == 0
    assert np.isnan(row["ttft_s_per_input_token_se"])
    assert "never vary" in row["source"]


def test_bad_input_is_named(make_log):
    with pytest.raises(InputError, match="none of the 3 requests can be fitted"):
        fit_latency(make_log(3, model=None))
    with pytest.raises(InputError, match="'min_requests' must be at least 1, got 0"):
        fit_latency(make_log(3), min_requests=0)
    with pytest.raises(InputError, match="'min_requests' must be a whole number, got 2.5"):
        fit_latency(make_log(3), min_requests=2.5)
