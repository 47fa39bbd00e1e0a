"""From answers to the table, the slices, the errors and the verdicts of a comparison on labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.evaluate._verdict import against_all, judge, optimism, resolution
from routelab.evaluate.alarms import Alarm, Evidence, raised
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.confidence import top_label_error
from routelab.evaluate.controls import shuffled_values
from routelab.evaluate.metrics import METRICS, confusion
from routelab.evaluate.slices import slice_table

if TYPE_CHECKING:
    from routelab.evaluate._run import Setting


@dataclass(slots=True)
class Answers:
    """What one router said.

    Attributes
    ----------
    said : list (n,)
        Labels, or what it says where it abstains.
    confidence : ndarray (n,)
        Highest probability; NaN where the router gives none.
    abstained : bool ndarray (n,)
    score : ndarray (n,)
        Probability of what was said, else the confidence; NaN where the router gives none.
    threshold : bool
        Whether it has a threshold that makes it abstain.
    """

    said: list[Any]
    confidence: np.ndarray
    abstained: np.ndarray
    score: np.ndarray
    threshold: bool = False


@dataclass(slots=True)
class Judged:
    """What was asked, what everybody answered, and what the shuffled routers are called."""

    shuffled: dict[str, str]
    prompts: list[str]
    truth: list[Any]
    answers: dict[str, Answers]
    controls: list[str]
    groups: np.ndarray
    slices: dict[str, np.ndarray | pd.Categorical]
    order: Sequence[Any] | None
    notes: list[str]


def result(judged: Judged, setting: Setting) -> Comparison:
    """Put routers and controls side by side."""
    truth, said = judged.truth, {name: a.said for name, a in judged.answers.items()}
    routers = [name for name in said if name not in judged.controls]
    names, one_hot = _one_hot(truth)
    place = {label: i for i, label in enumerate(names)}
    right = {name: _right(said[name], truth) for name in said}
    for name in routers:
        codes = np.array([place.get(x, len(names)) for x in said[name]])
        padded = np.column_stack([one_hot, np.zeros(len(truth))])  # an answer that is no label
        right[judged.shuffled[name]] = shuffled_values(codes, padded)
    columns = list(right)
    resampler = Resampler(len(truth), setting.n_boot, setting.seed, judged.groups)
    values = np.column_stack([right[name] for name in columns])
    samples = dict(zip(columns, resampler.means(values).T, strict=True))

    shared = {name: (right[name].mean(), samples[name]) for name in judged.controls}
    differences = {}
    for name in routers:
        own = judged.shuffled[name]
        bars = {**shared, own: (right[own].mean(), samples[own])}
        differences[name] = against_all(
            float(right[name].mean()), samples[name], bars, "accuracy", possible=1.0,
            worthwhile=setting.worthwhile,
        )  # fmt: skip
    verdict_columns, verdicts = judge(differences, resampler.n_groups)
    rows = []
    for name in columns:
        low, high = interval(samples[name])
        row = {"name": name, "accuracy": right[name].mean(), "low": low, "high": high}
        if name in said:
            metrics = {m: METRICS[m](truth, said[name], judged.order) for m in METRICS}
            row |= {m: value for m, value in metrics.items() if m != "accuracy"}
            row["abstained"] = float(judged.answers[name].abstained.mean())
            sure = _confidence(judged.answers[name])
            known = np.isfinite(sure)
            if known.any():
                row["ece"] = top_label_error(right[name][known], sure[known])
        row["is_control"] = name not in routers
        rows.append(row | verdict_columns.get(name, {"verdict": "control"}))
        if name in said:
            judged.notes += _never_right(name, said[name], truth)
    best = {name: (float(right[name].mean()), samples[name]) for name in routers}
    judged.notes += optimism(best, "accuracy")
    table = pd.DataFrame(rows).sort_values(
        ["is_control", "accuracy"], ascending=[True, False], kind="stable"
    )
    against = {name: (right[name], right[d.control], d.control) for name, d in differences.items()}
    alarms: list[Alarm] = []
    for name in routers:
        answers = judged.answers[name]
        codes = np.array([place.get(x, -1) for x in said[name]])
        codes[answers.abstained] = -1
        alarms += raised(
            name,
            Evidence(
                [str(label) for label in names], codes, one_hot, right[name],
                right[judged.shuffled[name]], resampler,
                score=_confidence(answers), positive=right[name] > 0,
                threshold=answers.threshold,
            ),
        )  # fmt: skip
    return Comparison(
        kind="labels",
        table=table.reset_index(drop=True).dropna(axis=1, how="all"),
        verdicts=verdicts,
        curves={},
        confusion={name: confusion(truth, answers) for name, answers in said.items()},
        predictions=pd.DataFrame(said, index=pd.RangeIndex(len(truth), name="prompt")),
        resolution=resolution(differences),
        n=len(truth),
        notes=judged.notes,
        slices=slice_table(judged.slices, against, resampler),
        errors=_errors(truth, {name: said[name] for name in routers}),
        alarms=alarms,
        prompts=judged.prompts,
        scores=pd.DataFrame(
            {name: np.where(a.abstained, np.nan, a.score) for name, a in judged.answers.items()},
            index=pd.RangeIndex(len(truth), name="prompt"),
        ),
        judged=pd.DataFrame({"truth": truth}, index=pd.RangeIndex(len(truth), name="prompt")),
    )


def _one_hot(truth: list[Any]) -> tuple[list[Any], np.ndarray]:
    names = list(dict.fromkeys(truth))
    place = {label: i for i, label in enumerate(names)}
    return names, np.eye(len(names))[[place[label] for label in truth]]


def _right(said: list[Any], truth: list[Any]) -> np.ndarray:
    return np.array([s == t for s, t in zip(said, truth, strict=True)], dtype=float)


def _confidence(answers: Answers) -> np.ndarray:
    """Return the confidence of what was answered; abstained prompts tell nothing."""
    return np.where(answers.abstained, np.nan, answers.confidence)


def _never_right(name: str, said: list[Any], truth: list[Any]) -> list[str]:
    known = {x for x in said if x is not None}
    if not known or known & {*truth}:
        return []
    example = sorted(map(str, known))[0]
    return [f"{name} never answers with a label of this data, but for example {example!r}"]


def _errors(truth: list[Any], said: dict[str, list[Any]]) -> pd.DataFrame:
    """Return a row per router and prompt answered wrongly."""
    rows = [
        {"router": name, "prompt": i, "truth": true, "answer": answer}
        for name, answers in said.items()
        for i, (true, answer) in enumerate(zip(truth, answers, strict=True))
        if true != answer
    ]
    return pd.DataFrame(rows, columns=["router", "prompt", "truth", "answer"])
