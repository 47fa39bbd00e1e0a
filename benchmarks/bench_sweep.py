"""Sweeps of many policies: threads 1 against 2, and Dask against threads, in one run.

    python benchmarks/bench_sweep.py --requests 1000000 --policies 256

One JSON line per figure on standard output. Requests repeat the bundled week, later and later.
"""

from __future__ import annotations

import argparse
import json
import os
import time

import pandas as pd

from routelab import Plan, sweep
from routelab.datasets import data_dir, load_traffic


def repeated(requests: int) -> pd.DataFrame:
    """Return `requests` requests without prompts: the bundled week again and again."""
    week = load_traffic().assign(prompt=None)
    parts = []
    for number in range(-(-requests // len(week))):
        shift = pd.Timedelta(days=7 * number)
        ids = week["request_id"] + f"-{number}"
        parts.append(week.assign(timestamp=week["timestamp"] + shift, request_id=ids))
    return pd.concat(parts, ignore_index=True).head(requests)


def grid_of(policies: int) -> dict:
    """Return a grid of exactly that many policies."""
    return {"budgets.0.limit_usd": [1 + 0.1 * i for i in range(policies)]}


def timed(name: str, facts: dict, **options) -> tuple[float, pd.DataFrame]:
    start = time.perf_counter()
    table = sweep(**options).table
    seconds = time.perf_counter() - start
    assert (table["status"] == "done").all()
    per_policy = seconds / len(table)
    line = {"name": name, "seconds": seconds, "seconds_per_policy": per_policy, **facts}
    print(json.dumps(line), flush=True)
    return seconds, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--policies", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-dask", action="store_true")
    given = parser.parse_args()
    traffic = repeated(given.requests)
    plan = Plan.from_yaml(data_dir() / "plan.yaml").replace(router=None, decision_cache=None)
    facts = {"requests": len(traffic), "policies": given.policies, "processors": os.cpu_count()}
    sweep(traffic.head(100), plan, {"timeout_s": [9]})  # compiles
    job = {"traffic": traffic, "policies": plan, "grid": grid_of(given.policies)}
    one, table = timed("sweep_threads_1", facts, n_jobs=1, **job)
    many, again = timed(f"sweep_threads_{given.workers}", facts, n_jobs=given.workers, **job)
    pd.testing.assert_frame_equal(table, again)
    scaling = {"name": "sweep_threads_scaling", "workers": given.workers, "speed_up": one / many}
    print(json.dumps({**scaling, **facts}), flush=True)
    if given.no_dask:
        return
    import distributed

    with (
        distributed.LocalCluster(
            processes=True, n_workers=given.workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        spread, again = timed("sweep_dask", facts, backend="dask", client=client, **job)
    pd.testing.assert_frame_equal(table, again)
    overhead = {"name": "sweep_dask_over_threads", "workers": given.workers, "ratio": spread / many}
    print(json.dumps({**overhead, **facts}), flush=True)


if __name__ == "__main__":
    main()
