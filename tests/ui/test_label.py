"""The labelling panel without a browser: keys become labels, nothing is lost, text stays text."""

from __future__ import annotations

import pytest

from routelab import InputError, LabelSession, read_labels
from routelab.labelling import accuracy_within, agreement
from routelab.ui import label
from routelab.ui._label import changed_options

from .conftest import FORMULA, html_of

pytest.importorskip("anywidget", reason="needs the extra 'lab'")
HOSTILE = "<img src=x onerror=alert(1)>"


def send(panel, content):
    """Let the browser send a message."""
    message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
    panel.box._handle_msg(message)


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
    send(panel, {"do": "skip", "shown": panel.box.shown})
    assert "all prompts were asked" in panel.status.text


@pytest.mark.parametrize("message", [None, [], {}, {"do": "label"}, {"do": "label", "number": "1"},
                                     {"do": "label", "number": 99}, {"do": "eval"}])  # fmt: skip
def test_messages_of_another_form_do_nothing(panel, message):
    panel.act(message)
    send(panel, message)
    assert panel.result.done == 0


def test_a_press_is_about_the_prompt_that_was_shown(panel, tmp_path):
    first, shown = panel.box.prompt, panel.box.shown
    for _ in range(12):  # a key that is held, or typed faster than the kernel answers
        send(panel, {"do": "label", "number": 0, "shown": shown})
    assert panel.result.done == 1 and (tmp_path / "l.jsonl").read_text().count("\n") == 1
    assert panel.labelling.to_frame()["prompt"].tolist() == [first]
    for stale in ({"do": "skip", "shown": shown}, {"do": "skip"}, {"do": "label", "number": 1}):
        send(panel, stale)
    assert panel.result.counts == {"easy": 1, "hard": 0, "skipped": 0}
    send(panel, {"do": "skip", "shown": panel.box.shown})
    assert panel.result.counts["skipped"] == 1


def test_the_number_of_the_prompt_rises_with_every_prompt_that_is_shown(panel):
    seen = [panel.box.shown]
    for action in ("label", "skip", "undo", "undo", "label"):
        panel.act({"do": action, "number": 0})
        seen.append(panel.box.shown)
    assert seen == sorted(set(seen))
    panel.update()  # the same prompt is shown again
    assert panel.box.shown == seen[-1]


def test_undo_is_about_the_last_action_whatever_is_shown(panel):
    first, shown = panel.box.prompt, panel.box.shown
    send(panel, {"do": "label", "number": 1, "shown": shown})
    send(panel, {"do": "undo", "shown": shown})  # typed before the next prompt was there
    assert panel.result.done == 0 and panel.box.prompt == first


def test_a_prompt_and_its_number_reach_the_browser_in_one_message(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(type(panel.box), "send_state", lambda box, key: sent.append(set(key)))
    panel.act({"do": "label", "number": 0})
    assert [{"prompt", "shown"} <= keys for keys in sent] == [True]


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


def test_the_picture_follows_the_labels_and_comes_back(panel):
    empty = panel.still()
    panel.act({"do": "label", "number": 1})
    assert panel.still() != empty
    panel.act({"do": "undo"})
    assert panel.still() == empty


def test_the_numbers_are_those_of_the_session(tmp_path):
    panel = label(LabelSession([f"prompt {i}" for i in range(50)], ["a", "b"], tmp_path / "l"))
    for number in range(40):
        frame = panel.labelling.to_frame()
        tests = int((frame["split"] == "test").sum())
        assert panel.result.within == (accuracy_within(tests) if tests >= 10 else None)
        for part in ("test", "train"):
            counted = frame["label"][frame["split"] == part].value_counts()
            given = {name: counted.get(name, 0) for name in ("a", "b")}
            assert panel.result.parts[part].to_dict() == given
        panel.act({"do": "label", "number": number % 2})
    assert tests > 10 and f"± {100 * accuracy_within(tests):.0f} points" in panel.facts.value


def test_many_labels_make_room_in_the_picture(tmp_path):
    many = label(LabelSession([f"prompt {i}" for i in range(30)], ["a", "b"], tmp_path / "l"))
    for _ in range(30):
        many.act({"do": "label", "number": 0})
    assert many.picture.axes[0].get_xlim() == (0, 50)
    assert len(many.still()) > 5_000


def test_pairs_of_annotators_are_those_of_agreement(tmp_path):
    prompts = [f"prompt {i}" for i in range(12)]
    panel = label(LabelSession(prompts, ["easy", "hard"], tmp_path / "l"))
    assert "One annotator" in panel.agreed.value
    for number, name in enumerate((HOSTILE, "bob")):
        session = LabelSession(prompts, ["easy", "hard"], tmp_path / "l", annotator=name)
        panel = label(session)
        while session.prompt is not None:
            panel.act({"do": "label", "number": number * (int(session.prompt[7:]) % 2)})
    expected = agreement(session.table())
    assert len(expected) == 1
    assert f"{expected['same'][0]:.0%}" in panel.agreed.value
    assert panel.result.pairs.equals(expected)
    assert "<img" not in html_of(panel) and "&lt;img" in panel.agreed.value


def test_the_csv_is_what_read_labels_reads(panel, tmp_path):
    with pytest.raises(InputError, match="no label yet"):
        panel.write_csv(tmp_path / "out.csv")
    for number in (0, 1, 1):
        panel.act({"do": "label", "number": number})
    panel.file.value = str(tmp_path / "out.csv")
    button = panel.children[4].children[1]
    button.click()
    assert "3 labels are in" in panel.status.text
    read = read_labels(tmp_path / "out.csv")
    mine = panel.labelling.to_frame()
    assert read["prompt"].tolist() == mine["prompt"].tolist()
    assert read["label"].tolist() == mine["label"].tolist()
    panel.act({"do": "label", "number": 1})
    button.click()
    assert len(read_labels(tmp_path / "out.csv")) == 4


def test_only_a_csv_of_labels_is_replaced(panel, tmp_path):
    panel.act({"do": "label", "number": 1})
    other = tmp_path / "prompts.csv"
    other.write_text("prompt\nmine\n")
    for name, told in ((other, "left alone"), (panel.labelling.path, "ends in .csv"),
                       (tmp_path / "l.jsonl" / "x.csv", "")):  # fmt: skip
        before = panel.labelling.path.read_bytes(), other.read_bytes()
        panel.file.value = str(name)
        panel.children[4].children[1].click()
        assert 'role="alert"' in panel.status.value and told in panel.status.text
        assert (panel.labelling.path.read_bytes(), other.read_bytes()) == before


@pytest.mark.parametrize("name", ["", "  "])
def test_a_csv_without_a_name_is_said_to_have_none(panel, name):
    panel.act({"do": "label", "number": 1})
    panel.file.value = name
    panel.children[4].children[1].click()
    assert panel.status.text == "the CSV file has no name: give one that ends in .csv"


def test_labels_that_are_formulas_or_markup_are_text_everywhere(tmp_path):
    panel = label(LabelSession(["a", "b", "c"], [FORMULA, HOSTILE], tmp_path / "l"))
    panel.act({"do": "label", "number": 1})
    assert "<img" not in html_of(panel) and "&lt;img" in html_of(panel)
    assert len(panel.still()) > 5_000


def test_a_script_goes_on_where_the_file_of_labels_ends(tmp_path, capsys, monkeypatch):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("prompt\nhi\nwhy?\nthanks\n")
    session = LabelSession(["hi", "why?", "thanks"], ["easy", "hard"], tmp_path / "l.jsonl")
    panel = label(session, files={"prompts": prompts})
    panel.act({"do": "label", "number": 1})
    monkeypatch.chdir(tmp_path)
    exec(compile(panel.as_code(), "script", "exec"), {})
    assert capsys.readouterr().out.strip() == panel.status.text
    assert (tmp_path / "label.png").read_bytes() == panel.still()


def test_a_script_makes_the_same_session(tmp_path, monkeypatch):
    prompts = tmp_path / "prompts.csv"
    texts = [f"prompt {i}" for i in range(12)]
    prompts.write_text("\n".join(["prompt", *texts]))
    options = {"ordinal": True, "test_share": 0.5, "seed": 7, "retrain_every": 2}
    for name in ("ann", "bob"):
        session = LabelSession(texts, ["low", "medium", "high"], tmp_path / "l.jsonl",
                               annotator=name, **options)  # fmt: skip
        panel = label(session, files={"prompts": prompts})
        for number in range(10):
            panel.act({"do": "label", "number": number % (2 if name == "ann" else 3)})
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(compile(panel.as_code(), "script", "exec"), found)
    again = found["panel"]
    assert again.result.alpha == panel.result.alpha
    assert again.result.parts.equals(panel.result.parts)
    assert again.box.prompt == panel.box.prompt
    assert changed_options(again.labelling) == changed_options(session) == options
    plain = label(LabelSession(texts, ["low", "high"], tmp_path / "plain.jsonl"))
    assert "annotator='me'))" in plain.as_code()


def test_no_folder_is_made_for_a_csv_and_tools_without_a_meaning_are_left_out(panel, tmp_path):
    panel.act({"do": "label", "number": 1})
    with pytest.raises(InputError, match="there is no folder .*: make it first"):
        panel.write_csv(tmp_path / "nope" / "x.csv")
    assert not (tmp_path / "nope").exists()
    row = panel.tools.children[1].children
    assert row == (panel.tools.copy,)
