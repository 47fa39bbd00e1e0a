"""Centroids: several per class, examples that come and go."""

import numpy as np
import pytest
import scipy.sparse as sp

from routelab import InputError
from routelab.routers import CentroidHead, make_router
from routelab.routers._modes import round_parts


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 90)
    return rng.normal(size=(90, 5)) + 2 * np.eye(3, 5)[codes], np.array(list("abc"))[codes]


def same(left, right):
    assert left.classes_.tolist() == right.classes_.tolist()
    np.testing.assert_array_equal(left.codes_, right.codes_)
    np.testing.assert_array_equal(left.counts_, right.counts_)
    np.testing.assert_allclose(left.centroids_, right.centroids_, atol=1e-12)
    np.testing.assert_allclose(left.lengths_, right.lengths_, rtol=1e-12)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_examples_added_are_as_if_fitted_at_once(examples, convert):
    X, y = examples
    known = y != "b"
    parts = CentroidHead().fit(convert(X[known]), y[known])
    for rows in (np.flatnonzero(y == "b")[:7], np.flatnonzero(y == "b")[7:]):
        parts.partial_fit(convert(X[rows]), y[rows])
    same(parts, CentroidHead().fit(convert(X), y))


def test_the_first_partial_fit_is_a_fit(examples):
    same(CentroidHead().partial_fit(*examples), CentroidHead().fit(*examples))


def test_examples_removed_are_as_if_never_fitted(examples):
    X, y = examples
    gone = np.r_[np.flatnonzero(y == "b"), np.flatnonzero(y == "a")[:4]]
    left = np.setdiff1d(np.arange(len(y)), gone)
    same(CentroidHead().fit(X, y).remove(X[gone], y[gone]), CentroidHead().fit(X[left], y[left]))


def test_what_is_not_there_cannot_be_removed(examples):
    X, y = examples
    head = CentroidHead().fit(X, y)
    with pytest.raises(InputError, match="no example of 'd' to remove: it is no class"):
        head.remove(X[:1], ["d"])
    many = (y == "a").sum()
    with pytest.raises(InputError, match=f"{2 * many} examples of 'a' to remove.* has {many}"):
        head.remove(np.vstack([X[y == "a"]] * 2), ["a"] * (2 * many))
    with pytest.raises(InputError, match="a router needs two classes"):
        head.remove(X[y != "a"], y[y != "a"])
    same(head, CentroidHead().fit(X, y))  # a refusal changes nothing


def rings(seed=0):
    """Class a lies around two directions, class b around one between them."""
    rng = np.random.default_rng(seed)
    directions = np.array([[1.0, 0, 0], [0, 1.0, 0], [0.7, 0.7, 0]])
    X = np.repeat(directions, 60, axis=0) + rng.normal(0, 0.08, (180, 3))
    return X, np.repeat(["a", "a", "b"], 60)


def test_a_class_that_is_not_round_gets_several_centroids():
    X, y = rings()
    one, several = CentroidHead().fit(X, y), CentroidHead(centroids=4).fit(X, y)
    assert np.bincount(several.codes_).tolist() == [2, 1]  # b is round and stays whole
    assert sorted(several.counts_[several.codes_ == 0].tolist()) == [60, 60]
    # The mean of a is where b is: one centroid per class guesses, two know.
    fresh, truth = rings(seed=1)
    assert (
        np.mean(one.predict(fresh) == truth) < 0.8 < 0.99 < np.mean(several.predict(fresh) == truth)
    )


def test_examples_of_a_split_class_join_and_leave_the_nearest_centroid():
    X, y = rings()
    head = CentroidHead(centroids=4).fit(X, y)
    before = head.counts_.copy()
    head.partial_fit([[0.99, 0.0, 0.0]], ["a"])
    grown = np.flatnonzero(head.counts_ != before)
    assert len(grown) == 1 and head.centroids_[grown[0]].argmax() == 0
    head.remove([[0.99, 0.0, 0.0]], ["a"])
    np.testing.assert_array_equal(head.counts_, before)


def test_round_classes_stay_whole_in_many_dimensions():
    rng = np.random.default_rng(3)
    # With more dimensions than rows two means always look apart on the rows they came from.
    split = sum(round_parts(rng.normal(size=(100, 384)), 4).max() > 0 for _ in range(20))
    assert split <= 1  # 20 tests at the level 0.001


def test_few_or_equal_rows_stay_together():
    assert not round_parts(np.eye(31), 4).any()
    assert not round_parts(np.ones((64, 3)), 4).any()


def test_large_classes_are_tested_without_a_warning():
    rows = np.random.default_rng(0).normal(size=(10_100, 2))  # a half of 5,050; warnings are errors
    assert not round_parts(rows, 2).any()


def test_confidence_is_the_cosine_of_the_nearest_centroid():
    head = CentroidHead().fit([[1.0, 0.0], [0.0, 2.0]], ["a", "b"])
    np.testing.assert_allclose(head.confidence([[3.0, 4.0]]), [0.8])


@pytest.mark.parametrize("centroids", [0, 1.5, "2"])
def test_the_number_of_centroids_is_checked(centroids):
    with pytest.raises(InputError, match="'centroids' must be a whole number of at least 1"):
        CentroidHead(centroids=centroids).fit([[1.0], [2.0]], ["a", "b"])


def test_the_kind_passes_the_number_on():
    assert make_router("centroid", centroids=3).named_steps["head"].centroids == 3
