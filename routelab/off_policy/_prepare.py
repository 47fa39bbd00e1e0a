"""From a log as it comes to checked decisions: outcomes, arms, propensities, units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.off_policy._estimated import estimated, refuse_without_propensity
from routelab.off_policy._log import (
    Logged,
    codes_of,
    column,
    logged_chances,
    logged_propensity,
    prompts_of,
)
from routelab.off_policy.propensities import split_log


def targets_of(
    frame: pd.DataFrame, quality: str, cost: str | None, notes: list[str]
) -> dict[str, str]:
    """Return the columns of the outcomes that are there."""
    column(frame, quality, "quality")
    if cost is None or (cost == "cost_usd" and cost not in frame.columns):
        notes.append("the log has no cost: only the quality is evaluated")
        return {"quality": quality}
    column(frame, cost, "cost")
    return {"quality": quality, "cost": cost}


def by_split(
    frame: pd.DataFrame, split: Any, propensities: Any, unit: str | None, notes: list[str]
) -> tuple[str, str, str | None, pd.DataFrame]:
    """Return columns of the arm, the propensity and the unit, and the rows that were reached."""
    if propensities is not None:
        raise InputError("give 'split' or 'propensities', not both")
    by = getattr(split, "split", split)
    reached = split_log(frame, split, notes)
    if unit is None and by.by in frame.columns:
        unit = by.by
    elif unit is None:
        notes.append(f"the log has no column {by.by!r}: every row counts as independent")
    return "arm", "propensity", unit, reached


def logged(
    frame: pd.DataFrame,
    model: str,
    propensity: str,
    prompt: str,
    unit: str | None,
    propensities: Any,
    seed: int,
    notes: list[str],
) -> Logged:
    """Return the checked decisions of a log; the arguments are those of `evaluate_policy`."""
    named = column(frame, model, "model that was chosen").notna().to_numpy()
    if not named.any():
        raise InputError(f"column {model!r} names no model in any of {len(named):,} rows")
    if not named.all():
        raise InputError(
            f"column {model!r} names no model in {(~named).sum():,} rows, first in row "
            f"{frame.index[int(np.argmin(named))]!r}: leave out requests that no model served"
        )
    chosen, found = pd.factorize(frame[model].astype(str), sort=True)
    names = tuple(str(name) for name in found)
    prompts = prompts_of(frame, prompt)
    chances = None
    if propensities is not None:
        names, chances = logged_chances(frame, propensities, names, chosen)
        values = chances[np.arange(len(frame)), chosen]
    elif propensity == "estimate":
        if prompts is None:
            raise InputError(
                f"propensity='estimate' reads prompts: column {prompt!r} is missing or has gaps"
            )
        values = estimated(names, chosen, prompts, seed)
        notes.append(
            "propensities are estimates from the prompts: the intervals hold only if the choice "
            "depended on nothing else, and do not know the estimates' own error"
        )
    elif propensity not in frame.columns:
        refuse_without_propensity(propensity, names, chosen, prompts, seed)
    else:
        values = logged_propensity(frame, propensity)
    units = codes_of(frame, unit, notes)
    return Logged(frame, names, chosen, values, chances, units, prompts)
