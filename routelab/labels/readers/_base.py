"""What a reader of label sets is: it finds prompts and labels in the rows of a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab._registry import Registry
from routelab.reading.files import Rows
from routelab.reading.values import strings, texts

PROMPT_NAMES = ("prompt", "text", "question", "questions", "instruction", "query", "utterance",
                "problem", "answer_from_dataset", "answer")  # fmt: skip
LABEL_NAMES = ("label", "route", "category", "intent", "complexity", "difficulty", "level", "tier",
               "class", "true_label", "domain", "task", "task_name", "scenario")  # fmt: skip
_KEPT = ("group", "weight", "split", "language", "form", "annotator")


@dataclass
class ParsedLabels:
    """What a reader returns.

    Attributes
    ----------
    frame : DataFrame of shape (n, >= 2)
        `prompt` and `label` (NA = missing), perhaps `group`, `weight`, `split`, `language`,
        `form`, `annotator`.
    origin : int array of shape (n,)
        Which row each line of `frame` comes from.
    label : str
        Name of the column that the labels are from.
    refused : dict of int to str
        Rows that cannot be read, with the reason.
    """

    frame: pd.DataFrame
    origin: np.ndarray
    label: str
    refused: dict[int, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class LabelReader(ABC):
    """A format of label sets; subclass and register it in a module of this package.

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
    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Find prompts and labels; `label` and `prompt` name other columns than the usual."""


LABEL_READERS: Registry[type[LabelReader]] = Registry("label format", "routelab.labels.readers")


def take(
    rows: Rows, prompt: str, label: str, *, group: str | None = None, missing: tuple[str, ...] = ()
) -> ParsedLabels:
    """Read two columns, and what else a label set may say of a prompt.

    Labels that are in `missing` mark annotation that failed; they are refused with their rows.
    """
    refused: dict[int, str] = {}
    frame = pd.DataFrame({"prompt": texts(rows.column(prompt))})
    frame["label"] = strings(_scalar(rows, label, refused))
    for value in missing:
        failed = frame["label"].eq(value).fillna(False)
        for row in np.flatnonzero(failed):
            refused.setdefault(int(row), f"{label} {value}: annotation failed")
    lowered = {name.lower(): name for name in reversed(rows.names)}
    for name in _KEPT:
        if name in lowered and lowered[name] not in (prompt, label):
            frame[name] = strings(rows.column(lowered[name]))
    if group is not None and group != label:
        frame["group"] = strings(_scalar(rows, group, {}))
    return ParsedLabels(frame, np.arange(len(rows)), label, refused=refused)


def named(rows: Rows, column: str) -> str:
    """Return `column` if the file has it."""
    if column not in rows.names:
        raise InputError(
            f"{rows.path}: no column {column!r}{did_you_mean(column, rows.names)}; "
            f"the columns are {', '.join(rows.names[:30])}"
        )
    return column


def usual(rows: Rows, names: tuple[str, ...], but: str | None = None) -> str | None:
    """Return the first of `names` (in any case) that the file has, other than `but`."""
    lowered = {name.lower(): name for name in reversed(rows.names) if name != but}
    return next((lowered[name] for name in names if name in lowered), None)


def _scalar(rows: Rows, name: str, refused: dict[int, str]) -> pd.Series:
    column = rows.column(name)
    if column.dtype != object:
        return column
    many = np.array([isinstance(value, list | dict) for value in column], dtype=bool)
    for row in np.flatnonzero(many):
        shown = f"{column.iloc[row]!r:.80}"
        refused.setdefault(
            int(row), f"{name!r} must be one label, got {shown}; choose another with label="
        )
    return column.mask(many)
