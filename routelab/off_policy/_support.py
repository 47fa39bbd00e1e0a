"""What cannot be evaluated: choices without chance, models never tried, too little overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.off_policy._log import HOW_TO_LOG, Logged

#: Standard errors by which the weights' mean may be off before a note says so.
FAR = 4.0
#: And by which the propensities cannot be those of the log.
TOO_FAR = 10.0


def check_random(log: Logged) -> None:
    """Refuse a log in which no choice was left to chance, or not one in so many rows."""
    certain = 1 - 1 / max(len(log), 100)
    if (log.propensity > certain).all():
        raise InputError(
            f"the log is deterministic: all {len(log):,} propensities are above {certain:.4g}, so "
            f"it says nothing of what another model would have done; {HOW_TO_LOG}"
        )


def check_support(log: Logged, policy: pd.DataFrame) -> None:
    """Refuse a policy (n, models) that gives weight where the log could not choose."""
    seen = {log.models[code] for code in np.unique(log.chosen)}
    shares = policy.mean()
    for name, share in shares[shares > 0].items():
        if name not in seen:
            raise InputError(
                f"no support: the policy gives {share:.1%} of its weight to the model {name!r}, "
                f"which the log never chose{did_you_mean(str(name), seen)}; it chose "
                f"{', '.join(sorted(seen))}"
            )
    rows = np.arange(len(log))
    table = policy.reindex(columns=list(log.models), fill_value=0.0).to_numpy(float)
    if log.chances is not None:
        outside = (table > 0) & (log.chances == 0)
        reason = "where its propensity is 0"
    else:
        outside = (table > 0) & (log.propensity == 1)[:, None]
        outside[rows, log.chosen] = False
        reason = "where the log left nothing to chance (propensity 1 for another model)"
    if outside.any():
        worst = int(np.argmax(np.where(outside, table, 0).sum(axis=0)))
        here = outside[:, worst]
        raise InputError(
            f"no support: the policy gives weight to the model {log.models[worst]!r} in "
            f"{here.sum():,} rows {reason}, first in row {log.frame.index[int(np.argmax(here))]!r} "
            f"({table[here, worst].sum() / len(log):.1%} of its weight); leave such rows out, or "
            "evaluate a policy that keeps the log's choice there"
        )


def check_sample(ess: float, units: int, least: float, what: str) -> None:
    """Refuse when the weights leave too little of the log."""
    if units < 2 or ess < least:
        raise InputError(
            f"too little overlap for {what}: the effective sample size is {ess:.1f} of {units:,} "
            f"units, at least {max(least, 2):g} are asked for (min_ess); evaluate a policy nearer "
            "to the log's, or log more"
        )


def unit_sums(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return sums per unit (units,) of values (n,).

    Examples
    --------
    >>> unit_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0])).tolist()
    [5.0, 2.0]
    """
    return np.bincount(units, values)


def weight_notes(log: Logged, policy: np.ndarray, weights: np.ndarray) -> list[str]:
    """Say for which models the weights do not add up to the policy's share.

    On average they do, when the propensities are right.

    Parameters
    ----------
    policy : array (n, m)
    weights : array (n,)
        Before any truncation.

    Raises
    ------
    InputError
        They are so far off that the propensities cannot be right.
    """
    notes = []
    for number, name in enumerate(log.models):
        gap = np.where(log.chosen == number, weights, 0.0) - policy[:, number]
        sums = unit_sums(gap, log.units)
        error = np.sqrt((sums**2).sum())
        off = abs(sums.sum()) / error if error else 0.0
        weighted = weights[log.chosen == number].sum() / len(log)
        if off > TOO_FAR:
            raise InputError(
                f"the propensities are wrong, or the log never chose {name!r} for a part of the "
                f"prompts: its weights add up to {weighted:.3f} instead of the policy's "
                f"{policy[:, number].mean():.3f} ({off:.0f} standard errors); {HOW_TO_LOG}"
            )
        if off > FAR:
            notes.append(
                f"{name}: the weights add up to {weighted:.3f} instead of the policy's "
                f"{policy[:, number].mean():.3f}: the propensities are wrong, or the log never "
                "chose this model for a part of the prompts"
            )
    return notes
