"""RouterArena's score and its companions, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.evaluate import (
    arena_score,
    optimal_accuracy,
    optimal_cost,
    optimal_selection,
)

# Four prompts, models at 1, 2 and 4 USD. Right: all; the dear two; the dearest; none.
QUALITY = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0.9]])
COST = np.array([[1.0, 2.0, 4.0]] * 4)


def test_cost_is_clipped_to_its_bounds():
    assert arena_score(0.8, 0.0001) == arena_score(0.8, 0.0044)
    assert arena_score(0.8, 1e6) == arena_score(0.8, 200) == 0.0
    # at the cheapest C is 1: 1.1 * .8 / (.08 + 1)
    assert arena_score(0.8, 0.0044) == pytest.approx(1.1 * 0.8 / 1.08)
    assert arena_score(0.0, 1.0) == arena_score(0.0, 200.0) == 0.0


def test_more_accuracy_and_less_cost_raise_the_score():
    costs = [arena_score(0.7, usd) for usd in (0.01, 0.1, 1, 10, 100)]
    assert costs == sorted(costs, reverse=True)
    accuracies = [arena_score(a, 1.0) for a in (0.1, 0.5, 0.9, 1.0)]
    assert accuracies == sorted(accuracies)


def test_companions_by_hand():
    choice = [0, 2, 1, 0]  # optimal; right but dear; wrong; the fourth prompt has no right model
    assert optimal_selection(choice, QUALITY, COST) == pytest.approx(1 / 3)
    assert optimal_cost(choice, QUALITY, COST) == pytest.approx((1 + 2) / (1 + 4))
    assert optimal_accuracy(choice, QUALITY, COST) == pytest.approx(2 / 3)


def test_cheap_wrong_answers_do_not_raise_the_cost_ratio():
    assert optimal_cost([0, 0, 0, 0], QUALITY, COST) == 1.0
    assert np.isnan(optimal_cost([0, 0], QUALITY[1:3], COST[1:3]))  # no choice is right
    assert optimal_cost([0], [[1.0]], [[0.0]]) == 1.0  # a free pool: nothing was overpaid


def test_equal_cost_and_quality_are_as_good_as_optimal():
    assert optimal_selection([1], [[1.0, 1.0]], [[2.0, 2.0]]) == 1.0


def test_what_counts_as_right_can_be_set():
    assert optimal_accuracy([2, 2, 2, 2], QUALITY, COST, right=0.9) == 1.0
    assert optimal_accuracy([0, 0, 0, 0], QUALITY, COST, right=0.9) == 0.25
