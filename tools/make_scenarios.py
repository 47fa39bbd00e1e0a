"""Write the scenarios behind tests/simulation/recordings: traffic, configuration, scripted answers.

A scenario is driven through the real litellm.Router by a recorder; this file makes the scenarios
alone.

    python tools/make_scenarios.py FOLDER
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

DEAR = {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}
CHEAP = {"input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}
AZURE = {"api_version": "2024-06-01", **CHEAP}
CONTEXT = {
    "message": "This model's maximum context length is 8192 tokens.",
    "type": "invalid_request_error",
    "code": "context_length_exceeded",
}
POLICY = {
    "message": "Your request was rejected as a result of our safety system. "
    "content_policy_violation",
    "type": "invalid_request_error",
    "code": "content_policy_violation",
}


def deployment(name: str, group: str, model: str = "openai/gpt-4o-mini", **params: Any) -> dict:
    return {"id": name, "group": group, "model": model, "params": params, "model_info": {}}


def trace(n: int, groups: list[str], per_s: float, seed: int) -> list[dict]:
    rng = random.Random(seed)
    t, rows = 0.0, []
    for i in range(n):
        t += rng.expovariate(per_s)
        row = {"id": f"r{i}", "t": round(t, 3), "model": rng.choice(groups)}
        row |= {"prompt_tokens": rng.randint(200, 4000), "completion_tokens": rng.randint(20, 800)}
        rows.append(row)
    return rows


LADDER = {"SIMPLE": "cheap", "MEDIUM": "mid", "COMPLEX": "strong", "REASONING": "reason"}
ASKS = [
    "hi",
    "Thanks, bye!",
    "What is the capital of {place}?",
    "Who was the first mayor of {place}?",
    "How much does the refund of order {n} cost me?",
    "I want my money back for order {n}",
    "Translate this note for a guest from {place}: the pool closes at {n}",
    "Write a Python function that sums the first {n} primes",
    "Build an api endpoint that returns the weather in {place}; handle every error and exception",
    "Fix the bug: the traceback ends with KeyError {n}, why does it happen?",
    "Explain the algorithm in this snippet: ```def f(x): return x * {n}```",
    "Design a distributed system for {n} shops in {place}: latency, throughput, memory, protocol",
    "Solve the equation {n}x = 7 and show your work step by step",
    "Compute the integral of x^{n} from 0 to 1",
    "First list three towns near {place}, then rank them. 1. by size 2. by age",
    "Think carefully about {place}: pros and cons of moving there, weigh the options and conclude",
    "Draft an email to the council of {place} about {n} broken lamps",
    "Which is larger? A) {n} B) 7 C) 12 D) none. Why? How? Since when? Says who?",
    "我需要开发票,订单 {n},谢谢你们的帮助,请尽快处理这个问题",
    "Suppose {n} dice are thrown. What is the probability of a six? " + "Explain each step. " * 30,
    "Summarise this report on {place}. " + "The harvest was good and the prices fell again. " * 45,
]
PLACES = ["Ghent", "Oslo", "Lima", "Pune", "Kyoto"]


def content_trace(n: int, router: str, per_s: float, seed: int) -> list[dict]:
    """Requests with texts: mostly to a content router, some straight to a group."""
    rng = random.Random(seed)
    rows = trace(n, [router], per_s, seed)
    for i, row in enumerate(rows):
        text = rng.choice(ASKS).format(n=rng.randint(2, 900), place=rng.choice(PLACES))
        if i % 17 == 5:
            text = f"That was not enough. {text} LITELLM ESCALATE"
        if i % 19 == 7:
            text = f"<system-reminder>Evaluate and infer.</system-reminder> {text}"
        if i % 23 == 11:
            text = f"Write the title in the predominant language of the session: {text}"
        row["content"] = text
        if i % 13 == 3:
            row["messages"] = [
                {"role": "system", "content": "You debug python and sql code step by step."},
                {"role": "user", "content": "Who are you?"},
                {"role": "assistant", "content": "A helper."},
                {"role": "user", "content": [{"type": "text", "text": row.pop("content")}]},
            ]
        if i % 29 == 13:
            row["model"] = "mid"
    return rows


def router_entry(name: str, config: dict) -> dict:
    params = {
        "model": "auto_router/complexity_router",
        "complexity_router_config": {
            "tiers": LADDER,
            "max_tokens_from_tier_model": False,
            **config,
        },
    }
    return {"model_name": name, "litellm_params": params, "model_info": {"id": f"marker-{name}"}}


def counts(key: str, rows: dict[str, list[int]]) -> list[dict]:
    """Successes of the tiers 1 to 4 on a hundred prompts each."""
    return [
        {key: name, "tier": tier, "successes": n, "observations": 100}
        for name, successes in rows.items()
        for tier, n in enumerate(successes, start=1)
    ]


def inline_table() -> dict:
    general = "short|code=0|math=0|mc=0|intl=0"
    return {
        "schema_version": 1,
        "global_statistics": [
            {"tier": tier, "successes": n, "observations": 1000}
            for tier, n in enumerate((620, 790, 780, 960), start=1)
        ],
        "domain_statistics": counts(
            "request_type",
            {
                "code_generation": [20, 60, 85, 97],
                "factual_lookup": [88, 92, 95, 99],
                "analytical_reasoning": [10, 30, 70, 90],
            },
        ),
        "cohort_statistics": counts(
            "cohort",
            {
                f"general|{general}": [95, 96, 97, 99],
                "general|short|code=0|math=1|mc=0|intl=0": [5, 10, 20, 60],
                "general|long|code=0|math=0|mc=0|intl=0": [30, 88, 90, 99],
                "general|short|code=0|math=0|mc=0|intl=1": [40, 70, 93, 99],
            },
        ),
        "domain_prior_mass": 50,
        "cohort_prior_mass": 10,
    }


def every(first: int, last: int, step: int) -> list[int]:
    return list(range(first, last, step))


def scenarios() -> list[dict]:
    openai = "openai/gpt-4o"
    h1 = deployment("h1", "h", **CHEAP)
    return [
        {
            "name": "11a_budget_cooldown_fallback",
            "about": "provider budget, cooldowns and fallbacks at once: 240 requests over 40 min",
            "router": {
                "num_retries": 1,
                "cooldown_time": 20,
                "fallbacks": [{"strong": ["cheap"]}, {"cheap": ["spare"]}],
                "provider_budget_config": {"openai": {"budget_limit": 0.6, "time_period": "10m"}},
            },
            "deployments": [
                deployment("s1", "strong", openai, **DEAR),
                deployment("s2", "strong", openai, **DEAR),
                deployment("c1", "cheap", **CHEAP),
                deployment("x1", "spare", "azure/gpt-4o-mini", **AZURE),
            ],
            "trace": trace(240, ["strong", "strong", "cheap"], 0.1, 1),
            "outcomes": {
                "s1": [{"from_t": 300, "to_t": 600, "status": 429, "latency": 0.2}],
                "s2": [{"nth": every(5, 200, 7), "status": 500, "latency": 0.3}],
                "c1": [{"from_t": 900, "to_t": 1000, "status": 503, "latency": 0.4}],
            },
            "drain": 1,
        },
        {
            "name": "11b_order_and_deployment_budget",
            "about": "order levels with a budget on the first level, failures on the second",
            "router": {"num_retries": 0, "cooldown_time": 15},
            "deployments": [
                deployment(
                    "o1", "g", openai, order=1, max_budget=0.05, budget_duration="5m", **DEAR
                ),
                deployment("o2", "g", order=2, **CHEAP),
                deployment("o3", "g", order=3, **CHEAP),
            ],
            "trace": trace(220, ["g"], 0.15, 2),
            "outcomes": {
                "o2": [{"from_t": 200, "to_t": 500, "status": 500}],
                "o1": [{"nth": [3, 9, 27], "status": 429}],
            },
            "drain": 1,
        },
        {
            "name": "11c_retry_after_and_own_cooldown",
            "about": "Retry-After sets the cooldown unless the deployment has its own",
            "router": {"num_retries": 2, "cooldown_time": 8, "fallbacks": [{"g": ["h"]}]},
            "deployments": [
                deployment("g1", "g", **CHEAP),
                deployment("g2", "g", cooldown_time=30, **CHEAP),
                h1,
            ],
            "trace": trace(200, ["g"], 0.4, 3),
            "outcomes": {
                "g1": [
                    {
                        "capacity": {"n": 6, "per_s": 60},
                        "status": 429,
                        "retry_after": 12,
                        "latency": 0.05,
                    }
                ],
                "g2": [{"nth": every(4, 400, 9), "status": 429, "retry_after": 3}],
            },
        },
        {
            "name": "11d_timeouts_in_flight",
            "about": "slow answers beyond the timeout while others are in flight",
            "router": {
                "num_retries": 1,
                "timeout": 4,
                "cooldown_time": 25,
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [
                deployment("g1", "g", **CHEAP),
                deployment("g2", "g", timeout=2, **CHEAP),
                h1,
            ],
            "trace": trace(200, ["g"], 1.5, 4),
            "outcomes": {
                "g1": [{"from_t": 20, "to_t": 60, "latency": 9}],
                "g2": [{"from_t": 50, "to_t": 80, "latency": 3}, {"latency": 0.7}],
                "h1": [{"latency": 1.1}],
            },
        },
        {
            "name": "11e_context_and_policy",
            "about": "context-window and content-policy fallbacks beside generic ones",
            "router": {
                "num_retries": 1,
                "fallbacks": [{"g": ["h"]}],
                "context_window_fallbacks": [{"g": ["big"]}],
                "content_policy_fallbacks": [{"g": ["other"]}],
            },
            "deployments": [
                deployment("g1", "g", **CHEAP),
                h1,
                deployment("big1", "big", **DEAR),
                deployment("ot1", "other", **CHEAP),
            ],
            "trace": trace(200, ["g"], 0.5, 5),
            "outcomes": {
                "g1": [
                    {"nth": every(3, 300, 5), "status": 400, "error": CONTEXT},
                    {"nth": every(4, 300, 11), "status": 400, "error": POLICY},
                    {"nth": every(7, 300, 13), "status": 500},
                ],
                "big1": [{"nth": [4, 8], "status": 500}],
            },
        },
        {
            "name": "11f_policies",
            "about": "retry and allowed-fails policies per error type, three deployments",
            "router": {
                "num_retries": 2,
                "cooldown_time": 30,
                "retry_policy": {
                    "RateLimitErrorRetries": 1,
                    "InternalServerErrorRetries": 0,
                    "TimeoutErrorRetries": 1,
                },
                "allowed_fails_policy": {
                    "RateLimitErrorAllowedFails": 1,
                    "InternalServerErrorAllowedFails": 2,
                },
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [*(deployment(f"g{i}", "g", **CHEAP) for i in (1, 2, 3)), h1],
            "trace": trace(220, ["g"], 0.6, 6),
            "outcomes": {
                "g1": [{"from_t": 30, "to_t": 120, "status": 429}],
                "g2": [{"nth": every(2, 300, 4), "status": 500}],
                "g3": [{"from_t": 200, "to_t": 260, "status": 408}],
            },
        },
        {
            "name": "11g_least_busy_cooldown",
            "about": "least-busy with failures and long answers",
            "router": {
                "routing_strategy": "least-busy",
                "num_retries": 1,
                "cooldown_time": 10,
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [*(deployment(f"g{i}", "g", **CHEAP) for i in (1, 2, 3)), h1],
            "trace": trace(200, ["g"], 2.0, 7),
            "outcomes": {
                "g1": [{"latency": 3.3}],
                "g2": [{"from_t": 20, "to_t": 40, "status": 429}, {"latency": 1.7}],
                "g3": [{"latency": 0.9}],
            },
        },
        {
            "name": "11h_nested_chains_weights",
            "about": "weighted groups in a chain with a cycle and default fallbacks",
            "router": {
                "num_retries": 1,
                "cooldown_time": 6,
                "fallbacks": [{"a": ["b", "c"]}, {"b": ["c", "a"]}, {"c": ["a"]}],
                "default_fallbacks": ["d"],
            },
            "deployments": [
                deployment("a1", "a", weight=3, **CHEAP),
                deployment("a2", "a", weight=1, **CHEAP),
                deployment("b1", "b", **CHEAP),
                deployment("b2", "b", **CHEAP),
                deployment("c1", "c", **CHEAP),
                deployment("d1", "d", **CHEAP),
            ],
            "trace": trace(200, ["a", "b", "c"], 0.5, 8),
            "outcomes": {
                "a1": [{"from_t": 50, "to_t": 200, "status": 500}],
                "a2": [{"nth": every(1, 300, 3), "status": 503}],
                "b1": [{"from_t": 100, "to_t": 300, "status": 429}],
                "b2": [{"nth": every(2, 300, 5), "status": 500}],
                "c1": [{"nth": every(1, 300, 2), "status": 502}],
            },
        },
        {
            "name": "11i_lone_groups_storm",
            "about": "lone groups with 401, 404 and storms of 500, allowed_fails set",
            "router": {
                "num_retries": 0,
                "cooldown_time": 12,
                "allowed_fails": 2,
                "fallbacks": [{"g": ["h"]}, {"k": ["h"]}],
            },
            "deployments": [
                deployment("g1", "g", **CHEAP),
                h1,
                deployment("k1", "k", **CHEAP),
            ],
            "trace": trace(220, ["g", "k"], 1.0, 9),
            "outcomes": {
                "g1": [
                    {"from_t": 10, "to_t": 60, "status": 500},
                    {"from_t": 100, "to_t": 110, "status": 401},
                ],
                "k1": [
                    {"from_t": 30, "to_t": 50, "status": 404},
                    {"from_t": 80, "to_t": 140, "status": 500},
                ],
            },
        },
        {
            "name": "11j_cost_based_budget",
            "about": "cost-based routing with rpm limits, a provider budget and fallbacks",
            "router": {
                "routing_strategy": "cost-based-routing",
                "num_retries": 0,
                "cooldown_time": 10,
                "fallbacks": [{"g": ["h"]}],
                "provider_budget_config": {"openai": {"budget_limit": 0.2, "time_period": "5m"}},
            },
            "deployments": [
                deployment("g1", "g", openai, rpm=30, **DEAR),
                deployment("g2", "g", rpm=6, **CHEAP),
                deployment("h1", "h", "azure/gpt-4o-mini", **AZURE),
            ],
            "trace": trace(220, ["g"], 0.2, 10),
            "outcomes": {"g2": [{"nth": [5, 6, 30, 31, 32], "status": 429}]},
            "drain": 1,
        },
        {
            "name": "11k_parallel_limits",
            "about": "max_parallel_requests full under bursts, retries and fallbacks",
            "router": {"num_retries": 1, "cooldown_time": 5, "fallbacks": [{"g": ["h"]}]},
            "deployments": [
                deployment("g1", "g", max_parallel_requests=2, **CHEAP),
                deployment("g2", "g", max_parallel_requests=1, **CHEAP),
                h1,
            ],
            "trace": trace(200, ["g"], 2.5, 11),
            "outcomes": {
                "g1": [{"latency": 1.3}],
                "g2": [{"latency": 0.8}],
                "h1": [{"latency": 0.4}],
            },
        },
        {
            "name": "11l_latency_based_failures",
            "about": "latency-based routing with timeouts, failures and an hour of traffic",
            "router": {
                "routing_strategy": "latency-based-routing",
                "num_retries": 1,
                "timeout": 5,
                "cooldown_time": 10,
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [deployment("g1", "g", **CHEAP), deployment("g2", "g", **CHEAP), h1],
            "trace": trace(220, ["g"], 0.05, 12),
            "outcomes": {
                "g1": [{"from_t": 1500, "to_t": 2500, "latency": 7}, {"latency": 1.2}],
                "g2": [{"from_t": 600, "to_t": 800, "status": 500}, {"latency": 2.0}],
            },
        },
        {
            "name": "12a_silent_models",
            "about": "mirrors of retries and fallbacks; a mirror group that fails and cools",
            "router": {"num_retries": 1, "cooldown_time": 20, "fallbacks": [{"g": ["h"]}]},
            "deployments": [
                deployment("g1", "g", silent_model="shadow", **CHEAP),
                deployment("g2", "g", **CHEAP),
                deployment("h1", "h", silent_model=["shadow", "dark"], **CHEAP),
                deployment("s1", "shadow", **CHEAP),
                deployment("s2", "shadow", **CHEAP),
                deployment("k1", "dark", silent_model="shadow", **CHEAP),
            ],
            "trace": trace(200, ["g"], 0.4, 21),
            "outcomes": {
                "g1": [{"nth": every(4, 200, 9), "status": 500, "latency": 0.3}],
                "g2": [{"nth": every(3, 200, 8), "status": 503, "latency": 0.2}],
                "s1": [{"nth": every(3, 200, 5), "status": 429, "latency": 0.2}],
                "k1": [{"nth": every(2, 40, 3), "status": 500, "latency": 0.2}],
            },
        },
        {
            "name": "12b_weighted_failover",
            "about": "weighted failover before the chain: retries, cooldowns, a nested chain",
            "router": {
                "num_retries": 1,
                "cooldown_time": 15,
                "enable_weighted_failover": True,
                "fallbacks": [{"g": ["h", "i"]}, {"h": ["i"]}],
            },
            "deployments": [
                deployment("g1", "g", weight=5, **CHEAP),
                deployment("g2", "g", weight=3, **CHEAP),
                deployment("g3", "g", weight=1, **CHEAP),
                deployment("h1", "h", **CHEAP),
                deployment("h2", "h", **CHEAP),
                deployment("i1", "i", **CHEAP),
            ],
            "trace": trace(240, ["g", "g", "h"], 0.5, 22),
            "outcomes": {
                "g1": [{"nth": every(2, 400, 3), "status": 500, "latency": 0.3}],
                "g2": [{"nth": every(2, 400, 4), "status": 503, "latency": 0.2}],
                "g3": [{"from_t": 60, "to_t": 200, "status": 500, "latency": 0.2}],
                "h1": [{"nth": every(1, 400, 2), "status": 400, "latency": 0.2}],
                "h2": [{"nth": every(3, 400, 4), "status": 408, "latency": 0.2}],
            },
        },
        {
            "name": "12c_failover_without_retries",
            "about": "weighted failover alone: no retries, no chain but for one group",
            "router": {
                "num_retries": 0,
                "cooldown_time": 5,
                "max_fallbacks": 2,
                "enable_weighted_failover": True,
                "fallbacks": [{"h": ["g"]}],
            },
            "deployments": [
                *(deployment(f"g{i}", "g", **CHEAP) for i in range(1, 5)),
                deployment("h1", "h", **CHEAP),
                deployment("h2", "h", **CHEAP),
            ],
            "trace": trace(220, ["g", "h"], 0.6, 23),
            "outcomes": {
                **{
                    f"g{i}": [{"nth": every(i, 400, 2), "status": 500, "latency": 0.2}]
                    for i in range(1, 5)
                },
                "h1": [{"nth": every(1, 400, 2), "status": 503, "latency": 0.2}],
                "h2": [{"nth": every(1, 400, 3), "status": 401, "latency": 0.2}],
            },
        },
        {
            "name": "12d_exact_minute_limits",
            "about": "enforce_model_rate_limits by rpm and tpm: retries, cooldowns, a chain",
            "router": {
                "num_retries": 1,
                "cooldown_time": 7,
                "optional_pre_call_checks": ["enforce_model_rate_limits"],
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [
                deployment("g1", "g", rpm=6, **CHEAP),
                deployment("g2", "g", tpm=9000, **CHEAP),
                deployment("h1", "h", rpm=8, **CHEAP),
                deployment("l1", "lone", rpm=4, **CHEAP),
            ],
            "trace": trace(240, ["g", "g", "g", "lone"], 0.5, 24),
            "outcomes": {"g1": [{"nth": every(5, 400, 9), "status": 500, "latency": 0.3}]},
        },
        {
            "name": "12e_exact_limits_least_busy",
            "about": "exact limits under least-busy, retries given by requests and a retry policy",
            "router": {
                "routing_strategy": "least-busy",
                "num_retries": 2,
                "retry_policy": {"InternalServerErrorRetries": 1},
                "cooldown_time": 10,
                "optional_pre_call_checks": ["enforce_model_rate_limits"],
                "fallbacks": [{"g": ["h"]}],
            },
            "deployments": [
                deployment("g1", "g", rpm=5, max_parallel_requests=9, **CHEAP),
                deployment("g2", "g", rpm=9, tpm=30000, **CHEAP),
                deployment("h1", "h", **CHEAP),
            ],
            "trace": [
                {**row, "kwargs": {"num_retries": 1}} if i % 4 == 0 else row
                for i, row in enumerate(trace(220, ["g"], 0.4, 25))
            ],
            "outcomes": {"g2": [{"nth": every(5, 400, 9), "status": 500, "latency": 0.3}]},
        },
        {
            "name": "12f_priorities",
            "about": "requests with a priority in a group that cools now and then",
            "router": {"num_retries": 1, "cooldown_time": 10, "timeout": 30},
            "deployments": [deployment("g1", "g", **CHEAP), deployment("g2", "g", **CHEAP)],
            "trace": [
                {**row, "kwargs": {"priority": i % 3}}
                for i, row in enumerate(trace(200, ["g"], 0.5, 26))
            ],
            "outcomes": {
                "g1": [{"capacity": {"n": 6, "per_s": 60}, "status": 429, "latency": 0.2}],
                "g2": [{"capacity": {"n": 9, "per_s": 60}, "status": 429, "latency": 0.2}],
            },
        },
        *content_scenarios(),
    ]


def content_scenarios() -> list[dict]:
    ladder = [
        deployment("c1", "cheap", **CHEAP),
        deployment("m1", "mid", "openai/gpt-4.1-mini", **CHEAP),
        deployment("r1", "reason", "openai/o3", **DEAR),
    ]
    return [
        {
            "name": "12a_content_heuristic_tuned",
            "about": "own boundaries, keywords and dimensions; chains by tier and by router",
            "router": {
                "num_retries": 0,
                "cooldown_time": 15,
                "fallbacks": [{"strong": ["reason"]}, {"smart": ["mid"]}],
            },
            "deployments": [
                *ladder,
                deployment("s1", "strong", "openai/gpt-4.1", **DEAR),
                deployment("s2", "strong", "openai/gpt-4.1", **DEAR),
            ],
            "raw_model_list": [
                router_entry(
                    "smart",
                    {
                        "context_compaction": False,
                        "classifier_type": "heuristic",
                        "tier_boundaries": {
                            "simple_medium": 0.05,
                            "medium_complex": 0.30,
                            "complex_reasoning": 0.55,
                        },
                        "keyword_tier_rules": [
                            {"keywords": ["refund", "money back"], "tier": "MEDIUM"},
                            {"keywords": ["发票"], "tier": "COMPLEX"},
                        ],
                        "custom_dimensions": [
                            {
                                "name": "math",
                                "weight": 0.6,
                                "keywords": ["integral", "probability"],
                                "patterns": [r"\d{1,3}x = \d{1,4}"],
                            },
                            {
                                "name": "places",
                                "weight": 0.2,
                                "keywords": ["ghent", "council", "mayor"],
                                "scoring_mode": "match_count",
                            },
                        ],
                        "custom_technical_keywords": ["primes", "snippet"],
                    },
                )
            ],
            "trace": content_trace(220, "smart", 0.5, 13),
            "outcomes": {
                "c1": [{"nth": every(4, 300, 9), "status": 500}],
                "s1": [{"from_t": 60, "to_t": 200, "status": 429}],
                "s2": [{"nth": every(3, 100, 5), "status": 503}],
            },
        },
        {
            "name": "12b_content_heuristic_v2_inline",
            "about": "heuristic_v2 with an inline table; retries in lone groups, chains by tier",
            "router": {
                "num_retries": 1,
                "cooldown_time": 15,
                "fallbacks": [{"strong": ["reason"]}, {"cheap": ["mid"]}],
            },
            "deployments": [*ladder, deployment("s1", "strong", "openai/gpt-4.1", **DEAR)],
            "raw_model_list": [
                router_entry(
                    "smart",
                    {
                        "context_compaction": False,
                        "classifier_type": "heuristic_v2",
                        "heuristic_v2_success_threshold": 0.8,
                        "heuristic_v2_artifact": inline_table(),
                        "keyword_tier_rules": [{"keywords": ["refund"], "tier": "COMPLEX"}],
                    },
                )
            ],
            "trace": content_trace(220, "smart", 0.5, 14),
            "outcomes": {
                "c1": [{"nth": every(4, 400, 7), "status": 500, "latency": 0.4}],
                "s1": [{"from_t": 40, "to_t": 160, "status": 429}],
                "m1": [{"nth": [3, 9, 10, 27], "status": 503}],
            },
        },
    ]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, scenario in enumerate(scenarios(), start=1):
        text = json.dumps({"seed": number, **scenario}, indent=1)
        (folder / f"{scenario['name']}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
