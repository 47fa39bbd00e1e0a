"""LiteLLM's own classifiers fitted to the user's data, and judged on the part left out."""

from routelab.gateway_fit.fit import fit_heuristic, fit_table
from routelab.gateway_fit.result import GatewayFit

__all__ = ["GatewayFit", "fit_heuristic", "fit_table"]
