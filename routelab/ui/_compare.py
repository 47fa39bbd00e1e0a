"""Turn a comparison over: choose what is compared, then router, threshold, class and error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import Comparison
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.routers import ROUTERS
from routelab.ui._base import Panel
from routelab.ui._choices import RouterChoice
from routelab.ui._code import Recipe
from routelab.ui._compare_config import EVERY, FILTERS, VIEWS, CompareConfig, Key, key_of
from routelab.ui._compare_errors import ErrorsView, matching
from routelab.ui._compare_prices import given_prices, plan_prices, requests_per_day
from routelab.ui._compare_setup import ENCODERS, Cancelled, Setup, SetupView
from routelab.ui._compare_stage import Stage
from routelab.ui._compare_told import figure, recipe, sentences
from routelab.ui._compare_views import table_of
from routelab.ui._parts import Facts, guarded, number
from routelab.ui._picture import stacked
from routelab.ui._session import Session

STAGES_KEPT = 5


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
        key: Key = ((), "", "")
        if setup is not None:
            key = tuple(setup.routers), setup.encoders[0], setup.columns[0]
        if comparison is None:
            assert setup is not None
            comparison = setup.run(*key)
        first = self._staged(comparison)
        self._stages = {key: first}
        config = CompareConfig(
            first.best, first.main, threshold=0.0 if first.strong is None else 0.5,
            per_day=requests_per_day(traffic), routers=key[0], encoder=key[1], data=key[2],
        )  # fmt: skip
        super().__init__(config, **shared)
        self._shown: Stage | None = None
        wide: dict[str, Any] = {
            "style": {"description_width": "80px"}, "layout": w.Layout(width="300px")
        }  # fmt: skip
        self.router = w.Dropdown(description="Router", **wide)
        self.metric = w.Dropdown(description="Figure", **wide)
        self.truth = w.Dropdown(description="Class", **wide)
        self.threshold, threshold_row = number("Answer only when sure", 0.0, 0.0, 1.0, 0.01)
        self.position, position_row = number("Cost, % of its range", 50, 0, 100, 1)
        self.per_day = w.BoundedIntText(
            config.per_day, min=1, max=2_000_000_000, description="Requests per day",
            style={"description_width": "120px"}, layout=w.Layout(width="250px"),
        )  # fmt: skip
        self.list = ErrorsView(comparison.prompts, show_prompts, comparison.kind == "labels")
        for control, field in (
            (self.router, "router"), (self.metric, "metric"), (self.truth, "truth"),
            (self.position, "position"), (self.threshold, "threshold"), (self.per_day, "per_day"),
            (self.list.answered, "answered"), (self.list.search, "search"),
            (self.list.page, "page"),
        ):  # fmt: skip
            self.bind(control, field)
        self.list.on_page(guarded(self.status)(lambda by: self.update(page=self.config.page + by)))
        self.table, self.facts = w.HTML(), Facts()
        pages = [w.VBox(layout=w.Layout(overflow="hidden")) for _ in VIEWS]  # else it scrolls
        self.tabs = w.Tab(pages, titles=[name.capitalize() for name in VIEWS])
        self.tabs.observe(guarded(self.status)(self._turned), "selected_index")
        slider = threshold_row if comparison.kind == "labels" else position_row
        priced = comparison.kind == "outcomes" or first.prices is not None
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        self.choose = None if setup is None else SetupView(setup, guarded(self.status)(self.start))
        self.begin(
            *([] if self.choose is None else [self.choose]),
            self.table,
            w.HBox([self.router, self.metric, self.truth], layout=wrap),
            w.HBox([slider, *([self.per_day] if priced else [])], layout=wrap),
            self.facts,
            self.tabs,
        )

    @property
    def comparison(self) -> Comparison:
        """What is shown; while another one is computed, the one before."""
        shown = self._shown or self._stages[key_of(self._start)]
        return shown.comparison

    def start(self) -> None:
        """Compare what is ticked and picked: the button *Compare*."""
        assert self.choose is not None
        chosen = self.choose.chosen
        if not chosen["routers"]:
            raise InputError("choose at least one router to compare")
        self.update(**chosen, router="", metric="accuracy", truth=EVERY, answered=EVERY)

    def update(self, **changes: Any) -> None:
        """Change settings; a router that is chosen is the session's router from then on."""
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
        file = self.files.get("labels")
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

        return self._stage(config, progress).figures(config)

    def draw(self, result: dict[str, float]) -> str:
        """Show the figures and the tab that is open."""
        config = self.config
        stage = self._stages[key_of(config)]
        if stage is not self._shown:
            self._set_stage(stage)
        self.tabs.selected_index = VIEWS.index(config.view)
        self.facts.show({name: figure(name, value) for name, value in result.items()})
        if config.view == "errors":
            self._draw_errors(stage)
        self._open(config.view)
        router = stage.router(config.router)
        verdict = stage.comparison.verdicts.get(router, "control: routers are judged against it.")
        return f"{router}: {verdict}{sentences(config, result)}"

    def still(self) -> bytes:
        """Return the bars and what the slider moves."""
        stage = self._stages[key_of(self._settled)]
        pictures = [stage.show(name, self._settled) for name in ("figures", "threshold")]
        return stacked(picture.value for picture in pictures)

    def recipe(self) -> Recipe:
        """Return how this panel is made again: from labels, or from a saved comparison."""
        return recipe(self)

    def _staged(self, comparison: Comparison) -> Stage:
        prices = None
        if self.usd is not None:
            prices = given_prices(self.usd)
        elif self.plan is not None and self.traffic is not None and comparison.kind == "labels":
            answers = {str(c) for table in comparison.confusion.values() for c in table.columns}
            prices = plan_prices(self.plan, self.traffic, sorted(answers))
        return Stage(comparison, prices)

    def _stage(
        self, config: CompareConfig, progress: Callable[[int, int, str], Any] | None = None
    ) -> Stage:
        """Return the comparison that the settings are about, made where it is not there yet."""
        key = key_of(config)
        if key not in self._stages:
            if self.setup is None:
                raise InputError("this panel shows one comparison: give it routers= and labels=")
            made = self._staged(self.setup.run(*key, progress))
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

    def _set_stage(self, stage: Stage) -> None:
        """Offer the routers, figures and classes of another comparison."""
        self._shown = stage
        comparison = stage.comparison
        self.table.value = table_of(comparison)
        routers = [(short(name, 40), name) for name in stage.routers]
        self.router.options = [(f"best: {short(stage.best, 34)}", ""), *routers]
        self.metric.options = stage.metrics
        self.truth.options = [(EVERY, EVERY), *((short(name, 40), name) for name in stage.classes)]
        if comparison.kind == "labels":
            self.threshold.description = (
                "Answer only when sure" if stage.strong is None else "Strong from probability"
            )
        elif "strong_share" in comparison.table:
            self.position.description = "Strong calls, %"
        self.list.prompts_of(comparison.prompts)
        self.list.offer(stage.answers, EVERY)
        for page in self.tabs.children:
            page.children = ()
        if self.choose is not None:
            self.choose.show(*key_of(self.config))

    def _open(self, name: str) -> None:
        """Draw the open tab; the others are drawn when they are opened."""
        stage = self._shown
        assert stage is not None
        shown = "threshold" if name == "errors" else name  # a list needs a picture for scripts
        self.picture = stage.show(shown, self.config)
        page = self.tabs.children[VIEWS.index(name)]
        if not page.children:
            page.children = (self.list if name == "errors" else stage.view(name),)

    def _draw_errors(self, stage: Stage) -> None:
        config = self.config
        found = matching(
            stage.errors(config),
            None if config.truth == EVERY else config.truth,
            None if config.answered == EVERY else config.answered,
            config.search, self.list.prompts,
        )  # fmt: skip
        page = self.list.show(found, config.page)
        if page != config.page:
            self.config = replace(config, page=page)

    def _turned(self, change: Any) -> None:
        with self._lock:
            if not self._drawing and change.new is not None:
                self.update(view=VIEWS[change.new])

    def _move_controls(self) -> None:
        """Move the controls; names of a comparison that is still computed are not offered yet."""
        drawing, self._drawing = self._drawing, True
        for field in ("router", "metric", "truth", "answered"):
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


def compare(
    comparison: Comparison | None = None,
    *,
    routers: Mapping[str, Any] | Sequence[str] | None = None,
    labels: pd.DataFrame | None = None,
    encoders: Sequence[str] = ENCODERS,
    cv: int = 5,
    n_boot: int = 500,
    seed: int = 0,
    plan: Plan | None = None,
    traffic: pd.DataFrame | None = None,
    prices: Mapping[str, float] | None = None,
    show_prompts: bool = False,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ComparePanel:
    """Return a panel that turns a comparison over, or makes one of what you choose.

    Parameters
    ----------
    comparison : Comparison, optional
        From :func:`routelab.compare`. Without it, one is made of `routers` and `labels`.
    routers : list of router kinds, or mapping of str to kind or estimator, optional
        To choose from. Estimators keep the encoder that they have.
    labels : DataFrame, optional
        A column `prompt`; each other column of 2 to 200 classes can be chosen as the label.
    encoders : sequence of str, default ("tfidf", "hashing")
        To choose from; the first is the one to begin with.
    cv, n_boot, seed : int
        For :func:`routelab.compare`.
    plan, traffic : Plan and DataFrame, optional
        Together they price the answers to labels: the mean cost of the logged requests on the
        first model that the plan gives to each answer, and on its default group where there is no
        answer. USD per day is the mean price over the judged prompts, times the requests per day.
        It leaves out rules, budgets and failures; :func:`routelab.ui.budget` has these.
    prices : mapping of str to float, optional
        USD per request by answer, in place of a plan. What is not answered costs as the dearest.
    show_prompts : bool, default False
        Whether the list of errors shows the prompts, and can be searched; else their lengths.
    session : Session, optional
        Shared with other panels, and kept in a file. A router chosen here is its router; one that
        goes by the name of its kind, that is, or was given as a kind.
    files : mapping of str to path, optional
        Where `comparison` is saved (:meth:`routelab.Comparison.save`), or `labels`, `plan` and
        `traffic` came from, for "Copy as code".

    Returns
    -------
    ComparePanel
        ``panel.result`` holds the figures shown, ``panel.comparison`` the comparison.

    Examples
    --------
    >>> import routelab as rl
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "poem on rain", "a poem"] * 2,
    ...                       "label": ["code", "code", "art", "art"] * 2})
    >>> panel = compare(rl.compare(["centroid"], frame, cv=2, n_boot=200))
    >>> list(panel.result)
    ['accuracy', 'low', 'high', 'answered', 'accuracy of answers']
    """
    setup = None
    if comparison is None:
        if routers is None or labels is None:
            raise InputError("give a comparison, or routers= and labels= to choose from")
        setup = Setup.of(routers, labels, encoders, {"cv": cv, "n_boot": n_boot, "seed": seed})
    elif routers is not None or labels is not None:
        raise InputError("give either a comparison, or routers= and labels= to choose from")
    return ComparePanel(
        comparison, setup, plan, traffic, prices, show_prompts, session=session, files=files
    )
