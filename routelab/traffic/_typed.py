"""From a reader's columns to typed traffic: every value is checked, bad rows become rejects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.reading.report import Reject
from routelab.reading.values import numbers, strings, texts, times
from routelab.traffic.readers import Parsed
from routelab.traffic.schema import COLUMNS, MEASURES, TEXTS, TOKENS

_WORDS = {"success": 200, "ok": 200, "succeeded": 200, "failure": 500, "error": 500, "failed": 500}
_TRUE, _FALSE = ("true", "1", "t", "yes"), ("false", "0", "f", "no")
_LIMIT = 2**53


@dataclass
class Part:
    """One file, typed. `given` marks which columns the log itself carried, request by request."""

    frame: pd.DataFrame
    given: pd.DataFrame
    accepted: int
    rejects: list[Reject]
    warnings: list[str]
    zone: str


def type_rows(rows: Rows, parsed: Parsed) -> Part:
    """Check and type what a reader returned; `call_id`, if there, is carried along."""
    source = parsed.frame.reset_index(drop=True)
    work = _Work(rows, parsed, len(source), set(source.columns))
    out: dict[str, pd.Series] = {}
    if "timestamp" in source:
        stamps, zone = times(source["timestamp"], parsed.time_unit)
        work.refuse(
            stamps.isna(), source["timestamp"], "timestamp", "is not a time (ISO 8601 or epoch)"
        )
    else:
        start = pd.Timestamp(0, unit="s", tz="UTC")
        stamps = pd.Series(start, index=source.index, dtype="datetime64[us, UTC]")
        zone = "none"
    out["timestamp"] = stamps
    for name in TOKENS:
        out[name] = _tokens(work, source, name)
    over = (out["cached_input_tokens"] > out["input_tokens"]).fillna(False)
    work.refuse(
        over,
        out["cached_input_tokens"],
        "cached_input_tokens",
        "is more than input_tokens, which must include them",
    )
    for name in MEASURES:
        out[name] = _measure(work, source, name)
    out["status"] = _status(work, source)
    out["censored"] = _flag(work, source)
    for name in (*TEXTS, "call_id"):
        if name in source:
            out[name] = texts(source[name]) if name == "prompt" else strings(source[name])
    frame = pd.DataFrame({name: out[name] for name in (*COLUMNS, "call_id") if name in out})
    for name in source.columns:
        if name not in frame.columns and rows.kind == "parquet" and name not in COLUMNS:
            frame[name] = source[name]
    return work.finish(frame, zone)


class _Work:
    """Reasons for refusal, one slot per request; the first reason stays."""

    def __init__(self, rows: Rows, parsed: Parsed, count: int, carried: set[str]):
        self.rows = rows
        self.carried = carried
        self.origin = np.arange(count) if parsed.origin is None else np.asarray(parsed.origin)
        self.reasons = np.full(count, None, dtype=object)
        self.warnings = list(parsed.warnings)
        self.aside = parsed.aside
        self.refused = dict(parsed.refused)
        for position, row in enumerate(self.origin):
            if row in self.refused:
                self.reasons[position] = self.refused[row]

    def refuse(self, mask: pd.Series | np.ndarray, column: pd.Series, name: str, why: str) -> None:
        for position in np.flatnonzero(np.asarray(mask, dtype=bool)):
            if self.reasons[position] is None:
                value = column.iloc[position]
                blank = value is None or value is pd.NA or value == "" or value != value
                shown = repr(str(value)[:60])
                self.reasons[position] = f"{name} is missing" if blank else f"{name} {shown} {why}"

    def finish(self, frame: pd.DataFrame, zone: str) -> Part:
        kept = np.array([reason is None for reason in self.reasons], dtype=bool)
        refused = dict(self.refused)
        for position in np.flatnonzero(~kept):
            refused.setdefault(int(self.origin[position]), str(self.reasons[position]))
        kept &= ~np.isin(self.origin, list(refused))
        rejects = list(self.rows.rejects)
        for found, expected in ((refused, False), (self.aside, True)):
            for row, reason in found.items():
                place = int(self.rows.lines[row])
                raw = self.rows.raw(row)
                rejects.append(Reject(self.rows.path, place, reason, raw, expected))
        rejects.sort(key=lambda reject: reject.line)
        accepted = len(self.rows) - len(refused) - len(self.aside)
        lines = self.rows.lines[self.origin[kept]]
        frame = frame[kept].reset_index(drop=True)
        given = frame[[name for name in COLUMNS if name in frame and name in self.carried]].notna()
        if "request_id" not in frame or frame["request_id"].isna().any():
            stem = Path(self.rows.path).name.split(".")[0]
            made = pd.Series(
                [f"{stem}:{line}" for line in lines], index=frame.index, dtype="string"
            )
            known = frame["request_id"] if "request_id" in frame else made
            frame["request_id"] = known.fillna(made)
        missing = frame[["input_tokens", "output_tokens"]].isna().any(axis=1) & (
            frame["status"] < 400
        )
        if missing.any():
            first = int(lines[np.flatnonzero(missing)[0]])
            self.warnings.append(
                f"{int(missing.sum())} successful rows have no token counts, kept as missing "
                f"(first: {self.rows.path}:{first})"
            )
        if zone == "assumed UTC":
            self.warnings.append("stamps carry no time zone: UTC assumed")
        if zone == "relative":
            self.warnings.append("stamps are relative: counted from 1970-01-01T00:00:00Z")
        if zone == "none":
            self.warnings.append(
                "the log has no times: all requests stand at 1970-01-01T00:00:00Z in the order of "
                "the file; rates, budgets and limits mean nothing for them"
            )
        if not frame["timestamp"].is_monotonic_increasing:
            falls = int((frame["timestamp"].diff() < pd.Timedelta(0)).sum())
            self.warnings.append(
                f"rows were not in time order (time goes back {falls} times): stably sorted"
            )
        return Part(frame, given, accepted, rejects, self.warnings, zone)


def _tokens(work: _Work, source: pd.DataFrame, name: str) -> pd.Series:
    if name not in source:
        return pd.Series(pd.NA, index=source.index, dtype="Int64")
    values, bad = numbers(source[name])
    array = values.to_numpy()
    with np.errstate(invalid="ignore"):
        fraction = ~np.isnan(array) & (array != np.floor(array))
        work.refuse(bad | fraction, source[name], name, "is not a whole number")
        work.refuse(array < 0, source[name], name, "is negative")
        work.refuse(array > _LIMIT, source[name], name, "is too large")
        usable = ~(bad | fraction | (array < 0) | (array > _LIMIT))
    return values.where(usable).astype("Int64")


def _measure(work: _Work, source: pd.DataFrame, name: str) -> pd.Series:
    if name not in source:
        return pd.Series(np.nan, index=source.index, dtype="float64")
    values, bad = numbers(source[name])
    wrong = bad | (values < 0).to_numpy()
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        work.warnings.append(
            f"{int(wrong.sum())} values of {name} are negative or no number, read as missing "
            f"(first: {work.rows.path}:{int(work.rows.lines[first])})"
        )
    return values.mask(wrong)


def _status(work: _Work, source: pd.DataFrame) -> pd.Series:
    if "status" not in source:
        return pd.Series(200, index=source.index, dtype="Int16")
    column = source["status"]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        words = strings(column).str.lower().map(_WORDS).astype("Float64")
        column = column.astype(object).where(words.isna(), words.astype(object))
    values, bad = numbers(column)
    array = values.fillna(200).to_numpy()
    wrong = bad | (array < 100) | (array > 599) | (array != np.floor(array))
    work.refuse(wrong, source["status"], "status", "is not an HTTP status (100 to 599)")
    return pd.Series(np.where(wrong, 500, array), index=source.index).astype("Int16")


def _flag(work: _Work, source: pd.DataFrame) -> pd.Series:
    if "censored" not in source:
        return pd.Series(False, index=source.index, dtype="bool")
    words = strings(source["censored"]).str.lower()
    wrong = words.notna() & ~words.isin([*_TRUE, *_FALSE])
    work.refuse(wrong, source["censored"], "censored", "is neither true nor false")
    return words.isin(_TRUE).fillna(False).astype("bool")
