"""Routers that hardly read the prompt: what every learnt router has to beat."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.routers._base import ROUTERS
from routelab.routers._labels import check_labelled


class ConstantRouter(ClassifierMixin, BaseEstimator):
    """Always the same label.

    Parameters
    ----------
    label : optional
        The answer; None takes the most frequent training label (the first in order on a tie).

    Examples
    --------
    >>> ConstantRouter().fit(["p", "q", "r"], ["a", "b", "b"]).predict(["x"]).tolist()
    ['b']
    """

    def __init__(self, label: Any = None):
        self.label = label

    def fit(self, X: Iterable[str], y: Any) -> ConstantRouter:
        """Count the labels (n,)."""
        _, labels = check_labelled(X, y)
        self.classes_, counts = np.unique(labels, return_counts=True)
        self.answer_ = self.classes_[counts.argmax()] if self.label is None else self.label
        if self.answer_ not in self.classes_.tolist():
            raise InputError(f"constant label {self.label!r} is not among the training labels")
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return one for the answer, zero elsewhere (n, classes)."""
        check_is_fitted(self)
        return np.tile((self.classes_ == self.answer_).astype(float), (len(check_prompts(X)), 1))

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the answer for each prompt (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class RandomRouter(ClassifierMixin, BaseEstimator):
    """Draw labels in their training shares, keyed by a hash of seed and prompt.

    The same prompt gets the same label in every process, in any order of work.

    Parameters
    ----------
    seed : int, default 0

    Examples
    --------
    >>> router = RandomRouter(seed=1).fit(["p", "q"], ["a", "b"])
    >>> bool((router.predict(["x", "y"]) == router.predict(["x", "y"])).all())
    True
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, X: Iterable[str], y: Any) -> RandomRouter:
        """Count the labels (n,)."""
        _, labels = check_labelled(X, y)
        self.classes_, counts = np.unique(labels, return_counts=True)
        self.shares_ = counts / counts.sum()
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return the training shares for each prompt (n, classes)."""
        check_is_fitted(self)
        return np.tile(self.shares_, (len(check_prompts(X)), 1))

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the drawn labels (n,)."""
        check_is_fitted(self)
        draws = np.array([uniform(self.seed, prompt) for prompt in check_prompts(X)])
        index = np.searchsorted(np.cumsum(self.shares_), draws, side="right")
        return self.classes_[np.minimum(index, len(self.classes_) - 1)]


def uniform(seed: int, prompt: str) -> float:
    """Return a number in [0, 1) from BLAKE2b of seed and prompt (first eight bytes).

    Examples
    --------
    >>> uniform(0, "hello") == uniform(0, "hello") != uniform(1, "hello")
    True
    """
    digest = hashlib.blake2b(f"{seed}\x00{prompt}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


class LengthRouter(ClassifierMixin, BaseEstimator):
    """Read the number of characters and nothing else.

    The training lengths are cut at their quantiles; each bin answers with its commonest label.

    Parameters
    ----------
    bins : int, default 10
        Most bins; ties between quantiles make fewer.

    Attributes
    ----------
    edges_ : ndarray (bins - 1,)
        Characters; a prompt of exactly that length belongs to the bin above.
    shares_ : ndarray (bins, classes)
        Share of each label per bin, with one pseudo-example spread as in the whole set.

    Examples
    --------
    >>> router = LengthRouter(bins=2).fit(["hi", "yo", "x" * 90, "y" * 80], ["s", "s", "l", "l"])
    >>> router.predict(["a", "b" * 85]).tolist()
    ['s', 'l']
    """

    def __init__(self, bins: int = 10):
        self.bins = bins

    def fit(self, X: Iterable[str], y: Any) -> LengthRouter:
        """Cut the lengths and count the labels (n,) in each bin."""
        prompts, labels = check_labelled(X, y)
        if self.bins < 1:
            raise InputError(f"'bins' must be at least 1, got {self.bins!r}")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        lengths = np.array([len(prompt) for prompt in prompts])
        cuts = np.quantile(lengths, np.arange(1, self.bins) / self.bins, method="higher")
        self.edges_ = np.unique(cuts[cuts > lengths.min()])
        cells = np.searchsorted(self.edges_, lengths, side="right") * len(self.classes_) + codes
        counts = np.bincount(cells, minlength=(len(self.edges_) + 1) * len(self.classes_))
        smooth = counts.reshape(-1, len(self.classes_)) + np.bincount(codes) / len(codes)
        self.shares_ = smooth / smooth.sum(axis=1, keepdims=True)
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return the label shares of each prompt's bin (n, classes)."""
        check_is_fitted(self)
        lengths = np.array([len(prompt) for prompt in check_prompts(X)], dtype=int)
        return self.shares_[np.searchsorted(self.edges_, lengths, side="right")]

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the commonest label of each prompt's bin (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@ROUTERS.register("constant")
def _make_constant(encoder: Any = None, label: Any = None) -> ConstantRouter:
    return ConstantRouter(label)


@ROUTERS.register("random")
def _make_random(encoder: Any = None, seed: int = 0) -> RandomRouter:
    return RandomRouter(seed)


@ROUTERS.register("length")
def _make_length(encoder: Any = None, bins: int = 10) -> LengthRouter:
    return LengthRouter(bins)
