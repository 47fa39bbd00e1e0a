"""The studentised bootstrap and the grouped jackknife."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from routelab.evaluate import Resampler
from routelab.experiments.intervals import ratio_moments
from routelab.off_policy._intervals import RatioBootstrap, jackknife


def bootstrap(columns, n_boot=2_000):
    return RatioBootstrap(columns, Resampler(len(columns), n_boot).weights())


def test_the_error_of_a_ratio_is_that_of_the_delta_method():
    rng = np.random.default_rng(0)
    columns = rng.gamma(2, 1, (200, 2))
    found = bootstrap(columns).ratio(0, 1)
    ratio, variance = ratio_moments(columns[:, 0], columns[:, 1])
    assert (found.value, found.error**2) == pytest.approx((float(ratio), float(variance)))


def test_a_difference_is_paired():
    rng = np.random.default_rng(1)
    y = rng.normal(5, 1, 300)
    columns = np.column_stack([y, y + rng.normal(0, 0.01, 300) + 1, np.ones(300)])
    found = bootstrap(columns).ratio(1, 2, minus=(0, 2))
    gap = columns[:, 1] - y
    assert found.value == pytest.approx(gap.mean())
    assert found.error == pytest.approx(gap.std(ddof=1) / 300**0.5)


def test_a_symmetric_mean_has_nearly_the_t_interval():
    y = np.random.default_rng(2).normal(0, 1, 400)
    found = bootstrap(np.column_stack([y, np.ones(400)]), 20_000).ratio(0, 1)
    reach = stats.t.isf(0.025, 399) * y.std(ddof=1) / 20
    assert found.low == pytest.approx(y.mean() - reach, abs=0.05 * reach)
    assert found.high == pytest.approx(y.mean() + reach, abs=0.05 * reach)


def test_a_skewed_mean_reaches_further_to_its_long_side():
    y = np.random.default_rng(3).exponential(1, 60)
    found = bootstrap(np.column_stack([y, np.ones(60)])).ratio(0, 1)
    assert found.high - found.value > 1.2 * (found.value - found.low)


def test_what_does_not_vary_has_no_width():
    columns = np.column_stack([np.full(50, 0.7), np.ones(50), np.zeros(50)])
    found = bootstrap(columns)
    one, zero = found.ratio(0, 1), found.ratio(2, 1)
    assert (one.low, one.high, one.error) == (one.value, one.value, 0)
    assert (zero.value, zero.low, zero.high) == (0, 0, 0)


def test_two_failures_among_many_leave_a_finite_interval():
    y = np.ones(500)
    y[:2] = 0
    found = bootstrap(np.column_stack([y, np.ones(500)])).ratio(0, 1)
    # an exact Poisson interval of two failures is 0.24 to 7.2 of 500
    assert 1 - 12 / 500 < found.low < 1 - 4 / 500
    assert found.high < 1.002


def test_resamples_without_weight_are_left_out():
    columns = np.zeros((40, 2))
    columns[:3] = [[1.0, 1.0], [0.0, 1.0], [1.0, 2.0]]
    found = bootstrap(columns).ratio(0, 1)
    assert np.isfinite([found.low, found.high]).all()


def test_the_jackknife_of_a_mean_is_its_standard_error():
    y = np.random.default_rng(4).normal(0, 1, 12)
    found = jackknife(y.mean(), (y.sum() - y) / 11)
    error = y.std(ddof=1) / 12**0.5
    assert found.error == pytest.approx(error)
    assert found.high == pytest.approx(y.mean() + stats.t.isf(0.025, 11) * error)
