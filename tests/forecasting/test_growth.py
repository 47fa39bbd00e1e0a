"""Growth: counts per hour, and nothing that the log did not hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, read_log
from routelab.forecasting import grow


@pytest.mark.parametrize("factor", [0.4, 1.0, 1.5, 2.0, 3.25])
def test_every_hour_grows_by_the_factor_up_to_rounding(week, factor):
    grown, told = grow(week, factor, seed=4)
    before = week["timestamp"].dt.floor("h").value_counts()
    after = grown["timestamp"].dt.floor("h").value_counts().reindex(before.index, fill_value=0)
    assert (np.abs(after - factor * before) < 1).all()
    assert f"{len(week):,} requests became {len(grown):,}" in told
    assert grown["timestamp"].is_monotonic_increasing
    assert grown["request_id"].is_unique
    # A copy is its original at another time of the same hour.
    origin = week.set_index("request_id").loc[grown["request_id"].str.split("~").str[0]]
    assert origin["input_tokens"].tolist() == grown["input_tokens"].tolist()
    hours = (
        origin["timestamp"].dt.floor("h").to_numpy(),
        grown["timestamp"].dt.floor("h").to_numpy(),
    )
    assert (hours[0] == hours[1]).all()


def test_factor_one_changes_nothing_and_seeds_matter(week):
    same, _ = grow(week, 1.0)
    assert same["timestamp"].tolist() == week["timestamp"].tolist()
    a, b, c = (grow(week, 1.5, seed=s)[0]["timestamp"] for s in (1, 1, 2))
    assert a.equals(b)
    assert not a.equals(c)


def test_thinning_keeps_stamps_and_doubling_keeps_bursts(data):
    path = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    traffic = read_log(path).frame
    thin, _ = grow(traffic, 0.5)
    assert set(thin["timestamp"]) <= set(traffic["timestamp"])
    twice, _ = grow(traffic, 2.0)
    copies = twice[twice["request_id"].str.endswith("~1")]["timestamp"]
    gaps = np.diff(copies.astype("int64"))
    own = np.diff(traffic["timestamp"].astype("int64"))
    # A rotation breaks one gap of the hour and closes another; all others are as they were.
    kept = np.isin(np.sort(gaps), np.sort(own)).mean()
    assert kept > 0.999


@pytest.mark.parametrize("factor", [0, -1, float("inf")])
def test_a_factor_must_be_above_0(make_traffic, factor):
    with pytest.raises(InputError, match="above 0"):
        grow(make_traffic([0, 1]), factor)


def test_fractions_round_at_random_and_right_on_average():
    stamps = pd.date_range("2026-01-05", periods=4000, freq="h", tz="UTC")  # one an hour
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1, "output_tokens": 1})
    assert len(grow(traffic, 1.3)[0]) == pytest.approx(5200, abs=4 * np.sqrt(4000 * 0.21))
