"""The watch panel without a kernel: its numbers are those of rl.drift for the same days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import routelab as rl
from routelab import InputError, ui
from routelab._words import dollars
from routelab.traffic import write_traffic
from routelab.ui import _watch
from routelab.ui._watch_told import alarm_list, facts_of
from routelab.watching import psi

from .conftest import FORMULA, HOSTILE, html_of


def days_of(start: str, seed: int, days: int = 4, per_day: int = 96) -> pd.DataFrame:
    """Return some days of requests to the plan's own models, one every quarter of an hour."""
    rng = np.random.default_rng(seed)
    n = days * per_day
    tokens = rng.integers(500, 1500, n)
    model = np.where((tokens <= 900) | (rng.random(n) < 0.05), "fair", "dear")  # few fall back
    price = np.where(model == "dear", 1.0, 0.1) * 1e-6
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp(start, tz="UTC") + pd.to_timedelta(np.arange(n) * 15, "min"),
            "model": model,
            "input_tokens": tokens,
            "output_tokens": 100,
            "cost_usd": price * (tokens + 10 * 100),
            "user": rng.integers(0, 60, n).astype(str),
            "status": 200,
            "latency_s": rng.random(n),
            "prompt": [f"a private matter {k % 9}" for k in range(n)],
        }
    )


@pytest.fixture
def plan(plan):
    """Every request is decided by its size."""
    rules = [{"model": "cheap", "max_input_tokens": 900}, {"model": "strong"}]
    return plan.replace(rules=rules)


@pytest.fixture
def weeks():
    """Earlier days, and days of which the last two carry more tokens and an unknown model."""
    log = days_of("2026-01-09", seed=1)
    late = log.index >= len(log) // 2
    log.loc[late, "input_tokens"] += 4_000
    log.loc[late & (log.index % 5 == 0), "model"] = HOSTILE
    return days_of("2026-01-05", seed=0), log


@pytest.fixture
def panel(weeks, plan):
    return ui.watch(weeks[1], plan, reference=weeks[0], n_paths=10)


def same(report, other):
    assert report.alarms == other.alarms and report.summary == other.summary
    for name in ("table", "agreement", "prices", "spend"):
        pd.testing.assert_frame_equal(getattr(report, name), getattr(other, name))


def test_the_whole_log_is_judged_as_drift_judges_it(panel, weeks, plan):
    found = rl.drift(weeks[1], plan, reference=weeks[0], n_paths=10)
    same(panel.result.report, found)
    assert {alarm.kind for alarm in found.alarms} >= {"agreement", "model", "shift"}


def test_each_window_of_days_is_judged_as_drift_judges_it(panel, weeks, plan):
    for first, last in ((1, 1), (2, 3), (4, 4)):
        panel.update(first_day=first, last_day=last)
        rows = weeks[1].iloc[(first - 1) * 96 : last * 96]
        found = rl.drift(rows, plan, reference=weeks[0], forecast=panel.forecast)
        same(panel.result.report, found)
        whole = found.agreement[found.agreement["scope"] == "all"].iloc[0]
        assert whole["judged"] == len(rows)
        assert f"{len(rows):,} requests" in panel.status.text
        assert f"{whole['same']:.1%} went where the plan sends them" in panel.status.text
        for column in ("same", "fallback", "other"):
            assert f"{whole[column]:.1%}" in panel.facts.value
    panel.update(first_day=1, last_day=2)
    assert not any(alarm.kind in ("model", "shift") for alarm in panel.result.report.alarms)


def test_without_a_reference_the_second_half_is_judged_against_the_first(weeks, plan):
    panel = ui.watch(weeks[1], plan, n_paths=10)
    first, second = weeks[1].iloc[:192], weeks[1].iloc[192:]
    found = rl.drift(second, plan, reference=first, forecast=panel.forecast)
    same(panel.result.report, found)
    assert panel.days == ["2026-01-11", "2026-01-12"]
    assert "reference" not in panel.as_code()


def test_the_bins_are_those_of_the_index(panel):
    for feature in ("input_tokens", "model", "hour of day"):
        panel.update(feature=feature)
        bins = panel.result.bins
        assert bins["new"].sum() == 384 and bins["reference"].sum() == 384
        index = float(psi(bins["reference"], bins["new"]))
        assert index == pytest.approx(panel.result.report.table.loc[feature, "psi"])
        assert f"{index:.3f}" in panel.moved.value


def test_a_feature_that_the_days_do_not_hold_is_said_to_be_missing(panel):
    panel.update(first_day=1, last_day=1)
    assert "hour of day" in panel.result.report.table.index  # 24 hours less a quarter
    short = ui.watch(days_of("2026-01-09", 1, days=2).iloc[:150], panel.plan,
                     reference=days_of("2026-01-05", 0), n_paths=5)  # fmt: skip
    short.update(first_day=2, last_day=2, feature="hour of day")
    assert short.result.bins.empty and "not compared here" in short.moved.value
    assert short.status.text.endswith("Not compared here: hour of day.")
    assert len(short.still()) > 5_000


def test_the_spend_is_the_sum_of_the_days_beside_the_forecast_of_the_sum(panel, weeks):
    panel.update(first_day=2, last_day=3)
    usd = weeks[1]["cost_usd"].iloc[96:288].sum()
    places = [panel.forecast.days.index(day) for day in panel.days[1:3]]
    paths = panel.forecast.table[:, 0, places, 1].sum(axis=1)
    facts = facts_of(panel.result.report, panel.forecast)
    assert facts["spent on 2 full days"] == f"${usd:,.2f}"
    assert facts["forecast (5-95 %)"].startswith(f"{dollars(np.median(paths))} (")


def test_whether_a_day_is_full_is_judged_on_all_days_of_the_panel(weeks, plan):
    """At midday only: no day alone tells that it is full, and the last one is not."""
    earlier, log = (days[days["timestamp"].dt.hour.between(9, 14)] for days in weeks)
    panel = ui.watch(log.iloc[:-12], plan, reference=earlier, n_paths=5)
    assert panel.whole.spend["day"].tolist() == panel.days[:3]
    for k, day in enumerate(panel.days[:3]):
        panel.update(first_day=k + 1, last_day=k + 1)
        spend = panel.result.report.spend
        assert spend["day"].tolist() == [day]
        assert spend["spend_usd"].iloc[0] == panel.whole.spend["spend_usd"].iloc[k]
        assert "spent on 1 full day" in panel.facts.value
    panel.update(first_day=4, last_day=4)
    assert panel.result.report.spend.empty
    assert "no full day of the log is a day of the forecast" in panel.alarms.value


def test_a_first_day_after_the_last_takes_it_along(panel):
    panel.last_day.value = 2
    assert "went along" not in panel.status.text
    panel.first_day.value = 3
    assert (panel.config.first_day, panel.config.last_day) == (3, 3)
    assert panel.status.text.endswith("The field 'to day' went along.")
    assert panel.last_day.value == 3
    panel.last_day.value = 1
    assert (panel.first_day.value, panel.config.first_day) == (1, 1)


def test_what_does_not_fit_the_log_is_refused_and_nothing_changes(panel):
    before = panel.config, panel.status.text
    with pytest.raises(InputError, match="the log has the days 1 to 4, got 1 to 9"):
        panel.update(last_day=9)
    with pytest.raises(InputError, match="no feature 'input_token'.*did you mean 'input_tokens'"):
        panel.update(feature="input_token")
    assert (panel.config, panel.status.text) == before
    with pytest.raises(InputError, match="no request"):
        ui.watch(days_of("2026-01-05", 0).iloc[:0], panel.plan)


def test_many_requests_are_judged_in_the_background_and_known_days_at_once(panel, monkeypatch):
    monkeypatch.setattr(_watch, "SOON", 10)
    whole = panel.result
    panel.update(first_day=2)
    assert panel.config.first_day == 2
    panel.wait(60)
    assert not panel.computing and panel.result.report.n_new == 288
    panel.update(first_day=1)
    assert panel.result.report is whole.report and not panel.computing


def test_days_that_were_shown_come_back_without_drawing(panel, monkeypatch):
    before = panel.still()
    panel.update(first_day=2)
    monkeypatch.setattr(_watch.plots, "figure", lambda *args, **options: 1 / 0)
    monkeypatch.setattr(_watch, "SOON", 10)
    panel.reset()
    assert not panel.computing and panel.still() == before


def test_hours_are_told_as_on_a_clock_and_numbers_with_their_meaning(panel):
    panel.update(feature="hour of day")
    assert all(":" in name for name in panel.result.bins.index if name != "missing")
    assert "Kolmogorov" in panel.moved.value and "chance of that (p)" in panel.moved.value


def test_the_first_look_tells_each_step(weeks, plan):
    told = []
    _watch.WatchPanel(weeks[1], plan, weeks[0], n_paths=2, tell=told.append)
    assert told[0] == "deciding again 384 requests of the log"
    assert "forecasting spend: 2 of 2 replays" in told
    assert told[-1] == "judging 384 requests against 384"


def test_work_that_nobody_waits_for_any_more_judges_nothing(panel):
    told = []
    config = ui.WatchConfig(2, 2)
    assert panel.work(config, told.append, lambda: True) is None
    assert told == ["judging 96 requests against 384 …"]
    assert panel.heavy(config) is False  # few requests


def test_alarms_are_told_in_words_with_what_to_do_and_nothing_of_the_prompts(panel):
    text = panel.alarms.value
    for alarm in panel.result.report.alarms:
        assert alarm.severity.capitalize() in text
    assert "To do:" in text and 'tabindex="0"' in text
    assert "&lt;img" in text  # the unknown model, which the alarm names
    assert "<img" not in html_of(panel)
    for shown in (html_of(panel), panel.status.text, panel.as_code(), panel.fallback()):
        assert "private matter" not in shown


def test_no_alarm_is_said_and_a_short_log_leaves_no_panel_blank(plan):
    quiet = days_of("2026-01-05", 0)
    later = quiet.assign(timestamp=quiet["timestamp"] + pd.Timedelta(days=4))
    panel = ui.watch(later, plan, reference=quiet, n_paths=5)
    assert not any(alarm.kind == "shift" for alarm in panel.result.report.alarms)
    few = ui.watch(later.head(9), plan, reference=quiet.head(9), n_paths=5)
    assert "no shift is tested" in few.alarms.value and "spend is not judged" in few.alarms.value
    assert (few.result.feature, len(few.result.bins)) == ("", 0)
    assert "No alarm and no warning." in alarm_list(few.result.report)
    assert len(few.still()) > 5_000


def test_a_log_without_models_or_costs_says_what_is_not_judged(plan):
    bare = ["timestamp", "input_tokens", "output_tokens"]
    log, earlier = days_of("2026-01-09", 1)[bare], days_of("2026-01-05", 0)[bare]
    panel = ui.watch(log, plan, reference=earlier, n_paths=5)
    same(panel.result.report, rl.drift(log, plan, reference=earlier, n_paths=5))
    assert "no request could be judged" in panel.status.text
    assert "the log names no model" in panel.alarms.value
    assert "384 requests have no cost" in panel.alarms.value
    assert facts_of(panel.result.report, panel.forecast)["as planned"] == "–"
    assert len(panel.still()) > 5_000


def test_a_formula_as_a_model_is_no_formula_in_the_pictures(weeks, plan):
    log = weeks[1].assign(model=FORMULA)
    panel = ui.watch(log, plan, reference=weeks[0], n_paths=5)
    panel.update(feature="model")
    assert panel.result.bins.loc[FORMULA, "new"] == 384
    assert len(panel.still()) > 5_000


def test_the_same_settings_give_the_same_picture(panel):
    before = panel.still()
    panel.update(first_day=3, feature="latency_s")
    assert panel.still() != before
    panel.reset()
    assert panel.still() == before


def test_a_script_makes_the_panel_again(weeks, plan, tmp_path, monkeypatch, capsys):
    files = {name: tmp_path / f"{name}.parquet" for name in ("log", "reference")}
    for name, frame in zip(files, reversed(weeks), strict=True):
        write_traffic(rl.traffic.check_traffic(frame), files[name])
    plan.to_yaml(tmp_path / "plan.yaml")
    panel = ui.watch(weeks[1], plan, reference=weeks[0], n_paths=5,
                     files=files | {"plan": tmp_path / "plan.yaml"})  # fmt: skip
    panel.update(first_day=3, feature="cost_usd")
    monkeypatch.chdir(tmp_path)
    exec(compile(panel.as_code(), "script", "exec"), {})
    assert capsys.readouterr().out.strip() == panel.status.text
    assert (tmp_path / "watch.png").read_bytes() == panel.still()


def test_the_session_keeps_the_days_and_a_shorter_log_says_that_they_do_not_fit(
    panel, weeks, plan, tmp_path
):
    session = ui.Session(tmp_path / "s.yaml")
    first = ui.watch(weeks[1], plan, reference=weeks[0], n_paths=5, session=session)
    first.update(first_day=2, last_day=4)
    session.save()
    again = ui.Session(tmp_path / "s.yaml")
    other = ui.watch(weeks[1], plan, reference=weeks[0], n_paths=5, session=again)
    assert other.config == ui.WatchConfig(2, 4)
    shorter = ui.watch(weeks[1].head(96), plan, reference=weeks[0], n_paths=5, session=again)
    assert "were not used: the log has the days 1 to 1" in shorter.status.text
    assert shorter.config == ui.WatchConfig(1, 1)
