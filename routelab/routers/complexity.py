"""Trainable complexity: surface features beside the encoder, levels in their order."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.features import PromptFeatures
from routelab.routers.logistic import LogisticHead


@ROUTERS.register("complexity")
def make_complexity(encoder: Any = "tfidf", C: float = 3.0, max_iter: int = 500) -> Pipeline:
    """Make a complexity classifier: scaled `PromptFeatures` beside the encoder's rows.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`.
    C : float, default 3.0
        Inverse of the penalty, the same for features and text.
    max_iter : int, default 500
        Most steps of the solver.

    Examples
    --------
    >>> prompts = ["hi", "name a colour", "prove that n^2 >= n", "derive the gradient of x^T A x"]
    >>> router = make_complexity().fit(prompts, ["low", "low", "high", "high"])
    >>> router.predict(["prove the identity x^2 = x*x"]).tolist()
    ['high']
    """
    surface = Pipeline([("counts", PromptFeatures()), ("scale", StandardScaler())])
    union = FeatureUnion(
        [("surface", surface), ("text", make_encoder(encoder))],
        transformer_weights={"surface": 0.2, "text": 1.0},
    )
    return Pipeline([("encoder", union), ("head", LogisticHead(C=C, max_iter=max_iter))])
