"""From choices on outcomes to the table, the slices, the errors and the verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import _curves
from routelab.evaluate._verdict import Difference, against_all, judge, optimism, resolution
from routelab.evaluate.alarms import ALARMS, Alarm, Evidence, raised
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import dataset_oracle_choice, oracle_choice, shuffled_values
from routelab.evaluate.hull import mix_quality, random_at_cost
from routelab.evaluate.judge_noise import JudgeNoise
from routelab.evaluate.slices import slice_table
from routelab.evaluate.widening import widen

if TYPE_CHECKING:
    from routelab.evaluate._outcomes import Answer, Asked
    from routelab.evaluate._run import Setting

#: Mean and resamples (n_boot,) of a figure.
Figure = tuple[float, np.ndarray]


def result(
    answers: dict[str, Answer],
    length_name: str,
    best_single: np.ndarray,
    asked: Asked,
    setting: Setting,
) -> Comparison:
    """Put routers and controls side by side (answers: name -> choices over the asked prompts)."""
    n, m = asked.quality.shape
    routers = [name for name in answers if name != length_name]
    singles = [f"always {model}" for model in asked.models]
    oracle = oracle_choice(asked.quality, asked.cost)
    got = _per_prompt(answers, routers, singles, best_single, oracle, asked)
    resampler = Resampler(n, setting.n_boot, setting.seed, asked.groups)
    values = np.column_stack([value for pair in got.values() for value in pair])
    means, samples = values.mean(axis=0), resampler.means(values)
    quality: dict[str, Figure] = {
        name: (float(means[2 * i]), samples[:, 2 * i]) for i, name in enumerate(got)
    }
    cost: dict[str, Figure] = {
        name: (float(means[2 * i + 1]), samples[:, 2 * i + 1]) for i, name in enumerate(got)
    }
    if setting.judge is not None:
        quality = _corrected(quality, setting.judge, asked)
    if asked.costs_known:
        for name in routers:
            quality[_mix(name)] = _mixed(singles, quality, cost, cost[name])
            cost[_mix(name)] = cost[name]
    rows = {name: _row(name, quality[name], cost[name], name not in routers) for name in quality}

    # A router that asks several models has no share of strong calls: it is judged by its cost.
    chosen_once = {name: answer for name, answer in answers.items() if answer.played is None}
    differences: dict[str, Difference] = {}
    curves: dict[str, pd.DataFrame] = {}
    if m == 2 and quality[singles[0]][0] != quality[singles[1]][0]:
        curves, figures = _curves.deferral(chosen_once, asked, resampler, rows, oracle)
        for name in chosen_once:
            if name != length_name:
                bars = {other: figures[other] for other in (_curves.COIN, length_name)}
                differences[name] = against_all(
                    *figures[name], bars, "APGR", possible=figures["oracle"][0],
                    worthwhile=setting.worthwhile,
                )  # fmt: skip
    elif asked.costs_known:
        curves = _curves.sweeps(answers, asked, resampler, rows)
    for name in routers:
        if name not in differences:
            bars = _bars(name, length_name, quality, cost, asked.costs_known)
            figure = "quality at its cost" if asked.costs_known else "quality"
            differences[name] = against_all(
                *quality[name], bars, figure, possible=quality["oracle"][0],
                worthwhile=setting.worthwhile,
            )  # fmt: skip
    columns, verdicts = judge({name: differences[name] for name in routers})
    for name, facts in rows.items():
        facts |= columns.get(name, {"verdict": "control"})
    table = pd.DataFrame(rows.values()).sort_values(
        ["is_control", "quality"], ascending=[True, False], kind="stable"
    )
    asked.notes += optimism({name: quality[name] for name in routers}, "quality")
    chosen = {name: [asked.models[j] for j in answers[name].choice] for name in answers}
    chosen["oracle"] = [asked.models[j] for j in oracle]
    own_mix = {name: (got[name][0], got[_shuffled(name)][0], _shuffled(name)) for name in routers}
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
    )


def _shuffled(name: str) -> str:
    return f"{name}, shuffled"


def _mix(name: str) -> str:
    return f"{name}, mix at its cost"


def _per_prompt(
    answers: dict[str, Answer],
    routers: list[str],
    singles: list[str],
    best_single: np.ndarray,
    oracle: np.ndarray,
    asked: Asked,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return quality and cost (n,) of every router and control on every prompt."""
    row = np.arange(len(asked.prompts))

    def of(choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return asked.quality[row, choice], asked.cost[row, choice]

    def mixed(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return asked.quality @ shares, asked.cost @ shares

    m = len(asked.models)
    got = {}
    for name, answer in answers.items():
        got[name] = of(answer.choice) if answer.played is None else tuple(answer.played[:2])
    for column, name in enumerate(singles):
        got[name] = asked.quality[:, column], asked.cost[:, column]
    got["best single"] = of(best_single)
    got[_curves.COIN] = mixed(np.full(m, 1 / m))
    for name in routers:
        choice, played = answers[name].choice, answers[name].played
        if played is None:
            got[_shuffled(name)] = (
                shuffled_values(choice, asked.quality), shuffled_values(choice, asked.cost)
            )  # fmt: skip
        else:
            got[_shuffled(name)] = tuple(played[2:])
        if asked.costs_known and m > 2:  # of two models it is the shuffle
            shares = random_at_cost(asked.cost.mean(axis=0), float(got[name][1].mean()))
            got[f"{name}, random at its cost"] = mixed(shares)
    if asked.datasets is not None and len(set(asked.datasets)) > 1:
        got["dataset oracle"] = of(dataset_oracle_choice(asked.quality, asked.cost, asked.datasets))
    got["oracle"] = of(oracle)
    return got


def _corrected(quality: dict[str, Figure], judge: JudgeNoise, asked: Asked) -> dict[str, Figure]:
    """Return what the figures would be without the judge's errors, and what is known of them."""
    if not np.isin(asked.quality, (0.0, 0.5, 1.0)).all():
        raise InputError("judge= corrects verdicts of 0, 1 or 0.5 (a tie), got other qualities")
    drawn = np.column_stack([samples for _, samples in quality.values()])
    told = np.array([figure for figure, _ in quality.values()])
    found = widen(drawn, judge, figure=told)
    asked.notes.append(
        f"qualities are corrected for a judge that errs in {judge.error:.1%} of its verdicts; "
        "curves, slices and errors show the verdicts"
    )
    return {name: (float(found.figure[i]), found.samples[:, i]) for i, name in enumerate(quality)}


def _row(name: str, quality: Figure, cost: Figure, is_control: bool) -> dict[str, Any]:
    low, high = interval(quality[1])
    return {
        "name": name, "quality": quality[0], "low": float(low), "high": float(high),
        "cost": cost[0], "is_control": is_control,
    }  # fmt: skip


def _mixed(
    singles: list[str], quality: dict[str, Figure], cost: dict[str, Figure], at: Figure
) -> Figure:
    """Return the best quality of a coin between single models at a router's cost."""
    q, c = ([figures[name][0] for name in singles] for figures in (quality, cost))
    drawn_q, drawn_c = (
        np.stack([figures[name][1] for name in singles], axis=1) for figures in (quality, cost)
    )
    mean = mix_quality(np.array(c), np.array(q), np.array(at[0]))
    return float(mean), mix_quality(drawn_c, drawn_q, at[1])


def _bars(
    name: str,
    length_name: str,
    quality: dict[str, Figure],
    cost: dict[str, Figure],
    costs_known: bool,
) -> dict[str, Figure]:
    """Return the controls that spend no more than the router does."""
    bars = {_shuffled(name): quality[_shuffled(name)]}
    for other in ("best single", length_name):
        if not costs_known or cost[other][0] <= cost[name][0]:
            bars[other] = quality[other]
    if costs_known:
        bars[_mix(name)] = quality[_mix(name)]
    return bars


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
    best = asked.quality == asked.quality.max(axis=1, keepdims=True)
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
