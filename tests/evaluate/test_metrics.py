"""Metrics: tiny cases by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from routelab import InputError
from routelab.evaluate import (
    METRICS,
    Resampler,
    abstention,
    accuracy,
    aiq,
    apgr,
    compare,
    confusion,
    cpt,
    dataset_oracle_choice,
    deferral_curve,
    holm,
    hull,
    interval,
    macro_f1,
    mix_quality,
    oracle_choice,
    p_value,
    pgr,
    robustness,
    shuffled_values,
    spearman,
    weighted_kappa,
    within_one,
)
from routelab.evaluate.thresholds import published_points

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


def test_kappa_by_hand_and_where_chance_is_all_there_is():
    order = [1, 2, 3]
    # w O: (1 - 3)^2 = 4; w E: truth 1, 1, 3 against 1, 3, 3: (2 * 2 * 4 + 1 * 1 * 4) / 3 = 20 / 3
    assert weighted_kappa([1, 1, 3], [1, 3, 3], order) == pytest.approx(1 - 4 / (20 / 3))
    assert weighted_kappa([1, 2, 3, 1], [3, 2, 1, None], order) == pytest.approx(-1)
    assert weighted_kappa([2, 2], [2, 2], order) == 0.0  # nothing to agree on beyond chance
    assert weighted_kappa([2, 2], [3, 3], order) == 0.0  # E as large as O
    assert weighted_kappa([1, 2], [None, None], order) == 0.0
    assert np.isnan(weighted_kappa([1, 2], [1, 2], None))


def test_kappa_is_sklearns():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 4, 200).tolist(), rng.integers(0, 4, 200).tolist()
    expected = cohen_kappa_score(truth, said, weights="quadratic")
    assert weighted_kappa(truth, said, [0, 1, 2, 3]) == pytest.approx(expected)


def test_compare_shows_kappa_for_ordered_labels_only():
    prompts = [f"{word} {i}" for i in range(6) for word in ("add", "prove", "list")]
    ordered = pd.DataFrame({"prompt": prompts, "label": ["low", "high", "medium"] * 6})
    unordered = ordered.assign(label=["code", "art", "math"] * 6)
    assert "weighted_kappa" in compare("centroid", ordered, cv=2, n_boot=50).table
    assert "weighted_kappa" not in compare("centroid", unordered, cv=2, n_boot=50).table


def test_abstention_and_robustness_are_shares():
    assert abstention(["a", None, None, "b"]) == 0.5
    # of four choices one changed; None to None is no change
    assert robustness(["a", "b", None, "a"], ["a", "a", None, "a"]) == 0.75


def test_metrics_are_registered():
    assert METRICS.names() == ["accuracy", "macro_f1", "spearman", "weighted_kappa", "within_one"]


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


def test_ties_are_sent_together_or_one_by_one_as_asked():
    # two prompts of one score, the first gains 1, the second loses 1; a third gains 1 for certain
    score, weak, strong = [1, 1, 0], [0, 1, 0], [1, 0, 1]
    thirds = np.linspace(0, 1, 4)
    together = deferral_curve(score, weak, strong, thirds)
    assert together == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2 / 3])
    one_by_one = deferral_curve(score, weak, strong, thirds, ties="order")
    assert one_by_one == pytest.approx([1 / 3, 2 / 3, 1 / 3, 2 / 3])
    # gap 1/3: PGR 1 after one prompt in the order of the file, else after all three
    assert cpt(score, weak, strong, 1.0, ties="order") == pytest.approx(1 / 3)
    assert cpt(score, weak, strong, 1.0) == 1.0
    assert cpt(score, weak, strong, 0.5) == pytest.approx(5 / 6)  # half of the third prompt
    assert cpt(score, weak, strong, 0.5, ties="order") == pytest.approx(1 / 3)  # whole prompts
    assert apgr(score, weak, strong, ties="order") > apgr(score, weak, strong)


def test_without_ties_both_ways_of_sending_are_one():
    rng = np.random.default_rng(1)
    score, weak, strong = rng.random(40), rng.random(40), 0.3 + rng.random(40)
    assert apgr(score, weak, strong, ties="order") == apgr(score, weak, strong)


def test_the_published_lookup_of_a_share_is_wrong_where_the_curve_falls():
    # ten prompts: the first strong answer gains, the second loses, then four gain
    score = np.arange(10, 0, -1)
    weak = np.array([0, 1, 0, 0, 0, 0, 1, 1, 1, 1])
    strong = np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    shares, quality = published_points(score, weak, strong)
    assert shares == pytest.approx(np.linspace(0, 1, 11))
    assert quality == pytest.approx([0.5, 0.6, 0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9])
    # gap .4, PGR .25 is quality .6: reached by one prompt; np.interp finds the second crossing
    assert cpt(score, weak, strong, 0.25) == pytest.approx(0.1)
    assert cpt(score, weak, strong, 0.25, variant="code") == pytest.approx(0.3)


def test_on_a_rising_curve_the_published_lookup_is_the_first_crossing():
    score, weak, strong = np.arange(10, 0, -1), np.zeros(10), np.ones(10)
    for target in (0.2, 0.55, 1.0):
        code = cpt(score, weak, strong, target, variant="code")
        assert code == pytest.approx(cpt(score, weak, strong, target)) == pytest.approx(target)


def test_the_published_lookup_takes_ties_and_a_target_out_of_reach():
    assert cpt([1, 1, 1], [0, 0, 0], [1, 1, 1], 0.5, variant="code") == pytest.approx(0.5)
    assert cpt([1, 0], [0, 0], [1, 1], 9.0, variant="code") == 1.0
    assert np.isnan(cpt([1, 0], [0, 0], [1, 1], 9.0, ties="order"))


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
        (lambda: hull([1, np.nan], [0, 1]), "cost is missing for point 1"),
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


def test_the_dataset_oracle_takes_the_best_on_average_and_of_equals_the_cheaper():
    quality = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.2, 0.3, 0.3], [0.4, 0.3, 0.3]])
    cost = np.array([[1.0, 1.0, 9.0]] * 2 + [[3.0, 2.0, 5.0]] * 2)
    # "a": means .5, 0, 1; "b": .3 three times (0.2 + 0.4 is not 0.6 in floats), model 1 cheapest
    assert dataset_oracle_choice(quality, cost, ["a", "a", "b", "b"]).tolist() == [2, 2, 1, 1]


def test_the_dataset_oracle_leaves_missing_outcomes_out():
    quality = np.array([[np.nan, 0.5], [1.0, 0.9], [np.nan, 0.1]])
    cost = np.full((3, 2), np.nan)
    assert dataset_oracle_choice(quality, cost, ["a", "a", "b"]).tolist() == [0, 0, 1]


def test_the_dataset_oracle_is_between_best_single_and_oracle():
    rng = np.random.default_rng(0)
    quality, cost = rng.random((60, 4)), rng.random((60, 4))
    rows = np.arange(60)
    of_data = quality[rows, dataset_oracle_choice(quality, cost, rows % 5)].mean()
    assert quality.mean(axis=0).max() <= of_data
    assert of_data <= quality[rows, oracle_choice(quality, cost)].mean()
    one = dataset_oracle_choice(quality, cost, ["all"] * 60)
    assert set(one.tolist()) == {int(quality.mean(axis=0).argmax())}


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
