"""Many plans over the same traffic: grids, sweeps, Pareto fronts, and tuning to constraints."""

from routelab.sweeps.grid import Dimension, Grid, grid_from_mapping, grid_from_yaml
from routelab.sweeps.policy import Policy, policies
from routelab.sweeps.result import Sweep
from routelab.sweeps.run import sweep
from routelab.sweeps.tuning import Tuned, tune

__all__ = [
    "Dimension",
    "Grid",
    "Policy",
    "Sweep",
    "Tuned",
    "grid_from_mapping",
    "grid_from_yaml",
    "policies",
    "sweep",
    "tune",
]
