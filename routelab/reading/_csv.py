"""CSV: Arrow for plain files, the standard library where quotes or ragged rows need care."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.reading.files import Rows
from routelab.reading.report import Reject


def parse(name: str, data: bytes) -> Rows:
    """Read `data` as CSV with a header; the delimiter is the commonest of comma, tab, semicolon."""
    header_line = data.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    delimiter = max(",\t;", key=header_line.count)
    if b'"' not in data and _is_regular(data, delimiter):
        try:
            data.decode()
        except UnicodeDecodeError:
            pass
        else:
            return _fast(name, data, delimiter)
    return _careful(name, data, delimiter)


def _is_regular(data: bytes, delimiter: str) -> bool:
    """Tell whether every line, the last break aside, has the same number (> 0) of delimiters."""
    text = np.frombuffer(data.rstrip(b"\r\n"), dtype=np.uint8)
    breaks = np.flatnonzero(text == 10)
    delimiters = np.flatnonzero(text == ord(delimiter))
    counts = np.diff(np.searchsorted(delimiters, breaks), prepend=0, append=len(delimiters))
    if len(breaks):
        counts[-1] = len(delimiters) - np.searchsorted(delimiters, breaks[-1])
    carriages = int((text == 13).sum())
    crlf = int((text[breaks - 1] == 13).sum()) if len(breaks) and breaks[0] > 0 else 0
    return bool(counts[0] > 0 and (counts == counts[0]).all() and carriages in (0, crlf))


def _fast(name: str, data: bytes, delimiter: str) -> Rows:
    import pyarrow as pa
    import pyarrow.csv as pc

    data = data.rstrip(b"\r\n")
    header = _header(name, data.split(b"\n", 1)[0].decode().rstrip("\r").split(delimiter))
    if b"\n" not in data:
        raise InputError(f"{name}: only a header, no rows")
    table = pc.read_csv(
        io.BytesIO(data),
        read_options=pc.ReadOptions(column_names=header, skip_rows=1),
        parse_options=pc.ParseOptions(delimiter=delimiter, quote_char=False),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )
    frame = table.to_pandas(types_mapper={pa.string(): pd.StringDtype()}.get)
    offsets = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
    bounds = np.append(offsets, len(data))

    def raw(row: int) -> str:
        return data[bounds[row] + 1 : bounds[row + 1]].decode().removesuffix("\r")

    return Rows(name, "csv", np.arange(2, len(frame) + 2), raw, table=frame)


def _careful(name: str, data: bytes, delimiter: str) -> Rows:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    header: list[str] | None = None
    rows: list[list[str]] = []
    places: list[tuple[int, int]] = []
    rejects: list[Reject] = []
    with _long_fields():
        reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
        while True:
            before = reader.line_num
            reason = None
            row: list[str] = []
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                reason = f"not valid CSV: {error}"
            first, last = before, reader.line_num
            if reason is None and not any(row):
                continue
            raw = "\n".join(lines[first:last]).removesuffix("\r")
            if header is None:
                if reason is not None:
                    raise InputError(f"{name}:{first + 1}: {reason} (in the header)")
                header = _header(name, row)
                continue
            if reason is None and len(row) != len(header):
                reason = f"{len(row)} fields where the header has {len(header)}"
            if reason is None and _undecodable(raw):
                reason = "not UTF-8 text"
            if reason is not None:
                rejects.append(Reject(name, first + 1, reason, raw))
                continue
            rows.append(row)
            places.append((first, last))
    if header is None or not (rows or rejects):
        raise InputError(f"{name}: only a header, no rows")
    columns = {key: [row[i] for row in rows] for i, key in enumerate(header)}
    table = pd.DataFrame({key: pd.array(v, dtype="string") for key, v in columns.items()})

    def raw_of(row: int) -> str:
        first, last = places[row]
        return "\n".join(lines[first:last]).removesuffix("\r")

    starts = np.array([first + 1 for first, _ in places], dtype=np.int64)
    return Rows(name, "csv", starts, raw_of, table=table, rejects=rejects)


def _header(name: str, fields: list[str]) -> list[str]:
    header = [field.strip().strip('"') for field in fields]
    seen: set[str] = set()
    for field in header:
        if field in seen and field:
            raise InputError(f"{name}:1: the column {field!r} stands twice in the header")
        seen.add(field)
    return [field or f"unnamed_{i}" for i, field in enumerate(header)]


def _undecodable(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= mark <= "\udcff" for mark in text)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Lift the csv module's limit of 131,072 characters: prompts are longer than that."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
