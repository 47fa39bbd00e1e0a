"""Requests with what the plan decides for them: computed once, looked at part by part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from routelab.decide import decide
from routelab.plan import Plan
from routelab.watching._features import Features, features_of


@dataclass(frozen=True)
class Seen:
    """One side of a comparison.

    Attributes
    ----------
    traffic, decisions : DataFrame, n rows
        Requests in the order of time, and what the plan decides for them.
    features : Features
        What is looked at of each.
    """

    traffic: pd.DataFrame
    decisions: pd.DataFrame
    features: Features

    def part(self, first: int, last: int) -> Seen:
        """Return the requests from row `first` up to `last`, which is left out."""
        rows = slice(first, last)
        return Seen(self.traffic.iloc[rows], self.decisions.iloc[rows], self.features.part(rows))


def see(plan: Plan, traffic: pd.DataFrame, zone: str) -> Seen:
    """Decide for each request, and take its features.

    Parameters
    ----------
    plan : Plan
        Fitted.
    traffic : DataFrame
        Checked.
    zone : str
        Time zone of the hour of the day.
    """
    decisions = decide(plan, traffic)
    return Seen(traffic, decisions, features_of(traffic, plan, decisions, zone))
