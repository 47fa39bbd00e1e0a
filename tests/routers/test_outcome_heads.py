"""Heads that predict every model's quality: what each promises beyond the contract."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.ensemble import GradientBoostingRegressor

from routelab import InputError, OutcomeTable, make_router
from routelab.routers import (
    QualityBoosted,
    QualityBradleyTerry,
    QualityFactors,
    QualityNeighbors,
    QualityRidge,
)
from routelab.routers.quality_bt import strengths


def planted(n=600, models=6, seed=0):
    """Qualities of rank 2 in the row, and rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    V = rng.normal(size=(models, 2))
    Y = X @ rng.normal(size=(8, 2)) @ V.T + rng.normal(size=models)
    return X, Y, rng


def test_factors_recover_a_planted_table_from_a_third_of_it():
    X, Y, rng = planted()
    seen = np.where(rng.random(Y.shape) < 0.33, Y, np.nan)
    predicted = QualityFactors(rank=2, alpha=0.1).fit(X, seen).predict(X)
    hidden = np.isnan(seen)
    assert 1 - np.var(predicted[hidden] - Y[hidden]) / np.var(Y[hidden]) > 0.99


def test_factors_share_what_ridge_cannot():
    X, Y, rng = planted(n=120, models=40, seed=1)
    seen = np.where(rng.random(Y.shape) < 0.07, Y, np.nan)  # some 8 outcomes per model
    error = [
        np.nanmean((head.fit(X, seen).predict(X) - Y) ** 2)
        for head in (QualityFactors(rank=2, alpha=0.1), QualityRidge(alpha=0.1))
    ]
    assert error[0] < error[1]


def test_a_new_model_joins_from_few_outcomes():
    X, Y, _ = planted()
    old = QualityFactors(rank=2, alpha=0.1).fit(X, Y[:, :5])
    before = old.predict(X[300:])
    rows = slice(0, 40)
    new = old.add_model(X[rows], Y[rows, 5], prior=0.1).predict(X[300:])
    np.testing.assert_array_equal(new[:, :5], before)
    assert np.corrcoef(new[:, 5], Y[300:, 5])[0, 1] > 0.99


def test_a_new_model_without_outcomes_is_refused():
    X, Y, _ = planted(n=30)
    head = QualityFactors().fit(X, Y)
    with pytest.raises(InputError, match="needs outcomes of 2 prompts"):
        head.add_model(X[:2], [np.nan, np.nan])
    with pytest.raises(InputError, match="'alpha' must be above 0, got 0"):
        QualityFactors(alpha=0).fit(X, Y)


def test_newton_finds_the_maximum_of_the_likelihood():
    rng = np.random.default_rng(0)
    wins = rng.random((20, 4, 4)) * 5
    wins[:, range(4), range(4)] = 0
    found = strengths(wins, ridge=0.1, steps=30)

    def loss(theta, table):
        chance = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        return -(table * np.log(chance)).sum() + 0.05 * (theta**2).sum()

    for theta, table in zip(found, wins, strict=True):
        best = minimize(loss, np.zeros(4), args=(table,), tol=1e-12).x
        np.testing.assert_allclose(theta, best, atol=1e-4)


def test_one_sided_tables_stay_finite():
    wins = np.zeros((1, 3, 3))
    wins[0, 0, 1:] = 1000.0
    found = strengths(wins, ridge=0.1, steps=50)[0]
    assert np.isfinite(found).all() and found[0] > found[1] == found[2]


def test_duels_are_counted_where_both_models_are_known_and_ties_are_half():
    X = [[1.0, 0.0], [0.0, 1.0]]
    wins = QualityBradleyTerry().fit(X, [[1.0, 0.5, np.nan], [0.3, 0.3, 0.9]]).wins_
    np.testing.assert_array_equal(wins[0], [[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(wins[1], [[0, 0.5, 0], [0.5, 0, 0], [1, 1, 0]])


def test_bradley_terry_in_blocks_equals_one_by_one():
    X, Y, _ = planted(n=700)
    head = QualityBradleyTerry(k=20).fit(X, Y)
    whole = head.predict(X)
    np.testing.assert_allclose(
        whole[[0, 300, 699]], [head.predict(X[[i]])[0] for i in (0, 300, 699)]
    )


def test_bradley_terry_prefers_the_model_that_wins_nearby():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal([5, 0], 0.3, (50, 2)), rng.normal([0, 5], 0.3, (50, 2))])
    Y = np.repeat([[1.0, 0.0], [0.0, 1.0]], 50, axis=0)
    answers = QualityBradleyTerry(k=20).fit(X, Y).predict([[4.0, 0.0], [0.0, 4.0]])
    assert answers.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(answers.sum(axis=1), 1)  # two models: chances of one duel


def test_boosted_trees_leave_missing_outcomes_out():
    X, Y, _ = planted(n=200)
    holes = Y.copy()
    holes[::2, 0] = np.nan
    with_holes = QualityBoosted(trees=20).fit(X, holes).predict(X)
    without = QualityBoosted(trees=20).fit(X[1::2], Y[1::2, 0]).predict(X)
    np.testing.assert_allclose(with_holes[:, 0], without)


def test_trees_as_arrays_predict_as_scikit_learn():
    X, Y, _ = planted(n=200)
    head = QualityBoosted(trees=20).fit(X, Y)
    options = {"n_estimators": 20, "subsample": 0.5, "max_features": "sqrt", "random_state": 0}
    rows = X.astype(np.float32)
    for column, predicted in zip(Y.T, head.predict(X).T, strict=True):
        theirs = GradientBoostingRegressor(**options).fit(rows, column).predict(rows)
        np.testing.assert_allclose(predicted, theirs)


TABLE = OutcomeTable(
    ["sort a list", "write a poem"] * 5, ["fast", "slow"], [[0.8, 1.0], [0.7, 1.0]] * 5
)


def test_latency_is_weighed():
    router = make_router("outcome-knn", k=1, latency={"fast": 0.5, "slow": 4.0}).fit(
        TABLE.prompts, TABLE
    )
    assert router.predict(["write a poem"]).tolist() == ["slow"]
    # 1.0 - 0.1 * 4 = 0.6 against 0.7 - 0.05 = 0.65
    assert router.set_params(mu=0.1).predict(["write a poem"]).tolist() == ["fast"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mu": -1.0}, "'mu' must be a number of at least 0, got -1.0"),
        ({"mu": 1.0}, "'latency' has no seconds for 'fast'"),
        ({"mu": 1.0, "latency": {"fast": 1.0}}, "no seconds for 'slow'"),
        ({"lam": 1.0}, "the cost of a model is unknown"),
    ],
)
def test_weights_without_a_meaning_are_refused(parameters, message):
    router = make_router("outcome-linear", **parameters).fit(TABLE.prompts, TABLE)
    with pytest.raises(InputError, match=message):
        router.predict(["sort"])


def test_unknown_parameters_of_outcome_kinds_are_named():
    with pytest.raises(InputError, match="'outcome-mf' has no parameter 'ranks' .did you mean"):
        make_router("outcome-mf", ranks=3)


def test_a_model_that_no_neighbour_tried_gets_its_mean():
    rows = np.eye(3, dtype=np.float32)
    quality = [[1.0, np.nan], [0.5, np.nan], [np.nan, 0.25]]
    head = QualityNeighbors(k=1).fit(rows, quality)
    assert head.predict(rows[:1]).tolist() == [[1.0, 0.25]]
