"""Files and clusters of a sweep on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from routelab import plots
from routelab._checks import InputError, atomic_file, require
from routelab._yaml import read_yaml
from routelab.outcomes import read_outcomes
from routelab.sweeps.result import Sweep


def check_folder(out: Path, resume: bool) -> None:
    """Refuse a folder that holds something, unless a sweep there is to go on."""
    if out.is_file():
        raise InputError(f"{str(out)!r} is a file; --out names a folder")
    if out.is_dir() and any(out.iterdir()) and not resume:
        raise InputError(
            f"{str(out)!r} exists already; name another folder, or go on with --resume"
        )


def read_quality(path: Path) -> Any:
    """Read quality: YAML from model group or model to a number, or an outcome table."""
    if path.suffix not in (".yaml", ".yml"):
        return read_outcomes(path)
    document = read_yaml(path, "quality file")
    if not isinstance(document.data, dict):
        raise InputError(f"{path}: quality maps model groups or models to numbers")
    for name, value in document.data.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(
                f"{document.where([name])}: quality of {name!r} must be a number, got {value!r}"
            )
    return document.data


def save_sweep(sweep: Sweep, out: Path) -> None:
    """Write ``sweep.csv`` (all policies), ``front.csv`` (sorted by their rank), ``front.png``."""
    sweep.to_csv(out / "sweep.csv")
    if sweep.metrics:
        with atomic_file(out / "front.csv") as temporary:
            sweep.front().to_csv(temporary, index=False)
        fig, axes = plots.figure()
        plots.pareto_front(sweep, axes[0])
        with atomic_file(out / "front.png") as temporary:
            temporary.write_bytes(plots.png(fig))


@contextmanager
def dask_cluster(backend: str, jobs: int, scheduler: str | None) -> Iterator[Any]:
    """Give a client of a scheduler, or of a cluster of processes on this machine; else None."""
    if backend != "dask":
        if scheduler is not None:
            raise InputError("--scheduler needs --backend dask")
        yield None
        return
    distributed = require("distributed", "dask")
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout="10s")
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {scheduler!r}: {error}") from None
        with client:
            yield client
        return
    workers = None if jobs < 1 else jobs
    with (
        distributed.LocalCluster(
            processes=True, n_workers=workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
