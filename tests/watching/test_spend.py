"""Spend beside its forecast, and the price of a token beside the catalog."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from routelab import drift
from routelab.forecasting import forecast
from routelab.watching.spend import full_days, price_table, spend_table

from .conftest import kinds, make_log


@pytest.fixture(scope="module")
def months(plan):
    """Ten working days (and the weekend between them) at 5 July, then five more of the same."""
    old = make_log(plan, n=1500, days=10, start="2026-01-05")
    new = make_log(plan, n=750, days=5, start="2026-01-15", seed=1)
    return old, new


@pytest.fixture(scope="module")
def ahead(plan, months):
    return forecast(months[0], plan, days=5, n_paths=40)


def test_the_days_of_the_forecast_are_judged(plan, months, ahead):
    table = spend_table(months[1], ahead, alpha=0.05)
    assert table["day"].tolist() == [f"2026-01-{day}" for day in range(15, 20)]
    total = months[1]["cost_usd"][months[1]["timestamp"].dt.day == 16].sum()
    assert table["spend_usd"][1] == pytest.approx(total)
    assert not table["beyond"].any() and table["seen"].all()


def test_which_days_of_a_part_are_full_can_be_told(months, ahead):
    whole = spend_table(months[1], ahead, alpha=0.05)
    stamps = months[1]["timestamp"]
    part = months[1][(stamps.dt.day == 16) & stamps.dt.hour.between(9, 14)]
    assert spend_table(part, ahead, alpha=0.05).empty
    full = full_days(months[1], ahead.zone)
    assert full == set(whole["day"])
    told = spend_table(part, ahead, alpha=0.05, full=full)
    assert told["day"].tolist() == ["2026-01-16"]
    assert told["spend_usd"].tolist() == pytest.approx([part["cost_usd"].sum()])
    assert spend_table(part, ahead, alpha=0.05, full=full - {"2026-01-16"}).empty


def test_the_wider_interval_is_that_of_one_more_normal_day(months, ahead):
    row = spend_table(months[1], ahead, alpha=0.05).iloc[0]
    logs = np.log(ahead.table[:, 0, :, 1])
    # ten logged days: their deviation with 9 below the line, and one more day of the kind
    factor = stats.t.ppf(1 - 0.05 / 10, 9) * np.sqrt(10 / 9) * np.sqrt(1 + 1 / 10)
    assert row["high"] == pytest.approx(np.exp(logs[:, 0].mean() + factor * logs.std()))
    assert row["low"] < row["q05"] < row["q95"] < row["high"]


def test_the_forecast_is_made_from_the_reference(plan, months):
    report = drift(months[1], plan, reference=months[0], n_paths=20, n_permutations=99)
    assert len(report.spend) == 5 and not kinds(report)
    assert "the forecast rests on 10 logged days, replayed under the plan" in report.notes


def test_twice_the_requests_cost_too_much(plan, months, ahead):
    busy = make_log(plan, n=2200, days=5, start="2026-01-15", seed=1)
    report = drift(busy, plan, reference=months[0], forecast=ahead, n_permutations=99)
    assert kinds(report) == {"spend"}
    assert report.spend["beyond"].sum() >= 4
    assert "a further day of the forecast's kind costs $" in str(report)


def test_a_part_of_the_week_that_the_forecast_does_not_know_only_warns(plan, months, ahead):
    weekdays = replace(ahead, logged_days=("2026-01-05", "2026-01-06", "2026-01-07"))
    busy = make_log(plan, n=9000, days=5, start="2026-01-15", seed=1)
    table = spend_table(busy, weekdays, alpha=0.5)
    assert table["seen"].tolist() == [True, True, False, False, True]  # 17 and 18 are a weekend
    report = drift(busy, plan, reference=months[0], forecast=weekdays, n_permutations=99, alpha=0.5)
    told = [alarm for alarm in report.alarms if alarm.kind == "spend"]
    unlike = [alarm for alarm in told if "no day of that part of the week" in alarm.sentence]
    assert unlike and {alarm.severity for alarm in unlike} == {"warning"}


def test_a_day_outside_the_band_alone_is_a_warning(plan, months, ahead):
    # a little above the largest day of the forecast, far from what a further day may cost
    narrow = spend_table(months[1], ahead, alpha=0.05)
    scaled = months[1].copy()
    factor = (narrow["q95"] / narrow["spend_usd"]).max() * 1.02
    scaled["cost_usd"] *= factor
    report = drift(scaled, plan, reference=scaled, forecast=ahead, n_permutations=99)
    told = next(alarm for alarm in report.alarms if alarm.kind == "spend")
    assert told.severity == "warning"
    assert "lie outside the 5-95 % band" in told.sentence


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"cost_usd": np.nan}, "spend is not judged: 750 requests have no cost"),
        ({"shift": 30}, "no full day of the log is a day of the forecast"),
    ],
)
def test_what_cannot_be_judged_is_noted(plan, months, ahead, change, note):
    new = months[1].copy()
    if "shift" in change:
        new["timestamp"] += pd.Timedelta(days=change["shift"])
    else:
        new["cost_usd"] = change["cost_usd"]
    report = drift(new, plan, reference=months[0], forecast=ahead, n_permutations=99)
    assert report.spend.empty and any(note in told for told in report.notes)


def test_a_reference_that_is_short_or_not_earlier_makes_no_forecast(plan, months):
    old, new = months
    short = drift(new, plan, reference=old[:100], n_permutations=9)
    assert "spend is not judged: the reference has fewer than 2 full days" in short.notes
    same = drift(new, plan, reference=new, n_permutations=9)
    told = "spend is not judged: no forecast, and the reference is not all earlier"
    assert told in same.notes
    late = new.assign(timestamp=new["timestamp"] + pd.Timedelta(days=300))
    far = drift(late, plan, reference=old, n_permutations=9)
    assert any("the log ends 30" in note for note in far.notes)


def test_prices_are_those_of_the_reference_or_the_catalog(plan, log):
    dear = log.copy()
    dear.loc[dear["model"] == "gpt-4o", "cost_usd"] *= 2
    table = price_table(None, dear, plan.catalog).set_index("model")
    assert table.loc["gpt-4o", "ratio"] == pytest.approx(2)
    assert table.loc["gpt-4o-mini", "change"] == pytest.approx(1)
    known = price_table(dear, dear, plan.catalog).set_index("model")
    assert known.loc["gpt-4o", "reference_ratio"] == pytest.approx(2)
    assert known["change"].tolist() == pytest.approx([1, 1])


def test_failed_unknown_and_rare_models_have_no_price(plan, log):
    odd = log.copy()
    odd.loc[odd["model"] == "gpt-4o", "status"] = 500
    odd["model"] = odd["model"].where(odd["model"] == "gpt-4o", "llama-4")
    odd.loc[:5, "model"] = "gpt-4o-mini"
    assert price_table(None, odd, plan.catalog).empty


def test_a_price_against_the_catalog_is_told_as_such(plan, log):
    dear = log.copy()
    dear["cost_usd"] *= 2
    bare = log.copy()
    bare["cost_usd"] = np.nan
    report = drift(dear, plan, reference=bare, n_permutations=9)
    told = [alarm.sentence for alarm in report.alarms if alarm.kind == "price"]
    assert len(told) == 2 and all("2.00 times what it cost in the plan's cat" in s for s in told)
