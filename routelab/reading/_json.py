r"""JSON: one document, an array, several documents, or one per line (split on ``\n`` alone)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.json as pj

from routelab.reading._scan import read_alike
from routelab.reading.collector import paused
from routelab.reading.files import Kinds, Rows, lines_of
from routelab.reading.report import Reject
from routelab.reading.values import arrow_type, storable

_LARGE = 1 << 22  # bytes from which on it is worth while to load the compiled scanner
_SPACE = re.compile(r"[ \t\r\n]*")


def parse(
    name: str,
    data: bytes | bytearray,
    first_line: int = 1,
    breaks: int | None = None,
    kinds: Kinds | None = None,
) -> Rows:
    """Read `data` as JSON; every object becomes a row, everything else a reject.

    A `first_line` above 1 says that this is a later part of a file of JSON lines.
    """
    if first_line > 1 or is_lines(data):
        head = _first_records(data, 100 if first_line == 1 else 20)
        if head and all(_is_flat(record) for record in head):
            breaks = data.count(b"\n") if breaks is None else breaks
            rows = breaks + (not data.endswith(b"\n"))
            table = None
            if len(data) >= _LARGE:
                table = read_alike(data, head, rows, kinds or {})
            if table is None and kinds:
                table = _arrow(data, head, rows, kinds)
            if table is None:
                table = _arrow(data, head, rows, {})
            if table is not None:
                return _table_rows(name, data, table, first_line)
    text = data.decode("utf-8", "surrogateescape")
    found = _Found(name, text)
    with paused():
        if first_line > 1 or is_lines(data):
            _read_lines(text, found, first_line)
        else:
            _read_documents(text, found)

    def raw(row: int) -> str:
        start, end = found.spans[row]
        return text[start:end]

    lines = np.array(found.lines, dtype=np.int64)
    return Rows(name, "json", lines, raw, records=found.records, rejects=found.rejects)


def _arrow(
    data: bytes | bytearray, head: list[dict[str, Any]], rows: int, kinds: Kinds
) -> pa.Table | None:
    """Read lines of flat objects; None where a record is nested, or a line needs more care."""
    types = {key: pa.large_string() for record in head for key, value in record.items()
             if isinstance(value, str)}  # fmt: skip
    for name, kind in kinds.items():
        value = next((record[name] for record in head if record.get(name) is not None), None)
        if kind == "time" and isinstance(value, str):
            types[name] = arrow_type(value, kind) or pa.large_string()
    try:
        table = pj.read_json(
            pa.BufferReader(data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=pa.schema(list(types.items()))),
        )
        table.validate(full=True)  # Arrow takes any bytes for text
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    names = list(dict.fromkeys(key for record in head for key in record))
    late = [name for name in table.column_names if name not in names]
    plain = all(_is_plain(kind) for kind in table.schema.types)
    if table.num_rows != rows or not plain:
        return None
    return table.select([*names, *late])


def _first_records(data: bytes | bytearray, count: int = 100) -> list[dict[str, Any]]:
    records = []
    for line in data[:65536].split(b"\n", count)[:count]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, dict):
            return []
        records.append(value)
    return records


def _is_flat(record: dict[str, Any]) -> bool:
    """Tell records whose values Arrow reads as Python does: text, numbers and nothing."""
    return all(
        value is None or isinstance(value, str | float) or type(value) is int
        for value in record.values()
    )


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_null(kind)
        or pa.types.is_timestamp(kind)
    )


def _table_rows(name: str, data: bytes | bytearray, table: pa.Table, first_line: int) -> Rows:
    frame = table.to_pandas(types_mapper={pa.large_string(): pd.StringDtype("pyarrow")}.get)
    return Rows(name, "json", np.arange(first_line, first_line + len(frame)), lines_of(data), frame)


class _Found:
    """What has been read so far."""

    def __init__(self, name: str, text: str):
        self.name = name
        self.halves = "\\ud" in text or "\\uD" in text
        self.records: list[dict[str, Any]] = []
        self.lines: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.rejects: list[Reject] = []

    def add(self, value: Any, line: int, span: tuple[int, int], text: str) -> None:
        """Keep an object; an array of objects on one line gives several rows."""
        if isinstance(value, dict):
            self.records.append(_without_halves(value) if self.halves else value)
            self.lines.append(line)
            self.spans.append(span)
        else:
            kind = type(value).__name__
            self.reject(line, f"a JSON object was expected, got {kind}", text[span[0] : span[1]])

    def reject(self, line: int, reason: str, raw: str) -> None:
        self.rejects.append(Reject(self.name, line, reason, raw))


def is_lines(data: bytes | bytearray) -> bool:
    """Tell JSON lines from a document that spans lines, by the first lines that are not blank."""
    lines = _first_lines(data)
    for number, line in enumerate(lines):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            if number == 0 and (line.startswith("[") or line == "{"):
                return False
        else:
            if number == 0 or isinstance(value, dict):
                return True
    return not lines[0].startswith("{")


def _first_lines(data: bytes | bytearray, count: int = 5) -> list[str]:
    lines: list[str] = []
    start = 0
    while start < len(data) and len(lines) < count:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end].strip()
        if line:
            lines.append(line.decode("utf-8", "surrogateescape"))
        start = end + 1
    return lines


def _read_lines(text: str, found: _Found, first_line: int) -> None:
    start = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        end = start + len(line)
        if not line.isspace() and line:
            span = (start, end - line.endswith("\r"))
            try:
                line.encode()
                value = _loads(line)
            except UnicodeEncodeError:
                found.reject(number, "not UTF-8 text", text[slice(*span)])
            except (ValueError, RecursionError) as error:
                found.reject(number, _why(error), text[slice(*span)])
            else:
                for item in value if isinstance(value, list) else [value]:
                    found.add(item, number, span, text)
        start = end + 1


def _loads(line: str) -> Any:
    """Parse one line; what the fast parser refuses (NaN, half characters) the careful one tells."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)


def _read_documents(text: str, found: _Found) -> None:
    """Read values one after the other, going into arrays, so that each keeps its place."""
    decoder = json.JSONDecoder()
    position, line, counted = 0, 1, 0
    in_array = False
    while True:
        position = _skip(text, position)
        if position >= len(text):
            if in_array:
                found.reject(line, "the file ends inside a JSON array", "")
            return
        if not in_array and text[position] == "[":
            in_array = True
            position += 1
            continue
        if in_array and text[position] in "],":
            in_array = text[position] == ","
            position += 1
            continue
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = decoder.raw_decode(text, position)
            text[position:end].encode()
        except UnicodeEncodeError:
            found.reject(line, "not UTF-8 text", text[position:end])
        except (ValueError, RecursionError) as error:
            rest = "; the rest of the file cannot be read"
            found.reject(line, _why(error) + rest, text[position:].rstrip("\n"))
            return
        else:
            found.add(value, line, (position, end), text)
        position = end


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _without_halves(value: dict[str, Any]) -> dict[str, Any]:
    """Replace lone surrogates, in keys too: JSON can spell them, and nothing can store them."""
    found: dict[str, Any] = json.loads(storable(json.dumps(value, ensure_ascii=False)))
    return found


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} (column {error.colno})"
    if isinstance(error, RecursionError):
        return "not valid JSON: nested too deeply"
    return f"not valid JSON: {error}"
