"""How far a comparison can be believed: verdicts, alarms and intervals where the truth is known.

One JSON line per figure:

resampling   time of the bootstrap of 10,000 prompts x 10 routers, 10,000 resamples, as a multiple
             of one matrix product of the same size in the same run
verdicts     how often routers fitted on shuffled labels are called "adds nothing", and the same
             routers fitted on the labels "adds value", over many seeds; alarms on the latter
coverage     how often the 95 % interval holds the truth on synthetic prompts
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import routelab as rl
from routelab.encoders import PromptEncoder
from routelab.evaluate import Resampler, _leaks, interval
from routelab.evaluate.deferral import apgr, apgr_samples, curve_samples


class Learner(BaseEstimator):
    """Fit a router on a part of the data, with its labels or outcomes shuffled or not."""

    def __init__(self, router: Any, seed: int, shuffled: bool):
        self.router = router
        self.seed = seed
        self.shuffled = shuffled

    def fit(self, X: list[str], y: Any) -> Learner:
        """Learn from nine of ten prompts, drawn by the seed."""
        rng = np.random.default_rng(self.seed)
        rows = rng.permutation(len(X))[: max(2, len(X) * 9 // 10)]
        from_rows = rng.permutation(rows) if self.shuffled else rows
        target = y.take(from_rows) if hasattr(y, "quality") else np.asarray(y)[from_rows]
        prompts = [X[i] for i in rows]
        if hasattr(y, "quality"):
            target = rl.OutcomeTable(prompts, target.models, target.quality, target.cost)
        self.fitted_ = clone(self.router).fit(prompts, target)
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("fitted_", "router"):
            raise AttributeError(name)
        known = self.__dict__.get("fitted_", self.__dict__["router"])
        return getattr(known, name)

    def predict(self, X: list[str]) -> Any:
        """Ask the fitted router."""
        return self.fitted_.predict(X)


class Kept(PromptEncoder):
    """Give each prompt the vector that was computed once: what is judged here is the judging."""

    learns = False
    vectors: ClassVar[dict[str, np.ndarray]] = {}

    def transform(self, X: list[str]) -> np.ndarray:
        """Return the vectors (n, 64)."""
        return np.stack([self.vectors[prompt] for prompt in X])

    @classmethod
    def keep(cls, prompts: list[str]) -> None:
        """Compute and keep vectors: the 64 main directions of the TF-IDF vectors."""
        texts = list(dict.fromkeys(prompts))
        rows = TruncatedSVD(64, random_state=0).fit_transform(
            TfidfVectorizer().fit_transform(texts)
        )
        cls.vectors.update(zip(texts, rows.astype(np.float32), strict=True))


def cases(data: Path, only: str) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield name, data, test data and router."""
    if "BANKING77, centroid".startswith(only):
        train, test = (
            pd.read_csv(data / "banking77" / f"{part}.csv").rename(
                columns={"text": "prompt", "category": "label"}
            )
            for part in ("train", "test")
        )
        Kept.keep([*train["prompt"], *test["prompt"]])
        yield "BANKING77, centroid", train, test, rl.make_router("centroid", encoder=Kept())
    if "FLASK, linear".startswith(only):
        flask = rl.read_labels(data / "complexity_flask" / "flask_evaluation.dev.jsonl")
        Kept.keep(flask["prompt"].tolist())
        yield "FLASK, linear", flask, None, rl.make_router("linear", encoder=Kept())
    for name, path in (
        ("LLMRouter", data / "llmrouter_9models" / "outcomes_train.json"),
        ("GSM8K", data / "routellm" / "gsm8k" / "gsm8k_responses.csv"),
    ):
        if f"{name}, outcome-linear".startswith(only):
            table = rl.read_outcomes(path)
            Kept.keep(table.prompts)
            yield (
                f"{name}, outcome-linear", table, None,
                rl.make_router("outcome-linear", encoder=Kept()),
            )  # fmt: skip


def verdicts(data: Path, seeds: int, n_boot: int, only: str) -> Iterator[dict[str, Any]]:
    """Yield how useless and useful routers are judged, and the alarms that each raises."""
    _leaks.MOST_CHARACTERS = 0  # the same prompts each time: near-duplicates are known by now
    for name, train, test, router in cases(data, only):
        for built, count in (("useless", seeds), ("useful", max(1, seeds // 4))):
            said: Counter[str] = Counter()
            rung: Counter[str] = Counter()
            for seed in range(count):
                learner = Learner(router, seed, built == "useless")
                found = rl.compare(
                    {"mine": learner}, train, test=test, cv=2, seed=seed, n_boot=n_boot
                )
                said[found.verdicts["mine"].split(":")[0]] += 1
                rung.update({alarm.kind for alarm in found.alarms})
            yield {
                "figure": "verdicts", "data": name, "router": built, "seeds": count,
                "said": dict(said), "alarms": dict(rung),
            }  # fmt: skip


def resampling(n: int, routers: int, n_boot: int, repeats: int) -> dict[str, Any]:
    """Return the time of the bootstrap over that of a matrix product of the same size."""
    rng = np.random.default_rng(0)
    values, weights = rng.random((n, routers)), rng.random((n_boot, n))
    Resampler(10, 10).means(values[:10])  # compile
    ours, product = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        Resampler(n, n_boot).means(values)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        _ = weights @ values
        product.append(time.perf_counter() - start)
    return {
        "figure": "resampling", "prompts": n, "routers": routers, "resamples": n_boot,
        "bootstrap_s": min(ours), "product_s": min(product), "ratio": min(ours) / min(product),
    }  # fmt: skip


def _prompts(n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw the need of the strong model, and the quality of both, of n prompts."""
    need = rng.random(n)
    weak = (rng.random(n) < 0.9 - 0.6 * need).astype(float)
    strong = (rng.random(n) < 0.95 - 0.2 * need).astype(float)
    return need + rng.normal(0, 0.4, n), weak, strong


def coverage(n: int, group: int, repeats: int, n_boot: int) -> Iterator[dict[str, Any]]:
    """Yield how often intervals hold the truth, for prompts that come in groups of one kind."""
    score, weak, strong = _prompts(2_000_000, np.random.default_rng(1))
    truth = {
        "accuracy": strong.mean(), "difference": (strong - weak).mean(),
        "APGR": apgr(score, weak, strong),
    }  # fmt: skip
    held: Counter[str] = Counter()
    for repeat in range(repeats):
        score, weak, strong = (
            np.repeat(column, group)
            for column in _prompts(n // group, np.random.default_rng(repeat + 2))
        )
        resampler = Resampler(n, n_boot, repeat, np.repeat(np.arange(n // group), group))
        means = resampler.means(np.column_stack([strong, strong - weak]))
        curves = resampler.map(lambda w, s=score, a=weak, b=strong: curve_samples(s, a, b, w))
        drawn = {"accuracy": means[:, 0], "difference": means[:, 1], "APGR": apgr_samples(curves)}
        for name, samples in drawn.items():
            low, high = interval(samples)
            held[name] += low <= truth[name] <= high
    for name in truth:
        yield {
            "figure": "coverage", "of": name, "prompts": n, "group": group, "repeats": repeats,
            "truth": float(truth[name]), "held": held[name] / repeats,
        }  # fmt: skip


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data sets; without: no verdicts")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--only", default="", help="data sets whose name starts so")
    parser.add_argument("--size", type=int, default=10_000, help="prompts and resamples to time")
    own = parser.parse_args()

    def show(figure: dict[str, Any]) -> None:
        print(json.dumps(figure), flush=True)

    show(resampling(own.size, 10, own.size, 5))
    for n, group in ((200, 1), (1000, 1), (1000, 4)):
        for figure in coverage(n, group, own.repeats, own.resamples):
            show(figure)
    if own.data is not None:
        for figure in verdicts(own.data, own.seeds, own.resamples, own.only):
            show(figure)


if __name__ == "__main__":
    main()
