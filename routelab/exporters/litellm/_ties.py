"""Ties of a router: answers that rounding alone tells apart.

The runtime adds up in float64, a router's vectors are float32: where a score lies on a threshold
(which `calibrate` may set at the score of a prompt), or two answers have one score, they may part.
"""

from __future__ import annotations

from typing import Any

from routelab.routers import scores_of
from routelab.routers._confidence import sure_answers

TIE = 1e-5


def is_tie(router: Any, prompt: str, one: str | None, other: str | None) -> bool:
    """Return whether two answers of a router to a prompt are apart by rounding alone.

    Examples
    --------
    >>> from routelab import make_router
    >>> router = make_router("centroid").fit(["a list", "a poem"], ["code", "art"])
    >>> is_tie(router, "a", "code", "art"), is_tie(router, "a poem", "code", "art")
    (True, False)
    """
    return bool(min(_gaps(router, prompt, one, other), default=1.0) < TIE)


def _gaps(router: Any, prompt: str, one: str | None, other: str | None) -> list[float]:
    """Return how far the scores of a prompt are from what could have decided otherwise."""
    if hasattr(router, "strong"):
        return [abs(scores_of(router, prompt)[str(router.strong)] - router.threshold)]
    if hasattr(router, "cuts_"):
        level = router.expected_level([prompt])[0]
        return [abs(level - cut) for cut in router.cuts_]
    if hasattr(router, "thresholds_"):
        (answer,), (sure,) = sure_answers(router.router_, [prompt])
        inner = _gaps(router.router_, prompt, one, other)
        return [abs(sure - router.thresholds_[answer]), *inner]
    scores = scores_of(router, prompt)
    if one in scores and other in scores:
        return [abs(scores[one] - scores[other])]
    head = router.steps[-1][1] if hasattr(router, "steps") else router
    if getattr(head, "threshold", None) is None:
        return []
    confidence = head.confidence(router[:-1].transform([prompt]))[0]  # one of them abstains
    return [abs(confidence - head.threshold)]
