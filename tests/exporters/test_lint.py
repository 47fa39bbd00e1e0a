"""Lint: mistakes are found at their line, configs that boot pass, secrets stay hidden."""

from __future__ import annotations

import pytest

from routelab import InputError
from routelab.exporters import lint

MODEL = (
    "model_list:\n  - model_name: a\n"
    "    litellm_params: {model: openai/gpt-4o, api_key: os.environ/K%s}\n"
)


def rules_of(tmp_path, text, severities=("error", "warning")):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return [(f.rule, f.line) for f in lint(path) if f.severity in severities]


def test_each_of_the_collected_bad_configs_is_caught(shared):
    bad = sorted((shared / "litellm" / "configs" / "bad").glob("*.yaml"))
    assert len(bad) == 32
    missed = [p.name for p in bad if not any(f.severity != "info" for f in lint(p))]
    assert missed == []


def test_configs_that_boot_have_no_errors(shared):
    for path in (shared / "litellm" / "configs").glob("*.yaml"):
        assert [f for f in lint(path) if f.severity == "error"] == [], path.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MODEL % ", max_budget: 0, budget_duration: 1d", [("budget-zero", 3)]),
        (MODEL % ", max_budget: 1, budget_duration: 1y", [("bad-period", 3)]),
        (MODEL % "" + "router_settings: {model_group_alias: {b: c}}\n", [("unknown-alias", 4)]),
        (
            MODEL % "" + "router_settings:\n  routing_strategy: cost-based-routing\n",
            [("no-price", 3)],
        ),
        (
            MODEL % ""
            + "router_settings:\n  provider_budget_config: {openai: {time_period: 1d}}\n",
            [("budget-missing", 5)],
        ),
        ("model_list:\n  - litellm_params: {model: openai/gpt-4o}\n", [("no-name", 2)]),
        (MODEL % "" + "general_settings: {master_key: sk-abcdef}\n", [("secret-in-clear", 4)]),
    ],
)
def test_traps_are_found_at_their_line(tmp_path, text, expected):
    assert rules_of(tmp_path, text) == expected


def test_boundaries_and_classifiers_of_complexity_routers(tmp_path):
    router = (
        "  - model_name: r\n    litellm_params:\n      model: auto_router/complexity_router\n"
        "      complexity_router_config:\n        tiers: {SIMPLE: a}\n"
        "        tier_boundaries: {simple_medium: 0.5, medium_complex: 0.2}\n"
        "        classifier_type: %s\n"
    )
    found = rules_of(tmp_path, MODEL % "" + router % "custom")
    assert found == [("boundaries-out-of-order", 9), ("no-plugin", 10)]
    assert ("unknown-classifier", 10) in rules_of(tmp_path, MODEL % "" + router % "heuristics")


def test_what_surprises_but_works_is_information(tmp_path):
    text = MODEL % ", rpm: 5" + "  - model_name: b\n    litellm_params: {model: openai/gpt-4o}\n"
    text += "router_settings:\n  fallbacks: [{a: [b]}, {b: [a]}]\n"
    found = rules_of(tmp_path, text, ("info",))
    assert {rule for rule, _ in found} == {"limit-does-not-limit", "lone-group", "fallback-cycle"}


def test_a_secret_is_never_shown(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "model_list:\n  - {model_name: a, litellm_params: {model: openai/m, api_key: sk-9Zq}}\n"
    )
    (finding,) = [f for f in lint(path) if f.rule == "secret-in-clear"]
    assert "9Zq" not in str(finding)


def test_a_missing_file_is_an_input_error_and_an_empty_one_a_finding(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        lint(tmp_path / "none.yaml")
    (tmp_path / "e.yaml").write_text("")
    assert [f.rule for f in lint(tmp_path / "e.yaml")] == ["empty"]
