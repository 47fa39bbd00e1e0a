"""A file in blocks of whole records, so that its size does not matter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from routelab.reading import _csv, _json
from routelab.reading.files import (
    Rows,
    chunks,
    empty_file,
    is_json,
    parquet_batches,
    parse_text,
    plain_start,
    read_rows,
)

BLOCK = 1 << 25
_LONGEST_QUOTE = 1 << 26  # a quote that stays open longer than this is taken as a stray one
_LONGEST_LINE = 1 << 28

Block = Callable[[], Rows]


def read_blocks(
    path: str | os.PathLike[str], *, what: str = "log file", size: int = BLOCK
) -> Iterator[Block]:
    """Return functions that each parse the next part of a file into :class:`Rows`.

    Parameters
    ----------
    path : str or path
        As for ``read_rows``. CSV and JSON lines are cut after whole records, Parquet into batches
        of rows; other JSON, and text that is not UTF-8, comes in one piece.
    what : str, default "log file"
        How to call the file in error messages.
    size : int, default 32 MiB
        Bytes per part, about.

    Notes
    -----
    The functions may be called in any thread, in any order, and later than the next is asked for.
    Line numbers count from the start of the file. A line of more than 256 MiB is cut, and each
    piece is rejected by itself.
    """
    name = os.fspath(path)
    pieces = _regular(chunks(path, what), size)
    first = next(pieces, b"")
    if first.startswith(b"PAR1"):
        yield from parquet_batches(name)
        return
    start = plain_start(name, first)
    if start is None or (is_json(name, start) and not _json.is_lines(start)):
        yield partial(read_rows, path, what=what)
        return
    if not start:
        raise empty_file(name, what)
    kind = is_json(name, start)
    line = 1
    layout = None
    if not kind:
        layout, start, line = _csv.split_header(name, start)
    for data in _whole_records(start, pieces, quoted=not kind):
        yield partial(parse_text, name, data, layout, line)
        line += data.count(b"\n")


def _regular(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join small pieces (those of compressed files) to about `size`."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _whole_records(start: bytes, pieces: Iterator[bytes], *, quoted: bool) -> Iterator[bytes]:
    rest = start
    for piece in pieces:
        cut = _last_record(rest, quoted)
        if cut:
            yield rest[:cut]
        elif len(rest) > _LONGEST_LINE:
            yield rest
            cut = len(rest)
        rest = rest[cut:] + piece
    if rest.strip():
        yield rest


def _last_record(data: bytes, quoted: bool) -> int:
    """Return where the last whole record of `data` ends, 0 when there is none."""
    end = data.rfind(b"\n") + 1
    if not quoted or not end:
        return end
    open_quotes = data.count(b'"', 0, end) % 2
    last = end
    while open_quotes and end:
        before = data.rfind(b"\n", 0, end - 1) + 1
        open_quotes ^= data.count(b'"', before, end) % 2
        end = before
    return end or (last if len(data) > _LONGEST_QUOTE else 0)
