"""Small configs with one mistake each: the check that must find it, the line, the text.

Every registered check has at least one; `test_lint.py` sees to it.
"""

from __future__ import annotations

ONE = """\
model_list:
  - model_name: a
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/K%s}
"""
TWO = (
    ONE
    + """\
  - model_name: b
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/K}
"""
)
PAIR = (
    ONE
    + """\
  - model_name: a
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/K%s}
"""
)
BASE = TWO % ""
# Line 6 is the name of the router, line 9 the first of its settings.
SMART = (
    BASE
    + """\
  - model_name: smart
    litellm_params:
      model: auto_router/complexity_router
      complexity_router_config:
        tiers: {SIMPLE: a, MEDIUM: b}
"""
)
SEMANTIC = (
    BASE
    + """\
  - model_name: s
    litellm_params:
      model: auto_router/mine
      auto_router_embedding_model: b
"""
)


def router(text: str) -> str:
    """Return two groups and router settings, which begin at line 6."""
    return BASE + "router_settings:\n" + text


def chain(n: int) -> str:
    """Return groups g0 to gn, each the fallback of the one before; fallbacks at 2n + 6."""
    groups = "".join(
        f"  - model_name: g{i}\n    litellm_params: {{model: openai/gpt-4o}}\n"
        for i in range(n + 1)
    )
    steps = ", ".join(f"{{g{i}: [g{i + 1}]}}" for i in range(n))
    return f"model_list:\n{groups}router_settings:\n  fallbacks: [{steps}]\n"


CASES = [
    # the file
    ("RL001", 2, "model_list:\n\t- model_name: a\n"),
    ("RL002", 6, BASE + "model_list: []\n"),
    ("RL003", 1, "- a\n- b\n"),
    ("RL004", 1, "#" * (4 * 1024 * 1024 + 1)),
    ("RL005", 6, BASE + "include: [other.yaml]\n"),
    # keys and values
    ("RL101", 6, BASE + "num_retries: 3\n"),
    ("RL102", 6, BASE + "router_settings: [num_retries]\n"),
    ("RL102", 1, "model_list: {a: openai/gpt-4o}\n"),
    ("RL102", 6, BASE + "  - openai/gpt-4o\n"),
    ("RL103", 1, "router_settings: {}\n"),
    ("RL104", 7, router("  retry_polcy: {}\n")),
    ("RL104", 9, router("  model_group_retry_policy:\n    a:\n      RateLimitRetries: 1\n")),
    ("RL104", 9, router("  provider_budget_config:\n    openai:\n      budget: 1\n")),
    ("RL104", 11, SMART + "        custom_dimensions: [{name: d, weight: 1, words: [x]}]\n"),
    ("RL104", 11, SMART + "        dimension_weights: {codePresense: 0.3}\n"),
    ("RL104", 11, SMART + "        keyword_tier_rules: [{words: [x], tier: SIMPLE}]\n"),
    ("RL105", 3, ONE % ", input_cost_per_tokens: 0.000001, tmeout: 3"),
    ("RL105", 6, BASE + "general_settings: {master_kei: os.environ/K}\n"),
    ("RL106", 6, BASE + "general_settings: {fallbacks: [{a: [b]}]}\n"),
    ("RL106", 4, ONE % "" + "    rpm: 5\n"),
    ("RL111", 2, "model_list:\n  - litellm_params: {model: openai/gpt-4o}\n"),
    ("RL112", 2, "model_list:\n  - {model_name: a, litellm_params: openai/gpt-4o}\n"),
    ("RL113", 2, "model_list:\n  - {model_name: a, litellm_params: {timeout: 3}}\n"),
    ("RL114", 2, "model_list:\n  - {model_name: a, litellm_params: {model: opnai/gpt-4o}}\n"),
    ("RL115", 7, PAIR.replace("}\n", "}\n    model_info: {id: d}\n") % ("", "")),
    ("RL121", 2, "model_list:\n  - {model_name: on, litellm_params: {model: openai/gpt-4o}}\n"),
    ("RL121", 2, "model_list:\n  - {model_name: 4.1, litellm_params: {model: openai/gpt-4o}}\n"),
    ("RL121", 7, router("  model_group_alias: {no: a}\n")),
    ("RL121", 7, router("  fallbacks: [{a: [2024-05-13]}]\n")),
    ("RL121", 10, SMART.replace("MEDIUM: b", "MEDIUM: [a, null]")),
    ("RL122", 3, ONE % ", tpm: '100k'"),
    ("RL122", 7, router("  timeout: 30s\n")),
    ("RL122", 6, BASE + "litellm_settings: {num_retries: true}\n"),
    ("RL123", 8, router("  allowed_fails_policy:\n    RateLimitErrorAllowedFails: 1.5\n")),
    ("RL124", 7, router('  disable_cooldowns: "false"\n')),
    ("RL125", 7, router("  routing_strategy: least_busy\n")),
    ("RL126", 7, router("  optional_pre_call_checks: [enforce_rate_limits]\n")),
    ("RL127", 7, router("  fallbacks: [a, b]\n")),
    # references
    ("RL201", 7, router("  context_window_fallbacks: [{a: [large]}]\n")),
    ("RL201", 6, BASE + "litellm_settings: {default_fallbacks: [c]}\n"),
    ("RL202", 7, router("  model_group_alias: {gpt-4: c}\n")),
    ("RL202", 7, router("  model_group_alias: {x: {model: c, hidden: true}}\n")),
    ("RL203", 7, router("  model_group_alias: {a: b}\n")),
    ("RL204", 11, SMART + "        default_model: mid\n"),
    ("RL204", 3, ONE % ", silent_model: shadow"),
    ("RL205", 10, SMART.replace("MEDIUM: b", "MEDIUM: smart")),
    ("RL206", 7, router("  plugins: [nowhere.narrow]\n")),
    ("RL206", 6, BASE + "litellm_settings: {callbacks: [../up.x]}\n"),
    ("RL207", 2, "model_list:\n  - {model_name: a, litellm_params: {model: o1, api_key: $KEY}}\n"),
    ("RL207", 6, BASE + "general_settings: {master_key: os.environ.KEY}\n"),
    # prices and budgets
    ("RL301", 3, ONE % ", max_budget: 0, budget_duration: 1d"),
    ("RL302", 6, BASE + "litellm_settings: {max_budget: 10}\n"),
    ("RL303", 3, ONE % ", max_budget: 1, budget_duration: 1y"),
    ("RL303", 3, ONE % ", max_budget: 1, budget_duration: 86400"),
    ("RL304", 7, router("  provider_budget_config: {openai: {time_period: 1d}}\n")),
    (
        "RL305",
        8,
        router("  provider_budget_config:\n    azure: {budget_limit: 1, time_period: 1d}\n"),
    ),
    ("RL306", 3, router("  routing_strategy: cost-based-routing\n")),
    (
        "RL307",
        2,
        "model_list:\n"
        "  - {model_name: a, litellm_params: {model: anthropic/claude-sonnet-4-20250514}}\n",
    ),
    ("RL308", 3, ONE % ", input_cost_per_token: 2.5, output_cost_per_token: 1.0e-05"),
    ("RL309", 3, ONE % ", input_cost_per_token: 2.5e-06"),
    (
        "RL310",
        3,
        ONE % ", input_cost_per_token: 0, output_cost_per_token: 0"
        + "router_settings: {routing_strategy: cost-based-routing}\n",
    ),
    # limits, retries, cooldown, fallbacks
    ("RL401", 3, ONE % ", rpm: 5"),
    (
        "RL402",
        3,
        ONE % ", rpm: 5" + "router_settings: {routing_strategy: usage-based-routing-v2}\n",
    ),
    ("RL403", 2, ONE % ""),
    ("RL404", 7, router("  allowed_fails: 3\n")),
    ("RL404", 8, router("  disable_cooldowns: true\n  cooldown_time: 30\n")),
    ("RL404", 7, router("  allowed_fails_policy: {BadRequestErrorAllowedFails: 2}\n")),
    ("RL405", 7, router("  cooldown_time: 0\n")),
    ("RL406", 7, router("  timeout: 5\nlitellm_settings: {request_timeout: 60}\n")),
    ("RL407", 5, PAIR % (", weight: 1", "")),
    ("RL407", 5, PAIR % (", weight: 1", ", weight: 0")),
    ("RL408", 3, ONE % ", weight: 2" + "router_settings: {routing_strategy: least-busy}\n"),
    ("RL409", 7, router("  fallbacks: [{a: [b]}, {b: [a]}]\n")),
    ("RL410", 7, router("  fallbacks: [{a: [b, b]}]\n")),
    ("RL410", 7, router("  fallbacks: [{a: [a]}]\n")),
    ("RL411", 17, chain(6)),
    ("RL412", 7, router("  fallbacks: [{b: [a]}]\n  context_window_fallbacks: [{a: [b]}]\n")),
    ("RL413", 7, router("  num_retries: 5\n  retry_policy: {DefaultRetries: 1}\n")),
    # content routers
    ("RL501", 10, SMART.replace("MEDIUM", "MIDDLE")),
    ("RL502", 11, SMART + "        tier_boundaries: {simple_medium: 0.5, medium_complex: 0.2}\n"),
    ("RL502", 11, SMART + "        token_thresholds: {simple: 400, complex: 15}\n"),
    ("RL503", 11, SMART + "        classifier_type: heuristics\n"),
    ("RL504", 11, SMART + "        classifier_type: custom\n"),
    (
        "RL505",
        12,
        SMART + "        custom_dimensions:\n"
        "          - {name: d, weight: 1, patterns: ['(un', 'ok[+*]']}\n",
    ),
    ("RL506", 11, SMART + "        tier_boundaries: {complex_reasoning: 1.5}\n"),
    ("RL506", 11, SMART + "        heuristic_v2_success_threshold: 80\n"),
    ("RL507", 9, SMART),
    ("RL508", 9, SMART),
    (
        "RL509",
        10,
        SMART.replace("MEDIUM", "gold") + "        classifier_type: custom\n"
        "        classifier_plugin: json.loads\n",
    ),
    (
        "RL510",
        12,
        SMART + "        heuristic_v2_artifact:\n"
        "          global_statistics: [{tier: 1, successes: 1, observations: 2}]\n",
    ),
    (
        "RL510",
        13,
        SMART + "        heuristic_v2_artifact:\n"
        "          domain_statistics:\n"
        "            - {request_type: general, tier: 1, successes: 3, observations: 2}\n",
    ),
    ("RL511", 11, SMART + "        custom_dimensions: [{name: d, weight: 2, keywords: [x]}]\n"),
    ("RL511", 11, SMART + "        custom_dimensions: [{name: d, weight: 1}]\n"),
    ("RL511", 11, SMART + "        keyword_tier_rules: [{keywords: [' '], tier: SIMPLE}]\n"),
    (
        "RL511",
        28,
        SMART
        + "        custom_dimensions:\n"
        + "          - {name: d, weight: 1, keywords: [x]}\n" * 17,
    ),
    ("RL521", 6, BASE + "litellm_settings: {tag_budget_config: {t: {max_budget: 1}}}\n"),
    ("RL531", 8, SEMANTIC.replace("      auto_router_embedding_model: b\n", "")),
    ("RL532", 10, SEMANTIC + "      auto_router_config_path: routes.json\n"),
    ("RL533", 10, SEMANTIC + "      auto_router_config: '{\"routes\": [}'\n"),
    (
        "RL533",
        10,
        SEMANTIC + '      auto_router_config: \'{"routes": [{"name": "c", '
        '"utterances": ["x"], "score_threshold": 0.3}]}\'\n',
    ),
    (
        "RL533",
        10,
        SEMANTIC + '      auto_router_config: \'{"routes": [{"name": "a", '
        '"score_threshold": 3}]}\'\n',
    ),
    (
        "RL541",
        9,
        BASE + "  - model_name: q\n    litellm_params:\n"
        "      model: auto_router/adaptive_router\n"
        "      adaptive_router_config: {available_models: [a]}\n",
    ),
    # secrets and access
    ("RL601", 3, (ONE % "").replace("os.environ/K", "hunter2")),
    ("RL601", 6, BASE + "environment_variables: {LANGFUSE_SECRET_KEY: abcdef}\n"),
    ("RL601", 6, BASE + "general_settings: {database_url: 'postgres://me:pw@db/x'}\n"),
    ("RL602", 6, BASE + "general_settings: {master_key: 1234}\n"),
    ("RL603", 6, BASE + "general_settings: {master_key: sk-abcdef}\n"),
    ("RL604", 1, BASE),
    ("RL605", 3, ONE % ", api_base: 'http://gpu.example:8000/v1'"),
]
