"""Fits on the first part of a log, judged on the later part: what they miss, and what others miss.

    ROUTELAB_DATA=... python benchmarks/bench_fits.py

One JSON line per figure. The bundled week is a simulation; the other figures need the development
data and are real: rounds of two agent sessions (19 in all, so each is predicted from the others
of its model), answers of 2 models to 809 prompts (tokens), of 19 models to 805 (characters).
Latency: median absolute relative error. Verbosity: how far the predicted sum of a model's answers
is off, from another model's answers to the same prompts, halves of the prompts drawn five times.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from routelab import Catalog, OutcomeTable, fit_latency, fit_verbosity
from routelab.datasets import external_dir, load_traffic


def say(name: str, **figures) -> None:
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    print(json.dumps({"name": name, **rounded}), flush=True)


def relative(found, seen) -> np.ndarray:
    return np.abs(np.asarray(found, float) / np.asarray(seen, float) - 1)


def week() -> None:
    log = load_traffic().query("status < 400")
    half = log["timestamp"].quantile(0.5)
    train, test = log[log["timestamp"] < half], log[log["timestamp"] >= half]
    fit, joint = fit_latency(train), fit_latency(train.assign(ttft_s=np.nan))
    book = Catalog.bundled()
    errors: dict[str, list] = {"fitted": [], "jointly": [], "catalog": [], "median": []}
    for model, own in test.groupby("model"):
        tokens = own["input_tokens"], own["output_tokens"]
        entry = book[model]
        catalog = entry.ttft_s + own["output_tokens"] / entry.output_tokens_per_s
        median = train.loc[train["model"] == model, "latency_s"].median()
        found = (fit.predict(model, *tokens), joint.predict(model, *tokens), catalog, median)
        for name, prediction in zip(errors, found, strict=True):
            errors[name].append(relative(prediction, own["latency_s"]))
    figures = {name: float(np.median(np.concatenate(e))) for name, e in errors.items()}
    say("latency_bundled_week_simulated", requests=len(test), **figures)


def rounds(data: Path) -> None:
    rows = []
    text = (data / "trace_tracelab" / "round_trace.jsonl").read_text(encoding="utf-8")
    for record in map(json.loads, filter(None, text.split("\n"))):
        events = [e for e in record["timing_events"] if e["event_type"] != "usage_report"]
        kinds = np.array([e["event_type"] in ("user_message", "tool_result") for e in events])
        stamps = pd.to_datetime([e["timestamp"] for e in events], utc=True)
        rows.append(
            {
                "timestamp": stamps[kinds].max(),
                "model": record["model"],
                "input_tokens": record["input_tokens_total"],
                "output_tokens": record["output_tokens"],
                "latency_s": (stamps[~kinds].max() - stamps[kinds].max()).total_seconds(),
            }
        )
    log = pd.DataFrame(rows)
    found, median = [], []
    for place, row in log.iterrows():
        others = log.drop(index=place)
        fit = fit_latency(others, min_requests=5)
        found.append(fit.predict(row["model"], row["input_tokens"], row["output_tokens"]))
        median.append(others.loc[others["model"] == row["model"], "latency_s"].median())
    constant = 0.5 + log["output_tokens"] / 60  # what a replay takes without any latency
    say(
        "latency_agent_rounds_real",
        requests=len(log),
        fitted=float(np.median(relative(found, log["latency_s"]))),
        constant=float(np.median(relative(constant, log["latency_s"]))),
        median=float(np.median(relative(median, log["latency_s"]))),
    )


def lengths(name: str, table: pd.DataFrame) -> None:
    table = table.astype(float).where(table > 0)
    misses: dict[str, list] = {"arithmetic": [], "geometric": [], "equal": []}
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(table))
        half = len(table) // 2
        train, test = table.iloc[order[:half]], table.iloc[order[half:]]
        outcomes = OutcomeTable(
            [str(i) for i in train.index], list(train.columns), np.ones(train.shape)
        )
        for mean in ("arithmetic", "geometric"):
            fit = fit_verbosity(outcomes, output_tokens=train, mean=mean)
            for a, b in ((a, b) for a in table for b in table if a != b):
                both = test[[a, b]].dropna()
                truth = both[b].sum() / both[a].sum()
                misses[mean].append(abs(fit.factor(a, b)[1] / truth - 1))
                if mean == "arithmetic":
                    misses["equal"].append(abs(1 / truth - 1))
    medians = {mean: float(np.median(miss)) for mean, miss in misses.items()}
    say(name, prompts=len(table), models=table.shape[1], **medians)


def arena(data: Path) -> pd.DataFrame:
    tokens = {}
    for path in sorted((data / "routerarena").glob("*.jsonl")):
        rows = map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n")))
        tokens[path.stem] = {
            r["global_index"]: r["token_usage"]["output_tokens"] for r in rows if r["success"]
        }
    return pd.DataFrame(tokens)


def alpaca(data: Path) -> pd.DataFrame:
    table = pd.read_csv(data / "alpaca_eval" / "preference_table.csv.gz")
    return table[[c for c in table if c.endswith("|output_chars")]]


def main() -> None:
    week()
    data = external_dir()
    if data is None:
        raise SystemExit("the real figures need the development data: set ROUTELAB_DATA")
    rounds(data)
    lengths("verbosity_two_models_tokens_real", arena(data))
    lengths("verbosity_19_models_characters_real", alpaca(data))


if __name__ == "__main__":
    main()
