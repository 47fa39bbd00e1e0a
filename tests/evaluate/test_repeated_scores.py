"""Noise of repeated scores: by hand, on simulated judges, and what it does to intervals."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import InputError
from routelab.evaluate import Resampler, ScoreNoise, interval, score_noise


def test_variances_by_hand_with_different_numbers_of_scores():
    # means 2, 7; within: (1 + 1) / (3 - 2) = 2; grand mean (1 + 3 + 7) / 3 = 11/3
    # between groups: 2 (2 - 11/3)^2 + (7 - 11/3)^2 = 16.667; scores per prompt 3 - 5/3 = 4/3
    noise = score_noise([[1, 3], [7, np.nan], [np.nan, np.nan]])
    assert (noise.prompts, noise.scores, noise.within) == (2, 3, 2.0)
    assert noise.between == pytest.approx((50 / 3 - 2) / (4 / 3))


def test_a_simulated_judge_is_found():
    rng = np.random.default_rng(0)
    true = rng.normal(6, 2, (5000, 1))
    scores = true + rng.normal(0, 1.5, (5000, 3))
    scores[rng.random(scores.shape) < 0.3] = np.nan
    noise = score_noise(scores)
    assert noise.between == pytest.approx(4.0, rel=0.05)
    assert noise.within == pytest.approx(2.25, rel=0.05)
    assert noise.reliability == pytest.approx(4 / 6.25, rel=0.03)


def test_resampled_prompts_hold_the_noise_already():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(300):
        scores = rng.normal(6, 2, (200, 1)) + rng.normal(0, 1.5, (200, 1))
        low, high = interval(Resampler(200, 300, seed=seed).means(scores))
        held += low[0] <= 6 <= high[0]
    assert 0.92 <= held / 300 <= 0.98


def test_more_scores_per_prompt_narrow_the_interval_as_told():
    rng = np.random.default_rng(2)
    noise = ScoreNoise(1, 1, between=4.0, within=2.25)
    true = rng.normal(6, 2, (4000, 1))
    widths = []
    for repeats in (1, 4):
        scores = (true + rng.normal(0, 1.5, (4000, repeats))).mean(axis=1, keepdims=True)
        low, high = interval(Resampler(4000, 2000).means(scores))
        widths.append(float((high - low)[0]))
    assert widths[1] / widths[0] == pytest.approx(noise.narrowing(4), rel=0.05)


def test_scores_that_never_differ_have_no_noise():
    assert score_noise([[5, 5], [7, 7]]).within == 0.0
    same = score_noise([[5, 5], [5, 5]])
    assert np.isnan(same.reliability) and same.narrowing(2) == 1.0
    assert score_noise([[1, 9], [9, 1]]).between == 0.0


def test_the_noise_is_told_in_a_sentence():
    # 1 - 3/4 = 25 %; 1 - sqrt(3.5 / 4) = 6 %
    assert str(ScoreNoise(100, 200, 3.0, 1.0)) == (
        "200 scores of 100 prompts: 25% of the variance is the judge's (standard deviation 1.00). "
        "Intervals of means hold it already; two scores per prompt would make them 6% narrower."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: score_noise([1, 2]), r"shape \(prompts, repeats\), got \(2,\)"),
        (lambda: score_noise([[1, 2]]), "got 2 scores of 1 prompts"),
        (lambda: score_noise([[1, np.nan], [2, np.nan]]), "got 2 scores of 2 prompts"),
        (lambda: ScoreNoise(2, 4, 1.0, 1.0).narrowing(0), "'repeats' must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
