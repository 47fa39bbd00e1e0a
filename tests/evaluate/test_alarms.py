"""Degeneracy alarms: each rings for its fault, and only then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routelab.evaluate import ALARMS, Evidence, Resampler

N = 400
RNG = np.random.default_rng(0)


@pytest.fixture
def healthy() -> Evidence:
    """Three labels in turn, nine of ten answered right, and confidence that knows it."""
    truth = np.arange(N) % 3
    choice = np.where(np.arange(N) % 10 == 0, (truth + 1) % 3, truth)
    best = np.eye(3)[truth]
    right = (choice == truth).astype(float)
    return Evidence(
        ["a", "b", "c"], choice, best, right, np.full(N, 1 / 3), Resampler(N, 400),
        score=right + RNG.normal(0, 0.5, N), positive=right > 0, threshold=False,
    )  # fmt: skip


@pytest.fixture
def models(healthy) -> Evidence:
    """Three models; the dear one is right always, the cheap one for two of three prompts."""
    easy = np.arange(N) % 3 != 0
    quality = np.column_stack([easy, easy, np.ones(N)]).astype(float)
    cost = np.tile([0.001, 0.002, 0.02], (N, 1))
    choice = np.where(easy, 0, 2)
    best = np.eye(3)[choice]  # the cheapest of the best
    value = quality[np.arange(N), choice]
    return replace(
        healthy, names=["cheap", "odd", "dear"], choice=choice, best=best, value=value,
        shuffled=np.full(N, 0.7), quality=quality, cost=cost, reached=frozenset({0, 2}),
        score=None, positive=None,
    )  # fmt: skip


def rung(evidence: Evidence) -> dict[str, str]:
    told = {name: ALARMS[name](evidence) for name in ALARMS.names()}
    return {name: text for name, text in told.items() if text is not None}


def test_healthy_routers_ring_nothing(healthy, models):
    assert rung(healthy) == {} and rung(models) == {}


def test_one_answer_to_everything_is_a_collapse(healthy):
    found = rung(replace(healthy, choice=np.zeros(N, dtype=int)))
    assert found == {"collapse": "100.0% of the answers are 'a', which is best for 34% of the "
                     "prompts"}  # fmt: skip


def test_a_constant_is_a_collapse_unless_there_is_only_one_right_answer(healthy):
    always = np.zeros(N, dtype=int)
    for right, rings in ((380, True), (398, False)):  # 95 % and 99.5 % are "a"
        best = np.eye(3)[np.where(np.arange(N) < right, 0, 1)]
        assert ("collapse" in rung(replace(healthy, choice=always, best=best))) is rings


def test_one_answer_to_most_prompts_is_near_constant(healthy):
    choice = np.where(np.arange(N) < 372, 1, healthy.choice)  # 93 % and a third of the rest
    found = rung(replace(healthy, choice=choice))
    assert found["near-constant"].startswith("95.5% of the answers are 'b'")


def test_a_label_that_is_never_answered_is_unreachable(healthy):
    found = rung(replace(healthy, choice=np.where(healthy.choice == 2, 0, healthy.choice)))
    assert found == {"unreachable": "never answers 'c', right for 33% of the prompts"}


def test_a_model_of_the_mix_that_no_setting_chooses_is_unreachable(models):
    # "odd" is as good as "cheap" and dearer: no mix needs it, and nobody misses it.
    assert "unreachable" not in rung(models)
    found = rung(replace(models, choice=np.arange(N) % 2, reached=frozenset({0, 1})))
    assert found["unreachable"].startswith("never answers 'dear', best for 34%")


def test_a_model_beaten_where_it_is_used_is_dominated(models):
    worse = replace(models, cost=np.tile([0.03, 0.002, 0.02], (N, 1)))  # the cheap one is dear
    assert "dominated" not in rung(worse)  # but nobody is better where it is used
    quality = models.quality.copy()
    quality[:, 0] *= np.arange(N) % 5 != 0  # a fifth of its answers fail
    found = rung(replace(worse, quality=quality))["dominated"]
    assert found.startswith("where it chooses 'cheap', 'odd' is better by 0.199")


@pytest.mark.parametrize(("choice", "word"), [(np.zeros(N, dtype=int), "never"),
                                              (np.full(N, -1), "always")])  # fmt: skip
def test_a_threshold_that_tells_nothing_apart_is_said(healthy, choice, word):
    assert rung(replace(healthy, choice=choice, threshold=True))["threshold"] == (
        f"its threshold {word} fires"
    )
    assert "threshold" not in rung(replace(healthy, choice=choice))


def test_scores_like_a_coin_are_said(healthy):
    found = rung(replace(healthy, score=RNG.random(N)))
    assert found["coin"].startswith("its scores order the prompts like a coin: AUROC 0.")
    # 14 of 140 wrong, AUROC about .67: an interval that reaches .8 is no sign of a coin
    blurred = healthy.value + np.random.default_rng(3).normal(0, 1.6, N)
    few = replace(healthy, score=np.where(np.arange(N) < 140, blurred, np.nan))
    assert "coin" not in rung(few)
    few = np.where(np.arange(N) < 40, RNG.random(N), np.nan)  # 4 wrong answers tell nothing
    assert "coin" not in rung(replace(healthy, score=few))


def test_choices_worse_than_their_shuffle_are_said(healthy):
    found = rung(replace(healthy, value=1 - healthy.value))
    # right on 40 of 400 = .1; shuffled 1/3
    assert found["worse than shuffled"] == (
        "its own answers, shuffled over the prompts, do better by 0.233"
    )
