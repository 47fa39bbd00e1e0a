"""What one panel chooses another has: a router from compare, a plan from budget."""

from __future__ import annotations

import pytest

import routelab as rl
from routelab import ui
from routelab.datasets import data_dir, load_prompts, load_traffic

PLAN, LABELS = data_dir() / "plan.yaml", data_dir() / "prompts.csv"


@pytest.fixture(scope="module")
def plan():
    return rl.Plan.from_yaml(PLAN).fitted()


@pytest.fixture(scope="module")
def traffic():
    return load_traffic().head(1500)


def compared(session, **options):
    labels = load_prompts()[["prompt", "complexity"]].head(300)
    kinds = ["complexity", "keyword"]
    return ui.compare(routers=kinds, labels=labels, cv=2, n_boot=50, session=session, **options)


def test_a_router_chosen_in_compare_is_replayed_by_the_budget_panel(plan, traffic):
    session = ui.Session()
    compare = compared(session, files={"labels": LABELS})
    budget = ui.budget(traffic, plan, session=session, files={"plan": PLAN, "traffic": "t.csv"})
    before = budget.result.summary["spend_usd"]
    compare.update(router="keyword")
    budget.wait()
    routed = plan.replace(
        router={"kind": "keyword", "labels": "bundled:prompts.csv", "label": "complexity"}
    )
    assert budget.sources.plan_of(budget.config).router.kind == "keyword"
    assert "The router is keyword on tfidf, as chosen." in budget.status.text
    assert budget.result.summary["spend_usd"] != pytest.approx(before, rel=0.01)
    expected = rl.simulate(traffic, routed.fitted(), outages=None)
    assert budget.result.replay.decisions["group"].equals(expected.decisions["group"])
    assert "plan = plan.replace(router={'kind': 'keyword'" in budget.as_code()
    compare.update(router="complexity")  # that of the plan
    budget.wait()
    assert budget.result.summary["spend_usd"] == pytest.approx(before)


def test_a_router_without_a_file_of_labels_says_what_is_missing(plan, traffic):
    session = ui.Session()
    compare, budget = compared(session), ui.budget(traffic, plan, session=session)
    compare.update(router="keyword")
    assert "'keyword' has no file to be trained on" in budget.status.text
    assert not budget.config.edited


def test_what_the_budget_panel_found_is_what_the_export_panel_writes(plan, traffic):
    session = ui.Session()
    budget, export = ui.budget(traffic, plan, session=session), ui.export(plan, session=session)
    budget.update(daily_usd=9.0, chains=(("strong", "cheap"),), soft_percent=50)
    budget.use.click()
    export.wait()
    assert "The other panels have the plan" in budget.status.text
    own = next(b for b in export.plan.budgets if b.scope == "plan")
    assert (own.limit_usd, own.soft_at) == (9.0, 0.5)
    assert export.plan.fallbacks["strong"] == ("cheap",)
    assert "limit_usd: 9.0" in export.editor.area.value
    replayed = rl.simulate(traffic, export.plan)
    assert replayed.summary["spend_usd"] == pytest.approx(budget.result.summary["spend_usd"])


def test_another_notebook_has_it_from_the_sessions_file(plan, traffic, tmp_path):
    file = tmp_path / "routelab-session.yaml"
    session = ui.Session(file)
    budget = ui.budget(traffic, plan, session=session)
    budget.update(daily_usd=9.0)
    budget.use.click()
    session.save()
    elsewhere = ui.Session(file)
    export = ui.export(plan, session=elsewhere)
    export.wait()
    assert next(b for b in export.plan.budgets if b.scope == "plan").limit_usd == 9.0
    again = ui.budget(traffic, plan, session=ui.Session(file))
    again.wait()
    assert again.result.summary["spend_usd"] == budget.result.summary["spend_usd"]


def test_a_router_chosen_before_the_panel_was_made_is_there_too(plan, traffic):
    session = ui.Session()
    session.choose_router(
        ui.RouterChoice("keyword", labels="bundled:prompts.csv", label="complexity")
    )
    budget = ui.budget(traffic, plan, session=session)
    budget.wait()
    assert budget.sources.plan_of(budget.config).router.kind == "keyword"


def test_answers_that_the_plan_has_no_group_for_are_said(plan, traffic):
    session = ui.Session()
    budget = ui.budget(traffic, plan, session=session)
    before = budget.result.summary["spend_usd"]
    session.choose_router(ui.RouterChoice("linear", labels="bundled:prompts.csv", label="route"))
    budget.wait()
    assert "advice" in budget.status.text
    assert budget.result.summary["spend_usd"] == before and not budget.config.edited


def test_what_was_chosen_last_holds_for_panels_made_later(plan, traffic):
    session, keyword = (
        ui.Session(),
        ui.RouterChoice("keyword", labels="bundled:prompts.csv", label="complexity"),
    )
    session.choose_router(keyword)
    export = ui.export(plan, session=session)
    text = export.editor.area.value
    assert "limit_usd: 16.0" in text
    export.editor.area.value = text.replace("limit_usd: 16.0", "limit_usd: 9.0")
    export.wait()
    assert session.router is None  # the edited plan keeps its own router
    budget = ui.budget(traffic, plan, session=session)
    budget.wait()
    assert budget.sources.plan_of(budget.config).router.kind == "complexity"
    session.choose_router(keyword)
    again = ui.budget(traffic, plan, session=session)
    again.wait()
    assert again.sources.plan_of(again.config).router.kind == "keyword"
    assert again.config.daily_usd == 9.0
