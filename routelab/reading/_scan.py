"""Large blocks of flat JSON lines that a program wrote, all laid out alike: to an Arrow table."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from routelab.reading.files import Kinds
from routelab.reading.values import arrow_type

_KEY = re.compile(r'[{,][ \t]*"(?:[^"\\]|\\.)*"[ \t]*:[ \t]*')


def read_alike(
    data: bytes | bytearray, head: list[dict[str, Any]], rows: int, kinds: Kinds
) -> pa.Table | None:
    """Read `rows` lines; None where one is laid out otherwise, or needs more care.

    Three times as fast as a parser of JSON, for it only looks whether every line has the first
    one's bytes between its values.
    """
    from routelab.reading import _scan_kernel as kernel

    pieces = _pieces(data)
    codes = [_code(head, name) for name in pieces[0]] if pieces else []
    if not pieces or None in codes or any(list(one) != pieces[0] for one in head):
        return None
    names, between = pieces
    count = len(names)
    bounds = np.cumsum([0, *(len(piece) for piece in between)])
    cells = np.empty((count, rows), dtype=np.int64)
    real = cells.view(np.float64)
    lengths = np.empty((count, rows), dtype=np.int32)
    known = np.empty((count, rows), dtype=np.bool_)
    block = np.frombuffer(data, dtype=np.uint8)
    joined = np.frombuffer(b"".join(between), dtype=np.uint8)
    found = kernel.scan(block, joined, bounds, np.array(codes), cells, real, lengths, known)
    if found != rows:
        return None
    columns = []
    for c, (name, code) in enumerate(zip(names, codes, strict=True)):
        gaps = None if known[c].all() else ~known[c]
        if code == kernel.TEXT:
            column = _texts(block, cells[c], lengths[c], gaps)
            columns.append(_stamps(column, head, name) if kinds.get(name) == "time" else column)
        else:
            values = cells[c] if code == kernel.WHOLE else real[c]
            columns.append(pa.array(values, mask=gaps))
    table = pa.table(columns, names=names)
    try:
        table.validate(full=True)  # bytes that are not UTF-8
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    return table


def _pieces(data: bytes | bytearray) -> tuple[list[str], list[bytes]] | None:
    """Return the names of the first line, and its bytes before, between and after the values."""
    line = bytes(data[: data.find(b"\n")]).removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    decoder = json.JSONDecoder()
    names, between, at = [], [], 0
    while match := _KEY.match(text, at):
        try:
            names.append(json.loads(match.group(0)[1:].rstrip(" \t")[:-1]))
            _, end = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            return None
        between.append(match.group(0).encode())
        at = end
    if not names or text[at:].strip() != "}" or len(set(names)) < len(names):
        return None
    return names, [*between, text[at:].encode()]


def _code(head: list[dict[str, Any]], name: str) -> int | None:
    """Return the kind of a column by its first values, None where it is none of the three."""
    from routelab.reading import _scan_kernel as kernel

    types = {type(record.get(name)) for record in head} - {type(None)}
    if types == {str}:
        return kernel.TEXT
    if types == {int}:
        return kernel.WHOLE
    return kernel.REAL if types and types <= {int, float} else None


def _texts(
    block: np.ndarray, starts: np.ndarray, lengths: np.ndarray, gaps: np.ndarray | None
) -> pa.Array:
    from routelab.reading import _scan_kernel as kernel

    offsets = np.zeros(len(starts) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    out = np.empty(int(offsets[-1]), dtype=np.uint8)
    kernel.gather(block, starts, offsets, out)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(out)]
    array = pa.Array.from_buffers(pa.large_string(), len(starts), buffers)
    return array if gaps is None else pc.if_else(pa.array(gaps), None, array)


def _stamps(column: pa.Array, head: list[dict[str, Any]], name: str) -> pa.Array:
    value = next(record[name] for record in head if record.get(name) is not None)
    kind = arrow_type(value, "time")
    if kind is None:
        return column
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        return column
