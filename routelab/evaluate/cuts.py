"""What a threshold on a router's scores does, sorted once and then looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.evaluate._estimates import wilson
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.deferral import curve_samples

#: The answer to what the router is not sure enough of.
NOT_ANSWERED = "(not answered)"
CURVE_POINTS = 60
LEAST = 20


@dataclass(frozen=True)
class Cuts:
    """One router's answers to n prompts as a threshold rises.

    A prompt whose score reaches the threshold gets the answer `above`, any other `below`; one
    without a score (NaN) always gets `above`.

    Parameters
    ----------
    truths, answers : list of str
        Names of the rows and columns of the counts; the truths stand first among the answers.
    truth, above, below : ndarray of int (n,)
        Positions in `truths` and `answers`.
    score : ndarray (n,)
    prompt : ndarray of int (n,)
        Row numbers. All of these stand from the highest score on.

    Examples
    --------
    >>> cuts = Cuts.of(["a", "b"], ["a", "a"], np.array([0.9, 0.6]))
    >>> cuts.at(0.7)
    array([[1, 0, 0],
           [0, 0, 1]])
    """

    truths: list[str]
    answers: list[str]
    truth: np.ndarray
    above: np.ndarray
    below: np.ndarray
    score: np.ndarray
    prompt: np.ndarray

    @classmethod
    def of(
        cls,
        truth: Sequence[str],
        said: Sequence[str | None],
        score: np.ndarray,
        *,
        truths: Sequence[str] | None = None,
        strong: str | None = None,
    ) -> Cuts:
        """Return the cuts of what a router said.

        Parameters
        ----------
        truth, said : sequence of str (n,)
            None: it abstained.
        score : array (n,)
            Probability of what it said; NaN where there is none.
        truths : sequence of str, optional
            The classes in their order; by default sorted.
        strong : str, optional
            Of two classes: the threshold is then that of this one's probability, and what does not
            reach it gets the other. By default it is not answered.
        """
        classes = list(truths) if truths is not None else sorted(set(truth))
        answered = [NOT_ANSWERED if answer is None else answer for answer in said]
        others = sorted({*answered} - {*classes, NOT_ANSWERED})
        names = [*classes, *others, NOT_ANSWERED]
        place = {name: i for i, name in enumerate(names)}
        above = np.array([place[answer] for answer in answered], dtype=int)
        below = np.full(len(above), place[NOT_ANSWERED])
        score = np.array(score, dtype=float)
        if strong is not None:
            (weak,) = set(classes) - {strong}
            among = np.isin(above, [place[strong], place[weak]]) & np.isfinite(score)
            score = np.where(above == place[strong], score, 1 - score)
            score[~among] = np.nan
            above = np.where(among, place[strong], above)
            below = np.full(len(above), place[weak])
        score[np.isnan(score)] = np.inf
        order = np.argsort(-score, kind="stable")
        codes = np.array([place[name] for name in truth], dtype=int)
        return cls(classes, names, codes[order], above[order], below[order], score[order],
                   order)  # fmt: skip

    @property
    def scored(self) -> bool:
        """Whether the threshold moves anything."""
        return bool(np.isfinite(self.score).any())

    def reached(self, threshold: float) -> int:
        """Return how many prompts reach the threshold."""
        return int(np.searchsorted(-self.score, -threshold, side="right"))

    def given(self, threshold: float) -> np.ndarray:
        """Return the answers at a threshold (n,), as positions in `answers`."""
        k = self.reached(threshold)
        return np.concatenate([self.above[:k], self.below[k:]])

    def at(self, threshold: float) -> np.ndarray:
        """Return counts at a threshold, (truths, answers)."""
        given, columns = self.given(threshold), len(self.answers)
        counts = np.bincount(self.truth * columns + given, minlength=len(self.truths) * columns)
        return counts.reshape(len(self.truths), columns)

    def wrong(self, threshold: float) -> pd.DataFrame:
        """Return the wrong answers at a threshold, the surest first.

        `prompt`, `truth`, `answer`, `score`. What the threshold leaves without an answer is no
        error; what the router leaves without one is.
        """
        given = self.given(threshold)
        left_out = len(self.answers) - 1
        wrong = (given != self.truth) & ~((given == left_out) & (self.above != left_out))
        score = np.where(np.isfinite(self.score), self.score, np.nan)[wrong]
        names = np.array(self.answers, dtype=object)
        frame = pd.DataFrame(
            {"prompt": self.prompt[wrong], "truth": names[self.truth[wrong]],
             "answer": names[given[wrong]], "score": score}
        )  # fmt: skip
        return frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)

    def levels(self) -> list[float]:
        """Return thresholds: 0, at most 60 quantiles of the scores, and one that none reaches."""
        finite = self.score[np.isfinite(self.score)]
        if not len(finite):
            return [0.0]
        found = np.unique(np.quantile(finite, np.linspace(0, 1, CURVE_POINTS), method="nearest"))
        return list(dict.fromkeys([0.0, *found.tolist(), float(np.nextafter(1.0, 2.0))]))

    def curve(self, strong: str | None = None) -> pd.DataFrame:
        """Return `threshold`, `share`, `accuracy` with 95 % Wilson `low` and `high`, a row each.

        The share is that of the prompts answered, or with `strong` sent to it. Thresholds are
        those of `levels`; where fewer than 20 prompts are answered, the curve ends.
        """
        rows = []
        for level in self.levels():
            counts = self.at(level)
            share, accuracy, answered = summary(counts, self.answers, strong)
            if answered >= min(LEAST, len(self.truth)):
                low, high = wilson(round(accuracy * answered), answered)
                rows.append((level, share, accuracy, low, high))
        return pd.DataFrame(rows, columns=["threshold", "share", "accuracy", "low", "high"])


def summary(
    counts: np.ndarray, answers: Sequence[str], strong: str | None = None
) -> tuple[float, float, int]:
    """Return the share answered (or sent to `strong`), the accuracy of what is, and its number.

    Examples
    --------
    >>> summary(np.array([[3, 1, 0], [0, 2, 2]]), ["a", "b", NOT_ANSWERED])
    (0.75, 0.8333333333333334, 6)
    """
    total = int(counts.sum())
    answered = total - int(counts[:, list(answers).index(NOT_ANSWERED)].sum())
    right = int(np.trace(counts[:, : len(counts)]))
    sent = answered if strong is None else int(counts[:, list(answers).index(strong)].sum())
    return sent / total, right / answered if answered else float("nan"), answered


@dataclass(frozen=True)
class Deferral:
    """One router between two models, as the share of calls to the strong one rises.

    Prompts of equal score are sent in one go, as in :func:`routelab.evaluate.deferral_curve`.

    Attributes
    ----------
    shares : ndarray (s,)
    quality, cost : ndarray (s,)
        Mean, and mean USD per prompt; NaN where costs are unknown.
    needed : ndarray (s,)
        Share of all prompts that go to the strong model and that it serves better.
    need : float
        Share of all prompts that the strong model serves better.
    score : ndarray (n,)
        From the most needing prompt on.
    """

    shares: np.ndarray
    quality: np.ndarray
    cost: np.ndarray
    needed: np.ndarray
    need: float
    score: np.ndarray

    @classmethod
    def of(cls, score: np.ndarray, judged: pd.DataFrame) -> Deferral:
        """Return the deferral by a score of prompts whose outcomes are known."""
        weak_quality, weak_cost, quality, cost = judged.to_numpy(float).T
        better = (quality > weak_quality).astype(float)
        shares = np.linspace(0, 1, 101)
        once, nothing = np.ones((1, len(score))), np.zeros(len(score))

        def curve(weak: np.ndarray, strong: np.ndarray) -> np.ndarray:
            return curve_samples(score, weak, strong, once, shares)[0]

        return cls(
            shares,
            curve(weak_quality, quality),
            curve(weak_cost, cost),
            curve(nothing, better),
            float(better.mean()),
            np.sort(score)[::-1],
        )

    def counts(self, position: int) -> np.ndarray:
        """Return prompts by need (not better, better) and model (weak, strong), (2, 2).

        Expected numbers: prompts of equal score are a random part.
        """
        sent, needed, n = self.shares[position], self.needed[position], len(self.score)
        both = np.array([[1 - self.need - (sent - needed), sent - needed],
                         [self.need - needed, needed]])  # fmt: skip
        return np.clip(both, 0, None) * n

    def threshold(self, position: int) -> float:
        """Return the least score that is sent; above all scores for nothing."""
        k = round(float(self.shares[position]) * len(self.score))
        return float(self.score[k - 1]) if k else float("inf")


def label_cuts(comparison: Comparison, router: str, strong: str | None = None) -> Cuts | None:
    """Return the cuts of a router of a comparison on labels; None where scores were not kept.

    Examples
    --------
    >>> from routelab import compare
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "a poem", "an ode"] * 3,
    ...                       "label": ["code", "code", "art", "art"] * 3})
    >>> comparison = compare(["linear"], frame, cv=2, n_boot=50)
    >>> bool((label_cuts(comparison, "linear").at(0)[:, :2]
    ...       == comparison.confusion["linear"].to_numpy()).all())
    True
    """
    if comparison.kind != "labels" or router not in comparison.scores:
        return None
    said = [None if answer is None or answer != answer else str(answer)
            for answer in comparison.predictions[router]]  # fmt: skip
    return Cuts.of(
        [str(label) for label in comparison.judged["truth"]], said,
        comparison.scores[router].to_numpy(float),
        truths=[str(name) for name in comparison.confusion[router].index], strong=strong,
    )  # fmt: skip
