"""From a file to rows: compression, encodings, JSON, CSV and Parquet, each row with its line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.reading.report import Reject
from routelab.reading.unpack import read_bytes

#: Columns that hold nothing but numbers or stamps, and so may be converted while they are parsed.
Kinds = Mapping[str, Literal["number", "time"]]


@dataclass
class Rows:
    """The rows of one file, before anybody knows what they mean.

    Attributes
    ----------
    path : str
        The file.
    kind : {"csv", "json", "parquet"}
    lines : int array of shape (n_rows,)
        1-based line on which each row starts (for Parquet: the row's number).
    raw : callable
        Row position -> the row's text as it stands in the file.
    table : DataFrame of shape (n_rows, n_columns) or None
        CSV (all text) and Parquet (typed).
    records : list of dict or None
        JSON.
    rejects : list of Reject
        What is not even a row: broken JSON, a wrong number of fields, bytes that are not UTF-8.
    tagged : dict
        Key-value metadata of a Parquet file.
    """

    path: str
    kind: str
    lines: np.ndarray
    raw: Callable[[int], str]
    table: pd.DataFrame | None = None
    records: list[dict[str, Any]] | None = None
    rejects: list[Reject] = field(default_factory=list)
    tagged: dict[bytes, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """Column names; for JSON the keys of the first records, in order of appearance."""
        if self.table is not None:
            return [str(name) for name in self.table.columns]
        return list(dict.fromkeys(key for record in self.head() for key in record))

    @property
    def first(self) -> dict[str, Any]:
        """The first row, for a reader's `sniff`; empty when there is none."""
        if self.records is not None:
            return self.records[0] if self.records else {}
        if self.table is None or self.table.empty:
            return {}
        return {str(name): value for name, value in self.table.iloc[0].items()}

    def dicts(self) -> list[dict[str, Any]]:
        """Every row as a dict."""
        return self.head(len(self))

    def head(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the first rows as dicts, for a reader's `sniff`."""
        if self.records is not None:
            return self.records[:count]
        if self.table is None:
            return []
        part = self.table.head(count)
        plain = part.astype(object).where(part.notna(), None)
        return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]

    def expanded(self, origin: Sequence[int], records: list[dict[str, Any]]) -> Rows:
        """Return rows of their own for `records`, each found inside the row ``origin[i]`` of these.

        They keep the line of the row that held them; their raw text is their own JSON.
        """

        def raw(row: int) -> str:
            return json.dumps(records[row], ensure_ascii=False)

        lines = self.lines[np.asarray(origin, dtype=np.int64)]
        return Rows(self.path, "json", lines, raw, records=records, rejects=self.rejects)

    def column(self, name: str) -> pd.Series:
        """One column; dots lead into nested JSON objects (``"usage.prompt_tokens"``)."""
        if self.table is not None:
            return self.table[name].reset_index(drop=True)
        return pd.Series([dig(record, name) for record in self.dicts()], dtype=object)


def dig(record: Any, path: str) -> Any:
    """Return ``record[path]``, or follow the dots of `path` into nested dicts; None when absent."""
    if isinstance(record, dict) and path in record:
        return record[path]
    for part in path.split("."):
        if not isinstance(record, dict):
            return None
        record = record.get(part)
    return record


def lines_of(data: bytes | bytearray) -> Callable[[int], str]:
    """Return a function from a line's position in `data` to its text."""
    breaks: list[np.ndarray] = []

    def line(row: int) -> str:
        if not breaks:
            inner = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
            breaks.append(np.concatenate([[-1], inner, [len(data)]]))
        start, end = breaks[0][row] + 1, breaks[0][row + 1]
        return data[start:end].decode().removesuffix("\r")

    return line


def read_rows(
    path: str | os.PathLike[str], *, encoding: str = "utf-8", what: str = "log file"
) -> Rows:
    """Read the rows of a CSV, JSON, JSONL or Parquet file; see :class:`Rows`.

    Parameters
    ----------
    path : str or path
        May be compressed with gzip or Zstandard. What it holds is found from its content.
    encoding : str, default "utf-8"
        Of the text. A UTF-8 or UTF-16 byte order mark wins.
    what : str, default "log file"
        How to call the file in error messages.

    Raises
    ------
    InputError
        No such file, an empty one, broken compression, or neither text nor Parquet.
    """
    name = os.fspath(path)
    data = read_bytes(path, what)
    if data.startswith(b"PAR1"):
        return _parquet(name, data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        try:
            data = data.decode(encoding).encode()
        except (UnicodeDecodeError, LookupError) as error:
            raise InputError(f"{name}: cannot be read as {encoding}: {error}") from error
    text = plain_start(name, data)
    if not text:
        raise empty_file(name, what)
    rows = parse_text(name, text)
    if not len(rows) and not rows.rejects:
        raise InputError(f"{name}: {NO_ROWS[rows.kind]}")
    return rows


#: What to say of a file in which there is not one row, by kind.
NO_ROWS = {"csv": "only a header, no rows", "json": "no JSON objects in the file"}


def plain_start(name: str, data: bytes | bytearray) -> bytes | bytearray | None:
    """Return text without its byte order mark and without blank lines before it.

    Blank text is empty bytes, UTF-16 is None (its file must be read whole).
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    data = data.removeprefix(b"\xef\xbb\xbf")
    start = data[:4096].lstrip() or data.lstrip()[:4096]
    if not start:
        return b""
    if b"\0" in start:
        raise InputError(f"{name}: neither text nor Parquet (a zero byte near the start)")
    return data


def empty_file(name: str, what: str) -> InputError:
    """Return the error for a file without a character."""
    return InputError(f"{name}: the {what} is empty")


def is_json(name: str, data: bytes | bytearray) -> bool:
    """Tell JSON from CSV by the first character, or by the name."""
    stem = name.lower().removesuffix(".gz").removesuffix(".zst")
    first = data[:4096].lstrip()[:1] or data.lstrip()[:1]
    return first in (b"{", b"[") or stem.endswith((".jsonl", ".ndjson", ".json"))


def parse_text(
    name: str,
    data: bytes | bytearray,
    layout: Any = None,
    first_line: int = 1,
    breaks: int | None = None,
    kinds: Kinds | None = None,
) -> Rows:
    """Parse text, or (with a CSV layout, or a line number above 1) a later part of a file.

    `kinds` says of columns that they are "number" or "time" and nothing else: where all is in
    order they come converted, which saves half of the time, else as text. `breaks` is the number
    of line ends where the caller has counted them.
    """
    from routelab.reading import _csv, _json

    if layout is None and is_json(name, data):
        return _json.parse(name, data, first_line, breaks, kinds)
    return _csv.parse(name, data, layout, first_line, kinds)


def parquet_batches(
    path: str | os.PathLike[str], rows: int = 1 << 20
) -> Iterator[Callable[[], Rows]]:
    """Return functions that each give the next `rows` rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = os.fspath(path)
    try:
        with pq.ParquetFile(path) as source:
            tagged = dict(source.schema_arrow.metadata or {})
            if not source.metadata.num_rows:
                raise InputError(f"{name}: the file has no rows")
            first = 1
            for batch in source.iter_batches(batch_size=rows):
                table = pa.Table.from_batches([batch])
                yield partial(_table_rows, name, table, tagged, first)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _broken_parquet(name, error) from error


def _parquet(name: str, data: bytes) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise _broken_parquet(name, error) from error
    if not table.num_rows:
        raise InputError(f"{name}: the file has no rows")
    return _table_rows(name, table, dict(table.schema.metadata or {}), 1)


def _table_rows(
    name: str, table: Any, tagged: dict[bytes, bytes], first: int, kinds: object = None
) -> Rows:
    return frame_rows(table.to_pandas(), name, tagged, first)


def frame_rows(
    frame: pd.DataFrame,
    name: str = "DataFrame",
    tagged: dict[bytes, bytes] | None = None,
    first: int = 1,
) -> Rows:
    """Return the rows of a table in memory; `first` is the number of its first row."""

    def raw(row: int) -> str:
        text: str = frame.iloc[[row]].to_json(orient="records", date_format="iso")[1:-1]
        return text

    lines = np.arange(first, first + len(frame))
    return Rows(name, "parquet", lines, raw, table=frame, tagged=tagged or {})


def _broken_parquet(name: str, error: Exception) -> InputError:
    return InputError(f"{name}: broken Parquet file: {str(error).splitlines()[0]}")
