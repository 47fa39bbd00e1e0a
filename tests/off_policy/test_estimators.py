"""Four rows, two models: every estimate by hand."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.off_policy import (
    direct_method,
    doubly_robust,
    effective_sample_size,
    importance_weights,
    ips,
    snips,
    switch_dr,
    truncation_point,
)

CHOSEN = np.array([0, 1, 1, 0])
PROPENSITY = np.array([0.5, 0.5, 0.8, 0.2])
POLICY = np.array([[1.0, 0.0], [0.4, 0.6], [0.2, 0.8], [0.9, 0.1]])
VALUES = np.array([1.0, 0.5, 0.0, 1.0])
PREDICTED = np.array([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5], [0.4, 0.6]])
# 1 / .5, .6 / .5, .8 / .8, .9 / .2
WEIGHTS = np.array([2.0, 1.2, 1.0, 4.5])


def test_weights_are_the_policys_probability_over_the_logs():
    assert importance_weights(POLICY, PROPENSITY, CHOSEN) == pytest.approx(WEIGHTS)


def test_ips_is_the_mean_of_weighted_outcomes():
    # (2 + .6 + 0 + 4.5) / 4
    assert ips(VALUES, WEIGHTS) == pytest.approx(7.1 / 4)


def test_snips_divides_by_the_weights():
    # 7.1 / (2 + 1.2 + 1 + 4.5)
    assert snips(VALUES, WEIGHTS) == pytest.approx(7.1 / 8.7)


def test_the_direct_method_averages_the_model_under_the_policy():
    # .8, .24 + .24, .1 + .4, .36 + .06
    assert direct_method(POLICY, PREDICTED) == pytest.approx((0.8 + 0.48 + 0.5 + 0.42) / 4)


def test_the_doubly_robust_estimate_adds_weighted_residuals():
    # residuals .2, .1, -.5, .6; weighted .4, .12, -.5, 2.7
    found = doubly_robust(VALUES, WEIGHTS, POLICY, PREDICTED, CHOSEN)
    assert found == pytest.approx((2.2 + 0.4 + 0.12 - 0.5 + 2.7) / 4)


def test_switching_leaves_great_weights_to_the_model():
    # without the last residual
    found = switch_dr(VALUES, WEIGHTS, POLICY, PREDICTED, CHOSEN, 2.0)
    assert found == pytest.approx((2.2 + 0.4 + 0.12 - 0.5) / 4)


def test_between_the_ends_switching_is_the_direct_method_or_doubly_robust():
    parts = (VALUES, WEIGHTS, POLICY, PREDICTED, CHOSEN)
    assert switch_dr(*parts, 0.5) == pytest.approx(direct_method(POLICY, PREDICTED))
    assert switch_dr(*parts, np.inf) == pytest.approx(doubly_robust(*parts))


def test_a_perfect_model_makes_all_model_based_estimates_equal():
    perfect = PREDICTED.copy()
    perfect[np.arange(4), CHOSEN] = VALUES
    parts = (VALUES, WEIGHTS, POLICY, perfect, CHOSEN)
    assert doubly_robust(*parts) == pytest.approx(direct_method(POLICY, perfect))


def test_a_model_that_predicts_nothing_leaves_ips():
    parts = (VALUES, WEIGHTS, POLICY, np.zeros((4, 2)), CHOSEN)
    assert doubly_robust(*parts) == pytest.approx(ips(VALUES, WEIGHTS))


def test_the_effective_sample_size_is_kishs():
    # 8.7^2 / (4 + 1.44 + 1 + 20.25)
    assert effective_sample_size(WEIGHTS) == pytest.approx(75.69 / 26.69)
    assert effective_sample_size(np.full(7, 0.3)) == pytest.approx(7)
    assert effective_sample_size(np.zeros(3)) == 0


def test_the_truncation_point_is_the_root_of_n():
    assert truncation_point(2_500) == 50
