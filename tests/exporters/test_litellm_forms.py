"""Each form of content routing: when it is taken, what is written, what it cannot hold."""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path

import pytest
import yaml

from routelab import InputError, Plan, export, load_bundle, make_router
from routelab.encoders import LitellmEncoder
from routelab.exporters import lint
from routelab.exporters.litellm import _semantic, plugin, router_name
from routelab.exporters.standalone import runtime_source
from routelab.gateway_rules import ComplexityRouter

from .conftest import LABELS, MODELS, PROMPTS, ROUTES, TIERS, TUNED

FORMS = ["plain", "heuristic", "fitted", "table", "semantic", "classifier", "imports", "groups"]
FORMS += ["rules", "split"]
SAFE = ("max_tokens_from_tier_model", "context_compaction", "deployment_affinity")


def routers_of(config):
    return [
        entry["litellm_params"]
        for entry in config["model_list"]
        if entry["litellm_params"]["model"].startswith("auto_router/")
    ]


def rules_of(config):
    return routers_of(config)[0]["complexity_router_config"]


@pytest.mark.parametrize("name", FORMS)
def test_no_form_has_a_lint_finding(folders, name):
    found = lint(folders[name].directory / "config.yaml")
    assert [f for f in found if f.severity != "note"] == []


@pytest.mark.parametrize("name", FORMS)
def test_every_export_holds_its_plan(plans, folders, name):
    plan = load_bundle(folders[name].directory / "plan.zip").plan
    assert plan.models == plans[name].models
    assert plan.routes == plans[name].routes


@pytest.mark.parametrize("name", FORMS)
def test_no_machine_path_is_written(folders, name):
    for file in folders[name].directory.iterdir():
        if file.suffix != ".zip":
            assert str(folders[name].directory.parent) not in file.read_text(), file.name


@pytest.mark.parametrize("name", ["heuristic", "fitted", "table", "classifier"])
def test_settings_that_change_traffic_are_off(configs, name):
    settings = rules_of(configs[name])
    assert [settings[key] for key in SAFE] == [False, False, False]


def test_the_tuned_heuristic_is_written_inline(configs):
    settings = rules_of(configs["heuristic"])
    assert {key: settings[key] for key in TUNED} == TUNED
    assert settings["tiers"] == TIERS
    assert "classifier_plugin" not in settings
    assert settings["default_model"] == "cheap"


def test_the_fitted_heuristic_keeps_its_learnt_boundaries(plans, configs):
    learnt = plans["fitted"].router.resolve().config_
    assert rules_of(configs["fitted"])["tier_boundaries"] == learnt["tier_boundaries"]


def test_the_table_is_written_inline(plans, configs):
    settings = rules_of(configs["table"])
    assert settings["classifier_type"] == "heuristic_v2"
    table = plans["table"].router.resolve().table_
    assert settings["heuristic_v2_artifact"] == json.loads(json.dumps(table))
    assert len(settings["heuristic_v2_artifact"]["global_statistics"]) == 4


def test_housekeeping_is_as_the_router_was_judged(tmp_path):
    ask = "Please write a 5-10 word title for the following conversation:"
    for tidy in (True, False):
        config = {
            "route_housekeeping_to_cheapest_tier": tidy,
            "housekeeping_patterns": ["5-10 word title"],
            "tier_boundaries": {"simple_medium": -9, "medium_complex": 0.3},
        }
        heuristic = make_router("litellm-heuristic", config=config).fit([])
        plan = Plan(models=MODELS, default="cheap", router=heuristic, routes=TIERS)
        result = export(plan, directory=tmp_path / str(tidy))
        settings = rules_of(config_in(result))
        assert settings["route_housekeeping_to_cheapest_tier"] is tidy
        asked = [{"role": "user", "content": ask}]
        expected = TIERS[heuristic.predict([ask])[0]]
        assert ComplexityRouter(settings).decide(asked).groups == (expected,)
        assert expected == ("cheap" if tidy else "mid")


def test_a_heuristic_with_tiers_of_its_own_becomes_a_plugin(tmp_path):
    config = {"tiers": {"SIMPLE": "x", "MEDIUM": "y"}}
    heuristic = make_router("litellm-heuristic", config=config).fit([])
    plan = Plan(models=MODELS, default="cheap", router=heuristic, routes=TIERS)
    settings = rules_of(config_in(export(plan, directory=tmp_path / "g")))
    assert settings["classifier_type"] == "custom"


def test_blank_prompts_are_told_where_the_default_is_not_medium(plans, folders, tmp_path):
    (told,) = folders["heuristic"].not_carried
    assert "white space or reminders alone: the plan sends them to 'mid' as MEDIUM" in told
    assert any("the plan asks the router" in told for told in folders["classifier"].not_carried)
    plan = plans["heuristic"].replace(default="mid")
    assert export(plan, directory=tmp_path / "g").not_carried == []


def test_the_semantic_router_is_written_inline(configs):
    (params,) = routers_of(configs["semantic"])
    inline = json.loads(params["auto_router_config"])
    assert inline["encoder_name"] == "openai/text-embedding-3-small"
    assert [(r["name"], r["score_threshold"]) for r in inline["routes"]] == [
        ("code", 0.5),
        ("art", 0.25),
        ("math", 0.0),  # no threshold: the gateway's own would be 0.3
    ]
    assert inline["routes"][0]["utterances"] == PROMPTS[:3]
    assert params["auto_router_default_model"] == "cheap"
    assert "auto_router_config_path" not in params


def test_the_embedding_model_is_a_group_with_its_price(configs):
    (entry,) = [e for e in configs["semantic"]["model_list"] if e["model_name"].endswith("ding")]
    assert entry == {
        "model_name": "routelab-embedding",
        "litellm_params": {
            "model": "openai/text-embedding-3-small",
            "api_key": "os.environ/OPENAI_API_KEY",
            "dimensions": 256,
            "input_cost_per_token": 0.02 / 1e6,
            "output_cost_per_token": 0.0,
        },
        "model_info": {"id": "routelab-embedding", "mode": "embedding"},
    }
    (params,) = routers_of(configs["semantic"])
    assert params["auto_router_embedding_model"] == "routelab-embedding"


def test_each_semantic_route_leads_to_its_group(configs):
    aliases = configs["semantic"]["router_settings"]["model_group_alias"]
    assert {name: alias["model"] for name, alias in aliases.items()} == ROUTES
    assert all(alias["hidden"] for alias in aliases.values())


def test_a_semantic_route_may_have_the_name_of_another_group(plans, tmp_path):
    models = {**plans["semantic"].models, "art": ({"id": "x", "model": "gpt-4o"},)}
    routes = {"code": "art", "art": "mid", "math": "cheap"}
    plan = plans["semantic"].replace(models=models, routes=routes)
    config = config_in(export(plan, directory=tmp_path / "g"))
    inline = json.loads(routers_of(config)[0]["auto_router_config"])
    assert [route["name"] for route in inline["routes"]] == ["code", "art-2", "math"]
    aliases = config["router_settings"]["model_group_alias"]
    assert {name: alias["model"] for name, alias in aliases.items()} == {
        "code": "art",
        "art-2": "mid",
        "math": "cheap",
    }


def test_a_semantic_route_named_like_its_group_needs_no_alias(plans, tmp_path):
    models = dict.fromkeys(ROUTES, "gpt-4o-mini")
    plan = Plan(models=models, default="art", router=plans["semantic"].router)
    config = config_in(export(plan, directory=tmp_path / "g"))
    assert "model_group_alias" not in config["router_settings"]


def test_a_threshold_of_0_is_not_read_as_none(plans, tmp_path):
    spec = plans["semantic"].router
    encoder, head = (step for _, step in spec.fitted.steps)
    told = type(spec.fitted)([("encoder", encoder), ("head", head_with(head, threshold=0))])
    router = spec.model_copy(update={"fitted": told})
    result = export(plans["semantic"].replace(router=router), directory=tmp_path / "g")
    inline = json.loads(routers_of(config_in(result))[0]["auto_router_config"])
    assert [route["score_threshold"] for route in inline["routes"]] == [1e-9] * 3
    # only where some routes have a threshold and some have none
    assert not any("with score 0" in told for told in result.not_carried)


def test_what_the_gateways_semantic_router_does_otherwise_is_told(folders):
    told = " ".join(folders["semantic"].not_carried)
    for part in ("install 'litellm[semantic-router]'", "beyond 2,000 characters", "with score 0"):
        assert part in told


def test_a_semantic_route_without_a_group_is_an_error(plans, tmp_path):
    with pytest.raises(InputError, match="'code', for which the plan has no model group"):
        export(plans["semantic"].replace(routes={"art": "mid"}), directory=tmp_path / "g")


def test_abstentions_of_a_semantic_router_keep_their_label(plans, tmp_path):
    fitted = plans["semantic"].router.fitted
    encoder, head = (step for _, step in fitted.steps)
    told = type(fitted)([("encoder", encoder), ("head", head_with(head, abstain_label="art"))])
    router = plans["semantic"].router.model_copy(update={"fitted": told})
    config = config_in(export(plans["semantic"].replace(router=router), directory=tmp_path / "g"))
    assert routers_of(config)[0]["auto_router_default_model"] == "mid"


@pytest.mark.parametrize(
    "change",
    [{"top_k": 3}, {"aggregation": "max"}, {"threshold": 1.5}],
    ids=["top_k", "aggregation", "threshold"],
)
def test_a_rule_that_the_gateway_lacks_is_no_semantic_router(plans, change):
    spec = plans["semantic"].router
    encoder, head = (step for _, step in spec.fitted.steps)
    fitted = type(spec.fitted)([("encoder", encoder), ("head", head_with(head, **change))])
    assert _semantic.is_semantic(plans["semantic"], spec.fitted)
    assert not _semantic.is_semantic(plans["semantic"], fitted)


def test_without_the_texts_of_its_examples_there_is_no_semantic_router(plans, monkeypatch):
    plan, fitted = plans["semantic"], plans["semantic"].router.fitted
    assert not _semantic.is_semantic(plan.replace(router=fitted), fitted)
    monkeypatch.setattr(_semantic, "MOST_UTTERANCES", 8)
    assert not _semantic.is_semantic(plan, fitted)


def test_other_routers_are_not_semantic(plans, router):
    assert not _semantic.is_semantic(plans["classifier"], router)
    fitted = plans["semantic"].router.fitted
    other = type(fitted)([("encoder", fitted.steps[0][1]), ("head", router.steps[1][1])])
    assert not _semantic.is_semantic(plans["semantic"], other)


def test_the_price_of_embeddings_comes_from_the_map_or_is_asked_for(monkeypatch):
    encoder = LitellmEncoder("text-embedding-x")
    monkeypatch.setattr(_semantic, "known_model", lambda _: {"input_cost_per_token": 3e-8})
    params = _semantic._embedding_entry(encoder, "e")["litellm_params"]
    assert params["input_cost_per_token"] == 3e-8
    assert params["api_key"] == "os.environ/OPENAI_API_KEY"
    monkeypatch.setattr(_semantic, "known_model", lambda _: {})
    with pytest.raises(InputError, match="no price of the embedding model 'text-embedding-x'"):
        _semantic._embedding_entry(encoder, "e")


def test_a_trained_router_is_a_classifier_that_names_tiers(folders, configs):
    settings = rules_of(configs["classifier"])
    assert settings["classifier_plugin"] == "routelab_plugin.classifier"
    # by price: cheap and mid cost the same, so their names decide
    assert settings["tiers"] == {
        "SIMPLE": "cheap",
        "MEDIUM": "mid",
        "COMPLEX": "strong",
        "REASONING": "strong",
    }
    assert settings["escalation_keywords"] == []
    assert settings["classifier_fallback"] == "default_model"
    told = json.loads((folders["classifier"].directory / "routelab_plugin.json").read_text())
    assert told["tiers"] == {"art": "MEDIUM", "code": "COMPLEX", "math": "SIMPLE"}


def test_an_abstain_label_has_a_tier_too(tmp_path):
    fitted = make_router("centroid", threshold=0.99, abstain_label="odd").fit(PROMPTS, LABELS)
    routes = {**ROUTES, "odd": "strong", "code": "cheap"}
    plan = Plan(models=MODELS, default="cheap", router=fitted, routes=routes)
    result = export(plan, directory=tmp_path / "g")
    told = json.loads((result.directory / "routelab_plugin.json").read_text())
    assert told["tiers"]["odd"] == "COMPLEX"
    assert rules_of(config_in(result))["tiers"]["COMPLEX"] == "strong"


def test_a_router_with_a_form_of_its_own_needs_no_routelab(folders):
    for name in ("classifier", "groups", "rules", "split"):
        text = (folders[name].directory / "routelab_plugin.py").read_text()
        assert "import routelab" not in text and "from routelab" not in text
        ast.parse(text, feature_version=(3, 10))  # what the proxy may run
        assert (folders[name].directory / "bundle.json").is_file()


def test_another_router_imports_routelab_and_says_so(folders):
    (told,) = [told for told in folders["imports"].not_carried if "dependencies" in told]
    assert "NeighborsHead needs routelab where it runs, so install routelab in the proxy" in told
    folder = folders["imports"].directory
    assert (
        "from routelab.exporters.litellm.decider import"
        in (folder / "routelab_plugin.py").read_text()
    )
    assert not (folder / "bundle.json").exists()


def test_runtime_and_plugin_share_no_name():
    names = []
    for source in (runtime_source(), Path(plugin.__file__).read_text(encoding="utf-8")):
        body = ast.parse(source).body
        targets = [t.id for n in body if isinstance(n, ast.Assign) for t in n.targets]
        names.append({*targets, *(n.name for n in body if hasattr(n, "name"))})
    assert names[0] & names[1] == set()


@pytest.mark.parametrize(("name", "default"), [("groups", "g0"), ("rules", "cheap")])
def test_what_tiers_cannot_hold_is_a_hook(folders, configs, name, default):
    config = configs[name]
    assert routers_of(config) == []
    assert config["litellm_settings"] == {"callbacks": ["routelab_plugin.hook"]}
    # the name stays known to the proxy, and is served even without the hook
    assert config["router_settings"]["model_group_alias"] == {"routelab": default}
    told = json.loads((folders[name].directory / "routelab_plugin.json").read_text())
    assert (told["model"], told["default"]) == ("routelab", default)
    assert told["counts"] is (name == "rules")


def test_what_a_hook_does_otherwise_is_told(folders):
    assert any("tokenizer of GPT-4o" in told for told in folders["rules"].not_carried)
    assert not any("tokenizer" in told for told in folders["groups"].not_carried)
    (named,) = [told for told in folders["split"].not_carried if "by its name" in told]
    assert "requests for 'routelab', of which 'cheap' is the default" in named


def test_the_head_of_the_config_says_whom_to_ask(folders):
    text = (folders["rules"].directory / "config.yaml").read_text()
    assert text.splitlines()[1].startswith("# Clients ask for the model 'routelab'.")
    assert "Clients ask" not in (folders["plain"].directory / "config.yaml").read_text()


def test_the_name_of_the_router_is_a_free_one():
    models = {"routelab": "gpt-4o", "routelab-router": "gpt-4o"}
    plan = Plan(
        models=models, default="routelab", model_group_alias={"routelab-router-2": "routelab"}
    )
    assert router_name(plan) == "routelab-router-3"


def test_a_route_without_a_group_is_an_error(router, tmp_path):
    plan = Plan(models={"a": "gpt-4o"}, default="a", router=router)
    with pytest.raises(InputError, match="for which the plan has no model group"):
        export(plan, directory=tmp_path / "g")
    assert list(tmp_path.iterdir()) == []


def config_in(result):
    return yaml.safe_load((result.directory / "config.yaml").read_text(encoding="utf-8"))


def head_with(head, **changes):
    return copy.copy(head).set_params(**changes)
