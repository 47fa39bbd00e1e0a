"""Routers: scikit-learn estimators from prompts to a label, a route or a model.

One file per idea; a new router registers its factory in `ROUTERS` and is found by its kind.
"""

from routelab.routers._base import ROUTERS, TRUSTED_TYPES, make_router
from routelab.routers._order import ordinal_scale
from routelab.routers._store import describe_router, load_router, save_router
from routelab.routers.baselines import ConstantRouter, LengthRouter, RandomRouter
from routelab.routers.centroid import CentroidHead
from routelab.routers.discriminant import DiscriminantSpace
from routelab.routers.features import PromptFeatures
from routelab.routers.keyword import KeywordRouter
from routelab.routers.knn import NeighborsHead
from routelab.routers.litellm_fitted import LitellmHeuristicFitted
from routelab.routers.litellm_rules import LitellmHeuristic, LitellmHeuristicV2
from routelab.routers.logistic import LogisticHead
from routelab.routers.outcome import OutcomeRouter
from routelab.routers.quality import QualityNeighbors, QualityRidge

__all__ = [
    "ROUTERS",
    "TRUSTED_TYPES",
    "CentroidHead",
    "ConstantRouter",
    "DiscriminantSpace",
    "KeywordRouter",
    "LengthRouter",
    "LitellmHeuristic",
    "LitellmHeuristicFitted",
    "LitellmHeuristicV2",
    "LogisticHead",
    "NeighborsHead",
    "OutcomeRouter",
    "PromptFeatures",
    "QualityNeighbors",
    "QualityRidge",
    "RandomRouter",
    "describe_router",
    "load_router",
    "make_router",
    "ordinal_scale",
    "save_router",
]
