"""A judge's errors: the model by hand, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError
from routelab.evaluate import JudgeNoise, Resampler, interval, judge_error, widen
from routelab.labelling._ask import Spending
from routelab.labelling.judge import Judged

PROMPTS, PAIRS, ERROR, REPETITIONS = 600, 250, 0.12, 500


def test_the_error_by_hand():
    # 10 pairs, 2 differ: e = (1 - sqrt(1 - .4)) / 2; both changed from b to a
    noise = judge_error("aabbaabbab", "aabbaabaaa")
    assert (noise.pairs, noise.disagreed, noise.one_way) == (10, 2, 0)
    assert noise.disagreement == 0.2
    assert noise.error == pytest.approx((1 - 0.6**0.5) / 2)
    assert 2 * noise.error * (1 - noise.error) == pytest.approx(0.2)


def test_ties_and_missing_verdicts_are_left_out():
    noise = judge_error(["a", "tie", None, "b", "a"], ["a", "a", "b", float("nan"), "a"])
    assert (noise.pairs, noise.disagreed) == (2, 0)
    noise = judge_error([1, 0.5, 0, 1], [1, 1, 0, 0], tie=0.5)
    assert (noise.pairs, noise.disagreed) == (3, 1)


def test_the_limits_are_jeffreys():
    noise = JudgeNoise(20, 4)
    low, high = noise.limits()
    # Brown, Cai and DasGupta (2001): quantiles of Beta(4.5, 16.5)
    assert (low, high) == (pytest.approx(0.0716, abs=5e-4), pytest.approx(0.4082, abs=5e-4))
    errors = noise.draws(20_000)
    assert np.quantile(2 * errors * (1 - errors), [0.025, 0.975]) == pytest.approx(
        [low, high], abs=0.01
    )
    assert noise.error_limits() == pytest.approx(
        [(1 - (1 - 2 * x) ** 0.5) / 2 for x in (low, high)]
    )
    assert JudgeNoise(20, 0).limits()[0] == 0.0
    assert JudgeNoise(5, 2).error_limits()[1] == 0.5
    assert JudgeNoise(5, 2).draws(5000).max() < 0.5


def test_the_figures_by_hand():
    # d = .18: e = .1; (.74 - .1) / .8 = .8; a difference of .08 is one of .1
    noise = JudgeNoise(10**9, 18 * 10**7)
    found = widen(np.full((50, 2), 0.74), noise, figure=[0.74, 0.5])
    assert found.figure == pytest.approx([0.8, 0.5])
    assert found.low == pytest.approx([0.8, 0.8], abs=1e-3)
    apart = widen(np.full(50, 0.08), noise, difference=True)
    assert apart.figure == pytest.approx(0.1) and apart.samples.shape == (50,)
    assert apart.high == pytest.approx(0.1, abs=1e-3)


def test_a_judge_without_error_changes_nothing_but_what_is_not_known():
    samples = np.random.default_rng(0).normal(0.7, 0.03, (4000, 1)).clip(0, 1)
    low, high = interval(samples)
    sure = widen(samples, JudgeNoise(10**7, 0))
    assert sure.figure == pytest.approx(samples.mean(axis=0))
    assert (sure.low, sure.high) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    unsure = widen(samples, JudgeNoise(30, 0))
    assert unsure.high - unsure.low > high - low


def test_a_mean_stays_between_none_and_all():
    found = widen(np.linspace(0.9, 1.0, 101), JudgeNoise(1000, 180), figure=0.97)
    assert found.figure == 1.0 and found.high == 1.0 and found.low < 1.0


def covered(difference: bool, pairs: str) -> tuple[float, float]:
    """Return how often the widened and the plain interval hold the truth.

    The pairs are prompts of their own ("apart"), or the first ones of the table ("drawn": their
    errors are drawn; "together": they are resampled with the prompts).
    """
    rng = np.random.default_rng(7)
    (weights,) = Resampler(PROMPTS, 500, seed=1).weights()
    shares = (0.85, 0.7) if difference else (0.85,)
    truth = shares[0] - shares[1] if difference else shares[0]
    hits = np.zeros((REPETITIONS, 2))
    for repetition in range(REPETITIONS):
        good = rng.random((PROMPTS, len(shares))) < shares
        verdicts = good ^ (rng.random(good.shape) < ERROR)
        true = rng.random(PAIRS) < 0.5 if pairs == "apart" else good[:PAIRS, 0]
        first = true ^ (rng.random(PAIRS) < ERROR) if pairs == "apart" else verdicts[:PAIRS, 0]
        second = true ^ (rng.random(PAIRS) < ERROR)
        changed = None
        if pairs == "together":
            judged = weights[:, :PAIRS]
            changed = judged @ (first != second) / judged.sum(axis=1)
        values = verdicts.astype(float)
        if difference:
            values = values[:, :1] - values[:, 1:]
        samples = weights @ values / weights.sum(axis=1, keepdims=True)
        wide = widen(samples, judge_error(first, second), figure=values.mean(axis=0),
                     difference=difference, changed=changed, seed=repetition)  # fmt: skip
        plain = interval(samples)
        for column, (low, high) in enumerate(((wide.low, wide.high), plain)):
            hits[repetition, column] = low[0] <= truth <= high[0]
    return tuple(hits.mean(axis=0))


@pytest.mark.parametrize(
    ("difference", "pairs"),
    [(False, "apart"), (False, "together"), (True, "apart"), (True, "together"), (True, "drawn")],
)
def test_the_widened_interval_holds_the_truth_as_often_as_it_says(difference, pairs):
    wide, plain = covered(difference, pairs)
    assert 0.93 <= wide <= 0.97
    assert plain < 0.85


def test_errors_drawn_apart_from_their_own_prompts_are_on_the_safe_side():
    wide, plain = covered(difference=False, pairs="drawn")
    assert 0.96 <= wide and plain < 0.85


def test_one_sided_changes_tell_of_a_position_bias():
    noise = judge_error("aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaabbbbbbbb")
    assert noise.one_way == 8 and noise.position_p == pytest.approx(2 * 0.5**8)
    assert "8 of the 8 changes go one way: the judge prefers a position" in str(noise)
    fair = judge_error("abababababababab" * 2, "abababababababba" * 2)
    assert fair.position_p == 1.0 and "position" not in str(fair)
    assert np.isnan(JudgeNoise(10, 2).position_p) and np.isnan(JudgeNoise(10, 0, 0).position_p)


def test_the_noise_is_told_in_a_sentence():
    assert str(JudgeNoise(1000, 180)).startswith(
        "180 of 1,000 verdicts changed (18.0%): one in 10 "
    )
    assert str(JudgeNoise(100, 0)) == "none of 100 verdicts changed: at most 1.3% are wrong"


def judged(frame: dict, **options) -> Judged:
    return Judged(pd.DataFrame(frame), Spending(), **options)


def test_noise_of_a_judgement():
    pairs = {"prompt": list("abcdefgh"), "winner": ["a"] * 6 + ["tie"] * 2}
    noise = JudgeNoise.from_judged(judged(pairs, position_bias=0.25))
    assert (noise.pairs, noise.disagreed) == (8, 2)
    labels = {"prompt": list("abc"), "label": ["yes", "no", "no"]}
    noise = JudgeNoise.from_judged(judged(labels, repeated=30, changed=0.1))
    assert (noise.pairs, noise.disagreed) == (30, 3)
    with pytest.raises(InputError, match="nothing was asked twice"):
        JudgeNoise.from_judged(judged(labels))
    with pytest.raises(InputError, match="the model holds for two labels"):
        JudgeNoise.from_judged(judged({"prompt": list("abc"), "label": list("xyz")}, repeated=3))
    with pytest.raises(InputError, match="scores are not right or wrong"):
        JudgeNoise.from_judged(judged({"prompt": ["a"], "score": [3]}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: judge_error("ab", "a"), "the same pairs, got 2 and 1"),
        (lambda: judge_error([None], ["a"]), "no pair with a verdict in both orders"),
        (lambda: judge_error("abc", "abc"), "one of two, got 'a', 'b', 'c'"),
        (lambda: judge_error("aabb", "abab"), "2 of 4 verdicts changed: half of them or more"),
        (lambda: JudgeNoise(0, 0), "0 of 0 pairs cannot differ"),
        (lambda: JudgeNoise(4, 5), "5 of 4 pairs cannot differ"),
        (lambda: widen([0.5, 1.2], JudgeNoise(100, 5)), r"must lie in \[0, 1\]; for differences"),
        (lambda: widen([0.5, np.nan], JudgeNoise(100, 5)), r"must lie in \[0, 1\]"),
        (lambda: widen([0.5, 0.6], JudgeNoise(8, 3)), "with only 8 pairs judged twice"),
        (lambda: widen([0.5], JudgeNoise(99, 5), changed=[0.5]), "1 shares below 0.5, one per"),
        (lambda: widen([0.5], JudgeNoise(99, 5), changed=[0.1, 0.1]), r"got shape \(2,\)"),
    ],
)
def test_what_cannot_be_corrected_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
