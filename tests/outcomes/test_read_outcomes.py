"""Outcome tables: reference means of the published files, and what a table refuses."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from routelab import InputError
from routelab.outcomes import (
    OutcomeTable,
    read_decisions,
    read_outcomes,
    suggest_aliases,
)
from routelab.outcomes.readers import detect
from routelab.reading.files import read_rows

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
    text = "sample_id,prompt,a,a|total_cost\ns,p,1,0.1\ns,p,0,0.1\nt,q,1,0.1\n"
    table = read_outcomes(write(text))
    assert table.prompts == ["q"]
    reason = "the sample 's' has two different scores for 'a'"
    assert [(r.line, r.reason) for r in table.report.rejects] == [(2, reason), (3, reason)]


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
        ("prompt,a,b\nq,,\n", "no model columns"),
        ("prompt,a\n,1\n", "mine.csv:2: the prompt is empty .there is not one row"),
        ("prompt,a,b|cost\np,1,1\n", "a cost but no score column for the model 'b'"),
        ("sample_id,prompt,a,b|total_cost\n1,p,1,1\n", "no score column for the model 'b'"),
        ("prompt,prediction,x\nq,small,why\n", "router's decisions: read them with read_decis"),
    ],
)
def test_files_that_cannot_be_read_say_why(write, text, message):
    with pytest.raises(InputError, match=message):
        read_outcomes(write(text))


def test_rows_that_cannot_be_read_are_kept_and_the_others_are_read(write):
    text = "prompt,a,b\np,1,0\nq\nr,yes,1\n,1,1\ns,,\nt,0.5,\nu,1e999,1\n"
    table = read_outcomes(write(text))
    assert (table.prompts, table.scale) == (["p", "t"], "0-1")
    report = table.report
    assert [(r.line, r.reason, r.raw) for r in report.rejects] == [
        (3, "1 fields where the header has 3", "q"),
        (4, "'a' must be a number, got 'yes'", "r,yes,1"),
        (5, "the prompt is empty", ",1,1"),
        (6, "no quality from any model", "s,,"),
        (8, "'a' must be a number, got '1e999'", "u,1e999,1"),
    ]
    assert [r.line for r in report.aside] == [6]
    assert (report.kind, report.rows_read, report.rows_accepted) == ("outcomes", 7, 2)


def test_a_broken_scores_record_names_its_line(write):
    path = write('{"question": "p", "scores": {"a": 1}}\n{"question": "q"}\n', "t.jsonl")
    (reject,) = read_outcomes(path).report.rejects
    assert (reject.line, reject.reason) == (2, "needs 'question' (text) and 'scores' (an object)")


def test_files_with_other_models_are_joined_on_their_prompts(write):
    one = write("prompt,a\np,1\nq,0\nq,1\n", "one.csv")
    two = write("prompt,b\nq,0\n q ,1\nz,1\n", "two.csv")
    table = read_outcomes([one, two])
    # q's first meets q's first, its second the second; p and z have no partner.
    assert (table.models, table.prompts) == (["a", "b"], ["q", "q"])
    np.testing.assert_equal(table.quality, [[0, 0], [1, 1]])
    assert (table.report.rows_read, table.report.items) == (6, 2)
    with pytest.raises(InputError, match="no prompt in common"):
        read_outcomes([one, write("prompt,b\nz,0\n", "three.csv")])


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


def test_gsm8k_of_two_sources_joins_into_nine_models(data):
    left = read_outcomes(data / "routellm" / "gsm8k" / "gsm8k_responses.csv")
    right = read_outcomes(data / "routerdc_7models" / "gsm8k-test.json")
    table = left.join(right, aliases={"mistralai/Mistral-7B-v0.1": "mistral-7b"})
    assert table.quality.shape == (1319, 9)
    assert (left.scale, right.scale, table.scale) == ("boolean", "0-1", "0-1")
    assert rounded(table)[GPT4] == 0.8567
    assert "mistral-7b" in table.models
    with pytest.raises(InputError, match="both .* have the model"):
        left.join(left)
    with pytest.raises(InputError, match="no model 'x' to rename"):
        left.join(right, aliases={"x": "y"})


def test_routerarena_results_of_two_models(data):
    folder = data / "routerarena"
    names = ["claude-3-haiku-20240307", "gemini-2.0-flash-001"]
    table = read_outcomes([folder / f"{name}.jsonl" for name in names])
    assert table.quality.shape == (809, 2)
    assert table.models == names
    assert rounded(table) == {names[0]: 0.5234, names[1]: 0.6901}
    assert table.best_possible() == pytest.approx(0.7408, abs=5e-5)
    better = table.quality[:, 0] - table.quality[:, 1]
    assert ((better > 0).sum(), (better < 0).sum()) == (57, 204)
    np.testing.assert_allclose(table.cost.mean(axis=0), [0.000176, 0.000047], atol=5e-7)


def test_alpaca_eval_annotations_and_their_scale(data):
    folder = data / "alpaca_eval"
    one = read_outcomes(folder / "gpt-3.5-turbo-1106.annotations.json.gz")
    full = read_outcomes(folder / "preference_table.csv.gz")
    assert (one.scale, full.scale, one.models) == ("1-2", "1-2", ["gpt-3.5-turbo-1106"])
    column = full.models.index("gpt-3.5-turbo-1106")
    assert one.mean_quality()["gpt-3.5-turbo-1106"] == pytest.approx(
        np.nanmean(full.quality[:, column]), abs=1e-6
    )
    wins = full.normalized()
    assert (wins.scale, wins.report) == ("0-1", None)
    assert wins.mean_quality()["claude-2"] == pytest.approx(0.172, abs=5e-4)


def test_scales_are_found_and_normalized():
    def table(*values):
        return OutcomeTable([str(i) for i in range(len(values))], ["a"], [[v] for v in values])

    assert [table(*v).scale for v in ((0, 1), (0.5, 1.0000000000000002), (1, 1.5), (1, 10),
                                      (0, 55), (-1, 3))] == [
        "boolean", "0-1", "1-2", "1-10", "0-100", "real"]  # fmt: skip
    assert table(1, 10, 5.5).normalized().quality.ravel().tolist() == [0, 1, 0.5]
    assert table(0, 100, 50).normalized().quality.ravel().tolist() == [0, 1, 0.5]
    with pytest.raises(InputError, match="which has no ends"):
        table(-1, 3).normalized()
    with pytest.raises(InputError, match="join their .normalized"):
        table(1, 1.5).join(OutcomeTable(["0"], ["b"], [[1]]))
    with pytest.raises(InputError, match="'scale' must be one of"):
        OutcomeTable(["p"], ["a"], [[1]], scale="stars")


def test_a_long_table(write):
    text = (
        "question,model,correct,cost\np,a,true,0.1\np,b,false,\nq,a,1,0.2\n"
        "q,a,0,0.2\n,b,1,1\nq,b,maybe,1\n"
    )
    table = read_outcomes(write(text))
    np.testing.assert_equal(table.quality, [[1, 0], [1, np.nan]])
    np.testing.assert_equal(table.cost, [[0.1, np.nan], [0.2, np.nan]])
    report = table.report
    assert (report.format, report.merged, report.items) == ("long", 1, 2)
    assert [r.line for r in report.rejects] == [5, 6, 7]


def test_aliases_rename_and_are_only_suggested(write):
    path = write("prompt,openai/gpt-4o-2024-08-06,small\np,1,0\n")
    table = read_outcomes(path, aliases={"openai/gpt-4o-2024-08-06": "gpt-4o"})
    assert table.models == ["gpt-4o", "small"]
    with pytest.raises(InputError, match="two models the name 'small'"):
        read_outcomes(path, aliases={"openai/gpt-4o-2024-08-06": "small"})
    found = suggest_aliases(
        ["Qwen/Qwen3-235B", "openai/GPT_4o-2024-08-06", "claude-3-haiku-20240307", "o1", "gpt-4o"],
        ["qwen/qwen3-235b", "gpt-4o", "claude-3-haiku", "gpt-4o-mini", "O1", "o1-0101"],
    )
    assert found == {
        "Qwen/Qwen3-235B": "qwen/qwen3-235b",
        "openai/GPT_4o-2024-08-06": "gpt-4o",
        "claude-3-haiku-20240307": "claude-3-haiku",
        "o1": "O1",
    }


def test_decisions_of_other_routers(data):
    folder = data / "routerarena" / "decisions"
    found = {}
    for path in sorted(folder.glob("*.json")):
        frame, report = read_decisions(path)
        assert (len(frame), report.rows_read) == (420, 420)
        assert frame.quality.isna().all()  # not one of these routers was run on these prompts
        found[path.name.split("-")[0]] = report.warnings
    assert found["weave"] == ["all 420 prompts go to one model: deepseek/deepseek-v4-pro"]
    assert found["orcarouter"] == [
        "420 decisions are placeholders that were never run: no quality, no cost"
    ]
    assert found["azure"] == found["vllm"] == []


def test_decisions_that_were_run_keep_their_quality(write):
    rows = [
        {"prompt": "p", "prediction": "a", "accuracy": 0, "cost": 0.1},
        {"prompt": "q", "prediction": None},
    ]
    frame, report = read_decisions(write(json.dumps(rows), "d.json"))
    assert frame.quality.tolist() == [0] and frame.cost_usd.tolist() == [0.1]
    assert [(r.line, r.reason) for r in report.rejects] == [(1, "no prompt or no model")]


FAMILY = ("routellm/", "routerbench/", "routerdc", "llmrouter_9models/outcomes", "alpaca_eval/",
          "routerarena/claude", "routerarena/gemini")  # fmt: skip


def test_every_outcome_file_is_found_with_its_rows_and_no_other_file_is(data):
    for row in csv.DictReader((data / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()):
        name = row["file"]
        if name.startswith("trace_servegen") or "contaminated" in name:
            continue
        found = detect(read_rows(data / name, encoding=_encoding(name)))
        if name.startswith(FAMILY):
            assert found is not None, name
            report = read_outcomes(data / name).report
            assert report.rows_read == int(row["rows"]), name
            assert report.rows_read == report.rows_accepted + len(report.rejects), name
        else:
            assert found is None, (name, found)


def _encoding(name):
    return "cp1252" if "bloom" in name else "utf-8"
