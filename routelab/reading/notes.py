"""Warnings that are counted: the same one from many blocks of a file is told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A warning that holds for `count` rows; `text` goes on after the number.

    Examples
    --------
    >>> str(Note(3, "rows have no token counts", "log.csv:7"))
    '3 rows have no token counts (first: log.csv:7)'
    """

    count: int
    text: str
    first: str = ""

    def __str__(self) -> str:
        place = f" (first: {self.first})" if self.first else ""
        return f"{self.count} {self.text}{place}"


def summed(warnings: Iterable[Note | str]) -> list[str]:
    """Return each warning once, counts added up, in order of first appearance."""
    totals: dict[str, Note | str] = {}
    for warning in warnings:
        if isinstance(warning, str):
            totals.setdefault(warning, warning)
            continue
        before = totals.get(f"\0{warning.text}")
        if isinstance(before, Note):
            warning = Note(before.count + warning.count, warning.text, before.first)
        totals[f"\0{warning.text}"] = warning
    return [str(warning) for warning in totals.values()]
