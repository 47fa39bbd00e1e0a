"""Trainable complexity: surface features and openings beside the encoder, levels in order."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from routelab._checks import InputError
from routelab.encoders import TfidfEncoder, make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers.boosted_complexity import BoostedHead
from routelab.routers.features import OpeningTerms, PromptFeatures
from routelab.routers.kernel_space import KernelSpace
from routelab.routers.logistic import LogisticHead
from routelab.routers.ordinal import OrdinalHead

HEADS = ("logistic", "kernel", "ordinal", "boosted")

#: Lengths of the blocks beside the words, whose rows have length one. Words, characters, openings
#: and the embedding then weigh alike: half a squared length each.
WEIGHTS = {"surface": 0.2, "openings": 0.7, "text": 0.7}

#: Among distances the surface weighs less: its squared length is that of 16 columns.
KERNEL_SURFACE = 0.1


@ROUTERS.register("complexity")
def make_complexity(
    encoder: Any = "tfidf",
    C: float = 10.0,
    max_iter: int = 500,
    head: str = "logistic",
    levels: Any = None,
) -> Pipeline:
    """Make a complexity classifier: `PromptFeatures`, `OpeningTerms`, words and the encoder's rows.

    Words are always read by TF-IDF: an embedding tells topics apart, but levels hang on words
    such as "prove". With ``encoder="tfidf"`` there is no other block.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`. A sentence embedding beside the words makes fewer errors.
    C : float, default 10.0
        Inverse of the penalty, the same for features and text; not used by "boosted".
    max_iter : int, default 500
        Most steps of the solver; not used by "boosted", which grows 100 trees per level.
    head : {"logistic", "kernel", "ordinal", "boosted"}, default "logistic"
        `LogisticHead`; the same on `KernelSpace`, which makes fewer errors beside an embedding and
        is slower; `OrdinalHead`, for levels along one direction and few prompts; `BoostedHead`,
        for many prompts.
    levels : list, optional
        The labels from low to high, for "ordinal". Default: the order of a known scale.

    Examples
    --------
    >>> prompts = ["hi", "name a colour", "prove that n^2 >= n", "derive the gradient of x^T A x"]
    >>> router = make_complexity().fit(prompts, ["low", "low", "high", "high"])
    >>> router.predict(["prove the identity x^2 = x*x"]).tolist()
    ['high']
    """
    if levels is not None and head != "ordinal":
        raise InputError(f"'levels' needs head='ordinal', got head={head!r}")
    surface = Pipeline([("counts", PromptFeatures()), ("scale", StandardScaler())])
    words = make_encoder(encoder)
    blocks = [("surface", surface), ("openings", OpeningTerms())]
    if isinstance(words, TfidfEncoder):
        blocks.append(("words", words))
    else:
        blocks += [("words", TfidfEncoder()), ("text", words)]
    weights = {name: WEIGHTS.get(name, 1.0) for name, _ in blocks}
    if head == "kernel":
        weights["surface"] = KERNEL_SURFACE
    union = FeatureUnion(blocks, transformer_weights=weights)
    space = [("space", KernelSpace())] if head == "kernel" else []
    return Pipeline([("encoder", union), *space, ("head", _make_head(head, C, max_iter, levels))])


def _make_head(head: str, C: float, max_iter: int, levels: Any) -> Any:
    if head in ("logistic", "kernel"):
        return LogisticHead(C=C, max_iter=max_iter)
    if head == "ordinal":
        return OrdinalHead(C=C, max_iter=max_iter, levels=levels)
    if head == "boosted":
        return BoostedHead()
    raise InputError(f"'head' must be one of {', '.join(HEADS)}, got {head!r}")
