"""What a generated plugin adds to a request inside a real LiteLLM proxy; one JSON line per figure.

    python benchmarks/bench_added.py --data FOLDER [--python PYTHON ..] [--requests 600]
        [--examples 100]

A TF-IDF linear router over the 150 intents of CLINC150 is exported as a classifier plugin. One
proxy on loopback, with our stand-in as provider, then answers the same test prompts in three ways,
in interleaved blocks of five whose order rotates:

direct  straight to the group that the plan decides
idle    by the same content routing, with a plugin in place of ours that answers at once
plugin  by the exported plugin

`idle` - `direct` is what LiteLLM's own content routing costs, `plugin` - `idle` what ours adds to
it. CPU is that of all threads of the proxy, per request of a block; differences are those of the
blocks of the same prompts, at the median, with a 95 % bootstrap interval. The aim is less than
1 ms of CPU added by the plugin.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from bench_prove import clinc

import routelab as rl
from routelab.proving.client import Client
from routelab.proving.latency import BLOCK, cpu_seconds
from routelab.proving.probes import Probe, decided_groups, read_probes
from routelab.proving.proxy import booted
from routelab.proving.stand_in import asked_name, read_export, write_copy
from routelab.proving.upstream import Upstream, serving

KINDS = ("direct", "idle", "plugin")
IDLE = """class Idle:
    async def classify(self, context):
        return "SIMPLE"


classifier = Idle()
"""


def add_idle(folder: Path, name: str) -> str:
    """Give the config in a folder a second content routing, whose plugin does nothing."""
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    [entry] = [one for one in config["model_list"] if one["model_name"] == name]
    twin = json.loads(json.dumps(entry))
    twin["model_name"] = f"{name}-idle"
    settings = twin["litellm_params"]["complexity_router_config"]
    settings["classifier_plugin"] = "idle_plugin.classifier"
    config["model_list"].append(twin)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    (folder / "idle_plugin.py").write_text(IDLE, encoding="utf-8")
    return str(twin["model_name"])


def blocks(
    client: Client, names: dict[str, Sequence[str]], probes: Sequence[Probe]
) -> dict[str, np.ndarray]:
    """Return CPU and time of each kind in ms per request, (blocks, 2), asked in turn."""
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in names}
    for number, start in enumerate(range(0, len(probes), BLOCK)):
        turn = number % len(KINDS)
        for kind in (*KINDS[turn:], *KINDS[:turn]):
            before, walls = cpu_seconds(client.proxy.pid), []
            for place in range(start, start + BLOCK):
                reply = client.ask(
                    names[kind][place], probes[place].body(), probes[place].headers()
                )
                if reply.status != 200:
                    raise SystemExit(f"{kind}: HTTP {reply.status} {reply.error}")
                walls.append(reply.wall_s)
            after = cpu_seconds(client.proxy.pid)
            if before is None or after is None:
                raise SystemExit("CPU is read from /proc/PID/task/*/schedstat, which is not here")
            found[kind].append((1000 * (after - before) / BLOCK, 1000 * float(np.median(walls))))
    return {kind: np.array(rows) for kind, rows in found.items()}


def interval(values: np.ndarray, draws: int = 2000) -> list[float]:
    """Return the median of values and its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(values, (draws, len(values))), axis=1)
    return [round(float(x), 3) for x in (np.median(values), *np.quantile(medians, (0.025, 0.975)))]


def measure(folder: Path, prompts: list[str], python: str | None) -> dict[str, object]:
    export = read_export(folder)
    probes, _ = read_probes(prompts)
    asked, by_content = asked_name(export, None)
    assert by_content
    groups = decided_groups(export.plan, probes)
    with tempfile.TemporaryDirectory() as place, serving(Upstream(None)) as upstream:
        copy = Path(place)
        write_copy(export, copy, upstream.port)
        idle = add_idle(copy, asked)
        with booted(copy, python=python) as proxy, Client(proxy) as client:
            client.warm_up([asked, idle, *export.plan.models])
            many = len(probes)
            names = {"direct": groups, "idle": [idle] * many, "plugin": [asked] * many}
            blocks(client, names, probes[: 20 * BLOCK])  # not counted: caches fill
            found = blocks(client, names, probes)
            version = client.replies[-1].headers.get("x-litellm-version")
    medians = {kind: np.median(rows, axis=0).round(2).tolist() for kind, rows in found.items()}
    gaps = {"routing": found["idle"] - found["direct"], "plugin": found["plugin"] - found["idle"]}
    return {
        "litellm": version,
        "requests": len(probes),
        "cpu_ms": {kind: one[0] for kind, one in medians.items()},
        "wall_ms": {kind: one[1] for kind, one in medians.items()},
        **{f"{name}_added_cpu_ms": interval(gap[:, 0]) for name, gap in gaps.items()},
        **{f"{name}_added_ms": interval(gap[:, 1]) for name, gap in gaps.items()},
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--python", action="append")
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--examples", type=int, default=100)
    given = parser.parse_args()
    router = rl.make_router("linear")
    plan, prompts = clinc(given.data, router, given.requests, given.examples)
    prompts = prompts[: len(prompts) // BLOCK * BLOCK]
    with tempfile.TemporaryDirectory() as place:
        rl.export(plan, directory=Path(place) / "export")
        for python in given.python or [None]:
            print(json.dumps(measure(Path(place) / "export", prompts, python)), flush=True)


if __name__ == "__main__":
    main()
