"""What every metric asks of its numbers: there, finite, and of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError


def check_columns(per: str = "prompt", **named: ArrayLike) -> list[np.ndarray]:
    """Return columns (n,) as floats, of one length n of at least 1, without gaps.

    Parameters
    ----------
    per : str, default "prompt"
        What one row stands for, for the message.
    **named : array (n,)

    Raises
    ------
    InputError
        With the name of the column and the row of the first missing or infinite value.

    Examples
    --------
    >>> check_columns(cost=[1, 2])[0].tolist()
    [1.0, 2.0]
    """
    columns = [np.asarray(values, dtype=float).ravel() for values in named.values()]
    if len({len(column) for column in columns}) != 1 or not len(columns[0]):
        raise InputError(
            f"{_listed(list(named))} must have one length of at least 1, "
            f"got {[len(column) for column in columns]}"
        )
    for name, column in zip(named, columns, strict=True):
        bad = ~np.isfinite(column)
        if bad.any():
            row = int(bad.argmax())
            what = "missing" if np.isnan(column[row]) else "infinite"
            raise InputError(f"{name} is {what} for {per} {row}")
    return columns


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def check_figure(name: str, value: float, low: float = -np.inf, high: float = np.inf) -> float:
    """Return one finite number within its bounds.

    Examples
    --------
    >>> check_figure("accuracy", 0.5, 0, 1)
    0.5
    """
    figure = float(value)
    if np.isnan(figure):
        raise InputError(f"{name} is missing (NaN)")
    if not low <= figure <= high or np.isinf(figure):
        bounds = f"in [{low:g}, {high:g}]" if np.isfinite(high) else f"finite and at least {low:g}"
        raise InputError(f"{name} must be {bounds}, got {figure!r}")
    return figure


def check_positive(name: str, value: float, why: str) -> float:
    """Return one finite number above 0, or say why 0 is no value to divide by.

    Examples
    --------
    >>> check_positive("best_cost", 0.01, "a saving is relative to it")
    0.01
    """
    figure = check_figure(name, value, 0)
    if figure == 0:
        raise InputError(f"{name} must be above 0, got {figure!r}: {why}")
    return figure


def check_variant(value: str, allowed: Sequence[str], argument: str = "variant") -> None:
    """Raise when a named choice is none of those allowed.

    Examples
    --------
    >>> check_variant("paper", ("paper", "code"))
    """
    if value not in allowed:
        raise InputError(
            f"{argument!r} must be {' or '.join(repr(name) for name in allowed)}, got {value!r}"
        )


def check_choice(choice: ArrayLike, n: int, models: int) -> np.ndarray:
    """Return chosen columns (n,) as whole numbers from 0 to models - 1.

    Examples
    --------
    >>> check_choice([1, 0], 2, 2).tolist()
    [1, 0]
    """
    (column,) = check_columns(choice=choice)
    if len(column) != n:
        raise InputError(f"choice has {len(column)} rows, the outcomes have {n}")
    bad = (column != np.floor(column)) | (column < 0) | (column >= models)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"choice must be a whole number from 0 to {models - 1}, "
            f"got {column[row]:g} for prompt {row}"
        )
    return column.astype(int)


def check_table(name: str, values: ArrayLike) -> np.ndarray:
    """Return a table (n, models) as floats, of at least one row and column; NaN is allowed.

    Examples
    --------
    >>> check_table("quality", [[1, 0]]).shape
    (1, 2)
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or not table.size:
        raise InputError(f"{name} must be prompts x models, got the shape {table.shape}")
    if np.isinf(table).any():
        row = int(np.isinf(table).any(axis=1).argmax())
        raise InputError(f"{name} is infinite for prompt {row}")
    return table


def check_labels(name: str, labels: Sequence[Any], *, abstain: bool) -> list[Any]:
    """Return labels (n,) as a list; NaN is no label, None only where abstaining is allowed.

    Examples
    --------
    >>> check_labels("predicted", ["a", None], abstain=True)
    ['a', None]
    """
    listed = list(labels)
    if not listed:
        raise InputError(f"{name} must hold at least 1 label, got none")
    for row, label in enumerate(listed):
        if label is None and not abstain:
            raise InputError(f"{name} is missing for prompt {row}")
        if isinstance(label, float | np.floating) and np.isnan(label):
            hint = "; an abstention is None" if abstain else ""
            raise InputError(f"{name} is missing for prompt {row} (NaN){hint}")
    return listed


def check_pair(truth: Sequence[Any], predicted: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return truth (n,) and answers (n,) as lists of one length.

    Examples
    --------
    >>> check_pair(["a"], [None])
    (['a'], [None])
    """
    true = check_labels("truth", truth, abstain=False)
    said = check_labels("predicted", predicted, abstain=True)
    if len(true) != len(said):
        raise InputError(f"truth has {len(true)} labels, predicted has {len(said)}")
    return true, said
