"""Serve vectors that are known already with semantic-router; run by bench_semantic_router.py.

python _semantic_router.py IN.npz OUT.json
"""

import asyncio
import json
import logging
import os
import sys
import time

os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["SEMANTIC_ROUTER_TELEMETRY"] = "false"

import importlib.metadata

import numpy as np
from semantic_router import IndexedRouter, Route
from semantic_router.encoders import DenseEncoder
from semantic_router.index import LocalIndex

logging.disable(logging.CRITICAL)
KNOWN: dict[str, list[float]] = {}


class Known(DenseEncoder):
    name: str = "known"
    type: str = "known"

    def __call__(self, docs):
        return [KNOWN[d] for d in docs]

    async def acall(self, docs):
        return self(docs)


def main(source: str, target: str) -> None:
    given = np.load(source)
    names = {}
    for part in ("train", "validation", "test"):
        names[part] = [f"{part}{i}" for i in range(len(given[part]))]
        KNOWN.update(zip(names[part], given[part].tolist(), strict=True))
    labels = given["train_labels"]
    routes = [
        Route(name=str(c), utterances=[names["train"][i] for i in np.flatnonzero(labels == c)])
        for c in np.unique(labels)
    ]
    start = time.perf_counter()
    router = IndexedRouter(encoder=Known(), routes=routes, index=LocalIndex())
    built = time.perf_counter()
    wanted = [None if c < 0 else str(c) for c in given["validation_labels"]]
    router.fit(names["validation"], wanted)
    fitted = time.perf_counter()
    answers = [getattr(router(query), "name", None) for query in names["test"]]
    done = time.perf_counter()

    async def some(queries):
        for query in queries:
            await router.acall(query)

    queries = names["test"][:1000]
    began = time.perf_counter()
    asyncio.run(some(queries))
    said = {
        "version": importlib.metadata.version("semantic-router"),
        "build_s": built - start,
        "fit_s": fitted - built,
        "us_per_call": (done - fitted) / len(answers) * 1e6,
        "us_per_acall": (time.perf_counter() - began) / len(queries) * 1e6,
        "answers": [-1 if a is None else int(a) for a in answers],
    }
    with open(target, "w", encoding="utf-8") as out:
        json.dump(said, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
