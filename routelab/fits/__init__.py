"""What would have happened on a model that did not serve the request, fitted on a log."""

from routelab.fits.assumptions import Assumptions, PlanAssumptions
from routelab.fits.failures import FailureModel, fit_failures
from routelab.fits.latency import LatencyModel, fit_latency
from routelab.fits.outages import outages_from_log
from routelab.fits.verbosity import VerbosityModel, fit_verbosity

__all__ = [
    "Assumptions",
    "FailureModel",
    "LatencyModel",
    "PlanAssumptions",
    "VerbosityModel",
    "fit_failures",
    "fit_latency",
    "fit_verbosity",
    "outages_from_log",
]
