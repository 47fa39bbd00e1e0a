"""Do the intervals cover? Counted over thousands of simulated tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from routelab import InputError
from routelab.experiments.intervals import (
    fieller,
    newcombe,
    ratio_moments,
    two_proportions_p,
    welch_df,
)

REPEATS = 4_000
#: Coverage of a 95 % interval that may be met by chance over 4,000 repeats is 94.0 to 96.0 %.
ALLOWED = (0.93, 0.97)


def inside(low, high, truth):
    return float(np.mean((low <= truth) & (truth <= high)))


def mean_interval(a, b, denominators_a=None, denominators_b=None):
    """Return the interval of the difference of ratios, for units along the last axis."""
    ratio_a, v_a = ratio_moments(a, np.ones_like(a) if denominators_a is None else denominators_a)
    ratio_b, v_b = ratio_moments(b, np.ones_like(b) if denominators_b is None else denominators_b)
    df = welch_df(v_a, a.shape[-1], v_b, b.shape[-1])
    reach = stats.t.isf(0.025, df) * np.sqrt(v_a + v_b)
    return ratio_a - ratio_b - reach, ratio_a - ratio_b + reach


@pytest.mark.parametrize(
    ("p", "q", "n", "m"), [(0.5, 0.45, 100, 100), (0.05, 0.08, 200, 120), (0.98, 0.97, 300, 300)]
)
def test_the_interval_of_two_proportions_covers(p, q, n, m):
    rng = np.random.default_rng(1)
    low, high = newcombe(rng.binomial(n, p, REPEATS), n, rng.binomial(m, q, REPEATS), m)
    assert ALLOWED[0] <= inside(low, high, p - q) <= ALLOWED[1]


def test_the_test_of_two_proportions_keeps_its_level():
    rng = np.random.default_rng(2)
    p = two_proportions_p(rng.binomial(400, 0.2, 20_000), 400, rng.binomial(300, 0.2, 20_000), 300)
    assert 0.04 < np.mean(p < 0.05) < 0.06


def test_the_interval_of_two_means_covers_with_unequal_variances_and_sizes():
    rng = np.random.default_rng(3)
    low, high = mean_interval(rng.normal(1, 5, (REPEATS, 15)), rng.normal(0, 1, (REPEATS, 60)))
    assert ALLOWED[0] <= inside(low, high, 1.0) <= ALLOWED[1]


def users(rng, n, mean):
    """Return USD and requests of n users: each has requests of like cost, and his own number."""
    requests = 1 + rng.poisson(rng.gamma(1.0, 5.0, (REPEATS, n)))
    own = rng.gamma(4.0, 0.25, (REPEATS, n))  # mean 1; all requests of a user share it
    noise = rng.gamma(requests * 4.0) / 4.0  # the sum over his requests of gammas of mean 1
    return mean * own * noise, requests


def test_cost_per_request_covers_when_requests_of_a_user_are_alike():
    rng = np.random.default_rng(4)
    usd_a, n_a = users(rng, 300, 0.012)
    usd_b, n_b = users(rng, 300, 0.010)
    low, high = mean_interval(usd_a, usd_b, n_a, n_b)
    assert ALLOWED[0] <= inside(low, high, 0.002) <= ALLOWED[1]


def test_an_interval_that_takes_requests_for_units_covers_too_seldom():
    rng = np.random.default_rng(5)
    repeats, n_users, n_each = 2_000, 50, 20
    quality = rng.normal(0, 1, (2, repeats, n_users, 1)) + rng.normal(
        0, 1, (2, repeats, n_users, n_each)
    )
    per_request = quality.reshape(2, repeats, -1)
    naive = inside(*mean_interval(per_request[0], per_request[1]), 0.0)
    by_user = inside(*mean_interval(quality[0].sum(-1), quality[1].sum(-1)), 0.0)
    assert naive < 0.70  # the design effect is 1 + 19/2, so that 95 % become about 45 %
    assert ALLOWED[0] <= by_user <= ALLOWED[1]


def test_the_relative_difference_covers():
    rng = np.random.default_rng(6)
    usd_a, n_a = users(rng, 300, 0.012)
    usd_b, n_b = users(rng, 300, 0.010)
    ratio_a, v_a = ratio_moments(usd_a, n_a)
    ratio_b, v_b = ratio_moments(usd_b, n_b)
    found = [fieller(*m, 1.96) for m in zip(ratio_a, v_a, ratio_b, v_b, strict=True)]
    low, high = np.array(found).T
    assert ALLOWED[0] <= inside(low, high, 1.2) <= ALLOWED[1]


def test_fieller_agrees_with_its_definition():
    low, high = fieller(3.0, 0.04, 2.0, 0.09, 1.96)
    for end in (low, high):
        assert abs(3 - end * 2) == pytest.approx(1.96 * np.sqrt(0.04 + end**2 * 0.09))
    assert low < 1.5 < high
    mirrored = fieller(-3.0, 0.04, -2.0, 0.09, 1.96)
    assert mirrored == pytest.approx((low, high))
    with pytest.raises(InputError, match="'multiplier' must be at least 0, got -1"):
        fieller(1.0, 1.0, 1.0, 1.0, -1.0)


def test_the_delta_method_is_the_one_of_the_paper():
    # Deng et al. (2018), section 2.2: Var(y/d) = (Var y - 2 R Cov(y, d) + R^2 Var d) / (n dbar^2)
    rng = np.random.default_rng(7)
    d = rng.integers(1, 9, 50).astype(float)
    y = 2 * d + rng.normal(0, 1, 50)
    cov = np.cov(y, d)
    r = y.mean() / d.mean()
    by_hand = (cov[0, 0] - 2 * r * cov[0, 1] + r**2 * cov[1, 1]) / (50 * d.mean() ** 2)
    ratio, variance = ratio_moments(y, d)
    assert (ratio, variance) == (pytest.approx(r), pytest.approx(by_hand))
