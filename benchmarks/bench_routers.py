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
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

import routelab as rl
from routelab.encoders import PromptEncoder, adapt
from routelab.routers import (
    CentroidHead,
    DiscriminantSpace,
    HierarchicalHead,
    LogisticHead,
    NeighborsHead,
    NetworkHead,
    RouteThresholds,
    ScopedHead,
)
from routelab.routers._labels import same_text
from routelab.semantic import with_route_names

#: Why a figure stays below what it was meant to reach.
REASONS = {
    ("CLINC150", "tfidf"): "words alone: the linear head stays two standard errors (0.004 each) "
    "below, the network within one",
    ("CLINC150, 5 per class", "tfidf"): "words that five examples do not hold: the rows show what "
    "the network, names of routes and unlabelled prompts add",
    ("BANKING77", "tfidf"): "a linear head: the network reaches it",
    ("FLASK, 5-fold", "MiniLM ONNX beside tfidf"): "1,354 prompts: one standard error is 0.014",
    ("Bloom, 5-fold", "MiniLM ONNX beside tfidf"): "1,245 prompts: one standard error is 0.012, "
    "and the heads end within it",
}
PARTS = ["lexical", "dense", "scope", "semantic", "levels", "adapted"]
SHRINKAGE = {"space__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]}


def say(**figure: Any) -> None:
    if figure.get("reached") is False:
        figure["reason"] = REASONS.get((figure["data"], figure["encoder"]))
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


def apart(train: Any, test: Any) -> None:
    """Assert that no test prompt was learnt from."""
    assert not set(train) & set(test), "a test prompt is in the training part"


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

    def with_names(self) -> Split:
        """Add the name of each route as one more example, but for names that are test prompts."""
        prompts, labels = with_route_names(self.prompts, self.labels)
        kept = [i for i, prompt in enumerate(prompts) if prompt not in set(self._test[0])]
        return Split(self.name, [prompts[i] for i in kept], labels[kept], self._test)

    def with_unlabelled(self, prompts: list[str]) -> Split:
        """Add prompts without a label (-1), as a log has them."""
        labels = np.array([*self.labels, *[-1] * len(prompts)], dtype=object)
        return Split(self.name, [*self.prompts, *prompts], labels, self._test)

    def regrouped(self, name: str, group: dict[str, str]) -> Split:
        """Ask for the group of each label instead of the label."""
        labels = [np.array([group[x] for x in part]) for part in (self.labels, self._test[1])]
        return Split(name, self.prompts, labels[0], (self._test[0], labels[1]))

    def select(self, router: Any, grid: dict[str, list[Any]], folds: int) -> Any:
        """Choose parameters by cross-validation on the training part; return them, unfitted."""
        splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
        search = GridSearchCV(router, grid, cv=splitter, refit=False, error_score="raise")
        search.fit(np.array(self.prompts, object), self.labels)
        return clone(router).set_params(**search.best_params_), search.best_params_

    def tried(self, router: Any) -> dict[str, float]:
        """Return coverage and precision of a fitted router that may abstain."""
        apart(self.prompts, self._test[0])
        answers = router.predict(self._test[0])
        served = np.array([answer is not None for answer in answers])
        right = float(np.mean(answers[served] == self._test[1][served]))
        return {"coverage": float(served.mean()), "precision": right}

    def seconds_of_each(self, router: Any, most: int) -> list[float]:
        """Return the seconds of single decisions on test prompts, after some that warm up."""
        seconds = []
        for prompt in self._test[0][: most + 50]:
            start = time.perf_counter()
            router.predict([prompt])
            seconds.append(time.perf_counter() - start)
        return seconds[50:]

    def score(self, router: Any) -> tuple[float, float, float]:
        """Return the accuracy on the test part, seconds to fit, microseconds per decision."""
        prompts, labels = self._test
        apart(self.prompts, prompts)
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


def lexical(split: Any, reach: float, log: list[str]) -> None:
    """Rows with the encoder tfidf; of few labels also with unlabelled prompts beside them."""
    plain = Pipeline([("text", plain_tfidf()), ("head", plain_logistic())])
    beside = tell(split, "scikit-learn TF-IDF + LogisticRegression", "tfidf", plain)
    grid = {"head__C": [20.0, 60.0, 200.0]}
    tell(split, "linear", "tfidf", rl.make_router("linear"), grid=grid, reach=reach, beside=beside)
    network = rl.make_router(
        "network"
    )  # its settings: CLINC150's val part, held-out training prompts
    tell(split, "network", "tfidf", network, reach=reach, beside=beside)
    if isinstance(split, list):
        named = [one.with_names() for one in split]
        router = rl.make_router("linear")
        tell(named, "linear, route names", "tfidf", router, grid=grid, reach=reach, beside=beside)
        tell(named, "network, route names", "tfidf", network, reach=reach, beside=beside)
        taught = SelfTrainingClassifier(NetworkHead(), criterion="k_best", k_best=3000, max_iter=1)
        router = Pipeline([("encoder", rl.make_encoder("tfidf")), ("head", taught)])
        more = [one.with_unlabelled(log) for one in named]
        head = f"network, route names, self-trained on {len(log):,} unlabelled prompts"
        tell(more, head, "tfidf", router, reach=reach, beside=beside)
    for kind in ("centroid", "knn"):
        tell(split, kind, "tfidf", rl.make_router(kind), beside=beside)


def single(split: Split) -> None:
    """Time decisions one by one, as a gateway asks for them."""
    router = rl.make_router("linear").fit(np.array(split.prompts, object), split.labels)
    seconds = split.seconds_of_each(router, 1000)
    say(
        data=split.name,
        encoder="tfidf",
        head="linear, one prompt at a time",
        us_median=float(np.median(seconds) * 1e6),
        us_90th_percentile=float(np.quantile(seconds, 0.9) * 1e6),
        reach=1000.0,
        reached=bool(np.median(seconds) < 1e-3),
    )


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
    if isinstance(split, list):
        named = [one.with_names() for one in split]
        head = "linear, route names"
        tell(named, head, label, union, grid=grid, beside=beside["linear"], **more)


def scope(
    name: str, splits: list[Split], encoder: Known, scopes: dict[str, Any], reach: float
) -> None:
    """Out-of-scope prompts: plain centroids, discriminant ones, and `ScopedHead`, told and untold.

    "Told" heads learn from CLINC150's 100 out-of-scope training prompts. C and shrinkage are the
    defaults: nothing is chosen here.
    """
    steps = {
        "plain centroid": [("head", CentroidHead())],
        "centroid, discriminant": [
            ("space", DiscriminantSpace(shrinkage=0.9)),
            ("head", CentroidHead()),
        ],
        "scoped": [("head", ScopedHead())],
        "scoped, 100 out-of-scope examples": [("head", ScopedHead(out_of_scope="oos"))],
    }
    beside = None
    for head, made in steps.items():
        areas = []
        for split in splits:
            told = scopes["told"] if "100" in head else []
            prompts = np.array([*split.prompts, *told], object)
            router = Pipeline([("encoder", encoder), *clone(Pipeline(made)).steps])
            apart(prompts, [*scopes["test"][0], *scopes["test"][1]])
            router.fit(prompts, np.array([*split.labels, *["oos"] * len(told)]))
            areas.append(auroc(router, *scopes["test"]))
        area, recall = np.mean(areas, axis=0).tolist()
        beside = area if beside is None else beside
        say(
            data=f"{splits[0].name}, out of scope",
            encoder=name,
            head=head,
            auroc=area,
            recall_at_95_coverage=recall,
            seeds=len(splits),
            beside=beside,
            reach=reach,
            reached=area >= reach,
        )


def auroc(router: Any, inside: list[str], outside: list[str]) -> tuple[float, float]:
    """Return the AUROC, and the share of `outside` refused where 95 % of `inside` is served."""
    before, head = router[:-1], router[-1]
    best = [head.confidence(before.transform(p)) for p in (inside, outside)]
    truth = np.repeat([1, 0], [len(inside), len(outside)])
    served = np.quantile(best[0], 0.05)
    return float(roc_auc_score(truth, np.concatenate(best))), float(np.mean(best[1] < served))


def levels(data: Path, name: str, encoder: Any, reach: dict[str, float]) -> None:
    """Levels of complexity in five folds; parameters are chosen inside each training part."""
    file = {
        "FLASK": "complexity_flask/flask_evaluation.dev.jsonl",
        "Bloom": "complexity_bloom/BT1_Dataset.csv",
    }[name]
    labels = rl.read_labels(data / file)
    order, prompts = labels.attrs["order"], labels["prompt"].to_numpy(object)
    codes = np.array([order.index(label) for label in labels["label"]])
    plain = Pipeline([("text", plain_tfidf()), ("head", plain_logistic())])
    rows: dict[str, tuple[Any, dict[str, list[Any]]]] = {
        "scikit-learn TF-IDF + LogisticRegression": (plain, {}),
        "complexity, tfidf": (rl.make_router("complexity"), {"head__C": [3.0, 10.0, 30.0]}),
        "complexity": (
            rl.make_router("complexity", encoder=encoder),
            {"head__C": [3.0, 10.0, 30.0]},
        ),
        "complexity, kernel": (
            rl.make_router("complexity", encoder=encoder, head="kernel"),
            {"head__C": [1.0, 3.0, 10.0]},
        ),
    }
    for head, (router, grid) in rows.items():
        shares, chosen = np.empty((len(codes), len(order))), []
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        for train, test in folds.split(prompts, codes, same_text(prompts.tolist())):
            apart(prompts[train], prompts[test])
            part = Split(name, prompts[train].tolist(), codes[train], ([], codes[test]))
            made, best = part.select(router, grid, 3) if grid else (clone(router), {})
            shares[test] = made.fit(prompts[train], codes[train]).predict_proba(prompts[test])
            chosen.append(best)
        accuracy = float(np.mean(shares.argmax(axis=1) == codes))
        spearman = float(spearmanr(shares @ np.arange(len(order)), codes).statistic)
        say(
            data=f"{name}, 5-fold",
            encoder="tfidf" if "tfidf" in head.lower() else "MiniLM ONNX beside tfidf",
            head=head,
            accuracy=accuracy,
            spearman=spearman,
            chosen=chosen,
            reach=reach,
            reached=accuracy >= reach["accuracy"] and spearman >= reach.get("spearman", 0),
        )


def domains(data: Path, split: Split, encoder: Known) -> None:
    """CLINC150's ten domains: routes that are not round, and routes in two levels."""
    grouped = json.loads((data / "clinc150" / "domains.json").read_text(encoding="utf-8"))
    domain = {route: name for name, routes in grouped.items() for route in routes}
    coarse = split.regrouped("CLINC150, ten domains", domain)
    one = Pipeline([("encoder", encoder), ("head", CentroidHead())])
    beside = tell(coarse, "plain centroid", "MiniLM ONNX", one)
    several = Pipeline([("encoder", encoder), ("head", CentroidHead(centroids=24))])
    tell(coarse, "centroid, up to 24 per route", "MiniLM ONNX", several, beside=beside)
    flat = Pipeline([("encoder", encoder), ("head", LogisticHead())])
    beside = tell(split, "linear", "MiniLM ONNX", flat)
    levels = Pipeline([("encoder", encoder), ("head", HierarchicalHead(domains=domain))])
    tell(split, "hierarchical", "MiniLM ONNX", levels, beside=beside)


def thresholds(split: Split, encoder: Known, scopes: dict[str, Any]) -> None:
    """Thresholds per route, fitted on training prompts alone, tried on the test part."""
    prompts = np.array([*split.prompts, *scopes["told"]], object)
    labels = np.array([*split.labels, *["oos"] * len(scopes["told"])])
    for target, level in (("coverage", 0.95), ("precision", 0.99)):
        base = Pipeline([("encoder", encoder), ("head", ScopedHead())])
        router = RouteThresholds(base, target=target, level=level, out_of_scope="oos")
        apart(prompts, [*scopes["test"][0], *scopes["test"][1]])
        router.fit(prompts, labels)
        tried = split.tried(router)
        foreseen = router.report_.loc["(all)", [target, *ENDS[target]]].tolist()
        outside = np.mean([x is None for x in router.predict(scopes["test"][1])])
        say(
            data="CLINC150",
            encoder="MiniLM ONNX",
            head=f"scoped, {target} of {level}",
            foreseen=foreseen,
            **tried,
            out_of_scope_refused=float(outside),
            out_of_scope_foreseen=router.out_of_scope_refused_,
        )


ENDS = {"precision": ["low", "high"], "coverage": ["coverage_low", "coverage_high"]}


def clinc(data: Path) -> tuple[Split, dict[str, Any]]:
    """Return the in-scope split, and prompts (in scope, out of scope) per part."""
    parts = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    test = [text for text, _ in parts["test"]]
    # Two texts occur in both parts: they count in the test part.
    train = [(t, label) for t, label in parts["train"] if t not in set(test)]
    labels = [np.array([label for _, label in part]) for part in (train, parts["test"])]
    split = Split("CLINC150", [t for t, _ in train], labels[0], (test, labels[1]))
    scopes = {
        "told": [text for text, _ in parts["oos_train"]],
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
    parser.add_argument("--only", nargs="*", default=PARTS)
    parser.add_argument("--sets", nargs="*", default=["clinc", "few", "banking"])
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # solvers that stop at max_iter, in both columns alike

    split, scopes = clinc(given.data)
    rest = [*scopes["told"], *scopes["test"][0], *scopes["test"][1]]
    few = [split.few(5, seed) for seed in range(given.seeds)]
    bank, bank_test = banking(given.data)
    if "lexical" in given.only:
        for name, part, reach in (
            ("clinc", split, 0.935),
            ("few", few, 0.78),
            ("banking", bank, 0.92),
        ):
            if name in given.sets:
                lexical(part, reach, unlabelled(split))
        if "clinc" in given.sets:
            single(split)
    if not set(PARTS[1:]) & set(given.only):
        return
    teacher = rl.make_encoder(f"onnx:{given.models / 'minilm-l6-onnx-int8'}")
    names = few[0].with_names().prompts  # the names of the routes, among other prompts
    minilm = encode("minilm", teacher, [*split.prompts, *names, *rest])
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
        scope("MiniLM ONNX", [split], minilm, scopes, 0.975)
        scope("MiniLM ONNX", few, minilm, scopes, 0.975)
    if "semantic" in given.only:
        domains(given.data, split, minilm)
        thresholds(split, minilm, scopes)
    if "levels" in given.only:
        levels(given.data, "FLASK", teacher, {"accuracy": 0.55, "spearman": 0.65})
        levels(given.data, "Bloom", teacher, {"accuracy": 0.75})
    if "adapted" in given.only:
        adapted(given, split, few, scopes, minilm)


def unlabelled(split: Split) -> list[str]:
    """Return 5,000 training prompts, for what learns without their labels."""
    rows = np.random.default_rng(1).permutation(len(split.prompts))[:5000]
    return [split.prompts[i] for i in rows]


def adapted(
    given: argparse.Namespace,
    split: Split,
    few: list[Split],
    scopes: dict[str, tuple[list[str], list[str]]],
    teacher: Known,
) -> None:
    """A table learnt from 5,000 unlabelled training prompts, then five labels per intent."""
    prompts = unlabelled(split)
    apart(prompts, [*scopes["test"][0], *scopes["test"][1]])
    start = time.perf_counter()
    base = f"static:{given.models / 'minilm-l6-static-256'}"
    encoder = adapt(prompts, teacher, base)
    seconds = time.perf_counter() - start
    name = "adapted static"
    test = scopes["test"][0]
    rest = [*scopes["told"], *scopes["test"][0], *scopes["test"][1]]
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
    scope(name, few, known, scopes, 0.94)


if __name__ == "__main__":
    sys.exit(main())
