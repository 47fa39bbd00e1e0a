"""Tuning: chosen on the first days, judged on the later ones, and honest about both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import Catalog, InputError, Plan, tune
from routelab.catalog import Model
from routelab.sweeps.tuning import split_days

QUALITY = {"strong": 0.9, "mid": 0.8, "cheap": 0.7}


@pytest.fixture(scope="module")
def tuned(traffic, plan):
    grid = {"budgets.0.limit_usd": [0.4, 0.8, 1.6, 3.2], "budgets.1.limit_usd": [0.2, 2]}
    limits = ("quality>=0.76", "refused_share<=0.2")
    return tune(plan, traffic, grid, constraints=limits, quality=QUALITY)


def test_the_choice_is_the_cheapest_that_meets_the_constraints(tuned):
    table = tuned.selection.table
    fits = table[(table["quality"] >= 0.76) & (table["refused_share"] <= 0.2)]
    assert 0 < len(fits) < len(table) == 9  # the plan as it is runs too
    assert tuned.policy.id == fits.loc[fits["spend_per_day_usd"].idxmin(), "id"]
    assert tuned.plan.budgets[0].limit_usd == tuned.policy.values["budgets.0.limit_usd"]


def test_held_out_days_lie_behind_and_report_the_same_policy(tuned, traffic):
    first, later = split_days(traffic, None)
    assert len(first) + len(later) == len(traffic)
    assert first["timestamp"].max() < later["timestamp"].min() == later["timestamp"].iloc[0]
    assert later["timestamp"].dt.date.nunique() == 2  # 30 % of seven days
    row = tuned.table.set_index("metric").loc["spend_per_day_usd"]
    held_out = tuned.held_out.table.set_index("id").loc[tuned.policy.id]
    assert row["held_out"] == held_out["spend_per_day_usd"] != row["selection"]
    assert tuned.notes[1] == f"held out: 2026-11-14 to 2026-11-15 (UTC), {len(later):,} requests"


def test_it_says_how_optimistic_it_was_and_what_does_not_hold(tuned):
    # The weekend is cheaper, sends less to the strong group, and so misses the quality.
    text = str(tuned)
    assert any("the median candidate changed by -" in n for n in tuned.notes) or (
        "cannot be told apart" in text
    )
    missed = tuned.table.set_index("metric")["held_out_met"]
    assert tuned.holds == bool(missed.dropna().all())
    assert ("does NOT hold" in text) == (not tuned.holds) == ("MISSED" in text)
    assert any(
        "hindsight" in n or "held-out days too" in n or "no policy" in n for n in tuned.notes
    )
    assert "<td" in tuned._repr_html_()


def test_selection_luck_is_told_apart_from_cheaper_days():
    """By hand: a request is USD 1 on dear, 0.1 on fair; 4 requests on day one, 2 on day two."""
    models = [Model("dear", "a", 1.0, 1.0), Model("fair", "b", 0.1, 0.1)]
    plan = Plan(models={"g": "dear", "h": "fair"}, default="g", catalog=Catalog(models))
    day = pd.Timestamp("2026-01-05T06:00Z")
    stamps = [*(day + pd.to_timedelta(range(4), unit="h")), *(day + pd.to_timedelta([24, 25], "h"))]
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1_000_000, "output_tokens": 0})
    tuned = tune(plan, traffic, {"default": ["g", "h"], "max_fallbacks": [1, 2, 3]})
    # four requests of 0.1 where chosen, two held out; dear (4 of 7 candidates): 4.0 and then 2.0
    assert tuned.plan.default == "h"
    note = next(n for n in tuned.notes if n.startswith("spend_per_day_usd"))
    assert note == (
        "spend_per_day_usd: 0.4 where chosen, 0.2 held out; the median candidate changed by -2, "
        "so the selection was optimistic by +1.8"
    )
    assert tuned.holds is True


def test_no_policy_names_the_closest(traffic, plan):
    grid = {"default": ["mid", "cheap"], "budgets": [[]]}
    with pytest.raises(InputError, match=r"none of 3 policies meets quality>=0.95; the closest is "
                       r"\w{12} \(.*\): quality 0.\d+ \(needs >=0.95\)"):  # fmt: skip
        tune(plan, traffic, grid, constraints=["quality>=0.95"], quality=QUALITY)


def test_large_is_better_for_quality(traffic, plan):
    grid = {"budgets.0.limit_usd": [0.4, 3.2]}
    best = tune(plan, traffic, grid, objective="quality", constraints=[], quality=QUALITY)
    assert (
        best.selection.table["quality"].max()
        == best.table.set_index("metric").loc["quality", "selection"]
    )


def test_without_validation_that_is_said(traffic, plan):
    loose = tune(plan, traffic, {"timeout_s": [9]}, constraints=[], validate=None)
    assert loose.held_out is None and loose.holds is None
    assert any("nothing was held out" in n for n in loose.notes)
    assert np.isnan(loose.table["held_out"]).all() and "–" in str(loose)


def test_bad_arguments_are_told(traffic, plan):
    grid = {"timeout_s": [9]}
    one_day = traffic.head(100)
    for told, frame, options in (
        ("needs|quality=", traffic, {"constraints": ["quality>=0.9"]}),
        ("no metric 'qualty'", traffic, {"objective": "qualty", "constraints": []}),
        ("a constraint is metric>=number.*got 'cheap'", traffic, {"constraints": ["cheap"]}),
        ("validate must be", traffic, {"validate": "cv"}),
        ("covers 1 day", one_day, {}),
        ("held_out_days must be 1 to 6, got 7", traffic, {"held_out_days": 7}),
    ):
        with pytest.raises(InputError, match=told):
            tune(plan, frame, grid, **options)


def test_ctrl_c_is_not_a_choice_and_progress_counts_both_parts(traffic, plan, tmp_path):
    grid = {"cooldown.seconds": [1, 2, 3]}
    seen = []
    tune(plan, traffic, grid, constraints=[], progress=lambda *s: seen.append(s), out=tmp_path)
    assert seen[-1] == (8, 8) and seen == sorted(seen)
    assert len(list((tmp_path / "policies").glob("*.json"))) == 8

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(plan, traffic, grid, constraints=[], progress=stop)
