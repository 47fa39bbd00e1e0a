"""When providers were down: intervals with a probability of failure, for the simulator.

A new kind of outage file is one module in `readers/`, registered in `OUTAGE_READERS`.
"""

from __future__ import annotations

from routelab.outages._load import load_outages, read_outages
from routelab.outages.readers import COLUMNS, IMPACT_PROBABILITY, OUTAGE_READERS

__all__ = ["COLUMNS", "IMPACT_PROBABILITY", "OUTAGE_READERS", "load_outages", "read_outages"]
