"""Arguments that say something impossible are refused, before anything is read or written."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["lab", "app"])
@pytest.mark.parametrize("port", [99999, -1])
def test_a_number_that_is_no_port(run, tmp_path, command, port):
    code, _, err = run(command, "--directory", tmp_path / "mine", f"--port={port}")
    assert (code, err) == (2, f"routelab: port must be from 0 to 65535, got {port}\n")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("usd", ["-2", "0", "nan"])
def test_a_budget_that_pays_for_nothing(run, tmp_path, usd):
    code, _, err = run(
        "judge",
        "bundled:prompts.csv",
        "--labels",
        "easy,hard",
        "--model",
        "gpt-4o",
        "--out",
        tmp_path / "labels.csv",
        "--estimate",
        f"--max-usd={usd}",
    )
    assert (code, err) == (2, f"routelab: --max-usd must be above 0, got {usd}\n")


@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        (
            "traffic.parquet",
            "x.csv",
            "what was read (traffic) goes to a file that ends in .parquet",
        ),
        ("traffic.parquet", "x", "what was read (traffic) goes to a file that ends in .parquet"),
        ("prompts.csv", "x.parquet", "what was read (labels) goes to a file that ends in .csv"),
        (
            "catalog.yaml",
            "x.csv",
            "what was read (prices) goes to a file that ends in .yaml or .yml",
        ),
    ],
)
def test_a_name_that_says_another_format(run, tmp_path, file, name, told):
    code, _, err = run("read", f"bundled:{file}", "--out", tmp_path / name)
    assert code == 2 and f"--out: {told}" in err and f"{name}'" in err
    assert not list(tmp_path.iterdir())


def test_one_of_something_is_no_plural(run):
    _, out, _ = run("fetch", "--list")
    assert "arena_hard: 1 file, " in out


def test_one_alarm_is_no_plural():
    from types import SimpleNamespace

    from routelab.watching.result import DriftReport

    alarms = (SimpleNamespace(severity="alarm"), SimpleNamespace(severity="warning"))
    told = DriftReport._title(SimpleNamespace(n_log=3, plan="team", alarms=alarms))
    assert told.endswith("1 alarm, 1 warning")
