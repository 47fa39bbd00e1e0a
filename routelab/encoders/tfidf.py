"""TF-IDF over words and characters: no download, deterministic, the default."""

from __future__ import annotations

import json
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
        prompts = check_prompts(X)
        return self._join(self.words_.transform(prompts), self.chars_.transform(prompts))

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


@ENCODERS.register("tfidf")
def _make(argument: str) -> TfidfEncoder:
    no_argument("tfidf", argument)
    return TfidfEncoder()
