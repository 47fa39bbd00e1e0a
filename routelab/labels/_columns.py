"""Which columns of a file can be the label."""

from __future__ import annotations

from routelab.labels._load import parseable, read_label_rows, usable
from routelab.labels.readers import LABEL_NAMES, LABEL_READERS, PROMPT_NAMES, LabelReader, detect
from routelab.labels.readers._base import usual
from routelab.reading.files import Rows
from routelab.reading.paths import PathLike, find_files
from routelab.reading.values import strings

#: What a label set says of a prompt beside its labels.
NO_LABELS = ("prompt", "group", "weight", "annotator", "split")


def label_columns(path: PathLike, most: int) -> list[str]:
    r"""Return the columns of 2 to `most` classes, the format's own label first.

    In a table of no known format those that are called like labels come first.

    Parameters
    ----------
    path : path
        As for :func:`routelab.read_labels`; of several files the first is looked at.
    most : int

    Returns
    -------
    list of str
        Empty for formats whose label is no column of the file: CLINC150, for one.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.csv")
    >>> _ = path.write_text("text,size,route\nhi,1,chat\nsum up,1,text\nsort,2,code\n")
    >>> label_columns(path, most=200)
    ['route', 'size']
    """
    rows, _ = read_label_rows(find_files(path)[0][0], None)
    known = detect(rows)
    if known in (None, "generic"):
        prompt = usual(rows, PROMPT_NAMES)
        others = [name for name in rows.names if name != prompt and name.lower() not in NO_LABELS]
        named = {name: place for place, name in enumerate(LABEL_NAMES)}
        others.sort(key=lambda name: named.get(name.lower(), len(named)))
        return [name for name in others if 2 <= _classes(rows, name) <= most]
    rows, reader = parseable(rows, known), LABEL_READERS[known]()
    own = reader.parse(rows, None, None).label
    if own not in rows.names:
        return []
    others = [name for name in rows.names if name.lower() not in (*NO_LABELS, *PROMPT_NAMES)]
    others.sort(key=lambda name: name != own)
    return [name for name in others if 2 <= _classes_read(rows, reader, name) <= most]


def _classes(rows: Rows, name: str) -> int:
    """Return how many classes a column has; 0 for one of lists."""
    column = rows.column(name)
    if any(isinstance(value, list | dict) for value in column):
        return 0
    return int(strings(column).nunique())


def _classes_read(rows: Rows, reader: LabelReader, name: str) -> int:
    """Return how many classes a reader finds in a column; 0 for one of lists."""
    if _classes(rows, name) == 0:
        return 0
    return int(usable(reader.parse(rows, name, None))["label"].nunique())
