"""What of the newer plan fields reaches LiteLLM's config, and what is named as left behind."""

from __future__ import annotations

import yaml

from routelab import Plan, export


def test_what_the_gateway_has_is_written(tmp_path):
    strong = [{"id": "s1", "model": "gpt-4o", "rpm": 9, "silent_model": ["cheap"]}]
    plan = Plan(
        models={"strong": strong, "cheap": "gpt-4o-mini"},
        default="cheap",
        enable_weighted_failover=True,
        enforce_model_rate_limits=True,
    )
    result = export(plan, directory=tmp_path / "out")
    config = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    settings = config["router_settings"]
    assert settings["enable_weighted_failover"] is True
    assert settings["optional_pre_call_checks"] == ["enforce_model_rate_limits"]
    assert config["model_list"][0]["litellm_params"]["silent_model"] == ["cheap"]
    assert "silent_model" not in config["model_list"][1]["litellm_params"]
    assert list(result.not_carried) == []


def test_what_the_gateway_lacks_is_named(tmp_path):
    own = {"scope": "plan", "limit_usd": 9, "downgrade_to": ["cheap"]}
    plan = Plan(
        models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"},
        default="strong",
        budgets=[
            {**own, "soft_at": 0.8, "reserve": True, "pacing": "rhythm"},
            {"scope": "key", "limit_usd": 2, "period": "7d"},
        ],
        hedge={"after_s": 3},
        cooldown={"half_open_trials": 2},
        retries={"retry_after_s": 2.5},
    )
    told = "\n".join(export(plan, directory=tmp_path / "out").not_carried)
    for part in (
        "the calendar budget of USD 9 a day for the plan",
        "the soft limit of that budget",
        "the reservation of estimates of that budget",
        "the rhythm pacing of that budget",
        "the budget of USD 2 per 7d for the key: keys and teams live in the proxy's database",
        "2 half-open trials",
        "the hedge after 3 s",
        "the part of a second of retry_after 2.5",
    ):
        assert part in told
