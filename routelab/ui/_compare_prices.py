"""What a router's answers cost per day: the price of each answer's model on the traffic's sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._words import counted
from routelab.decide import group_of_route
from routelab.evaluate.cuts import NOT_ANSWERED
from routelab.evaluate.served import Served
from routelab.plan import Plan

REQUESTS_PER_DAY = 10_000


@dataclass(frozen=True)
class Prices:
    """What requests cost, and which model group serves an answer.

    Attributes
    ----------
    usd : mapping of str to float
        Mean USD per request, by group.
    otherwise : float
        For any other group.
    groups : mapping of str to str
        By answer.
    default : str
        The group of any other answer; with "" each is a group of its own.
    """

    usd: Mapping[str, float]
    otherwise: float
    groups: Mapping[str, str]
    default: str = ""

    def group(self, answer: str) -> str:
        """Return the group that serves an answer."""
        return self.groups.get(answer, self.default or answer)

    def of(self, answers: Iterable[str]) -> np.ndarray:
        """Return the price of each answer."""
        return np.array([self.usd.get(self.group(a), self.otherwise) for a in answers], float)

    def served(self, truths: Sequence[str], answers: Sequence[str]) -> Served | None:
        """Return what answers cost and are enough for; None where one group serves all labels."""
        groups = {name: self.group(name) for name in [*truths, *answers]}
        if len({groups[name] for name in truths}) < 2:
            return None
        usd = {group: self.usd.get(group, self.otherwise) for group in groups.values()}
        return Served.of(truths, answers, groups, usd)


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
    return Prices(prices, max(prices.values()), {})


def plan_prices(plan: Plan, traffic: pd.DataFrame, answers: Iterable[str]) -> Prices:
    """Return the mean price of the logged requests on the model that the plan gives each answer.

    Of a group of several deployments the first. What is not answered goes to the plan's default
    group. Rules, budgets and failures are left out.

    Raises
    ------
    InputError
        The plan has no group for an answer, or the traffic no request of known size.
    """
    routes = {answer: group_of_route(plan, answer) for answer in answers if answer != NOT_ANSWERED}
    missing = [answer for answer, group in routes.items() if group not in plan.models]
    if missing:
        raise InputError(
            f"the plan has no group for {counted(len(missing), 'answer')}, such as {missing[0]!r}"
        )
    sizes = traffic[["input_tokens", "output_tokens"]].dropna().to_numpy(float)
    if not len(sizes):
        raise InputError("the traffic has no request of known size to price")

    def price(group: str) -> float:
        model = plan.model_of(plan.models[group][0])
        return float(np.mean(plan.catalog.cost(model, sizes[:, 0], sizes[:, 1])))

    by_group = {group: price(group) for group in plan.models}
    return Prices(by_group, by_group[plan.default], routes, plan.default)


def requests_per_day(traffic: pd.DataFrame | None) -> int:
    """Return the traffic's requests per day that it spans, at least one; 10,000 without traffic."""
    if traffic is None or not len(traffic):
        return REQUESTS_PER_DAY
    span = traffic["timestamp"].max() - traffic["timestamp"].min()
    return max(1, round(len(traffic) / max(1.0, span.total_seconds() / 86_400)))
