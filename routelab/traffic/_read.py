"""`read_log`: find the format, read, check, fold attempts together, account for every row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.reading.files import Rows, read_rows
from routelab.reading.report import ReadResult, Report
from routelab.traffic._merge import merge_attempts
from routelab.traffic._typed import Part, type_rows
from routelab.traffic.readers import READERS, Reader
from routelab.traffic.readers.generic import parse_mapped, read_mapping
from routelab.traffic.schema import COLUMNS, check_traffic

PathLike = str | os.PathLike[str]


def read_log(
    path: PathLike | Iterable[PathLike],
    format: str | None = None,
    columns: Mapping[str, str] | PathLike | None = None,
    **options: Any,
) -> ReadResult:
    r"""Read the log of a gateway, or a published trace, as traffic.

    Parameters
    ----------
    path : path or list of paths
        CSV, JSON, JSONL or Parquet; ``.gz`` and ``.zst`` too. Several files are read as one log.
    format : str, optional
        Name of a reader (``routelab.traffic.READERS.names()``). Default: found from the content.
    columns : mapping or path of a YAML file, optional
        For tables of your own: routelab's column name to the file's column name. Dots lead into
        nested JSON (``"usage.prompt_tokens"``). Columns that already carry routelab's names are
        taken along.
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

    Examples
    --------
    >>> import pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp(), "log.csv")
    >>> _ = log.write_text("time,prompt_tokens,completion_tokens\n2026-01-05T10:00:00Z,12,5\n")
    >>> read = read_log(log)
    >>> int(read.frame.input_tokens[0]), read.report.zone
    (12, 'UTC')
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise InputError("no log file was named")
    if columns is not None and format not in (None, "generic"):
        raise InputError(f"columns= belongs to the format 'generic', not to {format!r}")
    mapping = None if columns is None else read_mapping(columns)
    forced = None if format is None else _make(format, options)
    if options and format is None:
        raise InputError(f"options ({', '.join(options)}) belong to a format: name it with format=")
    names: list[str] = []
    parts: list[Part] = []
    for one in paths:
        rows = read_rows(one)
        name, part = _read_one(rows, forced, format, mapping)
        names.append(name)
        parts.append(part)
    return _assemble(names, parts)


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader that recognises `rows`, or None."""
    if not len(rows):
        return None
    ordered = sorted(READERS.names(), key=lambda name: (READERS[name].rank, name))
    return next((name for name in ordered if READERS[name]().sniff(rows)), None)


def _read_one(
    rows: Rows, forced: Reader | None, format: str | None, mapping: Mapping[str, str] | None
) -> tuple[str, Part]:
    if not len(rows) and rows.rejects:
        raise _nothing(len(rows.rejects), str(rows.rejects[0]))
    if mapping is not None:
        return "generic", type_rows(rows, parse_mapped(rows, mapping))
    name = format or detect(rows)
    if name is None:
        known = "; ".join(f"{n}: {READERS[n].title}" for n in READERS.names())
        raise InputError(
            f"{rows.path}: no reader recognises this log (columns: {', '.join(rows.names[:20])}); "
            f"name its columns with columns={{'timestamp': ..., 'input_tokens': ..., "
            f"'output_tokens': ...}}, or choose format= from {known}"
        )
    reader = forced or READERS[name]()
    if forced is not None and not reader.sniff(rows):
        found = detect(rows)
        hint = f"; it looks like {found!r}" if found else ""
        raise InputError(
            f"{rows.path}: this is not {name!r} ({reader.title}){hint}; "
            f"the columns are {', '.join(rows.names[:20])}"
        )
    rows = reader.expand(rows)
    return name, type_rows(rows, reader.parse(rows))


def _make(format: str, options: Mapping[str, Any]) -> Reader:
    try:
        return READERS[format](**options)
    except TypeError as error:
        raise InputError(f"the format {format!r} does not take these options: {error}") from None


def _assemble(names: list[str], parts: list[Part]) -> ReadResult:
    rejects = [reject for part in parts for reject in part.rejects]
    accepted = sum(part.accepted for part in parts)
    if not any(len(part.frame) for part in parts):
        raise _nothing(len(rejects), str(rejects[0]))
    warnings = [text for part in parts for text in part.warnings]
    zones = sorted({part.zone for part in parts})
    if "relative" in zones and len(zones) > 1:
        warnings.append("some files have relative stamps and some have dates: they do not align")
    full = [part for part in parts if len(part.frame)]
    frame = pd.concat([part.frame for part in full], ignore_index=True)
    given = pd.concat([part.given for part in full], ignore_index=True)
    given = given.reindex(columns=list(COLUMNS)).eq(True)
    frame, kept, notes = merge_attempts(frame)
    merged = int((~kept).sum())
    warnings += notes
    coverage = given[kept].mean()
    repeated = int(frame["request_id"].duplicated().sum())
    if repeated:
        warnings.append(f"{repeated} rows repeat a request_id of another row")
    frame = check_traffic(frame)
    report = Report(
        format=", ".join(dict.fromkeys(names)),
        rows_read=accepted + len(rejects),
        rows_accepted=accepted,
        merged=merged,
        rejects=rejects,
        warnings=list(dict.fromkeys(warnings)),
        items=len(frame),
        coverage={name: float(coverage[name]) for name in COLUMNS},
        start=frame["timestamp"].iloc[0],
        end=frame["timestamp"].iloc[-1],
        zone=", ".join(zones),
    )
    return ReadResult(frame, report)


def _nothing(count: int, first: str) -> InputError:
    rows = "row" if count == 1 else f"{count} rows"
    return InputError(f"{first} (the {rows} of the log cannot be read, and there are no others)")
