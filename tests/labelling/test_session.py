"""A labelling session: nothing is lost, and the test set stays honest."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import InputError, LabelSession, read_labels

PROMPTS = [f"{'prove the theorem' if i % 2 else 'say hello'} number {i}" for i in range(40)]


def truth(prompt):
    return "hard" if prompt.startswith("prove") else "easy"


@pytest.fixture
def session(tmp_path):
    def make(**options):
        options = {"path": tmp_path / "labels.jsonl", **options}
        return LabelSession(PROMPTS, ["easy", "hard"], **options)

    return make


def test_every_action_is_in_the_file_before_the_next_prompt(session, tmp_path):
    labels = session()
    path = tmp_path / "labels.jsonl"
    for number in range(1, 6):
        asked = labels.prompt
        labels.label(truth(asked))
        lines = path.read_text().splitlines()
        assert len(lines) == number
        assert json.loads(lines[-1])["prompt"] == asked
    labels.skip()
    labels.undo()
    assert [json.loads(line)["action"] for line in path.read_text().splitlines()[5:]] == [
        "skip", "undo",
    ]  # fmt: skip


def test_a_new_session_goes_on_where_the_last_one_stopped(session):
    first = session()
    for _ in range(7):
        first.label(truth(first.prompt))
    first.skip()
    first.label("easy")
    first.undo()
    second = session()
    pd.testing.assert_frame_equal(second.to_frame(), first.to_frame())
    assert second.counts == first.counts
    assert second.progress == (7, 40)


def test_a_torn_last_line_costs_one_action_and_is_told(session, tmp_path):
    first = session()
    for _ in range(3):
        first.label("easy")
    path = tmp_path / "labels.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    second = session()
    assert second.progress == (2, 40)
    assert second.notes == ["the last line of the file was cut off: that action is lost"]
    second.label("hard")
    third = session()
    assert third.progress == (3, 40) and third.notes == []


def test_undo_asks_the_prompt_again(session):
    labels = session()
    asked = labels.prompt
    labels.label("easy")
    labels.undo()
    assert (labels.prompt, labels.progress) == (asked, (0, 40))
    labels.label("hard")
    assert labels.to_frame().label.tolist() == ["hard"]
    labels.undo()
    with pytest.raises(InputError, match="nothing to undo"):
        labels.undo()


def test_the_test_set_is_drawn_before_the_first_label(session, tmp_path):
    # Whatever is answered, the same prompts are the test set, in the same order.
    orders = []
    for name, answer in (("a", truth), ("b", lambda prompt: "easy"), ("c", lambda p: "hard")):
        labels = session(path=tmp_path / name, seed=3)
        asked = []
        while labels.prompt is not None:
            if labels.chosen_by == "test":
                asked.append(labels.prompt)
            labels.label(answer(labels.prompt))
        frame = labels.to_frame()
        assert set(frame[frame.split == "test"].prompt) == set(asked)
        assert (frame.split == "test").sum() == 12  # 0.3 of 40
        orders.append(asked)
    assert orders[0] == orders[1] == orders[2]


def test_test_prompts_come_evenly_between_the_others(session):
    labels = session()
    why = []
    for _ in range(20):
        why.append(labels.chosen_by)
        labels.label(truth(labels.prompt))
    assert 5 <= why[:20].count("test") <= 7
    assert "uncertainty" in why


def test_uncertainty_finds_the_border(tmp_path):
    """Least certain prompts hold both words; a classifier that knows each word asks them first."""
    rng = np.random.default_rng(0)
    plain = [f"{w} {rng.integers(1e9)}" for w in ("alpha", "beta") for _ in range(60)]
    mixed = [f"alpha beta {rng.integers(1e9)}" for _ in range(20)]
    labels = LabelSession(plain + mixed, ["a", "b"], tmp_path / "l", retrain_every=1)
    asked = []
    for _ in range(30):
        if labels.chosen_by == "uncertainty":
            asked.append("alpha beta" in labels.prompt)
        labels.label("a" if "alpha" in labels.prompt else "b")
    assert np.mean(asked[:8]) > 2 * 20 / 140  # at random, 20 of 140 are mixed


def test_labels_are_read_as_a_label_set(session, tmp_path):
    labels = session(ordinal=True)
    for _ in range(10):
        labels.label(truth(labels.prompt))
    frame = labels.to_frame()
    frame.to_csv(tmp_path / "labels.csv", index=False)
    read = read_labels(tmp_path / "labels.csv")
    assert read.prompt.tolist() == frame.prompt.tolist()
    assert read.split.tolist() == frame.split.tolist()
    assert frame.attrs["order"] == ["easy", "hard"]


def test_several_annotators_share_a_file(session):
    (ann,) = [session(annotator="ann")]
    for _ in range(6):
        ann.label(truth(ann.prompt))
    bob = session(annotator="bob")
    assert bob.progress == (0, 40)
    for _ in range(6):
        bob.label("hard")
    table = session(annotator="ann").table()
    assert table.columns.tolist() == ["ann", "bob"]
    assert table.notna().all(axis=1).sum() >= 2  # the test prompts, which all are asked
    assert len(bob.to_frame("ann")) == 6


@pytest.mark.parametrize(("options", "why"), [
    ({"labels": ["a"]}, "two different labels or more"),
    ({"labels": ["a", "a"]}, "two different labels or more"),
    ({"prompts": ["", " "]}, "no prompt to label"),
    ({"prompts": pd.DataFrame({"text": ["a"]})}, "no column 'prompt'"),
    ({"test_share": 1.0}, "'test_share' must be between 0 and 1"),
    ({"retrain_every": 0}, "'retrain_every' must be at least 1"),
    ({"annotator": " "}, "the annotator needs a name"),
])  # fmt: skip
def test_wrong_arguments_say_why(tmp_path, options, why):
    given = {"prompts": PROMPTS, "labels": ["a", "b"], "path": tmp_path / "l", **options}
    with pytest.raises(InputError, match=why):
        LabelSession(**given)


def test_files_of_something_else_are_refused_with_their_line(session, tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text("{}\n")
    with pytest.raises(InputError, match="labels.jsonl:1: no action"):
        session()
    entry = {"annotator": "me", "action": "label", "prompt": PROMPTS[0], "label": "other"}
    path.write_text(json.dumps(entry) + "\n")
    with pytest.raises(InputError, match="labels.jsonl:1: the label 'other'"):
        session()
    path.write_text(json.dumps({**entry, "prompt": "unknown"}) + "\n")
    assert session().notes == ["1 actions are about prompts that are not in this session"]
    with pytest.raises(InputError, match="no label 'esay'.*did you mean 'easy'"):
        session().label("esay")


@settings(max_examples=30, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(actions=st.lists(st.sampled_from(["easy", "hard", "skip", "undo"]), max_size=30))
def test_any_actions_reload_to_the_same(session, tmp_path, actions):
    path = tmp_path / "any.jsonl"
    path.unlink(missing_ok=True)
    labels = session(path=path)
    for action in actions:
        if action == "undo":
            if labels.progress[0] + labels.counts["skipped"]:
                labels.undo()
        elif labels.prompt is not None:
            labels.skip() if action == "skip" else labels.label(action)
    again = session(path=path)
    pd.testing.assert_frame_equal(again.to_frame(), labels.to_frame())
    assert again.counts == labels.counts


def test_real_prompts_by_the_thousand(data, tmp_path):
    frame = read_labels(data / "banking77" / "train.csv").head(5000)
    few = frame[frame.label.isin(frame.label.unique()[:6])]
    truth_of = dict(zip(few.prompt, few.label, strict=True))
    labels = LabelSession(few, sorted(set(few.label)), tmp_path / "l")
    for _ in range(60):
        labels.label(truth_of[labels.prompt])
    assert labels.progress == (60, len(truth_of))
