"""Cost and quality on labels, against a loop over the prompts."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.evaluate.cuts import NOT_ANSWERED, Cuts
from routelab.evaluate.served import Served

LEVELS = ["low", "medium", "high"]
GROUPS = {"low": "cheap", "medium": "mid", "high": "strong", NOT_ANSWERED: "mid"}
USD = {"cheap": 0.001, "mid": 0.003, "strong": 0.02}


@pytest.fixture
def cuts():
    rng = np.random.default_rng(0)
    truth, said = (rng.choice(LEVELS, 400) for _ in range(2))
    score = rng.random(400).round(2)
    return Cuts.of(list(truth), [None if i % 9 == 0 else x for i, x in enumerate(said)], score,
                   truths=LEVELS)  # fmt: skip


def test_cost_and_quality_are_those_of_a_loop_over_the_prompts(cuts):
    served = Served.of(cuts.truths, cuts.answers, GROUPS, USD)
    rank = {"cheap": 0, "mid": 1, "strong": 2}
    for threshold in (0.0, 0.3, 0.8, 1.1):
        groups = [GROUPS[cuts.answers[at]] for at in cuts.given(threshold)]
        asked = [GROUPS[cuts.truths[at]] for at in cuts.truth]
        enough = [rank[g] >= rank[a] for g, a in zip(groups, asked, strict=True)]
        cost, quality = served.point(cuts.at(threshold))
        assert cost == pytest.approx(np.mean([USD[group] for group in groups]))
        assert quality == pytest.approx(np.mean(enough))


def test_the_curve_goes_from_the_own_answers_to_the_group_of_what_is_not_answered(cuts):
    served = Served.of(cuts.truths, cuts.answers, GROUPS, USD)
    curve = served.curve(cuts)
    first, last = curve.iloc[0], curve.iloc[-1]
    assert (first["cost"], first["quality"]) == served.point(cuts.at(0.0))
    assert last["cost"] == pytest.approx(USD["mid"])
    assert last["quality"] == pytest.approx(np.mean(cuts.truth < 2))
    assert (curve["low"] < curve["quality"]).all() and (curve["quality"] < curve["high"]).all()


def test_labels_that_are_no_levels_ask_for_their_own_group():
    groups = {"code": "a", "poem": "b", "mail": "b", NOT_ANSWERED: "c"}
    served = Served.of(["code", "poem", "mail"], list(groups), groups, {"a": 1.0, "b": 2, "c": 3})
    assert served.enough.tolist() == [
        [True, False, False, False],
        [False, True, True, False],
        [False, True, True, False],
    ]


def test_a_level_whose_group_serves_a_higher_one_too_is_enough_for_both():
    groups = {"low": "cheap", "medium": "strong", "high": "strong"}
    served = Served.of(LEVELS, LEVELS, groups, {"cheap": 1.0, "strong": 2.0})
    assert served.enough.tolist() == [[True] * 3, [False, True, True], [False, True, True]]


def test_a_group_for_everything_is_a_constant(cuts):
    served = Served.of(cuts.truths, cuts.answers, GROUPS, USD)
    counts = np.bincount(cuts.truth)
    found = served.constants(counts)
    assert found["group"].tolist() == ["cheap", "mid", "strong"]
    assert found["cost"].tolist() == list(USD.values())
    assert found["quality"].tolist() == pytest.approx(counts.cumsum() / counts.sum())
