"""Bytes that a browser sent, as a file for readers that take paths."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from routelab._checks import InputError

LARGEST_MB = 100
UPLOADED = "\0uploaded:"  # before an upload's name, where there are paths: none begins like this
_ENDS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_PACKED = ("", ".gz", ".zst")
#: What an upload offers to choose.
ACCEPT = ",".join([*_ENDS, *_PACKED[1:]])


@contextmanager
def uploaded_file(name: str, content: bytes) -> Iterator[str]:
    """Give the path of a file that nobody else may read and that is gone afterwards.

    The upload's name is in no path, and stands for the path in what a reader refuses.

    Raises
    ------
    InputError
        It is of no kind that is read by its name.
    """
    end = _end(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"uploaded{end}"
        path.write_bytes(content)
        try:
            yield str(path)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from None


def _end(name: str) -> str:
    lower = name.lower()
    for end in (kind + packed for kind in _ENDS for packed in _PACKED):
        if lower.endswith(end):
            return end
    raise InputError(f"{name} ends in none of {', '.join(_ENDS)}, nor with .gz or .zst after it")
