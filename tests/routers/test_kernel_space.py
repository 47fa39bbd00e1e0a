"""Similarity to landmarks."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from routelab import InputError
from routelab.routers import KernelSpace, LogisticHead


def test_products_of_rows_are_the_similarities():
    X = np.random.default_rng(0).normal(size=(30, 4))
    space = KernelSpace(gamma=0.5).fit(X)
    rows = space.transform(X)
    np.testing.assert_allclose(rows @ rows.T, rbf_kernel(X, gamma=0.5), atol=1e-8)


def test_fewer_landmarks_make_narrower_rows():
    X = np.random.default_rng(0).normal(size=(30, 4))
    assert KernelSpace(landmarks=7).fit_transform(X).shape == (30, 7)
    one, same = (KernelSpace(landmarks=7, seed=1).fit_transform(X) for _ in range(2))
    np.testing.assert_array_equal(one, same)


def test_a_linear_head_learns_what_no_line_divides():
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], (200, 2)) + rng.normal(0, 0.2, (200, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, "alike", "apart")
    space = KernelSpace(gamma=1.0).fit(X)
    rows = space.transform(X)
    assert np.mean(LogisticHead().fit(X, y).predict(X) == y) < 0.7
    assert np.mean(LogisticHead().fit(rows, y).predict(rows) == y) == 1.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"gamma": 0}, "'gamma' must be above 0"), ({"landmarks": 0}, "'landmarks' must be a whole")],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(InputError, match=message):
        KernelSpace(**parameters).fit([[0.0], [1.0]])
