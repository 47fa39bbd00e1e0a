"""How good the routers are on real data, beside plain scikit-learn; one JSON line per figure.

    python benchmarks/bench_routers.py --data FOLDER --models FOLDER [--only NAME...] [--seeds 5]

The first folder holds the public sets as `routelab fetch` lays them out (clinc150/, banking77/),
the other one the encoders minilm-l6-onnx-int8/ and minilm-l6-static-256/. All heads of one row see
the same vectors of the same prompts. Parameters are chosen by cross-validation inside the training
part: a `Split` gives its test part to `score` alone, once per fitted router, and checks that no
prompt of it was fitted on.

Columns: `reach` is what the figure was meant to reach, `beside` the plain method of the same row.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

import routelab as rl
from routelab.encoders import PromptEncoder, adapt
from routelab.routers import CentroidHead, DiscriminantSpace, LogisticHead, NeighborsHead

SHRINKAGE = {"space__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]}


def say(**figure: Any) -> None:
    rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in figure.items()}
    print(json.dumps(rounded), flush=True)


class Known(PromptEncoder):
    """An encoder's vectors of prompts that were encoded before: every head sees the same."""

    learns = False
    vectors: dict[str, dict[str, np.ndarray]] = {}

    def __init__(self, name: str):
        self.name = name

    def transform(self, X: Any) -> np.ndarray:
        known = Known.vectors[self.name]
        return np.stack([known[prompt] for prompt in X])


def encode(name: str, encoder: Any, prompts: list[str]) -> Known:
    known = Known.vectors.setdefault(name, {})
    new = [p for p in dict.fromkeys(prompts) if p not in known]
    known.update(zip(new, encoder.transform(new) if new else [], strict=True))
    return Known(name)


@dataclass
class Split:
    """A training part that may be looked at, and a test part that is only scored."""

    name: str
    prompts: list[str]
    labels: np.ndarray
    _test: tuple[list[str], np.ndarray] = field(repr=False)

    def few(self, shots: int, seed: int) -> Split:
        rng = np.random.default_rng(seed)
        classes = sorted(set(self.labels.tolist()))
        rows = [rng.permutation(np.flatnonzero(self.labels == c))[:shots] for c in classes]
        kept = np.concatenate(rows)
        prompts = [self.prompts[i] for i in kept]
        return Split(f"{self.name}, {shots} per class", prompts, self.labels[kept], self._test)

    def select(self, router: Any, grid: dict[str, list[Any]], folds: int) -> Any:
        """Choose parameters by cross-validation on the training part; return them, unfitted."""
        splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
        search = GridSearchCV(router, grid, cv=splitter, refit=False, error_score="raise")
        search.fit(np.array(self.prompts, object), self.labels)
        return clone(router).set_params(**search.best_params_), search.best_params_

    def score(self, router: Any) -> tuple[float, float, float]:
        """Return the accuracy on the test part, seconds to fit, microseconds per decision."""
        prompts, labels = self._test
        assert not set(prompts) & set(self.prompts), "a test prompt is in the training part"
        start = time.perf_counter()
        router.fit(np.array(self.prompts, object), self.labels)
        fitted = time.perf_counter()
        answers = router.predict(np.array(prompts, object))
        done = time.perf_counter()
        right = float(np.mean(answers == labels))
        return right, fitted - start, (done - fitted) / len(prompts) * 1e6


def tell(split: Split | list[Split], head: str, encoder: str, router: Any, **more: Any) -> float:
    """Fit, score, print; several splits of one kind are averaged and their spread is given."""
    splits = split if isinstance(split, list) else [split]
    grid, folds = more.pop("grid", None), more.pop("folds", 3)
    scores, chosen = [], []
    for one in splits:
        made, parameters = one.select(router, grid, folds) if grid else (clone(router), {})
        scores.append(one.score(made))
        chosen.append(parameters)
    right = np.array([s[0] for s in scores])
    figure = {
        "data": splits[0].name,
        "encoder": encoder,
        "head": head,
        "accuracy": float(right.mean()),
        "sd": float(right.std(ddof=1)) if len(right) > 1 else None,
        "seeds": len(right),
        "fit_s": float(np.mean([s[1] for s in scores])),
        "us_per_decision": float(np.mean([s[2] for s in scores])),
        "chosen": {k: [c[k] for c in chosen] for k in chosen[0]},
        **more,
    }
    if "reach" in more:
        figure["reached"] = bool(right.mean() >= more["reach"])
    say(**figure)
    return float(right.mean())


def plain_tfidf() -> FeatureUnion:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    return FeatureUnion([("words", words), ("chars", chars)])


def plain_logistic() -> LogisticRegression:
    return LogisticRegression(C=20, max_iter=300)


def lexical(split: Any, reach: float) -> None:
    """Rows with the encoder tfidf."""
    plain = Pipeline([("text", plain_tfidf()), ("head", plain_logistic())])
    beside = tell(split, "scikit-learn TF-IDF + LogisticRegression", "tfidf", plain)
    grid = {"head__C": [20.0, 60.0, 200.0]}
    tell(split, "linear", "tfidf", rl.make_router("linear"), grid=grid, reach=reach, beside=beside)
    for kind in ("centroid", "knn"):
        tell(split, kind, "tfidf", rl.make_router(kind), beside=beside)


def dense(split: Any, name: str, encoder: Known, reach: dict[str, float]) -> None:
    """Rows with an encoder of dense vectors."""

    def row(head: str, steps: list[tuple[str, Any]], **more: Any) -> float:
        if head in reach:
            more["reach"] = reach[head]
        return tell(split, head, name, Pipeline([("encoder", encoder), *steps]), **more)

    space = ("space", DiscriminantSpace())
    beside = {
        "linear": row("scikit-learn LogisticRegression", [("head", plain_logistic())]),
        "centroid": row("plain centroid", [("head", CentroidHead())]),
        "knn": row("plain kNN", [("head", KNeighborsClassifier(10, metric="cosine"))]),
    }
    grid = {"head__C": [20.0, 60.0]}
    row("linear", [("head", LogisticHead())], grid=grid, beside=beside["linear"])
    row(
        "centroid, discriminant",
        [space, ("head", CentroidHead())],
        grid=SHRINKAGE,
        beside=beside["centroid"],
    )
    near = {"space__shrinkage": SHRINKAGE["space__shrinkage"], "head__k": [5, 20]}
    row("knn, discriminant", [space, ("head", NeighborsHead())], grid=near, beside=beside["knn"])
    both = FeatureUnion(
        [("dense", encoder), ("words", rl.make_encoder("tfidf"))],
        transformer_weights={"dense": 1.0, "words": 0.7},
    )
    union = Pipeline([("encoder", both), ("head", LogisticHead())])
    label = f"{name} beside tfidf"
    more = {"reach": reach["best"]} if "best" in reach else {}
    tell(split, "linear", label, union, grid=grid, beside=beside["linear"], **more)


def scope(name: str, split: Split, encoder: Known, scopes: dict[str, Any], reach: float) -> None:
    """Out-of-scope prompts by the cosine of the nearest centroid, plain and in the new space.

    The shrinkage is the one with the best AUROC on the validation part.
    """
    plain = Pipeline([("encoder", encoder), ("head", CentroidHead())])
    spaced = [
        Pipeline(
            [("encoder", encoder), ("space", DiscriminantSpace(shrinkage=s)), *plain.steps[1:]]
        )
        for s in (0.1, 0.5, 0.9, 0.99)
    ]
    fitted = [clone(r).fit(np.array(split.prompts, object), split.labels) for r in (plain, *spaced)]
    validation = [auroc(router, *scopes["validation"])[0] for router in fitted]
    best = fitted[1 + int(np.argmax(validation[1:]))]
    beside = auroc(fitted[0], *scopes["test"])
    area = auroc(best, *scopes["test"])
    say(
        data=f"{split.name}, out of scope",
        encoder=name,
        head="centroid, discriminant",
        auroc=area[0],
        recall_at_95_coverage=area[1],
        chosen={"space__shrinkage": best.named_steps["space"].shrinkage},
        beside=beside[0],
        beside_recall=beside[1],
        reach=reach,
        reached=area[0] >= reach,
    )


def auroc(router: Any, inside: list[str], outside: list[str]) -> tuple[float, float]:
    """Return the AUROC, and the share of `outside` refused where 95 % of `inside` is served."""
    best = [router.decision_function(p).max(axis=1) for p in (inside, outside)]
    truth = np.repeat([1, 0], [len(inside), len(outside)])
    served = np.quantile(best[0], 0.05)
    return float(roc_auc_score(truth, np.concatenate(best))), float(np.mean(best[1] < served))


def clinc(data: Path) -> tuple[Split, dict[str, tuple[list[str], list[str]]]]:
    """Return the in-scope split, and prompts (in scope, out of scope) per part."""
    parts = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    test = [text for text, _ in parts["test"]]
    # Five texts occur in two parts: they count in the test part.
    train = [(t, label) for t, label in parts["train"] if t not in set(test)]
    labels = [np.array([label for _, label in part]) for part in (train, parts["test"])]
    split = Split("CLINC150", [t for t, _ in train], labels[0], (test, labels[1]))
    scopes = {
        "validation": tuple([text for text, _ in parts[part]] for part in ("val", "oos_val")),
        "test": (test, [text for text, _ in parts["oos_test"]]),
    }
    return split, scopes


def banking(data: Path) -> tuple[Split, list[str]]:
    train, test = (rl.read_labels(data / "banking77" / f"{part}.csv") for part in ("train", "test"))
    train = train[~train["prompt"].isin(set(test["prompt"]))]
    split = Split(
        "BANKING77",
        train["prompt"].tolist(),
        train["label"].to_numpy(object).astype(str),
        (test["prompt"].tolist(), test["label"].to_numpy(object).astype(str)),
    )
    return split, test["prompt"].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=["lexical", "dense", "scope", "adapted"])
    parser.add_argument("--sets", nargs="*", default=["clinc", "few", "banking"])
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # solvers that stop at max_iter, in both columns alike

    split, scopes = clinc(given.data)
    rest = [prompt for parts in scopes.values() for part in parts for prompt in part]
    few = [split.few(5, seed) for seed in range(given.seeds)]
    bank, bank_test = banking(given.data)
    if "lexical" in given.only:
        for name, part, reach in (
            ("clinc", split, 0.935),
            ("few", few, 0.78),
            ("banking", bank, 0.92),
        ):
            if name in given.sets:
                lexical(part, reach)
    if not {"dense", "scope", "adapted"} & set(given.only):
        return
    teacher = rl.make_encoder(f"onnx:{given.models / 'minilm-l6-onnx-int8'}")
    minilm = encode("minilm", teacher, [*split.prompts, *rest])
    reaches = {
        "clinc": {"best": 0.96, "centroid, discriminant": 0.925, "knn, discriminant": 0.92},
        "few": {"best": 0.88},
        "banking": {"best": 0.935},
    }
    if "dense" in given.only:
        if "banking" in given.sets:
            encode("minilm", teacher, [*bank.prompts, *bank_test])
        for name, part in (("clinc", split), ("few", few), ("banking", bank)):
            if name in given.sets:
                dense(part, "MiniLM ONNX", minilm, reaches[name])
    if "scope" in given.only:
        scope("MiniLM ONNX", split, minilm, scopes, 0.975)
        scope("MiniLM ONNX", few[0], minilm, scopes, 0.975)
    if "adapted" in given.only:
        adapted(given, split, few, scopes, minilm)


def adapted(
    given: argparse.Namespace,
    split: Split,
    few: list[Split],
    scopes: dict[str, tuple[list[str], list[str]]],
    teacher: Known,
) -> None:
    """A table learnt from 5,000 unlabelled training prompts, then five labels per intent."""
    rows = np.random.default_rng(1).permutation(len(split.prompts))[:5000]
    unlabelled = [split.prompts[i] for i in rows]
    start = time.perf_counter()
    base = f"static:{given.models / 'minilm-l6-static-256'}"
    encoder = adapt(unlabelled, teacher, base)
    seconds = time.perf_counter() - start
    name = "adapted static"
    test = scopes["test"][0]
    rest = [prompt for parts in scopes.values() for part in parts for prompt in part]
    known = encode(name, encoder, [*split.prompts, *rest])
    for prompt in test[:100]:
        encoder.transform([prompt])
    start = time.perf_counter()
    for prompt in test:
        encoder.transform([prompt])
    single = (time.perf_counter() - start) / len(test) * 1e6
    start = time.perf_counter()
    encoder.transform(test * 4)
    batch = (time.perf_counter() - start) / len(test) / 4 * 1e6
    say(
        data="CLINC150",
        encoder=name,
        learnt_in_s=seconds,
        pairs=len(encoder.source.pairs),
        us_per_prompt_single=single,
        us_per_prompt_batch=batch,
        reach=10.0,
        reached=single <= 10,
    )
    dense(few, name, known, {"centroid, discriminant": 0.84})
    for one in few[:3]:
        scope(name, one, known, scopes, 0.94)


if __name__ == "__main__":
    sys.exit(main())
