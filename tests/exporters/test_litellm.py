"""The exported LiteLLM config: what is in it, what is not, and that the real proxy loads it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
import yaml

from routelab import InputError, Plan, export
from routelab.exporters import lint

LOAD = """
import asyncio, json, sys
from litellm.proxy.proxy_server import ProxyConfig
async def load(path):
    router, _, _ = await ProxyConfig().load_config(router=None, config_file_path=path)
    return [[d["model_name"], d["model_info"]["id"]] for d in router.get_model_list()]
print("LOADED " + json.dumps(asyncio.run(load(sys.argv[1]))))
"""


@pytest.fixture
def exported(plan, tmp_path):
    return export(plan, directory=tmp_path / "gateway")


def config_of(result):
    return yaml.safe_load((result.directory / "config.yaml").read_text())


def test_prices_are_those_of_the_replay(plan, exported):
    for entry in config_of(exported)["model_list"][:-1]:
        params = entry["litellm_params"]
        model = plan.deployments[entry["model_info"]["id"]].model
        cost = 1234 * params["input_cost_per_token"] + 567 * params["output_cost_per_token"]
        assert cost == pytest.approx(plan.catalog.cost(model, 1234, 567), abs=1e-15)


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
        "model_group_alias": {"best": "strong"},
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


def test_the_router_is_a_plugin_with_safe_settings(exported):
    entry = config_of(exported)["model_list"][-1]
    assert entry["model_name"] == "routelab"
    settings = entry["litellm_params"]["complexity_router_config"]
    assert settings["tiers"] == {
        "SIMPLE": "cheap",
        "MEDIUM": "mid",
        "COMPLEX": "strong",
        "REASONING": "strong",
    }
    assert settings["max_tokens_from_tier_model"] is False
    tiers = json.loads((exported.directory / "routelab_tiers.json").read_text())
    assert tiers == {"art": "MEDIUM", "code": "COMPLEX", "math": "SIMPLE"}


def test_the_plugin_decides_as_the_plan(plan, exported):
    spec = importlib.util.spec_from_file_location("p", exported.directory / "routelab_plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Context:
        structured_messages = [
            {"role": "user", "content": [{"type": "text", "text": "sort a python list"}]},
            {"role": "assistant", "content": "ok"},
        ]

    with pytest.raises(StopIteration) as done:
        module.classifier.classify(Context).send(None)
    assert done.value.value == "COMPLEX"
    assert plan.router.resolve().predict(["sort a python list"])[0] == "code"


def test_what_is_not_carried_is_named(exported):
    told = " ".join(exported.not_carried)
    for word in ("calendar budget", "rules", "A/B split", "decision cache", "routelab"):
        assert word in told
    text = (exported.directory / "NOT_EXPORTED.md").read_text()
    assert all(item in text for item in exported.not_carried)


def test_a_plain_plan_is_carried_whole(tmp_path):
    result = export(Plan(models={"a": "gpt-4o"}, default="a"), directory=tmp_path / "g")
    assert result.not_carried == []
    assert "Nothing" in (tmp_path / "g" / "NOT_EXPORTED.md").read_text()


def test_the_exported_config_has_no_lint_errors(exported):
    found = lint(exported.directory / "config.yaml")
    assert [f for f in found if f.severity != "note"] == []


def test_more_than_four_groups_are_not_carried_as_a_router(router, tmp_path):
    from routelab import make_router

    models = {f"g{i}": "gpt-4o" for i in range(5)}
    fitted = make_router("centroid").fit([f"topic {w}" for w in "abcde"], list(models))
    plan = Plan(models=models, default="g0", router=fitted)
    result = export(plan, directory=tmp_path / "g")
    assert any("5 model groups" in item for item in result.not_carried)
    assert len(config_of(result)["model_list"]) == 5


def test_a_folder_that_exists_is_kept_without_force(plan, exported):
    marker = exported.directory / "mine.txt"
    marker.write_text("x")
    with pytest.raises(InputError, match="exists already"):
        export(plan, directory=exported.directory)
    assert marker.exists()
    export(plan, directory=exported.directory, force=True)
    assert not marker.exists()


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
    result = export(bundled, target="semantic-router", directory=tmp_path / "s")
    routes = json.loads((tmp_path / "s" / "routes.json").read_text())["routes"]
    assert {r["name"] for r in routes} == {"low", "medium", "high"}
    assert all(0 < len(r["utterances"]) <= 50 for r in routes)
    with pytest.raises(InputError, match=r"router\.labels"):
        export(plan, target="semantic-router", directory=tmp_path / "t")
    with pytest.raises(InputError, match="unknown export target 'litelm'"):
        export(plan, target="litelm", directory=tmp_path / "u")


@pytest.mark.litellm
def test_the_real_proxy_loads_every_model_that_was_written(exported, root):
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("litellm is not installed: pip install 'routelab[litellm]'")
    keys = {"OPENAI_API_KEY": "x", "AZURE_API_KEY": "x", "CHEAP_KEY": "x"}
    keys |= {"LITELLM_MASTER_KEY": "sk-test", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(exported.directory / "config.yaml")],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=exported.directory,
        env={**os.environ, **keys, "PYTHONPATH": str(root), "AZURE_API_BASE": "http://127.0.0.1:9"},
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    assert lines, done.stderr[-3000:]
    loaded = json.loads(lines[0].removeprefix("LOADED "))
    written = config_of(exported)["model_list"]
    expected = [[e["model_name"], e["model_info"]["id"]] for e in written[:-1]]
    aliased = [["best", i] for name, i in expected if name == "strong"]
    by_id = sorted(pair for pair in loaded if pair[0] != "routelab")
    assert by_id == sorted(expected + aliased)
    assert "routelab" in [name for name, _ in loaded]
