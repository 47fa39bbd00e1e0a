"""A small network on wide text features, beside a logistic regression: for many routes.

A hidden layer lets terms that occur with the same routes share what they have learnt, which a
linear head cannot. Most terms of a row are dropped at every step, so that no route hangs on few of
them, and the network errs elsewhere than the regression does: their product is better than each.

References
----------
Heskes, "Selecting weighting factors in logarithmic opinion pools", NIPS 1997, equation 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._by_scores import ScoresMixin
from routelab.routers._labels import softmax
from routelab.routers._network import train
from routelab.routers._rows import SparseInputMixin, asked_rows
from routelab.routers.logistic import LogisticHead


class NetworkHead(SparseInputMixin, ScoresMixin, BaseEstimator):
    """Networks of one hidden layer and a logistic regression, whose probabilities are multiplied.

    Parameters
    ----------
    members : int, default 3
        Networks, each from another start. One takes `d` times `hidden` numbers of 4 bytes.
    hidden : int, default 128
        Units of the hidden layer.
    epochs : int, default 20
        Passes through the rows.
    min_steps : int, default 1500
        Least steps, of `batch_size` rows each: few examples are passed more often.
    batch_size : int, default 64
    learning_rate : float, default 0.1
        Of AdaGrad.
    drop_terms, drop_units : float, default 0.75 and 0.5
        Share of a row's entries and of the hidden units that a step does without.
    C : float, default 20.0
        Inverse of the regression's penalty, see `LogisticHead`.
    seed : int, default 0

    Attributes
    ----------
    classes_ : ndarray (classes,)
        Sorted.
    first_ : list of float32 ndarray (d + 1, hidden)
        First layer of each network, its offsets in the last row.
    second_ : list of float32 ndarray (hidden + 1, classes)
    linear_ : LogisticHead

    Notes
    -----
    The probabilities are the geometric mean of the regression's and of the networks', scaled to
    sum to one (Heskes 1997). 15,000 prompts of 150 routes are fitted within a minute on two cores,
    half of it for the regression (``fit_s`` in ``make bench-routers``).

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]
    >>> head = NetworkHead(hidden=8, min_steps=50).fit(X, ["code", "code", "art", "art"])
    >>> head.predict([[0.8, 0.3]]).tolist()
    ['code']
    """

    def __init__(
        self,
        *,
        members: int = 3,
        hidden: int = 128,
        epochs: int = 20,
        min_steps: int = 1500,
        batch_size: int = 64,
        learning_rate: float = 0.1,
        drop_terms: float = 0.75,
        drop_units: float = 0.5,
        C: float = 20.0,
        seed: int = 0,
    ):
        self.members = members
        self.hidden = hidden
        self.epochs = epochs
        self.min_steps = min_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.drop_terms = drop_terms
        self.drop_units = drop_units
        self.C = C
        self.seed = seed

    def fit(self, X: Any, y: Any) -> NetworkHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float32)
        check_classification_targets(y)
        self._check()
        self.linear_ = LogisticHead(C=self.C).fit(X, y)
        self.classes_ = self.linear_.classes_
        rows, codes = sp.csr_matrix(X), np.searchsorted(self.classes_, y)
        steps = max(self.min_steps, self.epochs * -(-len(codes) // self.batch_size))
        seeds = np.random.SeedSequence(self.seed).generate_state(self.members)
        trained = [
            train(
                rows, codes, len(self.classes_), steps, int(seed), self.hidden, self.batch_size,
                self.learning_rate, self.drop_terms, self.drop_units,
            )
            for seed in seeds
        ]  # fmt: skip
        self.first_ = [np.vstack(network[:2]) for network in trained]
        self.second_ = [np.vstack(network[2:]) for network in trained]
        return self

    def scores(self, X: Any) -> np.ndarray:
        """Return logarithms of the probabilities (n, classes), up to a number for each row."""
        X = asked_rows(self, X)
        networks = np.zeros((X.shape[0], len(self.classes_)))
        for first, second in zip(self.first_, self.second_, strict=True):
            units = np.maximum(np.asarray(X @ first[:-1]) + first[-1], 0)
            networks += np.log(_probable(units @ second[:-1] + second[-1]))
        linear = np.log(_probable(self.linear_.scores(X)))
        return (linear + networks / self.members) / 2

    def _check(self) -> None:
        for name in ("members", "hidden", "batch_size", "epochs"):
            if not getattr(self, name) >= 1:
                raise InputError(f"{name!r} must be at least 1, got {getattr(self, name)!r}")
        for name in ("drop_terms", "drop_units"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(
                    f"{name!r} must be at least 0 and below 1, got {getattr(self, name)!r}"
                )
        if not self.learning_rate > 0:
            raise InputError(f"'learning_rate' must be above 0, got {self.learning_rate!r}")


def _probable(scores: np.ndarray) -> np.ndarray:
    """Return probabilities above zero, of which a logarithm can be taken."""
    return np.maximum(softmax(scores), 1e-12)


@ROUTERS.register("network")
def make_network(
    encoder: Any = "tfidf",
    members: int = 3,
    hidden: int = 128,
    epochs: int = 20,
    C: float = 20.0,
    seed: int = 0,
) -> Pipeline:
    """Make a pipeline of an encoder and `NetworkHead`.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`. Made for wide rows; beside a dense encoder little is gained.
    members, hidden, epochs, C, seed
        See `NetworkHead`.

    Examples
    --------
    >>> prompts = ["sort a list", "fix this loop", "write a poem", "tell a story"]
    >>> router = make_network(members=1).fit(prompts, ["code", "code", "art", "art"])
    >>> router.predict(["write a story"]).tolist()
    ['art']
    """
    head = NetworkHead(members=members, hidden=hidden, epochs=epochs, C=C, seed=seed)
    return Pipeline([("encoder", make_encoder(encoder)), ("head", head)])
