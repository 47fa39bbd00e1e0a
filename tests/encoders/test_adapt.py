"""A table that imitates a teacher on unlabelled prompts."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from routelab import InputError, make_encoder, make_router, read_labels
from routelab.encoders import StaticEncoder, StaticTable, adapt
from routelab.encoders.adapt import _counts, _frequent, _ridge

WORDS = [f"w{chr(97 + i)}" for i in range(12)]
BASE = StaticTable(["[UNK]", *WORDS], np.random.default_rng(0).normal(size=(13, 5)))


class Teacher:
    """Linear in words and in one pair of neighbours."""

    def __init__(self):
        rng = np.random.default_rng(1)
        self.words = dict(zip(WORDS, rng.normal(size=(12, 4)), strict=True))

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        rows = []
        for prompt in X:
            words = prompt.split()
            row = sum((self.words[w] for w in words), np.zeros(4))
            row = row + 2 * ("wa wb" in prompt) * np.ones(4)
            rows.append(row / np.linalg.norm(row))
        return np.array(rows)


def prompts(n, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(2, 6))) for _ in range(n)]


def agreement(encoder, texts):
    return (encoder.transform(texts) * Teacher().transform(texts)).sum(axis=1).mean()


def test_unseen_prompts_are_near_the_teacher():
    learnt = adapt(prompts(3000, 0), Teacher(), BASE)
    assert agreement(learnt, prompts(500, 9)) > 0.95
    few = adapt(prompts(3000, 0), Teacher(), BASE, min_count=10**6)  # the map alone
    assert agreement(learnt, prompts(500, 9)) > agreement(few, prompts(500, 9)) + 0.05


def test_pairs_carry_what_single_pieces_cannot():
    texts, held = prompts(4000, 0), ["wa wb", "wc wa wb", "wa wb wd"]
    with_pairs = adapt(texts, Teacher(), BASE)
    assert len(with_pairs.source.pairs) > 100
    without = adapt(texts, Teacher(), BASE, max_features=12)  # the commonest: single words
    assert len(without.source.pairs) == 0
    assert agreement(with_pairs, held) > agreement(without, held)


def test_features_are_counted_once_per_prompt():
    ids = [np.array([1, 1, 2]), np.array([1, 2]), np.array([3])]
    pair = (1 << 32) + (1 << 32) + 2
    assert _frequent(ids, 2, 10).tolist() == [1, 2, pair]
    assert _frequent(ids, 2, 1).tolist() == [1]
    rows = _counts(ids, np.array([1, 2, pair])).toarray()
    np.testing.assert_allclose(rows[0], np.array([2, 1, 1]) / 3**0.5, rtol=1e-6)
    np.testing.assert_allclose(rows[2], 0)


def test_ridge_has_the_closed_form():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    expected = np.linalg.solve(X.T @ X + 0.7 * np.eye(4), X.T @ Y)
    np.testing.assert_allclose(_ridge(X, Y, 0.7), expected, rtol=1e-4)
    np.testing.assert_allclose(_ridge(sp.csr_matrix(X), Y, 0.7), expected, rtol=1e-4)


def test_a_learnt_encoder_is_shared_by_clones_and_routes():
    encoder = adapt(prompts(300, 0), Teacher(), BASE)
    assert clone(encoder).source is encoder.source
    router = make_router("knn", encoder=encoder, k=1).fit(["wa wa", "wb wb"], ["a", "b"])
    assert router.predict(["wa", "wb"]).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("texts", "teacher", "base", "message"),
    [
        ([], Teacher(), BASE, "nothing to learn from: of 0 prompts 0"),
        (["wa", "?"], Teacher(), BASE, "of 2 prompts 1 hold a word"),
        (prompts(9, 0), "tfidf", BASE, "the teacher's rows are sparse"),
        (prompts(9, 0), Teacher(), None, "Teacher has no word pieces of its own"),
        (prompts(9, 0), Teacher(), "tfidf", "base must be a static table"),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt_is_refused(texts, teacher, base, message):
    if texts == ["wa", "?"]:
        teacher.words["?"] = np.ones(4)
    with pytest.raises(InputError, match=message):
        adapt(texts, teacher, base)


def test_a_teacher_of_nan_is_named_with_its_prompt():
    class Broken(Teacher):
        def transform(self, X):
            rows = super().transform(X)
            rows[3] = np.nan
            return rows

    with pytest.raises(InputError, match="prompt at index 3 holds NaN"):
        adapt(prompts(9, 0), Broken(), BASE)


def test_a_teacher_is_not_fitted_in_place():
    # Two singular vectors of the words of other prompts.
    teacher = make_pipeline(TfidfVectorizer(), TruncatedSVD(2, random_state=0))
    teacher.fit(["wx wy", "wy wz", "wz wx"])
    before = teacher.transform(["wx", "wy"])
    adapt(prompts(50, 0), teacher, BASE)
    np.testing.assert_array_equal(teacher.transform(["wx", "wy"]), before)

    class Counting(Teacher):
        fitted = 0

        def fit(self, X, y=None):
            self.fitted += 1
            return self

    plain = Counting()  # without parameters: no clone
    adapt(prompts(50, 0), plain, BASE)
    assert plain.fitted == 0
    plain.learns = False
    plain.fit = None  # and one that learns nothing needs no fit
    adapt(prompts(50, 0), plain, BASE)


@pytest.mark.slow
def test_minilm_is_imitated_from_its_own_vocabulary(shared, data):
    pytest.importorskip("onnxruntime")
    folder = shared / "models" / "minilm-l6-onnx-int8"
    if not folder.is_dir():
        pytest.skip("the MiniLM ONNX model is not there")
    texts = read_labels(data / "clinc150" / "data_full.json")["prompt"].tolist()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(texts))
    teacher = make_encoder(f"onnx:{folder}")
    encoder = adapt([texts[i] for i in order[:600]], teacher)
    assert isinstance(encoder.source, StaticTable)
    held = [texts[i] for i in order[-300:]]
    cosine = (encoder.transform(held) * teacher.transform(held)).sum(axis=1)
    assert cosine.mean() > 0.70
    assert isinstance(clone(encoder), StaticEncoder)
