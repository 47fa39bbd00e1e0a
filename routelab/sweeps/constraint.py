"""Constraints on metrics, such as ``availability>=0.999``."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from routelab._checks import InputError

_FORM = re.compile(r"\s*(\w+)\s*(>=|<=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on one metric: ``>=`` or ``<=``."""

    metric: str
    relation: str
    bound: float

    def shortfall(self, values: pd.Series) -> pd.Series:
        """Return by how much values miss the bound as a share of it; 0 where they meet it.

        A bound of 0 is missed by the difference itself; an unknown value misses by infinity.

        Examples
        --------
        >>> parse_constraint("latency_p95_s<=2").shortfall(pd.Series([1.0, 3.0])).tolist()
        [0.0, 0.5]
        """
        missed = self.bound - values if self.relation == ">=" else values - self.bound
        return (missed.clip(lower=0) / (abs(self.bound) or 1.0)).fillna(float("inf"))

    def met(self, values: pd.Series) -> pd.Series:
        """Return which values meet the bound; an unknown value does not."""
        return values >= self.bound if self.relation == ">=" else values <= self.bound

    def __str__(self) -> str:
        return f"{self.metric}{self.relation}{self.bound:g}"


def parse_constraint(text: str) -> Constraint:
    """Read a constraint.

    Raises
    ------
    InputError
        Not of the form ``metric>=number`` or ``metric<=number``.

    Examples
    --------
    >>> str(parse_constraint("quality >= 0.9"))
    'quality>=0.9'
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InputError(
            f"a constraint is metric>=number or metric<=number, such as quality>=0.9, got {text!r}"
        )
    return Constraint(match[1], match[2], float(match[3]))
