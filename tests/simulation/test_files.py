"""Traffic in parts gives what it gives in one piece."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, Plan, simulate, simulate_file
from routelab.simulation import files
from routelab.traffic.schema import write_traffic


@pytest.fixture(scope="module")
def week(root):
    from routelab.datasets import load_traffic

    return load_traffic().head(6000)


@pytest.fixture(scope="module")
def plan(root):
    return Plan.from_yaml(root / "data" / "plan.yaml")


def partitioned(frame, folder, sizes):
    start = 0
    folder.mkdir()
    for number, size in enumerate(sizes):
        write_traffic(frame.iloc[start : start + size], folder / f"part-{number:03}.parquet")
        start += size
    write_traffic(frame.iloc[start:], folder / "part-999.parquet")
    return folder


def test_parts_add_up_to_the_whole(week, plan, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BATCH", 700)
    whole = simulate(week, plan, seed=3)
    folder = partitioned(week, tmp_path / "log", [1, 1500, 17, 3000])
    seen = []
    rows = tmp_path / "rows.parquet"
    parts = simulate_file(folder, plan, seed=3, rows_to=rows, progress=lambda *a: seen.append(a))
    assert seen[-1] == (6000, 6000) and len(seen) > 8
    shared = ["requests", "served", "failed", "refused", "degraded"]
    assert parts.daily[shared].to_dict() == whole.daily[shared].to_dict()
    np.testing.assert_allclose(parts.daily["spend_usd"], whole.daily["spend_usd"], rtol=1e-12)
    for name in ("attempts", "retries", "fallbacks", "served", "refused"):
        assert parts.summary[name] == whole.summary[name], name
    assert parts.summary["share_by_model"] == pytest.approx(whole.summary["share_by_model"])
    assert parts.summary["latency_p95_s"] == pytest.approx(whole.summary["latency_p95_s"], rel=0.02)
    written = pd.read_parquet(rows).sort_values("request", ignore_index=True)
    assert written["cost_usd"].tolist() == whole.decisions["cost_usd"].tolist()
    assert written["status"].tolist() == whole.decisions["status"].tolist()


def test_interrupted_work_is_kept(week, plan, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BATCH", 1000)
    path = tmp_path / "week.parquet"
    write_traffic(week, path)

    def stop(done, total):
        if done >= 3000:
            raise KeyboardInterrupt

    found = simulate_file(path, plan, progress=stop)
    assert found.interrupted
    assert 2900 < found.summary["requests"] <= 3000
    assert "interrupted after" in str(found)
    found.save(tmp_path / "out")
    kept = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert kept["summary"]["requests"] == found.summary["requests"]


def test_parts_that_go_back_in_time_are_refused(week, plan, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    write_traffic(week.iloc[3000:], folder / "a.parquet")
    write_traffic(week.iloc[:3000], folder / "b.parquet")
    with pytest.raises(InputError, match="must be in the order of time: a part starts at 2026"):
        simulate_file(folder, plan)


def test_what_is_no_parquet_is_refused(plan, tmp_path):
    with pytest.raises(InputError, match="neither a Parquet file nor a folder"):
        simulate_file(tmp_path, plan)
    (tmp_path / "x.parquet").write_text("hello")
    with pytest.raises(InputError, match=r"x\.parquet: not a Parquet file"):
        simulate_file(tmp_path / "x.parquet", plan)
