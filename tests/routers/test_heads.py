"""Heads take numbers and keep scikit-learn's contract."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from routelab import InputError
from routelab.routers import (
    BoostedHead,
    CentroidHead,
    DiscriminantSpace,
    HierarchicalHead,
    KernelSpace,
    LogisticHead,
    NeighborsHead,
    NetworkHead,
    OrdinalHead,
    QualityBoosted,
    QualityBradleyTerry,
    QualityFactors,
    QualityLogistic,
    QualityNeighbors,
    QualityRidge,
    ScopedHead,
    SemanticRouterHead,
)

HEADS = [
    CentroidHead(),
    CentroidHead(centroids=3),
    ScopedHead(),
    HierarchicalHead(),
    KernelSpace(),
    NeighborsHead(k=3),
    LogisticHead(),
    SemanticRouterHead(),
    QualityNeighbors(k=3),
    QualityRidge(),
    DiscriminantSpace(),
    QualityBoosted(trees=20),
    QualityBradleyTerry(k=3),
    QualityFactors(),
    QualityLogistic(),
    NetworkHead(members=1, hidden=16, min_steps=200),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(HEADS)
def test_head_passes_sklearn_check(estimator, check):
    check(estimator)


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 200)
    return rng.normal(size=(200, 6)) + 3 * np.eye(4, 6)[codes], np.array(list("abcd"))[codes]


@pytest.mark.parametrize("head", HEADS[:4], ids=lambda head: type(head).__name__)
def test_sparse_and_dense_rows_agree(head, blobs):
    X, y = blobs
    dense, sparse = head.fit(X, y).predict_proba(X), head.fit(sp.csr_matrix(X), y)
    np.testing.assert_allclose(sparse.predict_proba(sp.csr_matrix(X)), dense, atol=1e-4)


def test_centroid_is_the_renormalised_mean_of_unit_rows():
    # class a: (1,0) and (0,1) -> mean (.5,.5) -> (.7071,.7071); class b: (-1,0)
    head = CentroidHead().fit([[5, 0], [0, 2], [-3, 0]], ["a", "a", "b"])
    np.testing.assert_allclose(head.centroids_, [[0.5**0.5, 0.5**0.5], [-1, 0]])


def test_neighbours_vote_by_similarity_and_not_by_heads():
    X, y = [[1, 0.0], [0.0, 1], [0.1, 1]], ["near", "far", "far"]
    assert NeighborsHead(k=3, sharpness=10).fit(X, y).predict([[1, 0.1]])[0] == "near"
    assert NeighborsHead(k=3, sharpness=0).fit(X, y).predict([[1, 0.1]])[0] == "far"


def test_neighbours_in_blocks_equal_neighbours_at_once(blobs, monkeypatch):
    X, y = blobs
    head = NeighborsHead(k=7).fit(X, y)
    whole = head.predict_proba(X)
    monkeypatch.setattr("routelab.routers._neighbors.BLOCK_CELLS", 500)
    np.testing.assert_allclose(head.predict_proba(X), whole)


@pytest.mark.parametrize("head", [CentroidHead(threshold=0.9), NeighborsHead(k=1, threshold=0.9)])
def test_head_abstains_below_the_threshold(head):
    head.fit([[1, 0], [0, 1]], ["a", "b"])
    assert head.predict([[1, 0], [1, 1]]).tolist() == ["a", None]
    assert head.set_params(abstain_label="default").predict([[1, 1]]).tolist() == ["default"]


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_k_must_be_a_positive_whole_number(k):
    with pytest.raises(InputError, match="'k' must be a whole number of at least 1"):
        NeighborsHead(k=k).fit([[1.0], [2.0]], [0, 1])


def test_logistic_agrees_with_sklearn(blobs):
    X, y = blobs
    ours = LogisticHead(C=1.0, tol=1e-6).fit(X, y).predict_proba(X)
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize("names", [["low", "high"], ["low", "medium", "high"]])
@pytest.mark.parametrize("head", [LogisticHead(), BoostedHead(trees=20), OrdinalHead()])
def test_levels_work_in_what_scikit_learn_builds_on_classes(head, names):
    """Classes in the order of their scale would be read in that of the alphabet."""
    rng = np.random.default_rng(0)
    X = (
        np.repeat(np.arange(len(names)) * 3.0, 30)[:, None]
        + rng.normal(0, 0.3, (90, 1))[: 30 * len(names)]
    )
    y = np.repeat(names, 30)
    assert head.fit(X, y).classes_.tolist() == sorted(names)
    calibrated = CalibratedClassifierCV(clone(head), cv=3).fit(X, y)
    assert np.mean(calibrated.predict(X) == y) > 0.95
    scoring = "roc_auc" if len(names) == 2 else "roc_auc_ovr"
    assert np.mean(cross_val_score(clone(head), X, y, cv=3, scoring=scoring)) > 0.95
    if not isinstance(head, OrdinalHead):  # it must be told its levels there: see its docstring
        whole = CalibratedClassifierCV(clone(head), cv=3, ensemble=False).fit(X, y)
        assert np.mean(whole.predict(X) == y) > 0.95


@pytest.mark.parametrize(
    "head",
    [
        CentroidHead(),
        NeighborsHead(k=1),
        ScopedHead(),
        HierarchicalHead(domains={"a": "d", "b": "d"}),
        SemanticRouterHead(),
    ],
)
def test_abstaining_counts_as_an_error(head):
    X, y = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]), np.array(list("aabb"))
    assert clone(head).fit(X, y).score(X, y) == 1.0
    never = clone(head).set_params(threshold=1e9).fit(X, y)
    assert never.score(X, y) == 0.0
    search = GridSearchCV(head, {"threshold": [-1e9, 1e9]}, cv=2, error_score="raise")
    assert search.fit(X, y).best_params_ == {"threshold": -1e9}


def test_logistic_says_when_it_stops_early(blobs):
    with pytest.warns(ConvergenceWarning, match="stopped after 2 steps"):
        LogisticHead(max_iter=2, tol=1e-9).fit(*blobs)


def test_logistic_refuses_a_penalty_of_no_meaning(blobs):
    with pytest.raises(InputError, match="'C' must be above 0, got 0"):
        LogisticHead(C=0).fit(*blobs)


@pytest.mark.parametrize("head", HEADS[:4], ids=lambda head: type(head).__name__)
def test_one_class_is_an_error(head):
    with pytest.raises(ValueError, match="one class"):
        head.fit([[1.0], [2.0]], ["a", "a"])


def test_missing_outcomes_are_left_out_and_not_zero():
    X = np.array([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]])
    Y = np.array([[1.0, 0.2], [np.nan, 0.4], [0.0, np.nan]])
    predicted = QualityNeighbors(k=2, sharpness=0).fit(X, Y).predict([[1.0, 0.0]])
    np.testing.assert_allclose(predicted, [[1.0, 0.3]])  # mean of the known ones
    # nearest of (0,1) is row 2 alone, where model 1 is unknown: its mean over all, (.2+.4)/2
    np.testing.assert_allclose(QualityNeighbors(k=1).fit(X, Y).predict([[0.0, 1.0]]), [[0.0, 0.3]])


def test_ridge_with_gaps_equals_one_ridge_per_model():
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(40, 3)), rng.random((40, 2))
    Y[::3, 0] = np.nan
    both = QualityRidge().fit(X, Y).predict(X)
    known = ~np.isnan(Y[:, 0])
    np.testing.assert_allclose(both[:, 0], QualityRidge().fit(X[known], Y[known, 0]).predict(X))
    np.testing.assert_allclose(both[:, 1], QualityRidge().fit(X, Y[:, 1]).predict(X))


def test_a_model_without_any_outcome_is_an_error():
    with pytest.raises(InputError, match="model at column 1 has no outcome"):
        QualityRidge().fit([[1.0], [2.0]], [[1.0, np.nan], [0.0, np.nan]])
