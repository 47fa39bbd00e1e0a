"""The names that LiteLLM 1.106 reads from a config, as its own sources list them."""

from __future__ import annotations

TOP_LEVEL = frozenset(
    "agent_list agents assistant_settings callback_settings credential_list default_vertex_config "
    "environment_variables files_settings finetune_settings general_settings guardrails include "
    "litellm_settings mcp_servers mcp_tools model_list pass_through_endpoints policies "
    "policy_attachments prompts router_settings sandbox_tools search_tools vector_store_registry "
    "worker_registry".split()
)
ROUTER_SETTINGS = frozenset(
    "alerting_config allowed_fails allowed_fails_policy assistants_config cache_kwargs "
    "cache_responses caching_groups client_ttl content_policy_fallbacks context_window_fallbacks "
    "cooldown_time debug_level default_fallbacks default_litellm_params "
    "default_max_parallel_requests default_priority deployment_affinity_ttl_seconds "
    "disable_cooldowns enable_health_check_routing enable_pre_call_checks enable_tag_filtering "
    "enable_weighted_failover fallback_access_check fallback_budget_check fallbacks guardrail_list "
    "health_check_ignore_transient_errors health_check_staleness_threshold "
    "ignore_invalid_deployments max_fallbacks model_group_affinity_config model_group_alias "
    "model_group_retry_policy num_retries optional_pre_call_checks plugins polling_interval "
    "provider_budget_config redis_db redis_host redis_password redis_port redis_url retry_after "
    "retry_policy router_general_settings routing_groups routing_strategy routing_strategy_args "
    "search_tools set_verbose stream_timeout tag_filtering_match_any tag_routing_prefix "
    "timeout".split()
)
STRATEGIES = (
    "simple-shuffle",
    "least-busy",
    "usage-based-routing",
    "usage-based-routing-v2",
    "latency-based-routing",
    "cost-based-routing",
    "lar1",
)
ERRORS = (
    "AuthenticationError",
    "BadRequestError",
    "ContentPolicyViolationError",
    "InternalServerError",
    "NotFoundError",
    "RateLimitError",
    "ServiceUnavailableError",
    "TimeoutError",
)
RETRY_POLICY = frozenset([f"{name}Retries" for name in (*ERRORS, "Default")])
FAILS_POLICY = frozenset([f"{name}AllowedFails" for name in (*ERRORS, "BadGatewayError")])
TIERS = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
COMPLEXITY = frozenset(
    "adaptive adaptive_eligible adaptive_weights cache_aware_routing "
    "cache_aware_routing_output_tokens cache_aware_routing_timeout_ms "
    "capability_classifier_config classification_examples classification_mode "
    "classification_prompt classifier_context_budget_chars "
    "classifier_context_include_assistant_turns classifier_context_per_turn_chars "
    "classifier_context_window_size classifier_fallback classifier_llm_config classifier_plugin "
    "classifier_plugin_timeout_ms classifier_type code_keywords context_compaction "
    "context_window_escalation_buffer custom_dimensions custom_technical_keywords default_model "
    "deployment_affinity dimension_weights embedding_model enable_context_window_escalation "
    "enable_non_reasoning_tier escalation_keywords fallback_tier heuristic_first_max_tier "
    "heuristic_v2_artifact heuristic_v2_success_threshold housekeeping_patterns "
    "hybrid_boundary_margin keyword_tier_rules llm_v2_config local_heuristic match_threshold "
    "max_tokens_from_tier_model modality_pin_override modality_routing "
    "opensource_classifier_config "
    "plan_mode_min_tier plan_mode_patterns plugins reasoning_keywords reasoning_override_min_score "
    "reminder_markers return_raw_model_name route_housekeeping_to_cheapest_tier "
    "semantic_keyword_matching session_affinity session_affinity_ttl_seconds simple_keywords "
    "stall_escalation_enabled stall_escalation_repeat_threshold stall_escalation_window "
    "technical_keywords tier_boundaries tier_definitions tier_distance_penalty tier_labels "
    "tier_model_configs tiers token_thresholds".split()
)
CLASSIFIERS = (
    "heuristic",
    "heuristic_v2",
    "llm",
    "capability",
    "llm_v2",
    "custom",
    "heuristic_first",
    "hybrid",
    "oss_classifier",
)
