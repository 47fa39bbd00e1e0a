"""Scores that a judge gives twice: how much of their spread is noise, and what that widens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab._checks import InputError


@dataclass(frozen=True)
class ScoreNoise:
    """The variance of scores between prompts, and between repeated scores of one prompt.

    Means and differences are **not** widened by it: where each prompt has a score of its own, the
    resampled prompts carry the noise with them, and their intervals hold it already. What it does:

    - it is the share of the interval that more scores per prompt would take away (`narrowing`);
    - it draws correlations with the scores towards 0, by ``reliability ** 0.5``;
    - the best score of several models is too high for each prompt, so an oracle's quality is.

    Attributes
    ----------
    prompts, scores : int
        How many went in.
    between : float
        Variance of the prompts' true scores, at least 0.
    within : float
        Variance of repeated scores of one prompt.
    """

    prompts: int
    scores: int
    between: float
    within: float

    @property
    def reliability(self) -> float:
        """Share of the variance of one score that is not noise; NaN when all scores are equal."""
        total = self.between + self.within
        return self.between / total if total else float("nan")

    def narrowing(self, repeats: int) -> float:
        """Return the width of a mean's interval with so many scores per prompt, over that with one.

        Examples
        --------
        >>> noise = ScoreNoise(100, 200, between=3.0, within=1.0)
        >>> round(noise.narrowing(4) ** 2, 6)  # (3 + 1/4) / (3 + 1)
        0.8125
        """
        if repeats < 1:
            raise InputError(f"'repeats' must be at least 1, got {repeats!r}")
        total = self.between + self.within
        return float(((self.between + self.within / repeats) / total) ** 0.5) if total else 1.0

    def __str__(self) -> str:
        return (
            f"{self.scores:,} scores of {self.prompts:,} prompts: {1 - self.reliability:.0%} of "
            f"the variance is the judge's (standard deviation {self.within**0.5:.2f}). Intervals "
            "of means hold it already; two scores per prompt would make them "
            f"{1 - self.narrowing(2):.0%} narrower."
        )


def score_noise(scores: Any) -> ScoreNoise:
    """Return the noise of a judge's scores, from prompts that it scored several times.

    A one-way random effects model: a score is the prompt's own value and a deviation with the same
    variance for all prompts. Its variances are those of the analysis of variance.

    Parameters
    ----------
    scores : array (n, r)
        Scores of n prompts, NaN where there is none.

    Returns
    -------
    ScoreNoise

    Raises
    ------
    InputError
        Fewer than two prompts, or none with two scores.

    References
    ----------
    P. Shrout and J. Fleiss, "Intraclass correlations: uses in assessing rater reliability",
    Psychological Bulletin 86 (1979), case 1; S. Searle, G. Casella and C. McCulloch, "Variance
    Components" (1992), section 3.6, for prompts with different numbers of scores.

    Examples
    --------
    >>> noise = score_noise([[1, 3], [5, 7], [9, 11]])
    >>> noise.within, noise.between, round(noise.reliability, 3)
    (2.0, 15.0, 0.882)
    """
    values = np.asarray(scores, dtype=float)
    if values.ndim != 2:
        raise InputError(f"'scores' must have the shape (prompts, repeats), got {values.shape}")
    given = np.isfinite(values)
    values, given = values[given.any(axis=1)], given[given.any(axis=1)]
    counts = given.sum(axis=1)
    n, total = len(values), int(counts.sum())
    if n < 2 or total == n:
        raise InputError(
            f"noise needs two prompts, and one with two scores; got {total} scores of {n} prompts"
        )
    means = np.nanmean(np.where(given, values, np.nan), axis=1)
    grand = np.average(means, weights=counts)
    within = float(np.where(given, (values - means[:, None]) ** 2, 0.0).sum()) / (total - n)
    spread = float((counts * (means - grand) ** 2).sum()) / (n - 1)
    typical = (total - (counts**2).sum() / total) / (n - 1)  # scores per prompt
    return ScoreNoise(n, total, float(max(0.0, (spread - within) / typical)), within)
