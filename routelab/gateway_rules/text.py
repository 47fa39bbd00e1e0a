"""What the rules read in a request: the newest ask, keywords, the request type and the cohort."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

#: The gateway's public defaults, read once.
DEFAULTS: dict[str, Any] = yaml.safe_load(
    files(__package__).joinpath("litellm_defaults.yaml").read_text(encoding="utf-8")
)

REMINDERS = (("<system-reminder>", "</system-reminder>"),)
# Japanese kana, Chinese characters and their extensions, halfwidth katakana: written without spaces
_CJK = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff]"
)
_TYPES = [(rule["type"], re.compile(rule["pattern"], re.I)) for rule in DEFAULTS["request_types"]]
_CODE = re.compile(DEFAULTS["cohort_patterns"]["code"], re.I)
_MATH = re.compile(DEFAULTS["cohort_patterns"]["math"], re.I)
_CHOICE = re.compile(DEFAULTS["cohort_patterns"]["mc"])

REQUEST_TYPES = (*dict.fromkeys(kind for kind, _ in _TYPES), "general")
LENGTHS = {"short": 200, "medium": 800, "long": 2000}  # characters; from the last on: very_long
TYPE_CHARACTERS = 2000  # of a prompt decide its request type


@lru_cache(maxsize=4096)
def _whole_word(keyword: str) -> re.Pattern[str] | None:
    """Return the pattern of a single word; None for a phrase or CJK, which match as substrings."""
    if " " in keyword or _CJK.search(keyword):
        return None
    return re.compile(r"\b" + re.escape(keyword) + r"\b")


def has_keyword(lowered: str, keyword: str) -> bool:
    """Whether a lower-case text holds a keyword: a whole word, or a phrase anywhere.

    Examples
    --------
    >>> has_keyword("the capital", "api"), has_keyword("the api", "API")
    (False, True)
    """
    keyword = keyword.lower()
    pattern = _whole_word(keyword)
    return keyword in lowered if pattern is None else pattern.search(lowered) is not None


def flatten(content: object) -> str:
    """Return the text of a message's content: a string, or its parts of type "text"."""
    if isinstance(content, list):
        parts = (p for p in content if isinstance(p, dict) and p.get("type") == "text")
        return " ".join(part.get("text", "") for part in parts).strip()
    return content if isinstance(content, str) else ""


def _blocks(lowered: str, start_mark: str, end_mark: str) -> Iterator[tuple[int, int]]:
    at = 0
    while (start := lowered.find(start_mark, at)) >= 0:
        end = lowered.find(end_mark, start + len(start_mark))
        if end < 0:
            return
        at = end + len(end_mark)
        yield start, at


def without_reminders(text: str, marks: Sequence[tuple[str, str]] = REMINDERS) -> str:
    """Drop every complete block that a client wrapped in reminder marks; strip what is left.

    Examples
    --------
    >>> without_reminders(" fix it <system-reminder>be brief</system-reminder> now")
    'fix it now'
    """
    lowered = text.lower()
    kept, at = [], 0
    for start, end in sorted(block for pair in marks for block in _blocks(lowered, *pair)):
        kept.append(text[at:start].strip())
        at = max(at, end)
    kept.append(text[at:].strip())
    return " ".join(piece for piece in kept if piece)


def current_ask(
    messages: Sequence[Mapping[str, Any]], marks: Sequence[tuple[str, str]] = REMINDERS
) -> str | None:
    """Return the newest user text that is not empty once reminders are gone, or None.

    Examples
    --------
    >>> current_ask([{"role": "user", "content": " hi "}, {"role": "assistant", "content": "yes"}])
    'hi'
    """
    for message in reversed(messages):
        if message.get("role") == "user":
            text = without_reminders(flatten(message.get("content")), marks)
            if text:
                return text
    return None


def newest_user_text(
    messages: Sequence[Mapping[str, Any]], marks: Sequence[tuple[str, str]] = REMINDERS
) -> str:
    """Return the text of the newest user message, which may be empty."""
    newest: Mapping[str, Any] = next((m for m in reversed(messages) if m.get("role") == "user"), {})
    return without_reminders(flatten(newest.get("content")), marks)


def request_type(prompt: str) -> str:
    """Return which of the seven request types a prompt is: the first pattern that is found.

    Examples
    --------
    >>> request_type("Write a Python script"), request_type("Who was Ada Lovelace?")
    ('code_generation', 'factual_lookup')
    """
    head = prompt[:TYPE_CHARACTERS]
    if not prompt.strip():
        return "general"
    return next((kind for kind, pattern in _TYPES if pattern.search(head)), "general")


def cohort(prompt: str, kind: str | None = None) -> str:
    """Return the cell of a prompt: request type, length, and four yes-or-no features.

    The features are code, math, multiple choice and more than 10 % of characters beyond ASCII:
    7 types x 4 lengths x 16 = 448 cells.

    Examples
    --------
    >>> cohort("Solve 3x = 9")
    'general|short|code=0|math=1|mc=0|intl=0'
    """
    kind = request_type(prompt) if kind is None else kind
    size = next((name for name, end in LENGTHS.items() if len(prompt) < end), "very_long")
    foreign = sum(c > "\x7f" for c in prompt) / max(1, len(prompt)) > 0.1
    found = [bool(pattern.search(prompt)) for pattern in (_CODE, _MATH, _CHOICE)]
    flags = zip(("code", "math", "mc", "intl"), [*found, foreign], strict=True)
    return "|".join([kind, size, *(f"{name}={int(flag)}" for name, flag in flags)])
