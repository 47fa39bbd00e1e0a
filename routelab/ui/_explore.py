"""What does each router say about this prompt, and what would the request cost on each model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab import plots
from routelab._checks import InputError
from routelab._html import table
from routelab.catalog import Catalog
from routelab.decide import group_of_route
from routelab.plan import Plan
from routelab.plots._style import short
from routelab.routers import scores_of
from routelab.ui._base import Panel
from routelab.ui._code import Recipe, file_line
from routelab.ui._parts import guarded, number, told
from routelab.ui._picture import PICTURE_DPI, Picture
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS, private

PROMPTS_LISTED = 60
MODELS_SHOWN = 8
CHARACTERS_PER_TOKEN = 4
WIDTH = 11.0


@SETTINGS.register("explore")
@dataclass(frozen=True, slots=True)
class ExploreConfig:
    """Settings of the explore panel: the prompt (kept in no file), the answer's tokens."""

    prompt: str = private()
    output_tokens: int = 300


@dataclass(frozen=True)
class Explored:
    """What the routers said about one prompt.

    Attributes
    ----------
    answers : dict of str to str or None
        Router to its answer; None where it abstains.
    scores : dict of str to dict of str to float
        Router to the score of each answer; empty where a router has none.
    groups : dict of str to str or None
        Router to the plan's model group for its answer; None without a plan.
    costs : dict of str to float
        Model to USD.
    chosen : tuple of str
        Models of the groups that were answered.
    input_tokens : int
        Estimated from the prompt's length.
    """

    answers: dict[str, str | None]
    scores: dict[str, dict[str, float]]
    groups: dict[str, str | None]
    costs: dict[str, float]
    chosen: tuple[str, ...]
    input_tokens: int


class ExplorePanel(Panel):
    """See :func:`explore`."""

    kind = "explore"

    def __init__(
        self,
        routers: Mapping[str, Any],
        prompts: Iterable[str],
        plan: Plan | None,
        show_prompts: bool,
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
        listed = _spread(list(prompts), PROMPTS_LISTED)
        super().__init__(ExploreConfig(listed[0]), **shared)
        self.show_prompts = show_prompts
        self.hidden = () if show_prompts else ("prompt",)
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
        self.picture = Picture(WIDTH)
        self.bind(self.tokens, "output_tokens")
        if show_prompts:
            self.bind(self.text, "prompt")
            w.dlink((self.pick, "value"), (self.text, "value"))
        else:
            for control in (self.pick, self.text):
                control.observe(guarded(self.status)(self._ask), "value")
        self.begin(self.pick, self.text, row, self.table, self.picture)

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
        plan = "plan=plan, " if self.plan is not None else ""
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

    def compute(self, config: ExploreConfig) -> Explored:
        """Ask every router, and price the request on every model."""
        answers: dict[str, str | None] = {}
        for name, router in self.routers.items():
            label = router.predict([config.prompt])[0]
            answers[name] = None if pd.isna(label) else str(label)
        scores = {name: scores_of(router, config.prompt) for name, router in self.routers.items()}
        groups = {name: self._group(answer) for name, answer in answers.items()}
        tokens = max(1, -(-len(config.prompt) // CHARACTERS_PER_TOKEN))
        priced = {
            name: float(self.catalog.cost(name, tokens, config.output_tokens))
            for name in self.catalog.names
        }
        dearest_first = sorted(priced, key=lambda name: -priced[name])
        costs = {name: priced[name] for name in _spread(dearest_first, MODELS_SHOWN)}
        chosen: set[str] = set()
        if self.plan is not None:
            for group in groups.values():
                chosen |= {d.model for d in self.plan.models.get(group or "", ())}
        return Explored(answers, scores, groups, costs, tuple(sorted(chosen)), tokens)

    def _group(self, answer: str | None) -> str | None:
        if self.plan is None:
            return None
        group = self.plan.default if answer is None else group_of_route(self.plan, answer)
        return group if group in self.plan.models else None

    def draw(self, result: Explored) -> str:
        """Show answers as a table, scores and costs as a picture."""
        rows = []
        for name, answer in result.answers.items():
            best = max(result.scores[name].values(), default=float("nan"))
            score = "no score" if best != best else f"{best:.2f}"
            group = result.groups[name]
            rows.append([name, answer or "abstains", score, *([group or "–"] if self.plan else [])])
        head = ["router", "answer", "best score", *(["model group"] if self.plan else [])]
        self.table.value = told(table(head, rows))
        assert self.picture is not None
        fig, axes = plots.figure(WIDTH, 3.3, columns=2, dpi=PICTURE_DPI, ratios=(1.25, 1.0))
        plots.router_scores(result.scores, axes[0])
        plots.request_costs(result.costs, axes[1], chosen=result.chosen)
        self.picture.paint(fig)
        asked = len(result.answers)
        different = len(set(result.answers.values()))
        cheap, dear = min(result.costs.values()), max(result.costs.values())
        return (
            f"{asked} routers give {different} different answers. About {result.input_tokens} "
            f"input tokens (one per {CHARACTERS_PER_TOKEN} characters, an estimate) and "
            f"{self.config.output_tokens} output tokens cost ${cheap:.6f} to ${dear:.6f}."
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
    show_prompts: bool = False,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ExplorePanel:
    """Return a panel that asks fitted routers about a prompt that you pick or type.

    Parameters
    ----------
    routers : dict of str to fitted estimator
    prompts : DataFrame with a column `prompt`, or sequence of str
        To pick from; at most 60 are listed, evenly spread.
    plan : Plan, optional
        With it, answers become model groups and costs are those of the plan's models; without,
        models are taken from the bundled catalog.
    show_prompts : bool, default False
        Whether the texts to pick from are shown; without it, their lengths are. Logged prompts are
        other people's words. What you type is always shown.
    session : Session, optional
        Shared with other panels, and kept in a file; prompts are not kept.
    files : mapping of str to path, optional
        Where `prompts`, `plan` and the bundle of each router came from, for "Copy as code".

    Returns
    -------
    ExplorePanel
        ``panel.config.prompt`` is the prompt, ``panel.result`` what was said about it.

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
    return ExplorePanel(routers, texts, plan, show_prompts, session=session, files=files)
