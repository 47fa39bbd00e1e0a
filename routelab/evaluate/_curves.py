"""Curves of a comparison on outcomes: quality against share of strong calls, or against cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.evaluate.bootstrap import Resampler, interval
from routelab.evaluate.deferral import SHARES, apgr_samples, curve_samples
from routelab.evaluate.hull import aiq, hull
from routelab.evaluate.thresholds import cpt

if TYPE_CHECKING:
    from routelab.evaluate._outcome_controls import Names
    from routelab.evaluate._outcomes import Answer, Asked


def deferral(
    answers: dict[str, Answer],
    names: Names,
    asked: Asked,
    resampler: Resampler,
    rows: dict[str, dict[str, Any]],
    oracle: np.ndarray,
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[float, np.ndarray]]]:
    """Return deferral curves and APGR (figure, resamples); the coin's APGR is one half."""
    strong = asked.strong
    weak_q, strong_q = asked.quality[:, 1 - strong], asked.quality[:, strong]
    scores = {name: answer.score for name, answer in answers.items() if answer.score is not None}
    scores |= {names.coin: np.zeros(len(weak_q)), names.oracle: strong_q - weak_q}
    curves, figures = {}, {}
    for name, score in scores.items():
        once = curve_samples(score, weak_q, strong_q, np.ones((1, len(score))))
        many = resampler.map(partial(curve_samples, score, weak_q, strong_q))
        low, high = interval(many)
        curves[name] = pd.DataFrame({"cost": SHARES, "quality": once[0], "low": low, "high": high})
        gained = apgr_samples(many)
        figures[name] = (float(apgr_samples(once)[0]), gained)
        ends = interval(gained[np.isfinite(gained)])
        if name not in rows:  # without the oracle of a judge that errs
            continue
        rows[name] |= {
            "apgr": figures[name][0], "apgr_low": float(ends[0]), "apgr_high": float(ends[1])
        }  # fmt: skip
        for part in (50, 80):
            rows[name][f"cpt{part}"] = cpt(score, weak_q, strong_q, part / 100)
    for name, answer in answers.items():
        rows[name]["strong_share"] = float((answer.choice == strong).mean())
    if names.oracle in rows:
        rows[names.oracle]["strong_share"] = float((oracle == strong).mean())
    # A resample without a gap between the models has no APGR, for any router alike.
    whole = np.all([np.isfinite(drawn) for _, drawn in figures.values()], axis=0)
    return curves, {name: (value, drawn[whole]) for name, (value, drawn) in figures.items()}


def sweeps(
    answers: dict[str, Answer],
    names: Names,
    asked: Asked,
    resampler: Resampler,
    rows: dict[str, dict[str, Any]],
) -> dict[str, pd.DataFrame]:
    """Return quality against cost as the weight of cost rises, and the mix of single models."""
    row = np.arange(len(asked.prompts))
    single_cost, single_quality = asked.cost.mean(axis=0), asked.quality.mean(axis=0)
    x, y = hull(single_cost, single_quality)
    curves = {names.curve: pd.DataFrame({"cost": x, "quality": y, "low": y, "high": y})}
    many = interval(resampler.means(asked.quality))
    corner = [int(np.flatnonzero((single_cost == c) & (single_quality == q))[0])
              for c, q in zip(x, y, strict=True)]  # fmt: skip
    curves[names.curve]["low"], curves[names.curve]["high"] = many[0][corner], many[1][corner]
    span = (float(single_cost.min()), float(single_cost.max()))
    if span[0] < span[1]:
        rows[names.best_single]["aiq"] = aiq(single_cost, single_quality)
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
