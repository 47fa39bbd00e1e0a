"""Verdicts of a judge that errs: how often, from verdicts in both orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from routelab._checks import InputError

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
        return float(error_rate(self.disagreement))

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
        low, high = error_rate(np.minimum(self.limits(level), 0.5))
        return float(low), float(high)

    def draws(self, count: int, seed: int = 0) -> np.ndarray:
        """Return errors (count,) that are compatible with the pairs, all below 0.5."""
        below = np.random.default_rng(seed).random(count) * self._beta().cdf(0.5)
        return np.asarray(error_rate(self._beta().ppf(below)))

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


def error_rate(disagreement: Any) -> Any:
    """Return the error e of a judge whose verdicts differ with probability d, below a half.

    Examples
    --------
    >>> round(float(error_rate(0.18)), 6)
    0.1
    """
    return (1 - np.sqrt(1 - 2 * np.asarray(disagreement))) / 2
