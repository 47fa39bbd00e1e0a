"""TF-IDF over words and characters: no download, deterministic, the default."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, no_argument

# Single letters and signs count: "C", "R", "?", "{" and an emoji all say something about a prompt.
TOKEN = r"(?u)\w+|[^\w\s]"


class TfidfEncoder(PromptEncoder):
    """Words (1-2) and characters within words (2-5), sublinear counts, unit rows.

    Parameters
    ----------
    word_ngrams : tuple of int, default (1, 2)
        Shortest and longest run of words.
    char_ngrams : tuple of int, default (2, 5)
        Shortest and longest run of characters inside a word.

    Attributes
    ----------
    words_, chars_ : TfidfVectorizer
        The fitted halves. Each gives half of the squared length of a row.

    Examples
    --------
    >>> rows = TfidfEncoder().fit_transform(["sort a list", "sort the list", "write a poem"])
    >>> bool((rows @ rows.T)[0, 1] > (rows @ rows.T)[0, 2])
    True
    """

    def __init__(
        self, word_ngrams: tuple[int, int] = (1, 2), char_ngrams: tuple[int, int] = (2, 5)
    ):
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams

    def _halves(self) -> tuple[TfidfVectorizer, TfidfVectorizer]:
        shared = {"sublinear_tf": True, "dtype": np.float32}
        words = TfidfVectorizer(ngram_range=tuple(self.word_ngrams), token_pattern=TOKEN, **shared)
        chars = TfidfVectorizer(analyzer="char_wb", ngram_range=tuple(self.char_ngrams), **shared)
        return words, chars

    @staticmethod
    def _join(words: sp.csr_matrix, chars: sp.csr_matrix) -> sp.csr_matrix:
        return normalize(sp.hstack([words, chars], format="csr", dtype=np.float32), copy=False)

    def fit(self, X: Iterable[str], y: object = None) -> TfidfEncoder:
        """Learn the vocabulary and the weights from prompts (n,)."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None, **fit_params: Any) -> sp.csr_matrix:
        """Learn from prompts (n,) and return their rows (n, d), float32 csr."""
        prompts = check_prompts(X)
        if not any(prompt.strip() for prompt in prompts):
            raise InputError(f"nothing to learn from: all {len(prompts)} prompts are blank")
        words, chars = self._halves()
        rows = self._join(words.fit_transform(prompts), chars.fit_transform(prompts))
        self.words_, self.chars_ = words, chars
        return rows

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Return rows (n, d), float32 csr; a prompt that shares nothing is a row of zeros."""
        check_is_fitted(self)
        return _rows((self.words_, self.chars_), check_prompts(X))

    # A vocabulary is a sorted list of terms. Stored so, a router saves in milliseconds instead of
    # one node per term, and holds plain arrays only.
    def __getstate__(self) -> dict[str, Any]:
        state = {**super().__getstate__()}
        for half in ("words_", "chars_"):
            if half in state:
                vectorizer = state.pop(half)
                terms = json.dumps(sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get))
                state[half + "terms"] = np.frombuffer(terms.encode("ascii"), dtype=np.uint8)
                state[half + "idf"] = vectorizer.idf_
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {**state}
        stored = {k: state.pop(k) for k in list(state) if k.endswith(("_terms", "_idf"))}
        super().__setstate__(state)
        if not stored:
            return
        for half, vectorizer in zip(("words_", "chars_"), self._halves(), strict=True):
            terms = json.loads(np.asarray(stored[half + "terms"]).tobytes())
            vectorizer.vocabulary_ = {term: column for column, term in enumerate(terms)}
            vectorizer.fixed_vocabulary_ = False
            vectorizer.idf_ = stored[half + "idf"]
            setattr(self, half, vectorizer)


# A gateway asks for one prompt at a time, and the vectorizers' checks of their own matrices take
# longer than its terms. These are their numbers, to the bit, in one matrix from the start.
def _rows(halves: tuple[TfidfVectorizer, TfidfVectorizer], prompts: list[str]) -> sp.csr_matrix:
    """Return what the fitted halves give, side by side and with rows of length one: csr (n, d)."""
    parts = [(half.build_analyzer(), half.vocabulary_) for half in halves]
    columns: list[int] = []  # shares its numbers with the vocabularies: no more than an array
    counts, ends = array("i"), [0]
    for prompt in prompts:
        for analyze, vocabulary in parts:
            found: dict[int, int] = {}
            for term in analyze(prompt):
                if term in vocabulary:
                    column = vocabulary[term]
                    found[column] = found.get(column, 0) + 1
            columns.extend(found)
            counts.extend(found.values())
            ends.append(len(columns))
    words, chars = (len(vocabulary) for _, vocabulary in parts)
    by_half = np.array(ends)
    by_prompt = by_half[::2]
    indices = np.array(columns, dtype=np.int32)
    indices += np.repeat(np.tile(np.array([0, words], np.int32), len(prompts)), np.diff(by_half))
    tf = np.log(np.array(counts, dtype=np.float32)) + np.float32(1.0)
    rows = sp.csr_matrix((tf, indices, by_prompt), shape=(len(prompts), words + chars))
    rows.sort_indices()  # the order in which the vectorizers add up a row's length
    rows.data *= np.concatenate([half.idf_ for half in halves])[rows.indices]
    _scale_to_one(rows.data, by_half)
    _scale_to_one(rows.data, by_prompt)
    return rows


def _scale_to_one(data: np.ndarray, ends: np.ndarray) -> None:
    """Scale each run of numbers above zero, from one end to the next, to length one, in place."""
    owner = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    squares = np.bincount(owner, data * data, minlength=len(ends) - 1)
    data /= np.sqrt(squares)[owner]


@ENCODERS.register("tfidf")
def _make(argument: str) -> TfidfEncoder:
    no_argument("tfidf", argument)
    return TfidfEncoder()
