"""A head that knows what it was made for."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from routelab import InputError, make_encoder
from routelab.routers import CentroidHead, ScopedHead


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 300)
    X = 0.7 * rng.normal(size=(300, 12)) + 2 * np.eye(5, 12)[codes]
    return X, np.array(list("abcde"))[codes], 0.7 * rng.normal(size=(60, 12)) + 2 * np.eye(12)[8]


def test_routes_never_include_what_is_out_of_scope(blobs):
    X, y, outside = blobs
    rows, labels = np.vstack([X, outside]), np.r_[y, ["none"] * len(outside)]
    head = ScopedHead(out_of_scope="none").fit(rows, labels)
    assert head.classes_.tolist() == list("abcde")
    assert set(head.predict(outside)) <= set("abcde")
    assert head.decision_function(X).shape == head.predict_proba(X).shape == (300, 5)
    np.testing.assert_allclose(head.predict_proba(X).sum(axis=1), 1)
    assert np.mean(head.predict(X) == y) > 0.95


def test_confidence_is_the_sum_of_two_standardised_measures(blobs):
    X, y, _ = blobs
    head = ScopedHead(shrinkage=0.5).fit(X, y)
    cosine = CentroidHead().fit(head.space_.transform(X), y).confidence(head.space_.transform(X))
    energy = logsumexp(head.linear_.scores(X), axis=1)
    expected = sum((m - m.mean()) / m.std() for m in (cosine, energy))
    np.testing.assert_allclose(head.confidence(X), expected, atol=1e-6)
    assert abs(head.confidence(X).mean()) < 1e-6


def test_examples_of_what_is_out_of_scope_help(blobs):
    X, y, outside = blobs
    rng = np.random.default_rng(1)
    fresh = 0.7 * rng.normal(size=(200, 12)) + 2 * np.eye(12)[8]
    rows, labels = np.vstack([X, outside]), np.r_[y, ["none"] * len(outside)]

    def area(head):
        sure = np.r_[head.confidence(X), head.confidence(fresh)]
        return roc_auc_score(np.repeat([1, 0], [len(X), len(fresh)]), sure)

    told = area(ScopedHead(out_of_scope="none").fit(rows, labels))
    assert told > area(ScopedHead().fit(X, y))
    assert told > 0.9


def test_it_abstains_below_its_threshold(blobs):
    X, y, outside = blobs
    head = ScopedHead().fit(X, y)
    cut = float(np.quantile(head.confidence(X), 0.05))
    head.set_params(threshold=cut, abstain_label="?")
    assert np.mean(head.predict(X) == "?") == pytest.approx(0.05, abs=0.004)
    assert np.mean(head.predict(outside) == "?") > 0.2


@pytest.mark.parametrize("convert", [sp.csr_matrix, np.asarray])
def test_sparse_rows_and_single_examples_need_no_space(convert):
    X = np.eye(3)
    head = ScopedHead().fit(convert(X), ["a", "b", "c"])
    assert head.space_ is None
    assert head.predict(convert(X)).tolist() == ["a", "b", "c"]


def test_a_label_of_nothing_is_named(blobs):
    with pytest.raises(InputError, match="no row is labelled 'out_of_scope', which is 'none'"):
        ScopedHead(out_of_scope="none").fit(*blobs[:2])


def test_one_class_in_scope_is_an_error():
    with pytest.raises(ValueError, match="at least two classes in scope, got one class: 'a'"):
        ScopedHead(out_of_scope="x").fit([[0.0], [1.0], [2.0]], ["a", "a", "x"])


def test_it_refuses_more_of_clinc_than_the_nearest_centroid(data, shared):
    """Out of scope on CLINC150's validation part, with a small static encoder."""
    import json

    pytest.importorskip("safetensors")
    parts = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    encoder = make_encoder(f"static:{shared / 'models' / 'minilm-l6-static-256'}")
    rows = {p: encoder.transform([t for t, _ in parts[p]]) for p in ("val", "oos_val", "oos_train")}
    names = sorted({label for _, label in parts["val"]})[:40]  # forty intents, one half to learn
    labels = np.array([label for _, label in parts["val"]])
    kept = np.flatnonzero(np.isin(labels, names))
    learn, ask = kept[::2], kept[1::2]
    outside = rows["oos_val"]
    truth = np.repeat([1, 0], [len(ask), len(outside)])

    def area(head):
        sure = np.r_[head.confidence(rows["val"][ask]), head.confidence(outside)]
        return roc_auc_score(truth, sure)

    plain = area(CentroidHead().fit(rows["val"][learn], labels[learn]))
    more = np.vstack([rows["val"][learn], rows["oos_train"]])
    told = np.r_[labels[learn], ["oos"] * len(rows["oos_train"])]
    assert area(ScopedHead(out_of_scope="oos").fit(more, told)) > plain + 0.02
