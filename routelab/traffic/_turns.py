"""Conversations of a log: what a user had said in the session before each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routelab._checks import InputError

if TYPE_CHECKING:
    import pandas as pd


def session_turns(traffic: pd.DataFrame, last: int = 3) -> list[tuple[str, ...]]:
    """Return for each request the prompts of its session so far, from old to new.

    Parameters
    ----------
    traffic : DataFrame, n rows in time order
        Columns ``prompt`` and ``session_id``.
    last : int, default 3
        Most prompts per request, its own included.

    Returns
    -------
    list of tuple of str, length n
        For `routelab.encoders.TurnsEncoder`. A request without a session stands alone; one
        without a prompt is an empty tuple, which the encoder makes a row of zeros.

    Raises
    ------
    InputError
        A column is missing, or `last` is no positive whole number.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"session_id": ["s", None, "s"], "prompt": ["poem", "2+2?", "shorter"]})
    >>> session_turns(log)
    [('poem',), ('2+2?',), ('poem', 'shorter')]
    """
    for column in ("prompt", "session_id"):
        if column not in traffic.columns:
            raise InputError(f"the traffic has no column {column!r}")
    if not isinstance(last, int) or last < 1:
        raise InputError(f"'last' must be a whole number of at least 1, got {last!r}")
    said: dict[str, tuple[str, ...]] = {}
    turns: list[tuple[str, ...]] = []
    for prompt, session in zip(traffic["prompt"], traffic["session_id"], strict=True):
        if not isinstance(prompt, str):
            turns.append(())
            continue
        talk: tuple[str, ...] = (prompt,)
        if isinstance(session, str):
            talk = said[session] = (*said.get(session, ()), prompt)[-last:]
        turns.append(talk)
    return turns
