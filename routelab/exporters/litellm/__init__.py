"""A LiteLLM proxy config: explicit prices, policies, and the plan's content routing.

What decides which group serves a request is written in the first form that holds all of it:

=============== ===============================================================================
form            for a plan
=============== ===============================================================================
rules inline    whose router is LiteLLM's own heuristic or table (`_rules`)
semantic router whose router is `semantic-router-rule` with a service's embeddings (`_semantic`)
classifier      with any other router that leads to at most four groups (`_plugin`)
hook            with rules, an A/B split, or a router that leads to more groups (`_plugin`)
=============== ===============================================================================
"""

from routelab.exporters.litellm._form import router_name
from routelab.exporters.litellm._write import write_litellm

__all__ = ["router_name", "write_litellm"]
