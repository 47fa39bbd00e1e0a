"""Which columns of a file are offered as labels."""

from __future__ import annotations

import pytest

from routelab.labels import load_labels
from routelab.labels._columns import label_columns

MOST = 200


def test_a_table_without_a_row_offers_nothing(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text('prompt,label\n"never closed,1\nhi,2\n')
    assert label_columns(path, MOST) == []


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("arena_hard/v2.0_question.jsonl", ["subcategory", "category"]),
        ("complexity_flask/flask_evaluation.dev.jsonl", ["difficulty", "task"]),
        ("complexity_wizardlm/WizardLM_testset.jsonl", ["Difficulty", "Skill"]),
        ("complexity_math/math_test.dev.jsonl", ["level", "type"]),
        ("complexity_bloom/BT1_Dataset.csv", ["Category"]),
        ("banking77/*.csv", ["category"]),
        ("mmlu_pro_style_domains/bench_test_data.json", ["true_label", "true_label_id"]),
        ("llmrouter_9models/queries_train.jsonl", ["task_name", "metric"]),
        ("clinc150/data_full.json", []),  # their label is no column
        ("complexity_llm_generated/*.json", []),
    ],
)
def test_what_is_offered_can_be_read_the_formats_own_label_first(data, name, columns):
    offered = label_columns(data / name, MOST)
    assert offered == columns
    default = load_labels(data / name)[0].attrs["label"]
    assert default == offered[0] if offered else default in ("intent", "complexity")
    for column in offered:
        assert 2 <= load_labels(data / name, column)[0]["label"].nunique() <= MOST


def test_every_score_is_offered(data):
    offered = label_columns(data / "complexity_llm_generated" / "train.csv", MOST)
    assert offered[0] == "remembering_complexity" and len(offered) == 7


def test_the_made_up_label_of_hwu64_is_offered_alone(tmp_path):
    path = tmp_path / "hwu.csv"
    path.write_text("answer;scenario;intent\nwake me;alarm;set\nplay it;music;play\n")
    assert label_columns(path, MOST) == []
