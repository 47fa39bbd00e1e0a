"""Settings of the budget panel as data, and what they make of a plan."""

from __future__ import annotations

import pytest

from routelab import InputError
from routelab.ui import Session
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_plan import chains_of, moved, plan_with, unlimited, with_chain


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"daily_usd": 0.0}, "above 0 USD"),
        ({"outage_hours": -1}, "-1 hours"),
        ({"soft_percent": 0}, "1 to 100 %"),
        ({"growth": 0.0}, "above 0, got 0.0"),
        ({"window": "week"}, "'day' or 'provider:NAME', got 'week'"),
        ({"downgrade": "cheap"}, "'to:GROUP', got 'cheap'"),
        ({"who": "team"}, "by 'user' or 'tier'"),
        ({"tier_usd": (("free", -1.0),)}, "tier 'free' cannot be -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, said):
    with pytest.raises(InputError, match=said):
        BudgetConfig(**{"daily_usd": 1.0, **changes})


def test_settings_come_back_from_a_file_and_old_files_still_load(tmp_path):
    path = tmp_path / "s.yaml"
    kept = BudgetConfig(3.0, chains=(("a", "b"),), tier_usd=(("free", 1.0),), log="a.csv",
                        pinned=(("daily_usd", 2.0), ("chains", (("a",),))))  # fmt: skip
    session = Session(path)
    session.keep("budget", kept)
    session.save()
    assert BudgetConfig(**Session(path).settings("budget")) == kept
    path.write_text("panels:\n  budget: {daily_usd: 4.0, fallbacks: false, outage_hours: 1.0}\n")
    assert BudgetConfig(**Session(path).settings("budget")) == BudgetConfig(4.0, False, 1.0)


def test_settings_that_change_nothing_leave_the_plan_as_it_is(plan):
    assert plan_with(plan, BudgetConfig(4.0)) == plan


def test_the_way_down_the_soft_limit_and_the_window(plan):
    (own,) = plan_with(plan, BudgetConfig(2.0, soft_percent=80, downgrade="to:strong")).budgets
    assert (own.soft_at, own.downgrade_to, own.when_exhausted) == (0.8, ("strong",), "serve-last")
    (own,) = plan_with(plan, BudgetConfig(2.0, soft_percent=80, downgrade="refuse")).budgets
    assert (own.soft_at, own.downgrade_to, own.when_exhausted) == (None, (), "refuse")
    (own,) = plan_with(plan, BudgetConfig(2.0, window="provider:alpha")).budgets
    assert (own.scope, own.name, own.limit_usd, own.period) == ("provider", "alpha", 2.0, "1d")
    with pytest.raises(InputError, match=r"no provider 'alfa' \(did you mean 'alpha'\?\)"):
        plan_with(plan, BudgetConfig(2.0, window="provider:alfa"))


def test_a_budget_of_a_tier_is_changed_added_and_taken_away(plan):
    tier = {"scope": "tier", "name": "free", "limit_usd": 1, "when_exhausted": "refuse"}
    with_tier = plan.replace(budgets=[*plan.budgets, tier])

    def limits(*tiers):
        made = plan_with(with_tier, BudgetConfig(4.0, tier_usd=tiers))
        return {b.name: (b.limit_usd, b.when_exhausted) for b in made.budgets if b.scope == "tier"}

    assert limits() == {"free": (1.0, "refuse")}
    assert limits(("free", 2.0)) == {"free": (2.0, "refuse")}
    assert limits(("free", 0.0), ("paid", 3.0)) == {"paid": (3.0, "serve-last")}


def test_chains_of_groups_that_do_not_exist_are_refused(plan):
    with pytest.raises(InputError, match="no model group 'mid'"):
        plan_with(plan, BudgetConfig(1.0, chains=(("strong", "mid"),)))
    changed = with_chain(plan, BudgetConfig(1.0), "cheap", ("strong",))
    assert chains_of(plan, BudgetConfig(1.0, chains=changed))["cheap"] == ("strong",)
    assert with_chain(plan, BudgetConfig(1.0, chains=changed), "cheap", ()) == ()


def test_a_fallback_moves_within_its_chain():
    assert moved(("a", "b", "c"), 0, 1) == ("b", "a", "c")
    assert moved(("a", "b"), 0, -1) == ("a", "b") == moved(("a", "b"), 1, 1)


def test_the_plan_without_limits_has_no_soft_limit_either(plan):
    soft = [plan.budgets[0].model_copy(update={"soft_at": 0.5})]
    (own,) = unlimited(plan.replace(budgets=soft)).budgets
    assert own.limit_usd == 1e9 and own.soft_at is None
