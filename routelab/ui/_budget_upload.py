"""Logs for the budget panel: by path, or as bytes that a browser sent."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from routelab._checks import InputError
from routelab.plots._style import short
from routelab.traffic import read_log

LARGEST_MB = 9  # Jupyter drops a message of more than 10 MiB without a word
ENDS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
PACKED = ("", ".gz", ".zst")


def shown_name(name: str) -> str:
    r"""Return the name of an uploaded file without folders, on one line.

    Examples
    --------
    >>> shown_name("..\\..\\week\n1.csv")
    'week 1.csv'
    """
    return short(name.replace("\\", "/").rsplit("/", 1)[-1], 60) or "a file without a name"


def read_uploaded(name: str, content: bytes) -> tuple[pd.DataFrame, str]:
    """Read a log that was uploaded: nothing of it stays on disk, and its name is in no path.

    Raises
    ------
    InputError
        It is too large, of no kind that is read by its name, or no log.
    """
    if len(content) > LARGEST_MB * 1_000_000:
        raise InputError(
            f"{name} has {len(content) / 1e6:.1f} MB; at most {LARGEST_MB} MB can be uploaded: "
            "give the path of a larger file"
        )
    end = _end(name)
    with tempfile.TemporaryDirectory() as folder:  # nobody else may read it
        path = Path(folder) / f"log{end}"
        path.write_bytes(content)
        try:
            return read_told(str(path), name)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from None


def read_told(path: str, name: str) -> tuple[pd.DataFrame, str]:
    """Return the traffic of a log, and what was read and rejected of it."""
    found = read_log(path)
    report = found.report
    if not len(found.frame):
        raise InputError(f"{name} holds no request")
    told = f"{report.rows_read:,} rows read, {len(found.frame):,} requests"
    if report.rejected:
        told += f"; {len(report.rejected):,} rejected, the first: {report.rejected[0].reason}"
    return found.frame, f"{told}."


def _end(name: str) -> str:
    lower = name.lower()
    for end in (kind + packed for kind in ENDS for packed in PACKED):
        if lower.endswith(end):
            return end
    raise InputError(f"{name} ends in none of {', '.join(ENDS)}, nor with .gz or .zst after it")
