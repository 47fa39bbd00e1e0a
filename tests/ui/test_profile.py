"""The profile panel: counts of the traffic, for one model or all, and its bars."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import InputError, ui
from routelab.ui._profile_figures import BARS, Coded

from .conftest import HOSTILE, html_of


@pytest.fixture
def log(traffic):
    users = [f"u{i % 12}" for i in range(215)] + [HOSTILE]
    models = ["dear" if i % 3 else "fair" for i in range(216)]
    status = [500 if i % 10 == 0 else 200 for i in range(216)]
    return traffic.assign(user=users, model=models, status=status)


def test_pictures_and_bars_count_the_chosen_requests(log):
    panel = ui.profile(log)
    before = panel.picture.value
    panel.model.value = "fair"
    mine = log[log["model"] == "fair"]
    assert len(panel.result) == len(mine) == 72 and "72 of 216 requests" in panel.status.text
    rows = panel.result.index.to_numpy()
    answered, failed = panel._coded.per_hour(rows)
    assert failed.sum() == (mine["status"] >= 400).sum() and answered.sum() + failed.sum() == 72
    by_hour = mine.groupby(mine["timestamp"].dt.floor("h")).size()
    assert (answered + failed)[0] == by_hour.iloc[0]
    assert panel.picture.value != before
    panel.model.value = "all"
    assert panel.picture.value == before


def test_bars_are_the_most_frequent_values_and_the_others(log):
    coded = Coded(ui.profile(log).traffic, ["user"])
    found = coded.counted(log.index.to_numpy(), "user")
    counts = log["user"].value_counts()
    assert len(found) == BARS + 1 and found[-1][0] == "5 others"
    assert sum(count for _, count in found) == 216
    assert found[0][1] == counts.iloc[0]


def test_medians_are_those_of_the_log(log):
    log["input_tokens"] = range(216)
    panel = ui.profile(log)
    known = log["input_tokens"][log["input_tokens"] > 0].median()
    assert f"{known:,.0f}" in panel.facts.value
    assert panel._coded.sizes(log.index.to_numpy())["input"][1] == known


def test_names_are_escaped_and_unknown_columns_refused(log):
    panel = ui.profile(log.tail(3))
    panel.by.value = "user"
    assert "&lt;img" in panel.counts.value and "<img" not in html_of(panel)
    with pytest.raises(InputError, match="no 'session' to count by"):
        panel.update(by="session")
    with pytest.raises(InputError, match="no request of the model 'none'"):
        panel.update(model="none")
    assert panel.config.by == "user"


def test_a_log_of_one_request_has_a_profile():
    stamps = pd.to_datetime(["2026-01-05"], utc=True)
    panel = ui.profile(
        pd.DataFrame({"timestamp": stamps, "input_tokens": [0], "output_tokens": [0]})
    )
    assert "1 of 1 request." in panel.status.text
    data, metadata = panel._repr_mimebundle_()
    assert data["image/png"] and metadata["image/png"]["width"] == 1100


def test_a_log_without_requests_is_said(log):
    with pytest.raises(InputError, match="the log has no request"):
        ui.profile(log.head(0))


def test_hours_of_a_narrow_window_scroll_by_key_instead_of_shrinking(log):
    panel = ui.profile(log)
    box, sizes = panel.children[2].children
    assert box.tabbable and box.layout.overflow == "auto hidden" and sizes is panel.sizes
    assert panel.picture.width_px / int(panel.picture.layout.min_width[:-2]) <= 1.6
