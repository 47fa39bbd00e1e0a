"""Beside semantic-router: same vectors, same examples, its own `fit`; one JSON line per router.

    python benchmarks/bench_semantic_router.py --data FOLDER --models FOLDER --python PYTHON

PYTHON is an interpreter of an environment with `pip install semantic-router`. Both get 10,000 of
CLINC150's training prompts, fit their thresholds on the validation part (in and out of scope), and
answer the test part one prompt at a time. Encoding is not timed: the vectors are known.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline

import routelab as rl
from routelab.routers import CentroidHead, DiscriminantSpace, NeighborsHead, ScopedHead

HERE = Path(__file__).parent


def parts_of(data: Path, models: Path, examples: int) -> dict[str, np.ndarray]:
    """Return vectors and labels of three parts; out of scope is -1."""
    read = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    names = sorted({label for _, label in read["train"]})
    code = {name: i for i, name in enumerate(names)} | {"oos": -1}
    rows = {
        "train": read["train"],
        "validation": read["val"] + read["oos_val"],
        "test": read["test"] + read["oos_test"],
    }
    later = {text for part in ("validation", "test") for text, _ in rows[part]}
    rows["train"] = [row for row in rows["train"] if row[0] not in later]
    order = np.random.default_rng(0).permutation(len(rows["train"]))[:examples]
    rows["train"] = [rows["train"][i] for i in np.sort(order)]
    encoder = rl.make_encoder(f"onnx:{models / 'minilm-l6-onnx-int8'}")
    found = {part: encoder.transform([text for text, _ in given]) for part, given in rows.items()}
    for part, given in rows.items():
        found[f"{part}_labels"] = np.array([code[label] for _, label in given])
    return found


def theirs(parts: dict[str, np.ndarray], python: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.json"
        np.savez(source, **parts)
        command = [python, str(HERE / "_semantic_router.py"), str(source), str(target)]
        subprocess.run(command, check=True)
        return json.loads(target.read_text(encoding="utf-8"))


def ours(parts: dict[str, np.ndarray], *steps: Any) -> dict[str, Any]:
    """Fit, choose the threshold with the best end-to-end accuracy on validation, answer."""
    router = Pipeline([(str(place), step) for place, step in enumerate(steps)])
    start = time.perf_counter()
    router.fit(parts["train"], parts["train_labels"])
    built = time.perf_counter()
    chosen = router.predict(parts["validation"])
    inside = router[:-1].transform(parts["validation"]) if len(steps) > 1 else parts["validation"]
    score = router[-1].confidence(inside)
    truth = parts["validation_labels"]
    cuts = np.quantile(score, np.linspace(0, 0.3, 301))
    right = [np.mean(np.where(score < cut, -1, chosen) == truth) for cut in cuts]
    router[-1].set_params(threshold=float(cuts[int(np.argmax(right))]), abstain_label=-1)
    fitted = time.perf_counter()
    answers = [int(router.predict(row[None])[0]) for row in parts["test"]]
    done = time.perf_counter()
    return {
        "version": rl.__version__,
        "build_s": built - start,
        "fit_s": fitted - built,
        "us_per_call": (done - fitted) / len(answers) * 1e6,
        "answers": answers,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--examples", type=int, default=10_000)
    given = parser.parse_args()
    parts = parts_of(given.data, given.models, given.examples)
    truth = parts["test_labels"]
    rows = {
        "semantic-router": theirs(parts, given.python),
        "centroid, discriminant": ours(parts, DiscriminantSpace(), CentroidHead()),
        "knn, discriminant": ours(parts, DiscriminantSpace(), NeighborsHead()),
        "scoped": ours(parts, ScopedHead()),
    }
    slowest = rows["semantic-router"]["us_per_call"]
    for name, row in rows.items():
        answers = np.array(row.pop("answers"))
        inside = truth >= 0
        figure = {
            "router": name,
            "examples": given.examples,
            "accuracy_end_to_end": float(np.mean(answers == truth)),
            "accuracy_in_scope": float(np.mean(answers[inside] == truth[inside])),
            "out_of_scope_f1": float(f1_score(truth < 0, answers < 0)),
            **row,
            "times_faster": slowest / row["us_per_call"],
        }
        print(
            json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in figure.items()})
        )


if __name__ == "__main__":
    main()
