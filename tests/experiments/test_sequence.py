"""Looking every day: a confidence sequence keeps its level, a fixed test does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from routelab.experiments.intervals import fieller, smoothed_variance
from routelab.experiments.sequence import always_valid_p, crossing, multiplier, tuning

DAYS = 30


def daily_z(rng, daily, repeats=4_000, draw=None, effect=0.0):
    """Return z (repeats, days) of two arms that get `daily` units each a day, and the units."""
    draw = draw or (lambda size: rng.normal(0, 1, size))
    values = [draw((repeats, DAYS, daily)) for _ in range(2)]
    n = daily * np.arange(1, DAYS + 1)
    sums = [v.sum(-1).cumsum(-1) for v in values]
    squares = [(v**2).sum(-1).cumsum(-1) for v in values]
    variances = [(q - s**2 / n) / (n - 1) / n for s, q in zip(sums, squares, strict=True)]
    gap = (sums[0] - sums[1]) / n + effect
    return gap / np.sqrt(variances[0] + variances[1]), 2 * n


def alarms(z, units, tuned_for):
    reach = multiplier(units, tuning(tuned_for))
    return float((np.abs(z) > reach).any(axis=1).mean())


@pytest.mark.parametrize("tuned_for", [500, 3_000, 20_000])
def test_a_look_every_day_rings_at_most_at_five_percent(tuned_for):
    z, units = daily_z(np.random.default_rng(1), 50)
    fixed = float((np.abs(z) > stats.norm.isf(0.025)).any(axis=1).mean())
    assert alarms(z, units, tuned_for) <= 0.05
    assert fixed > 0.15


def test_skewed_costs_ring_at_most_at_five_percent():
    rng = np.random.default_rng(2)
    z, units = daily_z(rng, 50, draw=lambda size: rng.lognormal(0, 1, size))
    assert alarms(z, units, 3_000) <= 0.05


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.5])
def test_rates_ring_at_most_at_five_percent_though_they_start_with_a_few_requests(rate):
    rng = np.random.default_rng(6)
    n = 10 * np.arange(1, DAYS + 1)
    successes = rng.binomial(10, rate, (2, 10_000, DAYS)).cumsum(-1)
    error = np.sqrt(smoothed_variance(successes, n).sum(axis=0))
    z = (successes[0] - successes[1]) / n / error
    assert alarms(z, 2 * n, 600) <= 0.05


def test_users_who_come_back_every_day_ring_at_most_at_five_percent():
    # 200 users in each arm send a request a day; the theorem is for units that are complete.
    rng = np.random.default_rng(3)
    repeats, n_users = 1_500, 200
    for own_sd in (0.0, 1.0):
        own = rng.normal(0, own_sd, (2, repeats, n_users, 1))
        means = (own + rng.normal(0, 1, (2, repeats, n_users, DAYS))).cumsum(-1)
        means = means / np.arange(1, DAYS + 1)
        gap = means[0].mean(1) - means[1].mean(1)
        error = np.sqrt((means[0].var(1, ddof=1) + means[1].var(1, ddof=1)) / n_users)
        assert alarms(gap / error, np.full(DAYS, 2 * n_users), 400) <= 0.05


def test_the_relative_difference_holds_at_every_look_too():
    rng = np.random.default_rng(4)
    days = np.arange(1, DAYS + 1) * 50
    missed = 0
    for _ in range(400):
        a = rng.gamma(2, 0.6, (DAYS * 50)).cumsum()[days - 1] / days
        b = rng.gamma(2, 0.5, (DAYS * 50)).cumsum()[days - 1] / days
        reach = multiplier(2 * days, tuning(3_000))
        ends = [
            fieller(*m, c)
            for *m, c in zip(a, 2 * 0.36 / days, b, 2 * 0.25 / days, reach, strict=True)
        ]
        missed += any(not low <= 1.2 <= high for low, high in ends)
    assert missed / 400 <= 0.05


def test_the_p_value_is_the_level_at_which_the_interval_leaves_zero_out():
    rho2 = tuning(1_000)
    for z in (2.0, 3.5, 6.0):
        for units in (50, 1_000, 40_000):
            p = float(always_valid_p(z, units, rho2))
            if p < 1:
                assert float(multiplier(units, rho2, p)) == pytest.approx(z)
    assert float(always_valid_p(0.0, 10, rho2)) == 1.0


def test_the_tuning_is_the_best_one():
    best = tuning(5_000)
    reaches = [float(multiplier(5_000, best * factor)) for factor in (0.9, 1.0, 1.1)]
    assert reaches[1] == min(reaches)


def test_crossing_is_what_simulation_finds():
    rng = np.random.default_rng(5)
    steps = rng.normal(3.7 / 20, np.sqrt(1 / 20), (40_000, 20)).cumsum(axis=1)
    fractions = np.arange(1, 21) / 20
    crossed = np.abs(steps / np.sqrt(fractions)) > multiplier(fractions, tuning(1.0))
    first = np.array([(crossed.argmax(1) == k) & crossed.any(1) for k in range(20)]).mean(1)
    computed = crossing(3.7, 20)
    assert np.abs(first - computed).max() < 4 * np.sqrt(0.1 * 0.9 / 40_000)
    assert crossing(0.0, 365).sum() < 0.05


def test_one_look_is_a_plain_test_at_the_boundary():
    reach = float(multiplier(1.0, tuning(1.0)))
    by_hand = stats.norm.sf(reach - 2) + stats.norm.cdf(-reach - 2)
    assert crossing(2.0, 1).tolist() == pytest.approx([by_hand])
