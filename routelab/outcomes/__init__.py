"""Prompts x models: how well each model did on each prompt, and what it cost."""

from __future__ import annotations

from routelab.outcomes._read import read_outcomes
from routelab.outcomes.table import OutcomeTable

__all__ = ["OutcomeTable", "read_outcomes"]
