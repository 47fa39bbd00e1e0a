"""The simulator's speed, one JSON line per figure.

    python benchmarks/bench_simulate.py [--quick] [--lean FOLDER]

Every ratio has both of its sides measured in this run. `--lean` names the folder of the leanest
sequential replay (lean_replay.py) that the kernel is held against; without it that line is left
out. `--quick` divides all sizes by 20.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from routelab import Plan
from routelab.simulation.arrays import (
    N_REQUEST,
    P_INDEPENDENT,
    P_PROMPT_CACHE_TTL,
    Q_GROUP,
    Q_IN,
    Q_LATENCY,
    Q_MODEL,
    Q_OUT,
    Q_OUT_FACTOR,
    Q_RETRIES,
    Q_SESSION,
    Q_T,
    Q_TIMEOUT,
    Trace,
)
from routelab.simulation.compile import Calendar, compile_plan
from routelab.simulation.provider import build_provider
from routelab.simulation.run import stream
from routelab.simulation.totals import Totals

MODELS = [
    *("gpt-4o-mini", "gemini/gemini-2.5-flash", "gpt-4.1-mini"),
    *("gpt-4.1", "gpt-4o", "o3"),
]
FAILING = np.array([0.01, 0.02, 0.01, 0.03, 0.01, 0.005])
RPM = [1300, 750, 550, 550, 360, 180]
CHUNK = 50_000


def say(name: str, **figures: object) -> None:
    print(json.dumps({"name": name, **figures}), flush=True)


def chain(first: int) -> list[str]:
    down = list(range(first - 1, -1, -1))
    return [f"m{i}" for i in [*down, *range(first + 1, len(MODELS))]]


def plan_of(kind: str) -> Plan:
    """Return the policy of the lean replay: a daily budget, limits, cooldowns and chains."""
    shared: dict = {
        "default": "m0",
        "fallbacks": {f"m{i}": chain(i) for i in range(len(MODELS))},
        "retries": {"num_retries": 0},
    }
    budget = {"scope": "plan", "limit_usd": 2500, "downgrade_to": ["m0"]}
    budgets = [{**budget, "when_exhausted": "serve-last"}]
    cooldown = {"seconds": 30, "allowed_fails": 3}
    if kind != "events":
        models: dict = {f"m{i}": name for i, name in enumerate(MODELS)}
        if kind in ("independent", "in_flight"):
            return Plan(models=models, cooldown={"disabled": True}, **shared)
        more = {"cooldown": {}, "cooldown_budget": {"budgets": budgets}}[kind]
        return Plan(models=models, cooldown=cooldown, **more, **shared)
    models = {
        f"m{i}": [{"id": f"d{i}", "model": name, "rpm": 60 * rpm, "max_parallel_requests": 10_000}]
        for i, (name, rpm) in enumerate(zip(MODELS, RPM, strict=True))
    }
    return Plan(
        models=models, cooldown=cooldown, enforce_model_rate_limits=True, budgets=budgets, **shared
    )


def chunks(requests: int, budgets: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield rows of synthetic traffic: 50 requests a second, lognormal tokens, six groups."""
    rng = np.random.default_rng(seed)
    now, done = 0.0, 0
    while done < requests:
        n = min(CHUNK, requests - done)
        rows = np.zeros((n, N_REQUEST + budgets))
        rows[:, Q_T] = now + np.cumsum(rng.exponential(0.02, n))
        now = rows[-1, Q_T]
        rows[:, Q_GROUP] = rng.integers(0, len(MODELS), n)
        rows[:, Q_IN] = np.minimum(rng.lognormal(5, 1, n), 60_000).astype(int)
        rows[:, Q_OUT] = np.minimum(rng.lognormal(5, 0.8, n), 60_000).astype(int)
        rows[:, [Q_RETRIES, Q_MODEL, Q_SESSION]] = -1
        rows[:, [Q_TIMEOUT, Q_LATENCY]] = np.nan
        rows[:, Q_OUT_FACTOR] = 1
        done += n
        yield rows


class Replayed:
    """One plan, ready to replay rows."""

    def __init__(self, kind: str, requests: int):
        self.plan = plan_of(kind)
        days = int(requests * 0.02 / 86_400) + 2
        edges = [86_400.0 * day for day in range(days + 1)]
        calendars = [Calendar(edges) for b in self.plan.budgets]
        self.arrays = compile_plan(self.plan, calendars)
        self.arrays.setting[P_PROMPT_CACHE_TTL] = 0.0  # no sessions in this traffic
        assert self.arrays.setting[P_INDEPENDENT] == (kind in ("independent", "in_flight"))
        if kind == "in_flight":
            self.arrays.setting[P_INDEPENDENT] = 0.0  # the same plan, through the heap of events
        self.provider = build_provider(
            [[] for _ in MODELS],
            latency_base=np.array([0.3, 0.35, 0.5, 0.7, 1.0, 1.5]),
            latency_per_output=np.array([0.004, 0.005, 0.008, 0.01, 0.02, 0.03]),
            hard_window=np.zeros(len(MODELS), int),
            latency_of_error=0.3,
            failure_probability=FAILING,
        )

    def run(self, parts: list[np.ndarray] | Iterator[np.ndarray]) -> Totals:
        totals = Totals(np.zeros(1, np.int64), len(MODELS), latencies=False)
        traces = (Trace(rows) for rows in parts)
        for _ in stream(self.arrays, self.provider, traces, totals.add):
            pass
        return totals


def seconds(call, repeat: int = 3) -> float:
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def beside_lean(folder: str, requests: int) -> None:
    """Hold both kinds of plan against the leanest sequential replay, in this process."""
    sys.path.insert(0, folder)
    lean = importlib.import_module("lean_replay")
    dt, score, tin, tout, fail = lean.trace(requests)
    out = np.zeros(16)
    policy = (np.linspace(0, 1, 7)[1:6], 2500.0, 3, 30.0, 1.0)

    def replay() -> None:
        lean.replay(
            *(dt, score, tin, tout, fail),
            *(lean.PIN, lean.POUT, lean.BASE, lean.PER, lean.RPM),
            *(*policy, out),
        )

    replay()
    base = seconds(replay)
    say("lean_replay", requests=requests, seconds=base, ns_per_request=base / requests * 1e9)
    for kind, most in (("independent", 3), ("events", 8)):
        replayed = Replayed(kind, requests)
        parts = list(chunks(requests, len(replayed.plan.budgets)))
        replayed.run(parts[:1])
        taken = seconds(lambda r=replayed, p=parts: r.run(p))
        say(
            f"kernel_{kind}_over_lean",
            requests=requests,
            seconds=taken,
            ns_per_request=taken / requests * 1e9,
            ratio=taken / base,
            target_ratio=most,
        )


def where_it_goes(requests: int) -> None:
    """Add one part of the state machine after the other."""
    before = 0.0
    for kind in ("independent", "in_flight", "cooldown", "cooldown_budget", "events"):
        replayed = Replayed(kind, requests)
        parts = list(chunks(requests, len(replayed.plan.budgets)))
        replayed.run(parts[:1])
        each = seconds(lambda r=replayed, p=parts: r.run(p), 5) / requests * 1e9
        say("where_it_goes", with_=kind, ns_per_request=each, added_ns=each - before)
        before = each


def growth(sizes: list[int]) -> None:
    """Replay traffic that is made on the way, in fixed memory."""
    for size in sizes:
        replayed = Replayed("events", size)
        replayed.run(chunks(CHUNK, 1))
        making = seconds(lambda n=size: sum(1 for _ in chunks(n, 1)), 1)
        taken = seconds(lambda r=replayed, n=size: r.run(chunks(n, 1)), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(
            "growth",
            requests=size,
            seconds=taken - making,
            ns_per_request=(taken - making) / size * 1e9,
            peak_mb=round(peak),
        )


def growth_alone(less: int) -> None:
    """Run the growth in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--only-growth", *(["--quick"] if less > 1 else [])]
    subprocess.run(command, check=True)


def beside_litellm(requests: int) -> None:
    """Drive the real litellm.Router over the same trace, and the kernel."""
    script = Path(__file__).with_name("_litellm_router.py")
    rows = np.concatenate(list(chunks(requests, 0)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.npy"
        np.save(path, rows[:, [Q_GROUP, Q_IN, Q_OUT]])
        found = subprocess.run(
            [sys.executable, str(script), str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
        )
    if found.returncode:
        say("router_skipped", reason=found.stderr.strip().splitlines()[-1])
        return
    router = json.loads(found.stdout.strip().splitlines()[-1])
    replayed = Replayed("events", 1_000_000)
    parts = list(chunks(1_000_000, 1))
    replayed.run(parts[:1])
    ours = 1_000_000 / seconds(lambda: replayed.run(parts))
    say(
        "kernel_over_litellm_router",
        router_requests=requests,
        router_per_s=router["requests_per_s"],
        kernel_per_s=ours,
        ratio=ours / router["requests_per_s"],
        target_ratio=10_000,
        litellm=router["version"],
    )


def first_call() -> None:
    """Time whole processes: the first with an empty cache, then with a full one."""
    code = (
        "import time; t = time.perf_counter(); import pandas as pd, routelab as rl;"
        "f = pd.DataFrame({'timestamp': pd.date_range('2026-01-05', periods=99, tz='UTC'),"
        "'input_tokens': 9, 'output_tokens': 9});"
        "rl.simulate(f, rl.Plan(models={'a': 'gpt-4o'}, default='a'));"
        "print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name in ("first_call_compiles", "later_process", "later_process"):
            done = subprocess.run(
                [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
            )
            say(name, seconds=float(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only-growth", action="store_true")
    parser.add_argument("--lean", default=os.environ.get("ROUTELAB_LEAN"))
    given = parser.parse_args()
    less = 20 if given.quick else 1
    if given.only_growth:
        growth([n // less for n in (1_000_000, 10_000_000, 100_000_000)])
        return
    growth_alone(less)  # first: a process starts with the memory peak of the one that made it
    if given.lean:
        beside_lean(given.lean, 10_000_000 // less)
    where_it_goes(2_000_000 // less)
    beside_litellm(2000 // less)
    first_call()


if __name__ == "__main__":
    main()
