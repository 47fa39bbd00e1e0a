"""What a router's answers cost per day: the price of each answer's model on the traffic's sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.decide import group_of_route
from routelab.evaluate.cuts import NOT_ANSWERED
from routelab.plan import Plan

REQUESTS_PER_DAY = 10_000


@dataclass(frozen=True)
class Prices:
    """Mean USD per request by answer, and for any other answer."""

    usd: Mapping[str, float]
    otherwise: float

    def of(self, answers: Iterable[str]) -> np.ndarray:
        """Return the price of each answer."""
        return np.array([self.usd.get(answer, self.otherwise) for answer in answers], float)


def given_prices(usd: Mapping[str, float]) -> Prices:
    """Return prices that somebody gave; what is not answered costs as much as the dearest.

    Examples
    --------
    >>> given_prices({"low": 0.001, "high": 0.02}).of(["low", "(not answered)"]).tolist()
    [0.001, 0.02]
    """
    prices = {str(name): float(value) for name, value in usd.items()}
    if not prices or not all(0 <= value < np.inf for value in prices.values()):
        raise InputError(f"prices are USD per request by answer, at least 0 each, got {usd!r}")
    return Prices(prices, max(prices.values()))


def plan_prices(plan: Plan, traffic: pd.DataFrame, answers: Iterable[str]) -> Prices:
    """Return the mean price of the logged requests on the model that the plan gives each answer.

    Of a group of several deployments the first. What is not answered, and what the plan has no
    group for, goes to the plan's default group. Rules, budgets and failures are left out.
    """
    sizes = traffic[["input_tokens", "output_tokens"]].dropna().to_numpy(float)
    if not len(sizes):
        raise InputError("the traffic has no request of known size to price")

    def price(group: str) -> float:
        model = plan.model_of(plan.models[group][0])
        return float(np.mean(plan.catalog.cost(model, sizes[:, 0], sizes[:, 1])))

    by_group = {group: price(group) for group in plan.models}
    otherwise = by_group[plan.default]
    routes = {answer: group_of_route(plan, answer) for answer in answers if answer != NOT_ANSWERED}
    return Prices({a: by_group.get(group, otherwise) for a, group in routes.items()}, otherwise)


def requests_per_day(traffic: pd.DataFrame | None) -> int:
    """Return the traffic's requests per day that it spans, at least one; 10,000 without traffic."""
    if traffic is None or not len(traffic):
        return REQUESTS_PER_DAY
    span = traffic["timestamp"].max() - traffic["timestamp"].min()
    return max(1, round(len(traffic) / max(1.0, span.total_seconds() / 86_400)))
