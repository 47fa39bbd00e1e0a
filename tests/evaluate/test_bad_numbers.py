"""What a metric does with numbers that are not there, ties, and a single prompt."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import InputError, evaluate
from routelab.evaluate import METRIC_CARDS

NAN = float("nan")
LEVELS = ["low", "high"]
POOL = {"pool_cost": [1.0], "pool_quality": [0.5]}
BEST = {"best_cost": 1.0, "best_quality": 0.5}
TABLE = [[1.0, 0.0]]

#: Metric -> calls with something missing, and what the message names.
MISSING = {
    "accuracy": [((["a", NAN], ["a", "a"]), {}, "truth is missing for prompt 1"),
                 ((["a"], [NAN]), {}, "predicted is missing for prompt 0 .NaN.; an abstention"),
                 ((["a", None], ["a", "a"]), {}, "truth is missing for prompt 1"),
                 ((["a"], []), {}, "predicted must hold at least 1 label"),
                 ((["a"], ["a", "b"]), {}, "truth has 1 labels, predicted has 2")],
    "macro_f1": [((["a", None], ["a", "a"]), {}, "truth is missing for prompt 1")],
    "within_one": [((["low"], [NAN], LEVELS), {}, "predicted is missing for prompt 0")],
    "spearman": [((["low"], [NAN], LEVELS), {}, "predicted is missing for prompt 0")],
    "weighted_kappa": [((["low"], [NAN], LEVELS), {}, "predicted is missing for prompt 0")],
    "abstention": [((["a", NAN],), {}, "predicted is missing for prompt 1")],
    "robustness": [((["a"], [NAN]), {}, "paraphrased is missing for prompt 0"),
                   ((["a"], ["a", "b"]), {}, "original has 1 choices, paraphrased has 2")],
    "confusion": [(([None], ["a"]), {}, "truth is missing for prompt 0")],
    "expected_calibration_error": [
        ((["a"], [[NAN, 0.5]], ["a", "b"]), {}, r"in \[0, 1\], got \[nan, 0.5\] for prompt 0"),
        ((["a"], [[1.5, 0.5]], ["a", "b"]), {}, r"got \[1.5, 0.5\] for prompt 0"),
        ((["a"], [[0.5]], ["a", "b"]), {}, "must be 1 prompts x 2 classes"),
        ((["a"], [0.5], ["a"]), {}, r"prompts x models, got the shape \(1,\)"),
        ((["a"], TABLE, ["a", "b"]), {"bins": 0}, "'bins' must be at least 1, got 0"),
        ((["a"], TABLE, ["a", "b"]), {"variant": "depth"}, "'width' or 'mass', got 'depth'")],
    "auroc": [(([1, NAN], [1, 2]), {}, "positive is missing for prompt 1"),
              (([1, 0], [1, NAN]), {}, "scores is missing for prompt 1"),
              (([1, 2], [1, 2]), {}, "positive must be 0 or 1, got 2 for prompt 1")],
    "deferral_curve": [(([1], [NAN], [1]), {}, "weak is missing for prompt 0"),
                       (([1], [0], [1], [0.5, 1.5]), {}, r"shares must be in \[0, 1\], got 1.5"),
                       (([1], [0], [1]), {"ties": "coin"}, "'together' or 'order', got 'coin'")],
    "pgr": [((NAN, 0, 1), {}, "quality is missing for entry 0"),
            ((0.5, NAN, 1), {}, "weak is missing"), ((0.5, 0, NAN), {}, "strong is missing")],
    "apgr": [(([1, 2], [0, 1], [1, np.inf]), {}, "strong is infinite for prompt 1")],
    "cpt": [(([NAN], [0], [1], 0.5), {}, "scores is missing for prompt 0"),
            (([1], [0], [1], NAN), {}, "target is missing"),
            (([1], [0], [1], 0.5), {"variant": "last"}, "'first' or 'code', got 'last'")],
    "hull": [(([1, 2], [0, NAN]), {}, "quality is missing for point 1")],
    "aiq": [(([1, NAN], [0, 1]), {}, "cost is missing for point 1"),
            (([-1, 1], [0, 1]), {}, "range from at least 0, got -1.0 to 1.0")],
    "mix_quality": [(([1, NAN], [0, 1], 1.0), {}, r"cost is missing at \[1\]"),
                    (([1, 2], [0, 1], NAN), {}, r"at is missing at \[\]")],
    "oracle_choice": [(([[np.inf]], [[1]]), {}, "quality is infinite for prompt 0"),
                      ((TABLE, [[1]]), {}, r"quality is \(1, 2\), cost is \(1, 1\)")],
    "dataset_oracle_choice": [
        ((TABLE, TABLE, [None]), {}, "datasets is missing for prompt 0"),
        ((TABLE, TABLE, ["a", "b"]), {}, "datasets has 2 entries, quality has 1 rows"),
        ((TABLE, [[1]], ["a"]), {}, r"quality is \(1, 2\), cost is \(1, 1\)")],
    "shuffled_values": [(([NAN], np.array(TABLE)), {}, "choice is missing for prompt 0")],
    "audc": [(([1, 2], [NAN, 1]), {}, "quality is missing for setting 0"),
             (([1, -2], [0, 1]), {}, "cost must be at least 0, got -2 for setting 1")],
    "qnc": [(([NAN], [1]), BEST, "cost is missing for setting 0"),
            (([1], [1]), {**BEST, "best_quality": NAN}, "best_quality is missing"),
            (([1], [1]), {**BEST, "variant": "last"}, "'curve' or 'settings', got 'last'")],
    "peak": [(([NAN],), {}, "quality is missing for setting 0"), (([],), {}, "at least 1")],
    "arena_score": [((NAN, 1), {}, "accuracy is missing"), ((0.5, NAN), {}, "cost is missing"),
                    ((0.5, np.inf), {}, "cost must be finite and at least 0, got inf"),
                    ((77.18, 1), {}, r"accuracy must be in \[0, 1\], got 77.18"),
                    ((0.5, 1), {"cheapest": 300}, "'cheapest' must be below 'dearest'")],
    "optimal_selection": [
        (([0], [[NAN, 1]], TABLE), {}, "quality of model 0 is missing for prompt 0"),
        (([0], TABLE, [[1, NAN]]), {}, "cost of model 1 is missing for prompt 0"),
        (([0], TABLE, [[-1, 1]]), {}, "cost must be at least 0, got -1 for prompt 0"),
        (([0], TABLE, [[1]]), {}, r"quality is \(1, 2\), cost is \(1, 1\)"),
        (([2], TABLE, TABLE), {}, "whole number from 0 to 1, got 2 for prompt 0"),
        (([0.5], TABLE, TABLE), {}, "whole number from 0 to 1, got 0.5 for prompt 0"),
        (([0, 0], TABLE, TABLE), {}, "choice has 2 rows, the outcomes have 1"),
        (([0], [[0, 0]], TABLE), {}, "no model is right")],
    "optimal_cost": [(([NAN], TABLE, TABLE), {}, "choice is missing for prompt 0")],
    "optimal_accuracy": [(([0], [[NAN, 1]], TABLE), {}, "quality of model 0 is missing")],
    "gain_at_random": [((NAN, [1]), {}, "accuracy is missing"),
                       ((1, [1, NAN]), {}, "models is missing for model 1")],
    "gain_at_best_single": [((1, [NAN]), {}, "models is missing for model 0")],
    "gap_at_oracle": [((1, NAN), {}, "oracle is missing"), ((NAN, 1), {}, "accuracy is missing")],
    "perf_gain": [(([NAN], 1), {}, "quality is missing for setting 0"),
                  (([1], NAN), {}, "best_quality is missing")],
    "cost_save": [(([NAN], [1]), BEST, "cost is missing for setting 0")],
    "pareto_dist": [(([NAN], [1]), POOL, "cost is missing for setting 0"),
                    (([1], [1]), {**POOL, "pool_cost": [NAN]}, "missing for pooled setting 0"),
                    (([1], [1]), {**POOL, "variant": "root"}, "'log' or 'linear', got 'root'")],
    "pareto_ratio": [(([1], [NAN]), POOL, "quality is missing for setting 0")],
    "chosen_latency": [(([0], [[NAN, 1]]), {}, "no latency is known for any of the 1 chosen"),
                       (([0], [[-1, 1]]), {}, "latency must be at least 0, got -1 for prompt 0"),
                       (([NAN], [[1]]), {}, "choice is missing for prompt 0")],
}  # fmt: skip

#: Metric -> a cost range of zero, a cost of 0, all alike, or one prompt: the answer or the refusal.
EDGES = [
    ("accuracy", (["a"], ["a"]), {}, 1.0),
    ("macro_f1", (["a"], ["b"]), {}, 0.0),
    ("within_one", (["low"], ["high"], LEVELS), {}, 1.0),
    ("spearman", (["low"], ["low"], LEVELS), {}, 0.0),
    ("weighted_kappa", (["low"], ["low"], LEVELS), {}, 0.0),
    ("abstention", ([None],), {}, 1.0),
    ("robustness", (["a"], ["a"]), {}, 1.0),
    ("expected_calibration_error", (["a"], [[0.5, 0.5]], LEVELS), {}, 0.5),
    ("auroc", ([1], [0.5]), {}, "needs prompts of both kinds, got only positive"),
    ("auroc", ([0, 0], [0.5, 1]), {}, "needs prompts of both kinds, got only negative"),
    ("auroc", ([0, 1], [0.5, 0.5]), {}, 0.5),
    ("pgr", (0.5, 1, 1), {}, "there is no gap to recover"),
    ("apgr", ([1], [0], [1]), {}, 0.5),
    ("apgr", ([1, 1], [0, 0], [1, 1]), {}, 0.5),
    ("apgr", ([1, 2], [1, 1], [1, 1]), {}, "there is no gap to recover"),
    ("cpt", ([1], [0], [1], 0.5), {}, 0.5),
    ("cpt", ([1], [0], [1], 0.5), {"ties": "order"}, 1.0),
    ("cpt", ([1, 2], [1, 1], [1, 1], 0.5), {"variant": "code"}, "there is no gap to recover"),
    ("aiq", ([0.0], [1.0]), {}, "needs a cost range"),
    ("aiq", ([1.0, 1.0], [0.0, 1.0]), {}, "needs a cost range"),
    ("aiq", ([0.0, 1.0], [1.0, 1.0]), {"variant": "code"}, 1.0),
    ("mix_quality", ([0.0], [0.7], 0.0), {}, 0.7),
    ("mix_quality", ([1.0, 1.0], [0.3, 0.7], 5.0), {}, 0.7),
    ("audc", ([1.0], [1.0]), {}, "AUDC needs a cost range, got 1.0 to 1.0"),
    ("audc", ([1.0, 1.0], [0.0, 1.0]), {}, "AUDC needs a cost range"),
    ("audc", ([0.0, 1.0], [0.5, 0.5]), {}, 0.5),
    ("qnc", ([1.0], [1.0]), {**BEST, "best_cost": 0.0}, "above 0, got 0.0: QNC is relative"),
    ("qnc", ([0.0], [1.0]), BEST, 0.0),
    ("peak", ([0.5],), {}, 0.5),
    ("arena_score", (0.5, 0.0), {}, "cost must be above 0, got 0.0: USD per 1000 queries"),
    ("arena_score", (0.5, -1.0), {}, "cost must be finite and at least 0, got -1.0"),
    ("optimal_selection", ([0], [[1.0]], [[0.0]]), {}, 1.0),
    ("optimal_cost", ([0], [[1.0]], [[0.0]]), {}, 1.0),
    ("optimal_accuracy", ([0], [[1.0]], [[0.0]]), {}, 1.0),
    ("gain_at_random", (0.5, [0.0]), {}, "mean of models must be above 0"),
    ("gain_at_best_single", (0.5, [0.0]), {}, "best of models must be above 0"),
    ("gap_at_oracle", (0.0, 0.0), {}, "oracle must be above 0, got 0.0"),
    ("perf_gain", ([0.5], 0.0), {}, "best_quality must be above 0"),
    ("cost_save", ([0.0], [0.5]), BEST, 1.0),
    ("cost_save", ([1.0], [0.5]), {**BEST, "best_cost": 0.0}, "best_cost must be above 0"),
    ("pareto_dist", ([0.0], [0.5]), POOL, "costs must be above 0 on a log scale, got 0"),
    ("pareto_dist", ([1.0], [0.5]), POOL, 0.0),
    ("pareto_ratio", ([0.0], [0.5]), POOL, 1.0),
]


@pytest.mark.parametrize(
    ("name", "arguments", "options", "message"),
    [(name, *call) for name, calls in MISSING.items() for call in calls],
)
def test_what_is_missing_is_refused_with_its_place(name, arguments, options, message):
    with pytest.raises(InputError, match=message):
        getattr(evaluate, name)(*arguments, **options)


def test_every_metric_is_tried_with_something_missing():
    assert set(MISSING) == set(METRIC_CARDS)


@pytest.mark.parametrize(("name", "arguments", "options", "expected"), EDGES)
def test_an_edge_has_a_defined_answer_or_a_clear_refusal(name, arguments, options, expected):
    metric = getattr(evaluate, name)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            metric(*arguments, **options)
    else:
        assert metric(*arguments, **options) == pytest.approx(expected)


def test_a_single_prompt_has_an_oracle_a_shuffle_and_a_curve():
    assert evaluate.oracle_choice([[0.5, 0.5]], [[0.0, 0.0]]).tolist() == [0]
    assert evaluate.dataset_oracle_choice([[0.5, 0.5]], [[2.0, 1.0]], ["a"]).tolist() == [1]
    assert evaluate.shuffled_values([1], np.array([[0.0, 1.0]])).tolist() == [1.0]
    assert evaluate.deferral_curve([1], [0], [1], [0.0, 0.5, 1.0]).tolist() == [0.0, 0.5, 1.0]
    assert [x.tolist() for x in evaluate.hull([0.0], [0.5])] == [[0.0], [0.5]]
    assert evaluate.confusion(["a"], ["a"]).to_numpy().tolist() == [[1]]
