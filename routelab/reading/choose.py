"""Which reader takes a file: the first that recognises its rows, or the one that was named."""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar

from routelab._checks import InputError
from routelab._registry import Registry
from routelab.reading.files import Rows

_TAKES_ANYTHING = 100


class Sniffer(Protocol):
    """What readers of every family have in common."""

    title: ClassVar[str]
    rank: ClassVar[int]

    def sniff(self, rows: Rows) -> bool:
        """Tell whether the rows are in the reader's format."""
        ...


S = TypeVar("S", bound=Sniffer)


def recognise(registry: Registry[type[S]], rows: Rows) -> str | None:
    """Return the name of the first reader that recognises `rows`, by rank, then name; or None."""
    if not len(rows):
        return None
    ordered = sorted(registry.names(), key=lambda name: (registry[name].rank, name))
    return next((name for name in ordered if registry[name]().sniff(rows)), None)


def check_format(rows: Rows, name: str, reader: Sniffer) -> None:
    """Refuse a named format that does not recognise the rows.

    Readers of rank 100 take tables of any names; they say themselves what they miss.
    """
    if reader.rank < _TAKES_ANYTHING and not (len(rows) and reader.sniff(rows)):
        raise InputError(
            f"{rows.path}: this is not {name!r} ({reader.title}); "
            f"the columns are {', '.join(rows.names[:20])}"
        )
