"""Labelled prompts from the data sets at hand, and what is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from routelab import InputError
from routelab.labels import ordinal_order, read_labels


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


def test_failed_annotation_is_left_out_with_a_note(data):
    frame = read_labels(data / "complexity_flask/flask_evaluation.dev.jsonl", label="difficulty")
    assert frame.attrs["notes"][0].startswith("1 rows without a label left out")


def test_text_that_is_not_utf8_names_line_and_remedy(data):
    with pytest.raises(InputError, match=r"BT1_Dataset.csv:\d+: not UTF-8 text .*encoding="):
        read_labels(data / "complexity_bloom" / "BT1_Dataset.csv")
    with pytest.raises(InputError, match="cannot be read as utf-9"):
        read_labels(data / "complexity_bloom" / "BT1_Dataset.csv", encoding="utf-9")


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
        ("prompt,route\na,\n", {}, "two classes in 'route'; there is none"),
        ("prompt,route\na,x\n ,y\n", {}, r"labels.csv:3: the prompt is empty"),
        ("prompt,route\na,x\nb\n", {}, r"labels.csv:3: 1 fields where the header has 2"),
        ("prompt,route\na\nb\n", {}, r"labels.csv:2: .*\(and 1 more rows\)"),
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


def test_a_broken_clinc_pair_is_named(write):
    path = write(json.dumps({"train": [["a", "x"], ["b"]], "test": []}), "c.json")
    with pytest.raises(InputError, match=r"item 1 of 'train' must be \[text, intent\]"):
        read_labels(path)
    with pytest.raises(InputError, match="no prompt column"):
        read_labels(write(json.dumps({"train": 1, "test": 2}), "d.json"))


def test_orders():
    assert ordinal_order(["High", "low", "Medium"]) == ["low", "Medium", "High"]
    assert ordinal_order(["10", "9"]) == ["9", "10"]
    assert ordinal_order(["Level 1", "BT2"]) is None
    assert ordinal_order(["travel", "billing"]) is None
