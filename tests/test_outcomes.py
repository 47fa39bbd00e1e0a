"""Outcome tables: reference means of the published files, and what a table refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from routelab import InputError
from routelab.outcomes import OutcomeTable, read_outcomes

MIXTRAL, GPT4 = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"


@pytest.fixture
def write(tmp_path):
    def keep(text, name="mine.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return keep


def rounded(table):
    return {model: round(mean, 4) for model, mean in table.mean_quality().items()}


def test_routellm_gsm8k(data):
    folder = data / "routellm" / "gsm8k"
    table = read_outcomes(folder / "gsm8k_responses.csv")
    assert table.quality.shape == (1319, 2)
    assert rounded(table) == {MIXTRAL: 0.6384, GPT4: 0.8567}
    assert np.isnan(table.cost).all()
    assert table.best_single() == GPT4
    clean = read_outcomes(
        folder / "gsm8k_responses.csv", contaminated=folder / "contaminated_prompts.jsonl"
    )
    assert len(clean) == 1307


def test_routellm_mmlu_files_make_one_table(data):
    table = read_outcomes(sorted((data / "routellm" / "mmlu").glob("*.csv")))
    assert len(table) == 8674
    assert rounded(table) == {MIXTRAL: 0.6998, GPT4: 0.8357}
    assert table.best_possible() == pytest.approx(0.8817, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "count", "means"),
    [
        ("arc_challenge", 1032,
         {GPT4: 0.9534, "claude-v1": 0.9030, "mistralai/mistral-7b-chat": 0.6702}),
        ("mbpp", 299, {GPT4: 0.6856, "claude-v2": 0.6421, "mistralai/mixtral-8x7b-chat": 0.5418}),
        ("winograde", 887, {GPT4: 0.8602, "zero-one-ai/Yi-34B-Chat": 0.7587}),
    ],
)  # fmt: skip
def test_routerbench(data, name, count, means):
    table = read_outcomes(data / "routerbench" / f"{name}_train.csv")
    assert table.quality.shape == (count, 11)
    assert {model: rounded(table)[model] for model in means} == means
    assert not table.prompts[0].startswith("['")
    assert not np.isnan(table.cost).any()


def test_routerbench_costs(data):
    table = read_outcomes(data / "routerbench" / "mbpp_train.csv")
    means = dict(zip(table.models, 1000 * table.cost.mean(axis=0), strict=True))
    assert means[GPT4] == pytest.approx(9.3753, abs=5e-5)
    assert means["mistralai/mistral-7b-chat"] == pytest.approx(0.0484, abs=5e-5)


def test_rows_of_a_split_sample_are_joined_and_a_score_keeps_its_cost(write):
    text = (
        "sample_id,prompt,eval_name,a,b,a|model_response,a|total_cost,b|total_cost\n"
        "s1,\"['What?']\",e,,1.0,x,0.2,0.4\n"
        's1,"[""What?""]",e,0.5,,x,0.1,0.3\n'
        "s2,plain [x],e,1.0,,x,0.1,0.3\n"
        's3,"[broken]",e,1.0,0.0,x,0.1,0.3\n'
    )
    table = read_outcomes(write(text))
    assert table.prompts == ["What?", "plain [x]", "[broken]"]
    np.testing.assert_equal(table.quality, [[0.5, 1.0], [1.0, np.nan], [1.0, 0.0]])
    np.testing.assert_equal(table.cost, [[0.1, 0.4], [0.1, 0.3], [0.1, 0.3]])


def test_two_scores_for_one_sample_are_refused(write):
    text = "sample_id,prompt,a,a|total_cost\ns,p,1,0.1\ns,p,0,0.1\n"
    with pytest.raises(InputError, match="sample 's' has two different scores for 'a'"):
        read_outcomes(write(text))


def test_routerdc_and_llmrouter(data):
    table = read_outcomes(data / "routerdc_7models" / "gsm8k-test.json")
    expected = [0.367, 0.696, 0.410, 0.330, 0.524, 0.478, 0.698]
    np.testing.assert_allclose(list(table.mean_quality().values()), expected, atol=5e-4)
    assert table.best_possible() == pytest.approx(0.833, abs=5e-4)
    nine = read_outcomes(data / "llmrouter_9models" / "outcomes_train.json")
    assert nine.quality.shape == (5608, 9)
    assert rounded(nine)["llama-3.1-nemotron-51b-instruct"] == 0.6213
    assert rounded(nine)["llama3-chatqa-1.5-8b"] == 0.1751
    assert nine.best_possible() == pytest.approx(0.8017, abs=5e-5)


def test_alpaca_eval_keeps_its_missing_cells(data):
    table = read_outcomes(data / "alpaca_eval" / "preference_table.csv.gz")
    assert table.quality.shape == (805, 19)
    assert np.isnan(table.quality).sum() == 3
    assert table.mean_quality()["claude-2"] - 1 == pytest.approx(0.172, abs=5e-4)


def test_json_with_costs_and_absent_models(write):
    rows = [
        {"question": "p", "scores": {"a": 1, "b": 0.5}, "costs": {"a": 0.1}},
        {"question": "q", "scores": {"b": 0}},
    ]
    table = read_outcomes(write(json.dumps(rows), "t.json"))
    np.testing.assert_equal(table.quality, [[1, 0.5], [np.nan, 0]])
    np.testing.assert_equal(table.cost, [[0.1, np.nan], [np.nan, np.nan]])


def test_a_wide_csv_with_costs(write):
    head = "id,prompt,note,a,b,a|cost,a_response\n"
    text = head + "1,p,long,true,0.5,0.01,hi\n2,q,words,false,,0.02,ho\n"
    table = read_outcomes(write(text))
    assert (table.name, table.models) == ("mine", ["a", "b"])
    np.testing.assert_equal(table.quality, [[1, 0.5], [0, np.nan]])
    np.testing.assert_equal(table.cost, [[0.01, np.nan], [0.02, np.nan]])
    frame = table.to_frame()
    assert frame.model.tolist() == ["a", "b", "a"]
    assert frame.row.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,0\n", "no prompt column"),
        ("prompt,note\np,words\n", "no model columns"),
        ("prompt,a\np,1\nq,1\nr,yes\n", r"mine.csv:4: 'a' must be a number, got 'yes'"),
        ("prompt,a,b\np,1,1\nq,,\n", "1 prompts have no quality from any model .first: row 1"),
        ("prompt,a\np,1\n,1\n", "mine.csv:3: the prompt is empty"),
        ("prompt,a,b|cost\np,1,1\n", "a cost but no score column for the model 'b'"),
        ("sample_id,prompt,a,b|total_cost\n1,p,1,1\n", "no score column for the model 'b'"),
        ("prompt,a\np,1\nq\n", "mine.csv:3: 1 fields"),
    ],
)
def test_files_that_cannot_be_read_say_why(write, text, message):
    with pytest.raises(InputError, match=message):
        read_outcomes(write(text))


def test_a_broken_scores_record_names_its_line(write):
    path = write('{"question": "p", "scores": {"a": 1}}\n{"question": "q"}\n', "t.jsonl")
    with pytest.raises(InputError, match="t.jsonl:2: needs 'question'"):
        read_outcomes(path)


def test_files_with_other_models_do_not_mix(write):
    paths = [write("prompt,a\np,1\n", "one.csv"), write("prompt,b\np,1\n", "two.csv")]
    with pytest.raises(InputError, match="models differ from .*: a, b"):
        read_outcomes(paths)
    with pytest.raises(InputError, match="no outcome file was named"):
        read_outcomes([])


def test_contaminated_prompts_need_the_right_key(write):
    path = write("prompt,a\np,1\nq,0\n")
    listed = write('{"eval_prompt": "p"}\n\n', "c.jsonl")
    assert read_outcomes(path, contaminated=listed).prompts == ["q"]
    with pytest.raises(InputError, match="c.jsonl:1: needs a JSON object with 'eval_prompt'"):
        read_outcomes(path, contaminated=write('{"prompt": "p"}\n', "c.jsonl"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quality": [[1, 0]]}, r"'quality' must have shape .* = \(2, 2\), got \(1, 2\)"),
        ({"cost": [[1], [2]]}, r"'cost' must have shape"),
        ({"quality": [["x", 0], [1, 1]]}, "'quality' must be numbers"),
        ({"models": ["a", "a"]}, "the model 'a' stands twice"),
        ({"quality": [[np.nan, np.nan], [1, 1]]}, "no quality from any model"),
        ({"quality": [[np.inf, 0], [1, 1]]}, "must be finite"),
        ({"cost": [[-1, 0], [1, 1]]}, r"cost must be >= 0, got -1.0 \(row 0, model 'a'\)"),
        ({"prompts": [], "quality": np.empty((0, 2))}, "at least one prompt"),
    ],
)
def test_tables_that_make_no_sense_are_refused(changes, message):
    good = {"prompts": ["p", "q"], "models": ["a", "b"], "quality": [[1, 0], [1, 1]]}
    with pytest.raises(InputError, match=message):
        OutcomeTable(**{**good, **changes})


def test_ties_go_to_the_cheaper_model():
    table = OutcomeTable(["p"], ["dear", "cheap"], [[1, 1]], [[0.2, 0.1]])
    assert table.best_single() == "cheap"
    assert OutcomeTable(["p"], ["first", "second"], [[1, 1]]).best_single() == "first"


def test_costs_are_filled_in_where_unknown():
    table = OutcomeTable(["p", "q"], ["a", "b"], [[1, 0], [1, 1]], [[0.5, np.nan], [np.nan] * 2])
    np.testing.assert_equal(table.with_costs({"a": 1, "b": [2, 3]}).cost, [[0.5, 2], [1, 3]])
    np.testing.assert_equal(table.with_costs({"b": 2}).cost, [[0.5, 2], [np.nan, 2]])
    np.testing.assert_equal(table.with_costs(np.ones((2, 2))).cost, [[0.5, 1], [1, 1]])
    with pytest.raises(InputError, match="no cost for the model 'b'"):
        table.with_costs({"a": 1})
    with pytest.raises(InputError, match="no model 'bb' in the outcomes .did you mean 'b'"):
        table.with_costs({"bb": 1})


def test_prices_come_from_the_catalogs_formula():
    class Prices:
        def cost(self, model, input_tokens, output_tokens):
            return (input_tokens + 2 * output_tokens) * {"a": 1, "b": 10}[model]

    table = OutcomeTable(["p", "q"], ["a", "b"], [[1, 0], [1, 1]])
    priced = table.with_prices(Prices(), [1, 2], 3)
    np.testing.assert_equal(priced.cost, [[7, 70], [8, 80]])


def test_tables_are_immutable_and_rows_can_be_taken():
    table = OutcomeTable(["p", "q", "p"], ["a"], [[1], [0], [0.5]])
    with pytest.raises(ValueError, match="read-only"):
        table.quality[0, 0] = 5
    assert table.drop(["p"]).prompts == ["q"]
    np.testing.assert_equal(table.take([2, 0]).quality, [[0.5], [1]])
