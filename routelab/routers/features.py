"""What can be counted in a prompt: length, code, digits, questions, instructions, script."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from routelab.encoders import PromptEncoder, check_prompts

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?。！？]+(?:\s|$)|\n+")
_CODE = re.compile(r"```|\bdef \w|\bclass \w|\bSELECT\b|\bimport \w|[{};]\s*$|=>|==|\w\(\)", re.M)
_QUESTION = re.compile(r"^\s*(?:who|what|when|where|which|how|is|are|do|does|did|can)\b", re.I)
_WHY = re.compile(r"\b(?:why|how|explain|because)\b", re.I)
_INSTRUCTION = re.compile(
    r"(?:^|[.;:!?\n]\s*|\b(?:and|then|also)\s+|\d[.)]\s*)"
    r"(?:please\s+)?(?:add|analy[sz]e|build|calculate|compare|compute|create|derive|describe|design|"
    r"discuss|evaluate|explain|find|fix|give|implement|list|make|optimi[sz]e|plan|prove|provide|"
    r"refactor|rewrite|show|solve|suggest|summari[sz]e|translate|use|write)\b",
    re.I,
)
_MATH = re.compile(r"[=+*/^<>≤≥∑∫√]|\\[a-z]+|\$")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.M)


class PromptFeatures(PromptEncoder):
    """Surface features of prompts, (n, 14) float32; counts on a log scale, shares in [0, 1].

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
    )

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the columns (14,)."""
        return np.array(self.NAMES, dtype=object)

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the features (n, 14), float32."""
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
    ]
