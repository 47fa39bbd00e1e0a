"""``routelab ab``: planning and analysing on the command line."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from routelab import analyse_split


@pytest.fixture
def run(run):
    """Return a function that runs the command with arguments."""
    return partial(run, "ab")


@pytest.fixture
def frame():
    rng = np.random.default_rng(1)
    user = rng.integers(0, 200, 1_000)
    arm = np.where(user % 2 == 0, "control", "treatment")
    cost = rng.gamma(2, 0.01, 1_000) * (1 + (user % 2))
    ids = [f"{number:04d}" for number in user]  # must stay text: 0007 is not 7
    return pd.DataFrame({"user": ids, "arm": arm, "cost_usd": cost, "ok": cost > 0.01})


def write(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True, double_precision=15)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_every_format_gives_the_same_answer(run, frame, tmp_path, name):
    path = write(frame, tmp_path / name)
    code, out, _ = run(
        "analyse", path, "--metric", "cost_usd", "--kind", "ratio", "--unit", "user", "--json"
    )
    told = json.loads(out)["table"][0]
    row = analyse_split(frame, "cost_usd", kind="ratio", unit="user").to_frame().iloc[0]
    assert code == 0
    assert told["difference"] == pytest.approx(row["difference"])
    assert told["p_holm"] == pytest.approx(row["p_holm"])
    assert told["units"] == row["units"]


def test_a_mismatch_is_exit_code_1_and_the_first_line(run, frame, tmp_path):
    path = write(frame, tmp_path / "t.csv")
    arguments = ("analyse", path, "--metric", "ok", "--kind", "binary", "--unit", "user")
    code, out, _ = run(*arguments, "--shares", "control=0.9,treatment=0.1")
    assert (code, out.startswith("SAMPLE RATIO MISMATCH")) == (1, True)
    code, out, _ = run(*arguments, "--shares", "control=0.5,treatment=0.5", "--sequential")
    assert (code, out.startswith("sample ratio: as expected")) == (0, True)
    assert "for any number of looks" in out


def test_the_plan_knows_the_shares(run, frame, tmp_path):
    path, plan = write(frame, tmp_path / "t.parquet"), tmp_path / "plan.yaml"
    arms = "{control: {share: 0.5}, treatment: {share: 0.5}}"
    text = "models: {cheap: gpt-4o-mini}\ndefault: cheap\n"
    plan.write_text(text + f"split: {{name: t, arms: {arms}}}\n")
    base = ("analyse", path, "--metric", "cost_usd", "--unit", "user", "--plan", plan)
    code, out, _ = run(*base, "--json")
    assert code == 0
    assert json.loads(out)["sample_ratio"]["alarm"] is False
    assert run(*base, "--shares", "control=1")[2].endswith("not both\n")
    plan.write_text(text)
    assert "has no split" in run(*base)[2]


def test_a_size_in_words_and_as_json(run):
    base = ("plan", "--baseline", 0.1, "--effect", 0.02, "--units-per-day", 500)
    code, out, _ = run(*base)
    assert code == 0
    assert "7,682 units (3,841 + 3,841)\nthat is 16 days" in out
    told = json.loads(run(*base, "--sequential", "--shares", "0.6,0.4", "--json")[1])
    assert told["design"] == "sequential"
    assert told["total"] == sum(told["units"])
    assert told["looks"] == told["days"]


def test_bad_input_is_one_line_and_exit_code_2(run, frame, tmp_path):
    table = write(frame, tmp_path / "t.csv")
    (tmp_path / "t.xlsx").write_bytes(b"x")
    (tmp_path / "t.parquet").write_bytes(b"x")
    (tmp_path / "bad.jsonl").write_text("{")
    cases = [
        (("analyse", tmp_path / "none.csv", "--metric", "x"), "does not exist"),
        (("analyse", tmp_path / "t.xlsx", "--metric", "x"), "ends in .csv, .jsonl or .parquet"),
        (("analyse", tmp_path / "t.parquet", "--metric", "x"), "not a parquet file"),
        (("analyse", tmp_path / "bad.jsonl", "--metric", "x"), "not a jsonl file"),
        (("analyse", table, "--metric", "cost"), "there is no column 'cost'"),
        (("analyse", table, "--metric", "ok", "--shares", "0.5"), "must look like control=0.5"),
        (("plan", "--baseline", 0.1, "--effect", 0.02, "--shares", "a,b"), "'a' is not a number"),
        (("plan", "--baseline", 0.1, "--effect", 0), "other than 0"),
    ]
    for arguments, message in cases:
        code, out, err = run(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), arguments
        assert message in err
