"""A plan that uses every field that LiteLLM can carry, and a fitted router for it."""

from __future__ import annotations

import pytest

from routelab import Plan, make_router

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
