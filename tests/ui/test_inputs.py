"""Panels take data and plans, or the paths of their files; anything else is one line."""

from __future__ import annotations

import pytest

import routelab as rl
from routelab import InputError, ui
from routelab.datasets import data_dir

LOG, PLAN = data_dir() / "traffic.parquet", data_dir() / "plan.yaml"


def test_paths_are_read_and_named_in_the_script(tmp_path):
    log = tmp_path / "log.parquet"
    rl.datasets.load_traffic().head(400).to_parquet(log)
    outages = tmp_path / "outages.csv"
    outages.write_bytes((data_dir() / "outages.csv").read_bytes())
    panel = ui.budget(str(log), PLAN, outages=outages)
    lines = panel.as_code().splitlines()
    assert f"traffic = rl.read_log({str(log)!r}).frame" in lines
    assert "plan = rl.Plan.from_yaml(data_dir() / 'plan.yaml')" in lines
    assert f"outages = rl.read_outages({str(outages)!r})" in lines
    assert "from routelab.datasets import data_dir" in lines and "PATH OF" not in panel.as_code()
    assert "data_dir() / 'plan.yaml'" in ui.export(str(PLAN)).as_code()
    assert repr(str(log)) in ui.profile(log).as_code()
    assert ui.budget(rl.read_log(log), PLAN).result.summary["requests"] == 400


def test_the_script_of_bundled_files_makes_the_same_again(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    panel = ui.budget(LOG, PLAN)
    panel.update(daily_usd=9.0, soft_percent=80)
    names: dict = {}
    exec(compile(panel.as_code(), "script", "exec"), names)  # noqa: S102
    assert capsys.readouterr().out.strip() == panel.status.text
    assert (tmp_path / "budget.png").read_bytes() == panel.still()


@pytest.mark.parametrize(("make", "told"), [
    (lambda plan: ui.budget(["a"], plan), "'traffic' must be a DataFrame of requests.*got list"),
    (lambda plan: ui.budget("none.parquet", plan), "none.parquet"),
    (lambda plan: ui.budget(LOG, {"models": {}}), "'plan' must be a rl.Plan or the path.*got dict"),
    (lambda plan: ui.budget(LOG, plan, outages=3), "'outages' must be a DataFrame.*got int"),
    (lambda plan: ui.watch(None, plan), "'log' must be a DataFrame of requests.*got NoneType"),
    (lambda plan: ui.export("none.yaml"), "none.yaml"),
    (lambda plan: ui.export(3), "'plan' must be a rl.Plan.*got int"),
    (lambda plan: ui.label(["a", "b"]), "takes a rl.LabelSession, got list: make one with"),
    (lambda plan: ui.profile(3), "a profile needs traffic"),
])  # fmt: skip
def test_what_is_neither_is_one_line(make, told):
    with pytest.raises(InputError, match=told) as error:
        make(rl.Plan.from_yaml(PLAN))
    assert "\n" not in str(error.value)
