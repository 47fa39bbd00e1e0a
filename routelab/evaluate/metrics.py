"""Figures about labels: each takes truth, answers and the order of the levels, if any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import cohen_kappa_score

from routelab._checks import InputError
from routelab._registry import Registry
from routelab.evaluate._columns import check_labels, check_pair

#: Metric name -> function(truth, predicted, order); a NaN result leaves the column out.
METRICS: Registry[Callable[..., float]] = Registry("metric", "routelab.evaluate")


@METRICS.register("accuracy")
def accuracy(truth: Sequence[Any], predicted: Sequence[Any], order: Any = None) -> float:
    """Return the share of prompts (n,) answered right; abstaining (None) is not right.

    Raises
    ------
    InputError
        For a missing label, no labels, or unequal lengths; so do all label metrics.

    Notes
    -----
    Formula: #(answer = truth) / n.
    Source: standard.
    Variants: none; abstentions count as wrong, in the share of answered prompts they would not.
    Range: 0 to 1, higher is better.
    Hides: which classes are wrong and how far off; a constant answer reaches the share of the
        largest class.

    Examples
    --------
    >>> accuracy(["a", "b", "b"], ["a", "b", None])
    0.6666666666666666
    """
    true, said = check_pair(truth, predicted)
    return float(np.mean([t == p for t, p in zip(true, said, strict=True)]))


@METRICS.register("macro_f1")
def macro_f1(truth: Sequence[Any], predicted: Sequence[Any], order: Any = None) -> float:
    """Return the mean F1 over the classes that occur in the truth (n,).

    A class that is never answered right counts 0. Labels that were only predicted are no class of
    their own; they cost the true class its recall.

    Notes
    -----
    Formula: mean over classes of 2 TP / (2 TP + FP + FN).
    Source: standard; scikit-learn's ``f1_score(average="macro")`` over the true classes.
    Variants: scikit-learn also counts labels that were only predicted, as classes of F1 0.
    Range: 0 to 1, higher is better.
    Hides: how common a class is; two prompts of a rare class weigh as much as thousands.

    Examples
    --------
    >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 4)   # F1 2/3 for a, 2/3 for b
    0.6667
    """
    labels, answers = check_pair(truth, predicted)
    scores = []
    for label in dict.fromkeys(labels):
        true = np.array([t == label for t in labels])
        said = np.array([p == label for p in answers])
        scores.append(2 * (true & said).sum() / (true.sum() + said.sum()))
    return float(np.mean(scores))


def _ranks(labels: Sequence[Any], order: Sequence[Any] | None) -> np.ndarray:
    place = {label: float(i) for i, label in enumerate(order or [])}
    return np.array([place.get(label, np.nan) for label in labels])


def _levels(truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any]) -> np.ndarray:
    """Return true and answered levels (2, m) of the prompts where both are levels."""
    pair = np.array([_ranks(truth, order), _ranks(predicted, order)])
    return pair[:, ~np.isnan(pair).any(axis=0)]


@METRICS.register("within_one")
def within_one(
    truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any] | None
) -> float:
    """Return the share of prompts (n,) answered at most one level away.

    Parameters
    ----------
    truth, predicted : sequence (n,)
    order : sequence or None
        The levels, ascending; None makes the result NaN. Answers outside it are wrong.

    Notes
    -----
    Formula: #(abs(level of answer - level of truth) <= 1) / n.
    Source: standard for ordinal labels.
    Variants: none.
    Range: 0 to 1, higher is better.
    Hides: the number of levels: with three, an answer in the middle is never wrong.

    Examples
    --------
    >>> within_one(["low", "high"], ["medium", "low"], ["low", "medium", "high"])
    0.5
    """
    true, said = check_pair(truth, predicted)
    if not order:
        return float("nan")
    return float(np.mean(np.abs(_ranks(true, order) - _ranks(said, order)) <= 1))


@METRICS.register("spearman")
def spearman(truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any] | None) -> float:
    """Return Spearman's rank correlation of true and predicted levels.

    Answers outside the levels are left out; NaN without an order, and 0 when either side is
    constant.

    Notes
    -----
    Formula: Pearson's correlation of mid-ranks.
    Source: Spearman 1904, with mid-ranks for ties.
    Variants: none; where it is undefined (a constant side) 0 is returned.
    Range: -1 to 1, higher is better.
    Hides: a constant shift: answering every prompt one level too high still gives 1; and
        abstentions, which are left out.

    Examples
    --------
    >>> spearman([1, 2, 3], [1, 2, 3], [1, 2, 3])
    1.0
    """
    true, said = check_pair(truth, predicted)
    if not order:
        return float("nan")
    pair = _levels(true, said, order)
    if pair.shape[1] < 2 or (pair == pair[:, :1]).all(axis=1).any():
        return 0.0
    return round(float(np.corrcoef(rankdata(pair, axis=1))[0, 1]), 15)


@METRICS.register("weighted_kappa")
def weighted_kappa(
    truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any] | None
) -> float:
    """Return quadratic-weighted kappa: agreement of levels beyond chance.

    Answers outside the levels are left out; NaN without an order, and 0 when there is nothing to
    agree on beyond chance (both sides constant, or no level answered).

    Notes
    -----
    Formula: 1 - sum(w O) / sum(w E), w = (i - j)^2; O observed, E expected counts of level pairs.
    Source: Cohen 1968; scikit-learn's ``cohen_kappa_score(weights="quadratic")``.
    Variants: linear and unweighted kappa; not here.
    Range: -1 to 1, 0 is chance, higher is better.
    Hides: that a mean-level answer to hard prompts costs little, and the width of a level: the
        distance from 1 to 2 counts as that from 4 to 5; abstentions, which are left out.

    Examples
    --------
    >>> weighted_kappa([1, 2, 3], [1, 2, 2], [1, 2, 3])   # 1 - 1 / ((5 + 2 * 2) / 3)
    0.6666666666666667
    """
    true, said = check_pair(truth, predicted)
    if not order:
        return float("nan")
    pair = _levels(true, said, order).astype(int)
    if not pair.size or (pair == pair[0, 0]).all():
        return 0.0
    return float(cohen_kappa_score(*pair, labels=list(range(len(order))), weights="quadratic"))


def abstention(predicted: Sequence[Any]) -> float:
    """Return the share of prompts (n,) that a router gave no answer to (None).

    Notes
    -----
    Formula: #(answer is None) / n.
    Source: standard.
    Variants: none.
    Range: 0 to 1; lower is not better by itself.
    Hides: whether the prompts passed on were the ones that would have been answered wrong.

    Examples
    --------
    >>> abstention(["a", None, "b", None])
    0.5
    """
    said = check_labels("predicted", predicted, abstain=True)
    return float(np.mean([label is None for label in said]))


def robustness(original: Sequence[Any], paraphrased: Sequence[Any]) -> float:
    """Return the share of prompts (n,) whose choice stays when they are worded otherwise.

    Parameters
    ----------
    original, paraphrased : sequence (n,)
        What the router chose for each prompt and for its paraphrase; None is an abstention.

    Notes
    -----
    Formula: 1 - #(choice changed) / n.
    Source: RouterArena, arXiv 2510.00202, robustness score.
    Variants: none; the published code skips prompts without a choice, here None is a choice.
    Range: 0 to 1, higher is better.
    Hides: quality: a router that always answers the same is perfectly robust.

    Examples
    --------
    >>> robustness(["small", "large"], ["small", "small"])
    0.5
    """
    before = check_labels("original", original, abstain=True)
    after = check_labels("paraphrased", paraphrased, abstain=True)
    if len(before) != len(after):
        raise InputError(f"original has {len(before)} choices, paraphrased has {len(after)}")
    return float(np.mean([a == b for a, b in zip(before, after, strict=True)]))


def confusion(truth: Sequence[Any], predicted: Sequence[Any]) -> pd.DataFrame:
    """Return counts, truth in rows and answers in columns; None becomes "(abstained)".

    Notes
    -----
    Formula: #(truth = i and answer = j).
    Source: standard.
    Variants: none; labels that were only predicted stand in columns after the true ones.
    Range: whole numbers that sum to n.
    Hides: uncertainty: a cell of three prompts looks as firm as one of three hundred.

    Examples
    --------
    >>> confusion(["a", "b"], ["a", "a"]).loc["b", "a"]
    np.int64(1)
    """
    true, answers = check_pair(truth, predicted)
    said = ["(abstained)" if p is None else p for p in answers]
    labels = _sorted({*true})
    extra = _sorted({*said} - {*true})
    row = {label: i for i, label in enumerate(labels)}
    column = {label: i for i, label in enumerate(labels + extra)}
    counts = np.zeros((len(row), len(column)), dtype=int)
    np.add.at(counts, ([row[t] for t in true], [column[a] for a in said]), 1)
    return pd.DataFrame(
        counts, pd.Index(labels, name="truth"), pd.Index(labels + extra, name="predicted")
    )


def _sorted(labels: set[Any]) -> list[Any]:
    from routelab.routers import ordinal_scale

    return ordinal_scale(labels) or sorted(labels, key=str)
