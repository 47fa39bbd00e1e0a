"""From a reader's columns to typed traffic: every value is checked, bad rows become rejects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.reading.report import Reject
from routelab.reading.values import numbers, strings, texts, times
from routelab.traffic.readers import Parsed
from routelab.traffic.schema import COLUMNS, MEASURES, TEXTS, TOKENS

_WORDS = {"success": 200, "ok": 200, "succeeded": 200, "failure": 500, "error": 500, "failed": 500}
_TRUE, _FALSE = ("true", "1", "t", "yes"), ("false", "0", "f", "no")
_LIMIT = 2**53


@dataclass
class Part:
    """Some rows of one file, typed.

    Attributes
    ----------
    frame : DataFrame
        The columns of `COLUMNS` that the log has, `request_id`, and `call_id` if there.
    rows : int
        Rows that were read, accepted or not.
    given : dict of str to int
        For each column that the log carries, in how many requests it has a value.
    """

    frame: pd.DataFrame
    rows: int
    accepted: int
    given: dict[str, int]
    rejects: list[Reject]
    warnings: list[Note | str]
    zone: str


def type_rows(rows: Rows, parsed: Parsed) -> Part:
    """Check and type what a reader returned; `call_id`, if there, is carried along."""
    source = parsed.frame.reset_index(drop=True)
    work = _Work(rows, parsed, source)
    out: dict[str, pd.Series] = {}
    if "timestamp" in source:
        stamps, zone = times(source["timestamp"], parsed.time_unit)
        work.refuse(stamps.isna(), "timestamp", "is not a time (ISO 8601 or epoch)")
    else:
        start = pd.Timestamp(0, unit="s", tz="UTC")
        stamps = pd.Series(start, index=source.index, dtype="datetime64[us, UTC]")
        zone = "none"
    out["timestamp"] = stamps
    for name in TOKENS:
        if name in source:
            out[name] = _tokens(work, name)
    for name in ("input_tokens", "output_tokens"):
        out.setdefault(name, pd.Series(pd.NA, index=source.index, dtype="Int64"))
    if "cached_input_tokens" in out:
        over = (out["cached_input_tokens"] > out["input_tokens"]).fillna(False)
        work.refuse(
            over, "cached_input_tokens", "is more than input_tokens, which must include them"
        )
    for name in MEASURES:
        if name in source:
            out[name] = _measure(work, name)
    if "status" in source:
        out["status"] = _status(work)
    if "censored" in source:
        out["censored"] = _flag(work)
    for name in (*TEXTS, "call_id"):
        if name in source:
            out[name] = texts(source[name]) if name == "prompt" else strings(source[name])
    frame = pd.DataFrame({name: out[name] for name in (*COLUMNS, "call_id") if name in out})
    for name in source.columns:
        if name not in frame.columns and rows.kind == "parquet" and name not in COLUMNS:
            frame[name] = source[name]
    return work.finish(frame, zone)


class _Work:
    """The reader's columns, and reasons for refusal by position; the first reason stays."""

    def __init__(self, rows: Rows, parsed: Parsed, source: pd.DataFrame):
        self.rows = rows
        self.source = source
        self.origin = np.arange(len(source)) if parsed.origin is None else np.asarray(parsed.origin)
        self.warnings = list(parsed.warnings)
        self.aside = parsed.aside
        self.refused = dict(parsed.refused)

    def refuse(self, mask: pd.Series | np.ndarray, name: str, why: str) -> None:
        for position in np.flatnonzero(np.asarray(mask, dtype=bool)):
            value = self.source[name].iloc[position]
            missing = value is None or value is pd.NA or value == "" or value != value
            reason = f"{name} is missing" if missing else f"{name} {str(value)[:60]!r} {why}"
            self.refused.setdefault(int(self.origin[position]), reason)

    def place(self, mask: np.ndarray) -> str:
        """Return file and line of the first request in `mask`."""
        first = self.origin[np.flatnonzero(mask)[0]]
        return f"{self.rows.path}:{int(self.rows.lines[first])}"

    def finish(self, frame: pd.DataFrame, zone: str) -> Part:
        rejects = list(self.rows.rejects)
        for found, expected in ((self.refused, False), (self.aside, True)):
            for row, reason in found.items():
                place = int(self.rows.lines[row])
                rejects.append(Reject(self.rows.path, place, reason, self.rows.raw(row), expected))
        rejects.sort(key=lambda reject: reject.line)
        accepted = len(self.rows) - len(self.refused) - len(self.aside)
        lines = self.rows.lines[self.origin]
        if self.refused:
            kept = ~np.isin(self.origin, list(self.refused))
            frame, lines = frame[kept].reset_index(drop=True), lines[kept]
        given = {
            name: len(frame) - int(frame[name].isna().sum())
            for name in COLUMNS
            if name in frame and name in self.source
        }
        frame["request_id"] = _request_ids(frame, self.rows.path, lines)
        self._tell(frame, lines, zone)
        count = accepted + len(rejects)
        return Part(frame, count, accepted, given, rejects, self.warnings, zone)

    def _tell(self, frame: pd.DataFrame, lines: np.ndarray, zone: str) -> None:
        unknown = (frame["input_tokens"].isna() | frame["output_tokens"].isna()).to_numpy()
        if unknown.any() and "status" in frame:
            unknown = unknown & (frame["status"] < 400).to_numpy()
        if unknown.any():
            first = int(lines[np.flatnonzero(unknown)[0]])
            text = "successful rows have no token counts, kept as missing"
            self.warnings.append(Note(int(unknown.sum()), text, f"{self.rows.path}:{first}"))
        if zone == "assumed UTC":
            self.warnings.append("stamps carry no time zone: UTC assumed")
        if zone == "relative":
            self.warnings.append("stamps are relative: counted from 1970-01-01T00:00:00Z")
        if zone == "none":
            self.warnings.append(
                "the log has no times: all requests stand at 1970-01-01T00:00:00Z in the order of "
                "the file; rates, budgets and limits mean nothing for them"
            )


def _request_ids(frame: pd.DataFrame, path: str, lines: np.ndarray) -> pd.Series:
    """Return the log's ids; where there is none, the name of the file and the line."""
    if "request_id" in frame and not frame["request_id"].isna().any():
        return frame["request_id"]
    stem = Path(path).name.split(".")[0]
    numbers_ = pc.cast(pa.array(lines), pa.large_string())
    made = pc.binary_join_element_wise(
        pa.scalar(stem, pa.large_string()), numbers_, pa.scalar(":", pa.large_string())
    )
    ids = pd.Series(made.to_pandas(), index=frame.index).astype("string")
    return frame["request_id"].fillna(ids) if "request_id" in frame else ids


def _tokens(work: _Work, name: str) -> pd.Series:
    values, bad = numbers(work.source[name])
    array = values.to_numpy()
    known = ~np.isnan(array)
    with np.errstate(invalid="ignore"):
        fraction = known & (array != np.floor(array))
        negative, large = array < 0, array > _LIMIT
    wrong = bad | fraction | negative | large
    if wrong.any():
        work.refuse(bad | fraction, name, "is not a whole number")
        work.refuse(negative, name, "is negative")
        work.refuse(large, name, "is too large")
        known &= ~wrong
    whole = np.where(known, array, 0.0).astype("int64")
    return pd.Series(pd.arrays.IntegerArray(whole, ~known), index=values.index)


def _measure(work: _Work, name: str) -> pd.Series:
    values, bad = numbers(work.source[name])
    wrong = bad | (values < 0).to_numpy()
    if not wrong.any():
        return values
    text = f"values of {name} are negative or no number, read as missing"
    work.warnings.append(Note(int(wrong.sum()), text, work.place(wrong)))
    return values.mask(wrong)


def _status(work: _Work) -> pd.Series:
    column = work.source["status"]
    values, bad = numbers(column)
    if bad.any():
        words = strings(column).str.lower().map(_WORDS).astype("Float64")
        named = words.notna().to_numpy()
        values = values.where(~named, words.astype("float64"))
        bad &= ~named
    array = values.fillna(200).to_numpy()
    wrong = bad | (array < 100) | (array > 599) | (array != np.floor(array))
    if wrong.any():
        work.refuse(wrong, "status", "is not an HTTP status (100 to 599)")
        array = np.where(wrong, 500, array)
    whole = pd.arrays.IntegerArray(array.astype("int16"), np.zeros(len(array), dtype=bool))
    return pd.Series(whole, index=column.index)


def _flag(work: _Work) -> pd.Series:
    column = work.source["censored"]
    if pd.api.types.is_bool_dtype(column.dtype) and not column.isna().any():
        return column.astype("bool")
    words = strings(column).str.lower()
    wrong = words.notna() & ~words.isin([*_TRUE, *_FALSE])
    work.refuse(wrong, "censored", "is neither true nor false")
    return words.isin(_TRUE).fillna(False).astype("bool")
