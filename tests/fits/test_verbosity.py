"""Factors are recovered from incomplete pairs, and unpaired ones are flagged."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, OutcomeTable, fit_verbosity

MODELS = ["a", "b", "c"]
FACTORS = np.array([1.0, 0.5, 1.8])


def answers(seed, n=300, sigma=0.5, missing=0.4):
    """Return tokens (n, 3): a prompt's length x the model's factor x error of mean 1."""
    rng = np.random.default_rng(seed)
    error = rng.lognormal(-(sigma**2) / 2, sigma, (n, 3))
    tokens = rng.lognormal(5, 1, (n, 1)) * FACTORS * error
    return np.where(rng.random((n, 3)) < missing, np.nan, tokens)


def table_of(tokens, models=MODELS):
    prompts = [str(i) for i in range(len(tokens))]
    return OutcomeTable(prompts, list(models), np.ones(tokens.shape))


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_factors_are_recovered_within_their_intervals(mean):
    scores = []
    for seed in range(60):
        tokens = answers(seed)
        fit = fit_verbosity(table_of(tokens), output_tokens=tokens, reference="a", mean=mean)
        logs = np.log(fit.table.loc[["b", "c"], "factor"].to_numpy())
        scores.append((logs - np.log(FACTORS[1:])) / fit.table.loc[["b", "c"], "se_log"])
    scores = np.array(scores, dtype=float)
    assert np.abs(scores.mean(axis=0)).max() < 0.45
    assert 0.89 <= (np.abs(scores) < 1.96).mean() <= 0.99


def test_a_complete_table_gives_the_ratio_of_sums():
    tokens = np.array([[10.0, 30.0], [20.0, 10.0], [40.0, 40.0]])  # sums 70 and 80
    fit = fit_verbosity(table_of(tokens, "ab"), output_tokens=tokens, reference="a", min_requests=3)
    assert fit.table.at["b", "factor"] == pytest.approx(80 / 70)
    fit = fit_verbosity(
        table_of(tokens, "ab"), output_tokens=tokens, reference="a", min_requests=3,
        mean="geometric",
    )  # fmt: skip
    assert fit.table.at["b", "factor"] == pytest.approx((3 * 0.5 * 1) ** (1 / 3))


def test_factors_invert_and_chain():
    tokens = answers(1)
    fit = fit_verbosity(table_of(tokens), output_tokens=tokens, reference="a")
    low, mid, high = fit.factor("b", "c")
    back = fit.factor("c", "b")
    assert back == pytest.approx((1 / high, 1 / mid, 1 / low))
    assert mid == pytest.approx(fit.factor("b", "a")[1] * fit.factor("a", "c")[1])
    assert low < mid < high
    assert fit.factor("b", "b") == (1.0, 1.0, 1.0)
    assert "paired on" in fit.source("a", "c")


def test_the_reference_does_not_change_a_ratio():
    tokens = answers(2)
    one = fit_verbosity(table_of(tokens), output_tokens=tokens, reference="a")
    other = fit_verbosity(table_of(tokens), output_tokens=tokens, reference="c")
    assert one.factor("b", "c") == pytest.approx(other.factor("b", "c"), rel=1e-6)


def test_pairs_see_through_traffic_that_differs():
    # b writes half as much as a, but gets the prompts with the longest answers.
    rng = np.random.default_rng(3)
    length = rng.lognormal(5, 1, 400)
    share = np.where(length > np.median(length), 0.9, 0.1)
    rows = []
    for prompt in range(400):
        for model in np.where(rng.random(4) < share[prompt], "b", "a"):
            tokens = length[prompt] * (0.5 if model == "b" else 1) * rng.lognormal(0, 0.3)
            rows.append((str(prompt), model, max(int(tokens), 1)))
    frame = pd.DataFrame(rows, columns=["prompt", "model", "output_tokens"])
    frame["timestamp"] = pd.Timestamp("2026-01-05T00:00:00Z")
    frame["input_tokens"] = 100
    paired = fit_verbosity(frame, reference="a")
    low, mid, high = paired.factor("a", "b")
    assert low < 0.5 < high
    assert paired.table.at["b", "kind"] == "paired"
    unpaired = fit_verbosity(frame.assign(prompt=None), reference="a")
    assert unpaired.factor("a", "b")[0] > 0.8  # wrong, and said to be so
    assert "traffic to different models may differ" in unpaired.table.at["b", "source"]


def test_the_bundled_models_write_alike_on_the_same_prompts(week):
    # tools/make_traffic.py draws lengths by prompt alone.
    fit = fit_verbosity(week)
    low, _, high = fit.factor("gpt-4o", "gpt-4o-mini")
    assert low < 1 < high
    assert 0.9 < low and high < 1.1
    wrong = fit_verbosity(week.assign(prompt=None))
    assert wrong.table.at["gpt-4o-mini", "kind"] == "unpaired"
    assert wrong.factor("gpt-4o", "gpt-4o-mini")[0] > 1  # small models get other requests


def test_real_answers_half_a_benchmark_predicts_the_sum_of_the_other(data):
    tokens = {}
    for name in ("claude-3-haiku-20240307", "gemini-2.0-flash-001"):
        text = (data / "routerarena" / f"{name}.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.split("\n") if line]
        tokens[name] = {
            row["global_index"]: row["token_usage"]["output_tokens"]
            for row in rows
            if row["success"]
        }
    both = pd.DataFrame(tokens).astype(float)
    both = both.where(both > 0)
    wrong, equal = [], []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(both))
        train, test = both.iloc[order[:404]], both.iloc[order[404:]].dropna()
        fit = fit_verbosity(table_of(train, train.columns), output_tokens=train)
        ratio = test.sum().iloc[1] / test.sum().iloc[0]
        _, mid, _ = fit.factor(*both.columns)
        wrong.append(abs(mid / ratio - 1))
        equal.append(abs(1 / ratio - 1))
    assert np.mean(wrong) < 0.08
    assert np.mean(equal) > 0.2  # what a replay gets wrong that takes tokens as they were


def test_nothing_known_is_factor_one_without_an_interval():
    tokens = answers(4)
    tokens[5:, 2] = np.nan
    fit = fit_verbosity(table_of(tokens), output_tokens=tokens, reference="a")
    low, mid, high = fit.factor("a", "c")
    assert mid == 1 and np.isnan([low, high]).all()
    assert "assumed equal" in fit.source("a", "c")
    assert any("assumed equal" in note for note in fit.notes())


def test_models_that_share_no_prompts_are_not_paired():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2026-01-05T00:00:00Z"),
            "prompt": [str(i // 2) for i in range(800)],
            "model": np.where(np.arange(800) < 400, ["a", "b"] * 400, ["c", "d"] * 400),
            "input_tokens": rng.integers(10, 1000, 800),
            "output_tokens": rng.integers(50, 60, 800),
        }
    )
    fit = fit_verbosity(frame, reference="a")
    assert fit.table["kind"].to_dict() == {
        "a": "reference", "b": "paired", "c": "unpaired", "d": "unpaired",
    }  # fmt: skip


def test_lengths_that_never_meet_are_assumed_equal():
    frame = pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2026-01-05T00:00:00Z"),
            "model": ["a"] * 500 + ["b"] * 500,
            "input_tokens": [10] * 500 + [9000] * 500,
            "output_tokens": 100,
        }
    )
    fit = fit_verbosity(frame, reference="a")
    assert fit.table.at["b", "kind"] == "assumed equal"
    assert "no requests as long" in fit.source("a", "b")


def test_bad_input_is_named(week):
    tokens = answers(0)
    with pytest.raises(InputError, match="outcomes carry no tokens"):
        fit_verbosity(table_of(tokens))
    with pytest.raises(InputError, match=r"must have shape \(300, 3\), got \(2, 3\)"):
        fit_verbosity(table_of(tokens), output_tokens=tokens[:2])
    with pytest.raises(InputError, match="goes with outcomes"):
        fit_verbosity(week, output_tokens=tokens)
    with pytest.raises(InputError, match="there is no model 'gpt-4'.*did you mean"):
        fit_verbosity(week, reference="gpt-4")
    with pytest.raises(InputError, match="'mean' must be one of arithmetic, geometric, got 'mode'"):
        fit_verbosity(week, mean="mode")
    with pytest.raises(InputError, match="no answer has output tokens above 0"):
        fit_verbosity(week.assign(output_tokens=0))
    with pytest.raises(InputError, match="the reference 'gpt-4o-mini' has 2694 answers"):
        fit_verbosity(week, reference="gpt-4o-mini", min_requests=3000)
    with pytest.raises(InputError, match="no verbosity is known for 'gpt-5'"):
        fit_verbosity(week).factor("gpt-4o", "gpt-5")
