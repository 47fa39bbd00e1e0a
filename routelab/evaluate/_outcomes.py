"""Comparison on outcomes: what the chosen models would have answered, and at what cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate._leaks import (
    AS_THEY_ARE,
    SLICE,
    across_folds,
    groups_of,
    repeats,
    seen_in_training,
)
from routelab.evaluate._outcome_result import result
from routelab.evaluate._run import ControlNames, Setting, Work
from routelab.evaluate._split import assign_folds, rounds
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import length_scores, oracle_choice
from routelab.evaluate.slices import check_slices, length_thirds
from routelab.outcomes import OutcomeTable
from routelab.routers import LengthRouter
from routelab.routers._labels import same_text
from routelab.routers.outcome import choose

SWEEP = 25


@dataclass(slots=True)
class Answer:
    """What one router says about the n asked prompts.

    Attributes
    ----------
    choice : ndarray of int (n,)
        Column of the chosen model.
    score : ndarray (n,) or None
        Need of the strong model; two models only.
    sweep : ndarray of int (settings, n) or None
        Choices as the weight of cost rises; three models and more, costs known.
    played : ndarray (4, n) or None
        Quality and cost per prompt, and both for its shuffled control, of a router that asks more
        than one model (it has a method `play`). `choice` is then a guess for display.
    """

    choice: np.ndarray
    score: np.ndarray | None = None
    sweep: np.ndarray | None = None
    played: np.ndarray | None = None


@dataclass(slots=True)
class Asked:
    """The prompts on which routers are judged, with every outcome known."""

    models: list[str]
    prompts: list[str]
    quality: np.ndarray
    cost: np.ndarray
    groups: np.ndarray
    datasets: list[str] | None
    slices: dict[str, np.ndarray | pd.Categorical] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def costs_known(self) -> bool:
        """Whether every cost is known."""
        return bool(np.isfinite(self.cost).all())

    @property
    def strong(self) -> int:
        """Column of the better of two models."""
        return int(self.quality.mean(axis=0).argmax())


def compare_outcomes(routers: dict[str, Any], data: Any, test: Any, setting: Setting) -> Comparison:
    """Compare routers on outcomes; see `routelab.evaluate.compare`."""
    if len(data.models) < 2:
        raise InputError(f"outcomes of one model ({data.models[0]!r}) leave nothing to route")
    if not np.isfinite(data.quality).any():
        raise InputError("the outcomes hold no quality at all: every value is missing")
    if test is not None and list(test.models) != list(data.models):
        raise InputError(
            f"test must have the models of data in the same order, got {list(test.models)!r}"
        )
    asked, place = _asked(data if test is None else test, setting)
    train_prompts = list(data.prompts)
    if test is None:
        groups = groups_of(train_prompts, setting.groups)
        asked.groups = groups[place >= 0]
        if setting.refit:
            folds = assign_folds([""] * len(train_prompts), groups, setting.cv, setting.seed)
            plan = list(rounds(folds))
            seen, leaks = across_folds(train_prompts, folds)
        else:
            plan = [(np.arange(len(train_prompts)),) * 2]
            seen, leaks = np.full(len(train_prompts), "no"), [AS_THEY_ARE]
        seen = seen[place >= 0]
    else:
        asked.groups = groups_of(list(test.prompts), setting.groups)[place >= 0]
        seen, leaks = seen_in_training(train_prompts, asked.prompts)
        plan = [(np.arange(len(train_prompts)), np.arange(len(test.prompts)))]
    asked.slices[SLICE] = seen
    asked.notes += leaks

    everyone = dict(routers)
    control_name = ControlNames(routers)
    length_name = control_name("length")
    everyone[length_name] = LengthRouter()
    answers = {name: Answer(np.zeros(len(asked.prompts), dtype=int)) for name in everyone}
    best_single = np.zeros(len(asked.prompts), dtype=int)
    work = Work(setting, total=len(plan) * len(everyone))
    for train, rows in plan:
        here = place[rows]
        rows, here = rows[here >= 0], here[here >= 0]
        known = data.take(train)
        best_single[here] = list(data.models).index(known.best_single())
        labels = np.array(known.models)[oracle_choice(known.quality, known.cost)]
        prompts = [asked.prompts[i] for i in here]
        for name, router in everyone.items():
            by_quality = hasattr(router, "predict_quality")
            by_play = hasattr(router, "play")
            refit = setting.refit or name == length_name
            target = known if by_quality or by_play else labels
            fitted = work.fitted(name, router, known.prompts, target, refit)
            if not prompts:
                continue
            if by_play:
                _ask_play(answers[name], fitted, prompts, here, asked)
            elif by_quality:
                _ask_quality(answers[name], fitted, prompts, here, asked)
            else:
                _ask_label(answers[name], name, fitted, prompts, here, asked)
        work.next_round()
    if len(data.models) == 2:
        answers[length_name].score = length_scores(asked.prompts)
    return result(answers, length_name, control_name, best_single, asked, setting)


def _asked(table: Any, setting: Setting) -> tuple[Asked, np.ndarray]:
    """Return the rows whose every outcome is known, and where each row went (-1: left out)."""
    complete = np.isfinite(table.quality).all(axis=1)
    if complete.sum() < 2:
        raise InputError(
            f"{int(complete.sum())} of {len(complete)} prompts have an outcome of every model; "
            "a comparison needs at least two"
        )
    kept = np.flatnonzero(complete)
    prompts = [table.prompts[i] for i in kept]
    asked = Asked(
        list(table.models), prompts, table.quality[kept], table.cost[kept], np.arange(len(kept)),
        None if table.datasets is None else [table.datasets[i] for i in kept],
    )  # fmt: skip
    asked.slices["length"] = length_thirds(prompts)
    if asked.datasets is not None and len(set(asked.datasets)) > 1:
        asked.slices["dataset"] = np.array(asked.datasets)
    given = check_slices(setting.slices, len(complete))
    asked.slices |= {name: values[kept] for name, values in given.items()}
    asked.notes += setting.notes
    if not complete.all():
        asked.notes.append(_left_out(table, complete))
    asked.notes += repeats(same_text(prompts), asked.quality)
    if not asked.costs_known:
        asked.notes.append(
            "costs are unknown"
            if np.isnan(asked.cost).all()
            else f"{int(np.isnan(asked.cost).sum())} costs are missing, so cost is left out"
        )
    return asked, np.where(complete, np.cumsum(complete) - 1, -1)


def _left_out(table: Any, complete: np.ndarray) -> str:
    """Say how many prompts are not judged, and which model's gaps cost most of them."""
    missing = ~np.isfinite(table.quality)
    told = (
        f"{int((~complete).sum())} prompts lack the outcome of a model: learnt from, not judged on"
    )
    worst = int(missing.sum(axis=0).argmax())
    without = int((~np.delete(missing, worst, axis=1).any(axis=1)).sum())
    if len(table.models) > 2 and without >= 2 * complete.sum():
        told += (
            f" ({table.models[worst]!r} has {int((~missing[:, worst]).sum())} outcomes; without it "
            f"{without} prompts could be judged)"
        )
    return told


def _ask_play(
    answer: Answer, router: Any, prompts: list[str], here: np.ndarray, asked: Asked
) -> None:
    """Let a router that makes several calls play; the stops are shuffled within a fold."""
    table = OutcomeTable(prompts, asked.models, asked.quality[here], asked.cost[here])
    play = router.play(table)
    if answer.played is None:
        answer.played = np.zeros((4, len(asked.prompts)))
    answer.played[:, here] = [play.quality, play.cost, *play.shuffled()]
    answer.choice[here] = [asked.models.index(str(name)) for name in router.predict(prompts)]


def _ask_quality(
    answer: Answer, router: Any, prompts: list[str], here: np.ndarray, asked: Asked
) -> None:
    order = [list(router.models_).index(model) for model in asked.models]
    expected, cost = router.predict_quality(prompts)[:, order], router.cost_[order]
    if hasattr(router, "delay"):
        expected = expected - router.delay()[order]
    answer.choice[here] = choose(expected, cost, router.lam)
    n = len(asked.prompts)
    if len(asked.models) == 2:
        answer.score = np.zeros(n) if answer.score is None else answer.score
        answer.score[here] = expected[:, asked.strong] - expected[:, 1 - asked.strong]
    elif asked.costs_known:
        if answer.sweep is None:
            answer.sweep = np.zeros((SWEEP, n), dtype=int)
        scale = np.ptp(asked.cost.mean(axis=0)) or 1.0
        weights = np.r_[0.0, np.geomspace(1e-3, 10.0, SWEEP - 1)] / scale
        for setting, lam in enumerate(weights):
            answer.sweep[setting, here] = choose(expected, cost, lam)


def _ask_label(
    answer: Answer, name: str, router: Any, prompts: list[str], here: np.ndarray, asked: Asked
) -> None:
    told = router.predict(prompts)
    if any(label is None for label in told):
        raise InputError(
            f"router {name!r} abstains, and outcomes have no model for that: give it an "
            "abstain_label that is one of the models"
        )
    said = [str(label) for label in told]
    foreign = sorted({*said} - {*asked.models})
    if foreign:
        raise InputError(
            f"router {name!r} answers {foreign[0]!r}, which is none of the models: "
            f"{', '.join(asked.models)}"
        )
    answer.choice[here] = [asked.models.index(label) for label in said]
    if len(asked.models) != 2:
        return
    strong = asked.models[asked.strong]
    answer.score = np.zeros(len(asked.prompts)) if answer.score is None else answer.score
    if hasattr(router, "predict_proba"):
        classes = [str(label) for label in router.classes_]
        column = classes.index(strong) if strong in classes else None
        proba = router.predict_proba(prompts)
        answer.score[here] = 0.0 if column is None else proba[:, column]
    else:
        answer.score[here] = [float(label == strong) for label in said]
