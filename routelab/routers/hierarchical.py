"""Routes in two levels: first the domain, then the route within it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import AbstainingMixin, check_alike
from routelab.routers._rows import SparseInputMixin, asked_rows
from routelab.routers.logistic import LogisticHead


class HierarchicalHead(SparseInputMixin, AbstainingMixin, BaseEstimator):
    """Share of a route = share of its domain x share of the route among those of the domain.

    Two smaller questions instead of a large one; and where the route is in doubt but the domain is
    not, the domain can be the answer, which a plan may send to a model of its own.

    Parameters
    ----------
    head : classifier, optional
        Unfitted, with `predict_proba`; a copy is fitted for the domains, and one for each domain
        of several routes. Default: `LogisticHead`.
    domains : mapping, optional
        Route to domain. A route that is not named is a domain by itself.
    threshold : float, optional
        Least share (0 to 1) of a route; below it the answer is the domain, if its share reaches
        the threshold, else `abstain_label`. None always answers with a route.
    abstain_label : optional

    Attributes
    ----------
    classes_ : ndarray (routes,)
    domains_ : ndarray (domains,)
    codes_ : ndarray (routes,)
        Index into `domains_` of each route.
    answers_ : list
        What `predict` may answer: the routes, and the domains where there is a threshold.
    top_ : classifier or None
        Of the domains; None where there is one.
    heads_ : list of (classifier or None), one per domain
        None where a domain has one route.

    Examples
    --------
    >>> X = [[0.0, 0.0], [0.0, 1.0], [5.0, 0.0], [5.0, 1.0]] * 3
    >>> y = ["sql", "python", "poem", "story"] * 3
    >>> domains = {"sql": "code", "python": "code", "poem": "art", "story": "art"}
    >>> head = HierarchicalHead(domains=domains, threshold=0.8).fit(X, y)
    >>> head.predict([[0.0, 0.0], [0.0, 0.5]]).tolist()  # between two routes of one domain
    ['sql', 'code']
    """

    def __init__(
        self,
        head: Any = None,
        *,
        domains: Mapping[Any, Any] | None = None,
        threshold: float | None = None,
        abstain_label: Any = None,
    ):
        self.head = head
        self.domains = domains
        self.threshold = threshold
        self.abstain_label = abstain_label

    def fit(self, X: Any, y: Any) -> HierarchicalHead:
        """Learn from rows (n, d), dense or csr, and routes (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"needs at least two classes, got one class: {self.classes_.tolist()[0]!r}"
            )
        named = self._domains(self.classes_.tolist())
        places = {name: place for place, name in enumerate(dict.fromkeys(named))}
        check_alike(self.classes_, *(np.array([name]) for name in places))
        self.domains_ = np.array(list(places))
        self.codes_ = np.array([places[name] for name in named])
        head = LogisticHead() if self.head is None else self.head
        domain = self.codes_[codes]
        self.top_ = clone(head).fit(X, domain) if len(places) > 1 else None
        self.heads_: list[Any] = []
        for place in range(len(places)):
            rows = np.flatnonzero(domain == place)
            several = (self.codes_ == place).sum() > 1
            self.heads_.append(clone(head).fit(X[rows], codes[rows]) if several else None)
        return self

    @property
    def answers_(self) -> list[Any]:
        """What `predict` may answer, apart from abstaining."""
        beyond = [] if self.threshold is None else self.domains_.tolist()
        return list(dict.fromkeys([*self.classes_.tolist(), *beyond]))

    def _domains(self, routes: list[Any]) -> list[Any]:
        given = self.domains or {}
        named = [given.get(route, route) for route in routes]
        for route, domain in zip(routes, named, strict=True):
            if domain in routes and domain != route:
                raise InputError(f"{domain!r} is a route and the domain of {route!r}: rename one")
        return named

    def _shares(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of the domains (n, domains) and of the routes (n, routes)."""
        X = asked_rows(self, X)
        n = X.shape[0]
        domains = np.ones((n, 1)) if self.top_ is None else self.top_.predict_proba(X)
        routes = domains[:, self.codes_]
        for place, head in enumerate(self.heads_):
            if head is not None:
                routes[:, self.codes_ == place] *= head.predict_proba(X)
        return domains, routes

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the shares of the routes (n, routes), columns as in `classes_`."""
        return self._shares(X)[1]

    def predict_domain(self, X: Any) -> np.ndarray:
        """Return the most probable domain of each row (n,)."""
        domains = self._shares(X)[0]
        return self.domains_[domains.argmax(axis=1)]

    def predict(self, X: Any) -> np.ndarray:
        """Return routes (n,); domains and `abstain_label` among them with a threshold."""
        domains, routes = self._shares(X)
        chosen = self.classes_[routes.argmax(axis=1)]
        if self.threshold is None:
            return chosen
        answer = chosen.astype(object)
        doubtful = routes.max(axis=1) < self.threshold
        answer[doubtful] = self.domains_[domains[doubtful].argmax(axis=1)]
        answer[domains.max(axis=1) < self.threshold] = self.abstain_label
        return answer


@ROUTERS.register("hierarchical")
def _make(
    encoder: Any = "tfidf",
    head: Any = None,
    domains: Mapping[Any, Any] | None = None,
    threshold: float | None = None,
    abstain_label: Any = None,
) -> Pipeline:
    own = HierarchicalHead(head, domains=domains, threshold=threshold, abstain_label=abstain_label)
    return Pipeline([("encoder", make_encoder(encoder)), ("head", own)])
