"""The budget panel's sweep, its clicks, and another log in place of the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routelab import InputError, ui
from routelab.sweeps import policies, sweep
from routelab.ui import _budget_load as load
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_plan import plan_with
from routelab.ui._budget_sweep import LIMITS, grid_of
from routelab.ui._points import nearest


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
