"""What can be counted in a prompt: length, code, digits, questions, instructions, language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from routelab.encoders import PromptEncoder, check_prompts
from routelab.routers._surface import openings, surface


class PromptFeatures(PromptEncoder):
    """Surface features of prompts, (n, 16) float32; counts on a log scale, shares in [0, 1].

    Nothing is learnt, so the numbers of one prompt never depend on the others.

    Examples
    --------
    >>> features = PromptFeatures()
    >>> row = features.transform(["What is 2 + 2?"])[0]
    >>> dict(zip(features.get_feature_names_out(), row.tolist()))["starts_as_question"]
    1.0
    """

    learns = False

    NAMES = (
        "log_characters",
        "log_words",
        "log_sentences",
        "mean_word_length",
        "log_code_signs",
        "share_digits",
        "share_math_signs",
        "log_question_marks",
        "starts_as_question",
        "asks_for_reasons",
        "log_instructions",
        "log_list_items",
        "share_capitals",
        "share_non_ascii",
        "share_english_words",
        "share_cjk",
    )

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the columns (16,)."""
        return np.array(self.NAMES, dtype=object)

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the features (n, 16), float32."""
        rows = [surface(prompt) for prompt in check_prompts(X)]
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(self.NAMES))


class OpeningTerms(PromptEncoder):
    """How the clauses of a prompt open: TF-IDF rows (n, d) of length one.

    What is asked stands at the start of a clause: "prove that", "what is", "compare the". Each
    gives its first word and its first two.

    Attributes
    ----------
    terms_ : TfidfVectorizer

    Examples
    --------
    >>> terms = OpeningTerms().fit(["Prove that P holds. Then stop"])
    >>> terms.get_feature_names_out().tolist()
    ['prove', 'prove that', 'then', 'then stop']
    """

    def fit(self, X: Iterable[str], y: object = None) -> OpeningTerms:
        """Learn the openings and their weights from prompts (n,)."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None, **fit_params: Any) -> sp.csr_matrix:
        """Learn from prompts (n,) and return their rows (n, d), float32 csr."""
        terms = _vectorizer()
        rows = terms.fit_transform([openings(prompt) for prompt in check_prompts(X)])
        self.terms_ = terms
        return rows

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Return rows (n, d), float32 csr; a prompt without a known opening is a row of zeros."""
        check_is_fitted(self)
        return self.terms_.transform([openings(prompt) for prompt in check_prompts(X)])

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the openings (d,)."""
        check_is_fitted(self)
        return self.terms_.get_feature_names_out()

    # As in TfidfEncoder: a list of terms stores in milliseconds, a vocabulary does not.
    def __getstate__(self) -> dict[str, Any]:
        state = {**super().__getstate__()}
        if "terms_" in state:
            terms = state.pop("terms_")
            names = json.dumps(terms.get_feature_names_out().tolist())
            state["names_"] = np.frombuffer(names.encode("ascii"), dtype=np.uint8)
            state["idf_"] = terms.idf_
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {**state}
        names, idf = state.pop("names_", None), state.pop("idf_", None)
        super().__setstate__(state)
        if names is not None:
            terms = _vectorizer()
            listed = json.loads(np.asarray(names).tobytes())
            terms.vocabulary_ = {term: column for column, term in enumerate(listed)}
            terms.fixed_vocabulary_ = False
            terms.idf_ = idf
            self.terms_ = terms


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(
        token_pattern=r"[^\n]+", lowercase=False, sublinear_tf=True, dtype=np.float32
    )
