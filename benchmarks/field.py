"""The field's published figures beside ours, and the claims that the data cannot resolve.

    python benchmarks/field.py --data FOLDER [--resamples 2000] [--json]

FOLDER holds `routellm`, `routerbench`, `llmrouter_9models` and `routerarena`; what is absent is
said and left out. Each figure stands with its 95 % interval of a paired bootstrap over prompts in
which repeated texts are drawn whole. "digit" means that ours rounds to what is printed, "interval"
that the printed figure lies in ours. --json prints one object per line instead of the tables.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

import routelab as rl
from routelab.evaluate import (
    Resampler,
    aiq,
    apgr,
    arena_score,
    dataset_oracle_choice,
    deferral_curve,
    interval,
    length_scores,
    oracle_choice,
)
from routelab.evaluate.deferral import apgr_samples, curve_samples
from routelab.routers._labels import same_text

WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
ASSUMED = (
    "A floor is 1.96 sd of the difference; routers whose choices are not here are taken as having "
    "nothing in common, so those that agree are told apart more finely."
)
ORDERS = 6  # random orders whose differences give the resolution floor
Z = 1.96

#: APGR on GSM8K as RouteLLM prints it (arXiv 2406.18665), trained on arena data or augmented.
PUBLISHED_APGR = {
    "random": 0.497,
    "BERT, arena": 0.438,
    "BERT, augmented": 0.531,
    "causal LLM, arena": 0.461,
    "causal LLM, augmented": 0.622,
    "matrix factorisation, arena": 0.4746,
    "matrix factorisation, augmented": 0.565,
    "similarity-weighted, arena": 0.4753,
    "similarity-weighted, augmented": 0.568,
}

#: RouterBench: Zero-router AIQ, oracle quality, oracle USD, of rows that are complete as published.
ROUTERBENCH = {
    "arc_challenge_train": ("0.9172", "0.9863", "0.000216"),
    "mbpp_train": ("0.6580", "0.8662", "0.000472"),
    "winograde_train": ("0.8004", "1.0000", "0.000108"),
}

#: RouterArena's leaderboard: accuracy, USD per 1000 queries, printed score; over 8,400 queries.
ARENA = (("0.7531", 0.7718, 0.30), ("0.7525", 0.7640, 0.18))
ARENA_QUERIES = 8400


@dataclass(frozen=True)
class Row:
    """One figure: what is printed (text, for its digits) and what we find."""

    data: str
    n: int
    who: str
    figure: str
    printed: str | None
    ours: float
    low: float | None = None
    high: float | None = None

    @property
    def agrees(self) -> str:
        """Say how far the printed figure is met."""
        if self.printed is None:
            return ""
        if f"{self.ours:.{len(self.printed.partition('.')[2])}f}" == self.printed:
            return "digit"
        met = self.low is not None and self.low <= float(self.printed) <= (self.high or 0)
        return "interval" if met else "NO"


@dataclass(frozen=True)
class Claim:
    """A difference that is read into published figures, and the least that can be told apart."""

    claim: str
    difference: float
    floor: float

    @property
    def verdict(self) -> str:
        """Say whether the prompts resolve it."""
        return "resolved" if abs(self.difference) > self.floor else "not resolved"


def row(
    data: str, n: int, who: str, figure: str, printed: str | None, ours: float, draws: np.ndarray
) -> Row:
    low, high = (float(end) for end in interval(draws))
    return Row(data, n, who, figure, printed, float(ours), low, high)


def means(resampler: Resampler, values: np.ndarray) -> np.ndarray:
    return resampler.means(values[:, None])[:, 0]


# --- RouteLLM ---------------------------------------------------------------------------------


def gsm8k(folder: Path, resamples: int) -> Iterator[Row | Claim]:
    """Weak, strong, oracle, random and prompt length; then what 1,307 questions cannot tell."""
    with open(folder / "contaminated_prompts.jsonl", encoding="utf-8") as lines:
        excluded = [json.loads(line)["eval_prompt"] for line in lines]
    table = rl.read_outcomes(folder / "gsm8k_responses.csv").drop(excluded)
    weak, strong = (table.quality[:, table.models.index(name)] for name in (WEAK, STRONG))
    n = len(table)
    resampler = Resampler(n, resamples, groups=same_text(table.prompts))
    for who, quality, printed in (
        ("always weak (Mixtral)", weak, "63.7337"),
        ("always strong (GPT-4)", strong, "85.7689"),
        ("oracle", np.maximum(weak, strong), "92.961"),
    ):
        draws = 100 * means(resampler, quality)
        yield row("GSM8K", n, who, "accuracy, %", printed, 100 * quality.mean(), draws)

    def draws_of(score: np.ndarray) -> np.ndarray:
        return resampler.map(lambda weights: curve_samples(score, weak, strong, weights))

    length = length_scores(table.prompts)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(n).astype(float) for _ in range(ORDERS)]
    drawn = [apgr_samples(draws_of(order)) for order in orders]
    of_length = draws_of(length)
    for who, score, curves, printed in (
        ("oracle (by gain)", strong - weak, draws_of(strong - weak), None),
        ("random (one run)", orders[0], draws_of(orders[0]), "0.497"),
        ("prompt length", length, of_length, "0.598"),
    ):
        half = 100 * deferral_curve(score, weak, strong)[5]
        yield row("GSM8K", n, who, "accuracy at 50 % strong, %", None, half, 100 * curves[:, 5])
        ours = apgr(score, weak, strong)
        yield row("GSM8K", n, who, "APGR", printed, ours, apgr_samples(curves))
    yield from apgr_claims(apgr(length, weak, strong), apgr_samples(of_length), drawn)


def apgr_claims(length: float, of_length: np.ndarray, drawn: list[np.ndarray]) -> Iterator[Claim]:
    """Hold each published APGR against a coin, against prompt length, and against the others.

    The published routers' scores are not here, so their noise is taken from random orders: two
    routers whose orders have nothing in common. Routers that agree are told apart more finely.
    """
    one = Z * float(np.median([draws.std() for draws in drawn]))
    control = Z * float(np.median([(of_length - draws).std() for draws in drawn]))
    two = Z * float(np.median([(a - b).std() for a, b in combinations(drawn, 2)]))
    for name, value in PUBLISHED_APGR.items():
        if name != "random":
            yield Claim(f"GSM8K APGR: {name} {value} against a coin 0.5", value - 0.5, one)
    for name, value in PUBLISHED_APGR.items():
        claim = f"GSM8K APGR: {name} {value} against prompt length {length:.3f}"
        yield Claim(claim, value - length, control)
    for (name, value), (other, against) in combinations(PUBLISHED_APGR.items(), 2):
        claim = f"GSM8K APGR: {name} {value} against {other} {against}"
        yield Claim(claim, value - against, two)


# --- RouterBench ------------------------------------------------------------------------------


def routerbench(folder: Path, name: str, resamples: int) -> Iterator[Row]:
    """Zero router (both variants of AIQ) and oracle; ARC also with its split rows merged."""
    frame = pd.read_csv(folder / f"{name}.csv")
    models = [c.removesuffix("|total_cost") for c in frame if c.endswith("|total_cost")]
    quality = frame[models].to_numpy(float)
    cost = frame[[f"{model}|total_cost" for model in models]].to_numpy(float)
    printed = ROUTERBENCH[name]
    yield from pool(name, frame["prompt"].tolist(), quality, cost, printed, resamples)
    merged = rl.read_outcomes(folder / f"{name}.csv")
    if len(merged) < len(frame):
        what = f"{name}, merged"
        yield from pool(what, merged.prompts, merged.quality, merged.cost, (None,) * 3, resamples)


def pool(
    name: str,
    prompts: list[str],
    quality: np.ndarray,
    cost: np.ndarray,
    printed: tuple[str | None, ...],
    resamples: int,
) -> Iterator[Row]:
    """Figures of a pool of single models on the prompts where nothing is missing."""
    complete = np.isfinite(quality).all(axis=1) & np.isfinite(cost).all(axis=1)
    quality, cost = quality[complete], cost[complete]
    n = len(quality)
    groups = same_text([prompt for prompt, kept in zip(prompts, complete, strict=True) if kept])
    resampler = Resampler(n, resamples, groups=groups)
    c, q = resampler.means(cost), resampler.means(quality)
    for variant, figure in (("paper", printed[0]), ("code", None)):
        draws = np.array([aiq(*both, variant) for both in zip(c, q, strict=True)])
        ours = aiq(cost.mean(axis=0), quality.mean(axis=0), variant)
        yield row(name, n, "Zero router", f"AIQ ({variant})", figure, ours, draws)
    each = np.arange(n), oracle_choice(quality, cost)
    for what, values, figure in (("quality", quality, printed[1]), ("USD", cost, printed[2])):
        draws = means(resampler, values[each])
        yield row(name, n, "oracle", f"mean {what}", figure, values[each].mean(), draws)


# --- LLMRouter and RouterArena ----------------------------------------------------------------


def nine_models(folder: Path, resamples: int) -> Iterator[Row | Claim]:
    """Best single model, the best per task, and the best per prompt."""
    table = rl.read_outcomes(folder / "outcomes_train.json")
    lines = (folder / "queries_train.jsonl").read_text(encoding="utf-8").split("\n")
    tasks = {line["query"]: line["task_name"] for line in map(json.loads, filter(None, lines))}
    choice = dataset_oracle_choice(table.quality, table.cost, [tasks[p] for p in table.prompts])
    n = len(table)
    resampler = Resampler(n, resamples, groups=same_text(table.prompts))
    for who, quality, printed in (
        ("best single model", table.quality[:, table.models.index(table.best_single())], "0.6213"),
        ("best model per task", table.quality[np.arange(n), choice], None),
        ("oracle", table.quality.max(axis=1), "0.8017"),
    ):
        draws = means(resampler, quality)
        yield row("LLMRouter", n, who, "mean quality", printed, quality.mean(), draws)
    yield from single_claims(table, resampler)


def single_claims(table: rl.OutcomeTable, resampler: Resampler) -> Iterator[Claim]:
    """The best single model against the next ones, on the same prompts."""
    order = np.argsort(-table.quality.mean(axis=0))
    drawn = resampler.means(table.quality)
    for better, worse in zip(order[:-1], order[1:], strict=True):
        difference = table.quality[:, better].mean() - table.quality[:, worse].mean()
        floor = Z * float((drawn[:, better] - drawn[:, worse]).std())
        names = f"{table.models[better]} against {table.models[worse]}"
        yield Claim(f"LLMRouter mean quality: {names}", float(difference), floor)


def arena(folder: Path, resamples: int) -> Iterator[Row | Claim]:
    """The score's formula on printed means, and the score of two models that answered alone."""
    for printed, accuracy, usd in ARENA:
        who = f"accuracy {accuracy}, {usd:.2f} USD / 1000"
        yield Row("RouterArena", ARENA_QUERIES, who, "score", printed, arena_score(accuracy, usd))
    for path in sorted(folder.glob("*.jsonl")):
        table = rl.read_outcomes(path)
        both = np.column_stack([table.quality[:, 0], 1000 * table.cost[:, 0]])
        resampler = Resampler(len(table), resamples, groups=same_text(table.prompts))
        draws = np.array([arena_score(*means) for means in resampler.means(both)])
        ours = arena_score(*both.mean(axis=0))
        yield row("RouterArena", len(table), table.models[0], "score", None, ours, draws)
    (first, a, a_usd), (second, b, b_usd) = ARENA
    # Accuracies of right and wrong answers, as if the two had nothing in common.
    noise = [(p * (1 - p) / ARENA_QUERIES) ** 0.5 for p in (a, b)]
    rise = [
        (arena_score(p + 1e-4, usd) - arena_score(p, usd)) / 1e-4
        for p, usd in ((a, a_usd), (b, b_usd))
    ]
    floor = Z * float(np.hypot(noise[0] * rise[0], noise[1] * rise[1]))
    yield Claim(f"RouterArena score: {first} against {second}", float(first) - float(second), floor)


# --- Printing ---------------------------------------------------------------------------------


def figures(data: Path, resamples: int) -> Iterator[Row | Claim | str]:
    """All parts in turn; a sentence for each that is not here."""
    bench, nine, field = (data / d for d in ("routerbench", "llmrouter_9models", "routerarena"))
    pair = data / "routellm" / "gsm8k"
    parts: list[tuple[Path, Callable[[], Iterator[Row | Claim]]]] = [
        (pair, partial(gsm8k, pair, resamples)),
        *((bench / f"{n}.csv", partial(routerbench, bench, n, resamples)) for n in ROUTERBENCH),
        (nine, partial(nine_models, nine, resamples)),
        (field, partial(arena, field, resamples)),
    ]
    for path, part in parts:
        if path.exists():
            yield from part()
        else:
            yield f"left out: no {path.relative_to(data)} in the data folder"


def as_json(line: Row | Claim | str) -> str:
    if isinstance(line, str):
        return json.dumps({"kind": "note", "note": line})
    if isinstance(line, Row):
        return json.dumps({"kind": "figure", **asdict(line), "agrees": line.agrees})
    return json.dumps({"kind": "claim", **asdict(line), "verdict": line.verdict})


def digits(value: float | None) -> str:
    if value is None:
        return ""
    places = 2 if abs(value) >= 1.5 else 4 if abs(value) >= 0.01 else 6
    return f"{value:.{places}f}"


def as_table(rows: list[Row]) -> str:
    cells = [["data", "n", "who", "figure", "printed", "ours", "low", "high", "agrees"]]
    for r in rows:
        ends = [digits(end) for end in (r.ours, r.low, r.high)]
        cells.append([r.data, str(r.n), r.who, r.figure, r.printed or "", *ends, r.agrees])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.json:
        for line in figures(given.data, given.resamples):
            print(as_json(line), flush=True)
        return
    lines = list(figures(given.data, given.resamples))
    print(as_table([line for line in lines if isinstance(line, Row)]))
    claims = [line for line in lines if isinstance(line, Claim)]
    open_ = [claim for claim in claims if claim.verdict == "not resolved"]
    print(f"\nClaims this data cannot resolve ({len(open_)} of {len(claims)} looked at)")
    print(f"  {ASSUMED}")
    for claim in open_:
        print(f"  {claim.claim}: {claim.difference:+.4f}, floor {claim.floor:.4f}")
    for line in lines:
        if isinstance(line, str):
            print(line)


if __name__ == "__main__":
    main()
