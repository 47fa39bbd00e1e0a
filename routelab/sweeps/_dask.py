"""A sweep on a Dask cluster: workers read the traffic by path, tasks carry plain data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routelab._checks import InputError, require
from routelab.plan import Plan
from routelab.sweeps.policy import Policy
from routelab.sweeps.shared import read_shared, write_decisions, write_shared
from routelab.sweeps.store import Result, write_result

if TYPE_CHECKING:
    from routelab.sweeps.run import Job, Keep


def dask_client(client: Any = None) -> Any:
    """Return the client, or the one that is active.

    Raises
    ------
    InputError
        Dask is not installed, or no client is active.
    """
    distributed = require("distributed", "dask")
    if client is not None:
        return client
    try:
        return distributed.get_client()
    except ValueError:
        raise InputError(
            "no Dask client is active: make one with distributed.Client(...), or pass client="
        ) from None


def on_dask(
    client: Any,
    job: Job,
    batches: list[list[Policy]],
    folder: Path,
    keep: Keep,
) -> None:
    """Evaluate batches on the workers of a client; after an interrupt, cancel what is not done."""
    distributed = require("distributed", "dask")
    if not batches:
        return
    write_shared(job.shared, folder)
    out = None if job.out is None else str(job.out.resolve())
    futures = []
    try:
        for batch in batches:
            tasks = [_task(job, policy, folder) for policy in batch]
            futures.append(
                client.submit(run_tasks, str(folder), tasks, out, job.run_key, pure=False)
            )
        for future in distributed.as_completed(futures):
            keep(future.result())
    finally:
        client.cancel([future for future in futures if not future.done()])


def _task(job: Job, policy: Policy, folder: Path) -> dict[str, Any]:
    """Return a policy as plain data; its router stays here, its decisions are in the folder."""
    assert policy.plan is not None
    key = write_decisions(job.shared, policy.plan, folder)
    return {
        "id": policy.id,
        "plan": policy.plan.replace(router=None).to_mapping(),
        "decisions": key,
    }


def run_tasks(
    folder: str, tasks: list[Mapping[str, Any]], out: str | None, run_key: str
) -> list[Result]:
    """Evaluate some policies on a worker."""
    from routelab.sweeps.run import evaluate_or_error

    shared = read_shared(folder)
    results = []
    for task in tasks:
        plan = Plan.model_validate(task["plan"])
        result = evaluate_or_error(shared, task["id"], plan, task["decisions"])
        if out is not None:
            write_result(Path(out), run_key, result)
        results.append(result)
    return results
