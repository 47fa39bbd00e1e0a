"""An encoder of one's own: a static table that imitates a teacher on the prompts of one's log.

Two ridge regressions, both in closed form. The first maps the pooled rows of a base table to the
teacher's vectors; the second learns, for each word piece and each pair of neighbours that the log
holds often enough, what the first leaves over. The result needs neither the teacher nor a network.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve
from sklearn.base import clone

from routelab._checks import InputError
from routelab.encoders._base import check_prompts, make_encoder
from routelab.encoders.static import StaticEncoder
from routelab.encoders.static_table import StaticTable

_PAIR = 1 << 32  # a pair of pieces as one number: left * _PAIR + right


def adapt(
    prompts: Iterable[str],
    teacher: Any,
    base: Any = None,
    *,
    penalty: float = 0.3,
    min_count: int = 2,
    max_features: int = 8192,
    max_tokens: int = 512,
) -> StaticEncoder:
    """Learn a static table that imitates a teacher on unlabelled prompts.

    Parameters
    ----------
    prompts : iterable of str
        Unlabelled, as many as the teacher can encode: 5,000 to 15,000 are plenty.
    teacher : str or transformer
        Encoder to imitate, for example ``"onnx:<folder>"``; dense rows. One that learns is
        copied and fitted on the prompts; what was passed stays as it is.
    base : str, StaticEncoder or StaticTable, optional
        Table to start from, such as ``"static:<folder>"``: it knows the pieces that the log never
        held. None takes the word pieces of the teacher's own tokenizer and its vector of each one,
        which costs one pass of the teacher over its vocabulary.
    penalty : float, default 0.3
        Of both ridge regressions.
    min_count : int, default 2
        Prompts that must hold a piece or a pair for it to get a row.
    max_features : int, default 8192
        Most pieces and pairs with a row of their own, the commonest first. Time grows with the
        cube, memory with the square.
    max_tokens : int, default 512
        Word pieces of a prompt that are read.

    Returns
    -------
    StaticEncoder
        Holds its table: it is stored with the router.

    Raises
    ------
    InputError
        No prompt with a known piece, a teacher of sparse rows or of NaN, a base that is no static
        table, or none given beside a teacher without a tokenizer of its own.

    Examples
    --------
    >>> class Teacher:
    ...     def fit(self, X, y=None): return self
    ...     def transform(self, X): return np.array([[float("poem" in x), 1.0] for x in X])
    >>> table = StaticTable(["sort", "poem", "a"], np.eye(3))
    >>> prompts = ["sort a", "poem a", "a poem", "a sort"] * 5
    >>> encoder = adapt(prompts, Teacher(), table, penalty=0.01)
    >>> poem, sort = encoder.transform(["poem", "sort"])
    >>> bool(poem[0] > sort[0])
    True
    """
    texts = check_prompts(prompts)
    teacher = make_encoder(teacher)
    table = _base_table(base, teacher)
    ids = table.ids(texts, max_tokens)
    known = np.array([len(i) > 0 for i in ids], bool)
    if known.sum() < 2:
        raise InputError(
            f"nothing to learn from: of {len(texts)} prompts {known.sum()} hold a word"
        )
    ids, wanted = [i for i in ids if len(i)], _teach(teacher, texts)[known]

    everything = _counts(ids, np.arange(len(table.pieces)))
    pooled = np.hstack([everything @ table.rows, np.ones((len(ids), 1), np.float32)])
    weights = _ridge(pooled, wanted, penalty)
    rows, offset = table.rows @ weights[:-1], weights[-1]

    features = _frequent(ids, min_count, max_features)
    counts = _counts(ids, features)
    residual = _ridge(counts, wanted - pooled @ weights, penalty)
    single = features < _PAIR
    pairs = features[~single] - _PAIR
    rows[features[single]] += residual[single]
    return StaticEncoder(
        StaticTable(
            table.pieces,
            rows,
            unknown=table.unknown,
            pairs=np.column_stack([pairs // _PAIR, pairs % _PAIR]),
            pair_rows=residual[~single],
            offset=offset,
        ),
        max_tokens,
    )


def _teach(teacher: Any, texts: list[str]) -> np.ndarray:
    if getattr(teacher, "learns", True):  # not in place: a router may share the teacher
        copied = clone(teacher) if hasattr(teacher, "get_params") else copy.deepcopy(teacher)
        teacher = copied.fit(texts)
    wanted = teacher.transform(texts)
    if sp.issparse(wanted):
        raise InputError("the teacher's rows are sparse; a static table imitates dense ones")
    wanted = np.asarray(wanted, np.float32)
    if wanted.ndim != 2 or len(wanted) != len(texts):
        raise InputError(f"the teacher gave shape {wanted.shape} for {len(texts)} prompts")
    if not np.isfinite(wanted).all():
        row = int(np.flatnonzero(~np.isfinite(wanted).all(axis=1))[0])
        raise InputError(f"the teacher's vector of the prompt at index {row} holds NaN or infinity")
    return wanted


def _base_table(base: Any, teacher: Any) -> StaticTable:
    if base is None:
        return _distilled(teacher)
    if isinstance(base, StaticTable):
        return base
    encoder = make_encoder(base)
    if not isinstance(encoder, StaticEncoder):
        raise InputError(f"base must be a static table, got {base!r}: write 'static:<folder>'")
    return encoder.table()


def _distilled(teacher: Any) -> StaticTable:
    """Return the teacher's vocabulary, each piece with the teacher's vector of it alone."""
    if not hasattr(teacher, "word_pieces"):
        raise InputError(
            f"{type(teacher).__name__} has no word pieces of its own: pass base='static:<folder>'"
        )
    pieces, unknown = teacher.word_pieces()
    rows = teacher.transform([p.removeprefix("##") for p in pieces])
    return StaticTable(pieces, rows, unknown=unknown)


def _keys(ids: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return (prompt, feature) of every piece and pair; a pair (l, r) is _PAIR + l*_PAIR + r."""
    lengths = np.array([len(i) for i in ids])
    flat = np.concatenate(ids).astype(np.int64)
    row = np.repeat(np.arange(len(ids)), lengths)
    inside = row[1:] == row[:-1]
    pairs = _PAIR + flat[:-1] * _PAIR + flat[1:]
    return np.concatenate([row, row[1:][inside]]), np.concatenate([flat, pairs[inside]])


def _frequent(ids: list[np.ndarray], min_count: int, most: int) -> np.ndarray:
    """Return the features (m,) that at least `min_count` prompts hold, in ascending order."""
    row, feature = _keys(ids)
    once = np.unique(np.column_stack([feature, row]), axis=0)[:, 0]
    features, counts = np.unique(once, return_counts=True)
    commonest = np.argsort(-counts, kind="stable")[:most]
    return np.sort(features[commonest[counts[commonest] >= min_count]])


def _counts(ids: list[np.ndarray], features: np.ndarray) -> sp.csr_matrix:
    """Return how often each prompt holds each feature, over sqrt(its pieces): csr (n, m)."""
    row, feature = _keys(ids)
    place = np.minimum(np.searchsorted(features, feature), len(features) - 1)
    found = features[place] == feature if len(features) else np.zeros(len(row), bool)
    weight = 1 / np.sqrt(np.bincount(row, feature < _PAIR))[row]
    cells = (weight[found].astype(np.float32), (row[found], place[found]))
    return sp.csr_matrix(cells, shape=(len(ids), len(features)))


def _ridge(X: Any, Y: np.ndarray, penalty: float) -> np.ndarray:
    """Return weights (d, outputs) that minimise |X W - Y|^2 + penalty |W|^2."""
    gram = X.T @ X
    gram = np.asarray(gram.toarray() if sp.issparse(gram) else gram, np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    if not len(gram):
        return np.zeros((0, Y.shape[1]), np.float32)
    return cho_solve(cho_factor(gram, lower=True), np.asarray(X.T @ Y)).astype(np.float32)
