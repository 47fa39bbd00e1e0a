"""A randomised log of a complete table of real outcomes: every policy's truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import routelab as rl

ROWS = 3_000


@pytest.fixture(scope="module")
def table(data):
    """RouterBench's ARC: the prompts on which all eleven models were run."""
    found = rl.read_outcomes(data / "routerbench" / "arc_challenge_train.csv")
    complete = np.isfinite(found.quality).all(axis=1) & np.isfinite(found.cost).all(axis=1)
    return found.take(np.flatnonzero(complete))


def propensities(table):
    """The log leans to dear models for long prompts; every model has at least 3 %."""
    length = np.array([len(prompt) for prompt in table.prompts])
    long = (length.argsort().argsort() / len(length))[:, None]
    rank = table.cost.mean(axis=0).argsort().argsort() / (len(table.models) - 1)
    lean = np.exp(2 * (long - 0.5) * (rank - 0.5) * 2)
    floor = 0.03
    share = lean / lean.sum(axis=1, keepdims=True)
    return floor + (1 - floor * len(table.models)) * share


def drawn(table, seed):
    """Return a log of prompts drawn with replacement, so that the table's mean is its truth."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(table), ROWS)
    chances = propensities(table)[rows]
    chosen = (rng.random(ROWS)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    chosen = np.minimum(chosen, len(table.models) - 1)
    at = (np.arange(ROWS), chosen)
    return rows, pd.DataFrame(
        {
            "prompt": [table.prompts[row] for row in rows],
            "model": np.array(table.models, object)[chosen],
            "propensity": chances[at],
            "quality": table.quality[rows][at],
            "cost_usd": table.cost[rows][at],
        }
    )


def policies(table):
    """Return policies as probabilities (prompts, models): one model, a mix, one by length."""
    m, costs = len(table.models), table.cost.mean(axis=0)
    one = np.eye(m)
    length = np.array([len(prompt) for prompt in table.prompts])
    best, cheap = table.quality.mean(axis=0).argmax(), costs.argmin()
    by_length = np.where((length > np.median(length))[:, None], one[best], one[cheap])
    return {
        "best single": np.tile(one[best], (len(length), 1)),
        "cheapest": np.tile(one[cheap], (len(length), 1)),
        "equal shares": np.full((len(length), m), 1 / m),
        "by length": by_length,
    }


def test_intervals_hold_the_truth_of_real_outcomes(table):
    held = {}
    for seed in range(10):
        rows, log = drawn(table, seed)
        for policy in policies(table).values():
            result = rl.evaluate_policy(
                log, policy[rows], models=table.models, n_boot=300, seed=seed
            )
            for what, values in (("quality", table.quality), ("cost", table.cost)):
                truth = (policy * values).sum(axis=1).mean()
                found = result.to_frame()
                inside = (found[f"{what}_low"] <= truth) & (truth <= found[f"{what}_high"])
                for name, hit in inside.items():
                    held.setdefault((what, name), []).append(hit)
    # 40 intervals each, not independent; 95 % less four standard errors of 3.4 %
    for (what, name), hits in held.items():
        if name != "DM":  # each model's mean is not right for the policy that goes by length
            assert np.mean(hits) >= 0.95 - 4 * 0.034, (what, name)


def test_the_log_is_not_what_the_policy_would_have_reached(table):
    rows, log = drawn(table, 0)
    policy = policies(table)["best single"]
    result = rl.evaluate_policy(log, policy[rows], models=table.models, n_boot=200)
    assert result.verdicts["quality"].startswith("higher: +")
    truth = table.quality.mean(axis=0).max()
    assert truth - result.logged["quality"] > 0.1
    assert result.to_frame().loc["DR", "quality"] == pytest.approx(truth, abs=0.05)
