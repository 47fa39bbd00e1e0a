"""LiteLLM's classifiers fitted: exact searches, planted truths, held-out gains, same decisions."""

import importlib.util
import json
import os
import subprocess
import sys
from itertools import combinations_with_replacement

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict

from routelab import InputError, OutcomeTable, fit_heuristic, fit_table, read_labels
from routelab.gateway_fit.target import parted, read_target
from routelab.gateway_learning import (
    DIMENSIONS,
    best_cuts,
    boundary_values,
    choose_keywords,
    choose_table,
    count_success,
    dimension_values,
    learn_config,
    needed_tiers,
    search_weights,
    tier_outcomes,
    worth_of_labels,
    worth_of_outcomes,
)
from routelab.gateway_learning.boundaries import overridden_worth
from routelab.gateway_learning.keywords import candidate_words
from routelab.gateway_learning.table import cells_of
from routelab.gateway_learning.weights import ordinal_weights, weights_pay
from routelab.gateway_rules import (
    DEFAULTS,
    TIERS,
    ComplexityRouter,
    Heuristic,
    count_table,
    table,
)
from routelab.gateway_rules.text import has_keyword
from routelab.routers import make_router

# remember and understand, apply, analyse and evaluate, create
BLOOM = {"SIMPLE": ["BT1", "BT2"], "MEDIUM": "BT3", "COMPLEX": ["BT4", "BT5"], "REASONING": "BT6"}
GATEWAY = """
import asyncio, json, sys
from litellm import Router
given = json.load(sys.stdin)
def group(name, model, **more):
    return {"model_name": name, "litellm_params": {"model": model, "api_key": "x", **more}}
tiers = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
config = given["config"] | {"tiers": {tier: tier for tier in tiers}}
smart = group("smart", "auto_router/complexity_router", complexity_router_config=config)
router = Router(model_list=[group(tier, "openai/x") for tier in tiers] + [smart])
async def decide(prompt):
    messages = [{"role": "user", "content": prompt}]
    return await router.async_pre_routing_hook(model="smart", request_kwargs={}, messages=messages)
async def decide_all():
    return [(await decide(prompt)).model for prompt in given["prompts"]]
print("DECIDED " + json.dumps(asyncio.run(decide_all())))
"""


@pytest.fixture(scope="module")
def bloom(data):
    frame = read_labels(data / "complexity_bloom" / "BT1_Dataset.csv")
    return frame["prompt"].tolist(), frame["label"].tolist()


@pytest.fixture(scope="module")
def flask(data):
    frame = read_labels(data / "complexity_flask" / "flask_evaluation.dev.jsonl")
    return frame["prompt"].tolist(), frame["label"].tolist()


@pytest.fixture(scope="module")
def bloom_fit(bloom):
    return fit_heuristic(*bloom, tiers=BLOOM)


@pytest.fixture(scope="module")
def nine(data):
    from routelab import read_outcomes

    outcomes = read_outcomes(data / "llmrouter_9models" / "outcomes_train.json")
    listed = json.loads((data / "llmrouter_9models" / "candidates.json").read_text())
    # 300 tokens in and out, at the listed USD per million tokens
    prices = {m: listed[m]["input_price"] + listed[m]["output_price"] for m in outcomes.models}
    return outcomes.with_costs({model: price * 300e-6 for model, price in prices.items()})


NINE = {
    "SIMPLE": "gemma-2-9b-it",
    "MEDIUM": "llama-3.1-8b-instruct",
    "COMPLEX": "qwen2.5-7b-instruct",
    "REASONING": "llama-3.1-nemotron-51b-instruct",
}


# -- boundaries


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.lists(st.integers(-3, 3), min_size=4, max_size=4)),
             min_size=1, max_size=12)
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_boundaries_are_worth_as_much_as_the_best_of_all_triples(rows):
    scores = np.array([score for score, _ in rows]) / 10
    worth = np.array([earned for _, earned in rows], dtype=float)
    values, cuts, total = best_cuts(scores, worth)
    places = [values[0] - 1, *((values[1:] + values[:-1]) / 2), values[-1] + 1]
    every = [
        worth[np.arange(len(scores)), np.searchsorted(triple, scores, side="right")].sum()
        for triple in combinations_with_replacement(places, 3)
    ]
    assert total == pytest.approx(max(every))
    bounds = list(boundary_values(values, cuts).values())
    assert bounds == sorted(bounds)
    taken = np.searchsorted(bounds, scores, side="right")
    assert worth[np.arange(len(scores)), taken].sum() == pytest.approx(total)


def test_boundaries_that_the_scores_leave_open_are_the_gateways():
    # nothing lies between 0.1 and 0.5: the gateway's 0.15 and 0.35 part them; 0.6 lies above all
    found = boundary_values(np.array([0.1, 0.5]), np.array([1, 1, 2]))
    assert found == DEFAULTS["tier_boundaries"]
    assert boundary_values(np.array([0.7, 0.9]), np.array([0, 1, 2])) == {
        "simple_medium": 0.15,
        "medium_complex": 0.8,
        "complex_reasoning": 0.95,
    }


def test_two_reasoning_markers_skip_the_tiers_between():
    worth = np.array([[1.0, 2.0, 3.0, 4.0]] * 3)
    marked, scores = np.array([True, False, True]), np.array([0.1, 0.1, 0.5])
    assert overridden_worth(worth, marked, scores, None).tolist() == [
        [1, 4, 4, 4],
        [1, 2, 3, 4],
        [1, 4, 4, 4],
    ]
    assert overridden_worth(worth, marked, scores, 0.2).tolist() == [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
    ]


@pytest.mark.parametrize("floor", [None, 0.05])
def test_learnt_boundaries_are_the_best_through_the_gateways_own_rules(floor):
    prompts = [
        "hi",
        "write a python function",
        "evaluate the api, then conclude",
        "compare and contrast, then evaluate " + "this and that " * 9,
        "define python and what is an api",
        "tcp and http and grpc and latency of the python api",
        "x" * 1700,
        "? ? ? ?" + "x" * 60,
        "1. do this 2. and that, by the logical rules of " + "a city " * 9,
    ]
    worth = worth_of_labels(np.array([1, 0, 2, 1, 3, 1, 2, 0, 3]))
    base = {} if floor is None else {"reasoning_override_min_score": floor}

    def earned(config):
        tiers = [TIERS.index(ComplexityRouter(config).tier_of(prompt)) for prompt in prompts]
        return worth[np.arange(len(prompts)), tiers].sum()

    scores = sorted({round(Heuristic().classify(prompt).score, 9) for prompt in prompts})
    places = [scores[0] - 1, *np.add(scores[1:], scores[:-1]) / 2, scores[-1] + 1]
    every = [
        earned(base | {"tier_boundaries": dict(zip(DEFAULTS["tier_boundaries"], t, strict=True))})
        for t in combinations_with_replacement(map(float, places), 3)
    ]
    learnt, _ = learn_config(prompts, worth, parts=["boundaries"], config=base)
    assert earned(learnt) == max(every) > earned(base)


def test_a_planted_boundary_is_found(bloom):
    planted = {"simple_medium": -0.125, "medium_complex": 0.025, "complex_reasoning": 0.2}
    gateway = ComplexityRouter({"tier_boundaries": planted})
    labels = [gateway.tier_of(prompt) for prompt in bloom[0]]
    assert set(labels) == set(TIERS)
    fit = fit_heuristic(bloom[0], labels, parts=["boundaries"], n_boot=200)
    assert fit.report.loc["fitted", "figure"] == 1
    assert fit.verdict == "better"


# -- weights


def test_values_of_dimensions_give_the_gateways_score(flask, bloom):
    prompts = [*flask[0][:150], *bloom[0][:150], "", "think carefully, evaluate, conclude"]
    weights = np.random.default_rng(2).uniform(-1, 1, 7).round(3)
    own = {"name": "own", "weight": 0.3, "keywords": ["the", "is"], "scoring_mode": "match_count"}
    config = {
        "dimension_weights": dict(zip(DIMENSIONS, weights.tolist(), strict=True)),
        "custom_dimensions": [own],
        "token_thresholds": {"simple": 30},
        "code_keywords": ["question"],
    }
    values, offset = dimension_values(prompts, config)
    theirs = [Heuristic(config).classify(prompt).score for prompt in prompts]
    np.testing.assert_allclose(values @ weights + offset, theirs, atol=1e-12)
    assert len(np.unique(values)) >= 5
    assert set(np.unique(offset)) == {0.0, 0.15, 0.3}


def test_a_planted_weight_is_found():
    # both kinds score alike by the gateway's weights: 0.3 x 0.5 = 0.15 against 0.25 x 0.5 = 0.125,
    # and code is the easier one here: only a lower weight for it puts the boundary between
    fill = " of this and of that and of the other thing, if you will, number"
    code = [f"the python{fill} {i}" for i in range(40)]
    terms = [f"the tcp and the http{fill} {i}" for i in range(40)]
    worth = worth_of_labels([0] * 40 + [3] * 40)
    only_cuts, _ = learn_config(code + terms, worth, parts=["boundaries"])
    both, _ = learn_config(code + terms, worth, parts=["boundaries", "weights"])
    assert _accuracy(only_cuts, code + terms, worth) == 0.5
    assert _accuracy(both, code + terms, worth) == 1
    weights = both["dimension_weights"]
    assert weights["codePresence"] < weights["technicalTerms"]


def test_searched_weights_are_never_worth_less_than_those_they_start_from(bloom):
    values, _ = dimension_values(bloom[0])
    worth = worth_of_labels(needed_tiers(bloom[1], BLOOM))
    start = np.array(list(DEFAULTS["dimension_weights"].values()))
    found = search_weights(values, worth, start)
    assert (np.abs(found) <= 1).all()

    def total(weights):
        scores = values @ weights
        return best_cuts(scores, overridden_worth(worth, values[:, 2] == 1, scores, None))[2]

    assert total(found) >= total(start)


def test_weights_that_fit_only_chance_are_not_kept():
    rng = np.random.default_rng(0)
    values = rng.choice([-1.0, 0.0, 0.5, 1.0], (200, 7))
    worth = worth_of_labels(rng.choice(4, 200, p=[0.7, 0.1, 0.1, 0.1]))
    start = np.array(list(DEFAULTS["dimension_weights"].values()))
    assert not weights_pay(values, worth, start, np.arange(200) % 5)


# -- keywords


def test_keywords_are_found_where_the_gateway_finds_them(flask):
    prompts = flask[0][:250]
    words, found = candidate_words(prompts, 8)
    assert any(" " in word for word in words)
    assert "the" not in words
    theirs = [[has_keyword(prompt.lower(), word) for word in words] for prompt in prompts]
    np.testing.assert_array_equal(found.toarray() > 0, theirs)


def test_a_planted_keyword_is_found_and_a_coincidence_is_not(bloom):
    rng = np.random.default_rng(1)
    prompts = [f"{p} zebra" if rng.random() < 0.1 else p for p in bloom[0]]
    prompts = [f"{p} ostrich" if rng.random() < 0.1 else p for p in prompts]
    labels = ["COMPLEX" if "zebra" in p else "SIMPLE" for p in prompts]
    decided, ruled = np.zeros(len(prompts), dtype=int), np.full(len(prompts), -1)
    worth = worth_of_labels(needed_tiers(labels))
    chosen = choose_keywords(prompts, worth, decided, ruled)
    assert [(c.keyword, c.tier) for c in chosen] == [("zebra", "COMPLEX")]
    assert chosen[0].support == chosen[0].gain == sum("zebra" in p for p in prompts)
    assert choose_keywords(prompts, worth, decided, np.full(len(prompts), 2)) == []
    assert choose_keywords(prompts, worth, decided, ruled, max_rules=0) == []
    assert choose_keywords(["a", "b"] * 20, worth[:40], decided[:40], ruled[:40]) == []


def test_labels_without_a_reason_give_no_gain_over_one_tier(bloom):
    shuffled = np.random.default_rng(3).permutation(bloom[1])
    fit = fit_heuristic(bloom[0], shuffled, tiers=BLOOM)
    assert fit.sentences[1].startswith("not resolved")


def test_learnt_rules_are_added_to_given_ones_and_do_not_undo_them():
    prompts = [f"a refund please, number {i}" for i in range(30)]
    prompts += [f"an invoice please, number {i}" for i in range(30)]
    prompts += [f"a chat about life, number {i}" for i in range(60)]
    worth = worth_of_labels([2] * 30 + [1] * 30 + [0] * 60)
    given = {"keyword_tier_rules": [{"keywords": ["refund"], "tier": "COMPLEX"}]}
    config, chosen = learn_config(prompts, worth, parts=["keywords"], config=given)
    assert config["keyword_tier_rules"][0] == given["keyword_tier_rules"][0]
    assert [(c.keyword, c.tier) for c in chosen] == [("invoice", "MEDIUM")]
    assert _accuracy(config, prompts, worth) == 1


def test_prompts_that_the_gateway_decides_without_a_score_have_no_say():
    sentinel = DEFAULTS["housekeeping_patterns"][0]
    told = [f"{sentinel}, number {i}" for i in range(50)]
    asked = [f"write a python function, number {i}" for i in range(10)]
    worth = worth_of_labels([3] * 50 + [0] * 10)
    config, _ = learn_config(told + asked, worth, parts=["boundaries"])
    assert {ComplexityRouter(config).tier_of(prompt) for prompt in told + asked} == {"SIMPLE"}


def test_escalated_and_empty_prompts_are_no_evidence_for_a_rule():
    louder = [f"a zebra, number {i}. LITELLM ESCALATE" for i in range(40)]
    other = [f"a chat about life, number {i}" for i in range(60)]
    worth = worth_of_labels([3] * 40 + [0] * 61)
    config, chosen = learn_config([*louder, *other, " "], worth, parts=["keywords"])
    assert (config, chosen) == ({}, [])


def test_one_tier_for_all_needs_no_weights():
    values = np.eye(7)
    assert not ordinal_weights(values, worth_of_labels([0] * 7)).any()


# -- tables


def test_counted_success_of_labels_is_the_gateways_count(bloom):
    prompts, needed = bloom[0], needed_tiers(bloom[1], BLOOM)
    ours = count_success(cells_of(prompts), (np.arange(4) >= needed[:, None]).astype(float))
    theirs = count_table(prompts, (needed + 1).tolist())
    for name in ("global_statistics", "domain_statistics", "cohort_statistics"):
        mine = {_key(count) for count in getattr(ours, name)}
        assert mine == {_key(count) for count in getattr(theirs, name)}


def test_missing_outcomes_are_counted_for_no_cell():
    success = np.array([[0.5, np.nan, 1, 1], [1, 1, np.nan, 1], [0, 0, 0, 1]])
    counted = count_success(cells_of(["hi", "yes", "Solve 2x = 4"]), success)
    assert [(c.successes, c.observations) for c in counted.global_statistics] == [
        (1.5, 3),
        (1, 2),
        (1, 2),
        (3, 3),
    ]
    cells = {(c.cohort, c.tier): c.observations for c in counted.cohort_statistics}
    assert cells["general|short|code=0|math=0|mc=0|intl=0", 2] == 1
    assert cells["general|short|code=0|math=1|mc=0|intl=0", 2] == 1
    with pytest.raises(InputError, match="the tier MEDIUM was measured on no prompt"):
        count_success(cells_of(["hi"]), success[:1])
    with pytest.raises(InputError, match="must lie from 0 to 1"):
        count_success(cells_of(["hi"]), np.array([[1, 1, 1, 1.5]]))


def test_the_threshold_is_the_one_that_decides_best_on_folds_left_out():
    # 60 % of prompts need SIMPLE, the rest COMPLEX: taking 0.5 keeps them in SIMPLE, right for 60 %
    needed = np.array(([0] * 6 + [2] * 4) * 20)
    cells = cells_of(["hi"] * 200)
    success = (np.arange(4) >= needed[:, None]).astype(float)
    tried = {"thresholds": (0.5, 0.75), "domain_masses": (5.0,), "cell_masses": (2.0,)}
    folds = np.arange(200) % 5
    for cost, threshold, worth in [
        (None, 0.5, 0.6),
        # a tier too low costs 4: COMPLEX for all costs 0.6, SIMPLE for all costs 1.6
        (np.array([[0, 1, 1, 1], [4, 0, 1, 1], [4, 4, 0, 1], [4, 4, 4, 0]]), 0.75, -0.6),
    ]:
        chosen = choose_table(cells, success, worth_of_labels(needed, cost), folds, **tried)
        assert (chosen.threshold, chosen.worth) == (threshold, pytest.approx(worth))


def test_a_tier_that_a_cell_has_not_measured_has_its_mean_over_all_prompts():
    prompts = ["hi", "Solve 2x = 4"] * 20
    success = np.array([[1.0, 1, 1, 1], [0, 0, 0, 1]] * 20)
    router = make_router("litellm-heuristic-v2", cohort_prior_mass=1, domain_prior_mass=1)
    asked = ["yes", "Solve 9x = 3"]
    assert router.fit(prompts, success).predict(asked).tolist() == ["SIMPLE", "REASONING"]
    success[1::2, 2] = np.nan  # COMPLEX is known from the easy prompts alone: 21 of 22
    assert router.fit(prompts, success).predict(asked).tolist() == ["SIMPLE", "COMPLEX"]
    assert router.predict_success(asked)[1, 2] == pytest.approx((20 + 21 / 22) / 21)
    with pytest.raises(InputError, match=r"need success of shape \(n, 4\), got \(40, 3\)"):
        router.fit(prompts, success[:, :3])


def test_without_litellm_the_bundled_table_is_named_as_left_out(monkeypatch):
    table.bundled_table.cache_clear()
    monkeypatch.setattr(table.importlib.util, "find_spec", lambda name: None)
    prompts = [f"hi {i}" for i in range(20)] + [f"solve the equation {i}" for i in range(20)]
    fit = fit_table(prompts, ["SIMPLE"] * 20 + ["REASONING"] * 20, n_boot=50)
    assert "bundled table" not in fit.report.index
    assert "not compared with the bundled table: the table of heuristic_v2 comes with" in str(fit)


# -- held out


def test_on_bloom_the_fit_is_better_than_the_defaults_and_than_any_one_tier(bloom_fit):
    print(bloom_fit)  # noqa: T201
    assert bloom_fit.verdict == "better"
    assert bloom_fit.report.loc["fitted", "diff_low"] > 0
    assert all(sentence.startswith("better: accuracy ") for sentence in bloom_fit.sentences)
    assert bloom_fit.n_train + bloom_fit.n_test == 1245
    assert bloom_fit.keywords
    assert "labels as tiers: SIMPLE: BT1, BT2; MEDIUM: BT3" in str(bloom_fit)


def test_on_nine_models_the_table_is_better_than_the_bundled_one(nine):
    fit = fit_table(nine.prompts, nine, tiers=NINE, cost_weight=300)
    print(fit)  # noqa: T201
    assert fit.verdict == "better"
    assert fit.figure == "quality - 300 x USD"
    assert fit.config["tiers"] == NINE
    row = fit.report.loc["fitted"]
    assert row["figure"] == pytest.approx(row["quality"] - 300 * row["cost_usd"])
    assert ("bundled table" in fit.report.index) == (
        importlib.util.find_spec("litellm") is not None
    )


def test_more_weight_on_cost_never_spends_more_in_training(nine):
    small = nine.take(np.arange(600))
    quality, cost = tier_outcomes(small, NINE)
    spent = []
    for weight in (0, 300, 3000):
        worth = worth_of_outcomes(quality, cost, weight)
        config, _ = learn_config(small.prompts, worth, parts=["boundaries"])
        tiers = [TIERS.index(ComplexityRouter(config).tier_of(prompt)) for prompt in small.prompts]
        spent.append(cost[np.arange(600), tiers].mean())
    assert spent[0] > spent[1] > spent[2]


def test_the_same_text_stays_on_one_side():
    prompts = [f"question {i % 20}" + " " * (i // 20) for i in range(100)]
    data = read_target(prompts, ["low", "high"] * 50, None, None, 0.0)
    train, test = parted(data, 0.3, seed=0)
    sides = [{prompt.strip() for prompt in part.prompts} for part in (train, test)]
    assert not sides[0] & sides[1]
    assert (len(train.prompts), len(test.prompts)) == (70, 30)


def test_missing_outcomes_stay_missing_and_are_named():
    prompts = [f"hi number {i}" for i in range(30)] + [f"python api number {i}" for i in range(30)]
    quality = np.array([[1.0, 1.0]] * 30 + [[0.0, 1.0]] * 30)
    quality[::6, 0] = np.nan
    outcomes = OutcomeTable(prompts, ["small", "large"], quality).with_costs(
        {"small": 0.001, "large": 0.01}
    )
    ladder = {"SIMPLE": "small", "MEDIUM": "large", "COMPLEX": "large", "REASONING": "large"}
    fit = fit_heuristic(prompts, outcomes, tiers=ladder, cost_weight=10, n_boot=200)
    assert "10 prompts without an outcome of every tier are left out" in str(fit)
    assert fit.n_test < 18
    assert fit.report.loc["fitted", "quality"] == 1
    assert fit.report.loc["fitted", "cost_usd"] < fit.report.loc["always MEDIUM", "cost_usd"]


def test_labels_with_an_order_are_spread_from_the_lowest_tier_to_the_highest():
    assert needed_tiers(["low", "medium", "high"]).tolist() == [0, 2, 3]
    assert needed_tiers(["Level 5", "Level 1", "Level 2", "Level 3", "Level 4"]).tolist() == [
        3, 0, 1, 2, 2
    ]  # fmt: skip
    assert needed_tiers(["REASONING", "SIMPLE"]).tolist() == [3, 0]


# -- the gateway decides the same


@pytest.mark.parametrize("classifier", ["heuristic", "heuristic_v2"])
def test_saved_config_decides_like_the_router_on_1000_real_prompts(
    classifier, bloom, bloom_fit, flask, tmp_path
):
    fit = bloom_fit if classifier == "heuristic" else fit_table(*bloom, tiers=BLOOM, n_boot=50)
    fit.save(tmp_path / "config.yaml", name="mine")
    entry = yaml.safe_load((tmp_path / "config.yaml").read_text())["model_list"][0]
    assert entry["model_name"] == "mine"
    gateway = ComplexityRouter(entry["litellm_params"]["complexity_router_config"])
    prompts = [*flask[0][:500], *bloom[0][:500]]
    told = fit.router().predict(prompts).tolist()
    assert [gateway.tier_of(prompt) for prompt in prompts] == told
    assert len(set(told)) > 1
    with pytest.raises(InputError, match=r"config.yaml' exists already"):
        fit.save(tmp_path / "config.yaml")


@pytest.mark.parametrize("kind", ["litellm-heuristic-fitted", "litellm-heuristic-v2"])
def test_the_estimators_export_decides_the_same_through_the_rules(kind, bloom, flask):
    labels = [TIERS[k] for k in needed_tiers(bloom[1], BLOOM)]
    router = make_router(kind).fit(bloom[0], labels)
    gateway = ComplexityRouter(json.loads(json.dumps(router.gateway_config())))
    prompts = [*flask[0][:500], *bloom[0][:500]]
    assert [gateway.tier_of(prompt) for prompt in prompts] == router.predict(prompts).tolist()


@pytest.mark.litellm
@pytest.mark.parametrize("classifier", ["heuristic", "heuristic_v2"])
def test_the_installed_gateway_decides_the_same(classifier, bloom, bloom_fit, flask):
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("litellm is not installed: pip install 'routelab[litellm]'")
    fit = bloom_fit if classifier == "heuristic" else fit_table(*bloom, tiers=BLOOM, n_boot=50)
    prompts = [*flask[0][:200], *bloom[0][:200]]
    done = subprocess.run(
        [sys.executable, "-c", GATEWAY],
        input=json.dumps({"config": fit.config, "prompts": prompts}),
        capture_output=True,
        text=True,
        timeout=180,
        env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("DECIDED ")]
    assert lines, done.stderr[-3000:]
    theirs = json.loads(lines[0].removeprefix("DECIDED "))
    assert theirs == fit.router().predict(prompts).tolist()
    assert len(set(theirs)) > 1


# -- estimators


def test_parameters_of_the_fitted_heuristic_can_be_searched(bloom):
    prompts = np.array(bloom[0][:300], dtype=object)
    labels = np.array([TIERS[k] for k in needed_tiers(bloom[1][:300], BLOOM)])
    grid = {"parts": [("boundaries",), ("boundaries", "keywords")], "min_support": [10]}
    search = GridSearchCV(make_router("litellm-heuristic-fitted"), grid, cv=2).fit(prompts, labels)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])
    worth = worth_of_labels(needed_tiers(labels.tolist()))
    router = make_router("litellm-heuristic-fitted", parts=["boundaries"])
    by_worth = cross_val_predict(router, prompts, worth, cv=KFold(3))
    by_label = cross_val_predict(router, prompts, labels, cv=KFold(3))
    assert by_worth.tolist() == by_label.tolist()


@pytest.mark.parametrize(
    ("params", "target", "message"),
    [
        ({"parts": ["bounds"]}, ["SIMPLE"], "unknown part 'bounds' .did you mean 'boundaries'"),
        ({"parts": "weights"}, ["SIMPLE"], "parts must be a list out of boundaries"),
        ({"parts": ["weights"]}, ["SIMPLE"], "need 'boundaries' too"),
        ({"max_rules": 0}, ["SIMPLE"], "max_rules must be at least 1, got 0"),
        ({"config": {"classifier_type": "heuristic_v2"}}, ["SIMPLE"], "got 'heuristic_v2'"),
        ({}, ["hard"], "label at index 0 is 'hard'"),
        ({}, [[1.0, 2.0]], r"need worth of shape \(n, 4\), got \(1, 2\)"),
        ({}, [[1.0, 2.0, np.nan, 1.0]], "no prompt has the worth of all four tiers"),
    ],
)
def test_what_the_fitted_heuristic_cannot_learn_from_is_refused(params, target, message):
    with pytest.raises(InputError, match=message):
        make_router("litellm-heuristic-fitted", **params).fit(["hi"], target)


TWO = OutcomeTable(["a", "b"], ["small", "large"], [[1, 1], [0, 1]])
LADDER = {"SIMPLE": "small", "MEDIUM": "large", "COMPLEX": "large", "REASONING": "large"}


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (["x", "y"], {}, "labels such as x, y have no known order"),
        (["x", "y"], {"tiers": {"EASY": "x"}}, "unknown tier 'EASY'"),
        (["x", "y"], {"tiers": {"SIMPLE": "x"}}, "label 'y' at index 1 belongs to no tier"),
        (["x", "y"], {"tiers": {"SIMPLE": "x", "MEDIUM": ["x"]}}, "'x' stands under two tiers"),
        (["x", "y"], {"tiers": {"SIMPLE": []}}, "SIMPLE needs a name or a list"),
        (["x", "y"], {"tiers": ["x"]}, "tiers must map SIMPLE"),
        (["low"], {}, "2 prompts need as many labels, got 1"),
        (["low", "high"], {"cost": np.ones(3)}, "cost must be 4 x 4"),
        (["low", "high"], {"cost_weight": 1}, "cost_weight is for outcomes"),
        (["low", "high"], {"test_size": 1.0}, "test_size must lie between 0 and 1, got 1.0"),
        (TWO, {}, "outcomes need 'tiers'"),
        (TWO, {"tiers": {"SIMPLE": "small"}}, "MEDIUM has none"),
        (TWO, {"tiers": LADDER | {"SIMPLE": "smal"}}, "no model 'smal' in the outcomes .did you"),
        (TWO, {"tiers": LADDER, "cost_weight": 1}, "have no cost: give costs"),
        (TWO, {"tiers": LADDER, "cost_weight": -1}, "at least 0, got -1"),
        (TWO, {"tiers": LADDER, "cost": np.eye(4)}, "outcomes take 'cost_weight'"),
        (TWO.take([1, 0]), {"tiers": LADDER}, "not those of the outcomes"),
    ],
)
def test_targets_that_say_nothing_about_tiers_are_refused(target, options, message):
    with pytest.raises(InputError, match=message):
        fit_heuristic(["a", "b"], target, **options)


def test_one_text_cannot_be_parted():
    with pytest.raises(InputError, match="need two different prompts"):
        fit_heuristic(["hi", "HI"], ["low", "high"])
    with pytest.raises(InputError, match="nothing to learn from: no labels"):
        fit_heuristic([], [])
    config, _ = learn_config(["hi", "HI"], worth_of_labels([2, 2]), parts=["boundaries", "weights"])
    assert ComplexityRouter(config).tier_of("hi") == "COMPLEX"


@pytest.mark.parametrize(
    ("known", "message"),
    [(0, "no training prompt has an outcome of every tier"), (1, "no held-out prompt has an")],
)
def test_a_part_without_complete_outcomes_is_refused(known, message):
    prompts = [f"number {i}" for i in range(20)]
    labels = read_target(prompts, ["low", "high"] * 10, None, None, 0.0)
    part = parted(labels, 0.3, seed=0)[1 - known].prompts
    quality = [[1.0 if prompt in part else np.nan, 1.0] for prompt in prompts]
    outcomes = OutcomeTable(prompts, ["small", "large"], quality)
    with pytest.raises(InputError, match=message):
        fit_heuristic(prompts, outcomes, tiers=LADDER)


def test_a_configuration_of_the_table_is_refused_by_the_heuristic():
    with pytest.raises(InputError, match="belong to classifier_type heuristic, got 'heuristic_v2'"):
        learn_config(["hi"], np.eye(4)[:1], config={"classifier_type": "heuristic_v2"})


def test_without_a_prompt_that_the_score_decides_the_boundaries_stay():
    told = [f"{DEFAULTS['housekeeping_patterns'][0]}, number {i}" for i in range(9)]
    assert learn_config(told, np.eye(4)[[3] * 9], parts=["boundaries"])[0] == {}


# -- command line

PRICES = (("small", 0.001), ("large", 0.01))


def test_tune_gateway_writes_a_config_that_litellm_takes(run, data, tmp_path):
    labels = data / "complexity_bloom" / "BT1_Dataset.csv"
    (tmp_path / "tiers.yaml").write_text(yaml.safe_dump(BLOOM))
    out = tmp_path / "config.yaml"
    code, text, _ = run("tune-gateway", labels, "--tiers", tmp_path / "tiers.yaml", "--out", out)
    assert code == 0
    assert "better: accuracy" in text
    entry = yaml.safe_load(out.read_text())["model_list"][0]
    assert entry["litellm_params"]["model"] == "auto_router/complexity_router"
    arguments = ("--out", out, "--force", "--part", "boundaries", "--json", "--resamples", 100)
    code, text, _ = run("tune-gateway", labels, "--tiers", tmp_path / "tiers.yaml", *arguments)
    answer = json.loads(text)
    assert [row["configuration"] for row in answer["report"]][-1] == "fitted"
    assert code == (0 if answer["verdict"] == "better" else 1)


def test_tune_gateway_learns_from_outcomes(run, tmp_path):
    rows = [f"hi number {i},{model},1,{cost}" for i in range(40) for model, cost in PRICES]
    rows += [
        f"a python api number {i},{model},{int(model == 'large')},{cost}"
        for i in range(40)
        for model, cost in PRICES
    ]
    text = "prompt,model,quality,cost_usd\n" + "\n".join(rows) + "\n"
    (tmp_path / "outcomes.csv").write_text(text)
    (tmp_path / "tiers.yaml").write_text(yaml.safe_dump(LADDER))
    out = tmp_path / "c.yaml"
    arguments = ("--tiers", tmp_path / "tiers.yaml", "--cost-weight", 10, "--json", "--out", out)
    code, text, error = run("tune-gateway", tmp_path / "outcomes.csv", *arguments)
    assert code in (0, 1), error
    answer = json.loads(text)
    assert answer["figure"] == "quality - 10 x USD"
    assert answer["report"][-1]["quality"] == 1
    # 24 held out, 1 - 10 x 0.001 on the easy ones and 1 - 10 x 0.01 on the others
    share = answer["report"][-1]["SIMPLE"]
    assert answer["report"][-1]["figure"] == pytest.approx(share * 0.99 + (1 - share) * 0.9)
    entry = yaml.safe_load(out.read_text())["model_list"][0]["litellm_params"]
    assert entry["complexity_router_config"]["tiers"] == LADDER


def test_tune_gateway_says_no_where_the_defaults_are_as_good(run, tmp_path):
    rows = [f"hi {i},SIMPLE" for i in range(60)] + ["no label,", "write a python function,MEDIUM"]
    (tmp_path / "labels.csv").write_text("prompt,label\n" + "\n".join(rows) + "\n")
    out = tmp_path / "c.yaml"
    arguments = ("--classifier", "heuristic_v2", "--resamples", 100)
    code, text, error = run("tune-gateway", tmp_path / "labels.csv", "--out", out, *arguments)
    assert code == 1
    assert "1 rows without a usable prompt or label left out" in error
    assert "not resolved: accuracy" in text
    entry = yaml.safe_load(out.read_text())["model_list"][0]["litellm_params"]
    assert entry["complexity_router_config"]["classifier_type"] == "heuristic_v2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--classifier", "llm"], "--classifier must be heuristic or heuristic_v2, got 'llm'"),
        (["--classifier", "heuristic_v2", "--part", "weights"], "--part belongs to the heuristic"),
        (["--part", "bounds"], "unknown part 'bounds'"),
        (["--tiers", "LIST"], "--tiers must hold a mapping, got list"),
        (["--config", "absent.yaml"], "'absent.yaml' does not exist"),
    ],
)
def test_tune_gateway_names_what_is_wrong(run, tmp_path, arguments, message):
    (tmp_path / "labels.csv").write_text("prompt,label\nhi,SIMPLE\npython api,MEDIUM\n")
    (tmp_path / "list.yaml").write_text("[SIMPLE]\n")
    given = [str(tmp_path / "list.yaml") if a == "LIST" else a for a in arguments]
    out = tmp_path / "c.yaml"
    code, _, error = run("tune-gateway", tmp_path / "labels.csv", "--out", out, *given)
    assert code == 2
    assert message in error
    assert not out.exists()


def _key(count):
    fields = count.model_dump()
    return tuple(fields[name] for name in sorted(fields))


def _accuracy(config, prompts, worth):
    tiers = [TIERS.index(ComplexityRouter(config).tier_of(prompt)) for prompt in prompts]
    return worth[np.arange(len(prompts)), tiers].mean()
