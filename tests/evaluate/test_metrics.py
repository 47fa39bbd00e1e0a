"""Metrics: tiny cases by hand, and the published anchors."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from routelab import InputError, read_outcomes
from routelab.evaluate import (
    METRICS,
    Resampler,
    accuracy,
    aiq,
    apgr,
    confusion,
    cpt,
    deferral_curve,
    holm,
    hull,
    interval,
    length_scores,
    macro_f1,
    mix_quality,
    oracle_choice,
    p_value,
    pgr,
    shuffled_values,
    spearman,
    within_one,
)
from routelab.evaluate.deferral import apgr_samples, curve_samples

LEVELS = ["low", "medium", "high"]


def test_label_metrics_by_hand():
    truth = ["low", "low", "medium", "high"]
    said = ["low", "medium", "medium", "low"]
    assert accuracy(truth, said) == 0.5
    # F1: low 2*1/(2+2), medium 2*1/(1+2), high 0
    assert macro_f1(truth, said) == pytest.approx((0.5 + 2 / 3 + 0) / 3)
    assert within_one(truth, said, LEVELS) == 0.75
    assert spearman(truth, ["low"] * 4, LEVELS) == 0.0
    assert np.isnan(within_one(truth, said, None)) and np.isnan(spearman(truth, said, None))


def test_macro_f1_is_sklearns_over_the_true_classes():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 5, 300).tolist(), rng.integers(0, 5, 300).tolist()
    assert macro_f1(truth, said) == pytest.approx(f1_score(truth, said, average="macro"))


def test_abstaining_is_wrong_and_shown():
    counts = confusion(["a", "b", "b"], ["a", None, "c"])
    assert counts.loc["b", "(abstained)"] == 1 and counts.loc["b", "c"] == 1
    assert within_one([1, 2], [None, 2], [1, 2]) == 0.5
    assert confusion(["high", "low"], ["low", "low"]).index.tolist() == ["low", "high"]


def test_metrics_are_registered():
    assert METRICS.names() == ["accuracy", "macro_f1", "spearman", "within_one"]


@pytest.fixture(scope="module")
def gsm8k():
    def read(data):
        folder = data / "routellm" / "gsm8k"
        table = read_outcomes(folder / "gsm8k_responses.csv")
        with open(folder / "contaminated_prompts.jsonl", encoding="utf-8") as lines:
            table = table.drop([json.loads(line)["eval_prompt"] for line in lines])
        return table.prompts, *table.quality.T[[table.models.index(m) for m in (
            "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview")]]  # fmt: skip

    return read


def test_gsm8k_anchors(gsm8k, data):
    prompts, weak, strong = gsm8k(data)
    assert len(prompts) == 1307
    assert weak.mean() == pytest.approx(0.637337, abs=1e-6)
    assert strong.mean() == pytest.approx(0.857689, abs=1e-6)
    assert np.maximum(weak, strong).mean() == pytest.approx(0.92961, abs=1e-5)
    score = length_scores(prompts)
    assert apgr(score, weak, strong) == pytest.approx(0.598, abs=5e-4)
    # ties in length are sent together here, one by one in the published figures: half a point
    assert cpt(score, weak, strong, 0.5) == pytest.approx(0.365, abs=0.005)
    assert cpt(score, weak, strong, 0.8) == pytest.approx(0.6695, abs=0.005)
    curves = Resampler(1307, 1000).map(lambda w: curve_samples(score, weak, strong, w))
    low, high = interval(apgr_samples(curves))
    assert low == pytest.approx(0.557, abs=0.006) and high == pytest.approx(0.638, abs=0.006)


def test_random_scores_have_the_published_spread(gsm8k, data):
    _, weak, strong = gsm8k(data)
    rng = np.random.default_rng(0)
    runs = [apgr(rng.random(1307), weak, strong) for _ in range(200)]
    assert np.mean(runs) == pytest.approx(0.5, abs=0.005)
    assert np.std(runs) == pytest.approx(0.0215, abs=0.004)


@pytest.mark.parametrize(
    ("name", "n", "best", "usd", "cheapest", "zero", "oracle", "oracle_usd"),
    [
        ("arc_challenge_train", 1019, 0.9529, 0.005040, 0.6712, 0.9172, 0.9863, 0.000216),
        ("mbpp_train", 299, 0.6856, 0.009375, 0.3278, 0.6580, 0.8662, 0.000472),
        ("winograde_train", 887, 0.8602, 0.003530, 0.5626, 0.8004, 1.0, 0.000108),
    ],
)
def test_routerbench_anchors(data, name, n, best, usd, cheapest, zero, oracle, oracle_usd):
    frame = pd.read_csv(data / "routerbench" / f"{name}.csv")  # rows as published, not merged
    models = [c.removesuffix("|total_cost") for c in frame if c.endswith("|total_cost")]
    quality = frame[models].to_numpy(float)
    cost = frame[[f"{m}|total_cost" for m in models]].to_numpy(float)
    complete = np.isfinite(quality).all(axis=1) & np.isfinite(cost).all(axis=1)
    quality, cost = quality[complete], cost[complete]
    q, c = quality.mean(axis=0), cost.mean(axis=0)
    choice = oracle_choice(quality, cost)
    rows = np.arange(len(quality))
    assert len(quality) == n
    assert (q.max(), c[q.argmax()]) == (pytest.approx(best, abs=5e-5), pytest.approx(usd, abs=5e-7))
    assert q[c.argmin()] == pytest.approx(cheapest, abs=5e-5)
    assert aiq(c, q) == pytest.approx(zero, abs=5e-5)
    assert aiq(c, q, "code") == pytest.approx(aiq(c, q) * (1 - c.min() / c.max()))
    assert quality[rows, choice].mean() == pytest.approx(oracle, abs=5e-5)
    assert cost[rows, choice].mean() == pytest.approx(oracle_usd, abs=5e-7)


def test_merged_routerbench_rows_count_more_prompts(data):
    table = read_outcomes(data / "routerbench" / "arc_challenge_train.csv")
    with open(data / "routerbench" / "arc_challenge_train.csv", newline="", encoding="utf-8") as f:
        samples = {row["sample_id"] for row in csv.DictReader(f)}
    assert len(table) == len(samples) > 1019


def test_deferral_by_hand():
    weak, strong, score = [0, 0, 1, 1], [1, 1, 1, 0], [4, 3, 2, 1]
    # sent 0..4: .5, .75, 1, 1, .75; gap .25
    curve = deferral_curve(score, weak, strong, np.linspace(0, 1, 5))
    assert curve.tolist() == [0.5, 0.75, 1.0, 1.0, 0.75]
    assert cpt(score, weak, strong, 0.8) == pytest.approx(0.2)  # 0.8 * .25 after 0.8 prompts
    assert np.isnan(cpt(score, weak, strong, 2.5))
    assert cpt(score, weak, strong, 0.0) == 0.0
    assert pgr(0.75, 0.5, 0.75) == 1.0


def test_paper_variant_is_the_mean_of_ten_points():
    weak, strong, score = np.zeros(10), np.ones(10), np.arange(10)
    assert apgr(score, weak, strong) == 0.5  # a straight line
    assert apgr(score, weak, strong, "paper") == pytest.approx(0.55)  # mean of .1 ... 1


def test_all_scores_equal_is_a_coin():
    rng = np.random.default_rng(0)
    assert apgr(np.zeros(50), rng.random(50), 1 + rng.random(50)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: apgr([1, 2], [0, 1], [1, 0]), "there is no gap to recover"),
        (lambda: apgr([1], [0], [1], "median"), "'variant' must be 'code' or 'paper'"),
        (lambda: apgr([1, np.nan], [0, 1], [1, 0]), "scores is missing for prompt 1"),
        (lambda: apgr([], [], []), "length of at least 1"),
        (lambda: aiq([1, 1], [0, 1]), "needs a cost range"),
        (lambda: aiq([1, 2], [0, 1], "area"), "'variant' must be 'paper' or 'code'"),
        (lambda: hull([1, np.nan], [0, 1]), "cost and quality of each"),
        (lambda: Resampler(0), "bootstrap needs prompts"),
    ],
)
def test_bad_numbers_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


points = st.lists(
    st.tuples(st.floats(0.01, 10), st.floats(0, 1)),
    min_size=1,
    max_size=6,
    unique_by=lambda p: p[0],
)


@settings(max_examples=100, deadline=None)
@given(points, st.floats(0.01, 12))
def test_mix_is_the_hull(models, budget):
    cost, quality = np.array(models).T
    x, y = hull(cost, quality)
    expected = np.interp(budget, x, y)
    if budget >= cost.min():
        assert mix_quality(cost, quality, np.array(budget)) == pytest.approx(expected, abs=1e-9)
    assert (np.diff(y) > 0).all() and (np.diff(x) > 0).all()


def test_shuffle_is_the_mean_over_permutations():
    rng = np.random.default_rng(0)
    values, choice = rng.random((30, 3)), rng.integers(0, 3, 30)
    drawn = [values[np.arange(30), rng.permutation(choice)].mean() for _ in range(4000)]
    assert shuffled_values(choice, values).mean() == pytest.approx(np.mean(drawn), abs=0.005)


def test_oracle_takes_the_cheapest_of_the_best_and_no_missing_one():
    quality = np.array([[1.0, 1.0, np.nan], [0.0, 0.5, 0.2]])
    cost = np.array([[3.0, np.nan, 0.1], [1.0, 2.0, 3.0]])
    assert oracle_choice(quality, cost).tolist() == [0, 1]
    assert oracle_choice(quality, np.full((2, 3), np.nan)).tolist() == [0, 1]


def test_bootstrap_interval_is_the_normal_one():
    right = (np.arange(1000) < 700).astype(float)[:, None]
    low, high = interval(Resampler(1000, 4000).means(right))
    half = 1.96 * (0.7 * 0.3 / 1000) ** 0.5  # .0284
    assert low[0] == pytest.approx(0.7 - half, abs=0.003)
    assert high[0] == pytest.approx(0.7 + half, abs=0.003)


def test_groups_are_drawn_whole():
    groups = np.repeat(np.arange(50), 4)
    for weights in Resampler(200, 20, groups=groups).weights():
        assert (weights.reshape(-1, 50, 4).std(axis=2) == 0).all()
    values = np.repeat(np.random.default_rng(0).random(50), 4)[:, None]
    wide = Resampler(200, 2000, groups=groups).means(values).std()
    assert wide == pytest.approx(2 * Resampler(200, 2000).means(values).std(), rel=0.1)


def test_blocks_do_not_change_the_resamples(monkeypatch):
    values = np.random.default_rng(0).random((40, 2))
    whole = Resampler(40, 100, seed=5).means(values)
    assert (whole == Resampler(40, 100, seed=5).means(values)).all()
    monkeypatch.setattr("routelab.evaluate.bootstrap.BLOCK_CELLS", 400)
    np.testing.assert_allclose(Resampler(40, 100, seed=5).means(values), whole)


def test_holm_and_p():
    assert holm([0.04, 0.01]) == [0.04, 0.02]
    assert p_value(np.r_[np.ones(98), -1.0]) == pytest.approx(2 * 2 / 100)
