"""Encoders that the runtime has: TF-IDF in plain Python, static tables with numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from routelab.encoders import TfidfEncoder
from routelab.encoders.cache import CachedEncoder
from routelab.encoders.static import StaticEncoder
from routelab.exporters.standalone._base import matrix, packed, packs
from routelab.routers.discriminant import DiscriminantSpace


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
