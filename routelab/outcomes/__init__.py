"""Prompts x models: how well each model did on each prompt, and what it cost.

A new format of outcomes is one module in `readers/`, registered in `OUTCOME_READERS`.
"""

from __future__ import annotations

from routelab.outcomes._read import read_outcomes
from routelab.outcomes.aliases import suggest_aliases
from routelab.outcomes.decisions import read_decisions
from routelab.outcomes.readers import OUTCOME_READERS
from routelab.outcomes.table import SCALES, OutcomeTable

__all__ = [
    "OUTCOME_READERS",
    "SCALES",
    "OutcomeTable",
    "read_decisions",
    "read_outcomes",
    "suggest_aliases",
]
