"""From a file to rows: compression, encodings, JSON, CSV and Parquet, each row with its line."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, existing_file
from routelab.reading.report import Reject


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
        return list(dict.fromkeys(key for record in self.dicts()[:100] for key in record))

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
        if self.records is not None:
            return self.records
        if self.table is None:
            return []
        return [{str(k): v for k, v in row.items()} for row in self.table.to_dict("records")]

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


def read_bytes(path: str | os.PathLike[str], what: str = "log file") -> bytes:
    """Read a file; gzip and Zstandard are recognised by their first bytes, not by their name."""
    found = existing_file(path, what)
    data = found.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{found}: broken gzip file: {error}") from error
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return _unzstd(str(found), data)
    return data


def _unzstd(name: str, data: bytes) -> bytes:
    """Undo Zstandard, frame by frame; a frame that was cut is an error, not a shorter log."""
    import zstandard

    parts = []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            parts.append(frame.decompress(data))
        except zstandard.ZstdError as error:
            raise InputError(f"{name}: broken Zstandard file: {error}") from error
        if not frame.eof:
            raise InputError(f"{name}: broken Zstandard file: it ends in the middle")
        data = frame.unused_data
    return b"".join(parts)


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
    from routelab.reading import _csv, _json

    data = read_bytes(path, what)
    name = os.fspath(path)
    if data.startswith(b"PAR1"):
        return _parquet(name, data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        try:
            data = data.decode(encoding).encode()
        except (UnicodeDecodeError, LookupError) as error:
            raise InputError(f"{name}: cannot be read as {encoding}: {error}") from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    start = data[:4096].lstrip()
    if not start:
        if data.strip():
            start = data.lstrip()[:4096]
        else:
            raise InputError(f"{name}: the {what} is empty")
    if b"\0" in start:
        raise InputError(f"{name}: neither text nor Parquet (a zero byte near the start)")
    stem = name.lower().removesuffix(".gz").removesuffix(".zst")
    if start[:1] in b"{[" or stem.endswith((".jsonl", ".ndjson", ".json")):
        return _json.parse(name, data)
    return _csv.parse(name, data)


def _parquet(name: str, data: bytes) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{name}: broken Parquet file: {str(error).splitlines()[0]}") from error
    if not table.num_rows:
        raise InputError(f"{name}: the file has no rows")
    tagged = dict(table.schema.metadata or {})
    frame = table.to_pandas()

    def raw(row: int) -> str:
        text: str = frame.iloc[[row]].to_json(orient="records", date_format="iso")[1:-1]
        return text

    lines = np.arange(1, len(frame) + 1)
    return Rows(name, "parquet", lines, raw, table=frame, tagged=tagged)
