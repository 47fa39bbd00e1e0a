"""Outages are found and left out of the base rate; callers' mistakes are neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, fit_failures, outages_from_log, read_outages
from routelab.fits._cusum import find_runs, scan
from routelab.outages import COLUMNS

NO_OUTAGES = pd.DataFrame(columns=["start", "end", "provider"])


def test_the_outage_and_the_burst_of_the_bundled_week_are_found(week, root):
    found = outages_from_log(week)
    truth = read_outages(root / "data" / "outages.csv").iloc[0]
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 2
    down, burst = found.iloc[0], found.iloc[1]
    for edge in ("start", "end"):
        assert abs(down[edge] - truth[edge]) < pd.Timedelta("15s")
    assert (down["provider"], down["status"], down["probability"]) == ("openai", 503, 1.0)
    # The rate-limit burst of Friday, 10:30 to 10:42, as data/README.md describes it.
    assert abs(burst["start"] - pd.Timestamp("2026-11-13T10:30Z")) < pd.Timedelta("15s")
    assert abs(burst["end"] - pd.Timestamp("2026-11-13T10:42Z")) < pd.Timedelta("15s")
    assert burst["status"] == 429
    assert found.dtypes.to_dict() == read_outages(root / "data" / "outages.csv").dtypes.to_dict()


def test_what_is_found_can_be_written_and_read(week, tmp_path):
    found = outages_from_log(week)
    found.to_csv(tmp_path / "found.csv", index=False)
    pd.testing.assert_frame_equal(read_outages(tmp_path / "found.csv"), found, check_exact=False)


def gateway_log(data):
    """Return the calls of a real run through one gateway, with how each ended."""
    events = pd.read_csv(data / "call_log_openrouter" / "call_events.csv")
    events = events[events["event"] != "event"]  # a header repeated
    stamps = pd.to_datetime(events["timestamp"], utc=True)
    calls, waiting = [], {}
    for event, stamp in zip(events.to_dict("records"), stamps, strict=True):
        run = event["run"]
        if event["event"] in ("call_start", "run_finish") and run in waiting:
            calls.append(waiting.pop(run))
        if event["event"] == "call_start":
            waiting[run] = {"timestamp": stamp, "model": event["model"], "status": 200}
        elif event["event"] == "row_failed" and run in waiting:
            code = event["http_status"]
            unreachable = 503 if event["error_class"] == "dns_failure" else 500
            calls.append(waiting.pop(run) | {"status": unreachable if code != code else int(code)})
    return pd.DataFrame(calls).assign(provider="gateway", input_tokens=1, output_tokens=1)


def test_real_outages_are_found_and_an_empty_account_is_none(data):
    log = gateway_log(data)
    found = outages_from_log(log)
    hours = found["start"].dt.strftime("%m-%d %H").tolist()
    # Name resolution failed on 06-25 in the hours 01 and 04, says the description of the data.
    assert hours == ["06-25 00", "06-25 03", "06-30 19"]
    assert (found["end"] - found["start"] < pd.Timedelta("31min")).all()
    assert found["end"][0] > pd.Timestamp("2026-06-25T01:00Z")
    assert found["end"][1] > pd.Timestamp("2026-06-25T04:05Z")
    assert (found["status"] == 503).all()
    # 402 from 13:03 to 13:09 on 06-25: credit ran out, which is the caller's.
    broke = log["status"] == 402
    assert broke.sum() == 31
    stamps = log.loc[broke, "timestamp"]
    for row in found.itertuples():
        assert not stamps.between(row.start, row.end).any()
    inside = sum(
        (log["timestamp"].between(r.start, r.end) & (log["status"] == 503)).sum()
        for r in found.itertuples()
    )
    assert inside >= 0.95 * (log["status"] == 503).sum()
    table = fit_failures(log).table.set_index("model")
    assert table["caller_errors"].sum() + table["in_outages"].sum() > 31
    assert table.at["openai/gpt-5", "probability"] > table.at["qwen/qwen3-235b-a22b", "high"]


def test_steady_failures_raise_no_alarm():
    alarms = 0
    for seed in range(200):
        failed = np.random.default_rng(seed).random(2000) < 0.03
        alarms += bool(scan(failed, 0.5, np.log(2000 / 0.01))[0])
    assert alarms <= 2 + 4  # at most 1 % of 200, and luck


@pytest.mark.parametrize("share", [0.4, 0.7, 1.0])
def test_an_outage_is_found_where_it_was(share):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        failed = rng.random(3000) < 0.01
        failed[1200:1300] = rng.random(100) < share
        runs, rate = scan(failed, 0.5, np.log(3000 / 0.01))
        assert len(runs) == 1
        slip = 12 / share  # a dozen failures' worth of calls at either edge
        assert abs(runs[0][0] - 1200) <= slip and abs(runs[0][1] - 1299) <= slip
        assert rate == pytest.approx(0.01, abs=0.007)


def test_a_run_ends_at_its_last_failure():
    failed = np.array([0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], dtype=bool)
    # up = log 50 = 3.91, down = log(0.5 / 0.99) = -0.68: 3.9, 7.8, 7.1, 11.1, 15.0 at place 5
    assert find_runs(failed, 0.01, 0.5, h=12) == [[1, 5]]
    assert find_runs(failed, 0.01, 0.5, h=16) == []


def test_callers_mistakes_are_no_outage(make_log):
    frame = make_log(500, status=200)
    for code in (400, 401, 402, 403, 404, 422):
        frame.loc[100:200, "status"] = code
        assert len(outages_from_log(frame)) == 0
        row = fit_failures(frame).table.iloc[0]
        assert (row["failures"], row["caller_errors"], row["n"]) == (0, 101, 399)
    frame.loc[100:200, "status"] = 503
    found = outages_from_log(frame)
    assert found["start"].tolist() == [frame["timestamp"][100]]
    assert found["end"].tolist() == [frame["timestamp"][201]]


def test_one_model_is_blamed_when_others_answered(make_log):
    frame = make_log(600, status=200)
    frame["model"] = np.where(np.arange(600) % 2, "well", "ill")
    frame.loc[(frame.index >= 200) & (frame.index < 260) & (frame["model"] == "ill"), "status"] = (
        500
    )
    found = outages_from_log(frame)
    assert found["model"].tolist() == ["ill"]
    table = fit_failures(frame).table.set_index("model")
    assert table.loc["ill", ["failures", "in_outages"]].tolist() == [0, 30]
    assert table.loc["well", ["failures", "in_outages"]].tolist() == [0, 0]


def test_a_provider_that_always_fails_often_is_said_to_be_so(make_log):
    status = np.where(np.random.default_rng(0).random(500) < 0.4, 500, 200)
    found = outages_from_log(make_log(500, status=status))
    assert len(found) == 0
    assert "fails too often to tell" in found.attrs["notes"][0]


def test_quiet_hours_do_not_stretch_an_outage(make_log):
    frame = make_log(300, status=200)
    frame.loc[100:120, "status"] = 503
    frame.loc[121:, "timestamp"] += pd.Timedelta("9h")
    last = frame["timestamp"][120]
    assert outages_from_log(frame)["end"].tolist() == [last + pd.Timedelta("1min")]


def test_probabilities_have_wilsons_interval(make_log):
    frame = make_log(1000, status=200)
    frame.loc[[50, 150, 250, 350, 450, 550], "status"] = [429, 429, 408, 504, 500, 502]
    fit = fit_failures(frame, outages=NO_OUTAGES)
    row = fit.table.iloc[0]
    assert fit.probability("m") == fit.probability("m", "p") == 0.006
    assert np.isnan(fit.probability("m", "elsewhere"))
    assert row[["rate_limit", "timeout", "server"]].tolist() == [0.002, 0.002, 0.002]
    # Wilson: (k + z²/2 ± z sqrt(k (n - k) / n + z²/4)) / (n + z²) with z = 1.95996
    assert row["low"] == pytest.approx(0.0027526, abs=1e-6)
    assert row["high"] == pytest.approx(0.0130284, abs=1e-6)
    assert row["source"] == "6 of 1,000 calls failed, 0 given outages left out"


def test_intervals_hold_the_truth_as_often_as_they_say():
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                "timestamp": pd.Timestamp("2026-01-05T00:00:00Z"),
                "model": "m",
                "input_tokens": 1,
                "output_tokens": 1,
                "status": np.where(rng.random(400) < 0.02, 500, 200),
            }
        )
        row = fit_failures(frame, outages=NO_OUTAGES).table.iloc[0]
        hits += row["low"] <= 0.02 <= row["high"]
    assert 0.9 <= hits / 200 <= 0.99


def test_providers_come_from_the_catalog_or_are_unknown(make_log):
    frame = make_log(100, model="gpt-4o", provider=None)
    assert fit_failures(frame).table["provider"].tolist() == ["openai"]
    frame = make_log(100, model="house model", provider=None)
    assert fit_failures(frame).table["provider"].isna().all()
    assert fit_failures(frame).probability("house model", "anyone") == 0
    with pytest.raises(InputError, match="no request has a provider"):
        outages_from_log(frame)


def test_few_calls_are_listed_with_the_reason(make_log):
    fit = fit_failures(make_log(20))
    assert np.isnan(fit.probability("m"))
    assert fit.notes() == ["failures of m at p: not fitted: 20 calls, fewer than 50"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outage_rate": 1.0}, r"'outage_rate' must be in \(0, 1\), got 1.0"),
        ({"alpha": 0}, r"'alpha' must be in \(0, 1\), got 0"),
        ({"min_failures": 0}, "'min_failures' must be at least 1, got 0"),
    ],
)
def test_bad_parameters_are_named(make_log, options, message):
    with pytest.raises(InputError, match=message):
        outages_from_log(make_log(10), **options)


def test_a_schedule_without_providers_is_named(make_log):
    schedule = pd.DataFrame({"start": [pd.Timestamp("2026-01-05", tz="UTC")]})
    with pytest.raises(InputError, match="an outage schedule needs the column 'end'"):
        fit_failures(make_log(60), outages=schedule)
