"""Conversations: the last user turns together, the latest weighing most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, make_encoder


class TurnsEncoder(PromptEncoder):
    """The weighted mean of the vectors of the last user turns, scaled to length one.

    "And in Python?" says little alone: the turn before it says what is asked. A prompt may be one
    text, a list of user turns from old to new, or a list of messages with ``role`` and ``content``,
    of which those of the user count. An empty conversation, such as `session_turns` gives for a
    request without a prompt, is a row of zeros; `fit` passes over it.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`; it sees one turn at a time.
    last : int, default 3
        Turns that are read, counted from the latest.
    decay : float, default 0.5
        Weight of a turn relative to the one after it, from 0 (the latest alone) to 1.

    Attributes
    ----------
    encoder_ : fitted encoder

    Notes
    -----
    A plan and the gateway's plugin ask a router about one text, the latest: they are then one
    turn. `routelab.traffic.session_turns` makes conversations of a log.

    Examples
    --------
    >>> turns = TurnsEncoder(last=2).fit(["sort a list", "write a poem"])
    >>> alone, after = turns.transform([["qqq"], ["write a poem", "qqq"]]).toarray()
    >>> bool(alone.any()), bool(after.any())
    (False, True)
    """

    def __init__(self, encoder: Any = "tfidf", last: int = 3, decay: float = 0.5):
        self.encoder = encoder
        self.last = last
        self.decay = decay

    @property
    def learns(self) -> bool:  # type: ignore[override]
        """Whether the encoder learns from prompts."""
        return bool(getattr(make_encoder(self.encoder), "learns", True))

    def fit(self, X: Iterable[Any], y: object = None) -> TurnsEncoder:
        """Learn from the turns of prompts or conversations (n,)."""
        if not isinstance(self.last, Integral) or isinstance(self.last, bool) or self.last < 1:
            raise InputError(f"'last' must be a whole number of at least 1, got {self.last!r}")
        if not 0 <= self.decay <= 1:
            raise InputError(f"'decay' must lie from 0 to 1, got {self.decay!r}")
        turns = [turn for talk in conversations(X) for turn in talk[-self.last :]]
        self.encoder_: Any = clone(make_encoder(self.encoder)).fit(turns)
        return self

    def transform(self, X: Iterable[Any]) -> Any:
        """Return one row per prompt or conversation (n, d), dense or csr as the encoder's."""
        if self.learns:
            check_is_fitted(self)
        encoder = self.encoder_ if hasattr(self, "encoder_") else make_encoder(self.encoder)
        talks = [talk[-self.last :] for talk in conversations(X)]
        place = {t: i for i, t in enumerate(dict.fromkeys(t for talk in talks for t in talk))}
        row = np.repeat(np.arange(len(talks)), [len(talk) for talk in talks])
        column = np.array([place[turn] for talk in talks for turn in talk], dtype=int)
        weight = [self.decay**age for talk in talks for age in range(len(talk) - 1, -1, -1)]
        weights = sp.csr_matrix(
            (np.array(weight, np.float32), (row, column)), shape=(len(talks), len(place))
        )
        turns = list(place)
        if not turns:  # nothing was said: one text shows how wide a row is
            turns, weights = [""], sp.csr_matrix((len(talks), 1), dtype=np.float32)
        rows = (weights @ encoder.transform(turns)).astype(np.float32)
        return normalize(rows, copy=False) if talks else rows


def conversations(X: Iterable[Any]) -> list[list[str]]:
    """Return the user turns of each prompt or conversation, from old to new; () has none.

    Raises
    ------
    InputError
        A bare string, messages without a user turn, or a turn that is not text.

    Examples
    --------
    >>> conversations(["hi", [{"role": "user", "content": "one"}, "two"]])
    [['hi'], ['one', 'two']]
    """
    if isinstance(X, str):
        raise InputError(f"expected a list of prompts, got one string {X[:40]!r}: write [it]")
    found = []
    for index, talk in enumerate(X):
        turns = [talk] if isinstance(talk, str) else _user_turns(talk, index)
        if not turns and len(talk):
            raise InputError(f"the conversation at index {index} has no user turn")
        for turn in turns:
            if not isinstance(turn, str):
                raise InputError(
                    f"a turn of the conversation at index {index} is not text, got {turn!r}"
                )
        found.append(check_prompts(turns))
    return found


def _user_turns(talk: Any, index: int) -> list[str]:
    if not isinstance(talk, list | tuple | np.ndarray):
        raise InputError(f"prompt at index {index} is neither text nor a list of turns: {talk!r}")
    turns = []
    for message in talk:
        if isinstance(message, Mapping):
            if message.get("role") != "user":
                continue
            message = _text(message.get("content"))
        turns.append(message)
    return turns


def _text(content: Any) -> Any:
    """Return the text of a message; parts that are no text, such as pictures, are left out."""
    if not isinstance(content, list):
        return content
    parts = [p.get("text") for p in content if isinstance(p, Mapping)]
    return "\n".join(part for part in parts if isinstance(part, str))


@ENCODERS.register("turns")
def _make(argument: str) -> TurnsEncoder:
    if not argument:
        raise InputError("encoder 'turns' needs another one: write 'turns:tfidf'")
    return TurnsEncoder(make_encoder(argument))
