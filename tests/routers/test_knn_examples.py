"""Examples of a nearest-neighbour head: judged without themselves, added, removed, indexed."""

import json
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from routelab import InputError, make_encoder, make_router
from routelab.routers import NeighborsHead, _cells, knn
from routelab.routers._neighbors import nearest
from routelab.routers._store import load_router, save_router

FACTS = ("classes_", "codes_", "examples_")


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 120)
    return rng.normal(size=(120, 6)) + 2 * np.eye(4, 6)[codes], np.array(list("abcd"))[codes]


def assert_equal_heads(one, other):
    for name in FACTS:
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        if sp.issparse(left):
            assert left.format == right.format
            left, right = left.toarray(), right.toarray()
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("k", [1, 7, 500])
def test_leave_one_out_equals_a_fit_without_each_example(blobs, kind, k):
    X, y = kind(blobs[0]), blobs[1].astype(object)
    y[5] = "alone"  # a class that is gone when its example is left out
    head = NeighborsHead(k=k, threshold=0.8).fit(X, y)
    answers, shares = head.leave_one_out()
    for i in range(0, len(y), 5):
        others = np.flatnonzero(np.arange(len(y)) != i)
        refitted = clone(head).fit(X[others], y[others])
        assert refitted.predict(X[[i]])[0] == answers[i]
        known = np.isin(head.classes_, refitted.classes_)
        np.testing.assert_allclose(shares[i, known], refitted.predict_proba(X[[i]])[0], rtol=1e-6)
        assert not shares[i, ~known].any()
    assert None in answers.tolist()


def test_leave_one_out_knows_an_example_among_its_copies():
    # five copies at 0, 2, 4, 6, 8: each has the four others as neighbours, b, a, b, a without it
    X = [[1, 0], [0, 1]] * 5
    y = ["a", "z", "b", "z", "a", "z", "b", "z", "a", "z"]
    answers, shares = NeighborsHead(k=2).fit(X, y).leave_one_out()
    # without 0: 2 and 4 -> b, a; without 2: 0 and 4 -> a, a; later ones: 0 and 2 -> a, b
    np.testing.assert_allclose(shares[::2, 1], [0.5, 0, 0.5, 0.5, 0.5])
    assert answers[2] == "a" and set(answers[1::2]) == {"z"}


def test_accuracy_of_several_k_is_that_of_each(blobs):
    X, y = blobs
    head = NeighborsHead(threshold=0.5).fit(X, y)
    found = head.leave_one_out_accuracy([1, 4, 9])
    for k, share in found.items():
        assert share == np.mean(head.set_params(k=k).leave_one_out()[0] == y)
    assert len(set(found.values())) > 1
    with pytest.raises(InputError, match="'k' must be a whole number of at least 1, got 0"):
        head.leave_one_out_accuracy([3, 0])
    with pytest.raises(InputError, match="'ks' names no number"):
        head.leave_one_out_accuracy([])


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_added_examples_equal_a_fit_on_all(blobs, kind):
    X, y = kind(blobs[0]), blobs[1]
    y[60:][y[60:] == "b"] = "a new and longer label"
    head = NeighborsHead(k=3).partial_fit(X[:60], y[:60])
    assert_equal_heads(head.partial_fit(X[60:], y[60:]), NeighborsHead(k=3).fit(X, y))
    np.testing.assert_array_equal(head.predict(X), NeighborsHead(k=3).fit(X, y).predict(X))


def test_classes_may_be_known_before_they_have_examples():
    head = NeighborsHead().partial_fit([[1.0, 0.0]], ["b"], classes=["a", "b", "c"])
    assert head.predict_proba([[1.0, 1.0]]).tolist() == [[0, 1, 0]]
    head.partial_fit([[0.0, 1.0]], ["a"])
    assert (head.classes_.tolist(), head.codes_.tolist()) == (["a", "b", "c"], [1, 0])
    with pytest.raises(ValueError, match="one class: 'b'"):
        NeighborsHead().partial_fit([[1.0, 0.0]], ["b"])


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_removed_examples_equal_a_fit_on_the_others(blobs, kind):
    X, y = kind(blobs[0]), blobs[1]
    gone = np.append(np.flatnonzero(y == "b"), [0, 0, 7])  # all of one class; one place twice
    kept = np.setdiff1d(np.arange(len(y)), gone)
    head = NeighborsHead(k=3).fit(X, y).remove(gone)
    assert_equal_heads(head, NeighborsHead(k=3).fit(X[kept], y[kept]))
    assert_equal_heads(head.remove([]), NeighborsHead(k=3).fit(X[kept], y[kept]))
    assert len(head.remove(3).codes_) == len(kept) - 1


@pytest.mark.parametrize("indices", [[3], [-1], [0.5], [True], "a"])
def test_only_places_of_examples_can_be_removed(indices):
    head = NeighborsHead().fit([[1.0], [2.0], [3.0]], [0, 1, 0])
    with pytest.raises(InputError, match="'indices' must be whole numbers from 0 to 2, got"):
        head.remove(indices)


def test_two_classes_remain_and_a_refused_change_changes_nothing():
    head = NeighborsHead().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"])
    with pytest.raises(InputError, match="at least two classes must remain, got .'a'."):
        head.remove([1])
    with pytest.raises(InputError, match="labels must be all text or all numbers, got .5."):
        head.partial_fit([[1.0]], [5])
    assert_equal_heads(head, NeighborsHead().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"]))


def test_a_router_learns_further_prompts_through_its_encoder():
    router = make_router("knn", k=1).fit(["sort a list", "write a poem"], ["code", "art"])
    more = router["encoder"].transform(["the poem of a list"])
    router["head"].partial_fit(more, ["both"])
    assert router.predict(["the poem of a list"]).tolist() == ["both"]


def test_index_is_one_of_two():
    wrong = "'index' must be 'exact' or 'approximate', got 'fast'"
    with pytest.raises(InputError, match=wrong):
        NeighborsHead(index="fast").fit([[1.0], [2.0]], [0, 1])
    head = NeighborsHead().fit([[1.0], [2.0]], [0, 1]).set_params(index="fast")
    with pytest.raises(InputError, match=wrong):
        head.predict([[1.0]])


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[ann\]"'):
        make_router("knn", index="approximate").fit(["sort a list", "poem"], ["code", "art"])


@pytest.fixture
def faiss():
    return pytest.importorskip("faiss", reason='no faiss: pip install "routelab[ann]"')


def test_the_approximate_index_needs_dense_rows(faiss):
    with pytest.raises(InputError, match="index='approximate' needs dense rows"):
        NeighborsHead(index="approximate").fit(sp.eye(3, format="csr"), [0, 1, 1])


def test_few_examples_are_searched_exactly(blobs, faiss, monkeypatch):
    monkeypatch.setattr(knn, "CellIndex", None)
    exact = NeighborsHead(k=3).fit(*blobs).predict_proba(blobs[0])
    head = NeighborsHead(k=3, index="approximate").fit(*blobs)
    np.testing.assert_array_equal(head.predict_proba(blobs[0]), exact)


@pytest.fixture(scope="module")
def prompts(shared):
    """Vectors of CLINC150: 15,000 of its training part, 500 of its test part, and their labels."""
    read = json.loads((shared / "data/clinc150/data_full.json").read_text(encoding="utf-8"))
    encoder = make_encoder(f"static:{shared / 'models/minilm-l6-static-256'}")
    train, test = read["train"], read["test"][::9]
    vectors = [encoder.transform([text for text, _ in part]) for part in (train, test)]
    return *vectors, np.array([label for _, label in train])


def test_of_real_neighbours_95_in_100_are_found(prompts, faiss):
    examples, queries, _ = prompts
    found = np.vstack([i for _, i, _ in _cells.CellIndex(examples).nearest(queries, 10)])
    exact = np.vstack([i for _, i, _ in nearest(queries, examples, 10)])
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(found, exact, strict=True)]
    assert np.mean(shared) >= 0.95
    assert np.mean(shared) < 1  # it is an approximation


def test_the_approximate_answer_does_not_depend_on_the_other_queries(prompts, faiss):
    examples, queries, _ = prompts
    index = _cells.CellIndex(examples)
    ((_, together, cosine),) = index.nearest(queries[:200], 10)
    for i in range(0, 200, 10):
        ((_, alone, same),) = index.nearest(queries[i : i + 1], 10)
        np.testing.assert_array_equal(alone[0], together[i])
        np.testing.assert_array_equal(same[0], cosine[i])
    ((_, sparse, _),) = index.nearest(sp.csr_matrix(queries[:200]), 10)
    np.testing.assert_array_equal(sparse, together)


def test_a_stored_head_answers_alike_though_its_index_is_not_stored(prompts, faiss, tmp_path):
    examples, queries, labels = prompts
    head = NeighborsHead(index="approximate").fit(examples, labels)
    before = head.predict_proba(queries)
    save_router(head, tmp_path / "a.skops")
    loaded = load_router(tmp_path / "a.skops")
    assert "_cells" in vars(head) and "_cells" not in vars(loaded)
    np.testing.assert_array_equal(loaded.predict_proba(queries), before)
    save_router(loaded, tmp_path / "b.skops")
    assert (tmp_path / "a.skops").read_bytes() == (tmp_path / "b.skops").read_bytes()


def test_examples_judge_each_other_through_the_approximate_index_too(prompts, faiss):
    examples, _, labels = prompts
    head = NeighborsHead(index="approximate").fit(examples, labels)
    close = head.leave_one_out_accuracy([1, 10])
    exact = head.set_params(index="exact").leave_one_out_accuracy([1, 10])
    for k, share in close.items():
        assert share != exact[k]
        # 3 of 100 neighbours are missed, and a miss changes few answers
        assert abs(share - exact[k]) < 0.01


def test_a_change_of_the_examples_builds_the_index_again(prompts, faiss):
    examples, queries, labels = prompts
    head = NeighborsHead(index="approximate").fit(examples[:14_000], labels[:14_000])
    head.predict(queries)
    head.partial_fit(examples[14_000:], labels[14_000:])
    whole = NeighborsHead(index="approximate").fit(examples, labels)
    np.testing.assert_array_equal(head.predict_proba(queries), whole.predict_proba(queries))
    head.remove(np.arange(1000))
    rest = NeighborsHead(index="approximate").fit(examples[1000:], labels[1000:])
    np.testing.assert_array_equal(head.predict_proba(queries), rest.predict_proba(queries))


def test_equal_and_missing_neighbours_are_searched_exactly(faiss):
    # 60 copies of one row, more than the reserve; cells too small for k = 150 of 300
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5)).astype(np.float32)
    rows[::5] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    queries = np.vstack([rows[:4], np.zeros((1, 5), np.float32)])
    index = _cells.CellIndex(rows)
    index._index.nprobe = 2
    for k in (10, 150):
        ((_, found, _),) = index.nearest(queries, k)
        ((_, exact, _),) = nearest(queries, rows, k)
        np.testing.assert_array_equal(found[[0, 4]], exact[[0, 4]])
    np.testing.assert_array_equal(found, exact)


def test_confidence_is_the_cosine_of_the_nearest_example():
    head = NeighborsHead(k=1).fit([[1.0, 0.0], [0.0, 2.0]], ["a", "b"])
    np.testing.assert_allclose(head.confidence([[3.0, 4.0], [-1.0, 0.0]]), [0.8, 0.0], atol=1e-7)
