"""A format that the caller named must be the one that the file is in."""

from __future__ import annotations

from typing import ClassVar, Protocol

from routelab._checks import InputError
from routelab.reading.files import Rows

_TAKES_ANYTHING = 100


class _Reader(Protocol):
    title: ClassVar[str]
    rank: ClassVar[int]

    def sniff(self, rows: Rows) -> bool: ...


def check_format(rows: Rows, name: str, reader: _Reader) -> None:
    """Refuse a named format that does not recognise the rows.

    Readers of rank 100 take tables of any names; they say themselves what they miss.
    """
    if reader.rank < _TAKES_ANYTHING and not (len(rows) and reader.sniff(rows)):
        raise InputError(
            f"{rows.path}: this is not {name!r} ({reader.title}); "
            f"the columns are {', '.join(rows.names[:20])}"
        )
