"""The exported LiteLLM config: prices, limits and policies, and what is not in it."""

from __future__ import annotations

import pytest
import yaml

from routelab import InputError, Plan, export
from routelab.exporters import lint


@pytest.fixture(scope="module")
def exported(plan, tmp_path_factory):
    return export(plan, directory=tmp_path_factory.mktemp("everything") / "gateway")


def config_of(result):
    return yaml.safe_load((result.directory / "config.yaml").read_text())


def test_prices_are_those_of_the_replay(plan, exported):
    for entry in config_of(exported)["model_list"]:
        params = entry["litellm_params"]
        model = plan.deployments[entry["model_info"]["id"]].model
        tokens = {"input": 1234 - 200, "output": 567}
        cost = sum(n * params[f"{kind}_cost_per_token"] for kind, n in tokens.items())
        cost += 200 * params["cache_read_input_token_cost"]
        booked = plan.catalog.cost(model, 1234, 567, cached_input_tokens=200)
        assert cost == pytest.approx(booked, abs=1e-15)


BOOK = {"provider": "me", "litellm_model": "openai/tiny"}


def test_a_cache_without_a_price_costs_what_input_costs(tmp_path):
    book = {"models": {"tiny": {**BOOK, "input_usd_per_mtok": 2, "output_usd_per_mtok": 4}}}
    plan = Plan(models={"a": "tiny"}, default="a", catalog=book)
    params = config_of(export(plan, directory=tmp_path / "g"))["model_list"][0]["litellm_params"]
    assert params["cache_read_input_token_cost"] == 2e-6  # left out, LiteLLM would book 0
    assert params["cache_creation_input_token_cost"] == 2e-6


@pytest.mark.parametrize("prices", [{}, {"input_usd_per_mtok": 0, "output_usd_per_mtok": 1}])
def test_a_price_that_is_missing_or_0_is_an_error_before_any_export(prices):
    with pytest.raises(ValueError, match="input_usd_per_mtok"):
        Plan(models={"a": "tiny"}, default="a", catalog={"models": {"tiny": {**BOOK, **prices}}})


def test_a_model_outside_the_catalog_is_an_error():
    with pytest.raises(ValueError, match="no price for the model 'tiny'"):
        Plan(models={"a": "tiny"}, default="a")


def test_a_free_model_is_not_the_dearest_of_cost_based_routing(tmp_path):
    free = {**BOOK, "input_usd_per_mtok": 0, "output_usd_per_mtok": 0, "free": True}
    plan = Plan(models={"a": "tiny"}, default="a", catalog={"models": {"tiny": free}})
    for strategy, price in (("simple-shuffle", 0.0), ("cost-based-routing", 1e-12)):
        result = export(plan.replace(strategy=strategy), directory=tmp_path / strategy)
        params = config_of(result)["model_list"][0]["litellm_params"]
        assert params["input_cost_per_token"] == price
        assert [f for f in lint(result.directory / "config.yaml") if f.severity != "note"] == []


@pytest.mark.parametrize(("name", "key"), [("tiny", "ME_API_KEY"), ("groq/x", "GROQ_API_KEY")])
def test_the_key_is_named_after_the_prefix_or_the_provider(tmp_path, name, key):
    book = {"provider": "me", "litellm_model": name, "input_usd_per_mtok": 1}
    catalog = {"models": {"tiny": {**book, "output_usd_per_mtok": 1}}}
    plan = Plan(models={"a": "tiny"}, default="a", catalog=catalog)
    params = config_of(export(plan, directory=tmp_path / "g"))["model_list"][0]["litellm_params"]
    assert params["api_key"] == f"os.environ/{key}"


def test_every_policy_has_its_gateway_name(exported):
    settings = config_of(exported)["router_settings"]
    assert settings == {
        "routing_strategy": "simple-shuffle",
        "num_retries": 3,
        "retry_after": 2,
        "retry_policy": {"RateLimitErrorRetries": 1, "TimeoutErrorRetries": 0},
        "timeout": 45.0,
        "cooldown_time": 12.0,
        "allowed_fails": 2,
        "allowed_fails_policy": {"TimeoutErrorAllowedFails": 5},
        "enable_pre_call_checks": True,
        "fallbacks": [{"strong": ["mid", "cheap"]}, {"mid": ["cheap"]}],
        "context_window_fallbacks": [{"cheap": ["strong"]}],
        "content_policy_fallbacks": [],
        "default_fallbacks": ["cheap"],
        "max_fallbacks": 4,
        "model_group_alias": {"best": "strong", "routelab": "cheap"},
        "provider_budget_config": {"openai": {"budget_limit": 25.0, "time_period": "1d"}},
    }


def test_deployments_carry_their_limits_and_name_their_keys(exported):
    entries = {e.get("model_info", {}).get("id"): e for e in config_of(exported)["model_list"]}
    cheap = entries["c1"]["litellm_params"]
    assert cheap["api_key"] == "os.environ/CHEAP_KEY"
    assert (cheap["max_budget"], cheap["budget_duration"]) == (3.0, "12h")
    assert cheap["max_parallel_requests"] == 7
    assert entries["s1"]["litellm_params"]["api_key"] == "os.environ/OPENAI_API_KEY"
    assert entries["s2"]["litellm_params"]["order"] == 2
    assert entries["m1"]["model_info"]["allowed_fails"] == 4
    assert entries["yes"]["model_name"] == "on"  # a name that YAML would read as a boolean


def test_what_is_not_carried_is_named(exported):
    told = " ".join(exported.not_carried)
    for word in ("calendar budget", "decision cache"):
        assert word in told
    assert "split" not in told and "rules" not in told  # the hook carries them
    text = (exported.directory / "NOT_EXPORTED.md").read_text()
    assert all(item in text for item in exported.not_carried)


def test_a_plain_plan_is_carried_whole(tmp_path):
    result = export(Plan(models={"a": "gpt-4o"}, default="a"), directory=tmp_path / "g")
    assert result.not_carried == []
    assert "Nothing" in (tmp_path / "g" / "NOT_EXPORTED.md").read_text()


def test_the_exported_config_has_no_lint_errors(exported):
    found = lint(exported.directory / "config.yaml")
    assert [f for f in found if f.severity != "note"] == []


def test_a_model_without_a_gateway_name_is_an_error(tmp_path):
    book = {
        "models": {"tiny": {"provider": "me", "input_usd_per_mtok": 1, "output_usd_per_mtok": 1}}
    }
    plan = Plan(models={"a": "tiny"}, default="a", catalog=book)
    with pytest.raises(InputError, match="set litellm_model"):
        export(plan, directory=tmp_path / "g")
    assert not (tmp_path / "g").exists()


def test_other_targets(plan, tmp_path, root):
    bundled = Plan.from_yaml(root / "data" / "plan.yaml")
    result = export(bundled, target="plan", directory=tmp_path / "p")
    assert Plan.from_yaml(tmp_path / "p" / "plan.yaml").models == bundled.models
    assert result.not_carried == []
    with pytest.raises(InputError, match="unknown export target 'litelm'"):
        export(plan, target="litelm", directory=tmp_path / "u")
