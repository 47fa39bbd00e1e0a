"""The compare panel: choose what is compared, then router, threshold, class and error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError
from routelab.datasets import bundled_name
from routelab.evaluate import Comparison
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.routers import ROUTERS
from routelab.ui._base import Panel
from routelab.ui._choices import RouterChoice
from routelab.ui._code import Recipe
from routelab.ui._compare_config import (
    EVERY,
    FILTERS,
    VIEWS,
    CompareConfig,
    Key,
    key_of,
    settings_of,
)
from routelab.ui._compare_controls import Controls
from routelab.ui._compare_errors import ErrorsView, matching
from routelab.ui._compare_moves import strong_of
from routelab.ui._compare_prices import Prices, given_prices, plan_prices, requests_per_day
from routelab.ui._compare_setup import ENCODERS, Cancelled, Setup, SetupView
from routelab.ui._compare_stage import Stage, first_threshold
from routelab.ui._compare_told import about_errors, facts, recipe, sentences
from routelab.ui._compare_views import table_of
from routelab.ui._parts import Facts, guarded
from routelab.ui._picture import beside, stacked
from routelab.ui._session import Session

STAGES_KEPT = 5
NAMES = ("router", "metric", "truth", "answered")  # names of what is compared


class ComparePanel(Panel):
    """See :func:`compare`."""

    kind = "compare"

    def __init__(
        self,
        comparison: Comparison | None,
        setup: Setup | None,
        plan: Plan | None,
        traffic: pd.DataFrame | None,
        prices: Mapping[str, float] | None,
        show_prompts: bool,
        **shared: Any,
    ):
        self.setup, self.plan, self.traffic, self.usd = setup, plan, traffic, prices
        self.show_prompts = show_prompts
        self.hidden = () if show_prompts else ("search",)
        self._following = False
        key = Key() if setup is None else setup.first
        if comparison is None:
            assert setup is not None
            comparison = setup.run(key)
        first = self._staged(comparison)
        self._stages = {key: first}
        config = CompareConfig(
            first.best, first.main, threshold=first_threshold(first.strong),
            per_day=requests_per_day(traffic), **settings_of(key),
        )  # fmt: skip
        super().__init__(config, **shared)
        self._shown: Stage | None = None
        self.controls = controls = Controls(config, comparison.kind)
        self.router, self.metric, self.truth = controls.router, controls.metric, controls.truth
        self.threshold, self.position = controls.threshold, controls.position
        self.per_day = controls.per_day
        self.list = ErrorsView(comparison.prompts, show_prompts, comparison.kind == "labels")
        for control, field in (
            (self.router, "router"), (self.metric, "metric"), (self.truth, "truth"),
            (controls.curve, "curve"), (self.position, "position"), (self.threshold, "threshold"),
            (self.per_day, "per_day"), (self.list.answered, "answered"),
            (self.list.search, "search"), (self.list.page, "page"),
        ):  # fmt: skip
            self.bind(control, field)
        self.list.on_page(guarded(self.status)(lambda by: self.update(page=self.config.page + by)))
        self.table, self.facts = w.HTML(), Facts()
        pages = [w.VBox(layout=w.Layout(overflow="hidden")) for _ in VIEWS]  # else it scrolls
        self.tabs = w.Tab(pages, titles=[name.capitalize() for name in VIEWS])
        self.tabs.observe(guarded(self.status)(self._turned), "selected_index")
        self.choose = None
        if setup is not None:
            given = Path(self.files["labels"]).name if "labels" in self.files else "as given"
            self.choose = SetupView(setup, given, self.start, self._forget_table)
        chosen = [] if self.choose is None else [self.choose]
        self.begin(*chosen, self.table, controls, self.facts, self.tabs)

    @property
    def comparison(self) -> Comparison:
        """What is shown; while another one is computed, the one before."""
        shown = self._shown or self._stages[key_of(self._start)]
        return shown.comparison

    def start(self) -> None:
        """Compare what is ticked and picked: the button *Compare*.

        Router, figure and class stay where the new comparison has them, and so does the threshold
        where it means the same.
        """
        assert self.choose is not None and self.setup is not None
        key = self.choose.chosen
        if not key.routers:
            raise InputError("choose at least one router to compare")
        chosen: dict[str, Any] = settings_of(key)
        classes = self.setup.classes(key)
        strong = strong_of(classes, self._prices(classes)[0])
        if self._shown is None or (strong is None) != (self._shown.strong is None):
            chosen["threshold"] = first_threshold(strong)
        known = self._stages.get(key)
        if known is not None:
            fitting = known.fitting(self.config)
            chosen |= {name: getattr(fitting, name) for name in NAMES}
        self._led(lambda: self.update(**chosen))  # comparing chooses no router for the session

    def reset(self) -> None:
        """Go back to the settings at the start, and to what was compared then."""
        super().reset()
        if self.choose is not None:
            self.choose.pick(key_of(self._start))

    def update(self, **changes: Any) -> None:
        """Change settings; a router that is chosen is the session's router from then on.

        A table that is named, the first one too, takes the place of one that was uploaded.
        """
        if "table" in changes:
            changes.setdefault("uploaded", "")
        if "page" not in changes and {*changes} & {*FILTERS}:
            changes["page"] = 1
        super().update(**changes)
        if changes.get("router") and not self._following:
            choice = self.choice(str(changes["router"]))
            if choice is not None:
                self.session.choose_router(choice)

    def choice(self, router: str) -> RouterChoice | None:
        """Return a router as a choice for other panels; None for a control or an own object."""
        given = router if self.setup is None else self.setup.routers.get(router)
        if router not in self.comparison.verdicts or given not in ROUTERS:
            return None
        encoder = self.config.encoder or ENCODERS[0]
        labels = self.config.table or self.files.get("labels")
        file = None if labels is None or self.config.uploaded else bundled_name(labels)
        return RouterChoice(
            str(given), encoder, labels=file, label=self.config.data or None if file else None
        )

    def follow(self, session: Session, section: str) -> None:
        """Show the router that another panel has chosen, where it was compared."""
        if section != "router" or session.router is None:
            return
        same = [r for r in self.comparison.verdicts if self.choice(r) == session.router]
        if same and self.config.router not in same:
            self._led(lambda: self.update(router=same[0]))

    def heavy(self, config: CompareConfig) -> bool:
        """Return whether routers must be fitted first."""
        return key_of(config) not in self._stages

    def waits(self, config: CompareConfig) -> bool:
        """Return whether a panel made anew fits routers again for these settings."""
        return key_of(config) != key_of(self._start)

    def compute(self, config: CompareConfig) -> dict[str, float]:
        """Return the figures that the settings ask for."""
        return self._stage(config).figures(config)

    def work(
        self, config: CompareConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> dict[str, float]:
        """Fit and judge the chosen routers, telling each fit."""

        def progress(done: int, total: int, name: str) -> None:
            # A touch of what is light starts the work anew: the fits of before are still wanted.
            if cancelled() and key_of(self.config) != key_of(config):
                raise Cancelled
            tell(f"comparing: {done} of {total} fits done" + (f", now {name}" if name else ""))

        try:
            stage = self._stage(config, progress)
        except InputError as error:  # of the table or the routers that were chosen
            if self.choose is not None:
                self.choose.note.error(str(error))
            raise
        return stage.figures(stage.fitting(config))

    def draw(self, result: dict[str, float]) -> str:
        """Show the figures and the tab that is open."""
        stage = self._stages[key_of(self.config)]
        config = self.config = stage.fitting(self.config)
        if stage is not self._shown:
            self._set_stage(stage)
        self.tabs.selected_index = VIEWS.index(config.view)
        self.facts.show(facts(config, result))
        if config.view == "errors":
            self._draw_errors(stage)
        self._open(config.view)
        router = stage.router(config.router)
        verdict = stage.comparison.verdicts.get(router, "control: routers are judged against it.")
        return f"{router}: {verdict}{sentences(config, result)}{stage.told}"

    def still(self) -> bytes:
        """Return the bars and what the slider moves."""
        stage = self._shown
        assert stage is not None
        rows = [stage.show(name, self._settled) for name in ("figures", "threshold")]
        return stacked(beside(picture.value for picture in row) for row in rows)

    def save_settings(self, path: str) -> None:
        """Write the settings into a file; of an upload those before it, which is said."""
        super().save_settings(path)
        if self.config.uploaded:
            self.status.ok(
                f"{path} holds the settings before {self.config.uploaded} was compared:"
                f" it was uploaded, and no file can name it. {self._line}"
            )

    def scripted(self) -> CompareConfig:
        """Return the settings for a script; an upload is named as if it had a file."""
        table = self.config.uploaded or self.config.table
        return replace(super().scripted(), table=table, uploaded="")

    def recipe(self) -> Recipe:
        """Return how this panel is made again: from labels, or from a saved comparison."""
        return recipe(self)

    def _staged(self, comparison: Comparison) -> Stage:
        if comparison.kind != "labels":  # outcomes know what they cost
            return Stage(comparison)
        answers = {str(c) for table in comparison.confusion.values() for c in table.columns}
        return Stage(comparison, *self._prices(answers))

    def _prices(self, answers: Iterable[str]) -> tuple[Prices | None, str]:
        """Return what answers to labels cost, and why that is not known."""
        if self.usd is not None:
            return given_prices(self.usd), ""
        if self.plan is None or self.traffic is None:
            return None, ""
        try:
            return plan_prices(self.plan, self.traffic, sorted(answers)), ""
        except InputError as error:
            return None, f" No cost is told: {error}."

    def _stage(
        self, config: CompareConfig, progress: Callable[[int, int, str], Any] | None = None
    ) -> Stage:
        """Return the comparison that the settings are about, made where it is not there yet."""
        key = key_of(config)
        if key not in self._stages:
            if self.setup is None:
                raise InputError("this panel shows one comparison: give it routers= and labels=")
            made = self._staged(self.setup.run(key, progress))
            with self._lock:
                self._stages[key] = made
                self._forget()
        return self._stages[key]

    def _forget(self) -> None:
        """Let the oldest comparison go: each holds its pictures."""
        needed = {key_of(self._start), key_of(self._settled), key_of(self.config)}
        others = [key for key in self._stages if key not in needed]
        for key in others[: max(0, len(self._stages) - STAGES_KEPT)]:
            del self._stages[key]

    def _forget_table(self, name: str) -> None:
        """Let go what was made of a table that has been read again."""
        with self._lock:
            for key in [key for key in self._stages if key.table == name]:
                del self._stages[key]

    def _keep(self) -> None:
        """Keep the settings in the session; not those of an upload, which nobody else has."""
        if not self.config.uploaded:
            super()._keep()

    def _set_stage(self, stage: Stage) -> None:
        """Offer the routers, figures and classes of another comparison."""
        self._shown = stage
        comparison = stage.comparison
        self.table.value = table_of(comparison)
        self.controls.offer(stage)
        self.list.prompts_of(comparison.prompts)
        self.list.offer(stage.answers, EVERY)
        for page in self.tabs.children:
            page.children = ()
            # As high as the pictures, on all tabs; on narrow screens pictures are lower.
            page.layout.min_height = f"min({100 * stage.tall + 8:.0f}px, 60vw)"
        if self.choose is not None:
            self.choose.show(key_of(self.config))

    def _open(self, name: str) -> None:
        """Draw the open tab; the others are drawn when they are opened."""
        stage = self._shown
        assert stage is not None
        shown = "threshold" if name == "errors" else name  # a list needs a picture for scripts
        self.picture = stage.show(shown, self.config)[0]
        page = self.tabs.children[VIEWS.index(name)]
        view = self.list if name == "errors" else stage.view(name, self.config.curve)
        if page.children != (view,):
            page.children = (view,)

    def _draw_errors(self, stage: Stage) -> None:
        config = self.config
        found = matching(
            stage.errors(config),
            None if config.truth == EVERY else config.truth,
            None if config.answered == EVERY else config.answered,
            config.search, self.list.prompts,
        )  # fmt: skip
        about = about_errors(config, stage.comparison.kind == "labels")
        page = self.list.show(found, config.page, about, 100 * stage.tall - 40)
        if page != config.page:
            self.config = replace(config, page=page)

    def _turned(self, change: Any) -> None:
        with self._lock:
            if not self._drawing and change.new is not None:
                self.update(view=VIEWS[change.new])

    def _move_controls(self) -> None:
        """Move the controls; names of a comparison that is still computed are not offered yet."""
        drawing, self._drawing = self._drawing, True
        for field in NAMES:
            control: Any = self._controls[field]
            value = getattr(self.config, field)
            if value not in dict(control._options_full).values():
                control.options = [*control._options_full, (short(value, 40), value)]
        self._drawing = drawing
        super()._move_controls()

    def _led(self, act: Callable[[], object]) -> None:
        self._following = True
        try:
            act()
        finally:
            self._following = False

    def _session_changed(self, section: str) -> None:
        self._led(lambda: super(ComparePanel, self)._session_changed(section))
