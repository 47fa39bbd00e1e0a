"""Savings against what is named, with router, retries and lost cache."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Catalog, InputError, Plan, savings, simulate
from routelab.catalog import Model

from .conftest import START


def test_against_a_group_a_plan_a_replay_and_the_log(make_plan, make_traffic):
    traffic = make_traffic(range(10), cost_usd=0.7)
    plan, strong = make_plan(default="cheap"), make_plan()
    replay = simulate(traffic, plan)
    for against in ("strong", strong, simulate(traffic, strong)):
        found = savings(replay, against, traffic=traffic)
        assert found["counterfactual_usd"] == pytest.approx(10.0)
        assert found["plan_usd"] == pytest.approx(1.0)
        assert found["savings_share"] == pytest.approx(0.9)
        assert found["compared"] == 10
    assert savings(replay, "cheap", traffic=traffic)["savings_usd"] == 0.0
    assert savings(replay, "log", traffic=traffic)["savings_usd"] == pytest.approx(6.0)


def test_requests_that_were_refused_are_not_saved(make_plan, make_traffic):
    traffic = make_traffic(range(10))
    replay = simulate(traffic, make_plan(budgets=[{"scope": "plan", "limit_usd": 3}]))
    found = savings(replay, "strong", traffic=traffic)
    assert (found["compared"], found["only_counterfactual"]) == (3, 7)
    assert found["savings_usd"] == pytest.approx(0.0)


def test_lost_cache_is_charged_when_a_session_changes_its_model():
    dear = Model("dear", "a", 1.0, 10.0, cached_input_usd_per_mtok=0.5)
    fair = Model("fair", "b", 0.1, 1.0, cached_input_usd_per_mtok=0.01)
    rules = [{"model": "cheap", "max_input_tokens": 500_000}]
    plan = Plan(models={"strong": "dear", "cheap": "fair"}, default="strong", rules=rules,
                catalog=Catalog([dear, fair]), prompt_cache_ttl_s=7200)  # fmt: skip
    size = [1_000_000, 400_000, 400_000, 1_000_000, 1_000_000]
    traffic = pd.DataFrame(
        {
            "timestamp": START + pd.to_timedelta(range(5), unit="h"), "input_tokens": size,
            "output_tokens": 0, "cached_input_tokens": [0, 300_000, 300_000, 300_000, 300_000],
            "session_id": ["s", "s", "s", "s", None],
        }
    )  # fmt: skip
    found = savings(simulate(traffic, plan), "strong", traffic=traffic)
    # dear -> fair: 0.3 M x 0.09; fair -> fair: kept; fair -> dear: 0.3 M x 0.5; no session: kept
    assert found["lost_cache_usd"] == pytest.approx(0.3 * 0.09 + 0.3 * 0.5)
    assert found["counterfactual_lost_cache_usd"] == 0.0
    answers = 1 + 2 * (0.1 * 0.1 + 0.3 * 0.01) + 2 * (0.7 + 0.3 * 0.5)
    assert found["plan_usd"] == pytest.approx(answers + found["lost_cache_usd"])


def test_an_attempt_that_the_client_gave_up_is_paid(make_plan, make_traffic):
    traffic = make_traffic([0], 1.0, prompt="x").assign(output_tokens=1000)  # 1 + 10 s on dear
    plan = make_plan(
        timeout_s=11.2, models={"strong": {"id": "d", "model": "dear", "timeout_s": 5.0},
                                "cheap": "fair"},
        fallbacks={"strong": ["cheap"]}, retries={"num_retries": 0},
    )  # fmt: skip
    replay = simulate(traffic, plan)
    assert (
        replay.attempts["status"].tolist() == [-408, 200]
        or -408 in replay.attempts["status"].tolist()
    )
    found = savings(replay, replay, traffic=traffic)
    assert found["retry_usd"] == pytest.approx(1.0)  # the prompt's million tokens went to dear
    assert found["plan_usd"] == pytest.approx(1.0 + 0.1 + 0.001)


def test_the_router_is_paid_or_said_to_be_free(week, bundled_plan):
    replay = simulate(week, bundled_plan)
    free = savings(replay, "strong", traffic=week)
    assert any("router's own cost was not given" in note for note in free["notes"])
    paid = savings(replay, "strong", traffic=week, router_usd_per_request=0.001)
    asked = (~replay.decisions["cache_hit"] & replay.decisions["model"].notna()).sum()
    assert paid["router_usd"] == pytest.approx(0.001 * asked, rel=0.01)
    assert paid["savings_usd"] == pytest.approx(free["savings_usd"] - paid["router_usd"])
    assert paid["counterfactual_router_usd"] == 0.0
    assert free["lost_cache_usd"] > 0
    one = bundled_plan.replace(models={**bundled_plan.models, "strong": "gpt-4o"})
    alone = savings(simulate(week, one), "strong", traffic=week)
    # Sessions move between OpenAI and Azure unless there is one of them; fallbacks still move some.
    assert alone["counterfactual_lost_cache_usd"] < 0.2 * free["counterfactual_lost_cache_usd"]
    assert free["compared"] + free["only_counterfactual"] <= len(week)
    log = savings(replay, "log", traffic=week)
    assert log["compared"] == int(
        ((week["status"] < 400) & replay.decisions["model"].notna()).sum()
    )
    assert 0 < log["savings_usd"] < free["counterfactual_usd"]


def test_what_is_unknown_is_told(make_plan, make_traffic):
    traffic = make_traffic([0, 1])
    replay = simulate(traffic, make_plan())
    with pytest.raises(InputError, match="no model group 'stronk'.*did you mean 'strong'"):
        savings(replay, "stronk", traffic=traffic)
    with pytest.raises(InputError, match="the log states no costs"):
        savings(replay, "log", traffic=traffic)
    with pytest.raises(InputError, match="not the traffic of the replay"):
        savings(replay, "strong", traffic=make_traffic([0]))
    half = make_traffic([0, 1], cost_usd=[1.0, None])
    found = savings(replay, "log", traffic=half)
    assert (found["compared"], found["only_plan"]) == (1, 1)
    assert any("1 answered requests have no cost in the log" in note for note in found["notes"])
