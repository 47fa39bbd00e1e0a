"""From a log and a policy to a table: forms of both, what is left out, what is refused."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, evaluate_policy, make_router
from routelab.off_policy import doubly_robust, ips, snips, switch_dr

SHARES = {"large": 0.5, "small": 0.5}


def row_of(frame, policy, estimator="DR", **options):
    return evaluate_policy(frame, policy, n_boot=200, **options).to_frame().loc[estimator]


def test_the_table_holds_what_the_estimators_say(log):
    weights = np.where(log.model == "large", 2, 2 / 3)
    table = evaluate_policy(log, SHARES, n_boot=200).to_frame()
    y, c = log.quality.to_numpy(), log.cost_usd.to_numpy()
    assert table.index.tolist() == ["IPS", "SNIPS", "DM", "DR", "Switch-DR"]
    assert table.loc["IPS", ["quality", "cost"]].tolist() == pytest.approx(
        [ips(y, weights), ips(c, weights)]
    )
    assert table.loc["SNIPS", "quality"] == pytest.approx(snips(y, weights))
    means = log.groupby("model").quality.mean()
    assert table.loc["DM", "quality"] == pytest.approx(means.mean(), abs=0.002)  # cross-fitted
    gaps = table["quality"] - table["quality_difference"]
    assert gaps.tolist() == pytest.approx([y.mean()] * 5)


def test_every_interval_holds_its_estimate_and_the_truth(log):
    table = evaluate_policy(log, SHARES).to_frame()
    for name in ("quality", "quality_difference", "cost", "cost_difference"):
        assert (table[f"{name}_low"] < table[name]).all()
        assert (table[name] < table[f"{name}_high"]).all()
    assert (table["quality_low"] < 0.75).all() and (table["quality_high"] > 0.75).all()
    assert (table["cost_low"] < 0.0055).all() and (table["cost_high"] > 0.0055).all()


def test_all_forms_of_a_policy_give_the_same_answer(log):
    n = len(log)
    one = evaluate_policy(log, "large", n_boot=200).to_frame()
    router = make_router("constant", label="large").fit(["a", "b"], ["large", "small"])
    forms = [
        {"large": 1.0, "small": 0},
        {"large": 1.0, "never": 0.0},
        pd.DataFrame({"small": np.zeros(n), "large": np.ones(n)}, index=log.index + 7),
        np.array(["large"] * n),
        ["large"] * n,
        router,
    ]
    for form in forms:
        pd.testing.assert_frame_equal(evaluate_policy(log, form, n_boot=200).to_frame(), one)
    array = np.tile([0.0, 1.0], (n, 1))
    found = evaluate_policy(log, array, models=["small", "large"], n_boot=200)
    pd.testing.assert_frame_equal(found.to_frame(), one)


def test_the_logs_own_policy_has_its_mean_and_no_difference(log):
    result = evaluate_policy(log, {"large": 0.25, "small": 0.75}, n_boot=200)
    row = result.to_frame().loc["IPS"]
    assert row["quality"] == pytest.approx(result.logged["quality"])
    assert row["quality_difference_low"] == row["quality_difference_high"] == pytest.approx(0)
    assert result.ess == pytest.approx(len(log))
    assert result.verdicts["quality"].startswith("not resolved")


def test_the_order_of_rows_and_names_does_not_matter(log):
    renamed = log.replace({"model": {"large": "z", "small": "a"}})
    first = evaluate_policy(log, SHARES, n_boot=200).to_frame()
    second = evaluate_policy(renamed, {"z": 0.5, "a": 0.5}, n_boot=200).to_frame()
    shuffled = evaluate_policy(log.sample(frac=1, random_state=0), SHARES, n_boot=200).to_frame()
    exact = ["IPS", "SNIPS"]
    assert second.loc[exact].to_numpy() == pytest.approx(first.loc[exact].to_numpy())
    assert shuffled.loc[exact, "quality"].tolist() == pytest.approx(
        first.loc[exact, "quality"].tolist()
    )


def test_units_are_resampled_whole(log):
    twice = pd.concat([log, log], ignore_index=True)  # each row twice says nothing new
    twice["pair"] = np.tile(np.arange(len(log)), 2)
    once, naive = row_of(log, SHARES), row_of(twice, SHARES)
    paired = evaluate_policy(twice, SHARES, n_boot=200, unit="pair")
    width = lambda row: row["quality_high"] - row["quality_low"]  # noqa: E731
    assert width(paired.to_frame().loc["DR"]) == pytest.approx(width(once), rel=0.05)
    assert width(naive) == pytest.approx(width(once) / 2**0.5, rel=0.15)
    assert (paired.n, paired.units) == (2_400, 1_200)
    assert paired.ess == pytest.approx(evaluate_policy(log, SHARES, n_boot=10).ess)


def test_rows_without_a_unit_stand_alone(log):
    log.loc[:4, "user"] = None
    result = evaluate_policy(log, SHARES, unit="user", n_boot=50)
    assert result.units == 300 + 5
    assert "5 rows without 'user' count as a unit each" in result.notes


def test_a_model_of_outcomes_narrows_the_doubly_robust_interval(log):
    easy = log.prompt.str.startswith("greet").to_numpy()
    log["quality"] = np.where(easy, 1.0, 0.0) + 0.05 * log["quality"]
    plain = row_of(log, SHARES, min_ess=10)
    read = row_of(log, SHARES, outcome_model="outcome-linear", cv=3)
    width = read["quality_high"] - read["quality_low"]
    assert width < 0.9 * (plain["quality_high"] - plain["quality_low"])


def test_a_function_may_be_the_model_and_never_sees_the_rows_it_is_asked(log):
    log["row"] = np.arange(len(log))
    seen = []

    def means(train, asked, target, models):
        seen.append((target, set(train["row"]), len(asked)))
        return np.tile([train[target][train["model"] == name].mean() for name in models],
                       (len(asked), 1))  # fmt: skip

    result = evaluate_policy(log, SHARES, outcome_model=means, cv=4, n_boot=50)
    assert [target for target, _, _ in seen] == ["quality"] * 4 + ["cost_usd"] * 4
    left_out = [set(range(1_200)) - train for _, train, _ in seen[:4]]
    assert sum(map(len, left_out)) == 1_200 == len(set.union(*left_out))
    assert not any("DM predicts each model's mean" in note for note in result.notes)


def test_equal_prompts_and_units_stay_in_one_fold(log):
    log["prompt"] = [f"text {i % 100}" for i in range(len(log))]

    def check(column):
        def model(train, asked, target, models):
            out = set(asked[column]) - set(train[column])
            assert len(out) == asked[column].nunique() - train[column].nunique() > 0
            return np.zeros((len(asked), len(models)))

        return model

    evaluate_policy(log, SHARES, outcome_model=check("prompt"), n_boot=10)
    evaluate_policy(log, SHARES, outcome_model=check("user"), unit="user", n_boot=10)


def test_a_model_that_a_fold_never_saw_gets_the_mean(log):
    log = log.iloc[:200].copy()
    log.loc[0, ["model", "propensity"]] = ["rare", 0.01]
    policy = {"rare": 0.0, **SHARES}
    for model in (None, make_router("outcome-knn", k=3)):
        row = row_of(log, policy, "DM", outcome_model=model, min_ess=5)
        assert 0.4 < row["quality"] < 1


def test_missing_outcomes_are_left_out_and_told(log):
    holes = log.copy()
    holes.loc[:11, "quality"] = np.nan
    result = evaluate_policy(holes, SHARES, n_boot=200)
    assert "12 rows (1.0%) without a quality left out" in result.notes
    rest = evaluate_policy(log.iloc[12:], SHARES, n_boot=200)
    assert result.to_frame().loc["SNIPS", "quality"] == rest.to_frame().loc["SNIPS", "quality"]
    assert result.n == 1_200


def test_no_cost_and_zero_cost_are_different_things(log):
    none = evaluate_policy(log.drop(columns="cost_usd"), SHARES, n_boot=50)
    assert list(none.logged) == ["quality"]
    assert "the log has no cost: only the quality is evaluated" in none.notes
    assert list(evaluate_policy(log, SHARES, cost=None, n_boot=50).logged) == ["quality"]
    zero = evaluate_policy(log.assign(cost_usd=0.0), SHARES, outcome_model="outcome-linear",
                           cv=3, n_boot=50)  # fmt: skip
    assert zero.to_frame().filter(like="cost").to_numpy() == pytest.approx(0, abs=1e-12)
    assert zero.verdicts["cost"].startswith("not resolved")


def test_a_constant_quality_is_certain_but_for_the_weights(log):
    table = evaluate_policy(log.assign(quality=1.0), SHARES, n_boot=200).to_frame()
    assert table.loc["IPS", "quality_low"] < 1 < table.loc["IPS", "quality_high"]
    rest = table.loc[["SNIPS", "DM", "DR", "Switch-DR"]]
    for name in ("quality", "quality_low", "quality_high"):
        assert rest[name].tolist() == pytest.approx([1] * 4)


def test_weights_above_the_threshold_are_truncated_and_told(log):
    result = evaluate_policy(log, "large", clip=3, switch=3, n_boot=200)
    table, large = result.to_frame(), (log.model == "large").to_numpy()
    y, weights = log.quality.to_numpy(), np.where(large, 4.0, 0.0)
    assert table.loc["IPS", "quality"] == pytest.approx(ips(y, np.minimum(weights, 3)))
    assert table.loc["Switch-DR"].tolist() == pytest.approx(table.loc["DM"].tolist())
    assert result.clipped_share == result.switched_share == large.mean()
    assert result.max_weight == 4
    assert "weights above 3 are truncated" in str(result)
    never = evaluate_policy(log, "large", clip=None, n_boot=200)
    assert "weights are not truncated" in str(never)
    assert never.to_frame().loc["IPS", "quality"] == pytest.approx(ips(y, weights))
    root = evaluate_policy(log, "large", n_boot=200)  # no weight is above sqrt(1200)
    assert root.clip == pytest.approx(1_200**0.5) and root.clipped_share == 0
    pd.testing.assert_frame_equal(root.to_frame(), never.to_frame())


def test_truncation_leaves_switch_dr_alone(log):
    clipped = row_of(log, "large", "Switch-DR", clip=2)
    free = row_of(log, "large", "DR", clip=None)
    assert clipped.tolist() == pytest.approx(free.tolist())


def test_switching_in_part_is_between(log):
    log.loc[log.model == "large", "propensity"] = np.where(log.index % 2, 0.2, 0.3)[
        log.model == "large"
    ]
    result = evaluate_policy(log, "large", switch=4, n_boot=50)
    assert 0 < result.switched_share < (log.model == "large").mean()
    low, value, high = result.to_frame().loc[
        "Switch-DR", ["quality_low", "quality", "quality_high"]
    ]
    assert low < value < high


def test_a_table_of_propensities_is_as_good_as_the_column(log):
    n = len(log)
    table = pd.DataFrame({"small": np.full(n, 0.75), "large": np.full(n, 0.25), "new": np.zeros(n)})
    bare = log.drop(columns="propensity")
    one = evaluate_policy(bare, SHARES, propensities=table, n_boot=100)
    pd.testing.assert_frame_equal(
        one.to_frame(), evaluate_policy(log, SHARES, n_boot=100).to_frame()
    )
    assert one.overlap.loc["new"].tolist()[:3] == [0, 0, 0]
    never = table.copy()
    never.loc[log.model == "small", ["small", "large"]] = [1.0, 0.0]
    with pytest.raises(InputError, match="to the model 'large' in .* where its propensity is 0"):
        evaluate_policy(bare, SHARES, propensities=never)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"large": 1.25}, "add up to 1 in every row, got 1.25, 0.75 in row 0"),
        ({"large": np.nan}, "must be probabilities"),
        ({"large": 0.0, "small": 1.0}, "gives 0 to the model that was chosen, 'large', in row"),
    ],
)
def test_a_wrong_table_of_propensities_is_refused(log, change, message):
    table = pd.DataFrame({"large": 0.25, "small": 0.75}, index=log.index).assign(**change)
    with pytest.raises(InputError, match=message):
        evaluate_policy(log, SHARES, propensities=table)


def test_a_table_of_propensities_must_fit_the_log(log):
    table = pd.DataFrame({"large": 0.25, "smal": 0.75}, index=log.index)
    with pytest.raises(InputError, match="no column for the model 'small' .did you mean 'smal'"):
        evaluate_policy(log, SHARES, propensities=table)
    with pytest.raises(InputError, match="a row per row of the log, 1,200, got 3"):
        evaluate_policy(log, SHARES, propensities=table.head(3))


@pytest.mark.parametrize("value", [0.0, -0.1, 1.5, np.nan])
def test_a_propensity_that_is_none_is_refused_with_its_row(log, value):
    log.index = log.index + 100
    log.loc[103, "propensity"] = value
    with pytest.raises(InputError, match=r"above 0 and at most 1, got .* in row 103 \(1 such rows"):
        evaluate_policy(log, SHARES)


def test_a_policy_without_support_is_refused(log):
    with pytest.raises(InputError, match="gives 30.0% of its weight to the model 'larger', which "
                       "the log never chose .did you mean 'large'"):  # fmt: skip
        evaluate_policy(log, {"larger": 0.3, "small": 0.7})


def test_rows_that_left_nothing_to_chance_support_their_own_model_only(log):
    log.loc[:9, ["model", "propensity"]] = ["small", 1.0]
    with pytest.raises(InputError, match="to the model 'large' in 10 rows where the log left "
                       "nothing to chance .*first in row 0"):  # fmt: skip
        evaluate_policy(log, SHARES)
    policy = pd.DataFrame({"large": 0.5, "small": 0.5}, index=log.index)
    policy.loc[:9] = [0.0, 1.0]
    assert evaluate_policy(log, policy, n_boot=50).max_weight == 2


def test_a_log_of_certain_choices_is_refused(log):
    for certain in (1.0, 0.999999):
        with pytest.raises(InputError, match="deterministic: all 1,200 propensities are above 0.99"
                           ".*log the probability of the model that was chosen"):  # fmt: skip
            evaluate_policy(log.assign(propensity=certain), "small")


def test_too_little_overlap_is_refused(log):
    with pytest.raises(InputError, match="effective sample size is 20.0 of 20 units, at least 30"):
        evaluate_policy(log.head(20), {"large": 0.25, "small": 0.75})
    with pytest.raises(InputError, match="effective sample size is 1.0 of 1 units, at least 2"):
        evaluate_policy(log.head(1), log.model[0], min_ess=0)
    with pytest.raises(InputError, match="too little overlap for the quality: .* is 0.0 of 0"):
        evaluate_policy(log.assign(quality=np.nan), SHARES)


def test_few_effective_rows_are_told(log):
    few = evaluate_policy(log.head(400), "large", n_boot=50)
    assert few.ess < 200
    assert any("effective sample size below 200" in note for note in few.notes)
    many = evaluate_policy(log, "large", n_boot=50).notes
    assert not any("effective sample size below" in note for note in many)


def test_weights_that_do_not_add_up_are_told(log):
    off = log.assign(propensity=log.propensity * np.where(log.model == "large", 0.7, 1.0))
    notes = evaluate_policy(off, SHARES, n_boot=50).notes
    assert any(note.startswith("large: the weights add up to") for note in notes)
    wrong = log.assign(propensity=np.where(log.model == "large", 0.6, 0.75))
    with pytest.raises(InputError, match="are wrong, or the log never chose 'large' for a part"):
        evaluate_policy(wrong, SHARES, n_boot=50)
    assert not any("add up" in note for note in evaluate_policy(log, SHARES, n_boot=50).notes)


@pytest.mark.parametrize(
    ("policy", "options", "message"),
    [
        ({"large": 0.5, "small": 0.6}, {}, "add up to 1, got large 0.5, small 0.6"),
        ({}, {}, "add up to 1, got {}"),
        ({"large": "half"}, {}, "share of 'large' must be a number, got 'half'"),
        (3, {}, "the policy must be a model, .* got int"),
        (np.ones((3, 2)), {"models": ["large", "small"]}, "has 3 rows, the log has 1,200"),
        (np.ones((1_200, 2)), {}, "needs 'models', the 2 names of its columns, got None"),
        (np.ones((1_200, 2)), {"models": ["a", "b"]}, "to 1 in every row, got 1, 1 in row 0"),
        (np.full((1_200, 2), 0.5), {"models": ["a", "a"]}, "names the model 'a' twice"),
        ("large", {"models": ["large"]}, "'models' names the columns of an array, .* is str"),
        (["large", None] * 600, {}, "names no model in 600 rows, first in row 1"),
        (SHARES, {"clip": "root"}, "'clip' must be a weight above 0, 'sqrt' or None, got 'root'"),
        (SHARES, {"switch": 0}, "'switch' must be a weight above 0"),
        (SHARES, {"cv": 1}, "'cv' must be a whole number of at least 2, got 1"),
        (SHARES, {"outcome_model": 5}, "'outcome_model' must be None, the kind"),
        (SHARES, {"outcome_model": make_router("knn")}, "'outcome_model' must be None, the kind"),
        (SHARES, {"outcome_model": lambda *_: np.zeros(3)}, "finite numbers of shape"),
        (SHARES, {"quality": "qualty"}, "'qualty' for the quality .did you mean 'quality'"),
        (SHARES, {"cost": "usd"}, "no column 'usd' for the cost"),
        (SHARES, {"quality": "prompt"}, "column 'prompt' must hold numbers"),
        (SHARES, {"unit": "session"}, "no column 'session' for the unit"),
        (SHARES, {"prompt": "text", "outcome_model": "outcome-linear"}, "outcomes reads prompts"),
    ],
)  # fmt: skip
def test_bad_arguments_are_said(log, policy, options, message):
    with pytest.raises(InputError, match=message):
        evaluate_policy(log, policy, n_boot=10, **options)


def test_a_log_that_is_none_is_said(log):
    with pytest.raises(InputError, match="at least one row, got list"):
        evaluate_policy([1], "a")
    with pytest.raises(InputError, match="at least one row, got DataFrame without rows"):
        evaluate_policy(log.head(0), "a")
    with pytest.raises(InputError, match="names no model in any of 1,200 rows"):
        evaluate_policy(log.assign(model=None), "a")
    log.loc[3, "model"] = None
    with pytest.raises(InputError, match="names no model in 1 rows, first in row 3"):
        evaluate_policy(log, "small")
    log.loc[3, ["model", "quality"]] = ["small", np.inf]
    with pytest.raises(InputError, match="'quality' holds infinity, first in row 3"):
        evaluate_policy(log, "small")


def test_one_prompt_cannot_be_learnt_from(log):
    with pytest.raises(InputError, match="two different prompts"):
        evaluate_policy(log.assign(prompt="hi"), SHARES, outcome_model="outcome-linear")


def test_the_result_is_frozen_and_says_itself_escaped(log):
    odd = log.replace({"model": {"large": "<b>large"}})
    result = evaluate_policy(odd, {"<b>large": 0.5, "small": 0.5}, n_boot=50)
    page = result._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;large" in page and page.count("<table>") == 2
    told = str(result)
    assert "Switch-DR" in told and "effective sample size" in told and "the log" in told
    assert "every row a unit" in told
    assert "300 units (user)" in str(evaluate_policy(log, SHARES, unit="user", n_boot=50))
    assert result.verdicts["quality"].startswith("higher: +")
    assert evaluate_policy(log, "small", n_boot=50).verdicts["cost"].startswith("lower: -")
    assert json.loads(json.dumps(result.summary))["table"][0]["estimator"] == "IPS"
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.n = 3
    assert result.to_frame() is not result.table


def test_the_same_seed_gives_the_same_table(log):
    first, again, other = (
        evaluate_policy(log, SHARES, n_boot=50, seed=seed).to_frame() for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_table_and_the_functions_agree_on_doubly_robust(log):
    constant = np.array([0.8, 0.6])

    def model(train, asked, target, models):
        return np.tile(constant, (len(asked), 1))

    chosen = (log.model == "small").to_numpy().astype(int)
    weights = np.where(chosen, 0.5 / 0.75, 2.0)
    parts = (log.quality.to_numpy(), weights, np.full((1_200, 2), 0.5),
             np.tile(constant, (1_200, 1)), chosen)  # fmt: skip
    table = evaluate_policy(log, SHARES, outcome_model=model, switch=1, n_boot=50).to_frame()
    assert table.loc["DR", "quality"] == pytest.approx(doubly_robust(*parts))
    assert table.loc["Switch-DR", "quality"] == pytest.approx(switch_dr(*parts, 1))
