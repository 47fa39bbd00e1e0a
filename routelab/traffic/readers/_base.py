"""What a reader is: it recognises rows, and names their columns in our terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from routelab._registry import Registry
from routelab.traffic.files import Rows


@dataclass
class Parsed:
    """What a reader returns.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, any)
        Row i is row i of the `Rows`. Columns named as in `COLUMNS`, values raw (text, numbers,
        objects): they are checked and typed afterwards, once for all readers. `timestamp` may be
        text, numbers or datetimes. An extra column `call_id` joins the rows of one client request.
    time_unit : {"s", "ms", "us", "ns"}, optional
        Set when `timestamp` counts from a start of its own.
    warnings : list of str
        What was assumed, one line each.
    refused : dict of int to str
        Rows that the reader itself cannot accept, with the reason.
    """

    frame: pd.DataFrame
    time_unit: str | None = None
    warnings: list[str] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


class Reader(ABC):
    """A log format. Subclass it in a module of this package and register the subclass's instance.

    Attributes
    ----------
    title : str
        One line for lists of formats.
    rank : int, default 0
        Readers are asked in order of rank, then name; the first whose `sniff` says yes reads.
    """

    title: ClassVar[str]
    rank: ClassVar[int] = 0

    @abstractmethod
    def sniff(self, rows: Rows) -> bool:
        """Tell whether `rows` are in this format, from `rows.kind`, `.names` and `.first`."""

    @abstractmethod
    def parse(self, rows: Rows) -> Parsed:
        """Name the columns of `rows`; see :class:`Parsed`."""


READERS: Registry[type[Reader]] = Registry("log format", "routelab.traffic.readers")

__all__ = ["READERS", "Parsed", "Reader"]
