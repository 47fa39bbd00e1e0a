"""LiteLLM's rule-based content routing, replayed: from a prompt to a tier, from a tier to a group.

Pure functions over configurations of the gateway (1.106.2); nothing here calls a model. The word
lists, thresholds and patterns are data (``litellm_defaults.yaml``).
"""

from routelab.gateway_rules.complexity import ComplexityRouter, Decision
from routelab.gateway_rules.config import TIERS, ComplexityConfig
from routelab.gateway_rules.heuristic import Classification, Heuristic
from routelab.gateway_rules.quality import QualityRouter
from routelab.gateway_rules.table import (
    TierTable,
    bundled_table,
    count_table,
    policy_table,
    tier_of,
    tier_probabilities,
)
from routelab.gateway_rules.text import DEFAULTS, cohort, current_ask, request_type

__all__ = [
    "DEFAULTS",
    "TIERS",
    "Classification",
    "ComplexityConfig",
    "ComplexityRouter",
    "Decision",
    "Heuristic",
    "QualityRouter",
    "TierTable",
    "bundled_table",
    "cohort",
    "count_table",
    "current_ask",
    "policy_table",
    "request_type",
    "tier_of",
    "tier_probabilities",
]
