"""The labelling panel without a browser: keys become labels, nothing is lost, text stays text."""

from __future__ import annotations

import pytest

from routelab import InputError, LabelSession
from routelab.ui import label

from .conftest import html_of

pytest.importorskip("anywidget", reason="needs the extra 'lab'")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def panel(tmp_path):
    prompts = [HOSTILE, *(f"prompt {i}" for i in range(9))]
    return label(LabelSession(prompts, ["easy", "hard"], tmp_path / "l.jsonl"))


def test_keys_label_skip_and_undo(panel, tmp_path):
    asked = panel.box.prompt
    panel.act({"do": "label", "number": 1})
    assert panel.result.counts == {"easy": 0, "hard": 1, "skipped": 0}
    assert panel.box.prompt != asked
    assert panel.box.done == 0.1
    panel.act({"do": "skip"})
    assert panel.result.counts["skipped"] == 1
    panel.act({"do": "undo"})
    panel.act({"do": "undo"})
    assert panel.result.counts == {"easy": 0, "hard": 0, "skipped": 0}
    assert panel.box.prompt == asked
    assert (tmp_path / "l.jsonl").read_text().count("\n") == 4


def test_the_end_is_told(panel):
    for _ in range(10):
        panel.act({"do": "label", "number": 0})
    assert (panel.box.prompt, panel.box.told) == ("", "All prompts were asked.")
    assert panel.status.text.startswith("10 of 10 labelled by me, kept in l.jsonl.")
    panel.box._handle_msg({"content": {"data": {"method": "custom", "content": {"do": "skip"}}},
                           "buffers": []})  # fmt: skip
    assert "all prompts were asked" in panel.status.text


@pytest.mark.parametrize("message", [None, [], {}, {"do": "label"}, {"do": "label", "number": "1"},
                                     {"do": "label", "number": 99}, {"do": "eval"}])  # fmt: skip
def test_messages_of_another_form_do_nothing(panel, message):
    panel.act(message)
    assert panel.result.done == 0


def test_hostile_text_is_set_as_text_only(panel):
    script = panel.box._esm
    text = script if isinstance(script, str) else script.read_text()
    assert "innerHTML" not in str(text)
    while panel.box.prompt != HOSTILE:
        panel.act({"do": "label", "number": 0})
    assert "<img src=x" not in html_of(panel)


def test_agreement_shows_with_a_second_annotator(tmp_path):
    prompts = [f"prompt {i}" for i in range(10)]
    for name in ("ann", "bob"):
        session = LabelSession(prompts, ["easy", "hard"], tmp_path / "l", annotator=name)
        panel = label(session)
        for number in range(10):
            panel.act({"do": "label", "number": int("prompt" in session.prompt and number % 2)})
    assert panel.result.alpha is not None
    assert "agreement (alpha)" in panel.facts.value


def test_more_labels_than_keys_are_refused(tmp_path):
    with pytest.raises(InputError, match="9 keys, the session 10 labels"):
        label(LabelSession(["a", "b"], [str(i) for i in range(10)], tmp_path / "l"))
