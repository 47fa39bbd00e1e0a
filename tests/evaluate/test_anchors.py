"""Published figures, reproduced to the printed digit on the development data."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest

from routelab import OutcomeTable, read_outcomes
from routelab.evaluate import (
    Resampler,
    aiq,
    apgr,
    arena_score,
    cpt,
    dataset_oracle_choice,
    interval,
    length_scores,
    oracle_choice,
)
from routelab.evaluate.deferral import apgr_samples, curve_samples

WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"


def eval_prompts(path):
    """The prompts that RouteLLM's authors exclude: near copies are in their training data."""
    with open(path, encoding="utf-8") as lines:
        return {json.loads(line)["eval_prompt"] for line in lines}


def pair(table: OutcomeTable):
    return [table.quality[:, table.models.index(name)] for name in (WEAK, STRONG)]


# --- RouteLLM ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gsm8k(shared):
    folder = shared / "data" / "routellm" / "gsm8k"
    table = read_outcomes(folder / "gsm8k_responses.csv")
    assert len(table) == 1319
    table = table.drop(list(eval_prompts(folder / "contaminated_prompts.jsonl")))
    return table.prompts, *pair(table)


def test_gsm8k_has_the_published_size_and_accuracies(gsm8k):
    prompts, weak, strong = gsm8k
    assert len(prompts) == 1307
    assert round(100 * weak.mean(), 4) == 63.7337
    assert round(100 * strong.mean(), 4) == 85.7689
    assert round(100 * np.maximum(weak, strong).mean(), 3) == 92.961


def test_prompt_length_has_its_printed_apgr_and_thresholds_on_gsm8k(gsm8k):
    prompts, weak, strong = gsm8k
    score = length_scores(prompts)
    # Printed: the longest first, equal lengths one by one in the order of the file.
    assert round(apgr(score, weak, strong, ties="order"), 3) == 0.598
    assert round(100 * cpt(score, weak, strong, 0.5, ties="order"), 1) == 36.5  # 477 of 1307
    assert round(100 * cpt(score, weak, strong, 0.8, ties="order"), 2) == 66.95  # 875 of 1307


def test_sending_ties_together_moves_the_figures_of_length_by_less_than_half_a_point(gsm8k):
    prompts, weak, strong = gsm8k
    score = length_scores(prompts)
    assert round(apgr(score, weak, strong), 3) == 0.598
    assert 100 * cpt(score, weak, strong, 0.5) == pytest.approx(36.5, abs=0.5)
    assert 100 * cpt(score, weak, strong, 0.8) == pytest.approx(66.95, abs=0.5)
    # the published look-up, on this nearly rising curve: as close
    assert 100 * cpt(score, weak, strong, 0.5, variant="code") == pytest.approx(36.5, abs=0.5)
    assert 100 * cpt(score, weak, strong, 0.8, variant="code") == pytest.approx(66.95, abs=0.5)


def test_the_interval_of_length_is_the_printed_one_within_its_own_noise(gsm8k):
    prompts, weak, strong = gsm8k
    score = length_scores(prompts)
    draws = Resampler(1307, 12_000).map(
        lambda weights: apgr_samples(curve_samples(score, weak, strong, weights, ties="order"))
    )
    # An end of a bootstrap interval is itself drawn: of 12 intervals of 1000 resamples each, the
    # ends scatter by about 0.002. No seed is part of the printed [0.557, 0.638].
    ends = np.array([interval(part) for part in draws.reshape(12, 1000)])
    noise = ends.std(axis=0, ddof=1)
    assert (noise < 0.003).all()
    assert np.abs(ends.mean(axis=0) - [0.557, 0.638]) == pytest.approx([0, 0], abs=2 * noise.max())


def test_random_scores_have_the_published_spread(gsm8k):
    _, weak, strong = gsm8k
    rng = np.random.default_rng(0)
    runs = [apgr(rng.random(1307), weak, strong) for _ in range(400)]
    # sd of a sd over 400 runs: 0.0215 / sqrt(800) = 0.0008
    assert np.mean(runs) == pytest.approx(0.5, abs=3 * 0.0215 / 400**0.5)
    assert np.std(runs) == pytest.approx(0.0215, abs=3 * 0.0008)


@pytest.fixture(scope="module")
def mmlu(shared):
    folder = shared / "data" / "routellm"
    files = sorted((folder / "mmlu").glob("*.csv"))
    frame = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    published = eval_prompts(folder / "mmlu_contaminated_prompts.jsonl")
    return files, frame, frame[~frame["prompt"].isin(published)]


def test_mmlu_has_the_counts_and_means_of_its_forty_domains(mmlu):
    files, frame, kept = mmlu
    assert (len(files), len(frame), int(frame["prompt"].duplicated().sum())) == (40, 8674, 93)
    assert [round(frame[name].mean(), 4) for name in (WEAK, STRONG)] == [0.6998, 0.8357]
    assert round(frame[[WEAK, STRONG]].max(axis=1).mean(), 4) == 0.8817
    # All five prompts that the authors exclude (14042 - 14037) are in these domains.
    assert len(frame) - len(kept) == 14042 - 14037


def test_mmlu_has_the_published_accuracies(mmlu):
    files, _, kept = mmlu
    if len(files) < 57:
        pytest.skip(f"the published row is over 57 domains, {len(files)} are here")
    assert len(kept) == 14037
    assert [round(100 * kept[name].mean(), 4) for name in (WEAK, STRONG)] == [68.0915, 80.5870]
    assert round(100 * kept[[WEAK, STRONG]].max(axis=1).mean(), 3) == 85.873


# --- RouterBench ------------------------------------------------------------------------------


def routerbench_figures(quality, cost):
    """Best single (q, USD), the cheapest model's q, Zero-router AIQ, oracle (q, USD)."""
    q, c = quality.mean(axis=0), cost.mean(axis=0)
    choice, rows = oracle_choice(quality, cost), np.arange(len(quality))
    return (
        round(q.max(), 4),
        round(c[q.argmax()], 6),
        round(q[c.argmin()], 4),
        round(aiq(c, q), 4),
        round(quality[rows, choice].mean(), 4),
        round(cost[rows, choice].mean(), 6),
    )


@pytest.mark.parametrize(
    ("name", "rows", "n", "printed"),
    [
        ("arc_challenge_train", 1039, 1019, (0.9529, 0.005040, 0.6712, 0.9172, 0.9863, 0.000216)),
        ("mbpp_train", 299, 299, (0.6856, 0.009375, 0.3278, 0.6580, 0.8662, 0.000472)),
        ("winograde_train", 887, 887, (0.8602, 0.003530, 0.5626, 0.8004, 1.0, 0.000108)),
    ],
)
def test_routerbench_has_the_printed_figures_on_complete_rows(data, name, rows, n, printed):
    frame = pd.read_csv(data / "routerbench" / f"{name}.csv")  # rows as published, not merged
    models = [c.removesuffix("|total_cost") for c in frame if c.endswith("|total_cost")]
    quality = frame[models].to_numpy(float)
    cost = frame[[f"{m}|total_cost" for m in models]].to_numpy(float)
    complete = np.isfinite(quality).all(axis=1) & np.isfinite(cost).all(axis=1)
    quality, cost = quality[complete], cost[complete]
    assert (len(frame), len(quality)) == (rows, n)
    assert models[int(quality.mean(axis=0).argmax())].startswith("gpt-4")
    assert routerbench_figures(quality, cost) == printed
    mean = cost.mean(axis=0)
    both = [aiq(mean, quality.mean(axis=0), variant) for variant in ("paper", "code")]
    # The published program divides the same area by the highest cost alone.
    assert both[1] == pytest.approx(both[0] * (1 - mean.min() / mean.max()))


def test_merging_arc_rows_keeps_the_seven_samples_that_dropping_loses(data):
    path = data / "routerbench" / "arc_challenge_train.csv"
    table = read_outcomes(path)
    with open(path, newline="", encoding="utf-8") as lines:
        samples = {row["sample_id"] for row in csv.DictReader(lines)}
    assert len(table) == len(samples) == 1039 - 7
    complete = np.isfinite(table.quality).all(axis=1)
    assert complete.sum() == 1019 + 7
    figures = routerbench_figures(table.quality[complete], table.cost[complete])
    assert figures == (0.9532, 0.005039, 0.6706, 0.9177, 0.9864, 0.000216)


# --- Others -----------------------------------------------------------------------------------


def test_arena_scores_are_the_printed_ones():
    assert round(arena_score(0.7718, 0.30), 4) == 0.7531
    assert round(arena_score(0.7640, 0.18), 4) == 0.7525


def test_nine_models_have_their_means_and_their_oracle(data):
    folder = data / "llmrouter_9models"
    table = read_outcomes(folder / "outcomes_train.json")
    means = dict(zip(table.models, table.quality.mean(axis=0).round(4).tolist(), strict=True))
    assert means == {
        "llama-3.1-nemotron-51b-instruct": 0.6213,
        "llama-3.3-nemotron-super-49b-v1": 0.5788,
        "llama-3.1-8b-instruct": 0.5607,
        "gemma-2-9b-it": 0.5347,
        "qwen2.5-7b-instruct": 0.5204,
        "mistral-7b-instruct-v0.3": 0.3710,
        "codegemma-7b": 0.3031,
        "llama3-chatqa-1.5-70b": 0.1941,
        "llama3-chatqa-1.5-8b": 0.1751,
    }
    assert round(table.quality.max(axis=1).mean(), 4) == 0.8017


def test_task_identity_alone_beats_the_best_of_nine_models(data):
    folder = data / "llmrouter_9models"
    table = read_outcomes(folder / "outcomes_train.json")
    lines = (folder / "queries_train.jsonl").read_text(encoding="utf-8").split("\n")
    tasks = {row["query"]: row["task_name"] for row in map(json.loads, filter(None, lines))}
    choice = dataset_oracle_choice(table.quality, table.cost, [tasks[p] for p in table.prompts])
    gained = table.quality[np.arange(len(table)), choice].mean()
    assert table.quality.mean(axis=0).max() < gained < table.quality.max(axis=1).mean()
