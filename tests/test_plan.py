"""The plan: short forms, references, budgets, YAML with places in errors."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from routelab import InputError, Plan, make_router
from routelab.plan import period_seconds

MODELS = {"strong": ["gpt-4o", "azure/gpt-4o-mini"], "cheap": "gpt-4o-mini"}


def plan_of(**fields):
    return Plan(**{"models": MODELS, "default": "cheap", **fields})


def test_a_string_is_one_deployment_of_a_catalog_model():
    deployments = plan_of().deployments
    assert list(deployments) == ["strong/gpt-4o", "strong/azure/gpt-4o-mini", "cheap/gpt-4o-mini"]
    assert deployments["cheap/gpt-4o-mini"].model == "gpt-4o-mini"


def test_a_plan_keeps_only_the_models_in_use():
    assert plan_of().catalog.names == ["azure/gpt-4o-mini", "gpt-4o", "gpt-4o-mini"]


def test_yaml_round_trip_gives_the_same_plan(tmp_path):
    plan = plan_of(
        fallbacks={"strong": ["cheap"]},
        budgets=[
            {"scope": "plan", "limit_usd": 5, "timezone": "Asia/Tokyo", "downgrade_to": ["cheap"]},
            {"scope": "provider", "name": "openai", "limit_usd": 2, "period": "12h"},
        ],
        split={"name": "t", "arms": {"a": {"share": 0.8}, "b": {"share": 0.2, "model": "strong"}}},
        router={"kind": "keyword", "labels": "bundled:prompts.csv", "label": "complexity"},
        routes={"low": "cheap", "medium": "cheap", "high": "strong"},
        rules=[{"model": "cheap", "tiers": ["free"], "max_input_tokens": 10}],
        decision_cache={},
    )
    plan.to_yaml(tmp_path / "plan.yaml")
    assert Plan.from_yaml(tmp_path / "plan.yaml") == plan


def test_a_plan_is_immutable_and_replace_checks():
    plan = plan_of()
    with pytest.raises(ValidationError):
        plan.default = "strong"
    with pytest.raises(ValidationError, match="no model group 'weak'"):
        plan.replace(default="weak")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"fallbacks": {"strong": ["chaep"]}},
            r"fallbacks.strong.0: there is no model group 'chaep'.*'cheap'",
        ),
        ({"fallbacks": {"weak": ["cheap"]}}, "fallbacks.weak: there is no model group 'weak'"),
        ({"models": {"cheap": "gpt-9"}}, "models.cheap.0: no price for the model 'gpt-9'"),
        ({"models": {}, "default": "x"}, "at least one model group"),
        ({"models": {"cheap": []}}, "'cheap' has no deployment"),
        ({"models": {"cheap": ["gpt-4o", "gpt-4o"]}}, "deployment id 'cheap/gpt-4o' is used twice"),
        ({"budgets": [{"scope": "plan", "limit_usd": 0}]}, "greater than 0"),
        ({"budgets": [{"scope": "plan", "limit_usd": -3}]}, "greater than 0"),
        (
            {"budgets": [{"scope": "plan", "limit_usd": 1, "timezone": "Europe/Berln"}]},
            "'Europe/Berlin'",
        ),
        ({"budgets": [{"scope": "plan", "limit_usd": 1, "period": "7d"}]}, "per calendar day"),
        ({"budgets": [{"scope": "tier", "limit_usd": 1}]}, "needs a name"),
        ({"budgets": [{"scope": "user", "name": "x", "limit_usd": 1}]}, "takes no name"),
        (
            {"budgets": [{"scope": "provider", "name": "openia", "limit_usd": 1}]},
            "no provider 'openia'",
        ),
        (
            {"budgets": [{"scope": "provider", "name": "openai", "limit_usd": 1, "period": "1y"}]},
            "period '1y'",
        ),
        (
            {
                "budgets": [
                    {
                        "scope": "provider",
                        "name": "openai",
                        "limit_usd": 1,
                        "downgrade_to": ["cheap"],
                    }
                ]
            },
            "cannot downgrade",
        ),
        (
            {"budgets": [{"scope": "plan", "limit_usd": 1, "when_exhausted": "serve-last"}]},
            "needs downgrade_to",
        ),
        ({"budgets": [{"scope": "plan", "limit_usd": 1}] * 2}, "a second budget"),
        ({"split": {"name": "t", "arms": {"a": {"share": 0.5}}}}, "add up to 0.5"),
        ({"retries": {"policy": {"RateLimit": 2}}}, "'RateLimitError'"),
        ({"cooldown": {"allowed_fails_policy": {"Nope": 2}}}, "no error type 'Nope'"),
    ],
)
def test_what_cannot_work_is_refused(fields, message):
    with pytest.raises((ValidationError, InputError), match=message):
        plan_of(**fields)


def test_errors_of_a_file_name_line_and_column(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("models: {cheap: gpt-4o-mini}\ndefault: cheap\nfallbacks:\n  cheap: [storng]\n")
    with pytest.raises(InputError, match=r"plan.yaml:4:11: fallbacks.cheap.0: .*'storng'"):
        Plan.from_yaml(path)
    path.write_text("models: {cheap: gpt-4o-mini}\ndefault: cheap\nfallback: {}\n")
    with pytest.raises(InputError, match=r"plan.yaml:3:1: fallback: there is no such field"):
        Plan.from_yaml(path)
    path.write_text(
        "models: {cheap: gpt-4o-mini}\ndefault: cheap\nbudgets:\n  - {scope: plan, limit_usd: 0}\n"
    )
    with pytest.raises(InputError, match=r"plan.yaml:4:19: budgets.0.limit_usd: .*got 0"):
        Plan.from_yaml(path)
    path.write_text("just text")
    with pytest.raises(InputError, match="a plan is a mapping"):
        Plan.from_yaml(path)
    path.write_text("models: {a: [}\n")
    with pytest.raises(InputError, match=r"plan.yaml:1:14: not valid YAML"):
        Plan.from_yaml(path)
    path.write_text("default: a\ndefault: b\n")
    with pytest.raises(InputError, match=r"plan.yaml:2:1: the key 'default' stands twice"):
        Plan.from_yaml(path)
    with pytest.raises(InputError, match="does not exist"):
        Plan.from_yaml(tmp_path / "none.yaml")


def test_paths_in_a_plan_are_relative_to_its_file(tmp_path):
    (tmp_path / "book.yaml").write_text(
        "models:\n  tiny: {provider: me, input_usd_per_mtok: 1, output_usd_per_mtok: 2}\n"
    )
    (tmp_path / "plan.yaml").write_text("catalog: book.yaml\nmodels: {a: tiny}\ndefault: a\n")
    assert Plan.from_yaml(tmp_path / "plan.yaml").catalog["tiny"].output_usd_per_mtok == 2


def test_a_fitted_router_makes_a_plan_but_no_yaml(tmp_path):
    router = make_router("centroid").fit(["add two numbers", "a poem on rain"], ["code", "art"])
    plan = plan_of(router=router, routes={"code": "strong", "art": "cheap"})
    assert plan.router.resolve() is router
    with pytest.raises(InputError, match="save_bundle"):
        plan.to_yaml(tmp_path / "plan.yaml")


def test_a_router_without_a_source_says_what_to_set():
    plan = plan_of(router={"kind": "centroid"})
    with pytest.raises(InputError, match=r"router\.labels"):
        plan.router.resolve()


def test_the_bundled_plan_is_valid_and_has_a_schema(root):
    plan = Plan.from_yaml(root / "data" / "plan.yaml")
    assert set(plan.models) == {"strong", "mid", "cheap"}
    assert "budgets" in Plan.model_json_schema()["properties"]


def test_periods():
    assert [period_seconds(p) for p in ("30s", "10m", "12h", "1d")] == [30, 600, 43200, 86400]
    with pytest.raises(ValueError, match="whole number above 0"):
        period_seconds("0d")
