"""Off-policy evaluation: what a policy would have reached, from logs whose choices were random."""

from routelab.off_policy.estimators import (
    direct_method,
    doubly_robust,
    effective_sample_size,
    importance_weights,
    ips,
    snips,
    switch_dr,
    truncation_point,
)
from routelab.off_policy.evaluate import evaluate_policy
from routelab.off_policy.propensities import split_propensities
from routelab.off_policy.result import OffPolicyResult

__all__ = [
    "OffPolicyResult",
    "direct_method",
    "doubly_robust",
    "effective_sample_size",
    "evaluate_policy",
    "importance_weights",
    "ips",
    "snips",
    "split_propensities",
    "switch_dr",
    "truncation_point",
]
