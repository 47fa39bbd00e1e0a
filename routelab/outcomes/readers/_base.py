"""What a reader of outcomes is: it finds prompts, scores and costs in the rows of a file."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._registry import Registry
from routelab.labels import PROMPT_NAMES
from routelab.reading.files import Rows
from routelab.reading.values import numbers, strings, texts

#: Endings of columns that belong to a model: USD per call.
COSTS = ("|total_cost", "|cost", "|cost_usd")


@dataclass
class ParsedOutcomes:
    """What a reader returns.

    Attributes
    ----------
    prompts : list of length n
        Text; None or empty where a row has none (such rows are refused afterwards).
    quality, cost : DataFrame of shape (n, m)
        One column per model, NaN = missing.
    origin : int array of shape (n,)
        Which row each prompt comes from.
    refused, aside : dict of int to str
        Rows that cannot be read, and rows in order that hold no outcome, with the reason.
    merged : int
        Rows that were folded into another row's prompt.
    scale : str, optional
        Set where the format defines it.
    """

    prompts: list[Any]
    quality: pd.DataFrame
    cost: pd.DataFrame
    origin: np.ndarray
    refused: dict[int, str] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)
    merged: int = 0
    warnings: list[str] = field(default_factory=list)
    scale: str | None = None


class OutcomeReader(ABC):
    """A format of outcome files; subclass and register it in a module of this package.

    Attributes
    ----------
    title : str
        One line for lists of formats.
    rank : int, default 0
        Readers are asked in order of rank, then name.
    """

    title: ClassVar[str]
    rank: ClassVar[int] = 0

    @abstractmethod
    def sniff(self, rows: Rows) -> bool:
        """Tell whether `rows` are in this format."""

    @abstractmethod
    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Find prompts, scores and costs."""


OUTCOME_READERS: Registry[type[OutcomeReader]] = Registry(
    "outcome format", "routelab.outcomes.readers"
)


def prompt_column(rows: Rows) -> str | None:
    """Return the column of the prompts by its usual names, or None."""
    lowered = {name.lower(): name for name in reversed(rows.names)}
    return next((lowered[name] for name in PROMPT_NAMES if name in lowered), None)


def needed_prompt_column(rows: Rows) -> str:
    """Return the column of the prompts, or say what was looked for."""
    found = prompt_column(rows)
    if found is None:
        raise InputError(
            f"{rows.path}: no prompt column (looked for {', '.join(PROMPT_NAMES)}); "
            f"the columns are {', '.join(rows.names[:30])}"
        )
    return found


def prompts_of(rows: Rows, name: str) -> list[Any]:
    """Return the prompts, None where there is none."""
    found = texts(rows.column(name))
    return list(found.astype(object).where(found.notna(), None))


def scores_of(rows: Rows, name: str, refused: dict[int, str]) -> pd.Series:
    """Return numbers (true and false as 1 and 0); what is no number refuses its row."""
    column = rows.column(name)
    values, bad = plain_numbers(column)
    for row in np.flatnonzero(bad):
        shown = str(column.iloc[row])[:60]
        refused.setdefault(int(row), f"{name!r} must be a number, got {shown!r}")
    return values


def plain_numbers(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return numbers, with true and false as 1 and 0, and the mask of what is none."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return numbers(column.astype("float64"))
    words = strings(column).str.lower().replace({"true": "1", "false": "0"})
    return numbers(words)


def table_of(rows: Rows) -> pd.DataFrame:
    """Return the rows as a table."""
    return pd.DataFrame({name: rows.column(name) for name in rows.names})


def unlisted(text: Any) -> Any:
    """Undo the text form of a one-element list, ``"['What ...']"``; only literals are read."""
    if not (isinstance(text, str) and text.startswith("[") and text.endswith("]")):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    alone = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    return value[0] if alone else text
