"""The policy that is evaluated, in any of its forms, as probabilities of models per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.off_policy._log import Logged


def policy_table(policy: Any, log: Logged, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the probability of each model in every row, (n, models that the policy names).

    Parameters
    ----------
    policy : str, mapping, DataFrame, array or fitted router
        One model always; model to share; a column per model and a row per row of the log; an array
        (n, m) with `names`; the chosen model of each row (n,); or what a router predicts.
    log : Logged
    names : sequence of str, length m, optional
        Models of the columns of an array.

    Raises
    ------
    InputError
        Not probabilities, another number of rows, or a router that abstains.
    """
    if names is not None and not isinstance(policy, np.ndarray):
        raise InputError(
            f"'models' names the columns of an array, but the policy is {_kind(policy)}"
        )
    if isinstance(policy, str):
        return _same({policy: 1.0}, len(log))
    if isinstance(policy, Mapping):
        return _same({str(name): _share(name, share) for name, share in policy.items()}, len(log))
    if hasattr(policy, "predict"):
        answers = policy.predict(log.needed_prompts("the policy (a router)"))
        return _decided(np.asarray(answers, object), log)
    if isinstance(policy, pd.DataFrame):
        table = policy.set_axis([str(name) for name in policy.columns], axis=1)
        return _checked(table.reset_index(drop=True), log)
    values = np.asarray(policy)
    if values.ndim == 1 and values.dtype.kind in "OUT":
        return _decided(values.astype(object), log)
    if values.ndim != 2 or values.dtype.kind not in "fiub":
        raise InputError(
            "the policy must be a model, a mapping of models to shares, a table of probabilities, "
            f"a model per row or a fitted router, got {_kind(policy)}"
        )
    if names is None or len(names) != values.shape[1]:
        raise InputError(
            f"a policy of shape {values.shape} needs 'models', the {values.shape[1]} names of its "
            f"columns, got {names!r}"
        )
    return _checked(pd.DataFrame(values, columns=[str(name) for name in names]), log)


def _kind(policy: Any) -> str:
    shape = getattr(policy, "shape", None)
    return f"{type(policy).__name__}" + (f" of shape {shape}" if shape is not None else "")


def _share(name: Any, share: Any) -> float:
    if isinstance(share, bool) or not isinstance(share, int | float | np.number):
        raise InputError(f"the share of {str(name)!r} must be a number, got {share!r}")
    return float(share)


def _same(shares: dict[str, float], n: int) -> pd.DataFrame:
    """Return the same shares in every row."""
    values = np.array(list(shares.values()))
    if not len(values) or not (values >= 0).all() or abs(values.sum() - 1) > 1e-6:
        told = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise InputError(
            f"shares of a policy must be at least 0 and add up to 1, got {told or '{}'}"
        )
    return pd.DataFrame(np.broadcast_to(values, (n, len(values))), columns=list(shares))


def _decided(answers: np.ndarray, log: Logged) -> pd.DataFrame:
    """Return 1 for the model of each row."""
    _check_rows(len(answers), log)
    codes, found = pd.factorize(answers)
    if (codes < 0).any():
        raise InputError(
            f"the policy names no model in {(codes < 0).sum():,} rows, first in row "
            f"{log.frame.index[int(np.argmax(codes < 0))]!r} (a router that abstains has no value)"
        )
    return pd.DataFrame(np.eye(len(found))[codes], columns=[str(name) for name in found])


def _checked(table: pd.DataFrame, log: Logged) -> pd.DataFrame:
    _check_rows(len(table), log)
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise InputError(f"the policy names the model {twice!r} twice")
    values = table.to_numpy(float)
    bad = ~(values >= 0).all(axis=1) | ~(np.abs(values.sum(axis=1) - 1) <= 1e-6)
    if bad.any():
        row = int(np.argmax(bad))
        told = ", ".join(f"{value:g}" for value in values[row])
        raise InputError(
            f"a policy's probabilities must be at least 0 and add up to 1 in every row, got {told} "
            f"in row {log.frame.index[row]!r}"
        )
    return table


def _check_rows(rows: int, log: Logged) -> None:
    if rows != len(log):
        raise InputError(f"the policy has {rows:,} rows, the log has {len(log):,}")


def spread(table: pd.DataFrame, models: Sequence[str]) -> np.ndarray:
    """Return the probabilities (n, m) in the order of `models`, 0 for those it does not name."""
    return table.reindex(columns=list(models), fill_value=0.0).to_numpy(float)
