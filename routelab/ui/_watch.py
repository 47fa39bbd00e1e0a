"""Is what runs still what was planned: a new log against the plan, from which day to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from routelab import plots
from routelab._checks import InputError, did_you_mean
from routelab.forecasting._days import zone_of
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.traffic import check_traffic
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._inputs import as_plan, as_traffic, noted
from routelab.ui._parts import Facts, number
from routelab.ui._picture import PICTURE_DPI, LivePlot, Picture, beside, side_by_side, stacked
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS
from routelab.ui._waiting import in_cell
from routelab.ui._watch_told import HINTS, alarm_list, days_told, facts_of, feature_facts, sentence
from routelab.watching import DriftReport
from routelab.watching.agreement import verdicts
from routelab.watching.run import Chance, first_half, foreseen, judge
from routelab.watching.seen import see
from routelab.watching.shift import bin_counts
from routelab.watching.spend import full_days

WIDTH = 5.5
#: Requests of both sides up to which a window is judged within a touch.
SOON = 3_000
PICTURES = 100  # kept as drawn: about 50 kB each


@SETTINGS.register("watch")
@dataclass(frozen=True, slots=True)
class WatchConfig:
    """Settings of the watch panel.

    Attributes
    ----------
    first_day, last_day : int
        Days of the log that are judged, counted from 1; both are included.
    feature : str
        Whose bins are shown; "" for the one that moved most.
    """

    first_day: int
    last_day: int
    feature: str = ""


@dataclass(frozen=True)
class Watched:
    """What the panel shows.

    Attributes
    ----------
    report : DriftReport
        Of the days from the first to the last.
    feature : str
        Whose bins are shown; "" where no shift was tested.
    bins : DataFrame
        Requests per bin, ``reference`` and ``new``; empty where the feature was not compared.
    """

    report: DriftReport
    feature: str
    bins: pd.DataFrame


class WatchPanel(Panel):
    """See :func:`watch`."""

    kind = "watch"

    def __init__(
        self,
        log: pd.DataFrame,
        plan: Plan,
        reference: pd.DataFrame | None = None,
        *,
        unit: str | None = "user",
        n_paths: int = 40,
        seed: int = 0,
        tell: Callable[[str], None] = lambda step: None,
        **shared: Any,
    ):
        self.plan = plan.fitted()
        self.chance = Chance(unit, seed=seed)
        self.n_paths = n_paths
        self.halved = reference is None
        zone = zone_of(self.plan)
        traffic = check_traffic(log)
        if traffic.empty:
            raise InputError("the log has no request")
        tell(f"deciding again {len(traffic):,} requests of the log")
        seen = see(self.plan, traffic, zone)
        if reference is None:
            cut = first_half(traffic, zone)
            self._old, self._log = seen.part(0, cut), seen.part(cut, len(traffic))
        else:
            tell(f"deciding again {len(reference):,} requests of the reference")
            self._old, self._log = see(self.plan, check_traffic(reference), zone), seen
        self._rows = verdicts(self.plan, self._log.traffic, self._log.decisions, zone)
        named = self._rows["day"].to_numpy(str)
        self.days = np.unique(named).tolist()
        self._starts = np.append(np.searchsorted(named, self.days), len(named))
        self._full = full_days(self._log.traffic, zone)  # a few days alone do not tell
        self._notes: list[str] = []
        sides = self._old.traffic, self._log.traffic
        self.forecast = foreseen(
            self.plan, *sides, self._notes, n_paths=n_paths, seed=seed,
            progress=lambda done, total: tell(f"forecasting spend: {done} of {total} replays"),
        )  # fmt: skip
        tell(f"judging {len(self._rows):,} requests against {len(self._old.traffic):,}")
        self._judged: dict[tuple[int, int], DriftReport] = {}
        self.whole = self._report(1, len(self.days))
        super().__init__(WatchConfig(1, len(self.days)), **shared)
        count = len(self.days)
        self.first_day, first = number("From day", 1, 1, count, 1)
        self.last_day, last = number("to day", count, 1, count, 1)
        features = [(short(name, 40), name) for name in self.whole.table.index]
        self.feature = w.Dropdown(
            options=[("the one that moved most", ""), *features], description="Feature",
            style={"description_width": "80px"}, layout=w.Layout(width="300px", max_width="100%"),
        )  # fmt: skip
        for control, field in ((self.first_day, "first_day"), (self.last_day, "last_day"),
                               (self.feature, "feature")):  # fmt: skip
            self.bind(control, field)
        self.facts, self.alarms, self.moved = Facts(), w.HTML(), Facts()
        agreement, spend = self.whole.agreement, self.whole.spend
        self.picture = _days(lambda ax: plots.agreement_by_day(agreement, self.days, ax))
        self.spend = _days(lambda ax: plots.spend_by_day(spend, self.days, ax))
        self.shift, self.bins = Picture(WIDTH), Picture(WIDTH)
        self._along = ""  # what is said of a day that moved with the other
        self._painted: dict[tuple[int, int, str | None], bytes] = {}
        controls = w.HBox([first, last], layout=w.Layout(flex_flow="row wrap"))
        days, moved = side_by_side(self.picture, self.spend), side_by_side(self.shift, self.bins)
        self.begin(controls, self.facts, self.alarms, days, self.feature, self.moved, moved)

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        lines = [
            self.file_line("log", "rl.read_log({}).frame", "the log"),
            self.file_line("plan", "rl.Plan.from_yaml({})", "the plan"),
        ]
        given = ["log", "plan"]
        if not self.halved:
            lines.append(self.file_line("reference", "rl.read_log({}).frame", "the reference"))
            given.append("reference=reference")
        given += [
            f"unit={self.chance.unit!r}",
            f"n_paths={self.n_paths}",
            f"seed={self.chance.seed}",
        ]
        return Recipe(f"ui.watch({', '.join(given)})", tuple(lines))

    def update(self, **changes: Any) -> None:
        """Change settings; a first day after the last takes the last along, and the other way."""
        along = ""
        if "first_day" in changes and "last_day" not in changes:
            changes["last_day"] = max(changes["first_day"], self.config.last_day)
            along = "to day" if changes["last_day"] != self.config.last_day else ""
        elif "last_day" in changes and "first_day" not in changes:
            changes["first_day"] = min(changes["last_day"], self.config.first_day)
            along = "from day" if changes["first_day"] != self.config.first_day else ""
        self._along = f" The field {along!r} went along." if along else ""
        super().update(**changes)

    def heavy(self, config: WatchConfig) -> bool:
        """Return whether these days are many requests, and were not shown before."""
        known = (config.first_day, config.last_day, None) in self._painted
        return not known and len(self._old.traffic) + len(self._rows) > SOON

    def work(
        self, config: WatchConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Watched | None:
        """Judge the days; nothing when newer settings wait."""
        low, high = self._window(config)
        tell(f"judging {high - low:,} requests against {len(self._old.traffic):,} …")
        return None if cancelled() else self.compute(config)

    def compute(self, config: WatchConfig) -> Watched:
        """Judge the days, and count the feature's bins."""
        low, high = self._window(config)
        features = self.whole.table.index
        if config.feature and config.feature not in features:
            near = did_you_mean(config.feature, list(features))
            raise InputError(f"there is no feature {config.feature!r}{near}")
        report = self._report(config.first_day, config.last_day)
        feature = config.feature or (str(report.table.index[0]) if len(report.table) else "")
        bins = pd.DataFrame({"reference": [], "new": []})
        if feature in report.table.index:
            bins = bin_counts(
                self._old.features, self._log.features.part(slice(low, high)), feature
            )
        return Watched(report, feature, bins)

    def draw(self, result: Watched) -> str:
        """Show alarms, numbers and pictures of the days."""
        config, report = self.config, result.report
        self.facts.show(facts_of(report, self.forecast))
        self.alarms.value = alarm_list(report)
        facts = feature_facts(report, result.feature)
        said = "Shown" if facts else "Not compared here"
        self.moved.show(facts or {"not compared here": "–"}, HINTS)
        self._mark_days(config)
        self._paint(self.shift, None, lambda ax: plots.drift(report, ax))
        self._paint(self.bins, result.feature, lambda ax: _bins(result.bins, ax))
        days = self.days[config.first_day - 1 : config.last_day]
        which = f"Day {config.first_day}" + (f" to {config.last_day}" if len(days) > 1 else "")
        shown = f" {said}: {result.feature}." if result.feature else ""
        return f"{which} ({days_told(days)}): {sentence(report)}{shown}{self._along}"

    def still(self) -> bytes:
        """Return all pictures as one."""
        rows = (self.picture, self.spend), (self.shift, self.bins)
        return stacked(beside(each.value for each in row if each is not None) for row in rows)

    def _paint(self, picture: Picture, feature: str | None, draw: Callable[[Any], Any]) -> None:
        """Show the days' shift, or a feature's; what was drawn before comes back as it was."""
        key = self.config.first_day, self.config.last_day, feature
        if key not in self._painted:
            fig, (ax,) = _sheet()
            draw(ax)
            picture.paint(fig)
            self._painted[key] = picture.value
            for old in list(self._painted)[:-PICTURES]:
                del self._painted[old]
        picture.value = self._painted[key]

    def _mark_days(self, config: WatchConfig) -> None:
        """Draw a frame around the days that are judged."""
        ends = config.first_day - 0.46, config.last_day + 0.46
        ink = plots.style("light").text
        for live in (self.picture, self.spend):
            assert isinstance(live, LivePlot)
            live.clear()
            live.show([live.axes[0].axvspan(*ends, color=ink, lw=1.6, fill=False)])

    def _window(self, config: WatchConfig) -> tuple[int, int]:
        """Return the rows of the days: the first, and the one after the last."""
        count = len(self.days)
        if not 1 <= config.first_day <= config.last_day <= count:
            raise InputError(
                f"the log has the days 1 to {count}, got {config.first_day} to {config.last_day}"
            )
        return int(self._starts[config.first_day - 1]), int(self._starts[config.last_day])

    def _report(self, first_day: int, last_day: int) -> DriftReport:
        """Judge days of the log; what was judged once is kept."""
        key = first_day, last_day
        if key not in self._judged:
            low, high = int(self._starts[first_day - 1]), int(self._starts[last_day])
            self._judged[key] = judge(
                self.plan,
                self._rows.iloc[low:high],
                self._old,
                self._log.part(low, high),
                f"{len(self._old.traffic):,} of the reference",
                self.forecast,
                self.chance,
                self._notes,
                self._full,
            )
        return self._judged[key]


def _days(draw: Callable[[Any], Any]) -> LivePlot:
    """Draw the days, which stay; only the frame around those that are judged moves."""
    fig, (ax,) = plots.figure(WIDTH, 2.8, dpi=PICTURE_DPI)
    draw(ax)
    return LivePlot(fig)


def _bins(bins: pd.DataFrame, ax: Any) -> None:
    """Draw a feature's bins, or nothing where it was not compared."""
    if bins.empty:
        ax.set_axis_off()
    else:
        plots.feature_bins(bins, ax)


def _sheet() -> Any:
    """Return a figure with room for names at the left; searching for the room would double time."""
    fig, axes = plots.figure(WIDTH, 3.9, dpi=PICTURE_DPI)
    fig.set_layout_engine("none")
    axes[0].set_position((0.27, 0.13, 0.7, 0.79))
    return fig, axes


def watch(
    log: pd.DataFrame | str | PathLike[str],
    plan: Plan | str | PathLike[str],
    *,
    reference: pd.DataFrame | str | PathLike[str] | None = None,
    unit: str | None = "user",
    n_paths: int = 40,
    seed: int = 0,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> WatchPanel:
    """Return a panel that holds a new log against the plan, from which day to which you say.

    Alarms in words, decisions and spend per day beside the plan and its forecast, and how far
    each feature of the requests moved. No prompt is shown.

    Parameters
    ----------
    log : DataFrame, or path of a log
        Traffic, from :func:`routelab.read_log`.
    plan : Plan, or path of one
        The one that should be running.
    reference : DataFrame, or path of a log, optional
        Earlier traffic. Default: the first half of the log, of which only the second is judged.
    unit : str or None, default "user"
        Column of what asks; see :func:`routelab.drift`.
    n_paths : int, default 40
        Of the forecast, which is made once: each path replays the days of the log.
    seed : int, default 0
    session : Session, optional
        Shared with other panels, and kept in a file.
    files : mapping of str to path, optional
        Where `log`, `plan` and `reference` came from, for "Copy as code".

    Returns
    -------
    WatchPanel
        ``panel.result.report`` is what :func:`routelab.drift` returns for these days and
        ``panel.forecast``; which days are full is judged on all days of the panel.

    Raises
    ------
    InputError
        An empty log.

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=200, freq="30min", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": [100] * 96 + [900] * 104,
    ...                         "output_tokens": 10})
    >>> panel = watch(traffic, Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> [alarm.kind for alarm in panel.result.report.alarms], panel.days[0]
    (['shift'], '2026-01-07')
    """
    known = noted(files)
    with in_cell("looking at the log") as tell:
        new = as_traffic(log, known, "log")
        old = None if reference is None else as_traffic(reference, known, "reference")
        return WatchPanel(
            new, as_plan(plan, known), old, unit=unit, n_paths=n_paths, seed=seed, tell=tell,
            session=session, files=known,
        )  # fmt: skip
