"""Near-duplicate search beside the bare vectorizer; one JSON line per pair of lists.

    python benchmarks/bench_leakage.py --data FOLDER [--train 20000] [--test 5000]

FOLDER holds the public sets as `routelab fetch` lays them out (clinc150/, banking77/, routellm/);
those that are absent are left out. `times_vectorizer` is the whole search over scikit-learn's
CountVectorizer on the same prompts in the same run: what exactness costs beyond reading the
n-grams. Two lists are made up: prompts of 60 words, and prompts that share one of three system
prompts of 300 words, where every pair of a template is similar and must be computed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

import routelab as rl
from routelab.evaluate import contaminated, near_duplicates

Lists = tuple[str, list[str], list[str]]


def public(folder: Path) -> Iterator[Lists]:
    clinc = folder / "clinc150" / "data_full.json"
    if clinc.is_file():
        parts = json.loads(clinc.read_text(encoding="utf-8"))
        train, test = ([p for p, _ in parts[k] + parts[f"oos_{k}"]] for k in ("train", "test"))
        yield "CLINC150", train, test
    if (folder / "banking77").is_dir():
        parts = [rl.read_labels(folder / "banking77" / f"{k}.csv") for k in ("train", "test")]
        yield "BANKING77", *(part["prompt"].tolist() for part in parts)
    gsm8k = folder / "routellm" / "gsm8k"
    if gsm8k.is_dir():
        named = rl.read(gsm8k / "contaminated_prompts.jsonl").data
        yield "GSM8K, its list", named, rl.read_outcomes(gsm8k / "gsm8k_responses.csv").prompts


def made_up(train: int, test: int) -> Iterator[Lists]:
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(5000)])

    def said(count: int, length: int) -> list[str]:
        frequent = rng.zipf(1.2, (count, length)) % len(words)
        return [" ".join(row) for row in words[frequent]]

    yield "60 words", said(train, 60), said(test, 60)
    # Every pair of a template is computed, so these lists are shorter.
    systems = np.array(said(3, 300), dtype=object)
    asked = [f"{systems[i % 3]} {text}" for i, text in enumerate(said((train + test) // 10, 10))]
    yield "three templates", asked[: train // 10], asked[train // 10 :]


def measure(name: str, train: list[str], test: list[str]) -> dict[str, object]:
    start = time.perf_counter()
    CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True).fit_transform([*train, *test])
    bare = time.perf_counter() - start
    start = time.perf_counter()
    by_list = name.endswith("its list")
    found = contaminated(test, train) if by_list else near_duplicates(train, test)
    seconds = time.perf_counter() - start
    return {
        "name": name,
        "train": len(train),
        "test": len(test),
        "characters": round(float(np.mean([len(p) for p in [*train, *test]])), 1),
        "exact": found.exact,
        "near": found.near,
        "seconds": round(seconds, 3),
        "vectorizer_seconds": round(bare, 3),
        "times_vectorizer": round(seconds / bare, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--train", type=int, default=20_000)
    parser.add_argument("--test", type=int, default=5_000)
    given = parser.parse_args()
    for lists in (*public(given.data), *made_up(given.train, given.test)):
        print(json.dumps(measure(*lists)), flush=True)


if __name__ == "__main__":
    main()
