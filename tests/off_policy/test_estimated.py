"""Logs without propensities: those of a rule are found out, those of chance may be estimated."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import InputError, evaluate_policy
from routelab.off_policy._estimated import deterministic

SHARES = {"large": 0.5, "small": 0.5}


def without(log, **change):
    return log.drop(columns="propensity").assign(**change)


def test_a_missing_column_says_how_to_log_it(log):
    with pytest.raises(InputError, match="no column 'propensity' .* draw the model at random .* "
                       "propensity='estimate'"):  # fmt: skip
        evaluate_policy(without(log), SHARES)
    with pytest.raises(InputError, match="no column 'propensity'"):
        evaluate_policy(without(log).drop(columns="prompt"), SHARES)


def test_the_same_prompt_to_the_same_model_each_time_is_a_rule(log):
    text = [f"text {i % 400}" for i in range(len(log))]
    model = [("large", "small")[(i % 400) % 7 == 3] for i in range(len(log))]
    with pytest.raises(InputError, match="deterministic .all 400 prompts that come again"):
        evaluate_policy(without(log, prompt=text, model=model), SHARES)


def test_repeated_prompts_that_chance_would_keep_together_prove_nothing():
    prompts = ["a", "a", *(f"text {i}" for i in range(3))]
    assert deterministic(("x", "y"), np.array([0, 0, 1, 1, 0]), prompts) is None


@pytest.mark.parametrize("rule", ["words", "length"])
def test_a_rule_on_the_prompt_is_found_by_a_classifier(log, rule):
    log["prompt"] = [f"{text} {'x' * (17 * i % 200)}{i}" for i, text in enumerate(log.prompt)]
    hit = log.prompt.str.startswith("prove") if rule == "words" else log.prompt.str.len() > 120
    with pytest.raises(InputError, match="a classifier foretells the model of unseen prompts"):
        evaluate_policy(without(log, model=np.where(hit, "large", "small")), SHARES)


def test_a_log_of_one_model_is_a_rule(log):
    with pytest.raises(InputError, match="every row went to 'small'"):
        evaluate_policy(without(log, model="small"), "small")


def test_three_models_by_chance_are_no_rule(log):
    chosen = np.random.default_rng(0).integers(0, 3, 90)
    assert deterministic(("a", "b", "c"), chosen, log.prompt.tolist()[:90]) is None


def test_estimates_are_near_the_truth_and_told(log):
    hard = log.prompt.str.startswith("prove").to_numpy()
    p = np.where(hard, 0.7, 0.2)
    large = np.random.default_rng(1).random(len(log)) < p
    bare = without(log, model=np.where(large, "large", "small"))
    bare["quality"] = np.where(hard, 0.4, 0.8) + 0.1 * large  # the truth of large: 0.7
    found = evaluate_policy(bare, "large", propensity="estimate", n_boot=100)
    assert found.to_frame().loc["SNIPS", "quality"] == pytest.approx(0.7, abs=0.015)
    assert abs(bare.quality[large].mean() - 0.7) > 0.08  # what the log's mean would have said
    assert found.notes[0].startswith("propensities are estimates from the prompts")


def test_nothing_is_estimated_from_a_rule_or_without_prompts(log):
    with pytest.raises(InputError, match="deterministic .*: there are no propensities to estimate"):
        evaluate_policy(without(log, model="small"), "small", propensity="estimate")
    with pytest.raises(InputError, match="column 'prompt' is missing or has gaps"):
        evaluate_policy(without(log, prompt=None), "small", propensity="estimate")


def test_a_model_chosen_once_cannot_be_estimated(log):
    log = log.head(300).copy()
    log.loc[5, "model"] = "rare"
    with pytest.raises(InputError, match=r"chosen in too few rows \(1\) to estimate"):
        evaluate_policy(without(log), "small", propensity="estimate")
