"""When providers were down: intervals with a probability of failure, for the simulator."""

from __future__ import annotations

from routelab.outages._read import COLUMNS, IMPACT_PROBABILITY, read_outages

__all__ = ["COLUMNS", "IMPACT_PROBABILITY", "read_outages"]
