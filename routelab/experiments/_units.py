"""From requests to units: one numerator and one denominator per unit and arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean


@dataclass(frozen=True)
class ArmSums:
    """The units of an arm: sums over their requests, and how many requests there are."""

    numerator: np.ndarray
    denominator: np.ndarray
    requests: int

    @property
    def units(self) -> int:
        """Units that have an outcome."""
        return len(self.numerator)


@dataclass(frozen=True)
class Collected:
    """Sums per arm, the units that met each arm, and what was left out."""

    arms: dict[str, ArmSums]
    assigned: dict[str, int]
    notes: tuple[str, ...]


def collect(
    frame: pd.DataFrame,
    metric: str,
    *,
    arm: str,
    unit: str | None,
    denominator: str | None,
    binary: bool,
) -> Collected:
    """Sum the outcomes of every unit; arms are in the order of their names."""
    for name in (metric, arm, unit, denominator):
        if name is not None and name not in frame.columns:
            raise InputError(
                f"there is no column {name!r}{did_you_mean(name, frame.columns)}; "
                f"columns are {', '.join(map(str, frame.columns))}"
            )
    notes = []
    inside = frame[arm].notna().to_numpy()
    if not inside.all():
        notes.append(f"{(~inside).sum():,} requests without an arm are not part of the test")
    frame = frame[inside]
    arm_codes, found = pd.factorize(frame[arm].astype(str).to_numpy(object), sort=True)
    names = [str(name) for name in found]
    units = _unit_codes(frame, unit, notes)
    _check_one_arm_each(units, arm_codes, frame, unit)
    assigned = _count(arm_codes[np.unique(units, return_index=True)[1]], names)
    y = _numbers(frame, metric, binary)
    d = np.ones(len(frame)) if denominator is None else _numbers(frame, denominator, False)
    known = np.isfinite(y) & np.isfinite(d)
    for number, name in enumerate(names):
        missing = int((~known & (arm_codes == number)).sum())
        if missing:
            share = missing / int((arm_codes == number).sum())
            notes.append(
                f"{name}: {missing:,} requests ({share:.1%}) without an outcome are left out"
            )
    arms = {}
    for number, name in enumerate(names):
        mine = known & (arm_codes == number)
        _, codes = np.unique(units[mine], return_inverse=True)
        arms[name] = ArmSums(np.bincount(codes, y[mine]), np.bincount(codes, d[mine]), mine.sum())
    return Collected(arms, assigned, tuple(notes))


def _unit_codes(frame: pd.DataFrame, unit: str | None, notes: list[str]) -> np.ndarray:
    """Return the number of each request's unit; a request without one is a unit of its own."""
    if unit is None:
        return np.arange(len(frame))
    codes = pd.factorize(frame[unit])[0]
    alone = codes < 0
    if alone.any():
        notes.append(f"{alone.sum():,} requests without {unit!r} count as a unit each")
        codes = codes.copy()
        codes[alone] = codes.max() + 1 + np.arange(alone.sum())
    return codes


def _check_one_arm_each(
    units: np.ndarray, arms: np.ndarray, frame: pd.DataFrame, unit: str | None
) -> None:
    pairs = np.unique(np.column_stack([units, arms]), axis=0)
    numbers, counts = np.unique(pairs[:, 0], return_counts=True)
    if (counts > 1).any():
        first = frame[unit].iloc[int(np.argmax(units == numbers[counts > 1][0]))]
        raise InputError(
            f"{(counts > 1).sum():,} units are in more than one arm (first: {unit} {first!r}): "
            "analyse by the unit that the split was made by"
        )


def _count(codes: np.ndarray, names: list[str]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(names))
    return {name: int(n) for name, n in zip(names, counts, strict=True)}


def _numbers(frame: pd.DataFrame, name: str, binary: bool) -> np.ndarray:
    """Return a column as float64, NaN where it is missing."""
    try:
        values = pd.to_numeric(frame[name]).to_numpy(float, na_value=np.nan)
    except (ValueError, TypeError):
        raise InputError(f"column {name!r} must hold numbers, got {frame[name].dtype}") from None
    if np.isinf(values).any():
        raise InputError(
            f"column {name!r} holds infinity, first in row {np.argmax(np.isinf(values))}"
        )
    wrong = ~np.isnan(values) & ~np.isin(values, (0.0, 1.0))
    if binary and wrong.any():
        first = values[wrong][0]
        raise InputError(
            f"column {name!r} holds {first:g}, but a binary outcome is 0 or 1 (false or true); "
            "use kind='continuous'"
        )
    return values
