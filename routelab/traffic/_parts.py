"""The parts of a log, one after the other: find the format, read and type on several cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.reading.blocks import Block, read_blocks
from routelab.reading.choose import recognise
from routelab.reading.files import NO_ROWS, Rows, frame_rows, read_rows
from routelab.reading.paths import PathLike, find_files
from routelab.reading.report import Reject
from routelab.traffic._account import Account
from routelab.traffic._typed import Part, type_rows
from routelab.traffic.readers import READERS, Kinds, Parsed, Reader
from routelab.traffic.readers._base import kinds_of
from routelab.traffic.readers.generic import NAME_THEM, parse_mapped, read_mapping

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """What the caller asked for: a format or none, a column mapping or none."""

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    reader: Reader | None = None


def make_request(
    format: str | None, columns: Mapping[str, str] | PathLike | None, options: Mapping[str, Any]
) -> Request:
    """Check the arguments of a read before any file is opened."""
    if columns is not None and format not in (None, "generic"):
        raise InputError(f"columns= belongs to the format 'generic', not to {format!r}")
    if options and format is None:
        raise InputError(f"options ({', '.join(options)}) belong to a format: name it with format=")
    mapping = None if columns is None else read_mapping(columns)
    if format is None:
        return Request(mapping=mapping)
    try:
        return Request(format, mapping, READERS[format](**options))
    except TypeError as error:
        raise InputError(f"the format {format!r} does not take these options: {error}") from None


def detect(rows: Rows) -> str | None:
    """Return the name of the first reader that recognises `rows`, or None."""
    return recognise(READERS, rows)


def read_parts(
    path: PathLike | Iterable[PathLike],
    request: Request,
    account: Account,
    progress: Progress | None = None,
) -> Iterator[Part]:
    """Yield the typed parts of a log in the order of its files, booked in `account`.

    Files of folders and patterns that no reader recognises are left out with a warning; a file that
    was named itself is an error then.
    """
    files = find_files(path)
    total = sum(os.path.getsize(name) for name, _ in files if os.path.isfile(name))
    done = 0
    for name, named in files:
        tell = partial(_tell, progress, done, total)
        try:
            for format, part in _file_parts(name, request, tell):
                account.add(name, format, part)
                yield part
        except InputError as error:
            if named:
                raise
            account.warnings.append(f"left out: {error}")
        done += os.path.getsize(name)
        _tell(progress, done, total, 0)


def _tell(progress: Progress | None, done: int, total: int, more: int) -> None:
    if progress is not None:
        progress(done + more, total)


def frame_parts(frame: pd.DataFrame, request: Request, account: Account) -> Iterator[Part]:
    """Yield the typed part of a table that is in memory already."""
    if frame.empty:
        raise InputError("the DataFrame has no rows")
    rows = frame_rows(frame)
    for format, part in _parts_of(rows, iter(()), request):
        account.add(rows.path, format, part)
        yield part


def _file_parts(
    path: str, request: Request, tell: Callable[[int], None]
) -> Iterator[tuple[str, Part]]:
    blocks = read_blocks(path, progress=tell)
    yield from _parts_of(_first_rows(path, blocks), blocks, request)


def _parts_of(rows: Rows, blocks: Iterator[Block], request: Request) -> Iterator[tuple[str, Part]]:
    name = request.format or detect(rows)
    if request.mapping is not None:
        mapping = request.mapping
        yield from _ordered(
            "generic", rows, blocks, lambda found: type_rows(found, parse_mapped(found, mapping)),
            kinds_of({ours: theirs for ours, theirs in mapping.items() if theirs in rows.names}),
        )  # fmt: skip
        return
    reader = _reader(rows, name, request)
    assert name is not None
    if reader.whole:
        following = next(blocks, None)
        rows = rows if following is None else read_rows(rows.path)
        blocks = iter(())
    yield from _ordered(name, rows, blocks, lambda found: _typed(found, reader), reader.kinds(rows))


def _first_rows(path: str, blocks: Iterator[Block]) -> Rows:
    """Return the first rows; parts that hold none in which a row can be read are an error."""
    rejects: list[Reject] = []
    kind = "csv"
    for block in blocks:
        rows = block()
        rows.rejects[:0] = rejects
        if len(rows):
            return rows
        rejects, kind = rows.rejects, rows.kind
    if rejects:
        raise nothing_read(len(rejects), str(rejects[0]))
    raise InputError(f"{path}: {NO_ROWS[kind]}")


def _reader(rows: Rows, name: str | None, request: Request) -> Reader:
    if name is None:
        raise InputError(
            f"{rows.path}: no reader recognises this log; {NAME_THEM}; its columns are "
            f"{', '.join(rows.names[:20])}; the formats are {', '.join(READERS.names())}"
        )
    reader = request.reader or READERS[name]()
    if request.reader is not None and not reader.sniff(rows):
        found = detect(rows)
        hint = f"; it looks like {found!r}" if found else ""
        hint += f"; {NAME_THEM}" if name == "generic" else ""
        raise InputError(
            f"{rows.path}: this is not {name!r} ({reader.title}){hint}; "
            f"the columns are {', '.join(rows.names[:20])}"
        )
    return reader


def _typed(rows: Rows, reader: Reader) -> Part:
    rows = reader.expand(rows)
    return type_rows(rows, reader.parse(rows))


def _ordered(
    name: str,
    first: Rows,
    blocks: Iterator[Block],
    work: Callable[[Rows], Part],
    kinds: Kinds,
) -> Iterator[tuple[str, Part]]:
    """Work on the blocks in threads, a few ahead of what is taken; the order stays."""
    workers = os.cpu_count() or 1
    pending: deque[Future[Part]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            pending.append(pool.submit(work, first))
            for block in blocks:
                pending.append(pool.submit(_one, block, work, kinds))
                if len(pending) > workers:
                    yield name, pending.popleft().result()
            while pending:
                yield name, pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one(block: Block, work: Callable[[Rows], Part], kinds: Kinds) -> Part:
    rows = block(kinds=kinds)
    try:
        return work(rows)
    except InputError as error:
        # The file's first part was in this format: rows of a later one that are not stay rejects.
        refused = dict.fromkeys(range(len(rows)), str(error))
        return type_rows(rows, Parsed(pd.DataFrame(), origin=np.arange(0), refused=refused))


def nothing_read(count: int, first: str) -> InputError:
    """Return the error for a log without one readable row."""
    rows = "row" if count == 1 else f"{count} rows"
    return InputError(f"{first} (the {rows} of the log cannot be read, and there are no others)")
