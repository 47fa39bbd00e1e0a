"""Figures about how sure a router is: calibration, and telling out-of-scope prompts apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score

from routelab._checks import InputError
from routelab.evaluate._columns import check_columns, check_labels, check_table, check_variant
from routelab.evaluate._estimates import wilson


def expected_calibration_error(
    truth: Sequence[Any],
    probabilities: ArrayLike,
    classes: Sequence[Any],
    bins: int = 15,
    variant: Literal["width", "mass"] = "width",
) -> float:
    """Return how far stated confidence is from accuracy, on average.

    Parameters
    ----------
    truth : sequence (n,)
        A label that is none of the classes makes its prompt wrong.
    probabilities : array (n, classes)
        Each in [0, 1]; the highest is the confidence of its class.
    classes : sequence (classes,)
        Labels of the columns.
    bins : int, default 15
    variant : {"width", "mass"}, default "width"
        "width": bins of equal width, each with its upper end; "mass": bins of equal numbers of
        prompts (for fewer prompts than bins, one each), equal confidences in the given order.

    Raises
    ------
    InputError
        For missing values, probabilities outside [0, 1], shapes that do not fit, fewer than 1 bin.

    Notes
    -----
    Formula: sum over bins of (prompts in it / n) * abs(accuracy in it - mean confidence in it).
    Source: Guo et al. 2017, arXiv 1706.04599, section 2: top label, 15 bins of equal width.
    Variants: "width" (the paper) and "mass" (Nguyen and O'Connor 2015; less noisy where
        confidences crowd together).
    Range: 0 to 1, lower is better.
    Hides: accuracy: a router that says 0.25 to everything and is right for a quarter has 0; it is
        biased upwards on few prompts, and errors within one bin cancel.

    Examples
    --------
    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> round(expected_calibration_error(["a", "b"], sure, ["a", "b"]), 6)   # |1/2 - 0.9|
    0.4
    """
    check_variant(variant, ("width", "mass"))
    if bins < 1:
        raise InputError(f"'bins' must be at least 1, got {bins!r}")
    true = check_labels("truth", truth, abstain=False)
    table = check_table("probabilities", probabilities)
    if table.shape != (len(true), len(classes)):
        raise InputError(
            f"probabilities must be {len(true)} prompts x {len(classes)} classes, "
            f"got the shape {table.shape}"
        )
    bad = ~((table >= 0) & (table <= 1)).all(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"probabilities must be in [0, 1], got {table[row].tolist()} for prompt {row}"
        )
    top = table.argmax(axis=1)
    confidence = table.max(axis=1)
    right = np.array([classes[i] == t for i, t in zip(top, true, strict=True)], float)
    return top_label_error(right, confidence, bins, variant)


def top_label_error(
    right: np.ndarray, confidence: np.ndarray, bins: int = 15, variant: str = "width"
) -> float:
    """Return the calibration error of answers that are right (n,) with a confidence (n,).

    Examples
    --------
    >>> round(top_label_error(np.array([1.0, 0.0]), np.array([0.9, 0.9])), 6)
    0.4
    """
    gap = right - confidence
    if variant == "mass":
        order = np.argsort(confidence, kind="stable")
        parts = np.array_split(gap[order], min(bins, len(order)))
        return float(sum(abs(part.sum()) for part in parts) / len(gap))
    # Bins are ((m - 1) / M, m / M]; a confidence of 0 goes into the first.
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:], confidence, side="left")
    place = np.minimum(place, bins - 1)  # a sum of floats may end just above 1
    return float(np.abs(np.bincount(place, weights=gap, minlength=bins)).sum() / len(gap))


def reliability(right: np.ndarray, confidence: np.ndarray, bins: int = 15) -> pd.DataFrame:
    """Return stated confidence beside accuracy, a row per bin of equal width that is not empty.

    Parameters
    ----------
    right, confidence : ndarray (n,)
        1 for a right answer, else 0; NaN confidences are left out.
    bins : int, default 15
        As in `expected_calibration_error`, each with its upper end.

    Returns
    -------
    DataFrame
        `start`, `end`, `n`, `confidence` (mean), `accuracy` with 95 % Wilson `low` and `high`.

    Examples
    --------
    >>> reliability(np.array([1.0, 0.0]), np.array([0.9, 0.9]), 10)["accuracy"].tolist()
    [0.5]
    """
    known = np.isfinite(confidence)
    right, confidence = np.asarray(right, float)[known], np.asarray(confidence, float)[known]
    ends = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(ends[1:], confidence, side="left"), bins - 1)
    rows = []
    for each in np.unique(place):
        inside = place == each
        n, hits = int(inside.sum()), int(right[inside].sum())
        rows.append((ends[each], ends[each + 1], n, confidence[inside].mean(), hits / n,
                     *wilson(hits, n)))  # fmt: skip
    columns = ["start", "end", "n", "confidence", "accuracy", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def auroc(positive: ArrayLike, scores: ArrayLike) -> float:
    """Return the chance that a positive prompt scores higher than a negative one.

    Parameters
    ----------
    positive : array (n,)
        1 (True) for the prompts to be found, for example those out of scope; else 0.
    scores : array (n,)
        Higher means more likely positive; ties count half.

    Raises
    ------
    InputError
        For missing values, and when all prompts are of one kind.

    Notes
    -----
    Formula: P(score of a positive > score of a negative) + P(equal) / 2.
    Source: scikit-learn's ``roc_auc_score``.
    Variants: none.
    Range: 0 to 1, 0.5 is chance (also where all scores are equal), higher is better.
    Hides: the threshold: how many prompts in scope are turned away at the one that is deployed,
        and how rare positives are.

    Examples
    --------
    >>> auroc([1, 1, 0], [0.9, 0.4, 0.4])   # one pair right, one tied
    0.75
    """
    kind, score = check_columns(positive=positive, scores=scores)
    if not np.isin(kind, (0.0, 1.0)).all():
        row = int((~np.isin(kind, (0.0, 1.0))).argmax())
        raise InputError(f"positive must be 0 or 1, got {kind[row]:g} for prompt {row}")
    if kind.min() == kind.max():
        raise InputError(
            f"AUROC needs prompts of both kinds, got only {'positive' if kind[0] else 'negative'}"
        )
    return float(roc_auc_score(kind, score))
