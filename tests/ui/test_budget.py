"""The budget panel without a kernel: controls in, replay, numbers and picture out."""

from __future__ import annotations

import pytest

from routelab import InputError, simulate, ui
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_plan import plan_with


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


def test_a_lower_budget_costs_less_and_changes_the_picture(panel):
    spent, before = panel.result.summary["spend_usd"], panel.picture.value
    panel.daily_usd.value = 1.0
    assert panel.result.summary["spend_usd"] < spent
    assert panel.picture.value != before
    panel.daily_usd.value = 4.0
    assert panel.picture.value == before


def test_without_fallbacks_an_outage_breaks_requests(panel):
    assert panel.result.summary["failed"] == 0
    panel.fallbacks.value = False
    assert panel.result.summary["failed"] > 0
    assert "fallbacks off" in panel.status.text


def test_the_estimate_before_a_request_uses_the_expected_output(panel):
    # 8,000 in and 3,000 out are estimated at USD 0.038, 4,000 at 0.048
    panel.expected.value = 4_000
    assert panel.result.plan.expected_output_tokens == 4_000


def test_a_plan_without_a_budget_gets_one_at_its_dearest_day(traffic, plan):
    panel = ui.budget(traffic, plan.replace(budgets=()))
    assert panel.config.daily_usd == pytest.approx(panel.result.daily["spend_usd"].max())
    assert panel.config.outage_hours == 0 and "no outage" in panel.status.text
    assert plan_with(panel.plan, panel.config).budgets[0].downgrade_to == ("cheap",)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="above 0 USD"):
        BudgetConfig(0.0)
    with pytest.raises(InputError, match="-1 hours"):
        BudgetConfig(1.0, outage_hours=-1)


def test_a_refused_setting_leaves_the_old_result(panel):
    with pytest.raises(InputError):
        panel.update(daily_usd=-1.0)
    assert panel.config.daily_usd == 4.0


def test_readers_without_a_kernel_get_a_picture_and_a_sentence(panel):
    data, metadata = panel._repr_mimebundle_()
    assert isinstance(data["image/png"], str) and metadata["image/png"]["width"] == 1100
    assert panel.status.text in data["text/plain"]
