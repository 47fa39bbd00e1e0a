"""Thresholds on held-out scores: looked up, and equal to counting one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import Comparison, OutcomeTable, compare, make_router
from routelab.evaluate import deferral_curve
from routelab.evaluate.cuts import NOT_ANSWERED, Cuts, Deferral, label_cuts, summary

NAMES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(0)
    truth = rng.choice(NAMES, 300)
    said = np.where(rng.random(300) < 0.6, truth, rng.choice(NAMES, 300))
    return truth.tolist(), said.tolist(), rng.random(300).round(2)  # with ties


@pytest.fixture(scope="module")
def tiers():
    words = {"low": "say hello to", "high": "prove the theorem of"}
    rows = [(f"{text} {i}", label) for label, text in words.items() for i in range(20)]
    rows += [(f"say the theorem {i}", ("low", "high")[i % 2]) for i in range(20)]
    frame = pd.DataFrame(rows, columns=["prompt", "label"])
    return compare(["linear", "keyword"], frame, cv=2, n_boot=50)


@pytest.mark.parametrize("threshold", [0.0, 0.37, 0.5, 0.99, 1.0])
def test_counts_are_those_of_counting_one_by_one(answers, threshold):
    truth, said, score = answers
    cuts = Cuts.of(truth, said, score)
    counts = cuts.at(threshold)
    given = [s if c >= threshold else NOT_ANSWERED for s, c in zip(said, score, strict=True)]
    for i, row in enumerate(cuts.truths):
        for j, column in enumerate(cuts.answers):
            pairs = zip(truth, given, strict=True)
            assert counts[i, j] == sum(pair == (row, column) for pair in pairs)
    share, accuracy, answered = summary(counts, cuts.answers)
    kept = [(t, s) for t, s, c in zip(truth, said, score, strict=True) if c >= threshold]
    assert answered == len(kept) and share == len(kept) / 300
    if kept:
        assert accuracy == sum(t == s for t, s in kept) / len(kept)


def test_errors_are_the_wrong_ones_that_are_answered(answers):
    truth, said, score = answers
    found = Cuts.of(truth, said, score).wrong(0.5)
    expected = [i for i in range(300) if score[i] >= 0.5 and truth[i] != said[i]]
    assert sorted(found["prompt"]) == expected
    assert (found["truth"] == [truth[i] for i in found["prompt"]]).all()
    assert (found["answer"] == [said[i] for i in found["prompt"]]).all()
    assert found["score"].is_monotonic_decreasing


def test_what_has_no_score_is_always_answered_and_what_abstains_never():
    cuts = Cuts.of(["a", "b"], ["a", None], np.array([np.nan, np.nan]))
    assert not cuts.scored
    assert cuts.at(1.0).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert cuts.wrong(1.0)["answer"].tolist() == [NOT_ANSWERED]  # the router's own silence


def test_of_two_tiers_the_threshold_moves_prompts_between_them():
    score = np.array([0.9, 0.6, 0.8])  # of what was said: so the strong one has 0.9, 0.6, 0.2
    cuts = Cuts.of(["high", "low", "low"], ["high", "high", "low"], score,
                   truths=["low", "high"], strong="high")  # fmt: skip
    assert cuts.at(0.0).tolist() == [[0, 2, 0], [0, 1, 0]]
    assert cuts.at(0.5).tolist() == [[1, 1, 0], [0, 1, 0]]
    assert cuts.at(0.95).tolist() == [[2, 0, 0], [1, 0, 0]]
    assert summary(cuts.at(0.5), cuts.answers, "high") == (2 / 3, 2 / 3, 3)
    assert cuts.curve("high")["share"].tolist() == [1.0, 1.0, 2 / 3, 1 / 3, 0.0]


def test_the_curve_ends_at_the_accuracy_of_all(answers):
    truth, said, score = answers
    curve = Cuts.of(truth, said, score).curve()
    all_right = np.mean([t == s for t, s in zip(truth, said, strict=True)])
    assert curve["share"].iloc[0] == 1.0 and curve["accuracy"].iloc[0] == all_right
    assert curve["share"].is_monotonic_decreasing
    assert ((curve["low"] <= curve["accuracy"]) & (curve["accuracy"] <= curve["high"])).all()


def test_a_comparison_keeps_scores_on_disk(tiers, tmp_path):
    kept = Comparison.load(tiers.save(tmp_path / "kept"))
    pd.testing.assert_frame_equal(kept.scores, tiers.scores)
    assert kept.judged["truth"].tolist() == tiers.judged["truth"].tolist()
    for name in ("linear", "keyword", "constant"):
        for threshold in (0.0, 0.6):
            found = label_cuts(kept, name).at(threshold)
            assert (found == label_cuts(tiers, name).at(threshold)).all()


def test_counts_without_a_threshold_are_the_confusion(tiers):
    for name, table in tiers.confusion.items():
        found = label_cuts(tiers, name).at(0.0)[:, : table.shape[1]]
        assert (found == table.to_numpy()).all()


def test_folders_of_before_have_no_scores(tiers, tmp_path):
    import json

    folder = tiers.save(tmp_path / "old")
    facts = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    del facts["scores"], facts["judged"]
    (folder / "comparison.json").write_text(json.dumps(facts), encoding="utf-8")
    kept = Comparison.load(folder)
    assert not len(kept.scores) and label_cuts(kept, "linear") is None


def test_between_two_models_the_shares_are_those_of_the_deferral_curve(tmp_path):
    rng = np.random.default_rng(1)
    prompts = [f"{('prove', 'say')[i % 2]} thing {i // 3}" for i in range(60)]
    quality = np.stack([rng.random(60) < 0.8, rng.random(60) < 0.4], axis=1).astype(float)
    cost = np.stack([rng.random(60), rng.random(60) / 10], axis=1)
    table = OutcomeTable(prompts, ["big", "small"], quality, cost)
    made = compare({"near": make_router("outcome-knn", k=3)}, table, cv=2, n_boot=50)
    kept = Comparison.load(made.save(tmp_path / "kept"))
    assert kept.judged.columns.tolist() == [
        "quality small",
        "cost small",
        "quality big",
        "cost big",
    ]
    score, judged = kept.scores["near"].to_numpy(), kept.judged
    deferral = Deferral.of(score, judged)
    small, big = judged["quality small"], judged["quality big"]
    np.testing.assert_allclose(deferral.quality, deferral_curve(score, small, big, deferral.shares))
    np.testing.assert_allclose(
        deferral.cost,
        deferral_curve(score, judged["cost small"], judged["cost big"], deferral.shares),
    )
    for position in (0, 37, 100):
        counts = deferral.counts(position)
        assert counts.sum() == pytest.approx(60)
        assert counts[:, 1].sum() == pytest.approx(0.6 * position)
        assert counts[1].sum() == pytest.approx((big > small).sum())
    assert deferral.threshold(0) == np.inf and deferral.threshold(100) == score.min()
