"""The log: who was chosen, with which probability, and what came of it; checked row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean

#: How to log what an evaluation needs; ends every refusal that comes from the log's making.
HOW_TO_LOG = (
    "draw the model at random with known probabilities (an A/B split of a plan does: pass split=) "
    "and log the probability of the model that was chosen as a column 'propensity'"
)


@dataclass(frozen=True)
class Logged:
    """A log of n decisions between m models.

    Attributes
    ----------
    frame : DataFrame, n rows
    models : tuple of str, length m
        In the order of their names, then those that only the policy names.
    chosen : array of int (n,)
        Column of the model that was chosen.
    propensity : array (n,)
        Probability with which it was chosen, in (0, 1].
    chances : array (n, m) or None
        Probability of every model, where the log has them.
    units : array of int (n,)
        Rows of one number are not independent.
    prompts : list of str or None
    """

    frame: pd.DataFrame
    models: tuple[str, ...]
    chosen: np.ndarray
    propensity: np.ndarray
    chances: np.ndarray | None
    units: np.ndarray
    prompts: list[str] | None

    def __len__(self) -> int:
        return len(self.chosen)

    def values(self, name: str) -> np.ndarray:
        """Return the outcomes (n,) of a column, NaN where they are missing."""
        return numbers(self.frame, name)

    def needed_prompts(self, who: str) -> list[str]:
        """Return the prompts, or say who needs them."""
        if self.prompts is None:
            raise InputError(f"{who} reads prompts, but the log has no column for them")
        return self.prompts

    def take(self, keep: np.ndarray) -> Logged:
        """Return the rows where `keep` (n,) is true."""
        return replace(
            self,
            frame=self.frame[keep],
            chosen=self.chosen[keep],
            propensity=self.propensity[keep],
            chances=None if self.chances is None else self.chances[keep],
            units=np.unique(self.units[keep], return_inverse=True)[1],
            prompts=None
            if self.prompts is None
            else [p for p, kept in zip(self.prompts, keep, strict=True) if kept],
        )


def column(frame: pd.DataFrame, name: str, what: str) -> pd.Series:
    """Return a column, or say which there are."""
    if name not in frame.columns:
        raise InputError(
            f"the log has no column {name!r} for the {what}{did_you_mean(name, frame.columns)}; "
            f"columns are {', '.join(map(str, frame.columns))}"
        )
    return frame[name]


def numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as float64 (n,), NaN where it is missing."""
    try:
        values = pd.to_numeric(frame[name]).to_numpy(float, na_value=np.nan)
    except (ValueError, TypeError):
        raise InputError(f"column {name!r} must hold numbers, got {frame[name].dtype}") from None
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise InputError(f"column {name!r} holds infinity, first in row {frame.index[row]!r}")
    return values


def codes_of(frame: pd.DataFrame, unit: str | None, notes: list[str]) -> np.ndarray:
    """Return the number of each row's unit (n,); a row without one is a unit of its own."""
    if unit is None:
        return np.arange(len(frame))
    codes = pd.factorize(column(frame, unit, "unit"))[0]
    alone = codes < 0
    if alone.any():
        notes.append(f"{alone.sum():,} rows without {unit!r} count as a unit each")
        codes = np.where(alone, codes.max() + 1 + np.cumsum(alone) - 1, codes)
    return np.unique(codes, return_inverse=True)[1]


def prompts_of(frame: pd.DataFrame, name: str) -> list[str] | None:
    """Return the prompts as text; None when the column is absent or has gaps."""
    if name not in frame.columns or frame[name].isna().any():
        return None
    return frame[name].astype(str).tolist()


def logged_chances(
    frame: pd.DataFrame, given: Any, models: Sequence[str], chosen: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return models and the probability of each in every row (n, m), from a table of them."""
    table = pd.DataFrame(given)
    if len(table) != len(frame):
        raise InputError(
            f"'propensities' must have a row per row of the log, {len(frame):,}, got {len(table):,}"
        )
    names = [str(name) for name in table.columns]
    for model in models:
        if model not in names:
            raise InputError(
                f"'propensities' has no column for the model {model!r}{did_you_mean(model, names)}"
            )
    every = (*models, *(name for name in names if name not in models))
    chances = table.set_axis(names, axis=1)[list(every)].to_numpy(float)
    _check_chances(chances, frame, "'propensities'")
    at_chosen = chances[np.arange(len(chosen)), chosen]
    if not (at_chosen > 0).all():
        row = int(np.argmin(at_chosen > 0))
        raise InputError(
            f"'propensities' gives 0 to the model that was chosen, {models[chosen[row]]!r}, in row "
            f"{frame.index[row]!r}"
        )
    return every, chances


def _check_chances(chances: np.ndarray, frame: pd.DataFrame, what: str) -> None:
    """Refuse rows that are no probabilities."""
    bad = ~((chances >= 0) & (chances <= 1)).all(axis=1)
    bad |= np.abs(chances.sum(axis=1) - 1) > 1e-6
    if bad.any():
        row = int(np.argmax(bad))
        told = ", ".join(f"{value:g}" for value in chances[row])
        raise InputError(
            f"{what} must be probabilities that add up to 1 in every row, got {told} in row "
            f"{frame.index[row]!r}"
        )


def logged_propensity(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return the propensity column (n,) after a check of every row."""
    values = numbers(frame, name)
    bad = ~((values > 0) & (values <= 1))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"column {name!r} must hold probabilities above 0 and at most 1, got {values[row]:g} "
            f"in row {frame.index[row]!r} ({bad.sum():,} such rows)"
        )
    return values
