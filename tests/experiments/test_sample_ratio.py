"""The sample ratio: the alarm rings for a real mismatch, and seldom without one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from routelab import InputError
from routelab.experiments import sample_ratio
from routelab.experiments.sample_ratio import ALARM

HALVES = {"a": 0.5, "b": 0.5}


def rings(rng, shares, expected, n, repeats=2_000):
    counts = rng.multinomial(n, shares, repeats)
    return np.mean(
        [sample_ratio(dict(zip("abc", c, strict=False)), expected).alarm for c in counts]
    )


def test_a_fair_split_rings_once_in_a_thousand():
    rate = rings(np.random.default_rng(1), (0.5, 0.5), HALVES, 10_000, repeats=5_000)
    assert rate <= 0.001 + 4 * np.sqrt(0.001 / 5_000)


def test_thirty_daily_looks_at_a_fair_split_ring_at_one_in_a_hundred():
    control = np.random.default_rng(4).binomial(500, 0.5, (1_000, 30)).cumsum(axis=1)
    days = 500 * np.arange(1, 31)
    z = np.abs(control - days / 2) / np.sqrt(days / 4)  # its square is the chi-square
    row = sample_ratio({"a": int(control[0, 0]), "b": int(500 - control[0, 0])}, HALVES)
    assert row.p == pytest.approx(stats.chi2.sf(z[0, 0] ** 2, 1))
    assert (stats.chi2.sf(z**2, 1) < ALARM).any(axis=1).mean() < 0.02


def test_an_arm_that_loses_five_percent_of_its_units_rings():
    # 100,000 units, 2.5 % of one arm lost: 50,000 against 48,750, z = 4.0, above 3.3
    assert rings(np.random.default_rng(2), (0.5063, 0.4937), HALVES, 98_750, 500) > 0.7
    assert rings(np.random.default_rng(3), (0.513, 0.487), HALVES, 97_500, 500) > 0.99


def test_three_unequal_arms_are_held_against_their_own_shares():
    shares = {"a": 0.8, "b": 0.1, "c": 0.1}
    assert not sample_ratio({"a": 8_000, "b": 1_030, "c": 970}, shares).alarm
    found = sample_ratio({"a": 8_000, "b": 1_150, "c": 850}, shares)
    # chi-square = 150^2 / 1000 twice = 45 with 2 degrees of freedom: p = exp(-22.5)
    assert found.p == pytest.approx(np.exp(-22.5))
    assert found.expected == pytest.approx({"a": 8_000, "b": 1_000, "c": 1_000})
    assert "SAMPLE RATIO MISMATCH, p < 0.0001" in str(found)


@pytest.mark.parametrize(
    ("counts", "shares", "message"),
    [
        ({"a": 1, "b": 1}, {"a": 0.5, "b": 0.4}, "add up to 0.9, not to 1"),
        ({"a": 1, "b": 1}, {"a": 1.0}, "arm 'b' has no expected share"),
        ({"a": 1}, HALVES, "no unit is in arm 'b', which should have 50.0%"),
        ({"a": 1, "b": 1}, {"a": 1.5, "b": -0.5}, "arm 'b' must be above 0, got -0.5"),
    ],
)
def test_shares_that_cannot_be_are_refused(counts, shares, message):
    with pytest.raises(InputError, match=message):
        sample_ratio(counts, shares)
