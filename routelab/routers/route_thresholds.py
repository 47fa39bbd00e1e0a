"""Routes that answer only where they are right often enough; all else goes to a default.

References
----------
E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
American Statistical Association 22 (1927), 209-212: the intervals of the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError, did_you_mean
from routelab.routers._confidence import sure_answers
from routelab.routers._folds import text_folds
from routelab.routers._labels import AbstainingMixin, check_alike, check_labelled, same_text
from routelab.routers._leave_one_out import check_k

if TYPE_CHECKING:
    import pandas as pd

TARGETS = ("precision", "coverage")
ALL = "(all)"


class RouteThresholds(AbstainingMixin, BaseEstimator):
    """Serve a prompt by its route where the router is sure enough, else by the default.

    Every route has a threshold of its own, fitted on prompts that the router had not learnt from
    (out of fold). With ``target="precision"`` it is the lowest at which `level` of the prompts
    that the route serves belong to it; with ``target="coverage"`` the highest at which it still
    serves `level` of the prompts in scope that the router gives it.

    Parameters
    ----------
    router : classifier
        Unfitted, from prompts to routes, such as ``make_router("centroid")``, without a threshold.
    target : {"precision", "coverage"}, default "precision"
    level : float, default 0.95
        Above 0, at most 1.
    out_of_scope : optional
        Label of the training prompts that belong to no route: errors of the route that would serve
        them. A router that has a parameter of this name (`ScopedHead`) learns from them too, the
        others never see them.
    default : optional
        What `predict` answers when no route is sure enough; None means abstain.
    least : int, default 20
        A route with fewer held-out prompts than this takes the threshold of all routes together.
    cv : int, default 5
        Folds, stratified and shuffled with a fixed seed; equal texts stay in one fold.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        The routes, and `default` where it is none of them and not None; sorted.
    thresholds_ : dict
        Route to least confidence; ``inf`` where no threshold reaches the precision.
    report_ : DataFrame
        Made of `rows_`. One row per route, then all together: `threshold`, `prompts` (held out,
        given to the route), `served`, `right`, `precision` with `low` and `high` (95 % Wilson
        interval), `coverage` (the share of its prompts in scope that is served) with
        `coverage_low` and `coverage_high`, `own` (False: the threshold of all). `precision` and
        `coverage` are honest: thresholds of each half of the held-out prompts were tried on the
        other half.
    out_of_scope_refused_ : tuple of float or None
        Share of out-of-scope prompts that were refused, and its 95 % interval; found in the same
        way.
    router_ : classifier
        Fitted on all prompts in scope.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> code = [f"sort the list of {x}" for x in ("names", "dates", "files", "keys")]
    >>> art = [f"write a poem on {x}" for x in ("rain", "snow", "wind", "fog")]
    >>> router = RouteThresholds(make_router("centroid"), target="coverage", level=0.9, cv=2)
    >>> router = router.fit(code + art, ["code"] * 4 + ["art"] * 4)
    >>> router.predict(["sort the list of jobs", "qqq"]).tolist()
    ['code', None]
    """

    def __init__(
        self,
        router: Any,
        *,
        target: str = "precision",
        level: float = 0.95,
        out_of_scope: Any = None,
        default: Any = None,
        least: int = 20,
        cv: int = 5,
    ):
        self.router = router
        self.target = target
        self.level = level
        self.out_of_scope = out_of_scope
        self.default = default
        self.least = least
        self.cv = cv

    def fit(self, X: Iterable[str], y: Any) -> RouteThresholds:
        """Learn the router and its thresholds from prompts (n,) and routes (n,)."""
        prompts, labels = check_labelled(X, y)
        self._check()
        inside = np.array([label != self.out_of_scope for label in labels.tolist()], dtype=bool)
        if inside.sum() < 2:
            raise InputError("nothing to learn from: fewer than two prompts are in scope")
        if self.out_of_scope is not None and (~inside).sum() < 2:
            raise InputError(
                f"'out_of_scope' is {self.out_of_scope!r}, the label of {(~inside).sum()} prompts: "
                f"two are needed{did_you_mean(str(self.out_of_scope), map(str, np.unique(labels)))}"
            )
        groups = same_text(prompts)
        router = _told(self.router, self.out_of_scope)
        learns_all = router is not self.router
        answers, sure = _out_of_fold(router, prompts, labels, inside, groups, self.cv, learns_all)
        kept = np.arange(len(prompts)) if learns_all else np.flatnonzero(inside)
        self.router_ = clone(router).fit([prompts[i] for i in kept], labels[kept])
        routes = np.asarray(self.router_.classes_)
        extra = [] if self.default is None else [self.default]
        check_alike(routes, *(np.array([label]) for label in extra))
        self.classes_ = np.unique(np.array([*routes.tolist(), *extra]))
        right = answers == labels
        own = np.array([(answers == route).sum() >= self.least for route in routes.tolist()])
        cuts = self._cuts(routes, own, answers, sure, right, inside)
        self.thresholds_ = dict(zip(routes.tolist(), cuts.tolist(), strict=True))
        served = np.zeros(len(prompts), dtype=bool)
        half = np.random.default_rng(0).permutation(groups.max() + 1)[groups] % 2
        for one in (0, 1):
            learn, ask = half == one, half != one
            tried = self._cuts(
                routes, own, answers[learn], sure[learn], right[learn], inside[learn]
            )
            served[ask] = sure[ask] >= tried[_places(routes, answers[ask])]
        self.rows_ = _rows(routes, cuts, own, answers, right, inside, served)
        outside = ~inside
        refused = int((outside & ~served).sum())
        self.out_of_scope_refused_ = _share(refused, int(outside.sum())) if outside.any() else None
        return self

    @property
    def report_(self) -> pd.DataFrame:
        """What the thresholds do, a row per route and one for all."""
        import pandas as pd

        check_is_fitted(self)
        return pd.DataFrame(self.rows_).set_index("route")

    def _check(self) -> None:
        if self.target not in TARGETS:
            raise InputError(f"'target' must be 'precision' or 'coverage', got {self.target!r}")
        if not 0 < self.level <= 1:
            raise InputError(f"'level' must lie above 0 and at most at 1, got {self.level!r}")
        check_k(self.least, "least")

    def _cuts(
        self,
        routes: np.ndarray,
        own: np.ndarray,
        answers: np.ndarray,
        sure: np.ndarray,
        right: np.ndarray,
        inside: np.ndarray,
    ) -> np.ndarray:
        """Return the threshold of each route (routes,): its own, or that of all together."""
        cuts = np.full(len(routes), self._cut(sure, right, inside))
        for place in np.flatnonzero(own):
            given = answers == routes[place]
            cuts[place] = self._cut(sure[given], right[given], inside[given])
        return cuts

    def _cut(self, sure: np.ndarray, right: np.ndarray, inside: np.ndarray) -> float:
        if self.target == "precision":
            return lowest_precise(sure, right, self.level)
        return highest_covering(sure[inside], self.level)

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return the router's shares (n, classes), before any threshold; 0 for the default."""
        check_is_fitted(self)
        shares = self.router_.predict_proba(X)
        padded = np.zeros((len(shares), len(self.classes_)))
        padded[:, _places(self.classes_, np.asarray(self.router_.classes_))] = shares
        return padded

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the route of each prompt (n,), or `default`."""
        check_is_fitted(self)
        answers, sure = sure_answers(self.router_, list(X))
        least = np.array([self.thresholds_[answer] for answer in answers.tolist()])
        chosen = answers.astype(object)
        chosen[sure < least] = self.default
        return chosen


def lowest_precise(sure: np.ndarray, right: np.ndarray, level: float) -> float:
    """Return the lowest threshold at which `level` of the served are right; inf where none is.

    Parameters
    ----------
    sure : ndarray (n,)
        Served is who is at least as sure as the threshold. Equals are never parted.
    right : bool ndarray (n,)

    Examples
    --------
    >>> lowest_precise(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1]), 0.75)
    0.6
    >>> lowest_precise(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1]), 0.8)
    0.8
    """
    order = np.argsort(-sure, kind="stable")
    ranked = sure[order]
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    whole = np.append(ranked[1:] < ranked[:-1], True)[: len(ranked)]
    fits = np.flatnonzero(whole & (share >= level))
    return float(ranked[fits[-1]]) if len(fits) else float("inf")


def highest_covering(sure: np.ndarray, level: float) -> float:
    """Return the highest threshold that serves `level` of the prompts; -inf where there are none.

    Examples
    --------
    >>> highest_covering(np.array([0.9, 0.8, 0.7, 0.6]), 0.75)
    0.7
    """
    if not len(sure):
        return float("-inf")
    # The share is met exactly: 0.95 * 20 is 19.000000000000004 in floating point.
    needed = int(np.ceil(level * len(sure) - 1e-9))
    return float(np.sort(sure)[len(sure) - needed])


def _told(router: Any, out_of_scope: Any) -> Any:
    """Return the router with its own `out_of_scope` set, where it has such a parameter."""
    names = [n for n in router.get_params() if n.split("__")[-1] == "out_of_scope"]
    if out_of_scope is None or not names:
        return router
    return clone(router).set_params(**dict.fromkeys(names, out_of_scope))


def _places(routes: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the place among the routes of each answer (n,), in whatever order they stand."""
    place_of = {route: place for place, route in enumerate(routes.tolist())}
    return np.array([place_of[answer] for answer in answers.tolist()], dtype=int)


def _out_of_fold(
    router: Any,
    prompts: list[str],
    labels: np.ndarray,
    inside: np.ndarray,
    groups: np.ndarray,
    cv: int,
    learns_all: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return answer and confidence (n,) of each prompt by a router that has not seen it."""
    kept = np.flatnonzero(inside)
    answers, sure = np.empty(len(prompts), dtype=labels.dtype), np.empty(len(prompts))
    for asked in text_folds(labels, groups, cv, inside):
        learn = np.setdiff1d(np.arange(len(prompts)), asked)
        learn = learn if learns_all else learn[inside[learn]]
        fitted = clone(router).fit([prompts[i] for i in learn], labels[learn])
        given, sure[asked] = sure_answers(fitted, [prompts[i] for i in asked])
        foreign = sorted({*given.tolist()} - {*labels[kept].tolist()})
        if foreign:
            raise InputError(f"the router answers {foreign[0]!r}, which is none of the routes")
        answers[asked] = given
    return answers, sure


def _share(hits: int, of: int) -> tuple[float, float, float]:
    """Return hits / of and its 95 % Wilson interval; NaN of nothing."""
    from scipy.stats import binomtest  # slow to import, and only a fit needs it

    if not of:
        return (float("nan"),) * 3
    found = binomtest(hits, of).proportion_ci(method="wilson")
    return hits / of, float(found.low), float(found.high)


def _rows(
    routes: np.ndarray,
    cuts: np.ndarray,
    own: np.ndarray,
    answers: np.ndarray,
    right: np.ndarray,
    inside: np.ndarray,
    served: np.ndarray,
) -> list[dict[str, Any]]:
    rows = []
    places = [answers == route for route in routes.tolist()]
    named = [*zip(routes.tolist(), cuts.tolist(), own.tolist(), places, strict=True)]
    named.append((ALL, float("nan"), False, np.ones(len(answers), dtype=bool)))
    for route, cut, its_own, given in named:
        precision = _share(int((given & served & right).sum()), int((given & served).sum()))
        coverage = _share(int((given & served & inside).sum()), int((given & inside).sum()))
        rows.append(
            {
                "route": route,
                "threshold": cut,
                "prompts": int(given.sum()),
                "served": int((given & served).sum()),
                "right": int((given & served & right).sum()),
                **dict(zip(("precision", "low", "high"), precision, strict=True)),
                **dict(zip(("coverage", "coverage_low", "coverage_high"), coverage, strict=True)),
                "own": its_own,
            }
        )
    return rows
