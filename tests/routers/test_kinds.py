"""Facts about single routers."""

import numpy as np
import pytest

from routelab import InputError, OutcomeTable
from routelab.encoders import HashingEncoder
from routelab.routers import (
    ConstantRouter,
    KeywordRouter,
    LengthRouter,
    OutcomeRouter,
    PromptFeatures,
    QualityNeighbors,
    RandomRouter,
    make_router,
    ordinal_scale,
)
from routelab.routers.outcome import choose


@pytest.mark.parametrize(
    ("prompt", "level"),
    [
        ("Compare the economic policies of three countries", "high"),
        ("Listen to this platform recreate the information", "low"),  # list, format, create inside
        ("Please create a file", "medium"),  # a stray "create" does not make it high
        ("Explain photosynthesis", "medium"),
        ("What is the capital of France?", "low"),
        ("What is the best way to compare two strings?", "medium"),
        ("WALK ME THROUGH IT STEP  BY\nSTEP", "high"),
        ("a " * 300, "medium"),
        ("a " * 1001, "high"),
        ("a " * 1000, "medium"),  # exactly 2000 characters is not more than 2000
        ("", "low"),
    ],
)
def test_keyword_levels(prompt, level):
    assert KeywordRouter().fit([]).predict([prompt])[0] == level


def test_keywords_count_in_any_order():
    router = KeywordRouter().fit([])
    one, other = router.predict(["create and define it", "define and create it"])
    assert one == other


def test_own_keywords_are_checked():
    assert KeywordRouter({"bitte": 2}).fit([]).predict(["Bitte!"])[0] == "high"
    with pytest.raises(InputError, match="keyword 'Bitte' must be lower case"):
        KeywordRouter({"Bitte": 2}).fit([])
    with pytest.raises(InputError, match="needs a number of points, got nan"):
        KeywordRouter({"bitte": float("nan")}).fit([])


def test_features_see_code_questions_instructions_and_script():
    features = PromptFeatures()
    names = features.get_feature_names_out().tolist()
    rows = features.transform(
        ["Is 12 prime?", "Write a poem. Then translate it.", "```def f(): pass```", "写诗", ""]
    )
    column = {name: rows[:, i] for i, name in enumerate(names)}
    assert rows.dtype == np.float32 and rows.shape == (5, len(names))
    assert column["starts_as_question"].tolist() == [1, 0, 0, 0, 0]
    assert column["log_instructions"][1] == pytest.approx(np.log(3))  # two instructions
    assert column["log_code_signs"][2] > 0 == column["log_code_signs"][0]
    assert column["share_non_ascii"].tolist() == [0, 0, 0, 1, 0]
    assert column["share_digits"][0] == pytest.approx(2 / 12)
    assert column["share_cjk"].tolist() == [0, 0, 0, 1, 0]
    assert column["share_english_words"][:2].tolist() == pytest.approx([1 / 3, 2 / 6])  # is; a, it
    assert not rows[4].any()


def test_constant_takes_the_commonest_or_the_named_label():
    assert ConstantRouter().fit(["p"] * 3, [1, 2, 2]).predict(["x"]).tolist() == [2]
    assert ConstantRouter("a").fit(["p", "q"], ["a", "b"]).predict(["x"])[0] == "a"
    with pytest.raises(InputError, match="'c' is not among the training labels"):
        ConstantRouter("c").fit(["p", "q"], ["a", "b"])


def test_random_keeps_the_training_shares_and_the_seed():
    prompts = [f"prompt {i}" for i in range(4000)]
    router = RandomRouter(seed=3).fit(["p"] * 4, ["a", "a", "a", "b"])
    answers = router.predict(prompts)
    assert abs((answers == "a").mean() - 0.75) < 0.03  # sd .007
    assert (answers != RandomRouter(seed=4).fit(["p"] * 4, list("aaab")).predict(prompts)).any()


def test_length_learns_its_cuts_from_the_training_quantiles():
    short, long = ["a" * n for n in range(10)], ["b" * (100 + n) for n in range(10)]
    router = LengthRouter(bins=2).fit(short + long, ["s"] * 10 + ["l"] * 10)
    assert router.edges_.tolist() == [100]
    assert router.predict(["x" * 99, "x" * 100]).tolist() == ["s", "l"]


def test_length_of_equal_prompts_answers_the_commonest():
    router = LengthRouter().fit(["abc"] * 3, ["x", "y", "y"])
    assert router.predict(["a", "a" * 99]).tolist() == ["y", "y"]
    with pytest.raises(InputError, match="'bins' must be at least 1, got 0"):
        LengthRouter(bins=0).fit(["a"], ["x"])


@pytest.mark.parametrize(
    ("prompts", "labels", "message"),
    [
        (["a", "b"], ["x"], "2 prompts need as many labels"),
        (["a", "b"], ["x", None], "label at index 1 is missing"),
        (["a"], None, "learns from labels, got None"),
        ([], [], "no prompts"),
    ],
)
def test_labels_are_checked(prompts, labels, message):
    with pytest.raises(InputError, match=message):
        ConstantRouter().fit(prompts, labels)


def test_scales_are_recognised():
    assert ordinal_scale(["High", "Low"]) == ["Low", "High"]
    assert ordinal_scale([True, False]) is None
    assert ordinal_scale(["low", "Low", "high"]) is None
    assert ordinal_scale(["low"]) is None


def table(**changes):
    facts = {
        "prompts": ["sort a list", "sort numbers", "write a poem", "poem about rain"],
        "models": ["cheap", "dear"],
        "quality": np.array([[1.0, 1.0], [1.0, np.nan], [0.0, 1.0], [0.2, 1.0]]),
        "cost": np.tile([0.001, 0.1], (4, 1)),
    }
    return OutcomeTable(**(facts | changes))


def test_outcome_router_sends_each_prompt_to_the_better_model():
    outcomes = table()
    router = make_router("outcome-knn", k=2).fit(outcomes.prompts, outcomes)
    assert router.predict(["sort the list", "a poem"]).tolist() == ["cheap", "dear"]
    np.testing.assert_allclose(router.cost_, [0.001, 0.1])


def test_cost_weight_moves_choices_to_the_cheaper_model():
    outcomes = table()
    router = make_router("outcome-knn", k=2, lam=20.0).fit(outcomes.prompts, outcomes)
    assert router.predict(["a poem"]).tolist() == ["cheap"]


def test_ties_go_to_the_cheaper_then_to_the_first():
    even = np.array([[0.5, 0.5, 0.5]])
    assert choose(even, np.array([3.0, 1.0, 2.0])).tolist() == [1]
    assert choose(even, np.full(3, np.nan)).tolist() == [0]
    assert choose(even, np.array([np.nan, 5.0, np.nan])).tolist() == [1]


def test_unknown_cost_is_not_free():
    with pytest.raises(InputError, match="the cost of a model is unknown"):
        choose(np.zeros((1, 2)), np.array([np.nan, 1.0]), lam=1.0)
    with pytest.raises(InputError, match="'lam' must be a number of at least 0, got -1"):
        choose(np.zeros((1, 2)), np.zeros(2), lam=-1)


def test_quality_matrix_needs_no_table():
    router = OutcomeRouter(HashingEncoder(), QualityNeighbors(k=1))
    quality = np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, np.nan]])
    router.fit(["sort a list", "a poem", "nothing known"], quality)
    assert router.predict(["sort", "poem"]).tolist() == [0, 1]
    assert router.head_.quality_.shape == (2, 2)


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        (np.full((2, 2), np.nan), "every quality is missing"),
        (np.array([[1.0, np.nan], [0.0, np.nan]]), "model 1 has no outcome at all"),
        (np.zeros((3, 2)), r"2 prompts need outcomes of shape \(2, models\), got \(3, 2\)"),
    ],
)
def test_outcomes_are_checked(quality, message):
    with pytest.raises(InputError, match=message):
        make_router("outcome-linear").fit(["a", "b"], quality)
