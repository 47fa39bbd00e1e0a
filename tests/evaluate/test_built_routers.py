"""Routers whose worth is known: built to be useless, built to be useful."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from routelab import OutcomeTable, compare

SEEDS = 20


class Told(ClassifierMixin, BaseEstimator):
    """Answer what a word of the prompt says, if `reads`, else one of the labels at random."""

    def __init__(self, reads, seed=0):
        self.reads = reads
        self.seed = seed

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        drawn = np.random.default_rng(self.seed).choice(self.classes_, len(X))
        said = [prompt.split()[0] for prompt in X]
        return np.array([w if self.reads else d for w, d in zip(said, drawn, strict=True)])


def judged(make, reads):
    said = Counter()
    rung = Counter()
    for seed in range(SEEDS):
        found = compare({"mine": Told(reads, seed)}, make(seed), cv=2, seed=seed, n_boot=400)
        said[found.verdicts["mine"].split(":")[0]] += 1
        rung.update({alarm.kind for alarm in found.alarms})
    return said, rung


def labels(seed):
    """1,000 prompts of four routes; the first word tells the route of three in four."""
    rng = np.random.default_rng(seed)
    routes = np.array(["code", "art", "fact", "chat"])
    truth = rng.choice(routes, 1000)
    told = np.where(rng.random(1000) < 0.75, truth, rng.choice(routes, 1000))
    prompts = [f"{word} {number}" for number, word in enumerate(told)]
    return pd.DataFrame({"prompt": prompts, "label": truth})


def outcomes(seed):
    """1,500 prompts, three models; the first word names a model that is likely right."""
    rng = np.random.default_rng(seed)
    models = ["small", "middle", "large"]
    need = rng.integers(0, 3, 1500)
    chance = np.array([[0.8, 0.85, 0.9], [0.2, 0.8, 0.9], [0.1, 0.3, 0.85]])[need]
    quality = (rng.random((1500, 3)) < chance).astype(float)
    prompts = [f"{models[j]} {i}" for i, j in enumerate(need)]
    return OutcomeTable(prompts, models, quality, np.tile([0.001, 0.005, 0.03], (1500, 1)))


def test_random_answers_add_nothing():
    for make in (labels, outcomes):
        said, _ = judged(make, reads=False)
        assert said["adds nothing"] >= 0.95 * SEEDS, (make, said)


def test_answers_that_know_add_value_and_ring_no_alarm():
    for make in (labels, outcomes):
        said, rung = judged(make, reads=True)
        assert said["adds value"] >= 0.95 * SEEDS, (make, said)
        assert sum(rung.values()) <= 0.05 * SEEDS, (make, rung)
