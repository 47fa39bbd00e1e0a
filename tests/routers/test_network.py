"""A small network beside a logistic regression."""

import numpy as np
import pytest
import scipy.sparse as sp

import routelab as rl
from routelab import InputError
from routelab.routers import LogisticHead, NetworkHead
from routelab.routers._network import train


@pytest.fixture
def pairs():
    """Rows with two of twelve terms; the class says whether both are of one half: no line does."""
    rng = np.random.default_rng(0)
    terms = np.array([rng.permutation(12)[:2] for _ in range(300)])
    X = np.zeros((300, 12), np.float32)
    X[np.arange(300)[:, None], terms] = 0.5**0.5
    return X, np.where((terms[:, 0] < 6) == (terms[:, 1] < 6), "alike", "apart")


def quick(**more):
    return NetworkHead(**{"members": 2, "hidden": 16, "min_steps": 400, "drop_terms": 0, **more})


def test_the_hidden_layer_learns_what_no_line_divides(pairs):
    X, y = pairs
    learn, ask = slice(0, 200), slice(200, None)
    line = np.mean(LogisticHead().fit(X[learn], y[learn]).predict(X[ask]) == y[ask])
    network = np.mean(quick().fit(X[learn], y[learn]).predict(X[ask]) == y[ask])
    assert line < 0.7 and network > 0.95


def test_probabilities_are_the_geometric_mean_of_networks_and_regression(pairs):
    X, y = pairs
    head = quick().fit(X, y)

    def softmax(scores):
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    networks = [
        softmax(np.maximum(X @ a[:-1] + a[-1], 0) @ b[:-1] + b[-1])
        for a, b in zip(head.first_, head.second_, strict=True)
    ]
    product = np.sqrt(head.linear_.predict_proba(X) * np.sqrt(networks[0] * networks[1]))
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.predict_proba(X), expected, atol=1e-5)
    difference = head.scores(X)[:, 1] - head.scores(X)[:, 0]
    np.testing.assert_array_equal(head.decision_function(X), difference)


def test_sparse_rows_teach_what_dense_rows_teach(pairs):
    X, y = pairs
    dense, sparse = quick().fit(X, y), quick().fit(sp.csr_matrix(X), y)
    np.testing.assert_array_equal(dense.first_[0], sparse.first_[0])
    np.testing.assert_allclose(
        dense.predict_proba(X), sparse.predict_proba(sp.csr_matrix(X)), atol=1e-6
    )


def test_the_seed_makes_the_networks_and_members_differ(pairs):
    one, same, other = (quick(seed=seed).fit(*pairs) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.second_, same.second_)
    assert not np.allclose(one.second_[0], other.second_[0])
    assert not np.allclose(one.second_[0], one.second_[1])


def test_terms_that_no_row_has_stay_as_they_started(pairs):
    X, y = pairs
    wide = np.hstack([X, np.zeros((len(X), 1), np.float32)])
    codes = (y == "apart").astype(int)
    few, many = (
        train(sp.csr_matrix(wide), codes, 2, steps, 0, 8, 32, 0.1, 0.5, 0.0) for steps in (1, 50)
    )
    np.testing.assert_array_equal(few.first[-1], many.first[-1])
    assert not np.allclose(few.first[:-1], many.first[:-1])


def test_steps_of_a_fit_are_at_least_min_steps_and_all_epochs(pairs, monkeypatch):
    from routelab.routers import network

    asked = []

    def spy(X, codes, classes, steps, *others):
        asked.append(steps)
        return train(X, codes, classes, 1, *others)

    monkeypatch.setattr(network, "train", spy)
    quick(members=1, min_steps=7, epochs=3, batch_size=64).fit(*pairs)
    quick(members=1, min_steps=40, epochs=3, batch_size=64).fit(*pairs)
    assert asked == [3 * 5, 40]  # 300 rows are five batches


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"members": 0}, "'members' must be at least 1, got 0"),
        ({"drop_terms": 1.0}, "'drop_terms' must be at least 0 and below 1, got 1.0"),
        ({"drop_units": -0.1}, "'drop_units' must be at least 0 and below 1, got -0.1"),
        ({"learning_rate": 0}, "'learning_rate' must be above 0, got 0"),
        ({"C": 0}, "'C' must be above 0, got 0"),
    ],
)
def test_parameters_are_checked(parameters, message, pairs):
    with pytest.raises(InputError, match=message):
        NetworkHead(**parameters).fit(*pairs)


def test_real_intents_gain_over_the_linear_head(data):
    """Thirty intents of CLINC150, five prompts each; validation prompts are asked."""
    labels = rl.read_labels(data / "clinc150" / "data_full.json")
    names = sorted(set(labels["label"]) - {"oos"})[:30]
    labels = labels[labels["label"].isin(names)]
    learnt = labels[labels["split"] == "train"].groupby("label").head(5)
    asked = labels[labels["split"] == "val"]
    right = {
        kind: np.mean(
            rl.make_router(kind).fit(learnt["prompt"], learnt["label"]).predict(asked["prompt"])
            == asked["label"]
        )
        for kind in ("linear", "network")
    }
    assert right["network"] > right["linear"] + 0.03 and right["network"] > 0.68
