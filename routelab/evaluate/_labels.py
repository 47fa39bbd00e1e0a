"""Comparison on labels: accuracy against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.evaluate._run import Setting, Work, name_controls
from routelab.evaluate._split import assign_folds, leaked, rounds
from routelab.evaluate._verdict import against_best, judge, resolution
from routelab.evaluate.bootstrap import Resampler, interval, weighted_means
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import CONTROLS
from routelab.evaluate.metrics import METRICS, confusion
from routelab.routers import ConstantRouter, LengthRouter, RandomRouter, ordinal_scale
from routelab.routers._labels import same_text


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
    notes: list[str] = []
    groups = same_text(prompts)
    if test is None:
        if "group" in data:
            groups = np.unique(data["group"].astype(str), return_inverse=True)[1]
        elif len(set(groups.tolist())) < len(groups):
            notes.append(
                f"{len(groups) - len(set(groups.tolist()))} prompts repeat another one; "
                "repeats stay in one fold"
            )
        folds = assign_folds(labels.tolist(), groups, setting.cv, setting.seed)
        plan = list(rounds(folds)) if setting.refit else [(np.arange(len(prompts)),) * 2]
        asked_prompts, truth = prompts, labels
    else:
        asked_prompts, truth = check_labels(test, "test")
        if not asked_prompts:
            raise InputError("test holds no prompt")
        repeated = leaked(prompts, asked_prompts)
        if repeated:
            notes.append(
                f"leakage: {repeated} of {len(truth)} test prompts are in the training data"
            )
        unseen = sorted({*truth.tolist()} - {*labels.tolist()}, key=str)
        if unseen:
            notes.append(
                f"{len(unseen)} test labels are not in the training data: {unseen[0]!r}..."
            )
        groups = same_text(asked_prompts)
        if "group" in test:
            groups = np.unique(test["group"].astype(str), return_inverse=True)[1]
        plan = [(np.arange(len(prompts)), np.arange(len(asked_prompts)))]

    controls = name_controls(routers, {name: CONTROLS[name](setting.seed) for name in CONTROLS})
    answers = _answers({**routers, **controls}, set(controls), prompts, labels, asked_prompts, plan,
                       setting)  # fmt: skip
    order = data.attrs.get("order") or ordinal_scale(labels.tolist())
    return _result(answers, routers, controls, truth, groups, setting, notes, order)


def _answers(
    routers: dict[str, Any],
    controls: set[str],
    prompts: list[str],
    labels: np.ndarray,
    asked_prompts: list[str],
    plan: list[tuple[np.ndarray, np.ndarray]],
    setting: Setting,
) -> dict[str, np.ndarray]:
    """Return the answers (n,) of every router to prompts that it has not learnt from."""
    answers = {name: np.empty(len(asked_prompts), dtype=object) for name in routers}
    work = Work(setting, total=len(plan) * len(routers))
    for train, asked in plan:
        for name, router in routers.items():
            refit = setting.refit or name in controls
            fitted = work.fitted(name, router, [prompts[i] for i in train], labels[train], refit)
            answers[name][asked] = fitted.predict([asked_prompts[i] for i in asked])
        work.next_round()
    return answers


def _result(
    answers: dict[str, np.ndarray],
    routers: dict[str, Any],
    controls: dict[str, Any],
    truth: np.ndarray,
    groups: np.ndarray,
    setting: Setting,
    notes: list[str],
    order: list[Any] | None,
) -> Comparison:
    names = list(answers)
    said = {name: [_plain(x) for x in answers[name]] for name in names}
    true = [_plain(x) for x in truth]
    right = np.array([[p == t for p, t in zip(said[n], true, strict=True)] for n in names], float).T
    resampler = Resampler(len(true), setting.n_boot, setting.seed, groups)
    samples = resampler.map(lambda weights: weighted_means(weights, right))
    low, high = interval(samples)
    figures = right.mean(axis=0)

    baseline = (ConstantRouter, RandomRouter, LengthRouter)
    is_control = [n in controls or isinstance(routers[n], baseline) for n in names]
    bars = {n: (figures[i], samples[:, i]) for i, n in enumerate(names) if is_control[i]}
    differences = {
        n: against_best(figures[i], samples[:, i], bars, "accuracy")
        for i, n in enumerate(names)
        if not is_control[i]
    }
    columns, verdicts = judge(differences)
    rows = []
    for i, name in enumerate(names):
        values = {metric: METRICS[metric](true, said[name], order) for metric in METRICS}
        values |= {"accuracy": figures[i], "low": low[i], "high": high[i]}
        abstained = float(np.mean([x is None for x in said[name]]))
        row = {"name": name, **values, "abstained": abstained, "is_control": is_control[i]}
        rows.append(row | columns.get(name, {"verdict": "control"}))
        foreign = {x for x in said[name] if x is not None} - {*true}
        if foreign and not foreign & {*true} and len(foreign) == len({*said[name]} - {None}):
            notes.append(f"{name} never answers with a label of this data, but for example "
                         f"{sorted(map(str, foreign))[0]!r}")  # fmt: skip
    table = pd.DataFrame(rows).sort_values(
        ["is_control", "accuracy"], ascending=[True, False], kind="stable"
    )
    lead = ["name", "accuracy", "low", "high"]
    table = table[lead + [c for c in table if c not in lead]].reset_index(drop=True)
    table = table.dropna(axis=1, how="all")
    return Comparison(
        kind="labels",
        table=table,
        verdicts=verdicts,
        curves={},
        confusion={name: confusion(true, said[name]) for name in names},
        predictions=pd.DataFrame(said, index=pd.RangeIndex(len(true), name="prompt")),
        resolution=resolution(differences),
        n=len(true),
        notes=notes,
    )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
