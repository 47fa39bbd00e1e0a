"""Examples of a fitted semantic router: added, removed, and the names of the routes as examples."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import safe_sparse_dot

from routelab._checks import InputError
from routelab.routers._labels import check_labelled
from routelab.routers._rows import unit
from routelab.routers.knn import NeighborsHead


def add_examples(router: Pipeline, prompts: Iterable[str], labels: Any) -> Pipeline:
    """Add examples to a fitted centroid or nearest-neighbour router, in place.

    Parameters
    ----------
    router : Pipeline
        Fitted, its head with `partial_fit`. The steps before the head stay as they are: words that
        a TF-IDF encoder has not met count for nothing until it is fitted again.
    prompts : iterable of str, length n
    labels : array (n,)
        Known routes or new ones.

    Returns
    -------
    Pipeline
        The same router.

    Raises
    ------
    InputError
        The head cannot learn more, or prompts and labels do not fit.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("knn", k=1).fit(["sort a list", "write a poem"], ["code", "art"])
    >>> router.predict(["poem lists"]).tolist()
    ['art']
    >>> add_examples(router, ["sort poem lists"], ["code"]).predict(["poem lists"]).tolist()
    ['code']
    """
    texts, given = check_labelled(prompts, labels)
    head, rows = _head_and_rows(router, texts, "partial_fit")
    head.partial_fit(rows, given)
    return router


def remove_examples(router: Pipeline, prompts: Iterable[str], labels: Any) -> Pipeline:
    """Take examples out of a fitted centroid or nearest-neighbour router, in place.

    Parameters
    ----------
    router : Pipeline
        Fitted, its head with `remove`.
    prompts : iterable of str, length n
        As they were fitted or added.
    labels : array (n,)

    Returns
    -------
    Pipeline
        The same router.

    Raises
    ------
    InputError
        The head cannot forget, or has no such example.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("centroid")
    >>> router = router.fit(["sort a list", "write a poem", "a list poem"], ["code", "art", "art"])
    >>> remove_examples(router, ["a list poem"], ["art"]).named_steps["head"].counts_.tolist()
    [1, 1]
    """
    texts, given = check_labelled(prompts, labels)
    head, rows = _head_and_rows(router, texts, "remove")
    if isinstance(head, NeighborsHead):
        head.remove(_places(head, rows, texts, given))
    else:
        head.remove(rows, given)
    return router


def _places(head: NeighborsHead, rows: Any, texts: list[str], labels: np.ndarray) -> list[int]:
    """Return the place of each example among those of the head; equal ones in their order."""
    taken: list[int] = []
    cosines = np.asarray(safe_sparse_dot(unit(rows), head.examples_.T, dense_output=True))
    # A prompt without a known word is a row of zeros, whose cosine is 0 even with itself.
    blank, blanks = _zero(rows), _zero(head.examples_)
    for i, (text, label) in enumerate(zip(texts, labels.tolist(), strict=True)):
        # float32 rounds the cosine of equal rows to a little below one
        alike = blanks if blank[i] else cosines[i] > 1 - 1e-5
        same = np.flatnonzero(alike & (head.classes_[head.codes_] == label))
        free = [place for place in same.tolist() if place not in taken]
        if not free:
            raise InputError(f"no example {text[:60]!r} of {label!r} to remove")
        taken.append(free[0])
    return taken


def _zero(rows: Any) -> np.ndarray:
    return np.asarray(abs(rows).sum(axis=1)).ravel() == 0


def _head_and_rows(router: Any, texts: list[str], needed: str) -> tuple[Any, Any]:
    head = router.steps[-1][1] if isinstance(router, Pipeline) else router
    if not isinstance(router, Pipeline) or not hasattr(head, needed):
        raise InputError(
            f"{type(head).__name__} has to be fitted anew: only centroid and nearest-neighbour "
            "routers take single examples"
        )
    return head, router[:-1].transform(texts)


def with_route_names(prompts: Iterable[str], labels: Any) -> tuple[list[str], np.ndarray]:
    """Return the examples and, for each route, its name as one more: "card_lost" -> "card lost".

    With few examples per route, a name that says what the route is for is worth as much as one of
    them; a name such as "route7" is not.

    Parameters
    ----------
    prompts : iterable of str, length n
    labels : array of str (n,)

    Returns
    -------
    prompts : list of str, length n + routes
    labels : ndarray (n + routes,)

    Examples
    --------
    >>> prompts, labels = with_route_names(["where is my card?"], ["cardArrival"])
    >>> prompts, labels.tolist()
    (['where is my card?', 'card arrival'], ['cardArrival', 'cardArrival'])
    """
    texts, given = check_labelled(prompts, labels)
    routes = np.unique(given)
    names = [_words(route) for route in routes.tolist()]
    return [*texts, *names], np.concatenate([given, routes])


def _words(name: Any) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return " ".join(re.split(r"[\W_]+", apart)).strip().lower()
