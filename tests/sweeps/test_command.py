"""``routelab sweep``: files, exit codes, going on; and the picture of a front."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import plots
from routelab.sweeps import sweep
from routelab.traffic import write_traffic


@pytest.fixture
def files(tmp_path, traffic, plan):
    write_traffic(traffic.head(400), tmp_path / "traffic.parquet")
    plan.to_yaml(tmp_path / "plan.yaml")
    (tmp_path / "grid.yaml").write_text("budgets.0.limit_usd: [0.5, 2]\ncooldown.seconds: [5, 9]\n")
    (tmp_path / "quality.yaml").write_text("strong: 0.9\nmid: 0.8\ncheap: 0.7\n")
    return tmp_path


def arguments(files, *more):
    named = ("--plan", files / "plan.yaml", "--grid", files / "grid.yaml", "--out", files / "out")
    return ("sweep", files / "traffic.parquet", *named, *more)


def test_a_sweep_is_written_and_gone_on_with(run, files):
    code, out, err = run(*arguments(files, "--quality", files / "quality.yaml", "--jobs", 1))
    assert code == 0, err
    assert "4 policies: 4 done" in out
    table = pd.read_csv(files / "out" / "sweep.csv")
    assert len(table) == 4 and {"quality", "spend_per_day_usd_low"} <= set(table)
    assert pd.read_csv(files / "out" / "front.csv")["rank"].is_monotonic_increasing
    assert (files / "out" / "front.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((files / "out" / "policies").glob("*.json"))) == 4
    code, _, err = run(*arguments(files))
    assert code == 2 and "go on with --resume" in err
    more = ("--quality", files / "quality.yaml", "--resume", "--json")
    code, out, _ = run(*arguments(files, *more))
    answer = json.loads(out)
    assert code == 0 and len(answer["policies"]) == 4
    assert any("4 policies were finished before" in note for note in answer["notes"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_command_makes_a_dask_cluster(run, files, monkeypatch):
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    monkeypatch.chdir(files)
    code, out, err = run(*arguments(files, "--backend", "dask", "--jobs", 2))
    assert code == 0, err
    assert "4 policies: 4 done" in out


def test_mistakes_are_one_line_and_code_2(run, files):
    (files / "grid.yaml").write_text("cooldown.secnds: [5]\n")
    code, out, err = run(*arguments(files))
    assert (code, out) == (2, "") and "grid.yaml:1:1: " in err and "'seconds'" in err
    (files / "grid.yaml").write_text("cooldown.seconds: [5]\n")
    (files / "quality.yaml").write_text("strong: good\n")
    code, _, err = run(*arguments(files, "--quality", files / "quality.yaml"))
    assert code == 2 and "quality.yaml:1:1: quality of 'strong' must be a number" in err
    code, _, err = run(*arguments(files, "--scheduler", "tcp://127.0.0.1:1"))
    assert code == 2 and "--scheduler needs --backend dask" in err
    code, _, err = run("sweep", files / "traffic.parquet", "--plan", files / "plan.yaml", "--grid",
                       files / "grid.yaml", "--out", files / "plan.yaml")  # fmt: skip
    assert code == 2 and "is a file" in err
    assert not (files / "out").exists()


def test_when_every_policy_fails_the_answer_is_no(run, files):
    (files / "quality.yaml").write_text("nobody: 0.5\n")
    code, out, _ = run(*arguments(files, "--quality", files / "quality.yaml"))
    assert code == 1
    assert "4 failed" in out and "quality has no value for the deployment" in out


def test_the_picture_shows_every_policy_and_its_front(traffic, plan):
    grid = {"budgets.0.limit_usd": [0.4, 1.6, 3.2], "default": ["strong", "mid"]}
    found = sweep(traffic, plan, grid, quality={"strong": 0.9, "mid": 0.8, "cheap": 0.7})
    for theme in ("light", "dark"):
        fig, (ax,) = plots.figure(5, 3, theme=theme)
        lines = plots.pareto_front(found, ax, theme)
        assert sum(len(line.get_xdata()) for line in lines) == 6
        front = lines[-1]
        assert front.get_linestyle() == "-" and front.get_label().startswith("front ")
        assert (np.diff(front.get_xdata()) > 0).all() and (np.diff(front.get_ydata()) > 0).all()
        assert ax.get_ylabel() == "quality" and len(ax.collections) == 2 * len(lines)
        plots.png(fig)
    _, (ax,) = plots.figure(5, 3)
    plots.pareto_front(found, ax, x="latency_p95_s", y="availability")
    assert ax.get_xlabel() == "latency p95 s"
