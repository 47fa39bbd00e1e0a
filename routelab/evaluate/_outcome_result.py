"""From choices on outcomes to the table, the curves and the verdicts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.evaluate._verdict import Difference, against_best, judge, resolution
from routelab.evaluate.bootstrap import Resampler, interval, weighted_means
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import oracle_choice, shuffled_values
from routelab.evaluate.deferral import SHARES, apgr_samples, curve_samples
from routelab.evaluate.hull import aiq, hull, mix_quality

if TYPE_CHECKING:
    from routelab.evaluate._outcomes import Answer, Asked
    from routelab.evaluate._run import Setting

COIN = "random"


def result(
    answers: dict[str, Answer],
    length_name: str,
    best_single: np.ndarray,
    asked: Asked,
    setting: Setting,
) -> Comparison:
    """Put routers and controls side by side (answers: name -> choices over the asked prompts)."""
    n, m = asked.quality.shape
    row = np.arange(n)
    routers = [name for name in answers if name != length_name]
    quality: dict[str, np.ndarray] = {}
    cost: dict[str, np.ndarray] = {}
    for name, answer in answers.items():
        if answer.played is not None:
            quality[name], cost[name] = answer.played[:2]
            continue
        quality[name] = asked.quality[row, answer.choice]
        cost[name] = asked.cost[row, answer.choice]
    singles = [f"always {model}" for model in asked.models]
    for column, name in enumerate(singles):
        quality[name], cost[name] = asked.quality[:, column], asked.cost[:, column]
    quality["best single"] = asked.quality[row, best_single]
    cost["best single"] = asked.cost[row, best_single]
    quality[COIN], cost[COIN] = asked.quality.mean(axis=1), asked.cost.mean(axis=1)
    for name in routers:
        shuffled, played = f"{name}, shuffled", answers[name].played
        if played is not None:
            quality[shuffled], cost[shuffled] = played[2:]
            continue
        quality[shuffled] = shuffled_values(answers[name].choice, asked.quality)
        cost[shuffled] = shuffled_values(answers[name].choice, asked.cost)
    oracle = oracle_choice(asked.quality, asked.cost)
    quality["oracle"] = asked.quality[row, oracle]
    cost["oracle"] = asked.cost[row, oracle]

    names = list(quality)
    values = np.column_stack([quality[name] for name in names])
    money = np.column_stack([cost[name] for name in names])
    resampler = Resampler(n, setting.n_boot, setting.seed, asked.groups)
    samples = resampler.map(
        lambda weights: np.stack(
            [weighted_means(weights, values), weighted_means(weights, money)], axis=-1
        )
    )
    means = np.stack([values.mean(axis=0), money.mean(axis=0)], axis=-1)
    low, high = interval(samples[..., 0])
    rows: dict[str, dict[str, Any]] = {
        name: {
            "name": name,
            "quality": means[i, 0],
            "low": low[i],
            "high": high[i],
            "cost": means[i, 1],
            "is_control": name not in routers,
        }
        for i, name in enumerate(names)
    }
    figures = {name: (means[i], samples[:, i]) for i, name in enumerate(names)}
    # A router that asks several models has no share of strong calls: it is judged by its cost.
    chosen_once = {name: answer for name, answer in answers.items() if answer.played is None}
    differences: dict[str, Difference] = {}
    if m == 2 and means[names.index(singles[0]), 0] != means[names.index(singles[1]), 0]:
        curves, differences = _two_models(chosen_once, length_name, asked, resampler, rows, oracle)
    else:
        curves = _sweeps(answers, asked, resampler, rows) if asked.costs_known else {}
    for name in routers:
        if name not in differences:
            differences[name] = _at_own_cost(name, singles, length_name, figures, asked.costs_known)
    columns, verdicts = judge(differences)
    for name, facts in rows.items():
        facts |= columns.get(name, {"verdict": "control"})
    table = pd.DataFrame(rows.values()).sort_values(
        ["is_control", "quality"], ascending=[True, False], kind="stable"
    )
    table = table.reset_index(drop=True).dropna(axis=1, how="all")
    chosen = {name: [asked.models[j] for j in answers[name].choice] for name in answers}
    chosen["oracle"] = [asked.models[j] for j in oracle]
    return Comparison(
        kind="outcomes",
        table=table,
        verdicts=verdicts,
        curves=curves,
        confusion={},
        predictions=pd.DataFrame(chosen, index=pd.RangeIndex(n, name="prompt")),
        resolution=resolution(differences),
        n=n,
        notes=asked.notes,
    )


def _two_models(
    answers: dict[str, Answer],
    length_name: str,
    asked: Asked,
    resampler: Resampler,
    rows: dict[str, dict[str, Any]],
    oracle: np.ndarray,
) -> tuple[dict[str, pd.DataFrame], dict[str, Difference]]:
    """Deferral curves and APGR; the coin's curve is the straight line, its APGR one half."""
    strong = asked.strong
    weak_q, strong_q = asked.quality[:, 1 - strong], asked.quality[:, strong]
    scores = {name: answer.score for name, answer in answers.items() if answer.score is not None}
    scores |= {COIN: np.zeros(len(weak_q)), "oracle": strong_q - weak_q}
    curves, figures = {}, {}
    for name, score in scores.items():
        once = curve_samples(score, weak_q, strong_q, np.ones((1, len(score))))
        many = resampler.map(partial(curve_samples, score, weak_q, strong_q))
        low, high = interval(many)
        curves[name] = pd.DataFrame({"cost": SHARES, "quality": once[0], "low": low, "high": high})
        gained = apgr_samples(many)
        gained = gained[np.isfinite(gained)] if not np.isfinite(gained).all() else gained
        figures[name] = (float(apgr_samples(once)[0]), gained)
        ends = interval(gained)
        rows[name] |= {
            "apgr": figures[name][0], "apgr_low": float(ends[0]), "apgr_high": float(ends[1])
        }  # fmt: skip
    for name, answer in answers.items():
        rows[name]["strong_share"] = float((answer.choice == strong).mean())
    rows["oracle"]["strong_share"] = float((oracle == strong).mean())
    bars = {name: figures[name] for name in (COIN, length_name)}
    return curves, {
        name: against_best(*figures[name], bars, "APGR") for name in answers if name != length_name
    }


def _sweeps(
    answers: dict[str, Answer], asked: Asked, resampler: Resampler, rows: dict[str, dict[str, Any]]
) -> dict[str, pd.DataFrame]:
    """Quality against cost as the weight of cost rises, and the mix of single models."""
    row = np.arange(len(asked.prompts))
    single_cost, single_quality = asked.cost.mean(axis=0), asked.quality.mean(axis=0)
    x, y = hull(single_cost, single_quality)
    curves = {"mix of single models": pd.DataFrame({"cost": x, "quality": y, "low": y, "high": y})}
    many = interval(resampler.means(asked.quality))
    corner = [int(np.flatnonzero((single_cost == c) & (single_quality == q))[0])
              for c, q in zip(x, y, strict=True)]  # fmt: skip
    curves["mix of single models"]["low"] = many[0][corner]
    curves["mix of single models"]["high"] = many[1][corner]
    span = (float(single_cost.min()), float(single_cost.max()))
    if span[0] < span[1]:
        rows["best single"]["aiq"] = aiq(single_cost, single_quality)
    for name, answer in answers.items():
        if answer.sweep is None:
            continue
        quality = np.stack([asked.quality[row, choice] for choice in answer.sweep], axis=1)
        cost = np.stack([asked.cost[row, choice] for choice in answer.sweep], axis=1).mean(axis=0)
        low, high = interval(resampler.means(quality))
        frame = pd.DataFrame(
            {"cost": cost, "quality": quality.mean(axis=0), "low": low, "high": high}
        )
        frame = frame.drop_duplicates().sort_values("cost", kind="stable")
        curves[name] = frame.reset_index(drop=True)
        if span[0] < span[1]:
            rows[name]["aiq"] = aiq(
                frame["cost"].to_numpy(), frame["quality"].to_numpy(), span=span
            )
    return curves


def _at_own_cost(
    name: str,
    singles: list[str],
    length_name: str,
    figures: dict[str, tuple[np.ndarray, np.ndarray]],
    costs_known: bool,
) -> Difference:
    """Compare one router's quality with controls that spend no more than it does."""
    mean, samples = figures[name]
    shuffled = f"{name}, shuffled"
    bars = {shuffled: (figures[shuffled][0][0], figures[shuffled][1][:, 0])}
    for other in ("best single", length_name):
        if not costs_known or figures[other][0][1] <= mean[1]:
            bars[other] = (figures[other][0][0], figures[other][1][:, 0])
    if costs_known:
        each = np.stack([figures[single][0] for single in singles])
        drawn = np.stack([figures[single][1] for single in singles], axis=1)
        mixed = mix_quality(each[:, 1], each[:, 0], mean[1])
        resampled = mix_quality(drawn[..., 1], drawn[..., 0], samples[:, 1])
        bars["the mix of single models at its cost"] = (float(mixed), resampled)
    figure = "quality at its cost" if costs_known else "quality"
    return against_best(float(mean[0]), samples[:, 0], bars, figure)
