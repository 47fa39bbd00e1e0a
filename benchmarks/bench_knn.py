"""Nearest-neighbour routers against the machine, scikit-learn and their approximate index.

    python benchmarks/bench_knn.py [--quick] [--data FOLDER --models FOLDER]

One JSON line per figure. The router's head answers 100,000 x 384 unit vectors at k = 10: a batch is
held against a bare product of square float32 matrices (the same BLAS and threads), a single query
against two threads that read as many bytes (np.max). In each round every side has its turn; a
figure is the best of all, so that what else runs on the machine disturbs all sides alike.

The approximate index is held against the exact search: prompts of CLINC150, BANKING77 and MMLU in
static vectors, for the size of 100,000 repeated with noise of length 0.3; without --data and
--models, synthetic clusters.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_info

import routelab as rl
from routelab.routers import NeighborsHead
from routelab.routers._cells import CellIndex
from routelab.routers._neighbors import nearest, unit_float32

K = 10
CLASSES = 150
REPEATS = 3  # of a side in its turn
SINGLES = 20  # single queries that are timed together where one is a matter of microseconds


def say(name: str, **figures: Any) -> None:
    rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in figures.items()}
    print(json.dumps({"name": name, **rounded}), flush=True)


def best(rounds: int, **sides: Callable[[], Any]) -> dict[str, float]:
    """Return the least seconds of each side; the sides take turns."""
    found = dict.fromkeys(sides, np.inf)
    for turn in range(rounds + 1):
        for name, call in sides.items():
            for _ in range(REPEATS):
                start = time.perf_counter()
                call()
                if turn:  # the first round compiles and warms up
                    found[name] = min(found[name], time.perf_counter() - start)
    return found


def clusters(n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((300, d), dtype=np.float32)
    noise = rng.standard_normal((n, d), dtype=np.float32)
    return unit_float32(centres[rng.integers(0, 300, n)] + noise)


def machine(n: int, batch: int, size: int, rounds: int) -> None:
    """Hold the head against the product and the memory of this machine, and scikit-learn."""
    examples, queries = clusters(n, 384, 1), clusters(batch, 384, 2)
    labels = np.random.default_rng(0).integers(0, CLASSES, n)
    head = NeighborsHead(k=K).fit(examples, labels)
    theirs = KNeighborsClassifier(K, algorithm="brute", metric="cosine").fit(examples, labels)
    square = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    halves = np.array_split(examples.ravel(), 2)
    with ThreadPoolExecutor(2) as threads:
        seconds = best(
            rounds,
            sgemm=lambda: square @ square,
            read=lambda: list(threads.map(np.max, halves)),
            batch=lambda: head.predict(queries),
            single=lambda: head.predict(queries[:1]),
            theirs=lambda: theirs.predict(queries),
            theirs_single=lambda: theirs.predict(queries[:1]),
        )
    blas = [info for info in threadpool_info() if info["user_api"] == "blas"]
    facts = {
        "examples": n,
        "d": 384,
        "k": K,
        "blas": sorted({f"{info['architecture']} x {info['num_threads']}" for info in blas}),
        "coretype": os.environ.get("OPENBLAS_CORETYPE", "not set"),
        "processors": os.cpu_count(),
    }
    sgemm = 2 * size**3 / seconds["sgemm"] / 1e9
    ours = 2 * n * batch * 384 / seconds["batch"] / 1e9
    say("sgemm", gflop_per_s=sgemm, size=size, **facts)
    say(
        "head_batch",
        batch=batch,
        us_per_query=seconds["batch"] / batch * 1e6,
        gflop_per_s=ours,
        share_of_sgemm=ours / sgemm,
        times_faster_than_sklearn=seconds["theirs"] / seconds["batch"],
        **facts,
    )
    read, single = seconds["read"], seconds["single"]
    say("read_two_threads", gb_per_s=examples.nbytes / read / 1e9, **facts)
    say(
        "head_single",
        us_per_query=single * 1e6,
        gb_per_s=examples.nbytes / single / 1e9,
        share_of_bandwidth=read / single,
        times_faster_than_sklearn=seconds["theirs_single"] / single,
        **facts,
    )


def prompts(data: Path, models: Path) -> tuple[np.ndarray, str]:
    """Return the vectors of all prompts in a fixed random order."""
    clinc = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    texts = [text for part in clinc.values() for text, _ in part]
    files = [*(data / "banking77").glob("*.csv"), *(data / "routellm" / "mmlu").rglob("*.csv")]
    for path in sorted(files):
        table = pd.read_csv(path)
        texts += table["prompt" if "prompt" in table else "text"].astype(str).tolist()
    encoder = rl.make_encoder(f"static:{models / 'minilm-l6-static-256'}")
    rows = encoder.transform(list(dict.fromkeys(texts)))
    return rows[np.random.default_rng(0).permutation(len(rows))], "prompts"


def repeated(rows: np.ndarray, n: int) -> np.ndarray:
    """Return n rows: those given, then again and again with noise of length 0.3."""
    rng = np.random.default_rng(0)
    noise = 0.3 / rows.shape[1] ** 0.5
    parts = [rows]
    while sum(map(len, parts)) < n:
        parts.append(rows + noise * rng.standard_normal(rows.shape, dtype=np.float32))
    return unit_float32(np.vstack(parts)[:n])


def approximate(rows: np.ndarray, name: str, sizes: list[int], rounds: int) -> None:
    """Hold the approximate index against the exact search."""
    queries, kept = rows[:512], rows[512:]
    for n in sizes:
        examples = repeated(kept, n)
        start = time.perf_counter()
        index = CellIndex(examples)
        built = time.perf_counter() - start

        def exact(some: np.ndarray, examples: np.ndarray = examples) -> np.ndarray:
            return np.vstack([i for _, i, _ in nearest(some, examples, K)])

        def close(some: np.ndarray, index: CellIndex = index) -> np.ndarray:
            return np.vstack([i for _, i, _ in index.nearest(some, K)])

        singles = [queries[i : i + 1] for i in range(SINGLES)]
        seconds = best(
            rounds,
            exact_batch=lambda search=exact: search(queries[:256]),
            batch=lambda search=close: search(queries[:256]),
            exact_single=lambda search=exact, each=singles: [search(one) for one in each],
            single=lambda search=close, each=singles: [search(one) for one in each],
        )
        pairs = zip(exact(queries), close(queries), strict=True)
        say(
            "approximate",
            rows=name,
            examples=n,
            real=min(n, len(kept)) if name == "prompts" else 0,
            d=examples.shape[1],
            build_s=built,
            recall=float(np.mean([len(set(a) & set(b)) / K for a, b in pairs])),
            us_per_query_batch=seconds["batch"] / 256 * 1e6,
            us_per_query_single=seconds["single"] / SINGLES * 1e6,
            times_faster_than_exact_batch=seconds["exact_batch"] / seconds["batch"],
            times_faster_than_exact_single=seconds["exact_single"] / seconds["single"],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="sizes that say nothing about speed")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--models", type=Path)
    given = parser.parse_args()
    if given.quick:
        machine(2_000, 32, 256, 1)
    else:
        machine(100_000, 256, 2048, 7)
        machine(100_000, 1024, 2048, 3)
    try:
        import faiss  # noqa: F401
    except ImportError:
        say("approximate", error='no faiss: pip install "routelab[ann]"')
        return
    if given.data and given.models:
        rows, name = prompts(given.data, given.models)
    else:
        rows, name = clusters(50_000 if not given.quick else 1512, 256, 3), "clusters"
    sizes = [1_000] if given.quick else [1_000, 5_000, 10_000, 20_000, 40_000, 100_000]
    approximate(rows, name, sizes, 1 if given.quick else 5)


if __name__ == "__main__":
    main()
