"""Routers: scikit-learn estimators from prompts to a label, a route or a model.

One file per idea; a new router registers its factory in `ROUTERS` and is found by its kind.
"""

from routelab.routers._base import ROUTERS, TRUSTED_TYPES, answers_of, make_router
from routelab.routers._order import ordinal_scale
from routelab.routers._store import describe_router, load_router, save_router
from routelab.routers.baselines import ConstantRouter, LengthRouter, RandomRouter
from routelab.routers.boosted_complexity import BoostedHead
from routelab.routers.cascade import CascadeRouter
from routelab.routers.centroid import CentroidHead
from routelab.routers.cost_thresholds import CostThresholds, serving_costs
from routelab.routers.discriminant import DiscriminantSpace
from routelab.routers.explain import explain
from routelab.routers.features import OpeningTerms, PromptFeatures
from routelab.routers.hierarchical import HierarchicalHead
from routelab.routers.kernel_space import KernelSpace
from routelab.routers.keyword import KeywordRouter
from routelab.routers.knn import NeighborsHead
from routelab.routers.linear_arms import LinearArms
from routelab.routers.linucb import LinUCBRouter
from routelab.routers.litellm_fitted import LitellmHeuristicFitted
from routelab.routers.litellm_rules import LitellmHeuristic, LitellmHeuristicV2
from routelab.routers.logistic import LogisticHead
from routelab.routers.network import NetworkHead
from routelab.routers.ordinal import OrdinalHead
from routelab.routers.outcome import OutcomeRouter
from routelab.routers.quality import QualityNeighbors, QualityRidge
from routelab.routers.quality_boosted import QualityBoosted
from routelab.routers.quality_bt import QualityBradleyTerry
from routelab.routers.quality_factors import QualityFactors
from routelab.routers.quality_logistic import QualityLogistic
from routelab.routers.route_thresholds import RouteThresholds
from routelab.routers.scoped import ScopedHead
from routelab.routers.scores import scores_of
from routelab.routers.semantic_router_rule import SemanticRouterHead
from routelab.routers.strong_threshold import StrongThreshold
from routelab.routers.verifier import Play, Verifier

__all__ = [
    "ROUTERS",
    "TRUSTED_TYPES",
    "BoostedHead",
    "CascadeRouter",
    "CentroidHead",
    "ConstantRouter",
    "CostThresholds",
    "DiscriminantSpace",
    "HierarchicalHead",
    "KernelSpace",
    "KeywordRouter",
    "LengthRouter",
    "LinUCBRouter",
    "LinearArms",
    "LitellmHeuristic",
    "LitellmHeuristicFitted",
    "LitellmHeuristicV2",
    "LogisticHead",
    "NeighborsHead",
    "NetworkHead",
    "OpeningTerms",
    "OrdinalHead",
    "OutcomeRouter",
    "Play",
    "PromptFeatures",
    "QualityBoosted",
    "QualityBradleyTerry",
    "QualityFactors",
    "QualityLogistic",
    "QualityNeighbors",
    "QualityRidge",
    "RandomRouter",
    "RouteThresholds",
    "ScopedHead",
    "answers_of",
    "SemanticRouterHead",
    "StrongThreshold",
    "Verifier",
    "describe_router",
    "explain",
    "load_router",
    "make_router",
    "ordinal_scale",
    "save_router",
    "scores_of",
    "serving_costs",
]
