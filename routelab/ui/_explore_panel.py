"""The explore panel: what routers say about a prompt, and what the request costs on each model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.catalog import Catalog
from routelab.plan import Plan
from routelab.routers import scores_of
from routelab.routers.explain import linear_terms
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._explore_add_view import AddView, no_file
from routelab.ui._explore_asked import (
    Explored,
    answers_table,
    known_routes,
    seconds_of,
)
from routelab.ui._explore_bars import CostsView, ScoresView
from routelab.ui._explore_config import ExploreConfig
from routelab.ui._explore_edit import (
    Edit,
    Edits,
    editable,
    flips,
    retargeted,
    target_of,
)
from routelab.ui._explore_edit_view import EditView
from routelab.ui._explore_map import prompt_map
from routelab.ui._explore_map_view import MapView
from routelab.ui._explore_prompt import PromptView, spread
from routelab.ui._explore_told import CHARACTERS_PER_TOKEN, agreement, cost, recipe
from routelab.ui._explore_why import Reasons, examples_of, reasons, standing
from routelab.ui._parts import guarded, number, told
from routelab.ui._picture import beside, side_by_side, stacked

PROMPTS_LISTED = 60
MODELS_SHOWN = 8
LONG_PROMPT = 3000  # characters: routers take longer than a touch may take


def _edited(config: ExploreConfig) -> bool:
    return bool(config.edits or config.retargets)


class ExplorePanel(Panel):
    """See :func:`explore`."""

    kind = "explore"

    def __init__(
        self,
        routers: Mapping[str, Any],
        prompts: Iterable[str],
        plan: Plan | None,
        show_prompts: bool,
        labels: pd.DataFrame | None = None,
        add_to: str | PathLike[str] | None = None,
        known: Mapping[str, str] | None = None,
        **shared: Any,
    ):
        if not routers:
            raise InputError("nothing to explore: give at least one fitted router by name")
        for name, router in routers.items():
            if not hasattr(router, "predict"):
                raise InputError(
                    f"router {name!r} is no estimator, got {type(router).__name__}: give a fitted "
                    "one, such as rl.make_router('centroid').fit(prompts, labels)"
                )
        self.routers = {str(name): router for name, router in routers.items()}
        self.plan = plan
        self.catalog = Catalog.bundled() if plan is None else plan.catalog
        self._examples = examples_of(self.routers, labels)
        self._terms = {name: linear_terms(router) for name, router in self.routers.items()}
        self._ask_routers = lru_cache(maxsize=1)(self._asked)  # the same while tokens change
        given = list(prompts)
        listed = spread(given, PROMPTS_LISTED)
        mapped = prompt_map(self.routers, given)
        self._disputed = [] if mapped is None else mapped.disputed()
        self._prompts = given
        self._place = {prompt: i for i, prompt in enumerate(given)}
        self._known = dict(known or {})
        able = editable(self.routers)
        self._edits = Edits({name: self.routers[name] for name in able}, self._examples, given)
        super().__init__(ExploreConfig(listed[0]), **shared)
        self.show_prompts = show_prompts
        self.hidden = () if show_prompts else ("prompt", "edits")
        safe = guarded(self.status)
        self.prompt = PromptView(listed, set(self._place), show_prompts, safe(self.ask))
        self.pick, self.text = self.prompt.pick, self.prompt.text
        self.tokens, row = number("Answer, tokens", 300, 0, 4000, 50)
        self.table = w.HTML()
        self.scores, self.costs = ScoresView(), CostsView()
        self.picture = self.scores
        self.map = None if mapped is None else MapView(mapped, safe(self.ask))
        self.bind(self.tokens, "output_tokens")
        self.routes = known_routes(self.routers, labels)
        self.labels = None
        if add_to is not None:
            self.labels = AddView(add_to, self.routes, lambda: self.config.prompt, self.status)
        if self.map is not None:
            self.bind(self.map.of, "map_of")
        self.edit = self._editor(able, labels)
        if self.edit is not None:
            self.bind(self.edit.of, "edit_of")
        self.further = w.Button(
            description="Next disagreement", layout=w.Layout(width="auto"),
            tooltip="Ask about the next prompt that not all routers answer alike",
        )  # fmt: skip
        self.further.on_click(safe(lambda _: self.next_disputed()))
        compares = self.map is not None and len(self.routers) > 1
        controls = w.HBox(
            [row, *([self.further] if compares else [])],
            layout=w.Layout(flex_flow="row wrap", align_items="center"),
        )
        boxes = [] if self.labels is None else [self.labels.box]
        pictures = side_by_side(self.scores, self.costs)
        self.begin(self.prompt, controls, self.table, self.status, *boxes, pictures, *self._below())

    def _below(self) -> list[w.Widget]:
        """Return map and editor in a row, which narrow screens break."""
        given = [part for part in (self.map, self.edit) if part is not None]
        for part in given:
            part.layout.flex, part.layout.min_width = "1 1 330px", "0"
        if self.map is not None:
            self.map.layout.max_width = f"min(100%, {self.map.picture.width_px}px)"
        wrap = w.Layout(flex_flow="row wrap", align_items="flex-start")
        return [w.HBox(given, layout=wrap)] if given else []

    def _editor(self, able: list[str], labels: pd.DataFrame | None) -> EditView | None:
        if not able:
            return None
        groups = [] if self.plan is None else list(self.plan.models)
        texts = [] if labels is None else labels["prompt"].astype(str).tolist()
        names = [] if labels is None else labels["label"].astype(str).tolist()
        pairs = list(zip(texts, names, strict=True))
        return EditView(
            able, self.routes, groups, pairs, self._prompts, self.show_prompts,
            lambda: self.config, self.update,
        )  # fmt: skip

    def recipe(self) -> Recipe:
        """Return how this panel is made again: routers from their bundles, prompts from a table."""
        return recipe(self)

    @property
    def has_examples(self) -> bool:
        """Whether examples stand beside the answers of some router."""
        return bool(self._examples)

    def next_disputed(self) -> None:
        """Ask about the next loaded prompt that not all routers answer alike."""
        if not self._disputed:
            raise InputError("the routers agree on every prompt of the map")
        here = self._place.get(self.config.prompt, -1)
        later = (prompt for prompt in self._disputed if self._place[prompt] > here)
        self.update(prompt=next(later, self._disputed[0]))

    def ask(self, prompt: str) -> None:
        """Ask about a prompt."""
        if prompt != self.config.prompt:
            self.update(prompt=prompt)

    def reset(self) -> None:
        """Go back to the settings at the start; there is nothing to undo then."""
        super().reset()
        if self.edit is not None:
            self.edit.forget()

    def _move_controls(self) -> None:
        super()._move_controls()
        self.prompt.show(self.config.prompt)

    def fallback(self) -> str:
        """Return the settings and the status; the prompt only where prompts are shown."""
        told = self.config if self.show_prompts else replace(self.config, prompt="not shown")
        return f"{told}\n{self.status.text}"

    def add(self, route: str) -> None:
        """Add the prompt with its right route to the label file.

        Raises
        ------
        InputError
            The panel was given no `add_to`, or the file refuses.
        """
        if self.labels is None:
            raise no_file()
        self.labels.add(route)

    def undo(self) -> None:
        """Take the last label that this panel added out of the file again."""
        if self.labels is None:
            raise no_file()
        self.labels.undo()

    def still(self) -> bytes:
        """Return scores and costs with the map below them."""
        above = beside([self.scores.value, self.costs.value])
        return above if self.map is None else stacked([above, self.map.picture.value])

    def compute(self, config: ExploreConfig) -> Explored:
        """Ask every router, and price the request on every model."""
        if config.map_of not in ("", *self.routers):
            raise InputError(
                f"no router {config.map_of!r}{did_you_mean(config.map_of, self.routers)} to map; "
                f"there are: {', '.join(self.routers)}"
            )
        plan = retargeted(self.plan, config.retargets)
        answers, scores, why = self._ask_routers(config.prompt, config.edit_of, config.edits)
        groups = (
            dict.fromkeys(answers)
            if not config.prompt.strip()
            else {name: target_of(plan, answer) for name, answer in answers.items()}
        )
        asked = bool(config.prompt.strip())
        tokens = -(-len(config.prompt) // CHARACTERS_PER_TOKEN) if asked else 0
        priced = {
            name: float(self.catalog.cost(name, tokens, config.output_tokens))
            for name in self.catalog.names
        }
        dearest_first = sorted(priced, key=lambda name: -priced[name])
        costs = {name: priced[name] for name in spread(dearest_first, MODELS_SHOWN)}
        seconds = {name: seconds_of(self.catalog[name], config.output_tokens) for name in costs}
        standings = {name: standing(scores[name], answers[name]) for name in answers}
        chosen: set[str] = set()
        if plan is not None:
            for group in groups.values():
                chosen |= {d.model for d in plan.models.get(group or "", ())}
        flipped = []
        if _edited(config):
            before, after = self._edits.answers(config.edit_of, config.edits)
            flipped = flips(before, after, self.plan, plan)
        windows = {name: self.catalog[name].context_window for name in costs}
        needed = tokens + config.output_tokens
        too_long = tuple(name for name, window in windows.items() if window and needed > window)
        return Explored(
            answers, scores, standings, why, groups, costs, seconds, tuple(sorted(chosen)), tokens,
            flipped, self._known.get(config.prompt), too_long,
        )  # fmt: skip

    def heavy(self, config: ExploreConfig) -> bool:
        """Return whether all loaded prompts are to be asked anew, or a long one is asked."""
        if len(config.prompt) > LONG_PROMPT and config.prompt != self._settled.prompt:
            return True
        return _edited(config) and not self._edits.known(config.edit_of, config.edits)

    def waits(self, config: ExploreConfig) -> bool:
        """Return whether there are edits, or the prompt is long."""
        return _edited(config) or len(config.prompt) > LONG_PROMPT

    def work(
        self, config: ExploreConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Explored:
        """Ask all loaded prompts where there are edits, and then as usual."""
        for edits in ((), config.edits) if _edited(config) else ():  # before and after
            self._edits.change(config.edit_of, edits, tell, cancelled)
        return self.compute(config)

    def _asked(
        self, prompt: str, of: str, edits: tuple[Edit, ...]
    ) -> tuple[dict[str, str | None], dict[str, dict[str, float]], dict[str, Reasons]]:
        """Return answers, scores and reasons of every router; none where nothing is asked."""
        if not prompt.strip():
            names = self.routers
            return (dict.fromkeys(names), {name: {} for name in names},
                    {name: Reasons("none") for name in names})  # fmt: skip
        routers, examples = dict(self.routers), dict(self._examples)
        if edits:
            name, changed = self._edits.name(of), self._edits.change(of, edits)
            routers[name] = changed.router
            if changed.examples is not None:
                examples[name] = changed.examples
        answers: dict[str, str | None] = {}
        for name, router in routers.items():
            label = router.predict([prompt])[0]
            answers[name] = None if pd.isna(label) else str(label)
        scores = {name: scores_of(router, prompt) for name, router in routers.items()}
        why = {
            name: reasons(router, prompt, examples.get(name), self._terms[name])
            for name, router in routers.items()
        }
        return answers, scores, why

    def draw(self, result: Explored) -> str:
        """Show answers as a table, scores and costs as a picture."""
        shown = self.show_prompts or self.config.prompt not in self._place
        self.table.value = told(
            answers_table(
                result, plan=self.plan is not None, labels=bool(self._known), shown=shown,
                examples_shown=self.show_prompts,
            )
        )  # fmt: skip
        self.scores.show_scores(result.scores, self.routes)
        self.costs.show_costs(result)
        if self.labels is not None:
            self.labels.offer(result)
        on_map = "" if self.map is None else self.map.mark(self.config.prompt, self.config.map_of)
        flipped = "" if self.edit is None else self.edit.show(result.flips, len(self._prompts))
        return f"{agreement(result)} {cost(result, self.config.output_tokens)}{on_map}{flipped}"
