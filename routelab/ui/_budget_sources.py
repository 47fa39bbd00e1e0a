"""What a budget panel can replay: logs and plans by their files, read once and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from routelab.plan import Plan
from routelab.traffic import check_traffic
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_load import Workload
from routelab.ui._budget_log import read_told, read_uploaded
from routelab.ui._budget_plan import unlimited
from routelab.ui._budget_replay import Outcome, replayed
from routelab.ui._files import named_file
from routelab.ui._uploaded import UPLOADED

_Key = tuple[str, str, float]
_EDITED = "\0edited:"  # no path begins like this
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
        self._uploads: dict[str, tuple[pd.DataFrame, str]] = {}
        self._edits: dict[str, Plan] = {}
        self._kept: OrderedDict[_Key, Source] = OrderedDict()

    def knows(self, config: BudgetConfig) -> bool:
        """Return whether nothing is left to read, grow or route for these settings."""
        return _key(config) in self._kept

    def of(self, config: BudgetConfig, tell: Callable[[str], None] = lambda text: None) -> Source:
        """Return what the settings replay; a file that is wrong raises InputError."""
        key = _key(config)
        found = self._kept.get(key)
        if found is None:
            traffic = self._traffic_of(config, tell)
            plan = self.plan_of(config)
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
            self._logs[path] = read_told(str(named_file(path)), path)
        return self._logs[path]

    def plan_of(self, config: BudgetConfig) -> Plan:
        """Return the plan of the settings with its router fitted."""
        path = config.plan
        if config.edited:
            plan = self._edits[config.edited] = self._edits[config.edited].fitted()
            return plan
        if not path:
            return self._plan
        if path not in self._plans:
            self._plans[path] = Plan.from_yaml(named_file(path)).fitted()
        return self._plans[path]

    def upload(self, name: str, content: bytes) -> str:
        """Keep a log that was uploaded, and return what was read and rejected of it."""
        self._uploads[name] = read_uploaded(name, content)
        self._forget(lambda key: key[0] == UPLOADED + name)
        _drop_old(self._uploads)
        return self._uploads[name][1]

    def edit(self, digest: str, plan: Plan) -> None:
        """Keep a plan that has no file; its router is trained when it is asked first."""
        if digest not in self._edits:
            self._edits[digest] = plan
            _drop_old(self._edits)

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
        self._forget(lambda key: key[1] == path)
        return True

    def _traffic_of(self, config: BudgetConfig, tell: Callable[[str], None]) -> pd.DataFrame:
        if config.uploaded:
            return self._uploads[config.uploaded][0]
        return self.log(config.log, tell)[0]

    def _forget(self, wrong: Callable[[_Key], bool]) -> None:
        for key in [key for key in self._kept if wrong(key)]:
            del self._kept[key]


def _key(config: BudgetConfig) -> _Key:
    log = UPLOADED + config.uploaded if config.uploaded else config.log
    return log, _EDITED + config.edited if config.edited else config.plan, config.growth


def _drop_old(kept: dict[str, Any]) -> None:
    for name in list(kept)[:-KEPT]:
        del kept[name]
