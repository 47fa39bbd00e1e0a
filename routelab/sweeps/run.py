"""Many plans over the same traffic: on threads of this machine, or on a Dask cluster."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.sweeps.evaluate import evaluate_policy
from routelab.sweeps.grid import Grid
from routelab.sweeps.policy import Policy
from routelab.sweeps.policy import policies as make_policies
from routelab.sweeps.result import Sweep
from routelab.sweeps.shared import Shared, decision_key
from routelab.sweeps.store import Result, read_results, write_result

BATCH_S = 0.1
BACKENDS = ("threading", "dask")
Progress = Callable[[int, int], None]
Keep = Callable[[list[Result]], None]


def sweep(
    traffic: pd.DataFrame,
    policies: Plan | Sequence[Policy],
    grid: Grid | Mapping[str, Any] | None = None,
    *,
    outages: pd.DataFrame | None = None,
    quality: Any = None,
    out: str | os.PathLike[str] | None = None,
    backend: str = "threading",
    client: Any = None,
    n_jobs: int = -1,
    seed: int = 0,
    accounting: str = "proxy",
    n_boot: int = 400,
    resume: bool = True,
    progress: Progress | None = None,
) -> Sweep:
    """Replay many plans on the same traffic with the same luck.

    Every policy is replayed with the same seed, and draws are keyed by request (common random
    numbers), so differences between policies are paired. Intervals come from resampling blocks of
    consecutive requests, the same for every policy (see :mod:`routelab.sweeps.blocks`).

    Parameters
    ----------
    traffic : DataFrame
        Requests in the traffic schema.
    policies : Plan or list of Policy
        A plan needs a `grid`; a list comes from :func:`routelab.sweeps.policies`.
    grid : Grid or mapping, optional
        Dotted plan fields to values; see :func:`routelab.sweeps.grid_from_yaml`.
    outages : DataFrame, optional
        From :func:`routelab.read_outages`.
    quality : mapping, OutcomeTable or DataFrame, optional
        Value per model group or model, or measured per request; adds the metric ``quality``.
    out : path, optional
        Folder in which every finished policy is written at once, to
        ``policies/<id>.<run>.json``; the run is a hash of traffic, outages, quality and seed.
    backend : {"threading", "dask"}
        Threads share the traffic. Dask workers read it by path, so `out` must be a folder that
        they see; without `out`, a temporary folder of this machine.
    client : distributed.Client, optional
        For Dask; default: the client that is active.
    n_jobs : int
        Threads, as in joblib; -1: all processors. Dask uses all its workers.
    seed : int
        Of every replay, and of the bootstrap.
    accounting : {"proxy", "sdk"}
        See :func:`routelab.simulate`.
    n_boot : int
        Resamples for the intervals.
    resume : bool
        Take finished policies of the same run from `out`.
    progress : callable, optional
        Called with (policies done, policies in all).

    Returns
    -------
    Sweep
        After Ctrl-C, what was done so far, with a note and ``interrupted`` set. A policy that
        cannot be replayed has its error in the table and does not stop the others.

    Raises
    ------
    InputError
        A grid that does not fit, no policies, an unknown backend, Dask not installed or without a
        client.

    Examples
    --------
    >>> import pandas as pd
    >>> from routelab import Plan, sweep
    >>> stamps = pd.date_range("2026-01-05", periods=40, freq="6h", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100})
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="strong")
    >>> found = sweep(traffic, plan, {"default": ["strong", "cheap"]}, n_jobs=1)
    >>> found.table["spend_per_day_usd"].round(5).tolist()
    [0.01436, 0.00086]
    """
    if backend not in BACKENDS:
        raise InputError(f"backend must be 'threading' or 'dask', got {backend!r}")
    points = _policies(policies, grid)
    if n_boot < 1:
        raise InputError(f"n_boot must be at least 1, got {n_boot}")
    shared = Shared(traffic, outages, quality, seed=seed, accounting=accounting, n_boot=n_boot)
    job = Job(shared, shared.run_key(), None if out is None else Path(out))
    total = len(points)
    done = {p.id: Result(p.id, error=p.error) for p in points if p.plan is None}
    if resume and job.out is not None:
        done |= read_results(job.out, job.run_key, (p.id for p in points if p.plan is not None))
    notes = _notes(shared, len(done), resume and job.out is not None, points)

    def keep(results: list[Result]) -> None:
        done.update((result.id, result) for result in results)
        if progress is not None:
            progress(len(done), total)

    interrupted = False
    try:
        with ExitStack() as stack:
            if backend == "dask":
                from routelab.sweeps._dask import dask_client, on_dask

                client = dask_client(client)
                folder = _work_folder(job, stack)
            first, rest = _timed_first(job, [p for p in points if p.id not in done], keep)
            if backend == "dask":
                on_dask(client, job, _batches(rest, first, len(client.ncores())), folder, keep)
            else:
                workers = _n_threads(n_jobs)
                on_threads(job, _batches(rest, first, workers), workers, keep)
    except KeyboardInterrupt:
        interrupted = True
        if job.out is not None:
            done |= read_results(job.out, job.run_key, (p.id for p in points if p.id not in done))
        notes.append(f"stopped after {len(done):,} of {total:,} policies")
    return Sweep(tuple(points), dict(done), tuple(notes), interrupted, shared.blocks.kind)


@dataclass(frozen=True, slots=True)
class Job:
    """What evaluates policies: the shared inputs, and where results are written."""

    shared: Shared
    run_key: str
    out: Path | None

    def run(self, policy: Policy) -> Result:
        """Evaluate one policy and write its result; an input error is a result too."""
        assert policy.plan is not None
        result = evaluate_or_error(self.shared, policy.id, policy.plan)
        if self.out is not None:
            write_result(self.out, self.run_key, result)
        return result


def evaluate_or_error(
    shared: Shared, policy_id: str, plan: Plan, decision_key: str | None = None
) -> Result:
    """Return the result of a policy; an input error is a result too."""
    try:
        return Result(policy_id, evaluate_policy(shared, plan, decision_key))
    except InputError as error:
        return Result(policy_id, error=str(error))


def on_threads(job: Job, batches: list[list[Policy]], n_jobs: int, keep: Keep) -> None:
    """Evaluate batches on threads; `keep` is called on the caller's thread.

    When that is interrupted, policies in flight are finished and kept, the others are not begun.
    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    stop, lock = Event(), Lock()
    finished: list[Result] = []

    def run_batch(batch: list[Policy]) -> None:
        for policy in batch:
            if stop.is_set():
                return
            result = job.run(policy)
            with lock:
                finished.append(result)

    def taken() -> list[Result]:
        with lock:
            ready, finished[:] = list(finished), []
        return ready

    parallel = Parallel(
        n_jobs=n_jobs, backend="threading", batch_size=1, return_as="generator_unordered"
    )
    running: Iterator[Any] = parallel(delayed(run_batch)(batch) for batch in batches)
    try:
        with threadpool_limits(1, "blas"):  # the threads are the policies'
            for _ in running:
                keep(taken())
    except BaseException:
        stop.set()
        for _ in running:  # waits for what is in flight, so that nothing runs on behind the caller
            pass
        raise
    finally:
        left = taken()
        if left:
            keep(left)


def _policies(
    policies: Plan | Sequence[Policy], grid: Grid | Mapping[str, Any] | None
) -> list[Policy]:
    if isinstance(policies, Plan):
        if grid is None:
            raise InputError("a plan needs a grid: which of its fields vary?")
        return make_policies(policies, grid)
    if grid is not None:
        raise InputError("a list of policies takes no grid: make it with policies(plan, grid)")
    points = list(policies)
    if not points:
        raise InputError("there are no policies to sweep over")
    if len({p.id for p in points}) < len(points):
        raise InputError("a policy stands twice in the list")
    return points


def _notes(shared: Shared, done: int, resumed: bool, points: list[Policy]) -> list[str]:
    blocks = shared.blocks
    told = "days (UTC)" if blocks.kind == "days" else "runs of consecutive requests"
    notes = [
        f"{len(shared.traffic):,} requests, seed {shared.seed}, the same for every policy",
        f"intervals: 95 % from {shared.n_boot:,} resamples of {blocks.n} {told}",
    ]
    if blocks.n < 14:
        notes.append(f"{blocks.n} blocks are few: the intervals are rather too narrow")
    misfits = sum(p.plan is None for p in points)
    if resumed and done > misfits:
        notes.append(f"{done - misfits:,} policies were finished before and taken over")
    if shared.quality is not None:
        known = float((~pd.isna(shared.quality.values)).any(axis=1).mean())
        notes.append(f"quality is the mean over served requests; known for {known:.1%} of requests")
    return notes


def _timed_first(job: Job, todo: list[Policy], keep: Keep) -> tuple[float, list[Policy]]:
    """Evaluate policies here until one works; return its seconds and the policies that are left.

    It compiles the kernel before several threads need it, and tells how many policies make a
    batch. Those that share decisions come one after the other.
    """
    keys = {p.id: decision_key(p.plan) for p in todo if p.plan is not None}
    todo = sorted(todo, key=lambda p: keys[p.id])
    seconds = BATCH_S
    while todo:
        policy, *todo = todo
        start = time.perf_counter()
        result = job.run(policy)
        seconds = time.perf_counter() - start
        keep([result])
        if result.error is None:
            break
    return seconds, todo


def _batches(todo: list[Policy], seconds: float, workers: int) -> list[list[Policy]]:
    """Cut policies into batches of at least 0.1 s, but leave work for every worker.

    Examples
    --------
    >>> [len(b) for b in _batches(list(range(10)), seconds=0.03, workers=1)]
    [4, 4, 2]
    """
    size = math.ceil(BATCH_S / max(seconds, 1e-6))
    size = max(1, min(size, math.ceil(len(todo) / workers)))
    return [todo[i : i + size] for i in range(0, len(todo), size)]


def _n_threads(n_jobs: int) -> int:
    from joblib import effective_n_jobs

    if n_jobs == 0:
        raise InputError("n_jobs must not be 0; -1 means all processors")
    return int(effective_n_jobs(n_jobs))


def _work_folder(job: Job, stack: ExitStack) -> Path:
    if job.out is not None:
        return job.out.resolve() / "shared" / job.run_key
    made = stack.enter_context(tempfile.TemporaryDirectory(prefix="routelab-sweep-"))
    return Path(made) / job.run_key
