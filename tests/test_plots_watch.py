"""Pictures of the watch and of labels: what is drawn is what the tables hold."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import plots
from routelab.labelling import accuracy_within

FORMULA = "$\\frac"
DAYS = ["2026-01-05", "2026-01-06", "2026-01-07"]


@pytest.fixture
def ax():
    return plots.figure(5, 3)[1][0]


def test_the_shares_of_a_day_stand_on_each_other_and_a_day_without_any_is_empty(ax):
    rows = [("day", DAYS[0], 0.5, 0.3, 0.2), ("day", DAYS[2], 1.0, 0.0, 0.0)]
    table = pd.DataFrame(rows, columns=["scope", "name", "same", "fallback", "other"])
    bars = plots.agreement_by_day(table, DAYS, ax)
    assert [round(bar.get_height(), 6) for bar in bars] == [0.5, 0, 1, 0.3, 0, 0, 0.2, 0, 0]
    assert [round(bar.get_y(), 6) for bar in bars[6:]] == [0.8, 0, 1]
    assert [label.get_text() for label in ax.get_xticklabels()][1] == "2\nTue 06"


def test_of_many_days_some_are_named(ax):
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2026-01-01", periods=60)]
    empty = pd.DataFrame(columns=["scope", "name", "same", "fallback", "other"])
    plots.agreement_by_day(empty, days, ax)
    assert len(ax.get_xticks()) == 8


def test_days_outside_of_the_band_have_a_colour_of_their_own(ax):
    spend = pd.DataFrame(
        {"day": DAYS[:2], "spend_usd": [10.0, 30.0], "q05": [8.0, 8.0], "q95": [12.0, 12.0],
         "low": [5.0, 5.0], "high": [900.0, 900.0], "outside": [False, True]}
    )  # fmt: skip
    inside, outside = plots.spend_by_day(spend, DAYS, ax)
    assert inside.get_xydata().tolist() == [[1, 10]]
    assert outside.get_xydata().tolist() == [[2, 30]]
    assert inside.get_color() != outside.get_color()
    assert ax.get_ylim() == (0, 37.5)  # a quarter above 30, not up to the 900 of the line


def test_no_forecast_is_said_in_the_picture(ax):
    assert plots.spend_by_day(pd.DataFrame({"day": []}), DAYS, ax) == []
    assert "not judged" in ax.texts[0].get_text()


def test_bins_are_shares_and_the_most_frequent_of_many_names(ax):
    counts = pd.DataFrame({"reference": [3, 1, 0], "new": [0, 5, 0]}, index=[FORMULA, "b", "none"])
    counts.index.name = FORMULA
    bars = plots.feature_bins(counts, ax)
    assert [bar.get_width() for bar in bars] == [0.75, 0.25, 0, 1]
    assert not any(label.get_parse_math() for label in ax.get_yticklabels())
    many = pd.DataFrame({"reference": range(30), "new": range(30)})
    assert len(plots.feature_bins(many, plots.figure(5, 3)[1][0])) == 20


def test_labels_are_stacked_by_what_they_are_for(ax):
    bars = plots.label_counts(pd.DataFrame({"test": [2, 1], "train": [3, 0]}, ["a", FORMULA]), ax)
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 2), (0, 1), (2, 3), (1, 0)]


def test_the_curve_is_what_labels_tell(ax):
    (line,) = plots.label_worth(ax)
    counts, points = line.get_data()
    assert points[0] == 100 * accuracy_within(int(counts[0])) and counts[-1] == 1000
