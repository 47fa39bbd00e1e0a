"""What would a week cost under another budget, and what breaks in an outage: replay as you drag."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.sweeps import Sweep
from routelab.ui._base import Panel
from routelab.ui._budget_chain import Chain
from routelab.ui._budget_code import recipe_of
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_controls import Controls
from routelab.ui._budget_figures import Frames
from routelab.ui._budget_load import REQUESTS_TOUCHED, Workload
from routelab.ui._budget_log import ABOUT
from routelab.ui._budget_plan import (
    busiest_hour,
    incident_hours,
    plan_with,
    schedule,
    with_chain,
)
from routelab.ui._budget_replay import Outcome, replayed
from routelab.ui._budget_sources import Sources
from routelab.ui._budget_start import ROUTED, followed, routed, start_of
from routelab.ui._budget_sweep import run_sweep
from routelab.ui._budget_sweep_view import SweepView
from routelab.ui._budget_tables import compared, facts, results
from routelab.ui._budget_told import sentence
from routelab.ui._choices import PlanChoice
from routelab.ui._code import Recipe, arguments, changed_fields, script
from routelab.ui._file_loader import FileLoader
from routelab.ui._inputs import as_outages, as_plan, as_traffic, noted
from routelab.ui._parts import Facts, guarded
from routelab.ui._session import Session
from routelab.ui._share import choice_of, shared

#: Settings that no plan A has of its own.
_OF_THE_VIEW = ("who", "sweep_by", "pinned", "log", "uploaded", "edited")


class BudgetPanel(Panel):
    """See :func:`budget`."""

    kind = "budget"

    def __init__(
        self,
        traffic: pd.DataFrame,
        plan: Plan,
        outages: pd.DataFrame | None = None,
        seed: int = 0,
        **shared: Any,
    ):
        self.outages = None if outages is None else _plain(outages)
        self.plan = plan.fitted()
        self.seed = seed
        self.sources = Sources(traffic, self.plan, seed)
        source = self.sources.of(BudgetConfig(1.0))
        super().__init__(start_of(source, self.outages), **shared)
        self._pinned: tuple[BudgetConfig, Outcome] | None = None
        self._choice: PlanChoice | None = None  # the plan that this panel gave to the others
        self._scheduled = lru_cache(maxsize=4)(
            lambda part, load: schedule(part, load.plan, load.traffic, self.outages)
        )
        self.controls = Controls(self._set_chain, self._set_tier)
        self.daily_usd = self.controls.daily_usd
        self.outage_hours = self.controls.outage_hours
        self.expected = self.controls.expected
        self.fallbacks = self.controls.fallbacks
        self.facts = Facts()
        self.frames = Frames()
        self.picture = self.frames.pictures["days"]
        self._framed: tuple[Any, ...] = ()
        self._loaded: tuple[str, ...] = ()  # the log that the loader's line is about
        self._offered: Any = None
        self.tables = w.HTML()
        self.against = w.HTML()
        self.sweeper = SweepView(self._sweep, self.update)
        self.loader = FileLoader(
            "log", ABOUT, "traffic.parquet, logs/*.jsonl.gz, ...", "Replay this log instead",
            self._load_log, self._take_log,
        )  # fmt: skip
        for field, control in self.controls.bound().items():
            if field != "incident":
                self.bind(control, field)
        self.bind(self.sweeper.by, "sweep_by")
        self.controls.incident.observe(guarded(self.status)(self._choose_incident), "value")
        self._controls["incident"] = self.controls.incident
        self.use = w.Button(
            description="Use as the plan",
            layout=w.Layout(width="auto", align_self="flex-start"),
            tooltip="Give the plan with these settings to the other panels, to export it",
        )  # fmt: skip
        self.use.on_click(lambda _: guarded(self.status)(self.share)())
        self.begin(self.controls, self.facts, self.use, self.frames, self._tabs())

    def _tabs(self) -> w.Tab:
        pin = w.Button(description="Pin as A", tooltip="Keep these settings and results as plan A")
        unpin = w.Button(description="Forget A", tooltip="Compare with nothing")
        pin.on_click(lambda _: guarded(self.status)(self.pin)())
        unpin.on_click(lambda _: guarded(self.status)(self.unpin)())
        parts = {
            "Who and why": w.VBox([self.controls.who, self.tables]),
            "Compare plans": w.VBox([w.HBox([pin, unpin]), self.against]),
            "Sweep": self.sweeper,
            "Another log": self.loader,
        }
        tabs = w.Tab(list(parts.values()), layout=w.Layout(width="100%"))
        tabs.add_class("rl-steady")
        for place, name in enumerate(parts):
            tabs.set_title(place, name)
        return tabs

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        return recipe_of(self)

    def heavy(self, config: BudgetConfig) -> bool:
        """Return whether a log must be read, grown or routed first, or is long."""
        wanted = [config] if not config.pinned else [config, self._plan_a(config)]
        if not all(self.sources.knows(each) for each in wanted):
            return True
        return any(len(self.sources.of(each).load) > REQUESTS_TOUCHED for each in wanted)

    def waits(self, config: BudgetConfig) -> bool:
        """Return whether the script reads or grows a log; its panel has not done so before."""
        wanted = [config] if not config.pinned else [config, self._plan_a(config)]
        start = self._start
        return any((c.log, c.plan, c.growth) != (start.log, start.plan, start.growth)
                   for c in wanted) or self.heavy(config)  # fmt: skip

    def update(self, **changes: Any) -> None:
        """Change settings; a file that is named takes the place of what has none."""
        for file, without in (("log", "uploaded"), ("plan", "edited")):
            if changes.get(file):
                changes.setdefault(without, "")
        super().update(**changes)

    def as_code(self) -> str:
        """Return a script that makes this picture and its numbers again.

        What has no file is named as if it had one, and the script says so.
        """
        if not self.config.uploaded and not self.config.edited:
            return super().as_code()
        start = start_of(self.sources.of(replace(self.config, growth=1.0)), self.outages)
        shown = replace(self.config, uploaded="", edited="")
        return script(self.recipe(), shown, start, heavy=True, picture="budget.png")

    def compute(self, config: BudgetConfig) -> Outcome:
        """Replay the traffic under the settings, and under those of plan A where one is pinned."""
        return self.work(config, lambda text: None, lambda: False)

    def work(
        self, config: BudgetConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Outcome:
        """Compute, and say what takes its time."""
        found = self._replayed(config, tell)
        if not config.pinned or cancelled():
            return found
        first = self._plan_a(config)
        if self._pinned is None or self._pinned[0] != first:
            self._pinned = first, self._replayed(first, tell)
        return replace(found, pinned=self._pinned[1])

    def _replayed(self, config: BudgetConfig, tell: Callable[[str], None]) -> Outcome:
        load = self.sources.of(config, tell).load
        plan = plan_with(load.plan, config)
        tell(f"replaying {len(load):,} requests …")
        return replayed(load, plan, self._outages_of(config, load))

    def _outages_of(self, config: BudgetConfig, load: Workload) -> pd.DataFrame | None:
        """Return the outages of the settings; the same object while they stay."""
        names = ("outage_hours", "incident", "provider", "start_hour")
        part = BudgetConfig(1.0, **{name: getattr(config, name) for name in names})
        return self._scheduled(part, load)

    def _plan_a(self, config: BudgetConfig) -> BudgetConfig:
        """Return the settings of plan A, on the log that is shown."""
        values = {"edited": config.edited, **dict(config.pinned)}
        values |= {"log": config.log, "uploaded": config.uploaded}
        if config.log or config.uploaded:  # the hour counts from that log's beginning
            values.setdefault("start_hour", config.start_hour)
        unknown = [name for name in values if name not in BudgetConfig.__slots__]
        if unknown:
            raise InputError(f"plan A has a setting {unknown[0]!r}, which this panel does not")
        return replace(self._start, **values)

    def pin(self) -> None:
        """Keep the settings and their result as plan A, beside which later ones are shown."""
        changed = changed_fields(self.config, self._start) | {"daily_usd": self.config.daily_usd}
        kept = {name: value for name, value in changed.items() if name not in _OF_THE_VIEW}
        self.update(pinned=tuple(kept.items()))

    def unpin(self) -> None:
        """Forget plan A."""
        self.update(pinned=())

    def draw(self, result: Outcome) -> str:
        """Show the replay: pictures, numbers, tables."""
        source = self.sources.of(self.config)
        if source.load is not self._offered:
            top = max(self._start.daily_usd, float(source.dearest.per_day.max()))
            self.controls.offer(source.load, self.outages, top)
            self._offered = source.load
        self.controls.show(source.load.plan, self.config)
        scale = _scale(result, source.dearest)
        framed = (id(source.load), bool(self.config.pinned), scale)
        if framed != self._framed:
            self.frames.reset(source.dearest, pinned=bool(self.config.pinned), scale=scale)
            self._framed = framed
        self.frames.show(result, self.config)
        self.facts.show(facts(result))
        self.sweeper.follow(self.config)
        if self._loaded and (self.config.log, self.config.uploaded) != self._loaded:
            self._loaded = ()
            self.loader.status.ok(ABOUT)
        self.tables.value = results(result, self.config.who)
        self.against.value = compared(result)
        told = sentence(self.config, result)
        router = source.load.plan.router
        if router is not None and self.config.edited.startswith(ROUTED):
            told += f" The router is {router.kind} on {router.encoder}, as chosen."
        return told

    def still(self) -> bytes:
        """Return all pictures as one."""
        return self.frames.still()

    def share(self) -> None:
        """Make the plan with these settings that of the session: other panels take it over.

        In the app it is offered as a download, too.
        """
        plan = plan_with(self.sources.plan_of(self.config), self.config)
        self._choice = choice_of(self.session, plan)
        self.session.choose_plan(self._choice, plan)
        if self._choice.path is not None:
            self.tools.offer(Path(self._choice.path))
        self.status.ok(f"{shared(self.session, self._choice)} {self._line}")

    def fallback(self) -> str:
        """Return the settings that are not the usual ones, and the status."""
        usual = BudgetConfig(math.inf)
        return f"BudgetConfig({arguments(changed_fields(self.config, usual))})\n{self.status.text}"

    def follow(self, session: Session, section: str) -> None:
        """Take over the session's plan with the settings that are its own, or its router alone."""
        if section == "router":
            changes = routed(session, self.config, self.sources)
        elif session.plan == self._choice:
            changes = None
        else:
            given = self.plan, self.files.get("plan")
            changes = followed(session, self.config, self.sources, given)
        if changes is None:
            return
        if changes:
            self.update(**changes)
        else:
            self.reset()

    def _set_chain(self, group: str, chain: Chain) -> None:
        plan = self.sources.plan_of(self.config)
        chains = with_chain(plan, self.config, group, chain)
        guarded(self.status)(self.update)(chains=chains, fallbacks=True)

    def _set_tier(self, tier: str, usd: float) -> None:
        if not self._drawing:
            limits = {**dict(self.config.tier_usd), tier: usd}
            guarded(self.status)(self.update)(tier_usd=tuple(limits.items()))

    def _choose_incident(self, change: Any) -> None:
        if self._drawing or change.new == self.config.incident:
            return
        length = {}
        if change.new > 0 and self.outages is not None:
            length = {"outage_hours": incident_hours(self.outages, change.new)}
        try:
            self.update(incident=change.new, **length)
        except Exception:
            self.controls.incident.value = self.config.incident
            raise

    def _sweep(self) -> Callable[[Callable[[int, int], None]], Sweep]:
        config, source = self.config, self.sources.of(self.config)
        outages = self._outages_of(config, source.load)
        top = float(source.dearest.per_day.max())
        return lambda progress: run_sweep(source.load, config, outages, top, progress)

    def _load_log(self, path: str, tell: Callable[[str], None]) -> str:
        """Replay another log with the present settings; the old one stays where it is wrong."""
        _, read = self.sources.log(path, tell)
        self._show_log(tell, log=path, uploaded="")
        return f"{read} The panel shows this log; Reset goes back to the first."

    def _take_log(self, name: str, content: bytes, tell: Callable[[str], None]) -> str:
        """Replay a log that was uploaded."""
        tell(f"reading {name} …")
        read = self.sources.upload(name, content)
        self._show_log(tell, log="", uploaded=name)
        return f"{read} The panel shows {name}; Reset goes back to the first."

    def _show_log(self, tell: Callable[[str], None], **which: str) -> None:
        found = self.sources.of(replace(self.config, **which), tell)
        self.update(**which, start_hour=busiest_hour(found.load.traffic))
        self._loaded = which["log"], which["uploaded"]


def _plain(outages: pd.DataFrame) -> pd.DataFrame:
    """Return outages without the report that they carry, which pandas would copy at each step."""
    plain = outages.copy()
    plain.attrs = {}
    return plain


def _scale(found: Outcome, dearest: Outcome) -> float:
    """Return how much taller axes must be: an outage may move work to dearer models."""
    ratios = [
        float(a.max(initial=0) / max(b.max(initial=0), 1e-9))
        for a, b in ((found.per_day, dearest.per_day), (found.per_hour, dearest.per_hour))
    ]
    return max(1.0, math.ceil(4 * max(ratios) - 0.2) / 4)


def budget(
    traffic: pd.DataFrame | str | PathLike[str],
    plan: Plan | str | PathLike[str],
    *,
    outages: pd.DataFrame | str | PathLike[str] | None = None,
    seed: int = 0,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> BudgetPanel:
    """Return a panel that replays traffic while you move budgets, outages, fallbacks, growth.

    Parameters
    ----------
    traffic : DataFrame, or path of a log
        Requests, from :func:`routelab.read_log`; of more than 200,000 a random sample is replayed,
        and the panel says so.
    plan : Plan, or path of one
    outages : DataFrame, or path, optional
        To choose from, the first to begin with; without them an outage is set by hand.
    seed : int, default 0
    session : Session, optional
        Shared with other panels, and kept in a file. When its plan changes, the panel replays that.
    files : mapping of str to path, optional
        Where `traffic`, `plan` and `outages` came from, for "Copy as code".

    Returns
    -------
    BudgetPanel
        ``panel.config`` holds the settings, ``panel.result`` what became of each request;
        ``panel.result.replay`` is the :class:`routelab.Replay` of the same.

    Examples
    --------
    >>> import pandas as pd
    >>> from routelab import Plan
    >>> stamps = pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 9000, "output_tokens": 900})
    >>> panel = budget(traffic, Plan(models={"strong": "gpt-4o"}, default="strong"))
    >>> panel.config.fallbacks
    True
    """
    known = noted(files)
    return BudgetPanel(
        as_traffic(traffic, known), as_plan(plan, known), as_outages(outages, known), seed,
        session=session, files=known,
    )  # fmt: skip
