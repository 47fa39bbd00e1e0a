"""A real cluster of two worker processes gives the table that threads give."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from routelab import InputError, make_router, sweep
from routelab.sweeps import _dask

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    folder = str(tmp_path_factory.mktemp("dask"))
    cluster = distributed.LocalCluster(
        processes=True, n_workers=2, threads_per_worker=1, dashboard_address=":0",
        local_directory=folder,
    )  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        yield client


def test_dask_gives_the_table_of_threads(client, traffic, plan, grid, tmp_path):
    router = make_router("centroid").fit(["fix code", "a poem"] * 3, ["mid", "cheap"] * 3)
    routed = plan.replace(router=router, rules=())
    prompts = traffic.assign(
        prompt=["fix code", "a poem"] * (len(traffic) // 2) + ["a"] * (len(traffic) % 2)
    )
    start = traffic["timestamp"].iloc[100]
    down = pd.DataFrame(
        {"start": [start], "end": [start + pd.Timedelta("1D")], "provider": "openai"}
    )
    options = {"quality": {"strong": 1.0, "mid": 0.8, "cheap": 0.5}, "outages": down}
    threads = sweep(prompts, routed, grid, **options)
    spread = sweep(prompts, routed, grid, backend="dask", client=client, out=tmp_path, **options)
    pd.testing.assert_frame_equal(spread.table, threads.table)
    assert len(list((tmp_path / "policies").glob("*.json"))) == 8
    again = sweep(prompts, routed, grid, backend="dask", client=client, out=tmp_path, **options)
    assert any("8 policies were finished before" in note for note in again.notes)


def test_dask_works_in_more_than_one_process_and_records_failures(client, traffic, plan):
    grid = {"models.cheap": ["gpt-4o-mini", "azure/gpt-4o-mini"], "retries.num_retries": [0, 1, 2]}
    quality = {"strong": 0.9, "mid": 0.8, "gpt-4o-mini": 0.7}
    one = plan.replace(budgets=plan.budgets[:1])
    done = sweep(traffic, one, grid, quality=quality, backend="dask")  # the active client
    assert done.table["status"].tolist() == ["done"] * 3 + ["failed"] * 3
    assert len(set(client.run(__import__("os").getpid).values())) == 2


def test_ctrl_c_cancels_what_is_not_done(client, traffic, plan):
    def stop(done, total):
        if done >= 2:
            raise KeyboardInterrupt

    grid = {"cooldown.seconds": list(range(1, 31))}
    part = sweep(traffic, plan, grid, backend="dask", client=client, progress=stop)
    assert part.interrupted and 2 <= (part.table["status"] == "done").sum() < 30


def test_a_worker_that_does_not_see_the_folder_says_so():
    with pytest.raises(InputError, match="set out= to a folder that all workers see"):
        _dask.run_tasks("/nowhere", [], None, "run")


def test_without_dask_the_extra_is_named(traffic, plan, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[dask\]"'):
        sweep(traffic.head(9), plan, {"timeout_s": [9]}, backend="dask")


def test_without_a_client_that_is_said(traffic, plan, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")

    def none_active():
        raise ValueError("No global client found")

    monkeypatch.setattr(distributed, "get_client", none_active)
    with pytest.raises(InputError, match="no Dask client is active"):
        sweep(traffic.head(9), plan, {"timeout_s": [9]}, backend="dask")
