"""The Pareto front is the one that brute force finds; what is close to it is marked."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from routelab.sweeps.front import non_dominated, pareto_ranks, unresolved

POINTS = st.integers(1, 4).flatmap(
    lambda k: arrays(
        float, st.tuples(st.integers(1, 40), st.just(k)), elements=st.integers(0, 5).map(float)
    )
)


def beats(a, b):
    return bool((a <= b).all() and (a < b).any())


@given(POINTS)
def test_the_front_is_that_of_brute_force(costs):
    expected = [not any(beats(other, own) for other in costs) for own in costs]
    assert non_dominated(costs).tolist() == expected


@given(POINTS)
def test_ranks_peel_one_front_after_the_other(costs):
    ranks = pareto_ranks(costs)
    for own, rank in zip(costs, ranks, strict=True):
        above = [r for other, r in zip(costs, ranks, strict=True) if beats(other, own)]
        assert rank == (max(above) + 1 if above else 0)


def test_a_point_is_resolved_by_a_paired_difference_however_wide_its_own_interval():
    luck = np.random.default_rng(0).normal(0, 10, 500)  # the same days for all
    costs = np.array([[1.0], [2.0], [1.1]])
    noise = np.random.default_rng(1).normal(0, 1, 500)
    samples = np.stack([1 + luck, 2 + luck, 1.1 + luck + noise])[:, :, None]
    assert unresolved(costs, samples, pareto_ranks(costs)).tolist() == [False, False, True]
