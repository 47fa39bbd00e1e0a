"""Forecasts whose answer is known in closed form, and forecasts of real logs."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, cli, forecast, plots, read_log, simulate
from routelab.forecasting import bootstrap
from routelab.forecasting._days import draw_days, full_days, weekday

COLUMNS = ["mean", "q05", "q25", "q50", "q75", "q95"]
HOURLY = range(24 * 4)  # four days


def total(result, measure):
    return result.horizon.loc[("total", "", measure), COLUMNS].tolist()


def test_constant_traffic_has_bands_of_no_width(make_plan, make_traffic):
    result = forecast(make_traffic(HOURLY), make_plan(), days=10, n_paths=6)
    assert total(result, "spend_usd") == pytest.approx([240.0] * 6)  # 10 days x 24 x USD 1
    daily = result.daily.loc[("total", "", "spend_usd")]
    assert daily.to_numpy() == pytest.approx(np.full((10, 6), 24.0))
    assert daily.index[0] == "2026-01-09"  # the day after the last full one
    assert result.budget_table.empty


@pytest.mark.parametrize(("growth", "spend"), [(2.0, 480.0), (0.5, 120.0), (1.0, 240.0)])
def test_growth_scales_requests_and_spend(make_plan, make_traffic, growth, spend):
    hours = np.repeat(np.arange(24 * 4), 2) + np.tile([0.1, 0.6], 24 * 4)  # two per hour
    result = forecast(
        make_traffic(hours, 0.5), make_plan(), days=10, n_paths=3, growth=growth, n_jobs=1
    )
    assert total(result, "spend_usd") == pytest.approx([spend] * 6)
    assert any("same users" in note for note in result.notes) == (growth != 1.0)


def test_a_budget_runs_out_at_the_hour_of_the_request_that_no_longer_fits(make_plan, make_traffic):
    budget = {"scope": "plan", "limit_usd": 6, "downgrade_to": ["cheap"]}
    plan = make_plan(budgets=[{**budget, "when_exhausted": "serve-last"}])
    result = forecast(make_traffic(HOURLY), plan, days=5, n_paths=3)
    # Requests at 0:00 to 5:00 spend USD 6 of 6; that of 6:00 is the first to be sent to cheap.
    row = result.budget_table.loc["plan"]
    assert row["probability"] == 1.0
    assert [row[f"hour_q{q}"] for q in ("05", "50", "95")] == [6.0] * 3
    # 6 x 1 + 18 x 0.1, of which 1.8 are above the limit: serve-last goes on when nothing fits.
    assert total(result, "spend_usd") == pytest.approx([5 * 7.8] * 6)
    assert row["overshoot_usd_q95"] == pytest.approx(1.8)
    assert total(result, "degraded_share") == pytest.approx([18 / 24] * 6)
    assert total(result, "refused_share") == [0.0] * 6


def test_a_budget_that_is_just_enough_never_runs_out(make_plan, make_traffic):
    enough = make_plan(budgets=[{"scope": "plan", "limit_usd": 24}])
    result = forecast(make_traffic(HOURLY), enough, days=5, n_paths=2)
    assert result.budget_table.loc["plan", "probability"] == 0.0
    short = make_plan(budgets=[{"scope": "plan", "limit_usd": 23.999}])
    result = forecast(make_traffic(HOURLY), short, days=5, n_paths=2)
    assert result.budget_table.loc["plan", "hour_q50"] == 23.0
    assert total(result, "refused_share") == pytest.approx([1 / 24] * 6)
    assert result.budget_table.loc["plan", "overshoot_usd_q95"] == 0.0


def test_budgets_are_told_apart(make_plan, make_traffic):
    """The tier's budget ends at 4:00, the plan's later: its requests alone do not blame it."""
    tiers = ["free", "pro"] * 48
    budgets = [
        {"scope": "plan", "limit_usd": 12, "downgrade_to": ["cheap"]},
        {"scope": "tier", "name": "free", "limit_usd": 2},
        {"scope": "user", "limit_usd": 100},
    ]
    traffic = make_traffic(HOURLY, tier=tiers, user=["a", "b", "c", None] * 24)
    result = forecast(traffic, make_plan(budgets=budgets), days=4, n_paths=2)
    table = result.budget_table
    # free asks at 0, 2, 4, ...: two fit. Then pro alone spends: 2 + 10 = 12 is booked after 19:00.
    assert table.loc["tier free", "hour_q50"] == 4.0
    assert table.loc["plan", "hour_q50"] == 20.0
    assert table.loc["user", "probability"] == 0.0
    assert result.names[:3] == (("total", ""), ("tier", "free"), ("tier", "pro"))
    by_tier = result.horizon.xs("spend_usd", level="measure")["q50"]
    assert by_tier["tier"].sum() == pytest.approx(by_tier["total", ""])
    assert result.horizon.loc[("tier", "free", "refused_share"), "q50"] == pytest.approx(10 / 12)


def test_accounts_of_users_count_each_user_once(make_plan, make_traffic):
    traffic = make_traffic(HOURLY, user=["a", "b", "c"] * 32)  # 8 requests a day each
    plan = make_plan(budgets=[{"scope": "user", "limit_usd": 5}])
    row = forecast(traffic, plan, days=4, n_paths=2).budget_table.loc["user"]
    assert (row["accounts"], row["hour_q50"]) == (3.0, 15.0)  # the sixth of "a", at 15:00


def test_spread_is_that_of_the_logged_days(make_plan, make_traffic):
    """Days of USD 24 and 48 in turn: a path of k days is binomial."""
    traffic = make_traffic(HOURLY, [1.0 if h // 24 % 2 else 2.0 for h in HOURLY])
    result = forecast(traffic, make_plan(), days=1, n_paths=144, seed=3)
    spend = result.table[:, 0, 0, 1]
    assert sorted(set(spend.round(6))) == [24.0, 48.0]
    assert np.mean(spend == spend.max()) == pytest.approx(0.5, abs=4 * 0.5 / 12)  # 4 sigma


def test_weekdays_are_kept_and_may_leave_nothing_to_vary(make_plan, make_traffic):
    traffic = make_traffic(range(24 * 7), [1.0 + h // 24 for h in range(24 * 7)])
    result = forecast(traffic, make_plan(), days=14, n_paths=5, by_weekday=True)
    daily = result.daily.loc[("total", "", "spend_usd")]
    assert daily["q05"].tolist() == pytest.approx([24.0 * (1 + d % 7) for d in range(14)])
    assert daily["q05"].tolist() == daily["q95"].tolist()
    assert any("every weekday was logged once" in note for note in result.notes)
    mixed = forecast(traffic, make_plan(), days=14, n_paths=5)
    assert len(set(mixed.table[:, 0, 0, 1])) > 1
    with pytest.raises(InputError, match="no full day of the log is a Friday"):
        forecast(make_traffic(HOURLY), make_plan(), days=7, by_weekday=True)


def test_blocks_keep_neighbours_together_and_wrap_around():
    wall = np.arange("2026-01-05", "2026-01-19", dtype="datetime64[h]").astype("datetime64[us]")
    days = full_days(wall)
    assert len(days) == 14
    target = days.dates[-1] + 1 + np.arange(9)
    rng = np.random.default_rng(0)
    drawn = np.array([draw_days(days, target, 3, False, rng) for _ in range(3000)])
    assert drawn.shape == (3000, 9)
    blocks = drawn.reshape(-1, 3)
    assert ((blocks[:, 1:] - blocks[:, :-1]) % 14 == 1).all()
    counts = np.bincount(drawn.ravel(), minlength=14)  # circular: every day as often, 1929 each
    assert abs(counts - 27000 / 14).max() < 5 * np.sqrt(3 * 27000 / 14)
    kept = draw_days(days, target, 7, True, rng)
    assert (weekday(days.dates[kept]) == weekday(target)).all()


def test_the_same_seed_gives_the_same_paths_on_any_number_of_threads(week, bundled_plan):
    one = forecast(week, bundled_plan, days=3, n_paths=3, seed=5, n_jobs=1)
    two = forecast(week, bundled_plan, days=3, n_paths=3, seed=5, n_jobs=2)
    other = forecast(week, bundled_plan, days=3, n_paths=3, seed=6, n_jobs=2)
    assert np.array_equal(one.table, two.table)
    assert np.array_equal(one.exhaustion, two.exhaustion, equal_nan=True)
    assert not np.array_equal(one.table, other.table)


def test_partial_days_at_the_edges_are_not_drawn(make_plan, make_traffic):
    result = forecast(make_traffic(range(12, 24 * 4 + 3)), make_plan(), days=2, n_paths=2)
    assert result.logged_days == ("2026-01-06", "2026-01-07", "2026-01-08")
    assert any("2026-01-05, 2026-01-09" in note for note in result.notes)
    assert result.days[0] == "2026-01-09"
    with pytest.raises(InputError, match="at least 2 full local days of traffic, got 1"):
        forecast(make_traffic(range(30)), make_plan())
    with pytest.raises(InputError, match="got 0"):
        forecast(make_traffic(range(12, 36)), make_plan())


def test_a_silent_day_inside_the_log_is_a_day(make_plan, make_traffic):
    hours = [h for h in HOURLY if h // 24 != 2]
    result = forecast(make_traffic(hours), make_plan(), days=1, n_paths=40)
    assert len(result.logged_days) == 4
    assert sorted(set(result.table[:, 0, 0, 1])) == [0.0, pytest.approx(24.0)]
    assert any("1 logged days hold no request" in note for note in result.notes)


def test_days_keep_their_local_clock_through_a_change_of_clocks(make_plan):
    stamps = pd.date_range("2026-03-24T00:30", "2026-03-28T23:30", freq="h", tz="Europe/Berlin")
    traffic = pd.DataFrame({"timestamp": stamps.tz_convert("UTC"), "input_tokens": 10**6})
    traffic["output_tokens"] = 0
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 6, "timezone": "Europe/Berlin"}])
    result = forecast(traffic, plan, days=2, n_paths=2)
    assert result.days == ("2026-03-29", "2026-03-30")  # clocks go forward on the 29th at 2:00
    assert result.exhaustion[:, 0, :, 0].tolist() == [[6.5, 6.5]] * 2
    assert result.table[:, 0, :, 0].tolist() == [[24.0, 24.0]] * 2


def test_a_day_brings_its_own_outage(make_plan, make_traffic):
    start = pd.Timestamp("2026-01-06T10:00Z")
    outages = pd.DataFrame(
        {"start": [start], "end": [start + pd.Timedelta(hours=3)], "provider": ["alpha"]}
    )
    plan = make_plan(retries={"num_retries": 0})
    result = forecast(make_traffic(HOURLY), plan, days=1, n_paths=60, outages=outages, seed=1)
    failed = result.table[:, 0, 0, 4]
    assert sorted(set(failed)) == [0.0, 3.0]
    assert np.mean(failed == 3.0) == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 60))


def test_an_interrupt_keeps_the_paths_that_are_done(make_plan, make_traffic):
    def stop(done, wanted):
        if done >= 4:
            raise KeyboardInterrupt

    traffic, plan = make_traffic(HOURLY), make_plan()
    result = forecast(traffic, plan, days=2, n_paths=50, n_jobs=2, progress=stop)
    assert result.n_paths == 4
    assert any("stopped early: 4 of 50" in note for note in result.notes)

    def at_once(*_args, **_options):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "play", at_once)
        with pytest.raises(KeyboardInterrupt):
            forecast(traffic, plan, days=2, n_paths=3, n_jobs=1)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"days": 0}, "days must be at least 1"),
        ({"n_paths": 0}, "n_paths must be at least 1"),
        ({"block_days": 5}, "from 1 to the 4 full days"),
        ({"growth": 0}, "above 0"),
        ({"growth": float("nan")}, "above 0"),
    ],
)
def test_bad_options_are_told(make_plan, make_traffic, options, match):
    with pytest.raises(InputError, match=match):
        forecast(make_traffic(HOURLY), make_plan(), **options)


def test_a_forecast_of_the_bundled_week_agrees_with_its_replay(week, bundled_plan):
    """Days are played as in the replay, so a mean of days lies between its least and most."""
    replay = simulate(week, bundled_plan)
    full = replay.daily.loc["2026-11-09":"2026-11-15"]
    result = forecast(week, bundled_plan, days=4, n_paths=8, seed=2)
    assert result.logged_days == tuple(full.index)
    spend = result.table[:, 0, :, 1]
    assert full["spend_usd"].min() * 0.98 <= spend.min()
    assert spend.max() <= full["spend_usd"].max() * 1.02
    assert set(result.table[:, 0, :, 0].ravel()) <= set(full["requests"].astype(float))
    tiers = [i for i, (scope, _) in enumerate(result.names) if scope == "tier"]
    assert result.table[:, tiers].sum(axis=1) == pytest.approx(result.table[:, 0])
    # On Saturday and Sunday, the plan's USD 16 are not spent; on the other days they are.
    busy = result.table[:, 0, :, 0] > 3000
    assert np.array_equal(~np.isnan(result.exhaustion[:, 0, :, 0]), busy)
    over = spend - 16
    assert result.exhaustion[:, 0, :, 1] == pytest.approx(np.maximum(over, 0), abs=0.05)


def test_real_traffic_of_five_days(data, make_plan):
    traffic = read_log(data / "trace_ragpulse" / "0_trace.dev.jsonl").frame
    free = forecast(traffic, make_plan(), days=5, n_paths=20)
    assert len(free.logged_days) == 5
    spend = simulate(traffic, make_plan()).daily["spend_usd"]
    assert set(free.table[:, 0, :, 1].round(6).ravel()) <= set(spend.round(6))
    limit = float(spend.median())
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": limit}])
    kept = forecast(traffic, plan, days=5, n_paths=20)
    assert kept.table[:, 0, :, 1].max() <= limit + kept.exhaustion[:, 0, :, 1].max() + 1e-9
    # The same seed draws the same days: the budget can only lower what is spent on each.
    assert (kept.table[:, 0, :, 1] <= free.table[:, 0, :, 1] + 1e-9).all()
    assert 0 < kept.budget_table.loc["plan", "probability"] < 1


def test_an_hour_of_real_traffic_is_no_basis(data, make_plan):
    path = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    with pytest.raises(InputError, match="at least 2 full local days of traffic, got 0"):
        forecast(read_log(path).frame, make_plan())


def test_a_forecast_is_shown_saved_and_drawn(make_plan, make_traffic, tmp_path):
    budget = {"scope": "tier", "name": "<b>", "limit_usd": 6}
    whole = {"scope": "plan", "limit_usd": 22}
    traffic = make_traffic(HOURLY, tier="<b>")
    result = forecast(traffic, make_plan(budgets=[whole, budget]), days=3, n_paths=2)
    text = str(result)
    assert "total spend" in text and "runs out on" in text and "06:00" in text
    page = result._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;" in page
    result.save(tmp_path / "f")
    report = json.loads((tmp_path / "f" / "forecast.json").read_text())
    assert report["summary"]["horizon"]["spend_usd"]["q50"] == pytest.approx(18.0)
    assert pd.read_csv(tmp_path / "f" / "budgets.csv")["probability"].tolist() == [0.0, 1.0]
    assert (tmp_path / "f" / "forecast.png").read_bytes()[:4] == b"\x89PNG"
    _, axes = plots.figure(columns=2)
    drawn = plots.spend_fan(result, axes[0])
    assert drawn[2].get_ydata().tolist() == pytest.approx([0, 6, 12, 18])
    assert len(drawn) == 3  # a budget far above all spend would flatten the fan: no line
    bars = plots.exhaustion_hours(result, axes[1])
    assert bars[1].get_data().values[6] == 1.0
    assert bars[0].get_data().values.sum() == 0.0


def test_the_command_line(monkeypatch, capsys, tmp_path, make_traffic):
    log, plan = tmp_path / "log.csv", tmp_path / "plan.yaml"
    make_traffic(HOURLY, 0.01).to_csv(log, index=False)
    plan.write_text("models: {cheap: gpt-4o-mini}\ndefault: cheap\n")
    options = ["--plan", plan, "--days", 3, "--paths", 2, "--out", tmp_path / "out", "--json"]
    monkeypatch.setattr("sys.argv", ["routelab", "forecast", str(log), *map(str, options)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"]["horizon"]["spend_usd"]["mean"] == pytest.approx(72 * 0.0015)
    assert (tmp_path / "out" / "daily.csv").is_file()


def test_sums_that_differ_in_the_last_digit_still_tell_when_a_budget_ran_out(
    make_plan, make_traffic
):
    """Three times 0.1 is more than 0.3 in floating point: the kernel's word counts, as in it."""
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 0.3}])
    traffic = make_traffic(HOURLY, 0.1)
    served = simulate(traffic, plan).daily["served"].iloc[0]
    result = forecast(traffic, plan, days=2, n_paths=2)
    assert result.budget_table.loc["plan", "hour_q50"] == served
