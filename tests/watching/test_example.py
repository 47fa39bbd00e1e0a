"""The two bundled weeks: what was planted is what is found, from the day on which it starts."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Plan
from routelab.datasets import data_dir
from routelab.watching import example_weeks
from routelab.watching.example import LONGER_TOKENS, OTHER_MODEL


@pytest.fixture(scope="module")
def weeks():
    return example_weeks()


def test_the_changes_start_on_their_days_and_nowhere_else(weeks):
    planned, after = weeks
    start = after["timestamp"].iloc[0].floor("D")
    assert start == pd.Timestamp("2026-11-16", tz="UTC")
    day = (after["timestamp"] - start).dt.days
    other = after["model"] == OTHER_MODEL
    assert set(day[other]) == {4, 5, 6, 7} - ({7} - set(day))
    assert not (planned["model"] == OTHER_MODEL).any()
    pro = after["tier"] == "pro"
    early, late = (after["input_tokens"][pro & mask].median() for mask in (day < 2, day >= 2))
    assert late - early == pytest.approx(LONGER_TOKENS, rel=0.25)


def test_costs_follow_the_tokens(weeks):
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    after = weeks[1]
    mine = after[(after["model"] == "gpt-4o-mini") & (after["status"] == 200)]
    tokens = [mine[c].to_numpy(float) for c in
              ("input_tokens", "output_tokens", "cached_input_tokens")]  # fmt: skip
    assert mine["cost_usd"].to_numpy() == pytest.approx(plan.catalog.cost("gpt-4o-mini", *tokens))


def test_the_same_seed_draws_the_same_weeks(weeks):
    again = example_weeks()
    for one, other in zip(weeks, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
