"""LLMRouterBench's figures, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.evaluate import (
    cost_save,
    gain_at_best_single,
    gain_at_random,
    gap_at_oracle,
    pareto_dist,
    pareto_ratio,
    perf_gain,
)


def test_gains_and_gap_by_hand():
    models = [0.4, 0.5, 0.6]
    assert gain_at_random(0.6, models) == pytest.approx(0.2)  # .6 / .5 - 1
    assert gain_at_best_single(0.54, models) == pytest.approx(-0.1)  # .54 / .6 - 1
    assert gap_at_oracle(0.6, 0.8) == pytest.approx(0.25)
    assert gain_at_random(0.5, [0.5]) == gain_at_best_single(0.5, [0.5]) == 0.0


def test_performance_gain_and_saving_by_hand():
    cost, quality = [1.0, 2.0, 3.0], [0.5, 0.6, 0.66]
    best = {"best_cost": 4.0, "best_quality": 0.6}
    assert perf_gain(quality, 0.6) == pytest.approx(0.1)
    assert cost_save(cost, quality, **best) == pytest.approx(0.5)  # the second setting, 2 of 4
    assert cost_save([8.0], [0.6], **best) == pytest.approx(-1.0)  # as good, twice the price
    assert np.isnan(cost_save([1.0], [0.5], **best))


def test_distance_to_the_frontier_by_hand():
    pool = {"pool_cost": [1.0, 100.0], "pool_quality": [0.4, 0.8]}
    # scaled: pool (0, 0), (1, 1); the setting at 10 is (.5, .25) and undominated
    assert pareto_dist([10.0], [0.5], **pool) == 0.0
    # at 10 with .4 it is (.5, 0), dominated by (0, 0): L1 distance .5, to (1, 1) 1.5
    assert pareto_dist([10.0], [0.4], **pool) == pytest.approx(0.5)
    assert pareto_dist([10.0], [0.4], variant="linear", **pool) == pytest.approx(9 / 99)
    assert pareto_dist([1.0, 10.0], [0.4, 0.4], **pool) == pytest.approx(0.25)  # mean of 0, .5


def test_share_on_the_frontier_by_hand():
    pool = {"pool_cost": [1.0, 2.0], "pool_quality": [0.4, 0.8]}
    # the same point; dominated by (2, .8); dearer than all and best
    assert pareto_ratio([1.0, 3.0, 9.0], [0.4, 0.8, 0.9], **pool) == pytest.approx(2 / 3)
    # a router's own settings belong to the pool
    assert pareto_ratio([5.0, 5.0], [0.85, 0.9], **pool) == 0.5


def test_settings_that_are_all_alike_are_on_the_frontier():
    same = {"pool_cost": [2.0], "pool_quality": [0.5]}
    assert pareto_dist([2.0, 2.0], [0.5, 0.5], **same) == 0.0
    assert pareto_ratio([2.0, 2.0], [0.5, 0.5], **same) == 1.0


def test_a_cost_of_zero_needs_the_linear_scale():
    pool = {"pool_cost": [1.0], "pool_quality": [0.5]}
    assert pareto_dist([0.0], [0.5], variant="linear", **pool) == 0.0
    assert pareto_ratio([0.0], [0.5], **pool) == 1.0
