"""The names that LiteLLM 1.106 to 1.109 read from a config, as its own sources list them."""

from __future__ import annotations

TOP_LEVEL = frozenset(
    "agent_list agents assistant_settings callback_settings credential_list default_vertex_config "
    "environment_variables files_settings finetune_settings general_settings guardrails include "
    "litellm_settings mcp_servers mcp_tools model_list pass_through_endpoints policies "
    "policy_attachments prompts router_settings sandbox_tools search_tools vector_store_registry "
    "worker_registry".split()
)
ROUTER_SETTINGS = frozenset(
    "alerting_config allowed_fails allowed_fails_policy assistants_config "
    "auto_router_capability_limit background_health_check_model_groups cache_kwargs "
    "cache_responses caching_groups client_ttl content_policy_fallbacks context_window_fallbacks "
    "cooldown_time debug_level default_fallbacks default_litellm_params "
    "default_max_parallel_requests default_priority deployment_affinity_ttl_seconds "
    "disable_cooldowns enable_health_check_routing enable_pre_call_checks enable_tag_filtering "
    "enable_weighted_failover fallback_access_check fallback_budget_check "
    "fallback_on_unsupported_params fallbacks guardrail_list "
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
    "provider-budget-routing",
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
PRE_CALL_CHECKS = (
    "prompt_caching",
    "router_budget_limiting",
    "responses_api_deployment_check",
    "deployment_affinity",
    "session_affinity",
    "forward_client_headers_by_model_group",
    "enforce_model_rate_limits",
    "encrypted_content_affinity",
)
BOUNDARIES = ("simple_medium", "medium_complex", "complex_reasoning")
DIMENSIONS = (
    "tokenCount",
    "codePresence",
    "reasoningMarkers",
    "technicalTerms",
    "simpleIndicators",
    "multiStepPatterns",
    "questionComplexity",
)
CUSTOM_DIMENSION = frozenset("name weight keywords patterns scoring_mode".split())
ARTIFACT = frozenset(
    "schema_version global_statistics domain_statistics cohort_statistics domain_prior_mass "
    "cohort_prior_mass routing_threshold datasets success_definition split_method".split()
)
QUALITY = frozenset("available_models default_model complexity_to_quality".split())
ADAPTIVE = frozenset("available_models weights".split())
BUDGET = frozenset(
    "max_budget budget_limit budget_duration time_period tpm_limit rpm_limit".split()
)
ENTRY = frozenset("model_name litellm_params model_info blocked".split())
# Anything else goes to the provider as it is, so only near misses of these are told.
PARAMS = frozenset(
    "adaptive_router_config adaptive_router_default_model api_base api_key api_version "
    "auto_router_config auto_router_config_path auto_router_default_model "
    "auto_router_embedding_model auto_router_max_input_chars aws_access_key_id aws_region_name "
    "aws_secret_access_key base_url budget_duration complexity_router_config "
    "complexity_router_default_model cooldown_time custom_llm_provider drop_params "
    "allowed_fails allowed_fails_policy cache_read_input_token_cost extra_body extra_headers "
    "input_cost_per_second input_cost_per_token litellm_credential_name max_budget "
    "max_completion_tokens max_parallel_requests max_retries max_tokens mock_response model "
    "num_retries order organization output_cost_per_second output_cost_per_token "
    "quality_router_config quality_router_default_model region_name request_timeout rpm "
    "silent_model stream_timeout tags temperature timeout top_p tpm vertex_location "
    "vertex_project weight".split()
)
GENERAL_SETTINGS = frozenset(
    "alerting alerting_threshold allowed_routes background_health_checks custom_auth "
    "database_connection_pool_limit database_url disable_budget_reservation disable_spend_logs "
    "enforce_user_param global_max_parallel_requests health_check_interval infer_model_from_keys "
    "master_key max_parallel_requests max_request_size_mb max_response_size_mb "
    "proxy_batch_write_at store_model_in_db store_prompts_in_spend_logs".split()
)
LITELLM_SETTINGS = frozenset(
    "allowed_fails cache cache_params callbacks content_policy_fallbacks context_window_fallbacks "
    "cooldown_time default_fallbacks drop_params failure_callback fallbacks json_logs max_budget "
    "budget_duration max_end_user_budget max_fallbacks modify_params num_retries "
    "redact_user_api_key_info request_timeout set_verbose success_callback tag_budget_config "
    "turn_off_message_logging".split()
)
PROVIDERS = frozenset(
    "a2a a2a_agent ai21 ai21_chat aiml aiohttp_openai amazon_nova anthropic anthropic_text "
    "anyscale apertis assemblyai auto_router aws_polly aws_textract azure azure_ai azure_speech "
    "azure_text baseten bedrock bedrock_mantle bespoke black_forest_labs bytez cerebras chatgpt "
    "chutes clarifai cloudflare codestral cohere cohere_chat cometapi compactifai cursor custom "
    "custom_openai dashscope databricks datarobot deepgram deepinfra deepseek "
    "docker_model_runner dotprompt edenai elevenlabs empower fal_ai featherless_ai fireworks_ai "
    "friendliai galadriel gemini gigachat github github_copilot gradient_ai groq helicone heroku "
    "hosted_vllm huggingface humanloop hyperbolic inception infinity jina_ai lambda_ai langfuse "
    "langgraph lemonade litellm_agent litellm_proxy llamafile lm_studio manus maritalk "
    "meta_llama milvus minimax mistral modelscope moonshot morph nano-gpt nebius neosantara "
    "nlp_cloud novita nscale nvidia_nim nvidia_riva oci ollama ollama_chat oobabooga openai "
    "openai_like openrouter ovhcloud parasail perplexity petals pg_vector poe predibase "
    "publicai qwencloud recraft reka replicate runwayml sagemaker sagemaker_chat sagemaker_nova "
    "sambanova sap scaleway snowflake soniox stability synthetic tencent "
    "text-completion-codestral text-completion-inception text-completion-openai together_ai "
    "topaz triton v0 vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage wandb "
    "watsonx watsonx_text xai xiaomi_mimo xinference zai".split()
)
# Bare names of which LiteLLM knows the provider.
KNOWN_BARE = (
    *("gpt-", "o1", "o3", "o4", "chatgpt-", "claude-", "text-embedding-", "gemini-", "dall-e-"),
    *("whisper-", "tts-", "ft:gpt-", "command-", "embed-", "mistral-", "deepseek-", "omni-"),
)
