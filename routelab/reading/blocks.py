"""A file in blocks of whole records, so that its size does not matter."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from functools import partial

from routelab.reading import _csv, _json
from routelab.reading.files import (
    Rows,
    empty_file,
    is_json,
    parquet_batches,
    parse_text,
    plain_start,
    read_rows,
)
from routelab.reading.unpack import open_bytes, position

BLOCK = 1 << 24
_LONGEST_QUOTE = 1 << 26  # a quote that stays open longer than this is taken as a stray one
_LONGEST_LINE = 1 << 28
_SLACK = 1 << 12  # where the rest of a line has room without moving the block

#: Parses one part of a file; takes `kinds`, see ``parse_text``.
Block = Callable[..., Rows]


def read_blocks(
    path: str | os.PathLike[str],
    *,
    what: str = "log file",
    size: int = BLOCK,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Block]:
    """Return functions that each parse the next part of a file into :class:`Rows`.

    Parameters
    ----------
    path : str or path
        As for ``read_rows``. CSV and JSON lines are cut after whole records, Parquet into batches
        of rows; other JSON, and text that is not UTF-8, comes in one piece.
    what : str, default "log file"
        How to call the file in error messages.
    size : int, default 16 MiB
        Bytes per part, about.
    progress : callable, optional
        Called with the bytes of the file that have been read so far.

    Notes
    -----
    The functions may be called in any thread, in any order, and later than the next is asked for.
    Line numbers count from the start of the file. A line of more than 256 MiB is cut, and each
    piece is rejected by itself.
    """
    name = os.fspath(path)
    with open_bytes(path, what) as source:
        first = _lines(source, size)
        if first.startswith(b"PAR1"):
            yield from parquet_batches(name)
            return
        start = plain_start(name, first)
        if start is not None and not start:
            raise empty_file(name, what)
        if start is None or (is_json(name, start) and not _json.is_lines(start)):
            yield partial(_whole_file, path, what)
            return
        is_csv = not is_json(name, start)
        line = 1
        layout = None
        if is_csv:
            _close_quotes(first, source)
            layout, start, line = _csv.split_header(name, plain_start(name, first) or b"")
        data = start
        while data:
            progress(position(source))
            breaks = data.count(b"\n")
            if not data.isspace():
                yield partial(parse_text, name, data, layout, line, breaks)
            line += breaks
            data = _lines(source, size)
            if is_csv:
                _close_quotes(data, source)


def _whole_file(path: str | os.PathLike[str], what: str, kinds: object = None) -> Rows:
    return read_rows(path, what=what)


def _lines(source: io.BufferedIOBase, size: int) -> bytearray:
    """Read about `size` bytes, on to the end of a line; in one piece of memory."""
    data = bytearray(size + _SLACK)
    filled = 0
    while filled < size:
        count = source.readinto(memoryview(data)[filled:size])
        if not count:
            break
        filled += count
    rest = source.readline(_LONGEST_LINE) if filled == size and data[size - 1] != 10 else b""
    data[filled:] = rest
    return data


def _close_quotes(data: bytearray, source: io.BufferedIOBase) -> None:
    """Read on while a quoted field is open at the end of `data`."""
    if b'"' not in data:
        return
    missing = data.count(b'"') % 2
    limit = len(data) + _LONGEST_QUOTE
    while missing and len(data) < limit:
        line = source.readline(_LONGEST_QUOTE)
        if not line:
            return
        data += line
        missing ^= line.count(b'"') % 2
