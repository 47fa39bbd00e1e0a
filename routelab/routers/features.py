"""What can be counted in a prompt: length, code, digits, questions, instructions, language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from routelab.encoders import PromptEncoder, check_prompts

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<![.!?。！？])[.!?。！？]+(?:\s|$)|\n+")
_CODE = re.compile(r"```|\bdef \w|\bclass \w|\bSELECT\b|\bimport \w|[{};]\s*$|=>|==|\w\(\)", re.M)
_QUESTION = re.compile(r"^\s*(?:who|what|when|where|which|how|is|are|do|does|did|can)\b", re.I)
_WHY = re.compile(r"\b(?:why|how|explain|because)\b", re.I)
_INSTRUCTION = re.compile(
    r"(?:^|[.;:!?\n][^\S\n]*|\b(?:and|then|also)\s+|\d[.)]\s*)"
    r"(?:please\s+)?(?:add|analy[sz]e|build|calculate|compare|compute|create|derive|describe|design|"
    r"discuss|evaluate|explain|find|fix|give|implement|list|make|optimi[sz]e|plan|prove|provide|"
    r"refactor|rewrite|show|solve|suggest|summari[sz]e|translate|use|write)\b",
    re.I,
)
_MATH = re.compile(r"[=+*/^<>≤≥∑∫√]|\\[a-z]+|\$")
_CLAUSE = re.compile(r"(?<=[.!?;:,\n)。！？])\s+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Function words of English: other languages, code and lists of terms have few of them.
_ENGLISH = frozenset(
    "a an and are as at be but by can do for from has have how i if in is it me my not of on or"
    " should that the their there they this to was we what when which who will with would you"
    " your".split()
)
_LIST_ITEM = re.compile(r"^[^\S\n]*(?:[-*•]|\d+[.)])\s", re.M)


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
        rows = [_row(prompt) for prompt in check_prompts(X)]
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(self.NAMES))


def _row(prompt: str) -> list[float]:
    size = max(len(prompt), 1)
    words = _WORD.findall(prompt)
    counted = np.log1p(
        [
            len(prompt),
            len(words),
            len(_SENTENCE.findall(prompt)),
            len(_CODE.findall(prompt)),
            prompt.count("?") + prompt.count("？"),
            len(_INSTRUCTION.findall(prompt)),
            len(_LIST_ITEM.findall(prompt)),
        ]
    )
    characters, n_words, sentences, code, questions, instructions, items = counted
    return [
        characters,
        n_words,
        sentences,
        sum(map(len, words)) / len(words) / 10 if words else 0.0,
        code,
        sum(c.isdigit() for c in prompt) / size,
        len(_MATH.findall(prompt)) / size,
        questions,
        float(bool(_QUESTION.match(prompt))),
        float(bool(_WHY.search(prompt))),
        instructions,
        items,
        sum(c.isupper() for c in prompt) / size,
        0.0 if prompt.isascii() else sum(c > "\x7f" for c in prompt) / size,
        sum(word.lower() in _ENGLISH for word in words) / len(words) if words else 0.0,
        0.0 if prompt.isascii() else len(_CJK.findall(prompt)) / size,
    ]


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
        rows = terms.fit_transform([_openings(prompt) for prompt in check_prompts(X)])
        self.terms_ = terms
        return rows

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Return rows (n, d), float32 csr; a prompt without a known opening is a row of zeros."""
        check_is_fitted(self)
        return self.terms_.transform([_openings(prompt) for prompt in check_prompts(X)])

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


def _openings(prompt: str) -> str:
    r"""Return the terms of a prompt, one per line.

    Examples
    --------
    >>> _openings("Why? Because it is").split("\n")
    ['why', 'because', 'because it']
    """
    terms = []
    for clause in _CLAUSE.split(prompt.lower()):
        words = _WORD.findall(clause)[:2]
        terms += [" ".join(words[:size]) for size in range(1, len(words) + 1)]
    return "\n".join(terms or ["(no words)"])
