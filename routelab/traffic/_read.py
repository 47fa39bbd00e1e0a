"""`read_log`: read, fold attempts together, account for every row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from routelab.reading.notes import Note
from routelab.reading.paths import PathLike
from routelab.reading.repeats import repeated
from routelab.reading.report import ReadResult
from routelab.traffic._account import Account
from routelab.traffic._merge import merge_attempts
from routelab.traffic._parts import (
    Progress,
    frame_parts,
    make_request,
    nothing_read,
    read_parts,
)
from routelab.traffic.schema import check_traffic


def read_log(
    path: PathLike | Iterable[PathLike] | pd.DataFrame,
    format: str | None = None,
    columns: Mapping[str, str] | PathLike | None = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> ReadResult:
    r"""Read the log of a gateway, or a published trace, as traffic.

    Parameters
    ----------
    path : path, list of paths, or DataFrame
        CSV, JSON, JSONL or Parquet; ``.gz`` and ``.zst`` too; a folder, or a pattern such as
        ``"logs/*.jsonl.gz"``. Several files are read as one log. A DataFrame is read like a
        Parquet file of it; its rows count from 1.
    format : str, optional
        Name of a reader (``routelab.traffic.READERS.names()``). Default: found from the content.
    columns : mapping or path of a YAML file, optional
        For tables of your own: routelab's column name to the file's column name. Dots lead into
        nested JSON (``"usage.prompt_tokens"``). Columns that already carry routelab's names are
        taken along.
    progress : callable, optional
        Called with the bytes of the files that were read so far, and in all.
    **options
        Options of the format, which must be named then (``format="servegen", seed=1``).

    Returns
    -------
    ReadResult
        `.frame`: traffic in time order, see :data:`routelab.traffic.COLUMNS`; `.report`: rows
        read, accepted, merged and rejected (with file, line, reason and text), warnings, coverage.

    Raises
    ------
    InputError
        No such file, an empty one, a format that no reader knows, or not one readable row.

    Notes
    -----
    LiteLLM writes a failure row and a success row when a request fell back. Rows with one call id
    are one client request: the success row stays, with the earliest stamp (that is when the client
    asked) and ``censored=True``; the others count as `merged`.

    A log larger than memory: :func:`routelab.convert_log`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp(), "log.csv")
    >>> _ = log.write_text("time,prompt_tokens,completion_tokens\n2026-01-05T10:00:00Z,12,5\n")
    >>> read = read_log(log)
    >>> int(read.frame.input_tokens[0]), read.report.zone
    (12, 'UTC')
    """
    account = Account()
    request = make_request(format, columns, options)
    if isinstance(path, pd.DataFrame):
        parts = list(frame_parts(path, request, account))
    else:
        parts = list(read_parts(path, request, account, progress))
    frames = [part.frame for part in parts if len(part.frame)]
    if not frames:
        first = str(account.rejects[0]) if account.rejects else str(account.warnings[0])
        raise nothing_read(account.rows, first)
    frame = pd.concat(frames, ignore_index=True)
    frame, kept, notes = merge_attempts(frame)
    account.warnings += notes
    if account.given.get("request_id"):
        again = int(frame["request_id"][repeated(frame["request_id"])].duplicated().sum())
        if again:
            account.warnings.append(Note(again, "rows repeat a request_id of another row"))
    frame = check_traffic(frame)
    stamps = frame["timestamp"]
    merged = int((~kept).sum())
    return ReadResult(frame, account.report(len(frame), merged, stamps.iloc[0], stamps.iloc[-1]))
