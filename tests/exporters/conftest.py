"""Plans for the gateway: one with every field that LiteLLM can carry, one per content form."""

from __future__ import annotations

import pytest
import yaml
from sklearn.pipeline import Pipeline

from routelab import Plan, export, make_router
from routelab.encoders import LitellmEncoder
from routelab.plan import RouterSpec
from routelab.routers import SemanticRouterHead

PROMPTS = [
    *("fix the function in my python file", "sort a list in python", "python loop never ends"),
    *("a poem on the sea", "a short story about light", "rhyme with winter and snow"),
    *("prove that the root of two is irrational", "integral of x squared", "solve the equation"),
]
LABELS = ["code"] * 3 + ["art"] * 3 + ["math"] * 3


@pytest.fixture(scope="session")
def router():
    return make_router("centroid").fit(PROMPTS, LABELS)


@pytest.fixture(scope="session")
def plan(router):
    return Plan(
        name="everything",
        models={
            "strong": [
                {"id": "s1", "model": "gpt-4o", "weight": 3, "order": 1, "timeout_s": 20},
                {
                    "id": "s2",
                    "model": "azure/gpt-4o-mini",
                    "weight": 1,
                    "order": 2,
                    "rpm": 50,
                    "tpm": 9000,
                },
            ],
            "mid": {
                "id": "m1",
                "model": "gpt-4o",
                "num_retries": 1,
                "cooldown_s": 9,
                "allowed_fails": 4,
            },
            "cheap": {
                "id": "c1",
                "model": "gpt-4o-mini",
                "max_parallel_requests": 7,
                "api_base": "http://127.0.0.1:9/v1",
                "api_key_env": "CHEAP_KEY",
            },
            "on": {"id": "yes", "model": "gpt-4o-mini"},
        },
        default="cheap",
        router=router,
        routes={"code": "strong", "art": "mid", "math": "cheap"},
        rules=[{"model": "cheap", "tiers": ["free"]}],
        split={"name": "t", "arms": {"a": {"share": 1.0}}},
        decision_cache={},
        enable_pre_call_checks=True,
        retries={
            "num_retries": 3,
            "retry_after_s": 2,
            "policy": {"RateLimitError": 1, "Timeout": 0},
        },
        timeout_s=45,
        cooldown={"seconds": 12, "allowed_fails": 2, "allowed_fails_policy": {"Timeout": 5}},
        fallbacks={"strong": ["mid", "cheap"], "mid": ["cheap"]},
        context_window_fallbacks={"cheap": ["strong"]},
        content_policy_fallbacks={},
        default_fallbacks=["cheap"],
        max_fallbacks=4,
        model_group_alias={"best": "strong"},
        budgets=[
            {"scope": "provider", "name": "openai", "limit_usd": 25, "period": "1d"},
            {"scope": "deployment", "name": "c1", "limit_usd": 3, "period": "12h"},
            {"scope": "tier", "name": "free", "limit_usd": 1, "timezone": "Europe/Berlin"},
        ],
    )


MODELS = {"strong": "gpt-4o", "mid": "azure/gpt-4o-mini", "cheap": "gpt-4o-mini"}
ROUTES = {"code": "strong", "art": "mid", "math": "cheap"}
TIERS = {"SIMPLE": "cheap", "MEDIUM": "mid", "COMPLEX": "strong", "REASONING": "strong"}
TUNED = {
    "tier_boundaries": {"simple_medium": 0.05, "medium_complex": 0.3, "complex_reasoning": 0.55},
    "dimension_weights": {"codePresence": 0.4, "tokenCount": 0.1},
    "custom_dimensions": [{"name": "sums", "weight": 0.6, "keywords": ["integral"]}],
    "keyword_tier_rules": [{"keywords": ["refund"], "tier": "MEDIUM"}],
}
NAMES = ["on", "1.0", "null", "2026-01-01", "~", "0x1F", "12:30", "=", "- a", "a: b #c", "été\n"]
EASY, HARD = ["hi there"] * 20, ["a python function for the api"] * 20


@pytest.fixture(scope="session")
def semantic(tmp_path_factory):
    """A semantic router whose vectors are given: no service is asked."""
    labels = tmp_path_factory.mktemp("labels") / "labels.csv"
    rows = [f"{prompt},{label}" for prompt, label in zip(PROMPTS, LABELS, strict=True)]
    labels.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    vectors = [[float(label == name) for name in ("code", "art", "math")] for label in LABELS]
    head = SemanticRouterHead(threshold={"code": 0.5, "art": 0.25}).fit(vectors, LABELS)
    encoder = LitellmEncoder("openai/text-embedding-3-small", usd_per_mtok=0.02, dimensions=256)
    fitted = Pipeline([("encoder", encoder), ("head", head)])
    return RouterSpec(
        kind="semantic-router-rule",
        encoder="litellm:openai/text-embedding-3-small",
        labels=str(labels),
        fitted=fitted,
    )


@pytest.fixture(scope="session")
def plans(router, semantic):
    """One plan per form of content routing, by the name of the form."""
    base = {"models": MODELS, "default": "cheap"}
    labels = ["SIMPLE"] * 20 + ["REASONING"] * 20
    heuristic = make_router("litellm-heuristic", config=TUNED).fit([])
    fitted = make_router("litellm-heuristic-fitted").fit(EASY + HARD, labels)
    table = make_router("litellm-heuristic-v2").fit(EASY + HARD, labels)
    neighbours = make_router("knn", k=3).fit(PROMPTS, LABELS)
    five = {f"g{i}": "gpt-4o" for i in range(5)}
    topics = make_router("centroid").fit([f"topic {word}" for word in "abcde"], list(five))
    rules = [{"model": "cheap", "tiers": ["free"]}, {"model": "strong", "min_input_tokens": 900}]
    halves = {"a": {"share": 0.5}, "b": {"share": 0.5, "model": "mid"}}
    return {
        "plain": Plan(**base),
        "heuristic": Plan(**base, router=heuristic, routes=TIERS),
        "fitted": Plan(**base, router=fitted, routes=TIERS),
        "table": Plan(**base, router=table, routes=TIERS),
        "semantic": Plan(**base, router=semantic, routes=ROUTES),
        "classifier": Plan(**base, router=router, routes=ROUTES),
        "imports": Plan(**base, router=neighbours, routes=ROUTES),
        "groups": Plan(models=five, default="g0", router=topics),
        "rules": Plan(**base, router=router, routes=ROUTES, rules=rules),
        "split": Plan(**base, split={"name": "half", "arms": halves}),
    }


@pytest.fixture(scope="session")
def folders(plans, tmp_path_factory):
    """The export of each plan."""
    root = tmp_path_factory.mktemp("forms")
    return {name: export(plan, directory=root / name) for name, plan in plans.items()}


@pytest.fixture(scope="session")
def configs(folders):
    """The config of each form, read again."""
    return {
        name: yaml.safe_load((result.directory / "config.yaml").read_text(encoding="utf-8"))
        for name, result in folders.items()
    }


@pytest.fixture(scope="session")
def named(router, tmp_path_factory):
    """A plan whose names YAML would read as something else, and its export."""
    routes = dict(zip(("code", "art", "math"), ("on", "null", "2026-01-01"), strict=True))
    plan = Plan(
        models={name: {"id": f"id {name}", "model": "gpt-4o-mini"} for name in NAMES},
        default="1.0",
        router=router,
        routes=routes,
        fallbacks={"null": ["on", "1.0"]},
        model_group_alias={"yes": "on"},
    )
    return plan, export(plan, directory=tmp_path_factory.mktemp("names") / "g")
