"""What does each router say about this prompt, and what would the request cost on each model."""

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
from routelab.plots._style import short
from routelab.routers import scores_of
from routelab.routers.explain import linear_terms
from routelab.ui._base import Panel
from routelab.ui._code import Recipe, file_line
from routelab.ui._explore_add import LabelFile
from routelab.ui._explore_asked import (
    Explored,
    answers_table,
    known_routes,
    likeliest,
    seconds_of,
)
from routelab.ui._explore_bars import RequestView
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
from routelab.ui._explore_why import Reasons, examples_of, reasons, standing
from routelab.ui._keys import KEYS, key_box
from routelab.ui._parts import guarded, number, told
from routelab.ui._picture import stacked
from routelab.ui._session import Session

PROMPTS_LISTED = 60
MODELS_SHOWN = 8
CHARACTERS_PER_TOKEN = 4


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
        **shared: Any,
    ):
        if not routers:
            raise InputError("nothing to explore: give at least one fitted router by name")
        for name, router in routers.items():
            if not hasattr(router, "predict"):
                raise InputError(f"router {name!r} is no estimator, got {type(router).__name__}")
        self.routers = {str(name): router for name, router in routers.items()}
        self.plan = plan
        self.catalog = Catalog.bundled() if plan is None else plan.catalog
        self.label_file = None if add_to is None else LabelFile(add_to)
        self._examples = examples_of(self.routers, labels)
        self._terms = {name: linear_terms(router) for name, router in self.routers.items()}
        self._ask_routers = lru_cache(maxsize=1)(self._asked)  # the same while tokens change
        given = list(prompts)
        listed = _spread(given, PROMPTS_LISTED)
        mapped = prompt_map(self.routers, given)
        self._prompts = given
        self._logged = set(given)
        able = editable(self.routers)
        self._edits = Edits({name: self.routers[name] for name in able}, self._examples, given)
        super().__init__(ExploreConfig(listed[0]), **shared)
        self.show_prompts = show_prompts
        self.hidden = () if show_prompts else ("prompt", "edits")
        names = [(f"{i + 1}. {self._told(prompt)}", prompt) for i, prompt in enumerate(listed)]
        wide = {"description_width": "90px"}
        self.pick = w.Dropdown(
            options=names, description="Prompt", style=wide, layout=w.Layout(width="780px")
        )
        self.text = w.Textarea(
            value=listed[0] if show_prompts else "", description="or type", style=wide, rows=3,
            layout=w.Layout(width="780px"),
        )  # fmt: skip
        self.tokens, row = number("Answer, tokens", 300, 0, 4000, 50)
        self.table = w.HTML()
        self.bars = self.picture = RequestView()
        self.map = None if mapped is None else MapView(mapped)
        self.bind(self.tokens, "output_tokens")
        if show_prompts:
            self.bind(self.text, "prompt")
            w.dlink((self.pick, "value"), (self.text, "value"))
        else:
            for control in (self.pick, self.text):
                control.observe(guarded(self.status)(self._ask), "value")
        self.routes = known_routes(self.routers, labels)
        self.box = None if self.label_file is None else key_box([], asks=False)
        below: list[w.Widget] = []
        if self.box is not None:
            self.box.on_msg(lambda _box, content, _data: guarded(self.status)(self.act)(content))
            below.append(self.box)
        if self.map is not None:
            self.bind(self.map.of, "map_of")
            below.append(self.map)
        self.edit = self._editor(able, labels)
        if self.edit is not None:
            self.bind(self.edit.of, "edit_of")
            below.append(self.edit)
        self.begin(self.pick, self.text, row, self.table, self.picture, *below)

    def _editor(self, able: list[str], labels: pd.DataFrame | None) -> EditView | None:
        if not able:
            return None
        groups = [] if self.plan is None else list(self.plan.models)
        texts = [] if labels is None else labels["prompt"].astype(str).tolist()
        names = [] if labels is None else labels["label"].astype(str).tolist()
        pairs = list(zip(texts, names, strict=True))
        return EditView(
            able, self.routes, groups, pairs, self.show_prompts, lambda: self.config, self.update
        )

    def recipe(self) -> Recipe:
        """Return how this panel is made again: routers from their bundles, prompts from a table."""
        lines, made = [], []
        for number_, name in enumerate(self.routers):
            variable = f"router_{number_ + 1}"
            path = self.files.get(name)
            line = file_line(variable, "rl.load_bundle({}).router", path, f"router {name!r}", name)
            lines.append(line)
            made.append(f"{name!r}: {variable}")
        lines.append(self.file_line("prompts", "pd.read_csv({})", "the prompts"))
        if self.plan is not None:
            lines.append(self.file_line("plan", "rl.Plan.from_yaml({})", "the plan"))
        if self._examples:
            lines.append(self.file_line("labels", "rl.read_labels({})", "the labels"))
        plan = "plan=plan, " if self.plan is not None else ""
        plan += "labels=labels, " if self._examples else ""
        if self.label_file is not None:
            plan += f"add_to={str(self.label_file.path)!r}, "
        call = f"ui.explore({{{', '.join(made)}}}, prompts, {plan}show_prompts={self.show_prompts})"
        return Recipe(call, tuple(lines), ("import pandas as pd",))

    def _told(self, prompt: str) -> str:
        return short(prompt, 80) if self.show_prompts else f"{len(prompt):,} characters"

    def _ask(self, change: Any) -> None:
        if change.new != self.config.prompt:
            self.update(prompt=change.new)

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
        file = self._label_file()
        file.add(self.config.prompt, route)
        self.status.ok(
            f"Added to {file.path.name} as {short(route)}; {len(file.added):,} in this panel."
        )

    def undo(self) -> None:
        """Take the last label that this panel added out of the file again."""
        file = self._label_file()
        _, route = file.undo()
        self.status.ok(f"Took the last label, {short(route)}, out of {file.path.name} again.")

    def act(self, content: Any) -> None:
        """Do what a key or a click asked for: ``{"do": "label", "number": 0}`` or undo."""
        action = content.get("do") if isinstance(content, dict) else None
        if action == "undo":
            self.undo()
        elif action == "label" and self.box is not None:
            number_ = content.get("number")
            if isinstance(number_, int) and 0 <= number_ < len(self.box.labels):
                self.add(self.box.labels[number_])

    def _label_file(self) -> LabelFile:
        if self.label_file is None:
            raise InputError("name a file to add labels to: ui.explore(..., add_to='labels.jsonl')")
        return self.label_file

    def _offer(self, result: Explored) -> None:
        """Offer the routes to add, of more than nine those that the routers think likeliest."""
        if self.box is None or self.label_file is None:
            return
        offered = likeliest(self.routes, result.scores, len(KEYS))
        few = f" (the likeliest of {len(self.routes)})" if len(offered) < len(self.routes) else ""
        self.box.labels = offered
        self.box.told = (
            f"The right route of this prompt, to be added to {self.label_file.path.name}{few}: "
            "click one, or click here once and press its key"
        )

    def still(self) -> bytes:
        """Return scores and costs with the map below them."""
        above = super().still()
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
        groups = {name: target_of(plan, answer) for name, answer in answers.items()}
        tokens = max(1, -(-len(config.prompt) // CHARACTERS_PER_TOKEN))
        priced = {
            name: float(self.catalog.cost(name, tokens, config.output_tokens))
            for name in self.catalog.names
        }
        dearest_first = sorted(priced, key=lambda name: -priced[name])
        costs = {name: priced[name] for name in _spread(dearest_first, MODELS_SHOWN)}
        seconds = {name: seconds_of(self.catalog[name], config.output_tokens) for name in costs}
        standings = {name: standing(scores[name], answers[name]) for name in answers}
        chosen: set[str] = set()
        if plan is not None:
            for group in groups.values():
                chosen |= {d.model for d in plan.models.get(group or "", ())}
        flipped = []
        if self.waits(config):
            before, after = self._edits.answers(config.edit_of, config.edits)
            flipped = flips(before, after, self.plan, plan)
        return Explored(
            answers, scores, standings, why, groups, costs, seconds, tuple(sorted(chosen)), tokens,
            flipped,
        )  # fmt: skip

    def heavy(self, config: ExploreConfig) -> bool:
        """Return whether all loaded prompts are to be asked anew."""
        return self.waits(config) and not self._edits.known(config.edit_of, config.edits)

    def waits(self, config: ExploreConfig) -> bool:
        """Return whether there are edits."""
        return bool(config.edits or config.retargets)

    def work(
        self, config: ExploreConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Explored:
        """Ask all loaded prompts, and then as usual."""
        for edits in ((), config.edits):  # before and after
            self._edits.change(config.edit_of, edits, tell, cancelled)
        return self.compute(config)

    def _asked(
        self, prompt: str, of: str, edits: tuple[Edit, ...]
    ) -> tuple[dict[str, str | None], dict[str, dict[str, float]], dict[str, Reasons]]:
        """Return answers, scores and reasons of every router."""
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
        shown = self.show_prompts or self.config.prompt not in self._logged
        self.table.value = told(
            answers_table(
                result, plan=self.plan is not None, shown=shown, examples_shown=self.show_prompts
            )
        )
        self.bars.show_request(result, self.routes)
        self._offer(result)
        on_map = "" if self.map is None else self.map.mark(self.config.prompt, self.config.map_of)
        flipped = "" if self.edit is None else self.edit.show(result.flips, len(self._prompts))
        asked = len(result.answers)
        different = len(set(result.answers.values()))
        cheap, dear = min(result.costs.values()), max(result.costs.values())
        return (
            f"{asked} routers give {different} different answers. About {result.input_tokens} "
            f"input tokens (one per {CHARACTERS_PER_TOKEN} characters, an estimate) and "
            f"{self.config.output_tokens} output tokens cost ${cheap:.6f} to ${dear:.6f}."
            f"{on_map}{flipped}"
        )


def _spread(items: list[Any], count: int) -> list[Any]:
    """Return at most `count` items, evenly spread over the list."""
    if not items:
        raise InputError("there is no prompt to explore")
    if len(items) <= count:
        return items
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def explore(
    routers: Mapping[str, Any],
    prompts: Any,
    *,
    plan: Plan | None = None,
    labels: pd.DataFrame | None = None,
    show_prompts: bool = False,
    add_to: str | PathLike[str] | None = None,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ExplorePanel:
    """Return a panel that asks fitted routers about a prompt that you pick or type.

    Parameters
    ----------
    routers : dict of str to fitted estimator
    prompts : DataFrame with a column `prompt`, or sequence of str
        To pick from; at most 60 are listed, evenly spread. They are also drawn as a map, the
        encoder's vectors of the first router that has one in two dimensions, where there are four
        or more; of more than 2,000 a random sample. That is computed once, before the panel shows.
    plan : Plan, optional
        With it, answers become model groups and costs are those of the plan's models; without,
        models are taken from the bundled catalog.
    labels : DataFrame with columns `prompt` and `label`, optional
        Examples. Beside the answers of routers that compare with examples (kinds "knn" and
        "centroid") the nearest of them stand as the reason, with their cosine; for the others the
        terms that pushed the answer do (:func:`routelab.routers.explain`; where words are left out
        in turn, the first 40).
    show_prompts : bool, default False
        Whether the texts to pick from, their words and the examples are shown; without it, their
        lengths are. Logged prompts are
        other people's words. What you type is always shown.
    add_to : path, optional
        ``.jsonl`` file of labels. With it, a button or a key (1 to 9) per route adds the prompt and
        its right route, and u takes the last one back; nothing is written without it. Needs the
        extra `lab`.
    session : Session, optional
        Shared with other panels, and kept in a file; prompts are not kept.
    files : mapping of str to path, optional
        Where `prompts`, `plan` and the bundle of each router came from, for "Copy as code".

    Returns
    -------
    ExplorePanel
        ``panel.config.prompt`` is the prompt, ``panel.result`` what was said about it.
        ``panel.edit`` adds and removes examples of routers that need no fit for it, and sends
        routes to other groups; ``panel.result.flips`` lists the loaded prompts that flip.

    Examples
    --------
    >>> from routelab import make_router
    >>> router = make_router("centroid").fit(["sort a list", "a poem"], ["code", "art"])
    >>> explore({"centroid": router}, ["a poem on rain"]).result.answers
    {'centroid': 'art'}
    """
    if isinstance(prompts, pd.DataFrame):
        if "prompt" not in prompts:
            raise InputError(
                f"prompts has no column 'prompt', only {', '.join(map(str, prompts.columns))}"
            )
        prompts = prompts["prompt"]
    texts = [str(prompt) for prompt in prompts]
    return ExplorePanel(
        routers, texts, plan, show_prompts, labels, add_to, session=session, files=files
    )
