"""What a reader is: it recognises rows, and names their columns in our terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from routelab._registry import Registry
from routelab.reading.files import Kinds, Rows
from routelab.reading.notes import Note
from routelab.traffic.schema import MEASURES, TOKENS


@dataclass
class Parsed:
    """What a reader returns.

    Attributes
    ----------
    frame : DataFrame of shape (n_requests, any)
        Columns named as in `COLUMNS`, values raw (text, numbers, objects): they are checked and
        typed afterwards, once for all readers. `timestamp` may be text, numbers or datetimes, and
        may be absent where the log has no times at all. An extra column `call_id` joins the rows
        of one client request.
    origin : int array of shape (n_requests,), optional
        Which row of the `Rows` each line of `frame` comes from. Default: line i is row i.
    time_unit : {"s", "ms", "us", "ns"}, optional
        Set when `timestamp` counts from a start of its own.
    warnings : list of Note or str
        What was assumed, one line each. What holds for some rows only is a `Note` with their count:
        notes with the same text are added up over the blocks of a file.
    refused : dict of int to str
        Rows that the reader itself cannot accept, with the reason.
    aside : dict of int to str
        Rows that are in order but hold no request, with the reason.
    """

    frame: pd.DataFrame
    origin: np.ndarray | None = None
    time_unit: str | None = None
    warnings: list[Note | str] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)


class Reader(ABC):
    """A log format. Subclass it in a module of this package and register the subclass.

    Options of a format are keyword arguments of its constructor; ``read_log`` passes them on.

    Attributes
    ----------
    title : str
        One line for lists of formats.
    rank : int, default 0
        Readers are asked in order of rank, then name; the first whose `sniff` says yes reads.
    whole : bool, default False
        Whether `parse` needs all rows of a file at once, because rows depend on each other. Files
        of other formats are read block by block, whatever their size.
    """

    title: ClassVar[str]
    rank: ClassVar[int] = 0
    whole: ClassVar[bool] = False

    @abstractmethod
    def sniff(self, rows: Rows) -> bool:
        """Tell whether `rows` are in this format, from `rows.kind`, `.names` and `.first`."""

    def expand(self, rows: Rows) -> Rows:
        """Return the rows that `rows` contain, where one record of the file holds several."""
        return rows

    def kinds(self, rows: Rows) -> Kinds:
        """Tell which columns of the file `parse` takes for numbers or stamps and nothing else.

        A plain CSV gives them converted after its first part, which saves half of the time.
        """
        return {}

    @abstractmethod
    def parse(self, rows: Rows) -> Parsed:
        """Name the columns of `rows`; see :class:`Parsed`."""


def kinds_of(names: Mapping[str, str]) -> Kinds:
    """Return the kinds of a file's columns from a mapping of our names to the file's."""
    kinds: dict[str, Literal["number", "time"]] = {}
    for ours, theirs in names.items():
        if ours in (*TOKENS, *MEASURES, "status"):
            kinds[theirs] = "number"
        elif ours == "timestamp":
            kinds[theirs] = "time"
    used = list(names.values())
    return {theirs: kind for theirs, kind in kinds.items() if used.count(theirs) == 1}


READERS: Registry[type[Reader]] = Registry("log format", "routelab.traffic.readers")

__all__ = ["READERS", "Kinds", "Parsed", "Reader"]
