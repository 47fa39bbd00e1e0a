"""Counts and openings of a prompt in plain Python: what is exported runs this file too."""

from __future__ import annotations

import math
import re

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
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Function words of English: other languages, code and lists of terms have few of them.
_ENGLISH = frozenset(
    "a an and are as at be but by can do for from has have how i if in is it me my not of on or"
    " should that the their there they this to was we what when which who will with would you"
    " your".split()
)
_LIST_ITEM = re.compile(r"^[^\S\n]*(?:[-*•]|\d+[.)])\s", re.M)


def surface(prompt: str) -> list[float]:
    """Return the 16 features of `PromptFeatures`, in their order.

    Examples
    --------
    >>> [round(value, 2) for value in surface("What is 2 + 2?")[:3]]
    [2.71, 1.61, 0.69]
    """
    size = max(len(prompt), 1)
    words = _WORD.findall(prompt)
    counted = (
        len(prompt),
        len(words),
        len(_SENTENCE.findall(prompt)),
        len(_CODE.findall(prompt)),
        prompt.count("?") + prompt.count("？"),
        len(_INSTRUCTION.findall(prompt)),
        len(_LIST_ITEM.findall(prompt)),
    )
    characters, n_words, sentences, code, questions, instructions, items = map(math.log1p, counted)
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
        0.0 if prompt.isascii() else len(_EAST_ASIAN.findall(prompt)) / size,
    ]


def openings(prompt: str) -> str:
    r"""Return the terms of a prompt, one per line.

    Examples
    --------
    >>> openings("Why? Because it is").split("\n")
    ['why', 'because', 'because it']
    """
    terms = []
    for clause in _CLAUSE.split(prompt.lower()):
        words = _WORD.findall(clause)[:2]
        terms += [" ".join(words[:size]) for size in range(1, len(words) + 1)]
    return "\n".join(terms or ["(no words)"])
