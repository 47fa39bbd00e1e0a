"""What LiteLLM's rule-based classifiers can learn: boundaries, weights, keyword rules, counts.

Everything here learns from one thing, the *worth* of each tier on each prompt (n, 4): 1 where the
tier is the labelled one, minus a cost, or quality less what it costs. The rules that turn a
configuration into decisions are in `routelab.gateway_rules`; nothing here repeats them.
"""

from routelab.gateway_learning.boundaries import best_cuts, boundary_values
from routelab.gateway_learning.config import PARTS, learn_config, learn_steps
from routelab.gateway_learning.dimensions import DIMENSIONS, dimension_values
from routelab.gateway_learning.keywords import KeywordChoice, choose_keywords
from routelab.gateway_learning.table import TableChoice, choose_table, count_success
from routelab.gateway_learning.weights import search_weights
from routelab.gateway_learning.worth import (
    needed_tiers,
    tier_outcomes,
    worth_of_labels,
    worth_of_outcomes,
)

__all__ = [
    "DIMENSIONS",
    "PARTS",
    "KeywordChoice",
    "TableChoice",
    "best_cuts",
    "boundary_values",
    "choose_keywords",
    "choose_table",
    "count_success",
    "dimension_values",
    "learn_config",
    "learn_steps",
    "needed_tiers",
    "search_weights",
    "tier_outcomes",
    "worth_of_labels",
    "worth_of_outcomes",
]
