"""Whether what runs still does what was planned, on the traffic that it was planned for."""

from routelab.watching.alarms import DriftAlarm
from routelab.watching.example import example_weeks
from routelab.watching.result import DriftReport
from routelab.watching.run import drift
from routelab.watching.stability import psi

__all__ = ["DriftAlarm", "DriftReport", "drift", "example_weeks", "psi"]
