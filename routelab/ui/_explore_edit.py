"""Change a router's examples and a plan's routes, and see which of the loaded prompts flip."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from routelab._checks import InputError
from routelab.decide import group_of_route
from routelab.plan import Plan
from routelab.semantic import add_examples, remove_examples
from routelab.ui._explore_why import Examples

#: (what, route, prompt): "add" or "remove" an example of a route.
Edit = tuple[str, str, str]


@dataclass(frozen=True)
class EditedRouter:
    """A router with other examples, its answers to all loaded prompts, and its known examples."""

    router: Pipeline
    answers: list[str | None]
    examples: Examples | None


KEPT = 8  # edits whose answers to all prompts are in memory
PART = 500  # prompts between two looks at whether to stop
_ABSTAINS = "abstains"


def editable(routers: Mapping[str, Any]) -> list[str]:
    """Return the routers whose examples can be changed without a fit.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> fitted = {k: make_router(k).fit(["a", "b"], ["x", "y"]) for k in ("centroid", "linear")}
    >>> editable(fitted)
    ['centroid']
    """
    heads = {n: r[-1] for n, r in routers.items() if isinstance(r, Pipeline)}
    return [n for n, head in heads.items() if hasattr(head, "remove")]


def edited(router: Pipeline, edits: Sequence[Edit]) -> Pipeline:
    """Return a router with other examples; the one given stays, its encoder is shared.

    Raises
    ------
    InputError
        An edit is neither "add" nor "remove", or there is no such example to remove.
    """
    *encoders, (name, head) = router.steps
    changed = Pipeline([*encoders, (name, copy.deepcopy(head))])
    for what, route, prompt in edits:
        if what not in ("add", "remove"):
            raise InputError(f"an example is added or removed, got {what!r}")
        if not route.strip() or not prompt.strip():
            raise InputError("an example needs a prompt and a route")
        if what == "add":
            add_examples(changed, [prompt], [route])
            continue
        try:
            remove_examples(changed, [prompt], [route])
        except InputError:  # its text may quote a prompt, which not every panel shows
            raise InputError(f"the router has no example like this of {route!r}") from None
    return changed


def retargeted(plan: Plan | None, retargets: Sequence[tuple[str, str]]) -> Plan | None:
    """Return a plan whose routes lead to other groups."""
    if not retargets:
        return plan
    if plan is None:
        raise InputError("without a plan no route leads anywhere: ui.explore(..., plan=plan)")
    return plan.replace(routes={**plan.routes, **dict(retargets)})


def target_of(plan: Plan | None, answer: str | None) -> str | None:
    """Return the plan's model group for an answer; None without a plan or a group."""
    if plan is None:
        return None
    group = plan.default if answer is None else group_of_route(plan, answer)
    return group if group in plan.models else None


class Edits:
    """Routers with other examples, and what they answer to all loaded prompts.

    Prompts are encoded once, when they are first needed; the answers of the last edits are kept.

    Parameters
    ----------
    routers : mapping of str to Pipeline
        Those of :func:`editable`.
    examples : mapping of str to Examples
        Known examples by router.
    prompts : sequence of str
        All that are loaded.
    """

    def __init__(
        self,
        routers: Mapping[str, Pipeline],
        examples: Mapping[str, Examples],
        prompts: Sequence[str],
    ):
        self._routers, self._examples = routers, examples
        place: dict[str, int] = {}  # logs repeat themselves: each text is asked about once
        self._place = [place.setdefault(prompt, len(place)) for prompt in prompts]
        self._texts = list(place)
        self._rows: dict[str, list[Any]] = {}
        self._edited: dict[tuple[str, tuple[Edit, ...]], EditedRouter] = {}

    def name(self, of: str) -> str:
        """Return the name of the router that is edited; "" stands for the first."""
        if of and of not in self._routers:
            able = ", ".join(self._routers) or "no router here"
            raise InputError(f"{of!r} cannot be edited without a fit; editable: {able}")
        if not self._routers:
            raise InputError("no router here can be edited without a fit")
        return of or next(iter(self._routers))

    def known(self, of: str, edits: tuple[Edit, ...]) -> bool:
        """Return whether the answers after these edits are known; what is wrong is raised."""
        name = self.name(of)
        if (name, edits) in self._edited:
            return True
        edited(self._routers[name], edits)
        return False

    def change(
        self,
        of: str,
        edits: tuple[Edit, ...],
        tell: Callable[[str], None] = lambda text: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> EditedRouter:
        """Return the edited router with its answers to all loaded prompts."""
        name = self.name(of)
        if (name, edits) not in self._edited:
            router = edited(self._routers[name], edits)
            answers = self._ask(name, router, tell, cancelled)
            near = self._examples.get(name)
            examples = None if near is None else near.edited(edits)
            self._edited[name, edits] = EditedRouter(router, answers, examples)
            for old in list(self._edited)[:-KEPT]:
                del self._edited[old]
        return self._edited[name, edits]

    def answers(
        self, of: str, edits: tuple[Edit, ...]
    ) -> tuple[list[str | None], list[str | None]]:
        """Return the answers to all loaded prompts before and after the edits."""
        after = self.change(of, edits).answers
        return self.change(of, ()).answers, after

    def _ask(
        self,
        name: str,
        router: Pipeline,
        tell: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> list[str | None]:
        known = self._rows.setdefault(name, [])
        found: list[str | None] = []
        for part, start in enumerate(range(0, len(self._texts), PART)):
            if cancelled():
                raise InputError("cancelled")
            tell(f"asking the router: {start:,} of {len(self._texts):,} different prompts")
            if part == len(known):  # encoded once, for every edit
                known.append(router[:-1].transform(self._texts[start : start + PART]))
            answers = router[-1].predict(known[part])
            found += [None if pd.isna(answer) else str(answer) for answer in answers]
        return [found[place] for place in self._place]


def flips(
    before: Sequence[str | None],
    after: Sequence[str | None],
    plan_before: Plan | None,
    plan_after: Plan | None,
) -> list[tuple[int, str, str]]:
    """Return the prompts whose answer or model group changes: number from 1, before, after.

    Examples
    --------
    >>> flips(["a", "b"], ["a", "a"], None, None)
    [(2, 'b', 'a')]
    """
    old = _outcomes(before, plan_before)
    new = _outcomes(after, plan_after)
    return [(int(i) + 1, old[i], new[i]) for i in np.flatnonzero(old != new)]


def _outcomes(answers: Sequence[str | None], plan: Plan | None) -> np.ndarray:
    names = {}
    for answer in set(answers):
        group = target_of(plan, answer)
        told = _ABSTAINS if answer is None else answer
        names[answer] = told if plan is None else f"{told} → {group or 'no group'}"
    return np.array([names[answer] for answer in answers], dtype=object)
