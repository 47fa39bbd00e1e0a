"""The winner's curse: by hand, and where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import InputError
from routelab.evaluate import Resampler, selection_optimism
from routelab.evaluate.selection import expected_maximum


def test_optimism_by_hand():
    # Resample 1 picks b: .8 - .6; resample 2 picks a: .7 - .5; resample 3 picks b: .5 - .6
    samples = [[0.4, 0.8], [0.7, 0.6], [0.4, 0.5]]
    assert selection_optimism(samples, [0.5, 0.6]) == pytest.approx((0.2 + 0.2 - 0.1) / 3)
    # Equal: the largest excess each time: .2, .2, -.1
    assert selection_optimism(samples, [0.5, 0.6], equal=True) == pytest.approx(0.1)
    # Figures by default the means: .5, .6333: (.1667 + .2 - .1333) / 3
    assert selection_optimism(samples) == pytest.approx((0.8 - 1.9 / 3 + 0.2 + 0.5 - 1.9 / 3) / 3)


def test_one_candidate_chooses_nothing():
    samples = np.random.default_rng(0).normal(0.7, 0.02, (2000, 1))
    assert selection_optimism(samples) == pytest.approx(0.0, abs=1e-12)


def simulated(truth, prompts=200, repetitions=250):
    """Return the true optimism of the best-looking of independent candidates, and both estimates.

    Averages over many data sets.
    """
    rng = np.random.default_rng(0)
    truth = np.asarray(truth)
    found = []
    for seed in range(repetitions):
        right = (rng.random((prompts, len(truth))) < truth).astype(float)
        figures = right.mean(axis=0)
        samples = Resampler(prompts, 200, seed=seed).means(right)
        best = int(figures.argmax())
        found.append((
            figures[best] - truth[best],
            selection_optimism(samples, figures),
            selection_optimism(samples, figures, equal=True),
        ))  # fmt: skip
    return np.mean(found, axis=0)


def test_equal_candidates_have_the_optimism_of_the_largest_of_so_many():
    true, estimated, upper = simulated([0.7] * 8)
    error = (0.7 * 0.3 / 200) ** 0.5
    assert true == pytest.approx(expected_maximum(8) * error, rel=0.06)  # 1.4236 * .0324
    assert upper == pytest.approx(true, rel=0.06)
    assert estimated == pytest.approx(true / 2**0.5, rel=0.1)


def test_a_clear_winner_is_not_too_good():
    true, estimated, upper = simulated([0.9] + [0.5] * 7)
    assert abs(true) < 0.003 and abs(estimated) < 0.003
    assert upper > 0.03


@pytest.mark.parametrize(
    ("count", "mean"), [(1, 0.0), (2, np.pi**-0.5), (3, 1.5 * np.pi**-0.5), (100, 2.50759)]
)
def test_the_largest_of_normal_numbers(count, mean):
    assert expected_maximum(count) == pytest.approx(mean, abs=1e-5)


def test_the_largest_of_many_numbers_keeps_growing():
    found = [expected_maximum(10**k) for k in range(9)]
    assert (np.diff(found) > 0).all()
    assert found[6] == pytest.approx(4.8629, abs=5e-5)  # trapezoid over the density


@pytest.mark.parametrize(
    ("samples", "figures", "message"),
    [
        ([0.1, 0.2], None, r"shape \(n_boot, k\), got \(2,\)"),
        ([[0.1, 0.2]], [0.1], "'figures' must hold 2 numbers"),
        ([[0.1, np.nan]], None, "a figure is missing or infinite"),
    ],
)
def test_bad_figures_are_refused(samples, figures, message):
    with pytest.raises(InputError, match=message):
        selection_optimism(samples, figures)
