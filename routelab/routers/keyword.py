"""Complexity from keywords: whole words, scored evidence, length as evidence too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.routers._base import ROUTERS
from routelab.routers._labels import softmax

LEVELS = ("low", "medium", "high")

#: Points per keyword. "create" asks for a file name as often as for an architecture: one point.
KEYWORDS: dict[str, int] = {
    "analyze": 2,
    "analyse": 2,
    "compare": 2,
    "evaluate": 2,
    "synthesize": 2,
    "synthesise": 2,
    "design": 2,
    "prove": 2,
    "optimize": 2,
    "optimise": 2,
    "refactor": 2,
    "debug": 2,
    "step by step": 2,
    "trade-offs": 2,
    "create": 1,
    "explain": 1,
    "describe": 1,
    "summarize": 1,
    "summarise": 1,
    "list": 1,
    "implement": 1,
    "write": 1,
    "why": 1,
    "what is": -1,
    "define": -1,
    "translate": -1,
    "format": -1,
    "who is": -1,
    "spell": -1,
}

#: Characters -> points: a prompt longer than this carries them (only the highest counts).
LENGTHS: dict[int, int] = {500: 1, 2000: 2}


class KeywordRouter(ClassifierMixin, BaseEstimator):
    """Say low, medium or high from keywords and length; nothing is learnt.

    Each keyword that occurs as a whole word counts once, the points of all are added to those of
    the length, and the sum decides: up to 0 low, 1 medium, 2 and more high. So no single word
    wins by being looked up first, and "listen" does not hold "list".

    Parameters
    ----------
    keywords : dict of str to int, optional
        Points per keyword or phrase, lower case; None takes `KEYWORDS`.
    lengths : dict of int to int, optional
        Points for prompts of more than so many characters; None takes `LENGTHS`.

    Attributes
    ----------
    classes_ : ndarray (3,)
        "high", "low", "medium": sorted, as scikit-learn wants them.

    Examples
    --------
    >>> router = KeywordRouter().fit([])
    >>> router.predict(["Listen to this", "Compare the economic policies of three countries"])
    array(['low', 'high'], dtype='<U6')
    >>> router.evidence("What is a list?")
    [('list', 1), ('what is', -1)]
    """

    def __init__(
        self, keywords: dict[str, int] | None = None, lengths: dict[int, int] | None = None
    ):
        self.keywords = keywords
        self.lengths = lengths

    def fit(self, X: Iterable[str], y: Any = None) -> KeywordRouter:
        """Check the prompts and the table; labels are not needed and not used."""
        check_prompts(X)
        for keyword, points in self._keywords().items():
            if not keyword.strip() or keyword != keyword.lower():
                raise InputError(f"keyword {keyword!r} must be lower case and not blank")
            if not np.isfinite(points):
                raise InputError(f"keyword {keyword!r} needs a number of points, got {points!r}")
        self.classes_ = np.sort(LEVELS)
        return self

    def _keywords(self) -> dict[str, int]:
        return KEYWORDS if self.keywords is None else self.keywords

    def evidence(self, prompt: str) -> list[tuple[str, int]]:
        """Return what was found in one prompt, as (keyword or length, points)."""
        text = " ".join(check_prompts([prompt])[0].lower().split())
        found = [
            (keyword, points)
            for keyword, points in self._keywords().items()
            if keyword in text and re.search(rf"(?<!\w){re.escape(keyword)}(?!\w)", text)
        ]
        lengths = LENGTHS if self.lengths is None else self.lengths
        passed = [limit for limit in lengths if len(prompt) > limit]
        if passed:
            found.append((f"more than {max(passed)} characters", lengths[max(passed)]))
        return found

    def _points(self, prompts: Iterable[str]) -> np.ndarray:
        check_is_fitted(self)
        return np.array(
            [sum(p for _, p in self.evidence(prompt)) for prompt in check_prompts(prompts)],
            dtype=float,
        )

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return shares (n, 3), columns as in `classes_`; not calibrated."""
        points = np.clip(self._points(X), 0, 2)
        shares = softmax(-2.0 * (points[:, None] - np.arange(3.0)) ** 2)
        return shares[:, np.argsort(LEVELS)]

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the level of each prompt (n,)."""
        return np.array(LEVELS)[np.clip(np.floor(self._points(X)), 0, 2).astype(int)]


@ROUTERS.register("keyword")
def _make(
    encoder: Any = None,
    keywords: dict[str, int] | None = None,
    lengths: dict[int, int] | None = None,
) -> KeywordRouter:
    return KeywordRouter(keywords, lengths)
