"""Calibration and AUROC, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab.evaluate import auroc, expected_calibration_error

CLASSES = ["a", "b"]


def rows(*confidence):
    """Probabilities (n, 2) whose top label is "a" at the confidence."""
    return np.array([[c, 1 - c] for c in confidence])


def test_calibration_by_hand():
    table = rows(0.6, 0.6, 0.9, 0.9)
    truth = ["a", "b", "a", "a"]
    # bins (.5, .6] and (.8, .9] of ten: |.5 - .6| * 2/4 + |1 - .9| * 2/4 = .1
    assert expected_calibration_error(truth, table, CLASSES, bins=10) == pytest.approx(0.1)
    # one bin: accuracy .75, confidence .75
    assert expected_calibration_error(truth, table, CLASSES, bins=1) == pytest.approx(0)


def test_an_upper_end_belongs_to_its_bin():
    # of ten bins, 0.7 is the end of (.6, .7]: with .65 its errors cancel, in another bin not
    table, truth = rows(0.7, 0.65), ["a", "b"]
    expected = abs(1 - 0.7 + 0 - 0.65) / 2
    assert expected_calibration_error(truth, table, CLASSES, bins=10) == pytest.approx(expected)


def test_bins_of_equal_mass_hold_equal_numbers_of_prompts():
    table = rows(0.6, 0.7, 0.8, 0.9)
    truth = ["a", "b", "a", "a"]
    # (.6, .7): |1 - 1.3|, (.8, .9): |2 - 1.7|, over 4
    error = expected_calibration_error(truth, table, CLASSES, bins=2, variant="mass")
    assert error == pytest.approx(0.15)
    # more bins than prompts: one each
    each = expected_calibration_error(truth, table, CLASSES, bins=99, variant="mass")
    assert each == pytest.approx((0.4 + 0.7 + 0.2 + 0.1) / 4)


def test_a_confidence_of_zero_and_a_label_that_is_no_class_are_taken():
    assert expected_calibration_error(["c"], [[0.0, 0.0]], CLASSES) == 0.0
    assert expected_calibration_error(["c"], [[1.0, 0.0]], CLASSES) == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=30), st.integers(1, 20), st.booleans())
def test_calibration_error_is_between_zero_and_one(confidence, bins, by_mass):
    truth = [CLASSES[i % 2] for i in range(len(confidence))]
    variant = "mass" if by_mass else "width"
    error = expected_calibration_error(truth, rows(*confidence), CLASSES, bins, variant)
    assert 0 <= error <= 1


def test_auroc_counts_pairs():
    # positives .9 and .4, negatives .5 and .1: three of four pairs are right
    assert auroc([True, False, True, False], [0.9, 0.5, 0.4, 0.1]) == 0.75
    assert auroc([1, 0, 1, 0], [7, 7, 7, 7]) == 0.5
