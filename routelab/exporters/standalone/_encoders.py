"""Encoders that the runtime has: TF-IDF in plain Python, static tables with numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from routelab.encoders import TfidfEncoder
from routelab.encoders.cache import CachedEncoder
from routelab.encoders.static import StaticEncoder
from routelab.exporters.standalone._base import NotStandalone, matrix, packed, packs
from routelab.routers.discriminant import DiscriminantSpace
from routelab.routers.features import OpeningTerms, PromptFeatures


@packs(TfidfEncoder)
def _tfidf(encoder: TfidfEncoder) -> dict[str, Any]:
    halves = {
        "words": (encoder.words_, encoder.word_ngrams),
        "chars": (encoder.chars_, encoder.char_ngrams),
    }
    described: dict[str, Any] = {"kind": "tfidf"}
    for name, (half, ngrams) in halves.items():
        terms = sorted(half.vocabulary_, key=half.vocabulary_.__getitem__)
        described[name] = {"terms": terms, "idf": matrix(half.idf_), "ngrams": list(ngrams)}
    return described


@packs(StaticEncoder)
def _static(encoder: StaticEncoder) -> dict[str, Any]:
    table = encoder.table()
    return {
        "kind": "static",
        "pieces": table.pieces,
        "rows": matrix(table.rows, "<f2"),  # the table rounds its rows to float16 itself
        "pairs": np.asarray(table.pairs).tolist(),
        "pair_rows": matrix(table.pair_rows.reshape(-1, table.width), "<f2"),
        "offset": matrix(table.offset),
        "max_tokens": encoder.max_tokens,
    }


@packs(CachedEncoder)
def _cached(encoder: CachedEncoder) -> dict[str, Any]:
    return packed(encoder.encoder, "encoder")  # a cache changes no vector


@packs(DiscriminantSpace)
def _discriminant(space: DiscriminantSpace) -> dict[str, Any]:
    return matrix(space.directions_)


@packs(OpeningTerms)
def _openings(encoder: OpeningTerms) -> dict[str, Any]:
    terms = encoder.get_feature_names_out().tolist()
    return {"kind": "openings", "terms": terms, "idf": matrix(encoder.terms_.idf_)}


@packs(FeatureUnion)
def _union(union: FeatureUnion) -> dict[str, Any]:
    weights = union.transformer_weights or {}
    blocks = []
    for name, part in union.transformer_list:
        described = _surface(part) if isinstance(part, Pipeline) else packed(part, "encoder")
        weight = float(weights.get(name, 1.0))
        blocks.append({"encoder": described, "weight": weight, "width": _width(described)})
    return {"kind": "union", "blocks": blocks}


def _surface(steps: Pipeline) -> dict[str, Any]:
    if [type(step) for _, step in steps.steps] != [PromptFeatures, StandardScaler]:
        raise NotStandalone(
            f"the encoder {' and '.join(type(step).__name__ for _, step in steps.steps)} needs "
            "routelab where it runs"
        )
    scaler = steps.steps[-1][1]
    return {"kind": "surface", "mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}


def _width(described: dict[str, Any]) -> int:
    """Return the number of columns of a packed encoder."""
    return {
        "openings": lambda d: len(d["terms"]),
        "static": lambda d: d["offset"]["shape"][1],
        "surface": lambda d: len(d["mean"]),
        "tfidf": lambda d: len(d["words"]["terms"]) + len(d["chars"]["terms"]),
    }[described["kind"]](described)
