"""Encode once: routers compared side by side share the vectors of equal encoders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone

from routelab.encoders import PromptEncoder, check_prompts


class VectorStore:
    """Vectors already computed; copies of an encoder that refers to it share it."""

    def __init__(self) -> None:
        self.learnt: dict[tuple[str, ...], PromptEncoder] = {}
        self.rows: dict[tuple[str, ...], Any] = {}
        self.by_prompt: dict[str, dict[str, np.ndarray]] = {}

    def __deepcopy__(self, memo: Any) -> VectorStore:
        return self

    def forget(self) -> None:
        """Drop what was learnt from one fold; vectors that no fold changes are kept."""
        self.learnt.clear()
        self.rows.clear()


class SharedEncoder(PromptEncoder):
    """Stand for an encoder and answer from the store what it has answered before.

    Parameters
    ----------
    encoder : PromptEncoder
        Unfitted.
    store : VectorStore
    """

    def __init__(self, encoder: PromptEncoder, store: VectorStore):
        self.encoder = encoder
        self.store = store

    def fit(self, X: Iterable[str], y: object = None) -> SharedEncoder:
        """Fit the encoder unless an equal one was fitted on the same prompts."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None, **fit_params: Any) -> Any:
        """Fit and return the rows of the prompts (n, d)."""
        prompts = check_prompts(X)
        self.name_ = joblib.hash(clone(self.encoder))
        if not self.encoder.learns:
            self.fitted_ = self.encoder
            return self._per_prompt(prompts)
        self.key_ = (self.name_, joblib.hash(prompts))
        if self.key_ not in self.store.learnt:
            encoder = clone(self.encoder)
            self.store.rows[(*self.key_, self.key_[1])] = encoder.fit_transform(prompts)
            self.store.learnt[self.key_] = encoder
        self.fitted_ = self.store.learnt[self.key_]
        return self.transform(prompts)

    def transform(self, X: Iterable[str]) -> Any:
        """Return the rows of the prompts (n, d)."""
        prompts = check_prompts(X)
        if not self.encoder.learns:
            return self._per_prompt(prompts)
        key = (*self.key_, joblib.hash(prompts))
        if key not in self.store.rows:
            self.store.rows[key] = self.fitted_.transform(prompts)
        return self.store.rows[key]

    def _per_prompt(self, prompts: list[str]) -> Any:
        whole = (self.name_, joblib.hash(prompts))
        if whole in self.store.rows:
            return self.store.rows[whole]
        known = self.store.by_prompt.setdefault(self.name_, {})
        missing = list(dict.fromkeys(p for p in prompts if p not in known))
        if missing or not prompts:
            rows = self.encoder.transform(missing)
            if not isinstance(rows, np.ndarray):  # sparse rows are kept as they were asked for
                self.store.rows[whole] = (
                    rows if missing == prompts else self.encoder.transform(prompts)
                )
                return self.store.rows[whole]
            known.update(zip(missing, rows, strict=True))
        return np.stack([known[p] for p in prompts])


def sharing(router: Any, store: VectorStore) -> Any:
    """Return an unfitted copy of `router` whose encoders answer from the store.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> sharing(make_router("knn"), VectorStore()).named_steps["encoder"].encoder
    TfidfEncoder()
    """
    copy = clone(router)
    for name, value in copy.get_params(deep=True).items():
        if isinstance(value, PromptEncoder):
            copy.set_params(**{name: SharedEncoder(value, store)})
    return copy
