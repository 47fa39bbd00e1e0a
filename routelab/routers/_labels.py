"""What routers and heads check about labels, and how abstaining is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from routelab._checks import InputError
from routelab.encoders import check_prompts


def check_labelled(prompts: Iterable[str], labels: Any) -> tuple[list[str], np.ndarray]:
    """Return prompts and labels (n,) of one length, without a missing label.

    Examples
    --------
    >>> check_labelled(["a", "b"], ["x", "y"])[1].tolist()
    ['x', 'y']
    """
    texts = check_prompts(prompts)
    if labels is None:
        raise InputError("this router learns from labels, got None")
    given = np.asarray(labels)
    if given.ndim != 1 or len(given) != len(texts):
        raise InputError(f"{len(texts)} prompts need as many labels, got shape {given.shape}")
    if not texts:
        raise InputError("nothing to learn from: no prompts")
    for index, label in enumerate(given.tolist()):
        if label is None or label != label:
            raise InputError(f"label at index {index} is missing ({label!r})")
    return texts, given


def abstaining(
    chosen: np.ndarray, confidence: np.ndarray, threshold: float | None, abstain_label: Any
) -> np.ndarray:
    """Put `abstain_label` where the confidence (n,) is below the threshold.

    Without a threshold the choices come back unchanged; with one, as an object array, because
    the abstain label (None by default) is none of the classes.

    Examples
    --------
    >>> abstaining(np.array(["a", "b"]), np.array([0.9, 0.1]), 0.5, None).tolist()
    ['a', None]
    """
    if threshold is None:
        return chosen
    answer = chosen.astype(object)
    answer[confidence < threshold] = abstain_label
    return answer


def softmax(scores: np.ndarray) -> np.ndarray:
    """Turn scores (n, classes) into shares that add up to one in each row.

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


class AbstainingMixin(ClassifierMixin):
    """A classifier that may answer with none of its classes, which counts as an error."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of right answers."""
        answers = self.predict(X)
        right = [a == b for a, b in zip(answers.tolist(), np.asarray(y).tolist(), strict=True)]
        return float(np.average(right, weights=sample_weight))


def check_alike(*labels: np.ndarray) -> None:
    """Say that text and numbers are mixed, of which numpy would make text.

    Examples
    --------
    >>> check_alike(np.array(["a"]), np.array(["b"]))
    """
    kinds = {"text" if part.dtype.kind in "US" else "numbers" for part in labels}
    if len(kinds) > 1 and all(part.dtype.kind != "O" for part in labels):
        raise InputError(f"labels must be all text or all numbers, got {labels[0][:3].tolist()}")


def same_text(prompts: Sequence[str]) -> np.ndarray:
    """Return a group number per prompt (n,): equal but for case and white space is one group.

    Examples
    --------
    >>> same_text(["Hi  there", "hi there", "bye"]).tolist()
    [0, 0, 1]
    """
    seen: dict[str, int] = {}
    keys = map(plain_text, prompts)
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=int)


def plain_text(prompt: str) -> str:
    """Return the prompt without case and with single spaces.

    Examples
    --------
    >>> plain_text(" Hi  There")
    'hi there'
    """
    return " ".join(prompt.casefold().split())
