"""Texts for a service of embeddings: how many tokens, where they are cut, which go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from routelab._litellm import open_litellm


def count_tokens(text: str) -> int:
    """Return the tokens of a text by LiteLLM's own tokenizer (cl100k_base).

    Exact for OpenAI's models, an estimate for others; a model's own tokenizer is never downloaded.
    """
    return len(_tokens(text))


def cut(text: str, most_tokens: int | None) -> str:
    """Return the beginning of a text that has at most so many tokens; None does not cut."""
    # A token is at least one byte and a character at most four: most texts need no tokenizer here.
    if most_tokens is None or len(text) * 4 <= most_tokens:
        return text
    tokens = _tokens(text)
    if len(tokens) <= most_tokens:
        return text
    text = text.lstrip()  # or blanks alone might be left, which services refuse
    tokens = _tokens(text)
    # Half a character at the end becomes a mark, and what is left can have more tokens when it is
    # read again: take away until it fits.
    litellm = open_litellm()
    for most in range(most_tokens, 0, -1):
        short = str(litellm.decode(model="", tokens=tokens[:most])).rstrip("\ufffd")
        if short and len(_tokens(short)) <= most_tokens:
            return short
    return text[:1]  # one character of several tokens


def batches(counts: Sequence[int], most_texts: int, most_tokens: float) -> Iterator[slice]:
    """Cut a list of texts, given by their tokens (n,), into requests.

    A text of more than `most_tokens` goes alone.

    Examples
    --------
    >>> [(part.start, part.stop) for part in batches([5, 5, 5, 20, 1, 1, 1], 2, 10)]
    [(0, 2), (2, 3), (3, 4), (4, 6), (6, 7)]
    """
    start, total = 0, 0
    for i, tokens in enumerate(counts):
        if i > start and (i - start == most_texts or total + tokens > most_tokens):
            yield slice(start, i)
            start, total = i, 0
        total += tokens
    if counts:
        yield slice(start, len(counts))


def _tokens(text: str) -> list[int]:
    return list(open_litellm().encode(model="", text=text))
