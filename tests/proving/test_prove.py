"""What a proof finds on a gateway that is right, and on gateways that are wrong in one way."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import routelab as rl

from .conftest import GROUPS, MODELS, PROMPTS, as_decided
from .fake_gateway import Gateway


def test_a_gateway_that_decides_like_the_plan_is_identical(on, folder, faithful):
    told = []
    proof = on(faithful, folder, progress=lambda *step: told.append(step), latency_requests=6)
    assert proof.identical and proof.agreed == proof.probes == 6
    assert (proof.model, proof.litellm, proof.written, proof.loaded) == ("routelab", "0.0.0", 4, 4)
    assert proof.latency.requests == 6
    assert told[:2] == [("boot", 0, 1), ("boot", 1, 1)]
    assert told[2:8] == [("probes", done, 6) for done in range(1, 7)]
    assert told[8:] == [("latency", done, 12) for done in range(1, 13)]
    lines = str(proof).splitlines()
    assert lines[0] == f"identical: {folder}, model 'routelab', LiteLLM 0.0.0"
    assert lines[1] == "probes    6 of 6 served by the plan's group"


def test_a_probe_that_another_group_serves_is_a_difference(on, folder):
    turned = Gateway(lambda body: {"strong": "cheap", "cheap": "strong"}[as_decided(body)])
    turned.headers = {"x-litellm-complexity-router-cause": "classifier_plugin"}
    proof = on(turned, folder)
    assert not proof.identical and proof.agreed == 0 and proof.latency is None
    first = proof.differences[0]
    assert (first.part, first.number, first.expected, first.got, first.cause) == (
        "probe", 1, "strong", "cheap", "classifier_plugin",
    )  # fmt: skip
    text = str(proof)
    assert PROMPTS[0] not in text and PROMPTS[0] not in repr(proof)
    assert repr(PROMPTS[0]) in proof.text(show_prompts=True)
    assert "prompt" not in proof.to_dict()["differences"][0]
    assert proof.to_dict(show_prompts=True)["differences"][0]["prompt"] == PROMPTS[0]


def test_the_table_shows_the_first_ten_differences_and_counts_the_others(on, folder):
    proof = on(Gateway(lambda body: "strong"), folder, ["a poem on the sea"] * 12)
    lines = proof.text().splitlines()
    assert len(proof.differences) == 12
    assert lines[-1] == "and 2 more"
    assert sum(line.startswith("probe ") for line in lines) == 10


def test_headers_must_name_the_deployment_that_the_stand_in_was_asked_as(on, folder):
    proof = on(Gateway(as_decided, headers={"x-litellm-model-id": "c1"}), folder)
    assert [d.number for d in proof.differences] == [1, 2, 3]  # the other three are c1's
    assert proof.differences[0].got == "headers: c1, stand-in: s1"
    assert proof.differences[0].cause == "they disagree"


def test_headers_must_name_one_group(on, folder):
    proof = on(Gateway(as_decided, headers={"x-litellm-model-group": "strong"}), folder)
    assert {d.got for d in proof.differences} == {"headers: c1 of group strong"}
    assert len(proof.differences) == 3


def test_a_request_that_fails_is_told_by_status_and_class(on, folder):
    proof = on(Gateway(as_decided, fails=(8,)), folder)  # after two warm-ups of three names: 7 is 1
    assert [(d.number, d.got, d.cause) for d in proof.differences] == [
        (2, "HTTP 400", "BadRequestError")
    ]


def test_models_that_are_dropped_or_added_are_differences(on, folder):
    proof = on(Gateway(as_decided, drops=["routelab"], adds=["stray"]), folder)
    assert [(d.expected, d.got) for d in proof.differences] == [
        ("router routelab", "not loaded"),
        ("name routelab", "not loaded"),
        ("not written", "name stray"),
    ]
    assert (proof.written, proof.loaded) == (4, 3)


@pytest.fixture
def short(monkeypatch):
    """The stand-in keeps a client waiting for half a second."""
    monkeypatch.setattr("routelab.proving.failures._HOLD_S", 0.5)


def test_failures_on_a_gateway_without_fallbacks_and_retries_are_the_kernels(on, tmp_path, short):
    plan = rl.Plan(
        models={"cheap": {"id": "c1", "model": "gpt-4o-mini", "timeout_s": 0.2}},
        default="cheap",
        retries={"num_retries": 0},
    )
    rl.export(plan, directory=tmp_path / "x")
    proof = on(Gateway(), tmp_path / "x", ["hello"], failures=True)
    # the fake gateway has no timeout: it waits for the answer that comes too late
    assert (proof.failures, proof.attempts) == (4, 4)
    assert [(d.number, d.expected, d.got) for d in proof.differences] == [
        (3, "c1 client_timeout, not served", "c1 200, served by c1")
    ]
    assert proof.differences[0].cause == "asked for cheap"
    assert "failures  4 requests, 4 attempts compared" in str(proof)


def test_a_fallback_that_the_plan_lacks_is_a_difference(on, tmp_path, short):
    plan = rl.Plan(models=MODELS, default="cheap", retries={"num_retries": 0},
                   cooldown={"seconds": 60})  # fmt: skip
    rl.export(plan, directory=tmp_path / "x")
    proof = on(Gateway(fallback="cheap"), tmp_path / "x", ["hello"], failures=True)
    got = [d.got for d in proof.differences]
    assert "s1 500, c1 200, served by c1" in got


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"strategy": "latency-based-routing"},
         "latency-based-routing picks by measured times or tokens"),
        ({"models": {**MODELS, "cheap": {**MODELS["cheap"], "silent_model": ["strong"]}}},
         "copies for silent_model start at any time"),
    ],
)  # fmt: skip
def test_failures_are_left_out_where_attempts_cannot_be_foretold(on, tmp_path, changed, reason):
    plan = rl.Plan(**{"models": MODELS, "default": "cheap", **changed})
    rl.export(plan, directory=tmp_path / "x")
    proof = on(Gateway(), tmp_path / "x", ["hello"], failures=True)
    assert proof.failures == 0 and proof.latency is None and proof.identical
    assert f"failures were not sent: {reason}" in proof.notes


def test_the_folder_is_not_touched_and_the_copy_holds_no_key(on, folder, faithful, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-user-0123456789")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    on(faithful, folder, python="other-python")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert faithful.files == sorted(before)
    assert faithful.python == "other-python"
    params = [entry["litellm_params"] for entry in faithful.config["model_list"]]
    assert [p.get("api_key") for p in params] == ["none"] * 3 + [None]
    assert [p["model"] for p in params[:3]] == [f"openai/stand-in-{i}" for i in range(3)]
    assert {p["timeout"] for p in params[:3]} == {2.0}
    assert params[0]["input_cost_per_token"] == 2.5e-6  # the plan's price stays


def test_a_group_or_alias_can_be_asked_for_by_name(on, tmp_path):
    plan = rl.Plan(models=MODELS, default="cheap", model_group_alias={"best": "strong"})
    rl.export(plan, directory=tmp_path / "x")
    assert on(Gateway(), tmp_path / "x", ["a", "b"]).model == "cheap"
    by_alias = on(Gateway(lambda body: "strong"), tmp_path / "x", ["a", "b"], model="best")
    assert by_alias.identical and by_alias.agreed == 2 and by_alias.latency is None
    assert not on(Gateway(lambda body: "cheap"), tmp_path / "x", ["a"], model="best").identical


def test_user_session_and_tier_are_sent_and_decide_offline_too(on, tmp_path):
    rules = [{"model": "strong", "tiers": ["gold"]}]
    plan = rl.Plan(models=MODELS, default="cheap", rules=rules)
    rl.export(plan, directory=tmp_path / "x")
    probes = tmp_path / "probes.jsonl"
    rows = [{"prompt": "a", "tier": "gold", "user": "ann", "session_id": "s"}, {"prompt": "b"}]
    probes.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    gateway = Gateway(lambda body: "strong" if body.get("metadata") else "cheap")
    proof = on(gateway, tmp_path / "x", probes)
    assert proof.identical and proof.model == "routelab"
    sent = next(body for body in gateway.bodies if body.get("user"))
    assert (sent["user"], sent["metadata"]) == ("ann", {"tier": "gold"})


def test_a_renamed_router_is_found_and_can_be_named(on, folder, faithful, tmp_path):
    copy = tmp_path / "renamed"
    shutil.copytree(folder, copy)
    config = yaml.safe_load((copy / "config.yaml").read_text(encoding="utf-8"))
    config["general_settings"]["master_key"] = "sk-of-the-user"
    config["model_list"][-1]["model_name"] = "smart"
    (copy / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert on(faithful, copy).model == "smart"
    assert faithful.config["general_settings"]["master_key"] == "os.environ/LITELLM_MASTER_KEY"
    assert on(faithful, copy, model="smart", latency_requests=0).latency is None
    with pytest.raises(rl.InputError, match="serves no model 'routelab'; it serves cheap, smart, "):
        on(faithful, copy, model="routelab")
    del config["model_list"][-1]
    (copy / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(rl.InputError, match="has no entry 'routelab': name the router with --mod"):
        on(faithful, copy)


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("config.yaml", None, "config .*config.yaml' does not exist"),
        ("plan.zip", None, "the plan's bundle .*plan.zip' does not exist"),
        ("config.yaml", "model_list: 3\n", "model_list must be a list of mappings"),
        ("config.yaml", "- 3\n", "model_list must be a list of mappings"),
        ("config.yaml", "model_list: [{model_name: a, litellm_params: {model: x}}]\n",
         "needs a model_info.id of its own, got None at place 1"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_export_is_refused(folder, tmp_path, name, text, match):
    shutil.copytree(folder, tmp_path / "x")
    if text is None:
        (tmp_path / "x" / name).unlink()
    else:
        (tmp_path / "x" / name).write_text(text, encoding="utf-8")
    with pytest.raises(rl.InputError, match=match):
        rl.prove(tmp_path / "x", PROMPTS)


def test_a_bundle_without_a_plan_and_a_negative_count_are_refused(folder, plan, tmp_path):
    shutil.copytree(folder, tmp_path / "x")
    rl.save_bundle(tmp_path / "x" / "plan.zip", router=plan.router.resolve(), force=True)
    with pytest.raises(rl.InputError, match="plan.zip' holds no plan"):
        rl.prove(tmp_path / "x", PROMPTS)
    with pytest.raises(rl.InputError, match="latency_requests must be at least 0, got -1"):
        rl.prove(folder, PROMPTS, latency_requests=-1)


def test_a_proxy_that_does_not_tell_its_models_is_an_error(on, folder, faithful, monkeypatch):
    booted = faithful.booted

    @contextmanager
    def other_key(*args, **options):
        with booted(*args, **options) as proxy:
            yield replace(proxy, key="sk-another")

    monkeypatch.setattr(faithful, "booted", other_key)
    with pytest.raises(rl.RoutelabError, match="the proxy answers 401 to /v1/models"):
        on(faithful, folder)


def test_without_openai_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(rl.InputError, match=r'pip install "routelab\[litellm\]"'):
        rl.prove(folder, PROMPTS)


def test_limits_of_the_minute_and_budgets_of_providers_are_lifted_and_told(on, tmp_path):
    models = {"cheap": {"id": "c1", "model": "gpt-4o-mini", "rpm": 2, "timeout_s": 1.5}}
    budget = {"scope": "provider", "name": "openai", "limit_usd": 1, "period": "1d"}
    plan = rl.Plan(
        models=models,
        default="cheap",
        enforce_model_rate_limits=True,
        timeout_s=1,
        budgets=[budget],
    )
    rl.export(plan, directory=tmp_path / "x")
    config = yaml.safe_load((tmp_path / "x" / "config.yaml").read_text(encoding="utf-8"))
    config["router_settings"]["optional_pre_call_checks"].append("prompt_caching")
    (tmp_path / "x" / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    gateway = Gateway()
    notes = on(gateway, tmp_path / "x", ["a"]).notes
    assert [note.split(" are ")[0] for note in notes[2:]] == [
        "limits of the minute (rpm, tpm)", "budgets of providers",
    ]  # fmt: skip
    settings = gateway.config["router_settings"]
    assert settings["optional_pre_call_checks"] == ["prompt_caching"]
    assert "provider_budget_config" not in settings
    params = gateway.config["model_list"][0]["litellm_params"]
    assert "rpm" not in params and params["timeout"] == 1.5


def test_the_command_prints_writes_and_exits_by_the_answer(on, folder, run, tmp_path, monkeypatch):
    import importlib

    module = importlib.import_module("routelab.proving.prove")
    probes = tmp_path / "probes.csv"
    probes.write_text("prompt\n" + "\n".join(PROMPTS) + "\n", encoding="utf-8")
    command = ["prove", folder, "--probes", probes, "--no-failures"]
    monkeypatch.setattr(module, "booted", Gateway(as_decided).booted)
    code, out, _ = run(*command, "--out", tmp_path / "proof.json")
    assert code == 0 and out.startswith("identical: ")
    written = json.loads(Path(tmp_path / "proof.json").read_text(encoding="utf-8"))
    assert written["identical"] and written["probes"] == 6
    monkeypatch.setattr(module, "booted", Gateway(lambda body: "cheap").booted)
    code, out, _ = run(*command, "--json")
    assert code == 1 and json.loads(out)["agreed"] == GROUPS.count("cheap")
    code, out, _ = run(*command, "--show-prompts")
    assert code == 1 and repr(PROMPTS[2]) in out
    code, _, err = run("prove", tmp_path / "none", "--probes", probes)
    assert code == 2 and "none' does not exist" in err
