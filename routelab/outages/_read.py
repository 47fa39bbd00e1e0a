"""When providers were down: intervals with a probability of failure, for the simulator."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab._yaml import read_yaml
from routelab.reading.files import read_rows
from routelab.reading.values import strings, times

COLUMNS = ("start", "end", "provider", "service", "model", "status", "probability")
_ACCEPTED = (*COLUMNS, "note")

#: Impact level of a status page's incident -> share of calls that fail. An assumption, not a
#: measurement: pages grade incidents in words only. 0 none, 1 minor, 2 major, 3 critical,
#: 4 maintenance.
IMPACT_PROBABILITY = MappingProxyType({0: 0.02, 1: 0.1, 2: 0.5, 3: 1.0, 4: 0.02})

_SERVICES = ("Playground", "API", "Labs", "ChatGPT", "api.anthropic.com", "claude.ai",
             "console.anthropic.com", "Character.AI")  # fmt: skip


def read_outages(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read outages.

    Parameters
    ----------
    path : str or path
        CSV, JSON, JSONL, Parquet or YAML with `start`, `end`, `provider` and optionally `service`,
        `model`, `status`, `probability` (YAML: a list of such mappings, alone or under `outages`),
        or the incident table of the LLM service study (``incident_stages.csv``). Stamps without a
        zone are taken as UTC.

    Returns
    -------
    DataFrame of shape (n_outages, 7)
        `start`, `end` (datetime64[us, UTC], end excluded), `provider`, `service` and `model`
        (NA = all of them), `status` (default 503), `probability` that a call fails, in (0, 1]
        (default 1).
        Sorted by start. Intervals with the same provider, service and model never overlap: where
        they did, the higher probability holds. ``frame.attrs["notes"]`` lists what was dropped,
        merged or assumed.

    Raises
    ------
    InputError
        A column is missing or unknown, a stamp cannot be read, an outage ends before it starts,
        a status or probability is out of range: with file and line.

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
    name = os.fspath(path)
    if Path(name).suffix.lower() in (".yaml", ".yml"):
        table, places = _from_yaml(name)
        return _finish(_own(table, places), places, [])
    rows = read_rows(path, what="outage file")
    if rows.rejects:
        raise InputError(str(rows.rejects[0]))
    table = pd.DataFrame({column: rows.column(column) for column in rows.names})
    places = [f"{name}:{line}" for line in rows.lines]
    if {"incident_impact_level", "start_timestamp", "close_timestamp"} <= set(table):
        return _finish(*_incidents(table, places))
    return _finish(_own(table, places), places, [])


def _from_yaml(path: str) -> tuple[pd.DataFrame, list[str]]:
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
    plain = [{str(k): _plain(v) for k, v in entry.items()} for entry in entries]
    return pd.DataFrame(plain, dtype=object), places


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _own(table: pd.DataFrame, places: list[str]) -> pd.DataFrame:
    for column in table.columns:
        if column not in _ACCEPTED:
            raise InputError(
                f"{places[0]}: unknown column {column!r}{did_you_mean(column, _ACCEPTED)}; "
                f"known: {', '.join(_ACCEPTED)}"
            )
    for column in ("start", "end", "provider"):
        if column not in table:
            raise InputError(f"{places[0]}: outages need the column {column!r}")
    out = pd.DataFrame(
        {"start": _stamps(table, "start", places), "end": _stamps(table, "end", places)}
    )
    for column in ("provider", "service", "model"):
        out[column] = strings(table[column]) if column in table else pd.NA
        out[column] = out[column].astype("string")
    blank = np.flatnonzero(out["provider"].isna())
    if len(blank):
        raise InputError(f"{places[blank[0]]}: the provider is empty")
    out["status"] = _number(table, "status", 503, places, 100, 599)
    out["probability"] = _number(table, "probability", 1.0, places, 0.0, 1.0)
    return out


def _incidents(table: pd.DataFrame, places: list[str]) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Status page incidents: one outage per incident and service named by it."""
    base = pd.DataFrame(
        {
            "start": _stamps(table, "start_timestamp", places),
            "end": _stamps(table, "close_timestamp", places),
            "provider": strings(table["provider"]),
        }
    )
    levels = _number(table, "incident_impact_level", 0, places, 0, 4)
    base["probability"] = levels.astype(int).map(dict(IMPACT_PROBABILITY))
    base["status"] = 503.0
    base["model"] = pd.Series(pd.NA, index=base.index, dtype="string")
    hit = pd.DataFrame(
        {s: strings(table[s]).eq("1").fillna(False) for s in _SERVICES if s in table},
        index=base.index,
    ).astype(bool)
    rows, columns = np.nonzero(hit.to_numpy())
    nowhere = np.flatnonzero(~hit.any(axis=1)) if hit.shape[1] else np.arange(len(base))
    index = np.concatenate([rows, nowhere])
    out = base.iloc[index].reset_index(drop=True)
    names = [str(hit.columns[int(j)]) for j in columns] + [pd.NA] * len(nowhere)
    out["service"] = pd.array(names, dtype="string")
    levels_used = ", ".join(f"{level}: {p:g}" for level, p in IMPACT_PROBABILITY.items())
    notes = [
        f"{len(base)} incidents became {len(out)} outages, one per service named",
        f"failure probability assumed from the impact level ({levels_used})",
    ]
    if len(nowhere):
        notes.append(f"{len(nowhere)} incidents name no service: taken for all of the provider")
    return out, [places[i] for i in index], notes


def _stamps(table: pd.DataFrame, column: str, places: list[str]) -> pd.Series:
    stamps, zone = times(table[column])
    wrong = np.flatnonzero(stamps.isna()) if zone != "relative" else np.arange(len(stamps))
    if len(wrong):
        value = table[column].iloc[wrong[0]]
        raise InputError(f"{places[wrong[0]]}: {column} {str(value)!r} is not a time (ISO 8601)")
    return stamps


def _number(
    table: pd.DataFrame, column: str, default: float, places: list[str], low: float, high: float
) -> pd.Series:
    if column not in table:
        return pd.Series(float(default), index=table.index)
    given = strings(table[column])
    values = pd.to_numeric(given.astype(object), errors="coerce").astype("float64")
    wrong = np.flatnonzero(given.notna() & ~values.between(low, high))
    if len(wrong):
        raise InputError(
            f"{places[wrong[0]]}: {column} must be a number in [{low:g}, {high:g}], "
            f"got {given.iloc[wrong[0]]!r}"
        )
    return values.fillna(float(default))


def _finish(frame: pd.DataFrame, places: list[str], notes: list[str]) -> pd.DataFrame:
    backwards = np.flatnonzero(frame["end"] < frame["start"])
    if len(backwards):
        row = frame.iloc[backwards[0]]
        raise InputError(
            f"{places[backwards[0]]}: the outage ends ({row['end'].isoformat()}) before it starts "
            f"({row['start'].isoformat()})"
        )
    notes = list(notes)
    empty = (frame["end"] == frame["start"]) | (frame["probability"] == 0)
    if empty.any():
        notes.append(f"{int(empty.sum())} outages of zero length or probability dropped")
        frame = frame[~empty]
    pieces: list[dict[str, Any]] = []
    joined = 0
    for _, group in frame.groupby(["provider", "service", "model"], dropna=False, sort=False):
        apart, overlaps = _apart(group)
        pieces += apart
        joined += overlaps
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
    out = out.reset_index(drop=True)
    out.attrs["notes"] = notes
    return out


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
