"""What a fitted router gives each of its answers for one prompt."""

from __future__ import annotations

from typing import Any

import numpy as np

from routelab.routers._order import ordinal_scale


def scores_of(router: Any, prompt: str) -> dict[str, float]:
    """Return a router's score of each answer to a prompt; empty when it gives none.

    Parameters
    ----------
    router : fitted router
        With `predict_proba`, `predict_quality` or neither.
    prompt : str

    Returns
    -------
    dict of str to float
        Levels stand from low to high, other answers in the router's order.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("centroid").fit(["sort a list", "write a poem"], ["code", "art"])
    >>> list(scores_of(router, "a poem"))
    ['art', 'code']
    """
    if hasattr(router, "predict_proba"):
        names, values = router.classes_, router.predict_proba([prompt])[0]
    elif hasattr(router, "predict_quality"):
        names, values = router.models_, router.predict_quality([prompt])[0]
    else:
        return {}
    listed = np.asarray(names).tolist()
    by_name = dict(zip(listed, values, strict=True))
    # Levels stand from low to high, not by the alphabet.
    return {str(name): float(by_name[name]) for name in ordinal_scale(listed) or listed}
