"""Hindsight: against enumeration on small cases, against the full programme on real traffic."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, OutcomeTable, read_log, simulate
from routelab.forecasting import regret
from routelab.forecasting._cells import first_cells
from routelab.forecasting._programme import bound, net_gain, solve

WORTH = {"strong": 1.0, "cheap": 0.6}


def played(traffic, plan, quality=WORTH, **options):
    return regret(simulate(traffic, plan), traffic, quality, **options)


def best_of_all(cost, value, days, limit):
    """Return the best total value of whole requests within a limit per day, by enumeration."""
    best = 0.0
    for choice in itertools.product([-1, 0, 1], repeat=len(cost)):
        spent, got = {}, 0.0
        for i, group in enumerate(choice):
            if group >= 0:
                spent[days[i]] = spent.get(days[i], 0.0) + cost[i][group]
                got += value[group]
        if all(s <= limit + 1e-9 for s in spent.values()):
            best = max(best, got)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_enumeration_up_to_the_integrality_bound(
    make_plan, make_traffic, seed
):
    rng = np.random.default_rng(seed)
    hours = np.arange(8) * 6.0  # four requests on each of two days
    millions = rng.integers(1, 20, 8) / 10
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 2, "downgrade_to": ["cheap"]}])
    found = played(make_traffic(hours, millions), plan)
    cost = [(m, m / 10) for m in millions]
    whole = best_of_all(cost, (1.0, 0.6), [int(h // 24) for h in hours], 2.0)
    assert found.exact
    assert found.optimum - found.integrality_bound - 1e-9 <= whole <= found.optimum + 1e-9
    assert found.n_fractional <= 2  # one per day
    assert found.achieved <= whole + 1e-9
    assert found.regret == pytest.approx(found.optimum - found.achieved)


def test_a_plan_that_spends_early_regrets_it(make_plan, make_traffic):
    """One big request takes the budget of three small ones."""
    plan = make_plan(budgets=[{"scope": "plan", "limit_usd": 3}])
    traffic = make_traffic([0, 1, 2, 3], [3.0, 1.0, 1.0, 1.0])
    assert simulate(traffic, plan).summary["refused"] == 3
    found = played(traffic, plan, {"strong": 1.0, "cheap": 0.0})
    assert (found.achieved, found.optimum) == (1.0, pytest.approx(3.0))
    assert found.integrality_bound == pytest.approx(0.0)
    assert found.groups.loc["strong", "hindsight_requests"] == pytest.approx(3.0)
    assert found.accounts["hindsight_usd"].tolist() == pytest.approx([3.0])
    assert "regret                       2.00 (66.67%)" in str(found)


def test_the_shadow_price_is_what_one_more_dollar_brings(make_plan, make_traffic):
    traffic = make_traffic(range(10))
    worth = {"strong": 1.0, "cheap": 0.0}

    def best(limit):
        plan = make_plan(budgets=[{"scope": "plan", "limit_usd": limit}])
        return played(traffic, plan, worth)

    assert best(4).accounts["shadow_price"].tolist() == pytest.approx([1.0])
    assert best(5).optimum - best(4).optimum == pytest.approx(1.0)
    assert best(50).accounts["shadow_price"].tolist() == [0.0]
    assert best(50).regret == pytest.approx(0.0)


def test_cost_is_least_at_the_same_quality_and_count(make_plan, make_traffic):
    # strong and cheap are worth the same: everything goes to cheap, at a tenth.
    same = {"strong": 1.0, "cheap": 1.0}
    found = played(make_traffic(range(5)), make_plan(), same, objective="cost")
    assert (found.achieved, found.optimum) == (pytest.approx(5.0), pytest.approx(0.5))
    assert found.integrality_bound is None
    # Two of three on strong: 2.6 of quality needs at least as much strong again.
    rules = [{"model": "cheap", "max_input_tokens": 500_000}]
    traffic = make_traffic([0, 1, 2], [2.0, 3.0, 0.5])
    found = played(traffic, make_plan(rules=rules), objective="cost")
    assert found.achieved == pytest.approx(5.05)
    assert found.optimum == pytest.approx(2.0 + 0.5 + 0.3)  # the dearest goes to cheap
    assert found.regret == pytest.approx(2.25)
    assert found.exact


def test_budgets_of_tiers_users_and_zones_bind_on_their_own_days(make_plan, make_traffic):
    budgets = [
        {"scope": "tier", "name": "free", "limit_usd": 1, "timezone": "Asia/Tokyo"},
        {"scope": "user", "limit_usd": 2},
    ]
    traffic = make_traffic(
        [1, 2, 14, 16, 17, 18],
        tier=["free"] * 4 + ["pro"] * 2,
        user=["a", "a", "b", "b", "c", None],
    )
    found = played(traffic, make_plan(budgets=budgets), {"strong": 1.0, "cheap": 0.0})
    # Tokyo's day ends at 15:00 UTC: one free request before it and one after; pro is free to ask.
    assert found.optimum == pytest.approx(4.0)
    rows = found.accounts.set_index(["budget", "day"])["hindsight_usd"]
    assert rows["tier free", "2026-01-05"] == pytest.approx(1.0)
    assert rows["tier free", "2026-01-06"] == pytest.approx(1.0)
    assert found.accounts["budget"].tolist() == ["tier free"] * 2 + ["user a", "user b", "user c"]
    assert "pays into" not in str(found)


def test_what_was_spent_above_the_limits_may_be_allowed(make_plan, make_traffic):
    budget = {"scope": "plan", "limit_usd": 1, "downgrade_to": ["cheap"]}
    plan = make_plan(budgets=[{**budget, "when_exhausted": "serve-last"}])
    traffic = make_traffic(range(12))  # 1 + 11 x 0.1 = 2.1
    kept = played(traffic, plan)
    assert kept.regret < 0  # 10 x 0.6 against 1 + 11 x 0.6
    assert any("$1.10 above the limits on 1 account" in note for note in kept.notes)
    same = played(traffic, plan, limits="spent")
    assert same.achieved == pytest.approx(7.6)
    assert same.regret == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InputError, match='limits="spent"'):
        played(traffic, plan, objective="cost")


def test_values_may_come_per_request_and_from_outcomes(make_plan, make_traffic):
    traffic, plan = make_traffic(range(3), prompt=["a", "b", None]), make_plan()
    table = pd.DataFrame({"strong": [1.0, 0.2, 1.0], "cheap": [0.5, 0.9, np.nan]})
    assert played(traffic, plan, table).optimum == pytest.approx(1.0 + 0.9 + 1.0)
    outcomes = OutcomeTable(["a", "b"], ["dear", "fair"], [[0.3, 0.8], [1.0, np.nan]])
    found = played(traffic, plan, outcomes=outcomes)
    # a: fair 0.8 is best of what was measured; b and the last: strong as given or measured.
    assert (found.achieved, found.optimum) == (pytest.approx(2.3), pytest.approx(2.8))
    assert any("2 of 3 requests have measured outcomes" in note for note in found.notes)
    with pytest.raises(InputError, match="worth of 1 served answers is unknown"):
        played(traffic, plan, None, outcomes=outcomes)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "needs to know what an answer is worth"),
        ({"quality": {"strong": 1.0}}, "nothing of the model group 'cheap'"),
        ({"quality": {"strong": 1.0, "cheep": 1.0}}, "did you mean 'cheap'"),
        ({"quality": {"strong": -1.0, "cheap": 1.0}}, "at least 0, got -1.0"),
        ({"quality": pd.DataFrame({"strong": [1.0]})}, "needs 2 rows"),
        ({"quality": pd.DataFrame({"strong": [1, np.inf], "cheap": [1, 1]})}, "in row 1"),
        ({"quality": WORTH, "objective": "speed"}, "objective must be"),
        ({"quality": WORTH, "limits": "none"}, "limits must be"),
        ({"outcomes": OutcomeTable(["a"], ["x"], [[1]])}, "none of these is a model"),
    ],
)
def test_bad_values_are_told(make_plan, make_traffic, arguments, match):
    traffic = make_traffic([0, 1])
    replay = simulate(traffic, make_plan())
    with pytest.raises(InputError, match=match):
        regret(replay, traffic, **arguments)


def test_other_traffic_is_refused(make_plan, make_traffic):
    replay = simulate(make_traffic([0, 1]), make_plan())
    with pytest.raises(InputError, match="3 requests from 'r0' on, not 2 from 'r0' on"):
        regret(replay, make_traffic([0, 1, 2]), WORTH)


def test_prices_prove_the_optimum_of_the_bundled_week(week, bundled_plan):
    """Merged cells give the optimum of the programme of all 25,953 requests, both ways."""
    replay = simulate(week, bundled_plan)
    worth = {"strong": 1.0, "mid": 0.85, "cheap": 0.7}
    found = regret(replay, week, worth)
    assert found.exact and found.n_cells < 4000
    coarse = regret(replay, week, worth, max_cells=300)
    assert coarse.optimum <= found.optimum * (1 + 1e-6)
    assert coarse.bound >= found.optimum * (1 - 1e-6)
    assert coarse.bound - coarse.optimum < 0.002 * found.optimum
    assert found.achieved + found.regret == pytest.approx(found.optimum)
    # The replay's costs, at the same prices, are what the accounts hold.
    assert found.groups["spent_usd"].sum() == pytest.approx(replay.summary["spend_usd"], rel=1e-9)
    spent = regret(replay, week, worth, limits="spent")
    assert spent.optimum >= found.optimum - 1e-6
    assert spent.regret >= 0


def test_real_traffic_against_the_programme_without_merging(data, make_plan):
    path = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    traffic = read_log(path).frame.iloc[:3000]
    spend = simulate(traffic, make_plan()).summary["spend_usd"]
    budget = {"scope": "plan", "limit_usd": spend / 3, "downgrade_to": ["cheap"]}
    replay = simulate(traffic, make_plan(budgets=[budget], expected_output_tokens=200))
    found = regret(replay, traffic, WORTH, max_cells=200)
    tokens = traffic["input_tokens"].to_numpy(float), traffic["output_tokens"].to_numpy(float)
    catalog = replay.plan.catalog
    cost = np.stack([catalog.cost(model, *tokens) for model in ("dear", "fair")], axis=1)
    value = np.tile([1.0, 0.6], (len(cost), 1))
    rows, limits = np.zeros((len(cost), 1), np.int64), np.array([spend / 3])
    whole = solve(first_cells(cost, value, rows, 10**9), limits, minimise_cost=False)
    assert found.exact and found.n_cells < 1000
    assert found.optimum == pytest.approx(whole.optimum, rel=1e-6)
    net = net_gain(cost, value, rows, whole, minimise_cost=False)
    assert bound(net, limits, whole, minimise_cost=False) == pytest.approx(whole.optimum, rel=1e-9)
    assert found.regret > 0 and found.n_fractional <= 1


def test_regret_is_shown(make_plan, make_traffic):
    plan = make_plan(name="<plan>", budgets=[{"scope": "plan", "limit_usd": 3}])
    page = played(make_traffic(range(5)), plan)._repr_html_()
    assert "&lt;plan&gt;" in page and "<plan>" not in page and "<table>" in page
