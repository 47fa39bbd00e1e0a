"""TF-IDF rows: what scikit-learn's vectorizers give, without their checks."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import normalize

from routelab.encoders import TfidfEncoder

LEARNT = [
    "Sort a list in Python",
    "sort the list, then sort it again",
    "a b a b a b",
    "ein Gedicht über Regen",
    "😀 {}",
]
ENCODERS = [
    TfidfEncoder().fit(LEARNT),
    TfidfEncoder(word_ngrams=(1, 1), char_ngrams=(1, 3)).fit(LEARNT),
]
PROMPTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(" ".join(LEARNT).split()), max_size=12).map(" ".join),
)


def by_the_vectorizers(encoder, prompts):
    halves = [encoder.words_.transform(prompts), encoder.chars_.transform(prompts)]
    return normalize(sp.hstack(halves, format="csr", dtype=np.float32))


def assert_same_bits(one, other):
    assert one.shape == other.shape
    for part in ("data", "indices", "indptr"):
        mine, theirs = getattr(one, part), getattr(other, part)
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(PROMPTS, min_size=1, max_size=4), st.sampled_from(ENCODERS))
def test_rows_are_those_of_the_vectorizers_to_the_bit(prompts, encoder):
    prompts = [prompt.encode("utf-8", "replace").decode() for prompt in prompts]
    assert_same_bits(encoder.transform(prompts), by_the_vectorizers(encoder, prompts))


@settings(max_examples=20, deadline=None)
@given(st.lists(PROMPTS, min_size=2, max_size=5))
def test_a_prompt_has_the_same_row_alone_and_among_others(prompts):
    alone = [ENCODERS[0].transform([prompt]) for prompt in prompts]
    assert_same_bits(ENCODERS[0].transform(prompts), sp.vstack(alone, format="csr"))


def test_fitting_and_asking_give_the_same_rows():
    fitted = TfidfEncoder().fit_transform(LEARNT).toarray()
    np.testing.assert_allclose(fitted, ENCODERS[0].transform(LEARNT).toarray(), rtol=1e-6)


def test_a_row_by_hand():
    encoder = TfidfEncoder(word_ngrams=(1, 1), char_ngrams=(3, 3)).fit(["ab ab", "cd"])
    # words: ab, cd; runs of three characters: " ab", " cd", "ab ", "cd ". All idf are equal.
    row = encoder.transform(["ab ab cd"]).toarray()[0]
    # A term that comes twice counts 1 + ln 2, once 1; each half has half the squared length.
    twice, once = 1 + np.log(2), 1.0
    words = np.array([twice, once]) / np.hypot(twice, once)
    chars = np.array([twice, once, twice, once]) / (np.sqrt(2) * np.hypot(twice, once))
    np.testing.assert_allclose(row, np.concatenate([words, chars]) / np.sqrt(2), rtol=1e-6)


def test_nothing_asked_is_no_rows():
    rows = ENCODERS[0].transform([])
    assert rows.shape == (0, ENCODERS[0].transform(["x"]).shape[1]) and rows.dtype == np.float32
