"""Sample sizes against simulation and real outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from routelab import InputError, plan_labels, plots, read_outcomes
from routelab.labelling import accuracy_within, plan_accuracy


def found(differences, alpha=0.05):
    """Return whether the paired z test rejects, per row of (trials, n) differences."""
    n = differences.shape[1]
    z = differences.mean(axis=1) / (differences.std(axis=1, ddof=1) / np.sqrt(n))
    return np.abs(z) > norm.ppf(1 - alpha / 2)


def test_the_power_is_what_was_asked_for():
    rng = np.random.default_rng(0)
    first, second = (rng.random((2, 4000)) < [[0.8], [0.72]]).astype(float)
    plan = plan_labels(first, second, delta=0.08)
    trials = 2000
    one = rng.random((trials, plan.needed)) < 0.8
    two = rng.random((trials, plan.needed)) < 0.72
    power = found(one.astype(float) - two).mean()
    assert power == pytest.approx(0.8, abs=0.03)
    assert plan.power_at(plan.needed) == pytest.approx(0.8, abs=0.005)
    none = rng.random((trials, plan.needed)) < 0.8
    assert found(one.astype(float) - none).mean() == pytest.approx(0.05, abs=0.02)


def test_a_pilot_of_real_outcomes_plans_for_the_rest(data):
    """Resampling RouteLLM's GSM8K: the planned number finds the difference about 80 % of times."""
    table = read_outcomes(data / "routellm" / "gsm8k" / "gsm8k_responses.csv")
    rng = np.random.default_rng(1)
    quality = table.quality
    pilot = quality[rng.choice(len(quality), 200, replace=False)]
    true = float(np.diff(quality.mean(axis=0))[0])
    plan = plan_labels(pilot[:, 1], pilot[:, 0], delta=true)
    rows = rng.integers(0, len(quality), (3000, plan.needed))
    power = found(quality[rows, 1] - quality[rows, 0]).mean()
    assert power == pytest.approx(0.8, abs=0.08)


def test_the_formula_by_hand():
    # Differences of +1 in 30 of 100 and -1 in 10: mean 0.2, sd sqrt((0.4 - 0.04) * 100 / 99).
    first = np.r_[np.ones(30), np.zeros(70)]
    second = np.r_[np.zeros(30), np.ones(10), np.zeros(60)]
    plan = plan_labels(first, second, delta=0.1)
    sd = np.sqrt(0.36 * 100 / 99)
    assert plan.sd == pytest.approx(sd)
    assert plan.needed == int(np.ceil(((1.959964 + 0.841621) * sd / 0.1) ** 2))
    assert (plan.have, plan.more) == (100, plan.needed - 100)
    assert "100 are there" in str(plan)
    assert plan_accuracy(0.9, 0.02) == int(np.ceil(1.959964**2 * 0.09 / 0.0004))


def test_the_picture_shows_both_numbers():
    plan = plan_labels([1, 0] * 20, [0, 0] * 20, delta=0.1)
    fig, axes = plots.figure()
    drawn = plots.label_plan(plan, axes[0])
    texts = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert f"needed: {plan.needed:,} labels" in texts
    assert f"have: {plan.have:,} labels" in texts
    assert len(drawn) == 3


@pytest.mark.parametrize(("first", "second", "options", "why"), [
    ([1] * 9, [0] * 9, {}, "ten prompts or more, got 9"),
    ([1] * 20, [1] * 19, {}, "the same prompts, got 20 and 19"),
    ([1] * 20, [1] * 20, {}, "never differ"),
    ([1, 0] * 10, [0, 1] * 10, {}, "no difference at all"),
    ([1, 0] * 10, [0, 0] * 10, {"power": 1}, "'power' must be between 0 and 1"),
])  # fmt: skip
def test_what_cannot_be_planned_says_why(first, second, options, why):
    with pytest.raises(InputError, match=why):
        plan_labels(first, second, **options)
    with pytest.raises(InputError, match="must be in"):
        plan_accuracy(1.0, 0.1)


def test_what_labels_tell_is_the_plan_for_them_the_other_way_round():
    for expected, width in ((0.5, 0.05), (0.8, 0.03)):
        needed = plan_accuracy(expected, width)
        assert accuracy_within(needed, expected) <= width < accuracy_within(needed - 1, expected)
    for labels, expected in ((0, 0.5), (10, 1.0)):
        with pytest.raises(InputError, match="'labels' must be 1 or more"):
            accuracy_within(labels, expected)
