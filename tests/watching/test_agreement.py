"""The plan's decision against the log's model: same, fallback, elsewhere, or not to be judged."""

from __future__ import annotations

import pandas as pd

from routelab import Plan, drift
from routelab.decide import decide
from routelab.split import assign
from routelab.traffic import check_traffic
from routelab.watching import agreement as a


def judged(plan, **columns):
    n = len(next(iter(columns.values())))
    stamps = pd.date_range("2026-01-05", periods=n, freq="h", tz="UTC")
    base = {"timestamp": stamps, "input_tokens": 10, "output_tokens": 10}
    frame = check_traffic(pd.DataFrame({**base, **columns}))
    return a.verdicts(plan, frame, decide(plan, frame), "UTC")


def test_each_request_is_same_fallback_or_elsewhere(plan):
    rows = judged(
        plan,
        prompt=["sort the list"] * 5,
        model=["azure/gpt-4o-2024-08-06", "strong", "gemini-2.5-flash", "gpt-4o-mini", None],
    )
    assert rows["verdict"].tolist() == ["same", "same", "fallback", "other", a.NO_MODEL]
    table = a.agreement_table(rows).set_index(["scope", "name"])
    whole = table.loc[("all", "all")]
    assert (whole.judged, whole.same, whole.fallback, whole.other) == (4, 0.5, 0.25, 0.25)
    # Wilson, 1 of 4: (0.25 + z²/8 - z sqrt(0.25 · 0.75 / 4 + z²/64)) / (1 + z²/4), z = 1.96
    assert abs(whole.other_low - 0.0456) < 1e-3
    assert ("day", "2026-01-05") in table.index and ("group", "strong") in table.index
    assert table.loc[("model", "gpt-4o-mini"), "other"] == 1


def test_without_prompts_a_plan_with_a_router_is_not_judged(plan):
    rows = judged(plan, model=["gpt-4o", "gpt-4o-mini"])
    assert set(rows["verdict"]) == {a.NO_PROMPT}
    assert a.agreement_table(rows).empty


def test_a_rule_is_judged_without_a_prompt_unless_it_looks_for_one():
    models = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
    tier = {"model": "strong", "tiers": ["vip"]}
    looks = {"model": "strong", "has_prompt": False}
    frame = {"model": ["gpt-4o", "gpt-4o"], "tier": ["vip", "free"]}
    first = judged(Plan(models=models, default="cheap", rules=[tier]), **frame)
    assert first["verdict"].tolist() == ["same", a.NOT_ASKED]
    second = judged(Plan(models=models, default="cheap", rules=[tier, looks]), **frame)
    assert second["verdict"].tolist() == ["same", a.NO_PROMPT]
    third = judged(Plan(models=models, default="cheap", rules=[looks, tier]), **frame)
    assert third["verdict"].tolist() == [a.NO_PROMPT, a.NO_PROMPT]


def test_arms_are_compared_by_assignment(plan):
    arms = {"old": {"share": 0.5}, "new": {"share": 0.5, "model": "cheap"}}
    tested = plan.replace(split={"name": "t", "arms": arms})
    users = [f"u{i}" for i in range(40)]
    served = ["gpt-4o" if arm == "old" else "gpt-4o-mini" for arm in assign(tested.split, users)]
    rows = judged(tested, prompt=["sort the list"] * 41, user=[*users, None], model=[*served, "x"])
    assert rows["verdict"].tolist() == ["same"] * 40 + [a.NO_UNIT]
    table = a.agreement_table(rows)
    assert set(table["name"][table["scope"] == "arm"]) == {"old", "new"}
    # nobody was told of the test: half of the requests, those of the new arm, went elsewhere
    rows = judged(tested, prompt=["sort the list"] * 40, user=users, model=["gpt-4o"] * 40)
    table = a.agreement_table(rows).set_index("name")
    assert (table.loc["old", "same"], table.loc["new", "other"]) == (1, 1)


def test_arms_that_change_no_model_need_no_user(plan):
    tested = plan.replace(split={"name": "t", "arms": {"a": {"share": 1.0}}})
    rows = judged(tested, prompt=["sort the list"], model=["gpt-4o"])
    assert rows["verdict"].tolist() == ["same"]


def test_budgets_and_hedges_lead_to_other_groups_too(plan):
    budget = {"scope": "plan", "limit_usd": 1, "downgrade_to": ["cheap"]}
    wide = plan.replace(budgets=[budget], hedge={"after_s": 1, "to": "spare"}, fallbacks={})
    assert a.reachable(wide, "strong") == {"strong", "cheap", "spare"}
    assert a.reachable(wide.replace(hedge={"after_s": 1}), "strong") == {"strong", "cheap"}


def test_models_outside_the_plan_are_listed(plan, log):
    odd = log.copy()
    odd.loc[:59, "model"] = "llama-4"
    report = drift(odd, plan, reference=log, n_permutations=99)
    assert report.unknown.to_dict() == {"llama-4": 0.1}
    told = next(alarm for alarm in report.alarms if alarm.kind == "model")
    assert told.sentence == (
        "'llama-4', which the plan does not hold, served 10.0% of the requests."
    )
