"""The files for semantic-router: every utterance, the thresholds, and what stays behind."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from sklearn.base import BaseEstimator, TransformerMixin

from routelab import InputError, Plan, RouteThresholds, export, make_router
from routelab.encoders import CachedEncoder, LitellmEncoder, SentenceTransformersEncoder
from routelab.exporters.semantic_router import auto_router_config
from routelab.plan import RouterSpec

MODELS = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
SERVICE = "litellm:openai/text-embedding-3-small"
BASE = {"models": MODELS, "default": "cheap", "routes": {"code": "strong", "art": "cheap"}}


class Counted(TransformerMixin, BaseEstimator):
    """Stands for a service: counts of three letters, so that nothing is asked."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        return np.array([[1.0, t.count("a"), t.count("o"), t.count("e")] for t in X])


@pytest.fixture
def labels(tmp_path):
    """120 prompts of code, 3 of art, one that repeats and a blank one, which is no label."""
    rows = [("code", f"sort list {i}") for i in range(120)]
    rows += [("art", f"a poem on {what}") for what in ("rain", "snow", "fog")]
    rows += [("code", "sort list 7"), ("art", " ")]
    path = tmp_path / "labels.csv"
    lines = [f'"{prompt}",{label}' for label, prompt in rows]
    path.write_text("prompt,label\n" + "\n".join(lines) + "\n")
    return str(path)


def plan_with(labels, **spec):
    router = {"kind": "semantic-router-rule", "encoder": SERVICE, "labels": labels, **spec}
    return Plan(**BASE, router=router)


def written(plan, tmp_path):
    result = export(plan, target="semantic-router", directory=tmp_path / "out")
    text = (tmp_path / "out" / "routes.json").read_text(encoding="utf-8")
    return json.loads(text), " | ".join(result.not_carried), result


def with_service(fitted, encoder):
    """Return the fitted router with a service's encoder in the place of the stand-in."""
    inner = fitted.router_ if isinstance(fitted, RouteThresholds) else fitted
    inner.steps[0] = ("encoder", encoder)
    return fitted


def test_all_utterances_are_written_in_their_order(labels, tmp_path):
    config, told, _ = written(plan_with(labels), tmp_path)
    names = [route["name"] for route in config["routes"]]
    assert names == ["code", "art"]
    assert [len(route["utterances"]) for route in config["routes"]] == [120, 3]
    assert config["routes"][0]["utterances"][:2] == ["sort list 0", "sort list 1"]
    assert config["routes"][0]["metadata"] == {"model": "strong"}
    assert "utterances that repeat another one of their route: 1" in told


def test_the_three_files_hold_the_same_routes(labels, tmp_path):
    config, _, result = written(plan_with(labels, params={"threshold": 0.4}), tmp_path)
    assert [str(file) for file in result.files] == [
        "NOT_EXPORTED.md",
        "litellm_auto_router.json",
        "routes.json",
        "routes.yaml",
    ]
    folder = result.directory
    assert yaml.safe_load((folder / "routes.yaml").read_text(encoding="utf-8")) == config
    old = json.loads((folder / "litellm_auto_router.json").read_text(encoding="utf-8"))
    pairs = zip(old["routes"], config["routes"], strict=True)
    for before, now in pairs:
        assert before["utterances"] == now["utterances"]
        assert before["score_threshold"] == now["confidence_threshold"] == 0.4


def test_the_rule_of_the_router_is_written(labels, tmp_path):
    params = {"top_k": 3, "aggregation": "max", "threshold": {"code": 0.6}}
    config, told, _ = written(plan_with(labels, params=params), tmp_path)
    assert (config["router_type"], config["top_k"], config["aggregation"]) == ("indexed", 3, "max")
    bars = {route["name"]: route.get("confidence_threshold") for route in config["routes"]}
    assert bars == {"code": 0.6, "art": None}
    assert "in LiteLLM, top_k=3, aggregation=max" in told


@pytest.mark.parametrize(
    ("model", "encoder"),
    [
        ("text-embedding-3-small", {"type": "openai", "name": "text-embedding-3-small"}),
        ("openai/text-embedding-3-large", {"type": "openai", "name": "text-embedding-3-large"}),
        ("voyage/voyage-3", {"type": "litellm", "name": "voyage/voyage-3"}),
    ],
)
def test_encoders_of_services_are_named_as_semantic_router_names_them(
    labels, tmp_path, model, encoder
):
    config, _, _ = written(plan_with(labels, encoder=f"litellm:{model}"), tmp_path)
    assert config["encoder"] == encoder


def test_a_local_encoder_has_no_litellm_file(labels, tmp_path):
    encoder = "cached:sentence-transformers:all-MiniLM-L6-v2"
    config, told, result = written(plan_with(labels, encoder=encoder), tmp_path)
    assert config["encoder"] == {"type": "local", "name": "all-MiniLM-L6-v2"}
    assert not (result.directory / "litellm_auto_router.json").exists()
    assert "SentenceTransformersEncoder runs on this machine" in told
    with pytest.raises(InputError, match="embeddings from a service: .*SentenceTransformersEnc"):
        auto_router_config(plan_with(labels, encoder=encoder))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"encoder": "tfidf"}, "no encoder like TfidfEncoder .*use encoder 'litellm:<model>'"),
        ({"kind": "keyword"}, "no encoder like KeywordRouter"),
        ({"encoder": "litellm:embed-v3"}, "'embed-v3' has none: write 'litellm:<provider>"),
        ({"labels": None}, r"the plan needs router\.labels"),
    ],
)
def test_a_plan_that_semantic_router_cannot_hold_is_refused(labels, tmp_path, spec, said):
    with pytest.raises(InputError, match=said):
        written(plan_with(**{"labels": labels, **spec}), tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_plan_without_a_router_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"the plan needs router\.labels"):
        written(Plan(models=MODELS, default="cheap"), tmp_path)


def test_fitted_thresholds_are_written(labels, tmp_path):
    prompts = [f"sort the aaaa {i}" for i in range(30)] + [f"poooem {i}" for i in range(30)]
    router = make_router("semantic-router-rule", encoder=Counted(), aggregation="max")
    fitted = RouteThresholds(router, target="coverage", level=0.9)
    fitted.fit(prompts, ["code"] * 30 + ["art"] * 30)
    fitted.thresholds_["art"] = float("inf")  # as where no threshold reaches a precision
    with_service(fitted, CachedEncoder(LitellmEncoder("text-embedding-3-small")))
    plan = Plan(
        **BASE, router=RouterSpec(kind="semantic-router-rule", labels=labels, fitted=fitted)
    )
    config, told, _ = written(plan, tmp_path)
    bars = {route["name"]: route["confidence_threshold"] for route in config["routes"]}
    assert bars == {"code": fitted.thresholds_["code"], "art": 1e6}
    assert 0.9 < bars["code"] <= 1
    assert "the route 'art' never answers" in told
    assert "gives way to the next one" in told


def test_a_route_that_every_prompt_reaches_has_no_threshold(labels, tmp_path):
    params = {"threshold": {"code": float("-inf")}}
    fitted = make_router("semantic-router-rule", encoder=Counted(), **params)
    fitted.fit(["aaa", "ooo"], ["code", "art"])
    with_service(fitted, LitellmEncoder("text-embedding-3-small", dimensions=256))
    plan = Plan(
        **BASE, router=RouterSpec(kind="semantic-router-rule", labels=labels, fitted=fitted)
    )
    config, told, _ = written(plan, tmp_path)
    assert "confidence_threshold" not in config["routes"][0]
    assert auto_router_config(plan)["routes"][0]["score_threshold"] == 0.0
    assert "dimensions=256 of the encoder" in told


def test_prompts_out_of_scope_are_no_route(labels, tmp_path):
    prompts = [f"sort the aaaa {i}" for i in range(20)] + [f"poooem {i}" for i in range(20)]
    prompts += [f"eeee {i}" for i in range(20)]
    router = make_router("centroid", encoder=Counted())
    fitted = RouteThresholds(router, level=0.5, out_of_scope="art", cv=2)
    fitted.fit(prompts, ["code"] * 20 + ["other"] * 20 + ["art"] * 20)
    with_service(fitted, SentenceTransformersEncoder("all-MiniLM-L6-v2"))
    plan = Plan(**BASE, router=RouterSpec(kind="centroid", labels=labels, fitted=fitted))
    config, told, _ = written(plan, tmp_path)
    assert [route["name"] for route in config["routes"]] == ["code"]
    assert "3 utterances out of scope" in told
    assert "the rule of the 'centroid' router, and thresholds that were fitted for it" in told
    assert "confidence_threshold" not in config["routes"][0]


def test_routes_of_litellm_can_be_renamed(labels):
    config = auto_router_config(plan_with(labels), names={"code": "strong"})
    assert [route["name"] for route in config["routes"]] == ["strong", "art"]
    assert config["encoder_type"] == "litellm"
    assert config["encoder_name"] == "openai/text-embedding-3-small"
    assert all(route["score_threshold"] == 0.0 for route in config["routes"])


def test_what_litellm_needs_beside_the_file_is_told(tmp_path):
    path = tmp_path / "many.csv"
    rows = [f"prompt {i},{('code', 'cheap')[i % 2]}" for i in range(2100)]
    path.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    _, told, _ = written(plan_with(str(path)), tmp_path)
    assert 'model_group_alias to {"code": "strong"}' in told
    assert "in LiteLLM, 2,100 utterances" in told
    assert "the model group 'cheap' of prompts that reach no route" in told
