"""The budget panel's sweep, its clicks, and another log in place of the first."""

from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

from routelab import InputError, Plan, ui
from routelab._checks import require
from routelab.datasets import data_dir
from routelab.sweeps import policies, sweep
from routelab.ui import _budget_load as load
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_plan import plan_with
from routelab.ui._budget_sweep import LIMITS, grid_of
from routelab.ui._points import nearest

from .conftest import html_of


@pytest.fixture
def panel(traffic, plan, outages):
    return ui.budget(traffic, plan, outages=outages)


def swept(panel):
    panel.sweeper.run()
    panel.sweeper.job.join()
    return panel.sweeper


def test_a_sweep_finds_what_the_library_finds_for_each_limit(panel, traffic, plan, outages):
    panel.sweeper.by.value = "soft_percent"
    view = swept(panel)
    points = [dict(policy.values) for policy in view.found.policies]
    limits = sorted({point["daily_usd"] for point in points})
    assert len(limits) == LIMITS and len(points) == 4 * LIMITS
    own = plan_with(plan, panel.config)
    known = sweep(
        traffic, policies(own, {"budgets.0.limit_usd": limits}), outages=outages, n_jobs=1
    )
    ours = view.found.table.query("soft_percent == 100")["spend_per_day_usd"].tolist()
    assert ours == pytest.approx(known.table["spend_per_day_usd"].tolist())
    assert "24 of 24 settings" in view.status.text and view.bar.value == 24


def test_a_point_of_the_list_becomes_the_settings(panel):
    view = swept(panel)
    before = view.picture.value
    view.points.index = 4
    assert view.picture.value != before  # the ring has moved
    view.take.click()
    values = dict(view.found.policies[4].values)
    assert {name: getattr(panel.config, name) for name in values} == values
    row = view.found.table.iloc[4]
    days = view.found.table["spend_per_day_usd"].iloc[4]
    assert row["id"] == view.points.value and days > 0
    assert f"Budget ${values['daily_usd']:,.2f} a day" in panel.status.text


def test_a_click_takes_the_nearest_point_and_one_far_away_takes_none(panel):
    view = swept(panel)
    x, y = view._places[2]
    sent = {"content": {"data": {"method": "custom", "content": {"do": "point", "x": x, "y": y}}},
            "buffers": []}  # fmt: skip
    view._shown.children[0].children[1]._handle_msg(sent)
    found = view.found.table.set_index("id")["spend_per_day_usd"]
    assert found[view.points.value] == pytest.approx(found.iloc[2])
    assert panel.config.daily_usd == dict(view.found.policies[2].values)["daily_usd"]
    config = panel.config
    view.clicked(0.99, 0.01)
    assert "no point near" in view.status.text and panel.config == config
    assert nearest(0.5, 0.5, np.zeros((0, 2)), 0.3) is None


def test_a_cancelled_sweep_keeps_what_was_done(panel, monkeypatch):
    view = panel.sweeper
    tell = view.status.ok

    def stop_after_one(text):
        tell(text)
        if text.startswith("1 of"):
            view.cancel.click()

    monkeypatch.setattr(view.status, "ok", stop_after_one)
    view.run()
    view.job.join()
    assert view.found.interrupted and "Cancelled" in view.status.text
    assert len(view.points.options) == 1 and view.cancel.disabled


def test_a_sweep_over_what_is_no_setting_of_a_sweep_is_refused(plan):
    with pytest.raises(InputError, match="got 'growth'"):
        grid_of(plan, BudgetConfig(1.0, sweep_by="growth"), 9.0)


def load_log(panel, path):
    panel.loader.path.value = str(path)
    panel.loader.button.click()
    panel.loader.job.join()
    panel.wait()
    return panel.loader.status.text


def test_another_log_is_read_and_what_was_rejected_is_said(panel, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "time,prompt_tokens,completion_tokens\n2026-03-02T10:00:00Z,12,5\nsoon,1,1\n"
        "2026-03-02T11:00:00Z,12,5\n"
    )
    told = load_log(panel, path)
    assert told.startswith("3 rows read, 2 requests; 1 rejected, the first: ")
    assert panel.config.log == str(path) and len(panel.result.outcome) == 2
    panel.reset()
    assert panel.config.log == "" and len(panel.result.outcome) == 216


def test_plan_a_is_replayed_on_the_log_that_is_shown(panel, tmp_path):
    panel.pin()
    panel.update(daily_usd=2.0)
    path = tmp_path / "log.csv"
    rows = "2026-03-02T10:00:00Z,9000,500\n" * 40
    path.write_text(f"time,prompt_tokens,completion_tokens\n{rows}")
    load_log(panel, path)
    assert len(panel.result.pinned.outcome) == len(panel.result.outcome) == 40
    assert panel._plan_a(panel.config).start_hour == panel.config.start_hour
    load_log(panel, path)
    panel.pin()
    assert "log" not in dict(panel.config.pinned)


def test_lines_that_are_true_no_more_go(panel, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("time,prompt_tokens,completion_tokens\n2026-03-02T10:00:00Z,12,5\n")
    assert "The panel shows this log" in load_log(panel, path)
    panel.update(daily_usd=3.0)
    assert "The panel shows this log" in panel.loader.status.text
    panel.reset()
    assert panel.loader.status.text.startswith("A log of your gateway")
    view = swept(panel)
    view.use()
    assert view.status.text.startswith("The panel shows: ")
    panel.update(daily_usd=panel.config.daily_usd + 1)
    assert "replayed on the same requests" in view.status.text


def test_one_day_has_no_interval_and_what_the_log_does_not_reach_is_said(panel, tmp_path):
    path = tmp_path / "log.csv"
    rows = "".join(f"2026-03-02T10:{i:02d}:00Z,900000,50000\n" for i in range(40))
    path.write_text(f"time,prompt_tokens,completion_tokens\n{rows}")
    panel.update(outage_hours=1.0)
    assert "outside of this log" not in panel.status.text
    load_log(panel, path)
    assert "(one day, no interval)" in panel.facts.value and "95 %:" not in panel.facts.value
    if panel.config.incident:
        assert ", 2026: outside of this log" in panel.status.text


def test_a_router_and_a_budget_that_no_request_meets_are_told(plan, traffic):
    bundled = Plan.from_yaml(data_dir() / "plan.yaml").fitted()
    told = load.Workload(traffic.drop(columns="prompt"), bundled).told
    assert "No request carries a prompt, so the router was never asked." in told
    assert "No request is of tier 'free', which has a budget." in told
    assert load.Workload(traffic, plan).told == ""


def test_what_the_reader_of_a_log_warns_of_is_said(panel, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("time,prompt_tokens,completion_tokens\n2026-03-02T10:00:00,12,5\n")
    told = load_log(panel, path)
    assert told.startswith("1 row read, 1 request; columns guessed from their names: timestamp = ")
    assert "; stamps carry no time zone: UTC assumed. The panel shows" in told


def test_a_wrong_log_is_said_beside_the_field_and_the_old_one_stays(panel, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "other.csv").write_text("name,size\na,1\n")
    (tmp_path / "no_tokens.csv").write_text("time,model\n2026-03-02T10:00:00Z,gpt-4o\n")
    before, config = panel.status.text, panel.config
    for name in ("empty.csv", "other.csv", "no_tokens.csv", "none.csv"):
        told = load_log(panel, tmp_path / name)
        assert "rows read" not in told and 'role="alert"' in panel.loader.status.value, name
        assert panel.config == config and panel.status.text == before
    assert "name a file" in load_log(panel, " ")


LINES = (
    b"time,prompt_tokens,completion_tokens\n2026-03-02T10:00:00Z,12,5\nsoon,1,1\n"
    b"2026-03-02T11:00:00Z,12,5\n"
)


def send(panel, name, at, content, size):
    message = {"do": "part", "name": name, "at": at, "size": size}
    data = {"method": "custom", "content": message}
    panel.loader.upload._handle_msg({"content": {"data": data}, "buffers": [content]})


def upload(panel, name, content=LINES):
    for at in range(0, max(len(content), 1), 50):  # in parts
        send(panel, name, at, memoryview(content[at : at + 50]), len(content))
    panel.loader.job.join()
    panel.wait()
    return panel.loader.status.text


def test_a_log_is_uploaded_and_nothing_of_it_is_kept(panel, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = upload(panel, "../../etc/my week.csv")
    assert told.startswith("3 rows read, 2 requests; 1 rejected, the first: ")
    assert "The panel shows my week.csv" in told
    assert len(panel.result.outcome) == 2 and not list(tmp_path.iterdir())
    assert "uploaded" not in panel.session.settings("budget")
    assert "rl.read_log('my week.csv')" in panel.as_code() and "uploaded=" not in panel.as_code()
    panel.pin()
    panel.daily_usd.value = 3.0
    assert len(panel.result.pinned.outcome) == 2
    upload(panel, "my week.csv", LINES + b"2026-03-02T12:00:00Z,12,5\n")  # the name, not the log
    assert len(panel.result.outcome) == 3
    panel.reset()
    assert panel.config.uploaded == "" and len(panel.result.outcome) == 216


def test_a_file_that_is_named_takes_the_place_of_the_upload(panel, tmp_path, traffic):
    upload(panel, "log.csv.gz", gzip.compress(LINES))
    assert len(panel.result.outcome) == 2
    traffic.head(50).to_parquet(tmp_path / "other.parquet")
    load_log(panel, tmp_path / "other.parquet")
    assert len(panel.result.outcome) == 50 and panel.config.uploaded == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"x", "notes.txt ends in none of .csv"),
        ("empty.csv", b"", "empty.csv"),
        ("<img src=x onerror=alert(1)>.csv", b"name,size\na,1\n", "<img src=x"),
        ("../..", LINES, ".. ends in none"),
    ],
)
def test_a_wrong_upload_is_said_and_the_old_log_stays(panel, name, content, said):
    config = panel.config
    told = upload(panel, name, content)
    assert told.startswith(said) or said in told
    assert 'role="alert"' in panel.loader.status.value and panel.config == config
    assert "<img" not in html_of(panel) and "/tmp" not in told


def test_an_upload_that_is_too_large_or_broken_is_said(panel):
    send(panel, "big.csv", 0, b"", 100_000_001)
    assert "big.csv has 100.0 MB; at most 100 MB can be uploaded" in panel.loader.status.text
    send(panel, "log.csv", 0, LINES[:50], len(LINES))
    assert panel.loader.status.text == "receiving log.csv: 51%"
    send(panel, "log.csv", 60, LINES[60:], len(LINES))
    assert "a part of log.csv did not arrive" in panel.loader.status.text
    send(panel, "log.csv", "0", b"", None)  # no message of ours
    assert panel.config == panel._start


def test_without_the_extra_there_is_only_the_path(traffic, plan, monkeypatch):
    monkeypatch.setattr("routelab.ui._upload.upload_class", lambda: require("nowhere", "lab"))
    panel = ui.budget(traffic, plan)
    assert panel.loader.upload is None and len(panel.loader.children[0].children) == 2
    panel.loader._running(False)


def test_in_the_app_no_file_of_the_machine_is_read(traffic, plan, tmp_path, monkeypatch):
    monkeypatch.setenv("ROUTELAB_APP", "1")
    panel = ui.budget(traffic, plan)
    assert panel.loader.path not in panel.loader.children[0].children
    traffic.head(50).to_parquet(tmp_path / "other.parquet")
    plan.to_yaml(tmp_path / "plan.yaml")
    for settings in ({"log": "other.parquet"}, {"plan": "plan.yaml"}):
        name, file = next(iter(settings.items()))
        panel.update(**{name: str(tmp_path / file)})
        panel.wait()
        assert "is no plain name" in panel.status.text and panel.config == panel._start
    assert upload(panel, "log.csv").startswith("3 rows read")


def test_a_script_reads_the_other_log_too(panel, tmp_path, traffic):
    traffic.head(50).to_parquet(tmp_path / "other.parquet")
    load_log(panel, tmp_path / "other.parquet")
    assert f"log={str(tmp_path / 'other.parquet')!r}" in panel.as_code()
    assert "panel.wait()" in panel.as_code()


def test_of_a_large_log_a_sample_is_replayed_and_said(traffic, plan, monkeypatch):
    monkeypatch.setattr(load, "REQUESTS_KEPT", 100)
    panel = ui.budget(traffic, plan)
    assert "A sample of 100 of 216 requests." in panel.status.text
    assert len(panel.result.outcome) == 100
    with pytest.raises(InputError, match="let traffic grow less"):
        panel.compute(replace(panel.config, growth=3.0))


def test_more_requests_than_a_touch_can_take_are_replayed_in_the_background(panel, monkeypatch):
    from routelab.ui import _budget as module

    monkeypatch.setattr(module, "REQUESTS_TOUCHED", 100)
    panel.daily_usd.value = 2.0
    assert panel.computing
    panel.wait()
    assert panel.config.daily_usd == 2.0 and "Budget $2.00" in panel.status.text
