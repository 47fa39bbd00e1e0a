"""The index by hand, its bins, and what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import InputError
from routelab.watching.stability import by_chance, decile_edges, in_bins, psi


def test_the_index_is_the_formula():
    # shares with half a row added: q = (9.5, 10.5) / 20, p = (4.5, 15.5) / 20
    # (0.225 - 0.475) ln(0.225 / 0.475) + (0.775 - 0.525) ln(0.775 / 0.525) = 0.1868 + 0.0974
    assert psi([9, 10], [4, 15]) == pytest.approx(0.2842, abs=1e-4)


def test_equal_shares_give_0_and_an_empty_bin_stays_finite():
    assert psi([10, 30, 20], [10, 30, 20]) == 0
    assert psi([5, 5], [5, 5]) == 0
    assert np.isfinite(psi([0, 100], [100, 0]))


def test_the_index_is_symmetric():
    assert psi([3, 9, 1], [8, 2, 6]) == pytest.approx(psi([8, 2, 6], [3, 9, 1]))


def test_other_bins_are_an_error():
    with pytest.raises(InputError, match="2 bins of the reference, 3 of the new rows"):
        psi([1, 2], [1, 2, 3])


def test_bins_hold_a_tenth_of_the_reference_each():
    values = np.random.default_rng(0).normal(size=10_000)
    counts = np.bincount(in_bins(values, decile_edges(values)))
    assert counts.tolist() == [1000] * 10


def test_repeated_values_make_fewer_bins_and_a_constant_three():
    assert decile_edges(np.array([1.0] * 90 + [2.0] * 10)).size == 2
    edges = decile_edges(np.full(5, 7.0))
    assert in_bins(np.array([6.0, 7.0, 8.0]), edges).tolist() == [0, 1, 2]


def test_what_is_missing_has_a_bin_of_its_own():
    edges = decile_edges(np.arange(11.0))
    assert in_bins(np.array([np.nan, 99.0]), edges).tolist() == [len(edges) + 1, len(edges)]


def chance(codes, is_new, units, n=400):
    rng = np.random.default_rng(0)
    return by_chance([codes], is_new, units, n_permutations=n, rng=rng)[0]


def test_chance_alone_gives_the_mean_that_theory_says():
    rng = np.random.default_rng(1)
    codes, is_new = rng.integers(10, size=1000), np.arange(1000) >= 400
    drawn = chance(codes, is_new, np.arange(1000), 2000)
    # (bins - 1) (1/n + 1/m) = 9 (1/400 + 1/600) = 0.0375
    assert drawn.mean() == pytest.approx(0.0375, rel=0.06)


def test_on_50_rows_chance_alone_is_above_the_usual_mark():
    rng = np.random.default_rng(1)
    codes, is_new = rng.integers(10, size=100), np.arange(100) >= 50
    assert chance(codes, is_new, np.arange(100)).mean() > 0.25


def test_rows_of_one_user_stay_together():
    # 20 users of 50 equal rows: chance deals out users, not rows
    units = np.repeat(np.arange(20), 50)
    codes, is_new = units % 5, units >= 10
    assert chance(codes, is_new, units).mean() > 10 * chance(codes, is_new, np.arange(1000)).mean()


def test_permutations_are_drawn_in_blocks_that_fit_into_memory(monkeypatch):
    rng = np.random.default_rng(1)
    codes, is_new = rng.integers(4, size=60), np.arange(60) >= 30
    whole = chance(codes, is_new, np.arange(60), 2000)
    monkeypatch.setattr("routelab.watching.stability._CELLS", 600)
    parts = chance(codes, is_new, np.arange(60), 2000)
    assert len(parts) == len(whole) == 2000
    assert parts.mean() == pytest.approx(whole.mean(), rel=0.1)
