"""Figures from a judge that errs: corrected, with intervals that know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.evaluate.bootstrap import interval
from routelab.evaluate.judge_noise import JudgeNoise, error_rate


@dataclass(frozen=True, eq=False)
class Widened:
    """Figures corrected for a judge's errors.

    Attributes
    ----------
    figure, low, high : ndarray (k,) or ()
    samples : ndarray (n_boot, k) or (n_boot,)
        Corrected resamples.
    """

    figure: np.ndarray
    low: np.ndarray
    high: np.ndarray
    samples: np.ndarray


def widen(
    samples: Any,
    noise: JudgeNoise,
    *,
    figure: Any = None,
    difference: bool = False,
    changed: Any = None,
    level: float = 0.95,
    seed: int = 0,
) -> Widened:
    r"""Correct means of a judge's verdicts, or their differences, and widen their intervals.

    With errors at the rate e a true mean t shows as :math:`p = t(1-e) + (1-t)e`, so that
    :math:`t = (p-e)/(1-2e)`; a difference shrinks by :math:`1-2e`. Each resample is corrected with
    an error of its own, drawn as the judged pairs allow: the interval grows by :math:`1/(1-2e)`,
    and by what is not known of e.

    Parameters
    ----------
    samples : array (n_boot, k) or (n_boot,)
        Resampled means of 0/1 verdicts (a tie is 0.5), from `Resampler.means`, or differences.
    noise : JudgeNoise
    figure : array (k,) or float, optional
        The figures on the prompts themselves. Default: means of the samples.
    difference : bool, default False
        The samples are differences of two means.
    changed : array (n_boot,), optional
        Share of the pairs whose verdict changed, in the same resamples. Default: drawn from the
        counts of `noise`.
    level : float, default 0.95
    seed : int, default 0
        Of the errors.

    Returns
    -------
    Widened
        A mean and its interval are kept in [0, 1].

    Raises
    ------
    InputError
        The pairs do not tell the judge from a coin, a mean lies outside [0, 1], or `changed` has
        another length than the samples.

    Notes
    -----
    Without `changed` the errors are drawn apart from the resamples. Where the pairs are prompts of
    the same table, a mean and its correction move against each other, and the interval of a mean
    is too wide (it held the truth 98 times in 100 in the tests); `changed` makes it right.

    References
    ----------
    W. Rogan and B. Gladen, "Estimating prevalence from the results of a screening test", American
    Journal of Epidemiology 107 (1978), equation 2 (sensitivity and specificity 1 - e).

    Examples
    --------
    >>> samples = np.random.default_rng(0).normal(0.74, 0.02, 2000)
    >>> found = widen(samples, JudgeNoise(1000, 180), figure=0.74)  # (.74 - .1) / .8
    >>> round(float(found.figure), 3), round(float(found.low), 2), round(float(found.high), 2)
    (0.8, 0.75, 0.85)
    """
    values = np.asarray(samples, dtype=float)
    told = values.mean(axis=0) if figure is None else np.asarray(figure, dtype=float)
    if not difference and not (values.min() >= 0 and values.max() <= 1):
        raise InputError(
            "means of verdicts must lie in [0, 1]; for differences pass difference=True"
        )
    most = noise.limits()[1]
    if most >= 0.5:
        raise InputError(
            f"up to {most:.0%} of the verdicts may change, with only {noise.pairs} pairs judged "
            "twice: the judge cannot be told from a coin; judge more pairs twice"
        )
    errors = noise.draws(len(values), seed)
    if changed is not None:
        shares = np.asarray(changed, dtype=float)
        if shares.shape != (len(values),) or not (shares < 0.5).all():
            raise InputError(
                f"'changed' must hold {len(values)} shares below 0.5, one per resample, got shape "
                f"{shares.shape} and at most {shares.max(initial=0.0):g}"
            )
        errors = error_rate(shares)
    errors = errors.reshape(-1, *(1,) * (values.ndim - 1))
    corrected = _corrected(values, errors, difference)
    point = _corrected(told, noise.error, difference)
    low, high = interval(corrected, level)
    if not difference:
        point, low, high = (np.clip(part, 0.0, 1.0) for part in (point, low, high))
    return Widened(np.asarray(point), np.asarray(low), np.asarray(high), corrected)


def _corrected(values: Any, errors: Any, difference: bool) -> Any:
    return (values - (0.0 if difference else errors)) / (1 - 2 * errors)
