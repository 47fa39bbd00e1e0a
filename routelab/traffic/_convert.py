"""`convert_log`: a log of any size to Parquet, part by part."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from routelab._checks import atomic_file
from routelab.reading.notes import Note
from routelab.reading.paths import PathLike
from routelab.reading.repeats import hash_texts, twice
from routelab.reading.report import Report
from routelab.traffic._account import Account
from routelab.traffic._merge import fold, merge_note
from routelab.traffic._parts import Progress, make_request, nothing_read, read_parts
from routelab.traffic._typed import Part
from routelab.traffic.schema import complete, tagged

_BUCKET = 1 << 20  # rows that are sorted in memory at once
_RANK = "routelab.rank"
Clean = Callable[[pd.DataFrame], pd.DataFrame]
_DISTINCT = {"request_id", "timestamp", "latency_s", "ttft_s", "prompt"}  # no use in dictionaries


def convert_log(
    path: PathLike | Iterable[PathLike],
    out: PathLike,
    format: str | None = None,
    columns: Mapping[str, str] | PathLike | None = None,
    *,
    rejects: PathLike | None = None,
    clean: Clean | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Report:
    r"""Read a log of any size and write it as traffic, in bounded memory.

    What :func:`routelab.read_log` would return stands in `out` afterwards: checked, attempts
    folded together, in time order.

    Parameters
    ----------
    path, format, columns, progress, **options
        As for :func:`routelab.read_log`.
    out : path
        Parquet (zstd), replaced only when all is written. :func:`routelab.read_log` and
        :func:`routelab.simulate_file` read it.
    rejects : path, optional
        File for the rejected rows as they stood in the log. They are written as they are met, and
        their text is not kept in the report then.

    clean : callable, optional
        Called with each part of the traffic before it is written, such as
        :func:`routelab.hash_ids` with a salt. It must keep the rows and their order.

    Returns
    -------
    Report
        As of :func:`routelab.read_log`.

    Raises
    ------
    InputError
        As :func:`routelab.read_log`.

    Notes
    -----
    In memory stay a few blocks of the log and, for each row, its stamp, its status and 64-bit
    hashes of its ids: about 30 bytes. A log that is not in time order is written twice, with the
    first copy in a temporary folder beside `out`. Ids are compared by their hashes: among 10
    million ids a pair is mistaken for the same one with a probability of 3e-6.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "log.csv").write_text(
    ...     "time,prompt_tokens,completion_tokens\n2026-01-05T10:00:00Z,12,5\n")
    >>> report = convert_log(folder / "log.csv", folder / "traffic.parquet")
    >>> report.rows_accepted, sorted(p.name for p in folder.iterdir())
    (1, ['log.csv', 'traffic.parquet'])
    """
    account = Account()
    request = make_request(format, columns, options)
    with atomic_file(out) as temporary, _maybe_file(rejects) as sink:
        index = _Index()
        with _Writer(temporary) as writer, ThreadPoolExecutor(1) as pen:
            # One thread writes, in order, while others read; a few parts wait at most.
            waiting: deque[Future[None]] = deque()
            for part in read_parts(path, request, account, progress):
                if sink is not None:
                    account.write_rejects(sink)
                waiting.append(pen.submit(_keep, part, index, writer, clean))
                if len(waiting) > 2:
                    waiting.popleft().result()
            for kept_part in waiting:
                kept_part.result()
        if not index.rows:
            first = str(account.rejects[0]) if account.rejects else str(account.warnings[0])
            raise nothing_read(account.rows, first)
        account.warnings += writer.warnings
        table = index.table()
        kept = _folded(index, table, account)
        if account.given.get("request_id"):
            again = _again(np.concatenate(index.ids), kept)
            if again:
                account.warnings.append(Note(again, "rows repeat a request_id of another row"))
        stamps = table["timestamp"].to_numpy()
        if not kept.all() or (np.diff(stamps) < 0).any():
            _reorder(temporary, Path(out).parent, table, kept)
        stamps = stamps if kept.all() else stamps[kept]
        start, end = (
            pd.Timestamp(int(t), unit="us", tz="UTC") for t in (stamps.min(), stamps.max())
        )
        return account.report(int(kept.sum()), int((~kept).sum()), start, end)


def _keep(part: Part, index: _Index, writer: _Writer, clean: Clean | None) -> None:
    if len(part.frame):
        index.add(part)
        frame = complete(part.frame.drop(columns="call_id", errors="ignore"))
        writer.write(frame if clean is None else clean(frame))


@dataclass
class _Index:
    """What of every row stays in memory."""

    stamps: list[np.ndarray] = field(default_factory=list)
    status: list[np.ndarray] = field(default_factory=list)
    calls: list[np.ndarray] = field(default_factory=list)
    ids: list[np.ndarray] = field(default_factory=list)
    rows: int = 0

    def add(self, part: Part) -> None:
        frame = part.frame
        stamps = frame["timestamp"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        self.stamps.append(stamps.view("int64"))
        status = frame["status"] if "status" in frame else pd.Series(200, index=frame.index)
        self.status.append(status.fillna(200).to_numpy(dtype="int16"))
        called = "call_id" in frame
        none = np.zeros(len(frame), dtype=np.uint64)
        self.calls.append(hash_texts(frame["call_id"]) if called else none)
        self.ids.append(hash_texts(frame["request_id"]))
        self.rows += len(frame)

    def table(self) -> pd.DataFrame:
        """Return one row per row of the log; `censored` marks the ones that :func:`fold` keeps."""
        return pd.DataFrame(
            {
                "call_id": np.concatenate(self.calls),
                "timestamp": np.concatenate(self.stamps),
                "status": np.concatenate(self.status),
                "censored": np.zeros(self.rows, dtype=bool),
            },
            copy=False,
        )


def _folded(index: _Index, table: pd.DataFrame, account: Account) -> np.ndarray:
    """Fold attempts in `table`; return which rows stay."""
    kept = np.ones(len(table), dtype=bool)
    calls = table["call_id"].to_numpy()
    shared = twice(calls[calls != 0])
    if not len(shared):
        return kept
    groups = np.isin(calls, shared)
    stays, first = fold(table.loc[groups, ["call_id", "timestamp", "status"]])
    table.loc[stays, "timestamp"] = first
    table.loc[stays, "censored"] = True
    kept[groups] = False
    kept[stays] = True
    account.warnings.append(merge_note(int((~kept).sum()), len(stays)))
    return kept


def _again(ids: np.ndarray, kept: np.ndarray) -> int:
    found = ids if kept.all() else ids[kept]
    shared = twice(found)
    return int(np.isin(found, shared).sum()) - len(shared) if len(shared) else 0


def _reorder(path: Path, beside: Path, table: pd.DataFrame, kept: np.ndarray) -> None:
    """Write `path` anew: rows that were folded away left out, the others in time order.

    A distribution sort: rows go to one file per range of their final places, and each of these is
    small enough to be sorted in memory.
    """
    place = np.flatnonzero(kept)
    order = place[np.argsort(table["timestamp"].to_numpy()[place], kind="stable")]
    rank = np.full(len(table), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    with TemporaryDirectory(dir=beside, prefix=".routelab-sort-") as folder:
        buckets = _distribute(path, Path(folder), table, rank)
        with _Writer(path) as writer:
            for bucket in buckets:
                part = pq.read_table(bucket)
                ranks = part.column(_RANK).to_numpy()
                writer.write_table(part.drop_columns(_RANK).take(np.argsort(ranks)))


def _distribute(path: Path, folder: Path, table: pd.DataFrame, rank: np.ndarray) -> list[Path]:
    names = [folder / f"{i}.parquet" for i in range(int(rank.max()) // _BUCKET + 1)]
    writers: list[pq.ParquetWriter | None] = [None] * len(names)
    start = 0
    try:
        with pq.ParquetFile(path) as source:
            for group in range(source.num_row_groups):
                rows = _edited(source.read_row_group(group), table, rank, start)
                start += source.metadata.row_group(group).num_rows
                owner = rows.column(_RANK).to_numpy() // _BUCKET
                for bucket in np.unique(owner):
                    writer = writers[bucket] or pq.ParquetWriter(names[bucket], rows.schema)
                    writers[bucket] = writer
                    writer.write_table(rows.filter(pa.array(owner == bucket)))
    finally:
        for opened in writers:
            if opened is not None:
                opened.close()
    return names


def _edited(rows: pa.Table, table: pd.DataFrame, rank: np.ndarray, start: int) -> pa.Table:
    """Give rows their stamps, marks and final places; leave out those that were folded away."""
    part = slice(start, start + len(rows))
    kind = rows.schema.field("timestamp").type
    stamps = pa.array(table["timestamp"].to_numpy()[part]).cast(pa.timestamp("us")).cast(kind)
    marked = pc.or_(rows.column("censored"), pa.array(table["censored"].to_numpy()[part]))
    rows = rows.set_column(rows.column_names.index("timestamp"), "timestamp", stamps)
    rows = rows.set_column(rows.column_names.index("censored"), "censored", marked)
    rows = rows.append_column(_RANK, pa.array(rank[part]))
    return rows.filter(pa.array(rank[part] >= 0))


class _Writer:
    """Frames of traffic to one Parquet file; all have the columns of the first."""

    def __init__(self, path: Path):
        self.path = path
        self.warnings: list[str] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, frame: pd.DataFrame) -> None:
        """Write a frame that is complete."""
        if self._writer is None:
            self.write_table(pa.Table.from_pandas(frame, preserve_index=False))
            return
        schema = self._writer.schema
        extra = [name for name in frame.columns if name not in schema.names]
        if extra:
            text = f"columns that the first part has not are left out: {', '.join(extra)}"
            self.warnings.append(text)
        frame = frame.reindex(columns=schema.names)
        self.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))

    def write_table(self, table: pa.Table) -> None:
        """Write a table whose schema is the file's."""
        table = tagged(table)
        if self._writer is None:
            names = [name for name in table.schema.names if name not in _DISTINCT]
            self._writer = pq.ParquetWriter(
                self.path, table.schema, compression="zstd", use_dictionary=names,
                write_statistics=["timestamp"],
            )  # fmt: skip
        self._writer.write_table(table)


@contextmanager
def _maybe_file(path: PathLike | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    with atomic_file(os.fspath(path)) as temporary, open(temporary, "wb") as sink:
        yield sink
