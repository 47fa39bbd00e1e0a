"""Plans as text: read back equal, with the place of what is wrong, and no file of the machine."""

from __future__ import annotations

import pytest
import yaml

from routelab import Plan, make_router
from routelab.datasets import data_dir
from routelab.ui._export_plan import LONGEST, PlanError, plan_text, read_plan, router_key


@pytest.fixture(scope="module")
def bundled():
    return Plan.from_yaml(data_dir() / "plan.yaml")


def test_a_plan_comes_back_equal(bundled, plan):
    again = read_plan(plan_text(bundled), {router_key(bundled.router): "fitted"})
    assert again.to_mapping() == bundled.to_mapping() and again.router.fitted == "fitted"
    assert "catalog: bundled" in plan_text(bundled)
    assert read_plan(plan_text(plan), {}) == plan
    assert yaml.safe_load(plan_text(plan))["catalog"]["models"]  # prices that are not the bundled


def test_another_model_of_the_catalog_needs_no_price(bundled):
    text = plan_text(bundled).replace("model: gemini/gemini-2.5-flash", "model: gpt-4o-mini")
    assert text != plan_text(bundled)
    plan = read_plan(text, {router_key(bundled.router): None})
    assert plan.models["mid"][0].model == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("models: [", (2, 1), "not valid YAML"),
        ("models: {a: gpt-4o}\nmodels: {}", (2, 1), "the key 'models' stands twice"),
        ("a list", (1, 1), "a plan is a mapping"),
        ("", (1, 1), "a plan is a mapping"),
        ("models: {a: gpt-4o}\ndefault: a\ntimeout_s: -1", (3, 1), "timeout_s: Input should be"),
        ("models: {a: gpt-4o}\ndefault: b", (2, 1), "default: there is no model group 'b'"),
        ("models: {a: gpt-4o}\ndefault: a\ndefalt: a", (3, 1), "defalt: there is no such field"),
        ("models: {a: nothing}\ndefault: a", (1, 10), "no price for the model 'nothing'"),
        ("x: !!python/object/apply:os.system [ls]", (1, 4), "not valid YAML"),
        ("models: {a: gpt-4o}\ndefault: a\ncatalog: /etc/passwd", (3, 1), "write 'bundled'"),
        ("x" * (LONGEST + 1), (1, 1), "at most 500,000 characters"),
    ],
)
def test_what_is_wrong_has_a_line_and_a_column(text, place, problem):
    with pytest.raises(PlanError, match=f"line {place[0]}, column {place[1]}: .*{problem}") as told:
        read_plan(text, {})
    assert (told.value.line, told.value.column) == place


ROUTERS = {
    "{kind: knn, labels: /etc/passwd}": "label file '/etc/passwd' is not read",
    "{kind: knn, file: r.skops}": "a fitted file is not loaded",
    "{kind: knn}": "there is nothing to train it on",
    "{kind: nothing, labels: 'bundled:prompts.csv'}": "there is no router kind 'nothing'",
    "{kind: knn, encoder: 'litellm:x', labels: 'bundled:prompts.csv'}": "may load a model or ask",
    "{kind: knn, fitted: 1}": "router.fitted: there is no such field",
    "{kind: knn, nothing: 1}": "router.nothing: Extra inputs",
    "{kind: knn, params: {path: ../x}, labels: 'bundled:prompts.csv'}": "numbers or single words",
    "knn": "router: ",
}


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_that_no_text_may_bring_is_refused_with_the_reason(router):
    text = f"models: {{a: gpt-4o}}\ndefault: a\nrouter: {router}"
    with pytest.raises(PlanError, match=f"line 3, column 1: .*{ROUTERS[router]}"):
        read_plan(text, {})


def test_a_router_on_bundled_labels_is_trained_and_a_known_one_kept(bundled):
    fitted = make_router("knn").fit(["a", "b"], ["low", "high"])
    text = plan_text(bundled.replace(router=fitted))
    known = Plan(models={"a": "gpt-4o"}, default="a", router=fitted)
    assert read_plan(text, {router_key(known.router): fitted}).router.fitted is fitted
    described = "router: {kind: NeighborsHead, encoder: TfidfEncoder}\n"
    labels = "labels: 'bundled:prompts.csv', label: complexity"
    other = text.replace(described, f"router: {{kind: keyword, {labels}}}\n")
    plan = read_plan(other, {})
    assert plan.router.fitted is None
    answer = plan.fitted().router.fitted.predict(["prove that the sum is finite"])[0]
    assert answer in ("low", "medium", "high")
    assert read_plan(text.replace(described, ""), {}).router is None
