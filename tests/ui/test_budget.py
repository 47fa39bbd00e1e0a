"""The budget panel without a kernel: controls in, replay, numbers and pictures out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, Plan, simulate, ui
from routelab.plots import outcome_counts
from routelab.ui import PlanChoice, Session
from routelab.ui._budget_config import ALL_INCIDENTS, BudgetConfig
from routelab.ui._budget_plan import plan_with

from .conftest import HOSTILE, html_of


@pytest.fixture
def panel(traffic, plan, outages):
    return ui.budget(traffic, plan, outages=outages)


def test_it_starts_with_the_plans_own_budget_and_the_first_outage(panel):
    assert panel.config == BudgetConfig(4.0, True, 2.0, 300, incident=1)
    assert panel.status.text.startswith("Budget $4.00 a day, fallbacks on, alpha down 2 h")


def test_numbers_are_those_of_the_library_for_the_same_settings(panel, traffic, plan, outages):
    panel.daily_usd.value = 2.0
    panel.outage_hours.value = 1.0
    schedule = outages.assign(end=outages["start"] + (outages["end"] - outages["start"]) / 2)
    replay = simulate(traffic, plan_with(plan, panel.config), outages=schedule)
    assert panel.result.summary == replay.summary
    assert f"${replay.summary['spend_usd']:,.2f}" in panel.facts.value
    assert panel.result.counts == outcome_counts(replay)


@pytest.mark.parametrize(
    "settings",
    [
        {"soft_percent": 50},
        {"downgrade": "refuse"},
        {"window": "provider:alpha"},
        {"chains": (("cheap", "strong"), ("strong",))},
        {"expected_output_tokens": 4000, "fallbacks": False},
        {"tier_usd": (("free", 0.5),), "daily_usd": 50.0},
        {"growth": 1.5},
    ],
)
def test_what_a_touch_shows_is_what_the_library_finds(traffic, plan, outages, settings):
    panel = ui.budget(traffic.assign(tier="free", user="u"), plan, outages=outages)
    before = panel.result.total_usd, panel.result.counts
    panel.update(**settings)
    panel.wait()
    found, replay = panel.result, panel.result.replay
    assert replay.plan == plan_with(plan, panel.config)
    assert found.counts == outcome_counts(replay)
    assert found.total_usd == pytest.approx(replay.summary["spend_usd"])
    assert found.per_day == pytest.approx(replay.daily["spend_usd"].to_numpy())
    assert found.latency[0].tolist() == pytest.approx(
        [replay.summary["latency_p50_s"], replay.summary["latency_p95_s"]]
    )
    shares = found.served_by / found.served_by.sum()
    known = replay.summary["share_by_model"]
    assert shares == pytest.approx([known.get(name, 0.0) for name in plan.catalog.names])
    assert (found.total_usd, found.counts) != before


def test_a_lower_budget_costs_less_and_changes_the_picture(panel):
    spent, before = panel.result.summary["spend_usd"], panel.picture.value
    panel.daily_usd.value = 1.0
    assert panel.result.summary["spend_usd"] < spent
    assert panel.picture.value != before
    panel.daily_usd.value = 4.0
    assert panel.picture.value == before


def test_without_fallbacks_an_outage_breaks_requests(panel):
    assert panel.result.counts["failed"] == 0
    panel.fallbacks.value = False
    assert panel.result.counts["failed"] == sum(panel.result.failures.values()) > 0
    assert "fallbacks off" in panel.status.text
    assert next(iter(panel.result.failures)) in panel.tables.value


def test_a_plan_without_a_budget_gets_one_at_its_dearest_day(traffic, plan):
    panel = ui.budget(traffic, plan.replace(budgets=()))
    assert panel.result.daily["spend_usd"].max() == pytest.approx(7.776)
    assert panel.config.daily_usd == 7.78  # rounded up: a field shows what it holds
    assert panel.config.outage_hours == 0 and "no outage" in panel.status.text
    assert plan_with(panel.plan, panel.config).budgets[0].downgrade_to == ("cheap",)


def test_a_refused_setting_leaves_the_old_result(panel):
    with pytest.raises(InputError):
        panel.update(daily_usd=-1.0)
    with pytest.raises(InputError, match="no model group 'dear'"):
        panel.update(downgrade="to:dear")
    assert panel.config.daily_usd == 4.0 and panel.controls.downgrade.value == "planned"


def test_readers_without_a_kernel_get_a_picture_and_a_sentence(panel):
    data, metadata = panel._repr_mimebundle_()
    assert isinstance(data["image/png"], str) and metadata["image/png"]["width"] == pytest.approx(
        1100, abs=6
    )
    assert panel.status.text in data["text/plain"]
    assert data["text/plain"].startswith(
        "BudgetConfig(daily_usd=4.0, outage_hours=2.0, incident=1)"
    )


def test_the_budget_runs_out_when_a_request_no_longer_fits(traffic, plan):
    # A request costs 8,000 x 1 + 10,000 x 10 USD per million = 0.108 and is expected to cost
    # 0.011; one comes every 20 minutes and takes 0.5 + 10,000 / 99 = 101.5 s. After 37 of them
    # 4 - 37 x 0.108 = 0.004 is left: the 38th, at 12:20, does not fit.
    clock = ui.budget(traffic, plan).result.run_out[0]
    assert clock.hours == pytest.approx([37 / 3] * 3)
    assert (clock.met, clock.days) == (3, 3) and clock.median == pytest.approx((37 / 3,) * 3)


def test_a_budget_that_lasts_runs_out_at_no_time(traffic, plan):
    panel = ui.budget(traffic, plan)
    panel.update(daily_usd=100.0)
    assert panel.result.run_out[0].met == 0 and ">never<" in panel.facts.value
    assert "is above this picture" in panel.frames._charts["days"].on._made["far"].get_text()


def test_a_budget_that_redirects_says_that_it_is_no_cap(traffic, plan):
    panel = ui.budget(traffic, plan)
    panel.update(daily_usd=1.0)
    over = panel.result.per_day - 1.0
    assert panel.result.plan_clock.over_usd == pytest.approx(over)
    assert f"(${over.sum():,.2f} above the budget, which redirects and is no cap)" in (
        panel.status.text
    )
    panel.update(downgrade="refuse")
    assert "no cap" not in panel.status.text


def test_the_field_takes_any_budget_above_zero_and_says_what_it_refuses(panel):
    slider = panel.controls._money.children[1]
    assert (slider.max, slider.step) == (10.0, 0.1)  # of a dearest day of 7.78 USD
    panel.daily_usd.value = 40.0
    assert panel.config.daily_usd == 40.0 and slider.value == 10.0
    panel.daily_usd.value = 0.0
    assert panel.daily_usd.value == 40.0 and "must be above 0 USD, got 0.0" in panel.status.text
    slider.value = 3.0
    assert panel.config.daily_usd == panel.daily_usd.value == 3.0


def test_one_time_zone_names_days_and_outages_and_a_day_in_part_is_no_whole_day(
    traffic, plan, outages
):
    own = plan.budgets[0].model_copy(update={"timezone": "Europe/Berlin"})
    panel = ui.budget(traffic, plan.replace(budgets=[own]), outages=outages)
    start = outages["start"].iloc[0].tz_convert("Europe/Berlin")
    assert f"alpha down 2 h from {start:%a %d %b %H:%M} Europe/Berlin" in panel.status.text
    assert f"alpha, {start:%a %d %b %H:%M} Europe/Berlin" in [
        name for name, _ in panel.controls.incident.options
    ]
    parts = "a part of Mon 05 Jan and a part of Thu 08 Jan"  # from 01:00, and until 01:00
    assert f"of 2 whole days and {parts} cost" in panel.status.text
    assert "Thu 08 Jan, in part" in panel.tables.value and "Days in Europe/Berlin" in (
        panel.tables.value
    )
    days = panel.frames._charts["days"].ax
    assert [text.get_text() for text in days.get_xticklabels()][-1] == "Thu\n08 Jan\nin part"
    assert days.get_xlabel() == "time in Europe/Berlin"


def test_pictures_agree_with_the_library_on_the_colours_of_outcomes(panel):
    from routelab.plots import figure, hourly_outcomes

    _, (ax,) = figure()
    areas = hourly_outcomes(panel.result.replay, ax)
    library = {area.get_label().rstrip("0123456789, "): area.get_facecolor() for area in areas}
    legend = panel.frames._charts["hours"].ax.get_legend()
    ours = {
        text.get_text(): patch.get_facecolor()
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }
    assert len(ours) == 5 and len(library) > 1
    assert all(np.allclose(color, ours[name]) for name, color in library.items())


def test_an_outage_is_chosen_or_set_by_hand(traffic, plan, outages):
    second = outages.assign(start=outages["end"], provider="beta", status=429, probability=0.5)
    second["end"] = second["start"] + (outages["end"] - outages["start"]) / 4
    first = outages.assign(status=503, probability=1.0)
    both = pd.concat([first, second], ignore_index=True)
    panel = ui.budget(traffic, plan, outages=both)
    controls = panel.controls
    controls.incident.value = 2
    assert panel.config.outage_hours == 0.5 and panel.result.outages["provider"].tolist() == [
        "beta"
    ]
    assert panel.result.outages["status"].tolist() == [429] and controls.provider.disabled
    controls.incident.value = ALL_INCIDENTS
    assert len(panel.result.outages) == 2 and panel.outage_hours.disabled
    controls.incident.value = 0
    controls.provider.value, controls.start_hour.value = "beta", 5.0
    panel.outage_hours.value = 3.0
    row = panel.result.outages.iloc[0]
    assert (row.provider, row.start.hour, row.end.hour) == ("beta", 5, 8)
    assert "beta down 3 h from Mon 05 Jan 05:00 UTC" in panel.status.text
    with pytest.raises(InputError, match="no outage number 3; 2 were given"):
        panel.update(incident=3)


def test_fallbacks_are_put_in_order_by_buttons(traffic, plan):
    three = plan.replace(
        models={**plan.models, "other": "fair"}, fallbacks={"strong": ["cheap", "other"]}
    )
    panel = ui.budget(traffic, three)
    editor = panel.controls.chains
    assert [value for _, value in editor.chain.options] == ["cheap", "other"]
    editor.chain.index = 1
    editor.buttons["Up"].click()
    assert panel.config.chains == (("strong", "other", "cheap"),)
    assert editor.chain.value == "other"  # it stays chosen, so that Up can be pressed again
    editor.buttons["Remove"].click()
    assert panel.result.plan.fallbacks["strong"] == ("cheap",)
    editor.add.value = "other"
    editor.buttons["Add"].click()
    assert panel.config.chains == ()  # as in the plan again
    editor.group.value = "other"
    assert editor.chain.options == () and editor.buttons["Up"].disabled
    editor.buttons["Add"].click()
    assert panel.result.plan.fallbacks["other"] == ("strong",)


def test_a_tier_gets_a_budget_of_its_own(traffic, plan):
    panel = ui.budget(traffic.assign(tier=["free", "paid"] * 108), plan)
    panel.controls.tier.value = "paid"
    panel.controls.tier_usd.value = 1.0
    assert panel.config.tier_usd == (("paid", 1.0),)
    assert [(b.scope, b.name) for b in panel.result.plan.budgets] == [
        ("plan", None),
        ("tier", "paid"),
    ]
    panel.controls.tier.value = "free"
    assert panel.controls.tier_usd.value == 0.0 and panel.config.tier_usd == (("paid", 1.0),)
    panel.controls.who.value = "tier"
    assert panel.result.downgraded("tier")[0][0] == "paid" and "paid" in panel.tables.value


def test_those_who_were_downgraded_most_are_named_and_escaped(traffic, plan):
    users = np.where(np.arange(216) % 3 == 0, HOSTILE, [f"u{i % 9}" for i in range(216)])
    panel = ui.budget(traffic.assign(user=users), plan)
    down = panel.result.replay.decisions
    counts = down[down["degraded"]]["user"].value_counts()
    rows = panel.result.downgraded("user")
    assert len(rows) == 5 and rows[0][0] == HOSTILE
    assert {name: n for name, _, n, _ in rows}[HOSTILE] == counts[HOSTILE]
    assert "<img" not in html_of(panel) and "&lt;img" in panel.tables.value


def test_a_pinned_plan_stays_while_the_other_moves(panel, tmp_path):
    spent, alone = panel.result.total_usd, panel.picture.value
    panel.pin()
    panel.daily_usd.value = 2.0
    assert panel.result.pinned.total_usd == spent
    difference = panel.result.total_usd - spent
    assert (
        f"${spent:,.2f}" in panel.against.value and f"-${-difference:,.2f}" in panel.against.value
    )
    assert panel.result.pinned is panel._pinned[1]  # not replayed again
    panel.save_settings(str(tmp_path / "s.yaml"))
    panel.daily_usd.value = 4.0
    assert panel.picture.value != alone  # the outline is there
    panel.unpin()
    assert panel.picture.value == alone and "Pin a plan" in panel.against.value
    panel.load_settings(str(tmp_path / "s.yaml"))
    assert panel.config.daily_usd == 2.0 and panel.result.pinned.total_usd == spent
    with pytest.raises(InputError, match="plan A has a setting 'daily'"):
        panel.update(pinned=(("daily", 3.0),))


def test_growth_is_computed_in_the_background_and_told(panel):
    panel.controls.growth.value = 2.0
    assert panel.computing and panel.tools.buttons["cancel"].disabled is False
    panel.wait()
    assert len(panel.result.outcome) == 432 and "216 requests became 432" in panel.status.text
    assert not panel.heavy(replace(panel.config, daily_usd=1.0))  # grown once, kept
    assert "panel.wait()" in panel.as_code()


def test_the_plan_of_the_session_is_followed(traffic, plan, tmp_path):
    session = Session()
    given = str(tmp_path / "given.yaml")
    panel = ui.budget(traffic, plan, session=session, files={"plan": given})
    panel.update(chains=(("cheap", "strong"),))
    own = plan.budgets[0].model_copy(update={"limit_usd": 7.0})
    path = tmp_path / "other.yaml"
    plan.replace(models={"dear-only": "dear"}, default="dear-only", fallbacks={},
                 budgets=[own.model_copy(update={"downgrade_to": (), "when_exhausted": "refuse"})],
                 ).to_yaml(path)  # fmt: skip
    session.choose_plan(PlanChoice("other", str(path)))
    panel.wait()
    assert panel.config.daily_usd == 7.0 and panel.config.chains == ()
    assert list(panel.result.plan.models) == ["dear-only"]
    assert [value for _, value in panel.controls.downgrade.options] == [
        "planned", "to:dear-only", "refuse",
    ]  # fmt: skip
    edited = Plan.from_yaml(path)
    edited = edited.replace(budgets=[edited.budgets[0].model_copy(update={"limit_usd": 9.0})])
    edited.to_yaml(path)
    session.choose_plan(PlanChoice("other", str(path), "a digest"), edited)
    panel.wait()
    assert panel.config.daily_usd == 9.0 and panel.config.plan == str(path)
    panel.update(daily_usd=1.0)
    session.choose_plan(PlanChoice("renamed", str(path), "a digest"), edited)
    assert panel.config.daily_usd == 1.0  # the plan is the one that it has already
    session.choose_plan(PlanChoice("team", given))
    panel.wait()
    assert panel.config == panel._start
    session.choose_plan(PlanChoice("other", str(path), "a digest"), edited)
    panel.wait()
    assert panel.config.plan == str(path)  # known, and chosen again
    panel.reset()
    assert list(panel.result.plan.models) == ["strong", "cheap"]


def test_a_plan_without_a_file_is_followed_while_it_is_edited(traffic, plan):
    session = Session()
    panel = ui.budget(traffic, plan, session=session)
    editor = ui.export(plan, session=session)
    text = editor.editor.area.value
    editor.editor.area.value = text.replace("limit_usd: 4.0", "limit_usd: 6.0")
    editor.wait()
    panel.wait()
    assert panel.config.daily_usd == 6.0 and panel.config.plan == ""
    assert "limit_usd" not in str(session.settings("budget"))
    assert "edited" not in session.settings("budget")
    assert "PATH OF PLAN" in panel.as_code() and "edited=" not in panel.as_code()
    panel.update(daily_usd=3.0)
    assert "daily_usd=3.0" in panel.as_code()
    session.choose_plan(PlanChoice("elsewhere", None, "another kernel's"))  # without the object
    assert panel.config.daily_usd == 3.0
    editor.reset()
    editor.wait()
    panel.wait()
    assert panel.config == panel._start
