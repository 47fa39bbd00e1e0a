"""Labelled prompts from the data sets at hand, and what is refused."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from routelab import InputError
from routelab.labels import load_labels, ordinal_order, read_labels
from routelab.labels.readers import detect
from routelab.reading.files import read_rows


@pytest.fixture
def write(tmp_path):
    def keep(text, name="labels.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return keep


def test_clinc150_is_read_with_its_splits(data):
    frame = read_labels(data / "clinc150" / "data_full.json")
    assert frame.split.value_counts().to_dict() == {
        "train": 15000, "val": 3000, "test": 4500,
        "oos_train": 100, "oos_val": 100, "oos_test": 1000,
    }  # fmt: skip
    assert frame.label.nunique() == 151
    assert (frame.label.eq("oos") == frame.split.str.startswith("oos")).all()
    assert "order" not in frame.attrs
    with pytest.raises(InputError, match="CLINC150 has one label"):
        read_labels(data / "clinc150" / "data_full.json", label="domain")


@pytest.mark.parametrize(("name", "count"), [("train", 10_003), ("test", 3_080)])
def test_banking77_is_read(data, name, count):
    frame = read_labels(data / "banking77" / f"{name}.csv")
    assert len(frame) == count
    assert frame.label.nunique() == 77
    assert frame.attrs["label"] == "category"


@pytest.mark.parametrize(
    ("name", "options", "count", "first", "last"),
    [
        ("complexity_flask/flask_evaluation.dev.jsonl", {"label": "difficulty"}, 1354,
         "simple lifestyle knowledge", "expert level knowledge"),
        ("complexity_math/math_test.dev.jsonl", {}, 3500, "Level 1", "Level 5"),
        ("complexity_wizardlm/WizardLM_testset.jsonl", {}, 218, "1", "10"),
        ("complexity_bloom/BT1_Dataset.csv", {"encoding": "cp1252"}, 1245, "BT1", "BT6"),
    ],
)  # fmt: skip
def test_ordinal_sets_come_with_their_order(data, name, options, count, first, last):
    frame = read_labels(data / name, **options)
    assert len(frame) == count
    assert (frame.attrs["order"][0], frame.attrs["order"][-1]) == (first, last)


def test_failed_annotation_is_kept_as_a_reject(data):
    frame, report = load_labels(data / "complexity_flask" / "flask_evaluation.dev.jsonl")
    assert (len(frame), report.format) == (1354, "flask")
    (reject,) = report.rejects
    assert reject.reason == "difficulty -1: annotation failed"
    assert json.loads(reject.raw)["idx"] == 1706


def test_text_that_is_not_utf8_is_read_as_cp1252_and_says_so(data):
    frame = read_labels(data / "complexity_bloom" / "BT1_Dataset.csv")
    assert len(frame) == 1245
    assert any("not UTF-8 (first: line " in note for note in frame.attrs["notes"])
    counts = {"BT3": 416, "BT2": 275, "BT1": 168, "BT4": 150, "BT5": 121, "BT6": 115}
    assert frame.label.value_counts().to_dict() == counts
    assert "10 prompts repeat another; 1 of them with different labels" in frame.attrs["notes"]


def test_the_projects_own_layout_defaults_to_the_route(write):
    path = write("prompt,route,complexity,language,form\na,code,low,en,q\nb,chat,high,de,q\n")
    frame = read_labels(path)
    assert list(frame.label) == ["code", "chat"]
    assert list(frame.columns) == ["prompt", "label", "language", "form"]
    other = read_labels(path, label="complexity")
    assert other.attrs["order"] == ["low", "high"]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_other_containers_agree_with_csv(write, tmp_path, suffix):
    rows = [{"text": "a", "intent": "x", "weight": 2}, {"text": "b", "intent": "y", "weight": 0.5}]
    path = tmp_path / f"labels{suffix}"
    if suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(path)
    else:
        lines = "\n".join(json.dumps(row) for row in rows)
        path.write_text(lines if suffix == ".jsonl" else json.dumps(rows))
    csv = read_labels(write(pd.DataFrame(rows).to_csv(index=False)))
    pd.testing.assert_frame_equal(read_labels(path), csv)
    assert csv.weight.tolist() == [2.0, 0.5]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("prompt,route\na,x\nb,x\n", {}, "at least two classes in 'route'; all 2 rows are 'x'"),
        ("prompt,route\na,\n", {}, "labels.csv:2: no label .there is not one row"),
        ("prompt,route\na,x\n ,y\n", {}, r"labels.csv:3: the prompt is empty"),
        ("prompt,route\na,x\nb\n", {}, r"labels.csv:3: 1 fields where the header has 2"),
        ("prompt,route\na\nb\n", {}, "labels.csv:2: 1 fields .*there is not one row"),
        ("words,route\na,x\n", {}, "no prompt column .*the columns are words, route"),
        ("prompt,colour\na,x\n", {}, "no label column .*choose one with label="),
        ("prompt,colour\na,x\n", {"label": "color"}, "no column 'color' .did you mean 'colour'"),
        ("prompt,route,weight\na,x,1\nb,y,-1\n", {}, "'weight' must be a number >= 0, got '-1'"),
    ],
)
def test_unusable_labels_say_why(write, text, options, message):
    with pytest.raises(InputError, match=message):
        read_labels(write(text), **options)


def test_lists_are_no_labels(write):
    path = write('{"text": "a", "label": ["x", "y"]}\n', "labels.jsonl")
    with pytest.raises(InputError, match=r"labels.jsonl:1: 'label' must be one label, got \['x'"):
        read_labels(path)


def test_a_broken_clinc_pair_is_a_reject(write):
    pairs = {"train": [["a", "x"], ["b"], ["c", "y"]], "test": []}
    _, report = load_labels(write(json.dumps(pairs), "c.json"))
    (reject,) = report.rejects
    assert (reject.reason, report.rows_read) == ("must be [text, intent], got ['b']", 3)


def test_orders():
    assert ordinal_order(["High", "low", "Medium"]) == ["low", "Medium", "High"]
    assert ordinal_order(["10", "9"]) == ["9", "10"]
    assert ordinal_order(["Level 1", "BT2"]) is None
    assert ordinal_order(["travel", "billing"]) is None


def test_every_label_file_is_found_with_its_rows_and_no_other_file_is(data):
    family = ("clinc150/data_full", "banking77/t", "complexity_", "mmlu_pro", "arena_hard/",
              "llmrouter_9models/queries", "call_log_openrouter/Router_B")  # fmt: skip
    found = {}
    for row in csv.DictReader((data / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()):
        name = row["file"]
        if name.startswith(("trace_servegen", "clinc150/domains", "banking77/cat")):
            continue
        if not name.startswith(family):
            assert detect(read_rows(data / name)) is None, name
            continue
        _, report = load_labels(data / name)
        assert report.rows_read == int(row["rows"]), name
        assert report.rows_read == report.rows_accepted + len(report.rejects), name
        found[name.split("/")[-1]] = report.format
    assert found["train.csv"] == "complexity-scores"
    assert found["low_complexity.json"] == "complexity-level"
    assert found["test.csv"] == "banking77"
    assert found["Router_Benchmark.csv"] == "graphrouter"
    assert found["bench_test_data.json"] == found["domain_classify_cases.json"] == "generic"
    assert len(found) == 17 - 2  # train.csv stands for two sets, data_full for one


def test_files_of_a_set_are_read_together(data):
    banking = read_labels([data / "banking77" / f"{split}.csv" for split in ("train", "test")])
    assert banking.split.value_counts().to_dict() == {"train": 10_003, "test": 3_080}
    levels = read_labels(str(data / "complexity_llm_generated" / "*_complexity.json"))
    assert levels.label.value_counts().to_dict() == {"low": 100, "moderate": 100, "high": 100}
    assert levels.attrs["order"] == ["low", "moderate", "high"]
    with pytest.raises(InputError, match="needs at least two classes in 'complexity'; all 100"):
        read_labels(data / "complexity_llm_generated" / "low_complexity.json")


def test_clinc_domains_become_groups(data):
    folder = data / "clinc150"
    frame = read_labels(folder / "data_full.json", groups=folder / "domains.json")
    assert frame.group.nunique() == 10
    assert frame.group.isna().sum() == 1200  # out of scope
    assert set(frame[frame.label == "pay_bill"].group) == {"banking"}


def test_scores_are_chosen_with_label(data):
    path = data / "complexity_llm_generated" / "train.csv"
    frame = read_labels(path)
    assert frame.attrs["label"] == "remembering_complexity"
    assert any("choose with label=" in note for note in frame.attrs["notes"])
    other = read_labels(path, label="creation_complexity")
    assert other.attrs["label"] == "creation_complexity"
    assert not any("choose with" in note for note in other.attrs["notes"])


def test_hwu_rows_with_semicolons(write):
    text = (
        "userid;answerid;scenario;intent;status;answer;notes\n"
        "1;1;alarm;set;IRR;wake me at nine;\n1;2;lists;set;;a list; \n1;3;alarm;query;;when?;\n"
    )
    frame = read_labels(write(text))
    assert frame.label.tolist() == ["alarm_set", "lists_set", "alarm_query"]
    assert frame.group.tolist() == ["alarm", "lists", "alarm"]
    assert frame.prompt[0] == "wake me at nine"


def test_bad_rows_are_kept_and_the_others_are_read(write):
    path = write("prompt,route,weight\na,x,1\nb\n,y,1\nc,,1\nd,y,-1\ne,y,2\n")
    frame, report = load_labels(path)
    assert frame.prompt.tolist() == ["a", "e"]
    assert [(r.line, r.reason, r.raw) for r in report.rejects] == [
        (3, "1 fields where the header has 3", "b"),
        (4, "the prompt is empty", ",y,1"),
        (5, "no label", "c,,1"),
        (6, "'weight' must be a number >= 0, got '-1'", "d,y,-1"),
    ]
    assert (report.kind, report.rows_read, report.rows_accepted) == ("labels", 6, 2)
    assert frame.attrs["report"]["rejects"] == 4


def test_numbers_are_ordered_by_value():
    assert ordinal_order(["10", "9", "2.5"]) == ["2.5", "9", "10"]
