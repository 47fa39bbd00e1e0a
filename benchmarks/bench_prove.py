"""Real LiteLLM proxies held against three plans; one JSON line per plan and interpreter.

    python benchmarks/bench_prove.py --data FOLDER [--models FOLDER] [--python PYTHON ..]
        [--probes 300] [--examples 20]

Each `--python` has ``litellm[proxy]``, and need not have routelab (`routelab` says whether it
does); without any, the running one serves. The plans:

table   LiteLLM's own heuristic_v2 table, learnt from the difficulty of FLASK's instructions
tfidf   a linear router over TF-IDF, learnt from the 150 intents of CLINC150, each with
        `--examples` (at most 100) prompts: a plugin
static  centroids of the table minilm-l6-static-256 (in `--models`), same intents: a plugin

Prompts that a router was trained on are not among the probes. `identical` must be true: content
routing, the attempts of requests with injected failures, and the loaded models. `added_ms` is the
median time that routing adds to a request, `added_cpu_ms` the CPU time of the proxy, beside the
same prompts sent straight to their groups, in blocks of five and the order ABBA.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import routelab as rl

MODELS = {
    "nano": "gpt-4.1-nano",
    "cheap": {"id": "c1", "model": "gpt-4o-mini", "num_retries": 1},
    "mid": {"id": "m1", "model": "claude-haiku-4-5", "num_retries": 0},
    "strong": [{"id": "s1", "model": "gpt-4o"}, {"id": "s2", "model": "gpt-4.1", "weight": 2}],
}
POLICY = {
    "default": "cheap",
    "retries": {"num_retries": 1},
    "fallbacks": {"mid": ["cheap"], "strong": ["mid", "nano"]},
    "cooldown": {"seconds": 2},
    "timeout_s": 1.5,
}
TIERS = {"SIMPLE": "nano", "MEDIUM": "cheap", "COMPLEX": "mid", "REASONING": "strong"}
TIER_OF_LEVEL = ["SIMPLE", "SIMPLE", "MEDIUM", "COMPLEX", "REASONING"]


def flask(data: Path, probes: int) -> tuple[rl.Plan, list[str]]:
    """Return a plan with a learnt table, and prompts that it was not trained on."""
    frame = rl.read_labels(data / "complexity_flask").drop_duplicates("prompt")
    tier_of = dict(zip(frame.attrs["order"], TIER_OF_LEVEL, strict=True))
    frame = frame.sample(frac=1, random_state=0)
    learnt = frame.iloc[probes:]
    router = rl.make_router("litellm-heuristic-v2").fit(
        learnt["prompt"].tolist(), learnt["label"].map(tier_of).tolist()
    )
    return rl.Plan(models=MODELS, router=router, routes=TIERS, **POLICY), (
        frame["prompt"].iloc[:probes].tolist()
    )


def clinc(data: Path, router: Any, probes: int, examples: int) -> tuple[rl.Plan, list[str]]:
    """Return a plan whose intents go by their domain, and prompts of the test part."""
    folder = data / "clinc150"
    rows = json.loads((folder / "data_full.json").read_text(encoding="utf-8"))
    domains = json.loads((folder / "domains.json").read_text(encoding="utf-8"))
    groups = list(MODELS)
    routes = {
        intent: groups[number % len(groups)]
        for number, intents in enumerate(domains.values())
        for intent in intents
    }
    learnt = rows["train"][:: 100 // examples]
    router.fit([prompt for prompt, _ in learnt], [intent for _, intent in learnt])
    plan = rl.Plan(models=MODELS, router=router, routes=routes, **POLICY)
    asked = [prompt for prompt, _ in rows["test"] + rows["oos_test"]]
    return plan, asked[:: max(1, len(asked) // probes)][:probes]


def plans(options: argparse.Namespace) -> Iterator[tuple[str, rl.Plan, list[str]]]:
    data, sizes = options.data, (options.probes, options.examples)
    yield "table", *flask(data, options.probes)
    yield "tfidf", *clinc(data, rl.make_router("linear"), *sizes)
    if options.models is not None:
        encoder = f"static:{options.models / 'minilm-l6-static-256'}"
        yield "static", *clinc(data, rl.make_router("centroid", encoder=encoder), *sizes)


def has_routelab(python: str | None) -> bool:
    command = [python or sys.executable, "-I", "-c", "import routelab"]
    return python is None or subprocess.run(command, capture_output=True).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--python", action="append")
    parser.add_argument("--probes", type=int, default=300)
    parser.add_argument("--examples", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for what, plan, prompts in plans(options):
            folder = Path(name) / what
            rl.export(plan, directory=folder)
            for python in options.python or [None]:
                start = time.monotonic()
                proof = rl.prove(folder, prompts, python=python)
                told = proof.to_dict()
                keys = ("identical", "litellm", "probes", "agreed", "failures", "attempts")
                line = {"plan": what, **{key: told[key] for key in keys}}
                line |= {"routelab": has_routelab(python), "differences": told["differences"]}
                if proof.latency is not None:
                    line |= {
                        key: round(value, 2)
                        for key, value in proof.latency.to_dict().items()
                        if value is not None
                    }
                print(json.dumps({**line, "seconds": round(time.monotonic() - start, 1)}))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
