"""The neighbour search is exact, and says the same in any company."""

import numpy as np
import pytest
import scipy.sparse as sp

from routelab.routers import _neighbors, _topk
from routelab.routers._neighbors import nearest, stacked, unit_float32


def rows_of(n, d=12, seed=0):
    return unit_float32(np.random.default_rng(seed).normal(size=(n, d)))


def found(queries, examples, k):
    parts = list(nearest(queries, examples, k))
    covered = np.concatenate([np.arange(part[0].start, part[0].stop) for part in parts])
    np.testing.assert_array_equal(covered, np.arange(queries.shape[0]))
    return np.vstack([part[1] for part in parts]), np.vstack([part[2] for part in parts])


def by_sorting(queries, examples, k):
    cosine = queries.astype(float) @ examples.astype(float).T
    order = np.lexsort((np.broadcast_to(np.arange(len(examples)), cosine.shape), -cosine), axis=1)
    return order[:, :k], np.take_along_axis(cosine, order[:, :k], 1)


@pytest.mark.parametrize("k", [1, 5, 84, 300])
@pytest.mark.parametrize("n", [1, 2, 40])
def test_neighbours_are_those_of_sorting_all_cosines(monkeypatch, n, k):
    monkeypatch.setattr(_neighbors, "QUERIES", 16)
    monkeypatch.setattr(_neighbors, "EXAMPLES", 64)
    monkeypatch.setattr(_neighbors, "MANY", 200)
    queries, examples = rows_of(n, seed=1), rows_of(300)
    index, cosine = found(queries, examples, k)
    expected, similarity = by_sorting(queries, examples, k)
    np.testing.assert_array_equal(index, expected)
    np.testing.assert_allclose(cosine, similarity, atol=1e-12)


@pytest.mark.parametrize("many", [512, 3], ids=["merged", "sorted"])
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("n", [1, 7])
def test_the_lowest_index_wins_among_equals(monkeypatch, n, kind, many):
    # 120 copies of one row at the odd places: more than any reserve of candidates. A query equal to
    # them gets the first five in their order, wherever a block of the product ends.
    monkeypatch.setattr(_neighbors, "EXAMPLES", 32)
    monkeypatch.setattr(_neighbors, "MANY", many)
    examples = rows_of(240)
    examples[1::2] = examples[101]
    queries = np.repeat(examples[101:102], n, axis=0)
    index, _ = found(kind(queries), unit_float32(kind(examples)), 5)
    assert index.tolist() == [[1, 3, 5, 7, 9]] * n


def test_a_query_of_zeros_is_as_far_from_every_example():
    queries = np.vstack([rows_of(2), np.zeros((1, 12), np.float32)])
    for k in (3, 60):
        index, cosine = found(queries, rows_of(100), k)
        alone, same = found(queries[2:], rows_of(100), k)
        assert index[2].tolist() == alone[0].tolist() == list(range(k))
        assert not cosine[2].any() and not same.any()


@pytest.mark.parametrize("sparse", [False, True])
def test_a_query_alone_has_the_same_bits_as_in_a_batch(sparse):
    rng = np.random.default_rng(2)
    examples = rows_of(3000, 67)
    examples[rng.integers(0, 3000, 900)] = examples[:900]  # ties
    queries = rows_of(90, 67, seed=3)
    if sparse:
        queries = sp.csr_matrix(queries * (queries > 0.1))
        examples = unit_float32(sp.csr_matrix(examples * (examples > 0.1)))
    index, cosine = found(queries, examples, 10)
    alone = [found(queries[i : i + 1], examples, 10) for i in range(90)]
    np.testing.assert_array_equal(index, np.vstack([i for i, _ in alone]))
    np.testing.assert_array_equal(cosine, np.vstack([s for _, s in alone]))


def test_sparse_and_dense_rows_find_the_same_in_every_combination():
    queries, examples = rows_of(5, seed=1), rows_of(80)
    index, cosine = found(queries, examples, 7)
    for left in (queries, sp.csr_matrix(queries), sp.csr_array(queries)):
        for right in (examples, unit_float32(sp.csr_matrix(examples))):
            again, similar = found(left, right, 7)
            np.testing.assert_array_equal(again, index)
            np.testing.assert_allclose(similar, cosine, atol=1e-6)


def test_kept_rows_are_read_without_a_copy():
    kept = unit_float32(np.asfortranarray([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(kept, [[0.6, 0.8], [0, 0]], atol=1e-7)
    assert kept.dtype == np.float32
    assert np.shares_memory(kept, np.ascontiguousarray(kept, dtype=np.float32))
    assert unit_float32(np.array([[3e38, 4e38]])).tolist() == [[np.float32(0.6), np.float32(0.8)]]
    columns = unit_float32(sp.csr_matrix([[3.0, 4.0]]))
    assert (columns.format, columns.dtype) == ("csc", np.float32)


def test_rows_are_stacked_in_the_layout_of_the_first():
    dense, sparse = rows_of(2), unit_float32(sp.csr_matrix(rows_of(2, seed=1)))
    assert stacked(dense, dense).dtype == np.float32
    np.testing.assert_allclose(stacked(dense, sparse)[2:], sparse.toarray())
    assert stacked(sparse, dense).format == "csc"
    np.testing.assert_allclose(stacked(sparse, dense).toarray()[2:], dense)


def test_compiled_loops_say_what_their_text_says():
    scores = np.random.default_rng(4).integers(0, 6, (50, 3)).astype(np.float32)  # many ties
    kept = []
    for loop in (_topk.keep_best, _topk.keep_best.py_func):
        best, index = np.full((3, 8), -np.inf, np.float32), np.zeros((3, 8), np.int64)
        loop(scores[:20], 0, best, index)
        loop(scores[20:], 20, best, index)
        kept.append((best, index))
    order = np.argsort(-scores.T, axis=1, kind="stable")[:, :8]
    for best, index in kept:
        np.testing.assert_array_equal(index, order)
        np.testing.assert_array_equal(best, np.take_along_axis(scores.T, order, 1))
    rows, index = rows_of(6), np.array([[1, 2], [5, 0]])
    compiled, text = (f(rows[:2], rows, index) for f in (_topk.dots, _topk.dots.py_func))
    np.testing.assert_allclose(compiled, text, rtol=1e-14)
