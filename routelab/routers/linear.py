"""Multinomial logistic regression on the encoder's rows: the strongest plain head."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.logistic import LogisticHead


@ROUTERS.register("linear")
def make_linear(encoder: Any = "tfidf", C: float = 20.0, max_iter: int = 500) -> Pipeline:
    """Make a pipeline of an encoder and `LogisticHead`.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`.
    C : float, default 20.0
        Inverse of the penalty. Rows have length one, which is short: weak penalties do best.
    max_iter : int, default 500
        Most steps of the solver.

    Examples
    --------
    >>> prompts = ["sort a list", "fix this loop", "write a poem", "tell a story"]
    >>> router = make_linear().fit(prompts, ["code", "code", "art", "art"])
    >>> router.predict(["write a story"]).tolist()
    ['art']
    """
    head = LogisticHead(C=C, max_iter=max_iter)
    return Pipeline([("encoder", make_encoder(encoder)), ("head", head)])
