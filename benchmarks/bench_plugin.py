"""CPU of one decision by an exported module, beside the fitted pipeline; one JSON line per figure.

    python benchmarks/bench_plugin.py --data FOLDER [--models FOLDER] [--examples 100] [--calls 400]

Each plan has a split by user and a router over the first 4, 20 or 150 intents of CLINC150 (in
FOLDER/clinc150), with `--examples` training prompts of each. Its export (target "python") is
imported as a proxy would, and asked one test prompt at a time, and so is the fitted scikit-learn
pipeline; calls alternate, so that both meet the same machine. Times are of CPU, all threads, at
the median. `ratio` is the pipeline's time over the module's; `agree` must be 1. TF-IDF is measured
with numpy and, as in a bare interpreter, without; the static table (minilm-l6-static-256 in
`--models`) needs it. The aim is less than 1 ms for TF-IDF.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import routelab as rl

CLASSES = (4, 20, 150)
MODELS = {"cheap": "gpt-4o-mini", "strong": "gpt-4o"}
SPLIT = {"name": "half", "by": "user", "arms": {"old": {"share": 0.5}, "new": {"share": 0.5}}}


def exported(router: Any, folder: Path) -> tuple[Any, dict[str, float]]:
    """Return the imported module of a plan around a router, and what it takes to start."""
    groups = itertools.cycle(MODELS)
    routes = {str(name): next(groups) for name in router.classes_.tolist()}
    plan = rl.Plan(models=MODELS, default="cheap", router=router, routes=routes, split=SPLIT)
    rl.export(plan, "python", directory=folder)
    start = time.process_time()
    spec = importlib.util.spec_from_file_location(folder.name, folder / "routelab_router.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    load_s = time.process_time() - start
    size = (folder / "bundle.json").stat().st_size
    return module, {"bundle_mb": round(size / 1e6, 2), "load_cpu_s": round(load_s, 3)}


def cpu_ms(prompts: list[str], calls: dict[str, Callable[[str], Any]]) -> dict[str, np.ndarray]:
    """Return the milliseconds of CPU (prompts,) of each function, asked in turn."""
    spent: dict[str, list[int]] = {name: [] for name in calls}
    for prompt in prompts:
        for name, call in calls.items():
            start = time.process_time_ns()
            call(prompt)
            spent[name].append(time.process_time_ns() - start)
    return {name: np.array(found) / 1e6 for name, found in spent.items()}


def measure(router: Any, prompts: list[str], folder: Path, bare: bool) -> dict[str, Any]:
    """Return the figures of one router, `bare` without numpy."""
    module, facts = exported(router, folder)
    if bare:
        module._numpy_or_none = lambda: None

    def ask(prompt: str) -> str:
        return module.route([{"role": "user", "content": prompt}], user="user-123")

    def own(prompt: str) -> Any:
        return module._DECIDER.route(prompt)

    def predict(prompt: str) -> str:
        return str(router.predict([prompt])[0])

    agree = np.mean([own(prompt) == predict(prompt) for prompt in prompts])  # warms up as well
    spent = cpu_ms(prompts, {"module": ask, "pipeline": predict})
    median = {name: float(np.median(found)) for name, found in spent.items()}
    return {
        **facts,
        "agree": float(agree),
        "cpu_ms": round(median["module"], 4),
        "cpu_ms_p99": round(float(np.quantile(spent["module"], 0.99)), 4),
        "pipeline_cpu_ms": round(median["pipeline"], 4),
        "ratio": round(median["pipeline"] / median["module"], 2),
    }


def encoders(models: Path | None) -> Iterator[tuple[str, str, bool]]:
    """Yield name, encoder and whether numpy is kept away."""
    yield "tfidf", "tfidf", False
    yield "tfidf, no numpy", "tfidf", True
    static = None if models is None else models / "minilm-l6-static-256"
    if static is not None and static.is_dir():
        yield "static", f"static:{static}", False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args()
    labels = rl.read_labels(given.data / "clinc150" / "data_full.json")
    train, test = (labels[labels["split"] == part] for part in ("train", "test"))
    with tempfile.TemporaryDirectory() as place:
        for classes, kind in itertools.product(CLASSES, ("linear", "centroid")):
            names = sorted(train["label"].unique())[:classes]
            learnt = train[train["label"].isin(names)].groupby("label").head(given.examples)
            asked = test[test["label"].isin(names)]["prompt"].tolist()
            prompts = list(itertools.islice(itertools.cycle(asked), given.calls))
            for name, group in itertools.groupby(encoders(given.models), key=lambda one: one[1]):
                router = rl.make_router(kind, name).fit(learnt["prompt"], learnt["label"])
                for number, (shown, _, bare) in enumerate(group):
                    folder = Path(place) / f"{kind}_{classes}_{len(name)}_{number}"
                    figures = measure(router, prompts, folder, bare)
                    line = {"encoder": shown, "router": kind, "classes": classes, **figures}
                    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
