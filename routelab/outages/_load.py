"""`read_outages`: find the format, account for every row, cut overlaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._yaml import read_yaml
from routelab.outages.readers import COLUMNS, OUTAGE_READERS, ParsedOutages, detect
from routelab.reading.choose import check_format
from routelab.reading.files import Rows, read_rows
from routelab.reading.paths import PathLike, read_each
from routelab.reading.report import Reject, Report


def read_outages(
    path: PathLike | Iterable[PathLike],
    *,
    format: str | None = None,
    provider: str | None = None,
) -> pd.DataFrame:
    r"""Read outages.

    Parameters
    ----------
    path : path or list of paths
        A file, a folder or a pattern: CSV, JSON, JSONL, Parquet or YAML with `start`, `end`,
        `provider` and optionally `service`, `model`, `status`, `probability` (YAML: a list of such
        mappings, alone or under `outages`); incidents and uptime of status pages; the tables of the
        LLM service study. Stamps without a zone are taken as UTC, those of status pages say PDT or
        PST.
    format : str, optional
        Name of a reader (``routelab.outages.OUTAGE_READERS.names()``). Default: found from the
        content.
    provider : str, optional
        Where the file does not say whose outages these are.

    Returns
    -------
    DataFrame of shape (n_outages, 7)
        `start`, `end` (datetime64[us, UTC], end excluded), `provider`, `service` and `model`
        (NA = all of them), `status` (default 503), `probability` that a call fails, in (0, 1]
        (default 1).
        Sorted by start. Intervals with the same provider, service and model never overlap: where
        they did, the higher probability holds. ``frame.attrs["notes"]`` lists what was dropped,
        merged or assumed; ``frame.attrs["report"]`` is the report as plain data.

    Raises
    ------
    InputError
        A column is missing or unknown, or there is not one outage that can be read.

    Notes
    -----
    Incidents of a status page carry an impact level, turned into a probability by
    `IMPACT_PROBABILITY`. An incident becomes one outage per service that it names.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "outages.csv")
    >>> _ = path.write_text("start,end,provider\n2026-01-05T10:00Z,2026-01-05T10:30Z,openai\n")
    >>> outages = read_outages(path)
    >>> outages.provider[0], int(outages.status[0]), float(outages.probability[0])
    ('openai', 503, 1.0)
    """
    return load_outages(path, format=format, provider=provider)[0]


def load_outages(
    path: PathLike | Iterable[PathLike],
    *,
    format: str | None = None,
    provider: str | None = None,
) -> tuple[pd.DataFrame, Report]:
    r"""Read outages and the account of every row.

    Parameters
    ----------
    path, format, provider
        As for :func:`routelab.read_outages`.

    Returns
    -------
    frame : DataFrame
        As of :func:`routelab.read_outages`.
    report : Report
        Kind ``"outages"``: rows that could not be read are rejects; days without an outage and
        incidents of zero length are set aside.

    Raises
    ------
    InputError
        As :func:`routelab.read_outages`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "outages.csv")
    >>> _ = path.write_text("start,end,provider\n2026-01-05,2026-01-06,openai\nsoon,later,x\n")
    >>> frame, report = load_outages(path)
    >>> len(frame), report.rejects[0].reason
    (1, "start 'soon' is not a time (ISO 8601)")
    """
    if format is not None:
        OUTAGE_READERS[format]
    parts, skipped = read_each(path, "outage file", lambda name: _read_one(name, format, provider))
    rejects = [reject for part in parts for reject in part.rejects]
    found = [part.frame for part in parts if len(part.frame)]
    if not found and any(not reject.expected for reject in rejects):
        first = next(reject for reject in rejects if not reject.expected)
        raise InputError(f"{first} (there is not one outage that can be read)")
    frame, notes = _without_overlaps(pd.concat(found) if found else parts[0].frame)
    told = dict.fromkeys(text for part in parts for text in part.warnings)
    rows = sum(part.rows for part in parts)
    report = Report(
        format=", ".join(dict.fromkeys(part.format for part in parts)),
        rows_read=rows,
        rows_accepted=rows - len(rejects),
        rejects=rejects,
        warnings=[*skipped, *told, *notes],
        coverage={name: float(frame[name].notna().mean()) for name in COLUMNS if len(frame)},
        kind="outages",
        items=len(frame),
        start=frame["start"].min() if len(frame) else None,
        end=frame["end"].max() if len(frame) else None,
        zone="UTC" if len(frame) else "",
    )
    frame.attrs |= {"notes": report.warnings, "report": report.to_dict()}
    return frame, report


@dataclass
class _Part:
    """One file."""

    frame: pd.DataFrame
    format: str
    rows: int
    rejects: list[Reject]
    warnings: list[str]


def _read_one(path: str, format: str | None, provider: str | None) -> _Part:
    is_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
    rows = _from_yaml(path) if is_yaml else read_rows(path, what="outage file")
    name = format or detect(rows) or "routelab"
    reader = OUTAGE_READERS[name]()
    if format is not None:
        check_format(rows, name, reader)
    parsed = reader.parse(rows, provider)
    frame = _usable(parsed)
    rejects = list(rows.rejects)
    for reasons, expected in ((parsed.refused, False), (parsed.aside, True)):
        for row, reason in reasons.items():
            rejects.append(Reject(path, int(rows.lines[row]), reason, rows.raw(row), expected))
    rejects.sort(key=lambda reject: reject.line)
    wrong = next((reject for reject in rejects if not reject.expected), None)
    if is_yaml and wrong is not None:  # written by hand: what is wrong there is to be mended
        raise InputError(str(wrong))
    return _Part(frame, name, len(rows) + len(rows.rejects), rejects, parsed.warnings)


def _from_yaml(path: str) -> Rows:
    document = read_yaml(path, "outage file")
    key: tuple[Any, ...] = ()
    entries = document.data
    if isinstance(entries, dict) and set(entries) == {"outages"}:
        key, entries = ("outages",), entries["outages"]
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InputError(f"{document.where(key)}: a list of outages was expected")
    if not entries:
        raise InputError(f"{document.where(key)}: the list of outages is empty")
    places = [document.where((*key, i)) for i in range(len(entries))]
    lines = [int(place.removeprefix(f"{path}:").split(":")[0]) for place in places]
    plain = [{str(k): _plain(v) for k, v in entry.items()} for entry in entries]
    return Rows(path, "json", np.array(lines), lambda row: str(plain[row]), records=plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _usable(parsed: ParsedOutages) -> pd.DataFrame:
    """Return outages with a length; the rows of the others are refused or set aside."""
    frame = parsed.frame
    lengths = (frame["end"] - frame["start"]).dt.total_seconds().to_numpy()
    empty: set[int] = set()
    kept: set[int] = set()
    for line, row in enumerate(parsed.origin.tolist()):
        if row in parsed.refused:
            continue
        if lengths[line] < 0:
            start, end = (frame[name].iloc[line].isoformat() for name in ("start", "end"))
            parsed.refused[row] = f"the outage ends ({end}) before it starts ({start})"
        elif lengths[line] == 0 or frame["probability"].iloc[line] == 0:
            empty.add(row)
        else:
            kept.add(row)
    for row in empty - kept:
        parsed.aside[row] = "an outage of zero length or probability"
    dropped = ~np.isin(parsed.origin, list(parsed.refused)) & ~(lengths > 0)
    dropped |= (frame["probability"] == 0).to_numpy()
    if dropped.any():
        parsed.warnings.append(
            f"{int(dropped.sum())} outages of zero length or probability dropped"
        )
    gone = [*parsed.refused, *parsed.aside]
    return frame[~np.isin(parsed.origin, gone) & ~dropped].reset_index(drop=True)


def _without_overlaps(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    pieces: list[dict[str, Any]] = []
    joined = 0
    for _, group in frame.groupby(["provider", "service", "model"], dropna=False, sort=False):
        apart, overlaps = _apart(group)
        pieces += apart
        joined += overlaps
    notes = []
    if joined:
        notes.append(
            f"{joined} outages overlap an earlier one of the same provider and service: merged, "
            "the higher probability holds"
        )
    out = pd.DataFrame(pieces, columns=list(COLUMNS)).sort_values(["start", "end"], kind="stable")
    for column, dtype in (
        ("start", "datetime64[us, UTC]"), ("end", "datetime64[us, UTC]"), ("provider", "string"),
        ("service", "string"), ("model", "string"), ("status", "int16"), ("probability", "float64"),
    ):  # fmt: skip
        out[column] = out[column].astype(dtype)  # type: ignore[call-overload]
    return out.reset_index(drop=True), notes


def _apart(group: pd.DataFrame) -> tuple[list[dict[str, Any]], int]:
    """Cut the intervals of one group at each other's ends; the higher probability holds."""
    table = group.sort_values(["start", "end"], kind="stable")
    ordered = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    latest = ordered[0]["start"]
    overlaps = 0
    for row in ordered:
        overlaps += row["start"] < latest
        latest = max(latest, row["end"])
    if not overlaps:
        return ordered, 0
    cuts = sorted({row[key] for row in ordered for key in ("start", "end")})
    pieces: list[dict[str, Any]] = []
    for left, right in zip(cuts, cuts[1:], strict=False):
        over = [row for row in ordered if row["start"] <= left and row["end"] >= right]
        if not over:
            continue
        top = max(over, key=lambda row: row["probability"])
        last = pieces[-1] if pieces else None
        same = ("probability", "status")
        if last and last["end"] == left and all(last[k] == top[k] for k in same):
            last["end"] = right
        else:
            pieces.append({**top, "start": left, "end": right})
    return pieces, overlaps
