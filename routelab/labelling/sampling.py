"""Which prompt to label next: a random test set, and for the rest the least certain one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from routelab._checks import InputError


class Queue:
    """The order in which prompts are asked.

    The test set is drawn before anything is known, and asked in random order, evenly between the
    others. Among the others the next is the one for which the two most probable labels are closest
    (margin sampling; Scheffer, Decomain, Wrobel 2001), by a logistic regression on TF-IDF of words
    that learns from training labels only. Until two labels have been seen there, and where all
    remaining prompts have been vectors of nothing, the order is random.
    """

    def __init__(self, prompts: list[str], test_share: float, seed: int, retrain_every: int):
        if not 0 < test_share < 1:
            raise InputError(f"'test_share' must be between 0 and 1, got {test_share!r}")
        if retrain_every < 1:
            raise InputError(f"'retrain_every' must be at least 1, got {retrain_every!r}")
        order = np.random.default_rng(seed).permutation(len(prompts))
        cut = min(max(round(test_share * len(prompts)), 1), max(len(prompts) - 1, 1))
        self._prompts = prompts
        self._share = test_share
        self._test = [int(i) for i in order[:cut]]
        self._train = [int(i) for i in order[cut:]]
        self._is_test = set(self._test)
        self._every = retrain_every
        self._vectors: Any = None
        self._sure: np.ndarray | None = None
        self._fitted_on = 0

    def is_test(self, index: int) -> bool:
        """Tell whether a prompt belongs to the test set."""
        return index in self._is_test

    def next(self, seen: set[int], labels: Mapping[int, str]) -> tuple[int | None, str]:
        """Return the next prompt and why, None when all were seen."""
        test = next((i for i in self._test if i not in seen), None)
        rest = [i for i in self._train if i not in seen]
        asked = len(seen)
        tested = sum(i in self._is_test for i in seen)
        if test is not None and (not rest or tested < self._share * (asked + 1)):
            return test, "test"
        if not rest:
            return None, ""
        self._learn({i: label for i, label in labels.items() if i not in self._is_test})
        if self._sure is None:
            return rest[0], "random"
        return rest[int(np.argmin(self._sure[rest]))], "uncertainty"

    def _learn(self, labels: dict[int, str]) -> None:
        if len(set(labels.values())) < 2:
            self._sure, self._fitted_on = None, 0
            return
        if self._sure is not None and abs(len(labels) - self._fitted_on) < self._every:
            return
        from sklearn.linear_model import LogisticRegression

        rows = sorted(labels)
        vectors = self._features()
        model = LogisticRegression(C=10.0, max_iter=200)
        model.fit(vectors[rows], [labels[i] for i in rows])
        top = np.sort(model.predict_proba(vectors), axis=1)[:, -2:]
        self._sure, self._fitted_on = top[:, 1] - top[:, 0], len(labels)

    def _features(self) -> Any:
        if self._vectors is None:
            from sklearn.feature_extraction.text import TfidfVectorizer

            vectorizer = TfidfVectorizer(token_pattern=r"(?u)\S+", sublinear_tf=True)
            self._vectors = vectorizer.fit_transform(self._prompts)
        return self._vectors
