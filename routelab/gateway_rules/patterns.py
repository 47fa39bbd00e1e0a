r"""The gateway's bound on the work of a regular expression in a custom dimension.

Only patterns whose work is bounded are accepted: a repeat covers one character or class at most 64
times, no look-around, no back-reference, no nesting beyond 16. The work of a sequence is the sum of
the steps of its parts, each times the number of ways in which the parts before it can match.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any

MOST_REPEATS = 64
MOST_DEPTH = 16
MOST_WORK = 2048  # per pattern
MOST_WORK_TOGETHER = 8192  # of all patterns of a router

_parser: Any = importlib.import_module("re._parser")
_codes: Any = importlib.import_module("re._constants")
_ATOMS = {_codes.LITERAL, _codes.NOT_LITERAL, _codes.ANY, _codes.IN, _codes.CATEGORY}
_REPEATS = {_codes.MAX_REPEAT, _codes.MIN_REPEAT}


def pattern_work(pattern: str) -> int:
    r"""Return the steps that a pattern may take at one position.

    Raises
    ------
    ValueError
        For a pattern that is not valid or not bounded.

    Examples
    --------
    >>> pattern_work(r"\d{1,3}")
    11
    >>> pattern_work("a+")
    Traceback (most recent call last):
    ValueError: pattern 'a+' repeats without a bound: use {n,m} of one character or class, m <= 64
    """
    try:
        re.compile(pattern, re.I)
        nodes = _parser.parse(pattern, re.I)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"pattern {pattern!r} is not a valid regular expression") from error
    try:
        return _sequence(tuple(nodes), 0)[1]
    except ValueError as error:
        raise ValueError(f"pattern {pattern!r} {error}") from None


def _sequence(nodes: Iterable[Any], depth: int) -> tuple[int, int]:
    """Return (ways to match, steps) of a sequence."""
    if depth > MOST_DEPTH:
        raise ValueError(f"nests deeper than {MOST_DEPTH} levels")
    ways, steps = 1, 1
    for node in nodes:
        node_ways, node_steps = _node(node[0], node[1], depth)
        steps += ways * node_steps
        ways *= node_ways
    if steps > MOST_WORK:
        raise ValueError(f"needs more than {MOST_WORK} steps")
    return ways, steps


def _atom_steps(code: Any, argument: Any) -> int:
    return 1 + len(argument) if code is _codes.IN else 1


def _node(code: Any, argument: Any, depth: int) -> tuple[int, int]:
    if code in _ATOMS or code is _codes.AT:
        return 1, _atom_steps(code, argument)
    if code is _codes.SUBPATTERN:
        return _sequence(argument[-1], depth + 1)
    if code is _codes.BRANCH:
        parts = [_sequence(branch, depth + 1) for branch in argument[1]]
        return sum(ways for ways, _ in parts), len(parts) + sum(steps for _, steps in parts)
    if code in _REPEATS:
        low, high, body = argument
        if high > MOST_REPEATS or len(body) != 1 or body[0][0] not in _ATOMS:
            raise ValueError(
                f"repeats without a bound: use {{n,m}} of one character or class, "
                f"m <= {MOST_REPEATS}"
            )
        choices = high - low + 1
        return choices, 1 + high * _atom_steps(*body[0]) + choices
    raise ValueError("holds look-around, a back-reference or another unbounded construct")


def total_work(patterns: Iterable[str]) -> int:
    """Return the work of several patterns together."""
    return sum(pattern_work(pattern) for pattern in patterns)
