"""Verdicts of a judge that errs: the error rate, and intervals that know of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from routelab._checks import InputError
from routelab.evaluate.bootstrap import interval

if TYPE_CHECKING:
    from routelab.labelling.judge import Judged


@dataclass(frozen=True)
class JudgeNoise:
    r"""How often a judge errs, from verdicts on the same pairs twice (in both orders).

    The model: every verdict is one of two, and each time the judge turns the true one round with
    probability e, whatever the pair and the order. Two verdicts then differ with probability
    :math:`d = 2e(1-e)`, so :math:`e = (1 - \sqrt{1-2d})/2`.

    What the model does not see: an error that the judge makes in both orders, such as a liking for
    long answers. Only verdicts of people show it. Ties that become verdicts count as differing.

    Parameters
    ----------
    pairs : int
        Judged twice.
    disagreed : int
        Pairs whose two verdicts differ; fewer than half.
    one_way : int, optional
        Of these, how many changed from the lower verdict to the higher one.

    Raises
    ------
    InputError
        Counts that do not fit, or half of the pairs or more differ: the model does not hold.

    References
    ----------
    L. Brown, T. Cai and A. DasGupta, "Interval estimation for a binomial proportion", Statistical
    Science 16 (2001), section 3.1.2: Jeffreys' interval, for d.

    Examples
    --------
    >>> noise = JudgeNoise(pairs=100, disagreed=18)
    >>> noise.disagreement, round(noise.error, 6)  # 2 * 0.1 * 0.9
    (0.18, 0.1)
    """

    pairs: int
    disagreed: int
    one_way: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.disagreed <= self.pairs or self.pairs < 1:
            raise InputError(f"{self.disagreed} of {self.pairs} pairs cannot differ")
        if 2 * self.disagreed >= self.pairs:
            raise InputError(
                f"{self.disagreed} of {self.pairs} verdicts changed: half of them or more, like a "
                "coin or a judge that looks at the order alone; no figure can be corrected for it"
            )

    @classmethod
    def from_judged(cls, judged: Judged) -> JudgeNoise:
        """Return the noise of a judgement in both orders, or of labels that were asked twice.

        Raises
        ------
        InputError
            Nothing was asked twice, or the verdicts are scores or of more than two labels.
        """
        if "score" in judged.frame:
            raise InputError("scores are not right or wrong: repeat them and take score_noise")
        if "winner" in judged.frame:
            return cls(len(judged.frame), round(judged.position_bias * len(judged.frame)))
        if judged.frame["label"].nunique() > 2:
            raise InputError("the model holds for two labels; the judge gave more")
        if not judged.repeated:
            raise InputError("nothing was asked twice: judge with repeat_share above 0")
        return cls(judged.repeated, round(judged.changed * judged.repeated))

    @property
    def disagreement(self) -> float:
        """Share d of the pairs whose verdicts differ."""
        return self.disagreed / self.pairs

    @property
    def error(self) -> float:
        """Probability e that one verdict is wrong, below a half."""
        return float(_error(self.disagreement))

    @property
    def position_p(self) -> float:
        """McNemar's exact p of "changes go both ways alike"; NaN when not known.

        A small p tells of a judge that prefers a position, which the model does not hold.
        """
        if self.one_way is None or not self.disagreed:
            return float("nan")
        return float(stats.binomtest(self.one_way, self.disagreed).pvalue)

    def limits(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of the disagreement d."""
        low, high = self._beta().ppf([(1 - level) / 2, (1 + level) / 2])
        return float(low if self.disagreed else 0.0), float(high)

    def error_limits(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of the error e, at most 0.5."""
        low, high = _error(np.minimum(self.limits(level), 0.5))
        return float(low), float(high)

    def draws(self, count: int, seed: int = 0) -> np.ndarray:
        """Return errors (count,) that are compatible with the pairs, all below 0.5."""
        below = np.random.default_rng(seed).random(count) * self._beta().cdf(0.5)
        return np.asarray(_error(self._beta().ppf(below)))

    def _beta(self) -> Any:
        return stats.beta(self.disagreed + 0.5, self.pairs - self.disagreed + 0.5)

    def __str__(self) -> str:
        low, high = self.error_limits()
        told = (
            f"{self.disagreed:,} of {self.pairs:,} verdicts changed ({self.disagreement:.1%}): one "
            f"in {1 / self.error:,.0f} is wrong ({low:.1%} to {high:.1%})"
            if self.disagreed
            else f"none of {self.pairs:,} verdicts changed: at most {high:.1%} are wrong"
        )
        if self.position_p < 0.05:
            told += (
                f"; {self.one_way} of the {self.disagreed} changes go one way: the judge prefers a "
                "position, which the model does not hold"
            )
        return told


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


def judge_error(first: Iterable[Any], second: Iterable[Any], *, tie: Any = "tie") -> JudgeNoise:
    """Return how often a judge errs, from its verdicts on the same pairs in both orders.

    Parameters
    ----------
    first, second : iterable of length n
        The verdicts by the name of the winner (``"a"`` or ``"b"``, 1 or 0), not by its position.
        Two verdicts of the same question without an order will do as well.
    tie : default "tie"
        A verdict that is none; pairs with it, or with a missing verdict, are left out.

    Returns
    -------
    JudgeNoise

    Raises
    ------
    InputError
        Lengths differ, nothing was judged twice, more than two verdicts, or half of the pairs or
        more changed.

    Examples
    --------
    >>> noise = judge_error(["a", "b", "a", "a", "tie"], ["a", "b", "a", "b", "a"])
    >>> noise.pairs, noise.disagreed
    (4, 1)
    """
    one, two = (pd.Series(list(verdicts), dtype=object) for verdicts in (first, second))
    if len(one) != len(two):
        raise InputError(f"both orders need the same pairs, got {len(one)} and {len(two)}")
    judged = one.notna() & two.notna() & (one != tie) & (two != tie)
    one, two = one[judged], two[judged]
    found = sorted({*one, *two}, key=str)
    if not found:
        raise InputError("there is no pair with a verdict in both orders")
    if len(found) > 2:
        raise InputError(f"a verdict must be one of two, got {', '.join(map(repr, found))}")
    changed = one != two
    return JudgeNoise(len(one), int(changed.sum()), int((changed & (one == found[0])).sum()))


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
        errors = _error(shares)
    errors = errors.reshape(-1, *(1,) * (values.ndim - 1))
    corrected = _corrected(values, errors, difference)
    point = _corrected(told, noise.error, difference)
    low, high = interval(corrected, level)
    if not difference:
        point, low, high = (np.clip(part, 0.0, 1.0) for part in (point, low, high))
    return Widened(np.asarray(point), np.asarray(low), np.asarray(high), corrected)


def _error(disagreement: Any) -> Any:
    return (1 - np.sqrt(1 - 2 * np.asarray(disagreement))) / 2


def _corrected(values: Any, errors: Any, difference: bool) -> Any:
    return (values - (0.0 if difference else errors)) / (1 - 2 * errors)
