"""What a budget panel can replay: logs and plans by their files, read once and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.traffic import check_traffic, read_log
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_load import Workload
from routelab.ui._budget_plan import unlimited
from routelab.ui._budget_replay import Outcome, replayed

KEPT = 4  # workloads: a log of 200,000 requests takes some 100 MB


class Source(NamedTuple):
    """A workload, and its replay without limits, which is the frame of every picture."""

    load: Workload
    dearest: Outcome


class Sources:
    """Workloads by the settings that they depend on: log, plan, growth.

    Parameters
    ----------
    traffic : DataFrame
        In place of a log's file.
    plan : Plan
        In place of a plan's file; fitted.
    seed : int
    """

    def __init__(self, traffic: pd.DataFrame, plan: Plan, seed: int):
        self._traffic = check_traffic(traffic)
        self._plan = plan
        self._seed = seed
        self._logs: dict[str, tuple[pd.DataFrame, str]] = {}
        self._plans: dict[str, Plan] = {}
        self._digests: dict[str, str | None] = {}
        self._kept: OrderedDict[tuple[str, str, float], Source] = OrderedDict()

    def knows(self, config: BudgetConfig) -> bool:
        """Return whether nothing is left to read, grow or route for these settings."""
        return _key(config) in self._kept

    def of(self, config: BudgetConfig, tell: Callable[[str], None] = lambda text: None) -> Source:
        """Return what the settings replay; a file that is wrong raises InputError."""
        key = _key(config)
        found = self._kept.get(key)
        if found is None:
            traffic = self.log(config.log, tell)[0]
            plan = self.plan(config.plan)
            load = Workload(traffic, plan, config.growth, self._seed, tell)
            found = Source(load, replayed(load, unlimited(plan), None))
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def log(
        self, path: str, tell: Callable[[str], None] = lambda text: None
    ) -> tuple[pd.DataFrame, str]:
        """Return the traffic of a log, and what was read and rejected of it."""
        if not path:
            return self._traffic, ""
        if path not in self._logs:
            tell("reading the log …")
            self._logs[path] = _read(path)
        return self._logs[path]

    def plan(self, path: str) -> Plan:
        """Return the plan of a file with its router fitted."""
        if not path:
            return self._plan
        if path not in self._plans:
            self._plans[path] = Plan.from_yaml(path).fitted()
        return self._plans[path]

    def take(self, path: str, digest: str | None, plan: Plan) -> bool:
        """Take what a file holds by now; return whether it is another plan than before.

        Parameters
        ----------
        path : str
        digest : str or None
            Changes with the plan's text.
        plan : Plan
        """
        if path in self._plans and self._digests.get(path) == digest:
            return False
        self._plans[path], self._digests[path] = plan.fitted(), digest
        for key in [key for key in self._kept if key[1] == path]:
            del self._kept[key]
        return True


def _key(config: BudgetConfig) -> tuple[str, str, float]:
    return config.log, config.plan, config.growth


def _read(path: str) -> tuple[pd.DataFrame, str]:
    found = read_log(path)
    report = found.report
    if not len(found.frame):
        raise InputError(f"{path} holds no request")
    told = f"{report.rows_read:,} rows read, {len(found.frame):,} requests"
    if report.rejected:
        told += f"; {len(report.rejected):,} rejected, the first: {report.rejected[0].reason}"
    return found.frame, f"{told}."
