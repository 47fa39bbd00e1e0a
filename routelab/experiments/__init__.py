"""A/B tests: plan their size, analyse them, look at them every day."""

from routelab.experiments.analyse import analyse_split
from routelab.experiments.result import SplitResult
from routelab.experiments.sample_ratio import SampleRatio, sample_ratio
from routelab.experiments.sizing import SplitPlan, plan_split

__all__ = [
    "SampleRatio",
    "SplitPlan",
    "SplitResult",
    "analyse_split",
    "plan_split",
    "sample_ratio",
]
