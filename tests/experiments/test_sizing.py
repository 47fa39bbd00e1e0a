"""The size of a test: the power that was asked for is the power that simulation finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from routelab import InputError, plan_split
from routelab.experiments.intervals import ratio_moments, two_proportions_p, welch_df
from routelab.experiments.sequence import multiplier, tuning

REPEATS = 10_000
#: Four standard errors of a power of 80 % over 10,000 repeats are 1.6 points.
ALLOWED = (0.78, 0.82)


def welch_p(a, b):
    (mean_a, v_a), (mean_b, v_b) = (ratio_moments(x, np.ones_like(x)) for x in (a, b))
    z = np.abs(mean_a - mean_b) / np.sqrt(v_a + v_b)
    return 2 * stats.t.sf(z, welch_df(v_a, a.shape[-1], v_b, b.shape[-1]))


@pytest.mark.parametrize(
    ("baseline", "effect", "shares"),
    [(0.10, 0.02, (0.5, 0.5)), (0.10, -0.03, (0.8, 0.2)), (0.5, 0.05, (0.3, 0.7))],
)
def test_power_of_a_fixed_binary_test(baseline, effect, shares):
    rng = np.random.default_rng(1)
    n, m = plan_split(baseline=baseline, effect=effect, kind="binary", shares=shares).units
    a, b = rng.binomial(n, baseline, REPEATS), rng.binomial(m, baseline + effect, REPEATS)
    power = np.mean(two_proportions_p(b, m, a, n) < 0.05)
    assert ALLOWED[0] <= power <= ALLOWED[1]


@pytest.mark.parametrize("effect", [1.2, 0.5])
def test_power_of_a_fixed_test_of_means(effect):
    rng = np.random.default_rng(2)
    n, m = plan_split(baseline=5, effect=effect, kind="continuous", sd=1.0).units
    p = welch_p(rng.normal(5, 1, (REPEATS, n)), rng.normal(5 + effect, 1, (REPEATS, m)))
    assert ALLOWED[0] <= np.mean(p < 0.05) <= ALLOWED[1]


def sequential_power(rng, plan, effect_in_sd):
    """Return the part of tests that cross at one of the looks; unit variance per unit."""
    n = np.array(plan.units)
    at = np.arange(1, plan.looks + 1) / plan.looks
    means = [
        rng.normal(0, np.sqrt(k / plan.looks), (REPEATS, plan.looks)).cumsum(1) / (k * at)
        for k in n
    ]
    gap = means[1] - means[0] + effect_in_sd
    error = np.sqrt(1 / (n[0] * at) + 1 / (n[1] * at))
    reach = multiplier((n[0] + n[1]) * at, tuning(plan.tuned_for, plan.alpha), plan.alpha)
    crossed = np.abs(gap / error) > reach
    stops = np.where(crossed.any(1), crossed.argmax(1) + 1, plan.looks) / plan.looks
    return float(crossed.any(1).mean()), float(stops.mean())


@pytest.mark.parametrize(("shares", "per_day"), [((0.5, 0.5), 100), ((0.75, 0.25), None)])
def test_power_of_a_sequential_test(shares, per_day):
    plan = plan_split(
        baseline=1,
        effect=0.1,
        kind="ratio",
        sd=1.0,
        shares=shares,
        units_per_day=per_day,
        design="sequential",
    )
    power, stops = sequential_power(np.random.default_rng(3), plan, 0.1)
    assert ALLOWED[0] <= power <= ALLOWED[1]
    assert stops == pytest.approx(plan.expected_share, abs=0.01)
    assert plan.looks == (30 if per_day is None else plan.days)


def test_a_sequential_test_needs_more_units_but_ends_about_as_early():
    fixed = plan_split(baseline=0.1, effect=0.02, kind="binary")
    looking = plan_split(baseline=0.1, effect=0.02, kind="binary", design="sequential")
    assert 1.5 < looking.total / fixed.total < 2.0
    assert looking.expected_share * looking.total < 1.25 * fixed.total


def test_days_come_from_the_units_of_a_day():
    plan = plan_split(baseline=0.1, effect=0.02, kind="binary", units_per_day=1_000)
    assert (plan.units, plan.days, plan.tuned_for) == ((3841, 3841), 8, None)
    assert "that is 8 days" in str(plan)


def test_several_arms_share_alpha_and_the_smallest_decides():
    three = plan_split(baseline=0, effect=1, kind="continuous", sd=5, shares=(0.5, 0.3, 0.2))
    two = plan_split(
        baseline=0, effect=1, kind="continuous", sd=5, alpha=0.025, shares=(5 / 7, 2 / 7)
    )
    assert three.units[0] == pytest.approx(two.units[0], abs=1)
    assert three.units[2] == pytest.approx(two.units[1], abs=1)
    assert "each of 2 arms" in str(three)


def test_a_sequential_plan_says_what_to_analyse_with():
    plan = plan_split(
        baseline=0.1, effect=0.02, kind="binary", units_per_day=500, design="sequential"
    )
    assert f"tuned_for={plan.tuned_for}" in str(plan)
    assert plan.tuned_for == pytest.approx(plan.total, abs=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"effect": 0}, "other than 0"),
        ({"baseline": 1.2}, "baseline must be a rate"),
        ({"effect": 0.95}, r"baseline \+ effect must be a rate"),
        ({"kind": "continuous"}, "needs 'sd'"),
        ({"kind": "continuous", "sd": 0.0}, "'sd' must be above 0"),
        ({"kind": "count"}, "'kind' must be binary"),
        ({"design": "bayes"}, "'design' must be fixed or sequential"),
        ({"shares": (0.5, 0.4)}, "add up to 1"),
        ({"shares": (1.0,)}, "two or more"),
        ({"alpha": 0}, "'alpha' and 'power'"),
        ({"power": 0.01}, "power above alpha"),
        ({"units_per_day": 0}, "'units_per_day' must be above 0"),
    ],
)
def test_a_test_that_cannot_be_planned_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        plan_split(**{"baseline": 0.1, "effect": 0.02, "kind": "binary", **changes})
