"""Pictures of results: each function takes (result, ax) and returns artists; no pyplot state."""

from routelab.plots._comparison import accuracy_bars, confusion, cost_quality, router_gains
from routelab.plots._drift import drift
from routelab.plots._forecast import exhaustion_hours, spend_fan
from routelab.plots._labels import label_counts, label_plan, label_worth
from routelab.plots._map import answer_codes, asked_point, map_limits, prompt_map
from routelab.plots._off_policy import overlap
from routelab.plots._profile import (
    failures_by_class,
    requests_by,
    requests_per_hour,
    token_sizes,
)
from routelab.plots._replay import (
    daily_spend,
    hourly_outcomes,
    latency,
    model_share,
    outcome_counts,
)
from routelab.plots._request import request_costs, router_scores
from routelab.plots._slices import best_router, overview, slice_figures, slice_gains
from routelab.plots._style import THEMES, Theme, figure, png, style
from routelab.plots._sureness import (
    confidence_counts,
    reliability,
    single_groups,
    threshold_curves,
)
from routelab.plots._sweep import pareto_front
from routelab.plots._watch import agreement_by_day, feature_bins, spend_by_day

__all__ = [
    "THEMES",
    "Theme",
    "accuracy_bars",
    "agreement_by_day",
    "answer_codes",
    "asked_point",
    "best_router",
    "confidence_counts",
    "confusion",
    "cost_quality",
    "daily_spend",
    "drift",
    "exhaustion_hours",
    "failures_by_class",
    "feature_bins",
    "figure",
    "hourly_outcomes",
    "label_counts",
    "label_plan",
    "label_worth",
    "latency",
    "map_limits",
    "model_share",
    "outcome_counts",
    "overlap",
    "overview",
    "pareto_front",
    "png",
    "prompt_map",
    "reliability",
    "request_costs",
    "requests_by",
    "requests_per_hour",
    "router_gains",
    "router_scores",
    "single_groups",
    "slice_figures",
    "slice_gains",
    "spend_by_day",
    "spend_fan",
    "style",
    "threshold_curves",
    "token_sizes",
]
