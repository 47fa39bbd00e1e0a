"""What a log holds: requests per hour, tokens, models, failures, users."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError
from routelab._words import counted
from routelab.report.profile import traffic_facts
from routelab.traffic import check_traffic, read_log
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._parts import Facts
from routelab.ui._picture import beside
from routelab.ui._profile_figures import Coded, ProfilePlots, bars
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS

_EVERY = "all"


@SETTINGS.register("profile")
@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """Settings of the profile panel: one model or ``"all"``, and what the bars count by."""

    model: str = _EVERY
    by: str = "model"


class ProfilePanel(Panel):
    """See :func:`profile`."""

    kind = "profile"

    def __init__(self, traffic: pd.DataFrame, warnings: list[str], **shared: Any):
        self.traffic = check_traffic(traffic)
        self.warnings = warnings
        models = self.traffic["model"].value_counts().index.tolist()
        columns = [name for name in ("model", "user", "provider", "tier", "error_class")
                   if self.traffic[name].notna().any()] or ["model"]  # fmt: skip
        super().__init__(ProfileConfig(by=columns[0]), **shared)
        wide = {"description_width": "60px"}
        self.model = w.Dropdown(options=[_EVERY, *models], description="Model", style=wide)
        self.by = w.Dropdown(options=columns, value=columns[0], description="Bars", style=wide)
        self.facts = Facts()
        if self.traffic.empty:
            raise InputError("the log has no request")
        self._coded = Coded(self.traffic, columns)
        self._plots = ProfilePlots(self._coded)
        self.picture, self.sizes = self._plots.hours, self._plots.sizes
        self.counts = w.HTML(layout=w.Layout(min_height="250px"))
        self.bind(self.model, "model")
        self.bind(self.by, "by")
        wrap = w.Layout(flex_flow="row wrap")
        controls = w.HBox([self.model, self.by], layout=wrap)
        self.begin(controls, self.facts, self._plots.row, self.counts)

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        line = self.file_line("traffic", "rl.read_log({})", "the log")
        return Recipe("ui.profile(traffic)", (line,))

    def compute(self, config: ProfileConfig) -> pd.DataFrame:
        """Take the requests of the model."""
        if config.by not in self.by.options:
            raise InputError(f"the log has no {config.by!r} to count by; it has "
                             f"{', '.join(self.by.options)}")  # fmt: skip
        if config.model == _EVERY:
            return self.traffic
        found = self.traffic[(self.traffic["model"] == config.model).fillna(False)]
        if found.empty:
            raise InputError(f"no request of the model {config.model!r}")
        return found

    def draw(self, result: pd.DataFrame) -> str:
        """Show numbers and pictures."""
        rows = result.index.to_numpy()
        sizes = self._coded.sizes(rows)
        medians = {
            f"median {name}": f"{median:,.0f}"
            for name, (_, median) in sizes.items()
            if not math.isnan(median)
        }
        self.facts.show(traffic_facts(result) | medians)
        self._plots.show(self._coded.per_hour(rows), sizes)
        self.counts.value = bars(self._coded.counted(rows, self.config.by), self.config.by)
        warned = counted(len(self.warnings), "warning")
        shown = f" {warned}: {self.warnings[0]}" if self.warnings else ""
        return f"{len(result):,} of {counted(len(self.traffic), 'request')}.{shown}"

    def still(self) -> bytes:
        """Return both pictures."""
        return beside([super().still(), self.sizes.value])


def profile(
    found: Any,
    *,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ProfilePanel:
    """Return a panel on a log: requests per hour, tokens, models, users, failures.

    Parameters
    ----------
    found : ReadResult, Read, DataFrame, or path of a log
        What :func:`routelab.read_log` or :func:`routelab.read` returned, or traffic. Prompts are
        not shown.
    session : Session, optional
        Shared with other panels, and kept in a file.
    files : mapping of str to path, optional
        Where `traffic` came from, for "Copy as code".

    Returns
    -------
    ProfilePanel

    Raises
    ------
    InputError
        It is no traffic.

    Examples
    --------
    >>> import pandas as pd
    >>> stamps = pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 10, "output_tokens": 1})
    >>> len(profile(traffic).result)
    2
    """
    if isinstance(found, str | PathLike):
        files = {"traffic": found, **(files or {})}
        found = read_log(found)
    if isinstance(found, pd.DataFrame):
        return ProfilePanel(found, [], session=session, files=files)
    frame = getattr(found, "frame", getattr(found, "data", None))
    if not isinstance(frame, pd.DataFrame) or found.report.kind != "traffic":
        raise InputError("a profile needs traffic: what read_log, or read of a log, returned")
    return ProfilePanel(frame, found.report.warnings, session=session, files=files)
