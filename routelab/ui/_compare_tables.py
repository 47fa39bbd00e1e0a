"""Tables of labelled prompts for the compare panel: the one it was given, by path, uploaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from routelab._checks import InputError
from routelab._words import counted
from routelab.labels import load_labels
from routelab.labels._columns import NO_LABELS, label_columns
from routelab.ui._file_loader import account
from routelab.ui._files import named_file
from routelab.ui._uploaded import UPLOADED, uploaded_file

CLASSES_MOST = 200
ABOUT = (
    "Prompts with labels, in any format that read_labels knows. Of what is uploaded nothing is "
    "stored: other notebooks and scripts need the path."
)
_Load = Callable[[str | None], tuple[pd.DataFrame, str]]


@dataclass(frozen=True)
class Table:
    """Labelled prompts.

    Attributes
    ----------
    columns : tuple of str
        Those that can be the label, with 2 to 200 classes.
    frame : callable
        ``frame(column)`` returns the prompts that have that label: `prompt`, `label`, and `group`
        where it is known.
    told : str
        What was read and rejected.
    """

    columns: tuple[str, ...]
    frame: Callable[[str], pd.DataFrame]
    told: str = ""


class Tables:
    """The table that the panel was given, under "", and others by what the settings call them."""

    def __init__(self, labels: pd.DataFrame):
        self._known = {"": given_table(labels)}
        #: Of the table that the panel was given.
        self.given = [str(name) for name in labels]

    def of(self, name: str) -> Table:
        """Return a table; a path that was not read yet is read."""
        if name not in self._known:
            if name.startswith(UPLOADED):
                raise InputError(f"{name.removeprefix(UPLOADED)} is not here: upload it again")
            self.read(name)
        return self._known[name]

    def read(self, path: str) -> str:
        """Read a table from a file, again if need be; return what its reader says of it."""
        file = str(named_file(path))
        self._known[path] = table = _table(path, label_columns(file, CLASSES_MOST),
                                           lambda column: _read(file, path, column))  # fmt: skip
        return table.told

    def take(self, name: str, content: bytes) -> str:
        """Take an uploaded file as a table; return what its reader says of it."""

        def load(column: str | None) -> tuple[pd.DataFrame, str]:
            with uploaded_file(name, content) as path:
                return _read(path, name, column)

        with uploaded_file(name, content) as path:
            columns = label_columns(path, CLASSES_MOST)
        self._known[UPLOADED + name] = table = _table(name, columns, load)
        return table.told


def given_table(labels: pd.DataFrame) -> Table:
    """Return a DataFrame with a column `prompt` as a table."""
    if not isinstance(labels, pd.DataFrame) or "prompt" not in labels:
        raise InputError("labels must be a DataFrame with a column 'prompt' and label columns")
    counts = {str(c): labels[c].nunique() for c in labels if c not in NO_LABELS}
    columns = tuple(name for name, count in counts.items() if 2 <= count <= CLASSES_MOST)
    if not columns:
        raise InputError(
            f"labels has no column of 2 to {CLASSES_MOST} classes beside the prompts, only "
            f"{', '.join(map(str, labels.columns))}"
        )
    kept = [name for name in ("prompt", "group") if name in labels]
    return Table(
        columns, lambda column: _used(labels[[*kept, column]].rename(columns={column: "label"}))
    )


def _read(path: str, name: str, column: str | None) -> tuple[pd.DataFrame, str]:
    """Return the prompts of a file, and what its reader says of them."""
    frame, report = load_labels(path, column)
    return frame, account(report, path, name)


def _table(name: str, columns: list[str], load: _Load) -> Table:
    """Return what a reader of labels makes of a file, which the first label tries."""
    frame, said = load(columns[0] if columns else None)
    columns = columns or [frame.attrs["label"]]
    classes = frame["label"].nunique()
    if not 2 <= classes <= CLASSES_MOST:
        raise InputError(
            f"{name} has {counted(classes, 'class', 'classes')} in {columns[0]!r}; 2 to "
            f"{CLASSES_MOST} can be compared"
        )
    told = f"{counted(len(frame), 'prompt')}; labels: {', '.join(columns)}{said}."
    return Table(tuple(columns), lambda column: _used(load(column)[0]), told)


def _used(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a comparison takes; prompts without a label are left out."""
    names = [name for name in ("prompt", "group", "label") if name in frame]
    return frame.loc[frame["label"].notna(), names].reset_index(drop=True)
