"""Which columns of a file can be the label."""

from __future__ import annotations

from routelab.labels._load import read_label_rows
from routelab.labels.readers import LABEL_NAMES, PROMPT_NAMES, detect
from routelab.labels.readers._base import usual
from routelab.reading.files import Rows
from routelab.reading.paths import PathLike, find_files
from routelab.reading.values import strings

#: What a label set says of a prompt beside its labels.
NO_LABELS = ("prompt", "group", "weight", "annotator", "split")


def label_columns(path: PathLike, most: int) -> list[str]:
    r"""Return the columns of 2 to `most` classes, those that are called like labels first.

    Parameters
    ----------
    path : path
        As for :func:`routelab.read_labels`; of several files the first is looked at.
    most : int

    Returns
    -------
    list of str
        Empty for formats that know their label themselves.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.csv")
    >>> _ = path.write_text("text,size,route\nhi,1,chat\nsum up,1,text\nsort,2,code\n")
    >>> label_columns(path, most=200)
    ['route', 'size']
    """
    rows, _ = read_label_rows(find_files(path)[0][0], None)
    if detect(rows) not in (None, "generic"):
        return []
    prompt = usual(rows, PROMPT_NAMES)
    others = [name for name in rows.names if name != prompt and name.lower() not in NO_LABELS]
    fitting = [name for name in others if 2 <= _classes(rows, name) <= most]
    named = {name: place for place, name in enumerate(LABEL_NAMES)}
    return sorted(fitting, key=lambda name: named.get(name.lower(), len(named)))


def _classes(rows: Rows, name: str) -> int:
    """Return how many classes a column has; 0 for one of lists."""
    column = rows.column(name)
    if column.map(lambda value: isinstance(value, list | dict)).any():
        return 0
    return int(strings(column).nunique())
