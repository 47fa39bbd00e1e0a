"""Comparison on labels: accuracy against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.evaluate._label_result import Answers, Judged, result
from routelab.evaluate._leaks import (
    AS_THEY_ARE,
    SLICE,
    across_folds,
    groups_of,
    repeats,
    seen_in_training,
)
from routelab.evaluate._run import ControlNames, Setting, Work
from routelab.evaluate._split import assign_folds, rounds
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import CONTROLS
from routelab.evaluate.slices import check_slices, length_thirds
from routelab.routers import ConstantRouter, LengthRouter, RandomRouter, ordinal_scale
from routelab.routers._labels import same_text

_CONTROLS = (ConstantRouter, RandomRouter, LengthRouter)


def check_labels(frame: pd.DataFrame, what: str) -> tuple[list[str], np.ndarray]:
    """Return prompts (n,) and labels (n,) of a frame with columns prompt and label."""
    for column in ("prompt", "label"):
        if column not in frame:
            raise InputError(
                f"{what} has no column {column!r}, only {', '.join(map(str, frame.columns))}"
            )
    labels = np.array(frame["label"].tolist(), dtype=object)
    missing = frame["label"].isna().to_numpy()
    if missing.any():
        raise InputError(f"{what}: the label of row {int(missing.argmax())} is missing")
    kinds = {type(label) for label in labels}
    plain = np.array(labels.tolist()) if len(kinds) == 1 else np.array([str(x) for x in labels])
    return check_prompts(frame["prompt"].tolist()), plain


def compare_labels(
    routers: dict[str, Any], data: pd.DataFrame, test: pd.DataFrame | None, setting: Setting
) -> Comparison:
    """Compare routers on labelled prompts; see `routelab.evaluate.compare`."""
    prompts, labels = check_labels(data, "data")
    if len(prompts) < 2:
        raise InputError(f"a comparison needs at least two prompts, got {len(prompts)}")
    if len(set(labels.tolist())) < 2:
        raise InputError(f"a comparison needs at least two classes, got only {str(labels[0])!r}")
    notes = list(setting.notes)
    if setting.judge is not None:
        raise InputError("judge= corrects outcomes; labels have no verdicts of a judge")
    slices: dict[str, np.ndarray | pd.Categorical]
    if test is None:
        asked_prompts, truth = prompts, labels
        groups = groups_of(prompts, _groups(data, setting))
        notes += repeats(same_text(prompts), labels[:, None])
        if setting.refit:
            folds = assign_folds(labels.tolist(), groups, setting.cv, setting.seed)
            plan = list(rounds(folds))
            seen, leaks = across_folds(prompts, folds)
        else:
            plan = [(np.arange(len(prompts)),) * 2]
            seen, leaks = np.full(len(prompts), "no"), [AS_THEY_ARE]
    else:
        asked_prompts, truth = check_labels(test, "test")
        if not asked_prompts:
            raise InputError("test holds no prompt")
        seen, leaks = seen_in_training(prompts, asked_prompts)
        unseen = sorted({*truth.tolist()} - {*labels.tolist()}, key=str)
        if unseen:
            leaks.append(
                f"{len(unseen)} test labels are not in the training data: {unseen[0]!r}..."
            )
        groups = groups_of(asked_prompts, _groups(test, setting))
        plan = [(np.arange(len(prompts)), np.arange(len(asked_prompts)))]
    notes += leaks
    slices = {"length": length_thirds(asked_prompts), SLICE: seen}
    slices.update(check_slices(setting.slices, len(asked_prompts)))
    control_name = ControlNames(routers)
    controls = {control_name(name): CONTROLS[name](setting.seed) for name in CONTROLS}
    said = _answers({**routers, **controls}, set(controls), prompts, labels, asked_prompts, plan,
                    setting)  # fmt: skip
    judged = Judged(
        shuffled={name: control_name(f"{name}, shuffled") for name in said if name not in controls},
        prompts=asked_prompts,
        truth=[_plain(x) for x in truth],
        answers=said,
        controls=[
            name for name in said if name in controls or isinstance(routers[name], _CONTROLS)
        ],
        groups=groups,
        slices=slices,
        order=data.attrs.get("order") or ordinal_scale(labels.tolist()),
        notes=notes,
    )
    return result(judged, setting)


def _groups(frame: pd.DataFrame, setting: Setting) -> Any:
    """Return the groups given, else those of the column."""
    if setting.groups is None and "group" in frame:
        return frame["group"].tolist()
    return setting.groups


def _answers(
    routers: dict[str, Any],
    controls: set[str],
    prompts: list[str],
    labels: np.ndarray,
    asked_prompts: list[str],
    plan: list[tuple[np.ndarray, np.ndarray]],
    setting: Setting,
) -> dict[str, Answers]:
    """Return the answers of every router to prompts that it has not learnt from."""
    n = len(asked_prompts)
    answers = {
        name: Answers([None] * n, np.full(n, np.nan), np.zeros(n, dtype=bool), np.full(n, np.nan))
        for name in routers
    }
    work = Work(setting, total=len(plan) * len(routers))
    for train, asked in plan:
        for name, router in routers.items():
            refit = setting.refit or name in controls
            fitted = work.fitted(name, router, [prompts[i] for i in train], labels[train], refit)
            questions = [asked_prompts[i] for i in asked]
            nothing, answers[name].threshold = abstention(fitted)
            for i, answer in zip(asked, fitted.predict(questions), strict=True):
                answers[name].said[i] = _plain(answer)
                answers[name].abstained[i] = answers[name].said[i] == nothing
            if hasattr(fitted, "predict_proba"):
                proba = np.asarray(fitted.predict_proba(questions), dtype=float)
                answers[name].confidence[asked] = proba.max(axis=1)
                said = [answers[name].said[i] for i in asked]
                answers[name].score[asked] = said_probability(proba, fitted.classes_, said)
        work.next_round()
    return answers


def said_probability(proba: np.ndarray, classes: Any, said: list[Any]) -> np.ndarray:
    """Return the probability (n,) of what was said, the highest where it is none of the classes.

    Costs, cuts and domains make a router say what is not the likeliest.

    Examples
    --------
    >>> table = np.array([[0.6, 0.4], [0.7, 0.3]])
    >>> said_probability(table, ["a", "b"], ["b", "letters"]).tolist()
    [0.4, 0.7]
    """
    column = {_plain(name): i for i, name in enumerate(classes)}
    place = np.array([column.get(answer, -1) for answer in said], dtype=int)
    own = proba[np.arange(len(place)), place]
    return np.where(place >= 0, own, proba.max(axis=1))


def abstention(router: Any) -> tuple[Any, bool]:
    """Return the answer by which a router abstains, and whether a threshold makes it do so.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> abstention(make_router("knn", threshold=0.5, abstain_label="other"))
    ('other', True)
    """
    own = router.get_params(deep=True) if hasattr(router, "get_params") else {}
    heads = [name.removesuffix("abstain_label") for name in own if name.endswith("abstain_label")]
    label = next((own[f"{head}abstain_label"] for head in heads), None)
    return label, any(own.get(f"{head}threshold") is not None for head in heads)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
