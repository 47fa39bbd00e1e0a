"""Why a router answered as it did: the terms that pushed it, or the examples that are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import safe_sparse_dot

from routelab._checks import InputError
from routelab.routers import CentroidHead, NeighborsHead, explain
from routelab.routers._rows import unit
from routelab.routers.keyword import KeywordRouter

#: Distinct words that are left out in turn, so that a touch stays short.
WORDS_TRIED = 40
TERMS_SHOWN = 3
EXAMPLES_SHOWN = 2


@dataclass(frozen=True)
class Standing:
    """The score of an answer, and how far it is ahead.

    Attributes
    ----------
    score : float
        Of the answer; where the router abstains, the best one. NaN where there are no scores.
    margin : float
        To the best of the other answers; NaN where there is none.
    """

    score: float
    margin: float


def standing(scores: dict[str, float], answer: str | None) -> Standing:
    """Return the score of an answer and its margin to the second.

    Examples
    --------
    >>> standing({"a": 0.5, "b": 0.25}, "a")
    Standing(score=0.5, margin=0.25)
    """
    if not scores:
        return Standing(float("nan"), float("nan"))
    chosen = answer if answer in scores else max(scores, key=lambda name: scores[name])
    others = [score for name, score in scores.items() if name != chosen]
    return Standing(scores[chosen], scores[chosen] - max(others, default=float("nan")))


@dataclass(frozen=True)
class Reasons:
    """What spoke for an answer; terms and texts are parts of prompts, so hostile until escaped.

    Attributes
    ----------
    method : str
        As of :func:`routelab.routers.explain`; ``"nearest"`` for examples, ``"none"`` where the
        router gives no reasons.
    terms : tuple of (str, float, str)
        Term, contribution, the answer that it speaks for.
    near : tuple of (str, str, float)
        Example, its label, cosine; the nearest first.
    rule : str
        Of a router that counts points: their sum, and what follows from it. No word of the prompt.
    """

    method: str
    terms: tuple[tuple[str, float, str], ...] = ()
    near: tuple[tuple[str, str, float], ...] = ()
    rule: str = ""


class Examples:
    """Labelled prompts in the vectors of one router, encoded once.

    Parameters
    ----------
    router : fitted Pipeline
        With a head that compares with examples, see :func:`compares`.
    prompts, labels : sequence of str, of one length

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> prompts, labels = ["sort a list", "write a poem"], ["code", "art"]
    >>> router = make_router("knn").fit(prompts, labels)
    >>> Examples(router, prompts, labels).nearest("a poem", 1)[0][:2]
    ('write a poem', 'art')
    """

    def __init__(self, router: Pipeline, prompts: Sequence[str], labels: Sequence[str]):
        self._router = router
        self._encode = router[:-1].transform
        self._prompts, self._labels = list(prompts), list(labels)
        self._rows = unit(self._encode(self._prompts))

    def edited(self, edits: Sequence[tuple[str, str, str]]) -> Examples:
        """Return these examples after some were added and removed."""
        pairs = list(zip(self._prompts, self._labels, strict=True))
        for what, label, prompt in edits:
            if what == "add":
                pairs.append((prompt, label))
            elif (prompt, label) in pairs:
                pairs.remove((prompt, label))
        return Examples(self._router, [p for p, _ in pairs], [name for _, name in pairs])

    def nearest(self, prompt: str, count: int) -> tuple[tuple[str, str, float], ...]:
        """Return (example, label, cosine) of the most similar ones, the nearest first."""
        asked = unit(self._encode([prompt]))
        cosines = np.asarray(safe_sparse_dot(self._rows, asked.T, dense_output=True)).ravel()
        order = np.argsort(-cosines, kind="stable")[:count]
        return tuple((self._prompts[i], self._labels[i], float(cosines[i])) for i in order)


def compares(router: Any) -> bool:
    """Return whether a router answers by similarity to examples: kinds "knn" and "centroid"."""
    return isinstance(router, Pipeline) and isinstance(router[-1], NeighborsHead | CentroidHead)


def reasons(
    router: Any,
    prompt: str,
    examples: Examples | None = None,
    terms: list[str] | None = None,
) -> Reasons:
    """Return why a router answered a prompt as it did.

    Parameters
    ----------
    router : fitted router
    prompt : str
    examples : Examples, optional
        Of this router; with them, the nearest ones are the reason.
    terms : list of str, optional
        As of :func:`routelab.routers.explain.linear_terms`, to be quick.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("linear").fit(["prove it", "a poem"], ["hard", "easy"])
    >>> reasons(router, "prove this").terms[0][::2]
    ('word: prove', 'hard')
    """
    if examples is not None:
        return Reasons("nearest", near=examples.nearest(prompt, EXAMPLES_SHOWN))
    if not hasattr(router, "predict_proba"):
        return Reasons("none")
    frame = explain(router, prompt, TERMS_SHOWN, words=WORDS_TRIED, terms=terms)
    names = zip(frame["term"], frame["towards"], strict=True)
    pushes = frame["contribution"].to_numpy(dtype=float).tolist()
    pushed = zip(names, pushes, strict=True)
    told = tuple((str(term), push, str(to)) for (term, to), push in pushed if push != 0)
    return Reasons(frame.attrs["method"], told, rule=_rule(router, prompt))


def _rule(router: Any, prompt: str) -> str:
    """Return how a keyword router decides, "" for other routers.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> _rule(make_router("keyword").fit([]), "describe it")
    '1 point in all: below 1 low, below 2 medium, else high'
    """
    if not isinstance(router, KeywordRouter):
        return ""
    total = sum(points for _, points in router.evidence(prompt))
    points = "point" if total == 1 else "points"
    return f"{total:g} {points} in all: below 1 low, below 2 medium, else high"


def examples_of(routers: dict[str, Any], labels: Any) -> dict[str, Examples]:
    """Return the examples for each router that compares; none without labels.

    Parameters
    ----------
    routers : dict of str to fitted router
    labels : DataFrame with columns `prompt` and `label`, or None

    Raises
    ------
    InputError
        A column is missing, or there is no row.
    """
    if labels is None:
        return {}
    for column in ("prompt", "label"):
        if column not in labels:
            raise InputError(
                f"labels has no column {column!r}, only {', '.join(map(str, labels.columns))}"
            )
    if not len(labels):
        raise InputError("labels has no rows: leave it out, or give examples")
    prompts, names = labels["prompt"].astype(str).tolist(), labels["label"].astype(str).tolist()
    near = {name: router for name, router in routers.items() if compares(router)}
    return {name: Examples(router, prompts, names) for name, router in near.items()}
