"""The report as text, HTML, files, picture and command; nothing of a log is obeyed or shown."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pandas as pd
import pytest

from routelab import DriftReport, drift, plots, save_bundle, simulate
from routelab.traffic import write_traffic

from .conftest import make_log

HOSTILE = "<script>alert(1)</script>\x1b[2J$\\frac{"


@pytest.fixture(scope="module")
def report(plan, log):
    odd = make_log(plan, length=3, seed=1, start="2026-01-11")
    odd["model"] = odd["model"].replace("gpt-4o", HOSTILE)
    return drift(odd, plan, reference=log, n_paths=10, n_permutations=199)


def test_the_text_tells_alarms_first_and_no_prompt(report):
    text = str(report)
    assert text.splitlines()[1].startswith("ALARM")
    assert "\x1b" not in text and "To do: " in text and "please" not in text
    assert "shift: 600 requests against 600 of the reference" in text
    order = [alarm.severity for alarm in report.alarms]
    assert order == sorted(order)


def test_the_html_is_escaped(report):
    html = report._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html and "\x1b" not in html


def test_a_report_without_tables_has_html_too(plan, log):
    html = drift(log[:3], plan)._repr_html_()
    assert "<table>" not in html and "agreement: of 3 judged requests 100.0% went" in html


def test_it_is_frozen_and_its_frame_a_copy(report):
    with pytest.raises(FrozenInstanceError):
        report.plan = "x"
    frame = report.to_frame()
    frame.loc[:, "psi"] = 0
    assert report.table["psi"].max() > 0.25


def test_the_folder_holds_tables_json_and_picture(report, tmp_path):
    report.save(tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        *("alarms.csv", "agreement.csv", "drift.json", "drift.png", "prices.csv"),
        *("shift.csv", "spend.csv"),
    }
    told = json.loads((tmp_path / "out" / "drift.json").read_text())
    assert told["alarms"][0]["severity"] == "alarm" and len(told["shift"]) == len(report.table)
    assert len(pd.read_csv(tmp_path / "out" / "alarms.csv")) == len(report.alarms)
    assert (tmp_path / "out" / "drift.png").read_bytes().startswith(b"\x89PNG")
    assert "please" not in (tmp_path / "out" / "drift.json").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_draws_each_feature(report, theme):
    fig, (ax,) = plots.figure(7, 4, theme=theme)
    bars = plots.drift(report, ax, theme)
    assert [bar.get_width() for bar in bars] == report.table["psi"].tolist()
    assert [text.get_text() for text in ax.get_yticklabels()][0] == report.table.index[0]
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "moved much" in told and "95 % of chance stays below" in told
    assert plots.png(fig) == plots.png(fig)


def test_a_report_without_a_shift_says_so_in_its_picture(plan, log):
    _, (ax,) = plots.figure(7, 4)
    assert plots.drift(drift(log[:3], plan), ax) == []
    assert ax.texts[0].get_text() == "no shift was tested"


@pytest.fixture(scope="module")
def files(plan, log, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drift")
    save_bundle(folder / "plan.zip", plan=plan)
    write_traffic(log, folder / "old.parquet")
    write_traffic(make_log(plan, seed=2, start="2026-01-11"), folder / "new.parquet")
    write_traffic(make_log(plan, seed=7, start="2026-01-11", length=4), folder / "bad.parquet")
    return folder


def test_the_command_is_silent_on_the_same_and_exits_1_on_an_alarm(run, files, tmp_path):
    options = ("--plan", files / "plan.zip", "--reference", files / "old.parquet", "--paths", 10)
    code, out, _ = run("drift", files / "new.parquet", *options)
    assert (code, "0 alarms" in out) == (0, True), out
    bad = files / "bad.parquet"
    code, out, _ = run("drift", bad, *options, "--json", "--out", tmp_path / "out")
    told = json.loads(out)
    assert code == 1 and told["alarms"][0]["severity"] == "alarm"
    assert (tmp_path / "out" / "drift.json").is_file()
    code, out, _ = run("drift", bad, *options, "--unit", "none", "--out", tmp_path / "two")
    assert code == 1 and out.rstrip().endswith(f"wrote {tmp_path / 'two'}")
    code, out, _ = run("drift", files / "new.parquet", "--plan", files / "plan.zip", "--paths", 20)
    assert code == 0 and "of the log (before 2026-01-14" in out


def test_bad_input_is_one_line_and_exit_code_2(run, files):
    new, plan = files / "new.parquet", files / "plan.zip"
    cases = [
        ((files / "none.csv", "--plan", plan), "none.csv"),
        ((new, "--plan", files / "none.yaml"), "none.yaml"),
        ((new, "--plan", plan, "--alpha", 1.5), "alpha must lie between 0 and 1"),
        ((new, "--plan", plan, "--unit", "nobody"), "the log has no column 'nobody'"),
    ]
    for arguments, message in cases:
        code, out, err = run("drift", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), arguments
        assert message in err


def test_a_replay_of_the_plan_is_what_the_plan_decides(plan, log):
    replay = simulate(log, plan)
    served = log.assign(model=replay.decisions["model"].astype(str).to_numpy())
    report = drift(served, plan, reference=log, n_permutations=99)
    assert isinstance(report, DriftReport)
    assert report.agreement.query("scope == 'all'")["same"].item() == 1
