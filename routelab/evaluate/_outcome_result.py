"""From choices on outcomes to the table, the slices, the errors and the verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import _curves
from routelab.evaluate._outcome_controls import Figure, Names, bars_of, mixed, per_prompt
from routelab.evaluate._run import ControlNames, Setting
from routelab.evaluate._verdict import Difference, against_all, judge, optimism, resolution
from routelab.evaluate.alarms import ALARMS, Alarm, Evidence, raised
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import oracle_choice
from routelab.evaluate.slices import slice_table
from routelab.evaluate.widening import widen

if TYPE_CHECKING:
    from routelab.evaluate._outcomes import Answer, Asked


def result(
    answers: dict[str, Answer],
    length_name: str,
    control_name: ControlNames,
    best_single: np.ndarray,
    asked: Asked,
    setting: Setting,
) -> Comparison:
    """Put routers and controls side by side (answers: name -> choices over the asked prompts)."""
    n = len(asked.prompts)
    routers = [name for name in answers if name != length_name]
    names = Names.given(control_name, routers, asked, length_name)
    oracle = oracle_choice(asked.quality, asked.cost)
    got = per_prompt(answers, names, best_single, oracle, asked)
    resampler = Resampler(n, setting.n_boot, setting.seed, asked.groups)
    quality, cost = _figures(got, resampler)
    if setting.judge is not None:
        quality = _corrected(quality, setting, names, asked)
    if asked.costs_known:
        for name in routers:
            quality[names.mix[name]] = mixed(names.singles, quality, cost, cost[name])
            cost[names.mix[name]] = cost[name]
    rows = {name: _row(name, quality[name], cost[name], name not in routers) for name in quality}

    # A router that asks several models has no share of strong calls: it is judged by its cost.
    chosen_once = {name: answer for name, answer in answers.items() if answer.played is None}
    differences: dict[str, Difference] = {}
    curves: dict[str, pd.DataFrame] = {}
    if _has_gap(asked, quality, names):
        curves, gains = _curves.deferral(chosen_once, names, asked, resampler, rows, oracle)
        for name in chosen_once:
            if name != length_name:
                bars = {other: gains[other] for other in (names.coin, length_name)}
                differences[name] = against_all(
                    *gains[name], bars, "APGR", possible=gains[names.oracle][0],
                    worthwhile=setting.worthwhile,
                )  # fmt: skip
    elif asked.costs_known:
        curves = _curves.sweeps(answers, names, asked, resampler, rows)
    figure = "quality at its cost" if asked.costs_known else "quality"
    for name in routers:
        if name not in differences:
            bars = bars_of(name, names, quality, cost, asked.costs_known)
            possible = quality[names.oracle][0] if setting.judge is None else np.inf
            differences[name] = against_all(
                *quality[name], bars, figure, possible=possible, worthwhile=setting.worthwhile
            )
    columns, verdicts = judge({name: differences[name] for name in routers}, resampler.n_groups)
    for name, facts in rows.items():
        facts |= columns.get(name, {"verdict": "control"})
    table = pd.DataFrame(rows.values()).sort_values(
        ["is_control", "quality"], ascending=[True, False], kind="stable"
    )
    asked.notes += optimism({name: quality[name] for name in routers}, "quality")
    chosen = {name: [asked.models[j] for j in answers[name].choice] for name in answers}
    chosen[names.oracle] = [asked.models[j] for j in oracle]
    own_mix = {
        name: (got[name][0], got[names.shuffled[name]][0], names.shuffled[name]) for name in routers
    }
    return Comparison(
        kind="outcomes",
        table=table.reset_index(drop=True).dropna(axis=1, how="all"),
        verdicts=verdicts,
        curves=curves,
        confusion={},
        predictions=pd.DataFrame(chosen, index=pd.RangeIndex(n, name="prompt")),
        resolution=resolution(differences),
        n=n,
        notes=asked.notes,
        slices=slice_table(asked.slices, own_mix, resampler),
        errors=_errors({name: (answers[name], got[name][0]) for name in routers}, oracle, asked),
        alarms=[
            alarm
            for name in routers
            for alarm in _alarms(name, answers[name], *own_mix[name][:2], asked, resampler)
        ],
        prompts=asked.prompts,
        scores=_scores(answers, routers, n),
        judged=_two_models(asked),
    )


def _scores(answers: dict[str, Answer], routers: list[str], n: int) -> pd.DataFrame:
    """Return the need of the strong model by router, of those that ask one of two models."""
    known = {
        name: answers[name].score
        for name in routers
        if answers[name].score is not None and answers[name].played is None
    }
    return pd.DataFrame(known, index=pd.RangeIndex(n, name="prompt"))


def _two_models(asked: Asked) -> pd.DataFrame:
    """Return quality and cost of either of two models on each prompt, the weak one's first."""
    index = pd.RangeIndex(len(asked.prompts), name="prompt")
    if len(asked.models) != 2:
        return pd.DataFrame(index=index)
    columns = {
        f"{what} {asked.models[j]}": values[:, j]
        for j in (1 - asked.strong, asked.strong)
        for what, values in (("quality", asked.quality), ("cost", asked.cost))
    }
    return pd.DataFrame(columns, index=index)


def _figures(
    got: dict[str, tuple[np.ndarray, np.ndarray]], resampler: Resampler
) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Return quality and cost of each: mean and resampled means."""
    values = np.column_stack([value for pair in got.values() for value in pair])
    means, samples = values.mean(axis=0), resampler.means(values)
    quality, cost = (
        {name: (float(means[2 * i + j]), samples[:, 2 * i + j]) for i, name in enumerate(got)}
        for j in (0, 1)
    )
    return quality, cost


def _has_gap(asked: Asked, quality: dict[str, Figure], names: Names) -> bool:
    """Whether there are two models, one of them surely better: else a share of the gap is noise."""
    if len(asked.models) != 2:
        return False
    (first, first_drawn), (second, second_drawn) = (quality[name] for name in names.singles)
    low, high = interval(first_drawn - second_drawn)
    if low > 0 or high < 0:
        return True
    if first != second:
        asked.notes.append(
            "these prompts do not tell which of the two models is better, so there is no gap to "
            "recover: routers are judged by quality, without APGR"
        )
    return False


def _row(name: str, quality: Figure, cost: Figure, is_control: bool) -> dict[str, Any]:
    low, high = interval(quality[1])
    return {
        "name": name, "quality": quality[0], "low": float(low), "high": float(high),
        "cost": cost[0], "is_control": is_control,
    }  # fmt: skip


def _corrected(
    quality: dict[str, Figure], setting: Setting, names: Names, asked: Asked
) -> dict[str, Figure]:
    """Return what the figures would be without the judge's errors, and what is known of them.

    A corrected figure may lie outside [0, 1], as one that is not biased must. The oracle picks the
    luckiest verdicts, which no correction of means undoes: it is left out.
    """
    noise = setting.judge
    assert noise is not None
    if not np.isin(asked.quality, (0.0, 0.5, 1.0)).all():
        raise InputError("judge= corrects verdicts of 0, 1 or 0.5 (a tie), got other qualities")
    if setting.worthwhile is None:
        raise InputError(
            "judge= needs worthwhile=, the smallest gain worth having: the oracle over verdicts "
            "that err does not tell what is possible"
        )
    asked.notes.append(
        f"qualities are corrected for a judge that errs in {noise.error:.1%} of its verdicts; "
        "curves, slices and errors show the verdicts"
    )
    drawn = np.column_stack([samples for _, samples in quality.values()])
    samples = widen(drawn, noise).samples
    shrunk = 1 - 2 * noise.error
    return {
        name: ((figure - noise.error) / shrunk, samples[:, i])
        for i, (name, (figure, _)) in enumerate(quality.items())
        if name != names.oracle
    }


def _errors(
    answers: dict[str, tuple[Answer, np.ndarray]], oracle: np.ndarray, asked: Asked
) -> pd.DataFrame:
    """Return a row per router and prompt on which another model would have done better."""
    best = asked.quality[np.arange(len(oracle)), oracle]
    parts = []
    for name, (answer, got) in answers.items():
        rows = np.flatnonzero(got < best)
        parts.append(
            pd.DataFrame(
                {"router": name, "prompt": rows,
                 "chosen": [asked.models[j] for j in answer.choice[rows]], "quality": got[rows],
                 "best": [asked.models[j] for j in oracle[rows]], "best_quality": best[rows]}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _alarms(
    name: str,
    answer: Answer,
    value: np.ndarray,
    shuffled: np.ndarray,
    asked: Asked,
    resampler: Resampler,
) -> list[Alarm]:
    if asked.costs_known:
        best = np.eye(len(asked.models))[oracle_choice(asked.quality, asked.cost)]
    else:
        best = (asked.quality == asked.quality.max(axis=1, keepdims=True)).astype(float)
        best /= best.sum(axis=1, keepdims=True)
    evidence = Evidence(
        asked.models, answer.choice, best, value, shuffled, resampler, quality=asked.quality,
        cost=asked.cost,
        reached=frozenset() if answer.sweep is None else frozenset(np.unique(answer.sweep)),
    )  # fmt: skip
    if answer.played is not None:  # its choice is a guess for display
        text = ALARMS["worse than shuffled"](evidence)
        return [] if text is None else [Alarm("worse than shuffled", name, text)]
    if answer.score is not None:
        gain = asked.quality[:, asked.strong] - asked.quality[:, 1 - asked.strong]
        score = np.where(gain == 0, np.nan, answer.score)
        evidence = replace(evidence, score=score, positive=gain > 0)
    return raised(name, evidence)
