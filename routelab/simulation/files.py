"""Traffic larger than memory: Parquet part by part, with the gateway's state carried over."""

from __future__ import annotations

import json
import math
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, atomic_folder
from routelab._words import dollars
from routelab.decide import decide
from routelab.plan import Plan
from routelab.simulation.answers import build_answers
from routelab.simulation.arrays import (
    C_NEXT,
    CLIENT,
    O_ATTEMPTS,
    O_COST,
    O_FINISHED,
    O_REQUEST,
    O_ROLE,
    O_SERVED,
    O_STATUS,
    O_T,
    Output,
    Trace,
)
from routelab.simulation.run import stream
from routelab.simulation.simulate import plan_arrays
from routelab.simulation.totals import COLUMNS, Totals
from routelab.simulation.trace import Survey, note_rows, ready, request_rows, survey

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH = 100_000
_ALWAYS = (
    *("timestamp", "model", "input_tokens", "output_tokens", "cached_input_tokens"),
    *("latency_s", "status", "session_id"),
)


@dataclass(frozen=True)
class FileReplay:
    """Totals of a replay that kept no rows.

    Attributes
    ----------
    plan : Plan
    daily : DataFrame, one row per local day
        ``requests``, ``served``, ``failed``, ``refused``, ``degraded``, ``attempts``, ``retries``,
        ``fallbacks``, ``spend_usd``, ``extra_usd``, ``lost_cache_usd``, and USD per model.
    summary : dict
        Totals; latencies are from bins of 1.2 %.
    notes : tuple of str
    interrupted : bool
        True after Ctrl-C: what had ended by then is in the totals.
    """

    plan: Plan
    daily: pd.DataFrame
    summary: dict[str, Any]
    notes: tuple[str, ...]
    interrupted: bool = False

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write ``daily.csv`` and ``summary.json``."""
        with atomic_folder(directory, force=force) as folder:
            self.daily.to_csv(folder / "daily.csv")
            report = {"summary": self.summary, "notes": list(self.notes)}
            (folder / "summary.json").write_text(json.dumps(report, indent=1), encoding="utf-8")

    def __str__(self) -> str:
        s = self.summary
        cut = " (interrupted)" if self.interrupted else ""
        lines = [
            f"{s['requests']:,} requests from {s['start']} to {s['end']} under "
            f"{self.plan.name!r}{cut}",
            f"spend      {dollars(s['spend_usd'])}, a day {dollars(s['spend_per_day_usd'])}",
            f"failures   {s['failed']:,}; refused by budgets {s['refused']:,}; "
            f"degraded {s['degraded']:,}",
        ]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def simulate_file(
    path: str | os.PathLike[str],
    plan: Plan,
    *,
    outages: pd.DataFrame | None = None,
    accounting: str = "proxy",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    rows_to: str | os.PathLike[str] | None = None,
) -> FileReplay:
    """Replay a plan on Parquet traffic of any size, with the memory of one part.

    The answer is that of :func:`routelab.simulate`: the state of the gateway is carried from part
    to part, and a first pass over the file finds accounts, days and medians.

    Parameters
    ----------
    path : str or path
        A Parquet file in the traffic schema (:func:`routelab.traffic.write_traffic`), or a folder
        of them, in the order of time from file to file, sorted by name, and from row group to row
        group.
    plan, outages, accounting, seed, progress
        As in :func:`routelab.simulate`.
    rows_to : path, optional
        Write one row per request there, too, as Parquet, in the order in which requests ended:
        number of the request, seconds, deployment, status, USD, attempts, latency.

    Returns
    -------
    FileReplay
        After Ctrl-C, what was done until then.

    Raises
    ------
    InputError
        The file is no Parquet, holds no requests, or its parts are not in the order of time.
    """
    files = _files(path)
    columns = _columns(plan)
    notes: list[str] = []
    zone = next((b.timezone for b in plan.budgets if b.is_calendar), "UTC")
    days: dict[str, int] = {}
    parts: list[str] = []
    known = survey(plan, _counted(_parts(files, columns - {"prompt"}, parts), zone, days))
    sorted_parts = sum(note.startswith("timestamps went back") for note in parts)
    if sorted_parts:
        notes.append(f"timestamps went back inside {sorted_parts} parts, which were sorted")
    arrays = plan_arrays(plan, known, accounting=accounting, seed=seed)
    provider = build_answers(plan, outages, known.start, notes)
    first = np.concatenate([[0], np.cumsum(list(days.values()))[:-1]])
    totals = Totals(first, len(plan.deployments))
    told: list[str] = []
    traces = _traces(plan, _parts(files, columns, []), known, told)
    interrupted = False
    with _RowWriter(rows_to, plan) as writer:

        def drain(filled: Output) -> None:
            totals.add(filled)
            writer.add(filled)

        try:
            for state in stream(arrays, provider, traces, drain):
                if progress is not None:
                    progress(int(state.counter[C_NEXT]), known.requests)
        except KeyboardInterrupt:
            interrupted = True
            notes.append(f"interrupted after {int(totals.column('requests').sum()):,} requests")
    daily = _daily(plan, totals, list(days))
    notes += list(dict.fromkeys(told))
    return FileReplay(plan, daily, _summary(plan, totals, known), tuple(notes), interrupted)


def _files(path: str | os.PathLike[str]) -> list[Path]:
    found = Path(path)
    if not found.exists():
        raise InputError(f"traffic file {str(path)!r} does not exist")
    files = sorted(found.rglob("*.parquet")) if found.is_dir() else [found]
    if not files or not all(file.is_file() for file in files):
        raise InputError(f"{str(path)!r} is neither a Parquet file nor a folder that holds some")
    return files


def _columns(plan: Plan) -> set[str]:
    """Return the columns of traffic that a replay of the plan looks at."""
    wanted = set(_ALWAYS)
    wanted |= {b.scope for b in plan.budgets if b.scope in ("tier", "user", "key", "team")}
    if any(rule.tiers is not None for rule in plan.rules):
        wanted.add("tier")
    if plan.split is not None:
        wanted |= {plan.split.by, "request_id"}
    if plan.router is not None or any(rule.has_prompt is not None for rule in plan.rules):
        wanted.add("prompt")
    return wanted


def _open(file: Path) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{file}: not a Parquet file: {error}") from None


def _parts(files: list[Path], columns: set[str], notes: list[str]) -> Iterator[pd.DataFrame]:
    """Yield checked traffic, at most `BATCH` requests at a time."""
    for file in files:
        with _open(file) as opened:
            present = [name for name in opened.schema_arrow.names if name in columns]
            for batch in opened.iter_batches(BATCH, columns=present):
                if batch.num_rows:
                    yield ready(batch.to_pandas(), notes)


def _counted(
    parts: Iterator[pd.DataFrame], zone: str, days: dict[str, int]
) -> Iterator[pd.DataFrame]:
    """Count the requests of each local day on the way."""
    for frame in parts:
        names = frame["timestamp"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d")
        for day, count in names.value_counts(sort=False).items():
            days[str(day)] = days.get(str(day), 0) + int(count)
        yield frame


def _traces(
    plan: Plan, parts: Iterator[pd.DataFrame], known: Survey, notes: list[str]
) -> Iterator[Trace]:
    fitted = plan.fitted()
    remembered: OrderedDict[str, float] = OrderedDict()
    for frame in parts:
        decisions = decide(fitted, frame, remembered=remembered)
        rows = request_rows(plan, frame, decisions["group"], known)
        if not notes:
            notes += [f"in the first part: {n}" for n in note_rows(plan, frame, rows, known)]
        yield Trace(rows)


def _daily(plan: Plan, totals: Totals, days: list[str]) -> pd.DataFrame:
    daily = pd.DataFrame(totals.sums, columns=list(COLUMNS), index=pd.Index(days, name="day"))
    daily = daily.astype({name: int for name in COLUMNS if not name.endswith("_usd")})
    models = [d.model for d in plan.deployments.values()]
    for model in dict.fromkeys(models):
        mine = [number for number, name in enumerate(models) if name == model]
        daily[f"usd:{model}"] = totals.served_by[:, mine, 1].sum(axis=1)
    return daily


def _summary(plan: Plan, totals: Totals, known: Survey) -> dict[str, Any]:
    sums = {name: math.fsum(totals.column(name)) for name in COLUMNS}
    counts = {n: int(v) for n, v in sums.items() if not n.endswith("_usd")}
    usd = {n: v for n, v in sums.items() if n.endswith("_usd")}
    served = max(counts["served"], 1)
    models: dict[str, float] = {}
    for d, n in zip(plan.deployments.values(), totals.served_by[:, :, 0].sum(axis=0), strict=True):
        models[d.model] = models.get(d.model, 0.0) + float(n) / served
    quantiles = {
        f"latency_p{int(q * 100)}_s": totals.quantile(q) if counts["served"] else None
        for q in (0.5, 0.95)
    }
    return {
        "plan": plan.name,
        "start": known.start.isoformat(timespec="seconds"),
        "end": known.end.isoformat(timespec="seconds"),
        **counts,
        **usd,
        "spend_per_day_usd": usd["spend_usd"] / known.days,
        "share_by_model": {model: share for model, share in models.items() if share > 0},
        **quantiles,
    }


class _RowWriter:
    """Writes what ended as Parquet, batch after batch; does nothing without a path."""

    def __init__(self, path: str | os.PathLike[str] | None, plan: Plan):
        self.path = None if path is None else Path(path)
        self.ids = np.array([*plan.deployments, None], object)
        self.writer: Any = None

    def __enter__(self) -> _RowWriter:
        return self

    def add(self, filled: Output) -> None:
        if self.path is None:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = filled.done[filled.done[:, O_ROLE] == CLIENT]
        table = pa.table(
            {
                "request": rows[:, O_REQUEST].astype(np.int64),
                "seconds": rows[:, O_T].copy(),
                "deployment": pa.array(self.ids[rows[:, O_SERVED].astype(int)], pa.string()),
                "status": rows[:, O_STATUS].astype(np.int16),
                "cost_usd": rows[:, O_COST].copy(),
                "attempts": rows[:, O_ATTEMPTS].astype(np.int32),
                "latency_s": rows[:, O_FINISHED] - rows[:, O_T],
            }
        )
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self.writer.write_table(table)

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()
