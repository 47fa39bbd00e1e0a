"""CSV: Arrow for plain files, the standard library where quotes or ragged rows need care."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc_
import pyarrow.csv as pc

from routelab._checks import InputError
from routelab.reading.files import Kinds, Rows, lines_of
from routelab.reading.report import Reject
from routelab.reading.values import SPELLED, arrow_type


@dataclass(frozen=True)
class Layout:
    """What the first line of a file says: how fields are parted, and what they are called."""

    delimiter: str
    header: list[str]


def parse(
    name: str,
    data: bytes | bytearray,
    layout: Layout | None = None,
    first_line: int = 1,
    kinds: Kinds | None = None,
) -> Rows:
    """Read `data` as CSV; the delimiter is the commonest of comma, tab, semicolon in its header.

    Without a `layout`, `data` starts with the header; with one it is a later part of a file, whose
    first line has the number `first_line`.
    """
    if layout is None:
        layout, data, first_line = split_header(name, data)
    table = None
    if not data.isspace() and _quotes_in_place(data, ord(layout.delimiter)):
        types = _types(data, layout, kinds) if kinds else {}
        table = _arrow(data, layout, types)
        if table is None and types:
            table = _arrow(data, layout, {})
    if table is not None:
        return _rows(name, data, table, first_line)
    return _careful(name, data, layout, first_line)


def split_header(name: str, data: bytes | bytearray) -> tuple[Layout, bytes | bytearray, int]:
    """Take the header off: its layout, the rest, and the number of the rest's first line."""
    blank = len(data) - len(data.lstrip(b"\r\n"))
    first_line = 1 + data.count(b"\n", 0, blank)
    data = data[blank:]
    text = data.split(b"\n", 1)[0].decode("utf-8", "replace")
    delimiter = max(",\t;", key=text.count)
    lines = data.split(b"\n", 1)
    header, used = lines[0], 1
    # A quoted column name may hold line breaks.
    while header.count(b'"') % 2 and len(lines) == 2:
        lines = lines[1].split(b"\n", 1)
        header, used = header + b"\n" + lines[0], used + 1
    rest = lines[1] if len(lines) == 2 else b""
    where = f"{name}:{first_line}"
    try:
        found = next(csv.reader([header.decode("utf-8", "replace").rstrip("\r")],
                                delimiter=delimiter, strict=True), [])  # fmt: skip
    except csv.Error as error:
        raise InputError(f"{where}: not valid CSV: {error} (in the header)") from None
    return Layout(delimiter, _header(name, found)), rest, first_line + used


def _types(data: bytes | bytearray, layout: Layout, kinds: Kinds) -> dict[str, pa.DataType]:
    """Return Arrow's types for the columns in `kinds`, as their first values need them."""
    line = data[: data.find(b"\n")].decode("utf-8", "replace").rstrip("\r")
    fields = dict(zip(layout.header, line.split(layout.delimiter), strict=False))
    found = {name: arrow_type(fields.get(name, ""), kind) for name, kind in kinds.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _arrow(
    data: bytes | bytearray, layout: Layout, types: Mapping[str, pa.DataType]
) -> pa.Table | None:
    """Read plain CSV; None where a row needs the care of the other way.

    That is: fields too few or too many, bytes that are not UTF-8, line breaks inside quotes, blank
    lines, or a value that is not of the type in `types`. Other columns are text.
    """
    try:
        table = pc.read_csv(
            pa.BufferReader(data),
            read_options=pc.ReadOptions(
                column_names=layout.header, use_threads=False, block_size=len(data) + 1
            ),
            parse_options=pc.ParseOptions(delimiter=layout.delimiter, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types={**dict.fromkeys(layout.header, pa.large_string()), **types},
                null_values=SPELLED,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    if table.num_columns == 1 and pc_.any(pc_.equal(table.column(0), "")).as_py():
        return None  # blank lines are rows of empty fields where there is one column
    if b'"' in data and table.num_rows != data.count(b"\n") + (not data.endswith(b"\n")):
        return None
    return table


def _quotes_in_place(data: bytes | bytearray, delimiter: int) -> bool:
    """Tell whether every quote opens or closes a field, or stands beside another quote."""
    if b'"' not in data:
        return True
    text = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    at = np.flatnonzero(text == 34)
    before, after = text[at - 1], text[at + 1]
    edges = (delimiter, 10, 34)
    return bool((np.isin(before, edges) | np.isin(after, (*edges, 13))).all())


def _rows(name: str, data: bytes | bytearray, table: pa.Table, first_line: int) -> Rows:
    frame = table.to_pandas(types_mapper={pa.large_string(): pd.StringDtype("pyarrow")}.get)

    lines = np.arange(first_line, first_line + len(frame))
    return Rows(name, "csv", lines, lines_of(data), table=frame)


def _careful(name: str, data: bytes | bytearray, layout: Layout, first_line: int) -> Rows:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    rows: list[list[str]] = []
    places: list[tuple[int, int]] = []
    rejects: list[Reject] = []
    with _long_fields():
        reader = csv.reader(
            (line + "\n" for line in lines), delimiter=layout.delimiter, strict=True
        )
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
            if reason is None and not row:
                continue
            raw = "\n".join(lines[first:last]).removesuffix("\r")
            if reason is None and len(row) != len(layout.header):
                reason = f"{len(row)} fields where the header has {len(layout.header)}"
            if reason is None and _undecodable(raw):
                reason = "not UTF-8 text"
            if reason is not None:
                rejects.append(Reject(name, first + first_line, reason, raw))
                continue
            rows.append(row)
            places.append((first, last))
    columns = {key: [row[i] for row in rows] for i, key in enumerate(layout.header)}
    table = pd.DataFrame({key: pd.array(v, dtype="string") for key, v in columns.items()})

    def raw_of(row: int) -> str:
        first, last = places[row]
        return "\n".join(lines[first:last]).removesuffix("\r")

    starts = np.array([first + first_line for first, _ in places], dtype=np.int64)
    return Rows(name, "csv", starts, raw_of, table=table, rejects=rejects)


def _header(name: str, fields: list[str]) -> list[str]:
    header = [field.strip().strip('"') for field in fields]
    seen: set[str] = set()
    for field in header:
        if field in seen and field and not _is_number(header[0]):
            raise InputError(f"{name}:1: the column {field!r} stands twice in the header")
        seen.add(field)
    if len(seen) < len(header) and _is_number(header[0]):
        return [header[0], *(f"unnamed_{i}" for i in range(1, len(header)))]
    return [field or f"unnamed_{i}" for i, field in enumerate(header)]


def _is_number(text: str) -> bool:
    """Tell a number: no header begins with one, the file has none (its reader must know)."""
    try:
        float(text)
    except ValueError:
        return False
    return True


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
