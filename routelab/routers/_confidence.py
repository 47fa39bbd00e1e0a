"""How sure a router is of its answer, in the units that its own threshold has."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from routelab._checks import InputError


def sure_answers(router: Any, prompts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the answers of a fitted router (n,) and how sure it is of each (n,).

    What the head calls `confidence` (the cosine of the nearest centroid or example), else the
    largest share of `predict_proba`.

    Raises
    ------
    InputError
        The router has neither, or abstains by a threshold of its own.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("centroid").fit(["sort a list", "write a poem"], ["code", "art"])
    >>> answers, sure = sure_answers(router, ["sort a list", "qqq"])
    >>> answers.tolist()[0], sure.round(2).tolist()
    ('code', [1.0, 0.0])
    """
    head, rows = router, prompts
    if isinstance(router, Pipeline):
        head = router.steps[-1][1]
        rows = router[:-1].transform(prompts) if len(router.steps) > 1 else prompts
    if getattr(head, "threshold", None) is not None:
        raise InputError(
            f"{type(head).__name__} abstains already, below threshold={head.threshold!r}: "
            f"leave its threshold out"
        )
    answers = np.asarray(head.predict(rows))
    if hasattr(head, "confidence"):
        return answers, np.asarray(head.confidence(rows), dtype=float)
    if not hasattr(head, "predict_proba"):
        raise InputError(f"{type(head).__name__} says nothing of how sure it is")
    return answers, np.asarray(head.predict_proba(rows), dtype=float).max(axis=1)
