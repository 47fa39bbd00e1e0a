"""What an answer of each group is worth: given by the user, never invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.outcomes import OutcomeTable
from routelab.plan import Plan


def values_of(
    plan: Plan,
    traffic: pd.DataFrame,
    quality: Mapping[str, float] | pd.DataFrame | None,
    outcomes: OutcomeTable | None,
    notes: list[str],
) -> np.ndarray:
    """Return the value of every request in every group, float (n, n_groups); NaN is unknown.

    Measured outcomes come first, then `quality`.
    """
    if quality is None and outcomes is None:
        raise InputError(
            "regret needs to know what an answer is worth: give quality, such as "
            f"{dict.fromkeys(plan.models, 1.0)}, or outcomes"
        )
    n = len(traffic)
    values = np.full((n, len(plan.models)), np.nan)
    if isinstance(quality, pd.DataFrame):
        values = _from_frame(plan, n, quality)
    elif quality is not None:
        values = np.tile(_from_mapping(plan, quality), (n, 1))
        told = ", ".join(f"{group} {float(q):g}" for group, q in quality.items())
        notes.append(f"an answer is worth, as given: {told}; no answer is worth 0")
    if outcomes is None:
        return values
    measured = _measured(plan, outcomes, traffic["prompt"].tolist())
    known = ~np.isnan(measured)
    notes.append(
        f"{known.any(axis=1).sum():,} of {n:,} requests have measured outcomes"
        + ("" if quality is None else "; the others are worth what was given")
    )
    return np.where(known, measured, values)


def _from_mapping(plan: Plan, quality: Mapping[str, float]) -> np.ndarray:
    for group, worth in quality.items():
        if group not in plan.models:
            near = did_you_mean(group, plan.models)
            raise InputError(f"quality names {group!r}, which is no model group{near}")
        if not np.isfinite(worth) or worth < 0:
            raise InputError(f"the quality of {group!r} must be at least 0, got {worth!r}")
    missing = [group for group in plan.models if group not in quality]
    if missing:
        raise InputError(f"quality says nothing of the model group {missing[0]!r}")
    return np.array([float(quality[group]) for group in plan.models])


def _from_frame(plan: Plan, n: int, quality: pd.DataFrame) -> np.ndarray:
    missing = [group for group in plan.models if group not in quality.columns]
    if missing or len(quality) != n:
        raise InputError(
            f"a table of quality needs {n} rows, one per request in order of time, and a column "
            f"per group ({', '.join(plan.models)}); got {len(quality)} rows and "
            f"{list(quality.columns)}"
        )
    values = quality[list(plan.models)].to_numpy(float, na_value=np.nan)
    wrong = np.isinf(values) | (values < 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong.any(axis=1))[0])
        raise InputError(f"quality must be at least 0 or missing, got {values[row]} in row {row}")
    return values


def _measured(plan: Plan, outcomes: OutcomeTable, prompts: list[Any]) -> np.ndarray:
    """Return the mean quality of a group's models on each prompt; NaN where none was measured."""
    row = {prompt: number for number, prompt in enumerate(outcomes.prompts)}
    rows = np.array([-1 if pd.isna(p) else row.get(str(p), -1) for p in prompts])
    table = np.vstack([outcomes.quality, np.full(len(outcomes.models), np.nan)])[rows]
    values = np.full((len(rows), len(plan.models)), np.nan)
    found = False
    for number, deployments in enumerate(plan.models.values()):
        models = {deployment.model for deployment in deployments}
        own = [outcomes.models.index(model) for model in sorted(models) if model in outcomes.models]
        if not own:
            continue
        found = True
        known = ~np.isnan(table[:, own])
        sums = np.where(known, table[:, own], 0.0).sum(axis=1)
        count = known.sum(axis=1)
        values[count > 0, number] = sums[count > 0] / count[count > 0]
    if not found:
        raise InputError(
            f"the outcomes are of {', '.join(outcomes.models)}; none of these is a model of the "
            f"plan ({', '.join(plan.catalog.names)})"
        )
    return values
