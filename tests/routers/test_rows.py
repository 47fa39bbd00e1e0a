"""Rows that need no check are let through; all others meet scikit-learn's."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import normalize

from routelab.routers import CentroidHead, DiscriminantSpace
from routelab.routers._rows import asked_rows, unit


@pytest.fixture
def head():
    return CentroidHead().fit([[1.0, 0.0], [0.0, 1.0]], ["a", "b"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_plain_rows_are_not_copied(head, dtype, convert):
    rows = convert(np.array([[0.5, 2.0]], dtype))
    assert asked_rows(head, rows) is rows


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.0, np.nan]], "contains NaN"),
        ([[np.inf, 1.0]], "contains infinity"),
        ([[1.0, 2.0, 3.0]], "X has 3 features, but CentroidHead is expecting 2"),
        (np.empty((0, 2)), r"0 sample\(s\)"),
    ],
)
def test_what_is_wrong_with_rows_is_said(head, convert, rows, message):
    with pytest.raises(ValueError, match=message):
        asked_rows(head, convert(np.array(rows)))


def test_other_kinds_of_rows_are_converted(head):
    assert asked_rows(head, [[1, 2]]).dtype == np.float64
    assert sp.issparse(asked_rows(head, sp.coo_matrix([[1.0, 2.0]])))
    with pytest.raises(ValueError, match="2D array"):
        asked_rows(head, np.array([1.0, 2.0]))
    huge = np.full((2, 2), 3e38, np.float32)  # the sum is infinite, the numbers are not
    assert asked_rows(head, huge) is not None


def test_dense_only_means_dense_only():
    rows = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]
    space = DiscriminantSpace().fit(rows, ["a", "a", "b", "b"])
    with pytest.raises(TypeError, match="[Ss]parse data"):
        asked_rows(space, sp.csr_matrix([[1.0, 0.0]]), sparse=False)


def test_a_head_that_is_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        asked_rows(CentroidHead(), np.ones((1, 2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_rows_are_scaled_as_scikit_learn_scales_them(dtype, convert):
    rows = np.random.default_rng(0).normal(size=(20, 5)).astype(dtype)
    rows[3] = 0
    rows[:, 2] = 0
    given = convert(rows)
    scaled, expected = unit(given), normalize(given)
    assert scaled.dtype == dtype
    if sp.issparse(scaled):
        scaled, expected = scaled.toarray(), expected.toarray()
    np.testing.assert_allclose(scaled, expected, rtol=1e-6)
    np.testing.assert_array_equal(given.toarray() if sp.issparse(given) else given, rows)


def test_whole_numbers_become_floats():
    assert unit(np.array([[3, 4]])).tolist() == [[0.6, 0.8]]
