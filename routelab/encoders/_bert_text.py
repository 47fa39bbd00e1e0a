"""The text normalisation of uncased BERT tokenizers, for text that is not plain ASCII.

It follows the order of the Hugging Face normalizer: clean, set Chinese characters apart, strip
accents, lower case; then punctuation is set apart, so that blanks separate all words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_plain(text: str) -> bool:
    r"""Return whether the text is ASCII without control characters other than line ends and tabs.

    Examples
    --------
    >>> is_plain("two\nlines"), is_plain("café"), is_plain("a\x00b")
    (True, False, False)
    """
    return text.isascii() and (text.isprintable() or _CONTROL.search(text) is None)


def bert_text(text: str) -> str:
    """Return the text as an uncased BERT tokenizer sees it, words separated by blanks.

    Examples
    --------
    >>> bert_text("Crème brûlée — 東京?").split()
    ['creme', 'brulee', '—', '東', '京', '?']
    """
    return "".join(map(_normalised, text))


@lru_cache(maxsize=65536)
def _normalised(char: str) -> str:
    """Return what one character becomes; "" where it is removed."""
    if char in "\t\n\r":
        return " "
    if char == "\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if char.isspace():
        return " "
    code = ord(char)
    apart = any(low <= code <= high for low, high in _CJK)
    pieces = [c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn"]
    lowered = "".join(pieces).lower()
    text = "".join(f" {c} " if _is_punctuation(c) else c for c in lowered)
    return f" {text} " if apart else text


def _is_punctuation(char: str) -> bool:
    return char > "\x7f" and unicodedata.category(char).startswith("P")
