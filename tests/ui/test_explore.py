"""The explore panel: a prompt in, answers, scores and costs out."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from routelab import Catalog, InputError, make_router, ui
from routelab.catalog import Model
from routelab.ui._explore_add import LabelFile
from routelab.ui._explore_asked import likeliest, seconds_of, why
from routelab.ui._explore_map import PROMPTS_MAPPED, prompt_map
from routelab.ui._explore_prompt import NOT_LISTED
from routelab.ui._explore_told import agreement
from routelab.ui._explore_why import Reasons, standing

from .conftest import FORMULA, HOSTILE

EXAMPLES = pd.DataFrame(
    {"prompt": ["fix the loop", "sort a list", "a poem on rain", "a song for her"],
     "label": ["strong", "strong", "cheap", "cheap"]}
)  # fmt: skip


@pytest.fixture(scope="module")
def routers():
    prompts, labels = EXAMPLES["prompt"].tolist(), EXAMPLES["label"].tolist()
    kinds = ("centroid", "knn")
    return {kind: make_router(kind).fit(prompts, labels) for kind in kinds}


def test_answers_groups_and_costs_of_the_first_prompt(routers, plan):
    panel = ui.explore(routers, pd.DataFrame({"prompt": ["fix the list"]}), plan=plan)
    result = panel.result
    assert result.answers == {"centroid": "strong", "knn": "strong"}
    assert result.groups == result.answers and result.chosen == ("dear",)
    # 12 characters are 3 tokens: 3e-6 * 1 + 300 * 1e-5
    assert result.input_tokens == 3
    assert result.costs["dear"] == pytest.approx(3e-6 + 300 * 1e-5)
    assert "strong" in panel.table.value


def test_picking_and_typing_both_ask_the_routers(routers, plan):
    panel = ui.explore(routers, ["fix the list", "a poem"], plan=plan, show_prompts=True)
    before = panel.picture.value
    panel.pick.value = "a poem"
    assert panel.config.prompt == "a poem"
    assert panel.result.answers["centroid"] == "cheap" and panel.picture.value != before
    costs, scores = panel.costs.value, panel.scores.value
    panel.text.value = "sort the loop"
    assert panel.result.answers["centroid"] == "strong"
    panel.pick.value = "a poem"
    panel.tokens.value = 0
    assert panel.config.output_tokens == 0
    assert panel.costs.value != costs and panel.scores.value == scores


def test_prompts_are_not_shown_unless_asked_for(routers, plan):
    panel = ui.explore(routers, ["fix the list", "a poem"], plan=plan)
    panel.pick.value = "a poem"
    assert panel.result.answers["centroid"] == "cheap"
    assert panel.pick._options_labels[1:] == ("1. 12 characters", "2. 6 characters")
    assert (panel.text.value, "poem" in panel.fallback()) == ("", False)
    panel.text.value = "sort the loop"
    assert panel.result.answers["centroid"] == "strong"
    panel.pick.value = "fix the list"
    assert panel.text.value == ""  # not what was typed for another prompt
    panel.text.value = "a poem"  # typed, though it is in the log too
    assert panel.text.value == "a poem" and panel.pick.value == "a poem"


def test_the_list_says_when_the_prompt_is_not_of_it(routers):
    panel = ui.explore(routers, ["fix the list", "a poem"], show_prompts=True)
    assert panel.pick.value == panel.text.value == "fix the list"
    panel.text.value = "sort the loop"
    assert panel.pick.value == NOT_LISTED
    panel.pick.value = "fix the list"  # picked again: it is asked again
    assert panel.config.prompt == panel.text.value == "fix the list"
    panel.update(prompt="a poem")
    assert panel.pick.value == panel.text.value == "a poem"
    panel.reset()
    assert panel.pick.value == panel.text.value == "fix the list"


def test_of_an_empty_prompt_nothing_is_said(routers, plan):
    panel = ui.explore(routers, ["fix"], plan=plan, show_prompts=True)
    names = panel.table.value.count("<tr>")
    for text in ("", "  \n"):
        panel.text.value = text
        assert panel.status.text.startswith("Nothing is asked: pick or type a prompt.")
        assert panel.result.blank and set(panel.result.answers.values()) == {None}
        assert panel.result.groups == {"centroid": None, "knn": None} and not panel.result.chosen
        assert "abstains" not in panel.table.value
        assert panel.table.value.count("<tr>") == names  # nothing jumps
    panel.text.value = FORMULA
    assert panel.config.prompt == FORMULA and "2 routers" in panel.status.text


def test_answers_are_told_as_one_would(routers):
    panel = ui.explore(routers, ["fix the loop"])
    assert panel.status.text.startswith("All 2 routers answer strong.")
    alone = ui.explore({"mine": routers["knn"]}, ["a poem on rain"])
    assert alone.status.text.startswith("mine answers cheap.")
    assert agreement(replace(alone.result, answers={"mine": None})) == "mine abstains."
    assert agreement(replace(alone.result, answers=dict.fromkeys("ab"))) == (
        "All 2 routers abstain."
    )


def test_a_long_prompt_is_told_with_the_windows_that_do_not_hold_it(routers, plan):
    panel = ui.explore(routers, ["fix"], plan=plan)
    assert panel.result.too_long == ()
    panel.text.value = "x" * 150_000
    panel.wait(60)  # in the background
    panel.tokens.value = 100
    assert not panel.computing  # what is known is a touch
    assert "About 37,500 input tokens" in panel.status.text
    assert set(panel.result.too_long) == {"dear", "fair"}  # 10,000 tokens each
    assert "Longer than the window of dear and 1 more." in panel.status.text


def test_a_label_says_who_is_right(routers):
    known = pd.DataFrame({"prompt": ["fix the loop", "a poem"], "label": ["cheap", None]})
    panel = ui.explore(routers, known, show_prompts=True)
    assert "the label is cheap, 0 are right" in panel.status.text
    assert panel.table.value.count("✗ strong") == 2 and "as labelled" in panel.table.value
    panel.pick.value = "a poem"
    assert "label is" not in panel.status.text and "✗" not in panel.table.value
    assert "as labelled" not in ui.explore(routers, ["fix the loop"]).table.value


def test_the_next_prompt_in_dispute_is_asked(routers):
    other = make_router("centroid").fit(["fix the loop", "sort a list"], ["strong", "cheap"])
    both = {"centroid": routers["centroid"], "other": other}
    prompts = ["sort a list", "fix the loop", "sort a tree", "fix the roof", "sort me"]
    said = zip(*(router.predict(prompts) for router in both.values()), strict=True)
    disputed = [p for p, answers in zip(prompts, said, strict=True) if len(set(answers)) > 1]
    assert 1 < len(disputed) < 5 and disputed[0] == prompts[0]
    panel = ui.explore(both, prompts, show_prompts=True)
    for wanted in (*disputed[1:], *disputed):  # and then from the start again
        panel.further.click()
        assert panel.config.prompt == wanted
        assert len(set(panel.result.answers.values())) == 2
    same = ui.explore({"a": other, "b": other}, prompts)
    same.further.click()
    assert "agree on every prompt" in same.status.text


def test_a_click_on_the_map_asks_about_the_nearest_point(routers):
    prompts = [*EXAMPLES["prompt"], *(f"sort poem {i}" for i in range(3))]
    panel = ui.explore(routers, prompts, show_prompts=True)
    view = panel.map
    view.click(*view.places()[2])
    assert panel.config.prompt == view.mapped.prompts[2] == panel.text.value
    view.click(-5.0, -5.0)  # far from every point
    assert panel.config.prompt == view.mapped.prompts[2]


def test_a_keyword_router_tells_its_rule():
    panel = ui.explore({"k": make_router("keyword").fit([])}, ["describe it"], show_prompts=True)
    assert panel.result.answers["k"] == "medium"
    assert "describe +1; 1 point in all: below 1 low, below 2 medium, else high" in (
        panel.table.value
    )
    hidden = ui.explore({"k": make_router("keyword").fit([])}, ["describe it"])
    assert "describe" not in hidden.table.value and "1 point in all" in hidden.table.value


def test_without_a_plan_models_come_from_the_bundled_catalog(routers):
    panel = ui.explore(routers, ["fix the list"])
    assert len(panel.result.costs) == 8 and set(panel.result.costs) <= set(Catalog.bundled())
    assert panel.result.groups == {"centroid": None, "knn": None} and not panel.result.chosen


def test_a_route_that_the_plan_does_not_know_has_no_group(plan):
    router = make_router("centroid").fit(["fix", "poem"], ["code", "art"])
    assert ui.explore({"r": router}, ["fix"], plan=plan).result.groups == {"r": None}


def test_routers_on_outcomes_show_their_expected_quality(labels):
    quality = [[1.0, 0.2]] * 18 + [[0.1, 0.9]] * 18
    router = make_router("outcome-knn", k=3).fit(labels["prompt"].tolist(), quality)
    panel = ui.explore({"near": router}, labels)
    assert panel.result.answers["near"] in ("0", "1")
    assert set(panel.result.scores["near"]) == {"0", "1"}


def test_a_router_without_scores_still_answers():
    class Fixed:
        def predict(self, prompts):
            return [None]

    panel = ui.explore({"fixed": Fixed()}, ["x"])
    assert panel.result.answers == {"fixed": None}
    assert "abstains" in panel.table.value and "no score" in panel.table.value


def test_many_prompts_are_listed_evenly(routers):
    panel = ui.explore(routers, [f"prompt {i}" for i in range(1000)])
    assert len(panel.pick.options) == 61 and panel.pick.options[-1][1] == "prompt 999"


def test_the_margin_is_to_the_best_of_the_other_answers():
    assert standing({"a": 0.5, "b": 0.25, "c": 0.125}, "a").margin == 0.25
    assert standing({"a": 0.5, "b": 0.25}, "b").margin == -0.25
    assert standing({"a": 0.5, "b": 0.25}, None).score == 0.5  # abstains: the best one
    only = standing({"a": 0.5}, "a")
    assert only.score == 0.5 and only.margin != only.margin


def test_the_nearest_examples_are_the_reason_of_routers_that_compare(routers, plan):
    routers = {**routers, "keyword": make_router("keyword").fit([])}
    panel = ui.explore(routers, ["sort a list", "?"], plan=plan, labels=EXAMPLES, show_prompts=True)
    near = panel.result.reasons["knn"].near
    assert near[0] == ("sort a list", "strong", pytest.approx(1.0)) and near[0][2] > near[1][2]
    assert panel.result.reasons["centroid"].near == near
    assert panel.result.reasons["keyword"].near == ()
    assert "1.00 strong: “sort a list”" in panel.table.value
    assert "labels=labels" in panel.as_code() and "rl.read_labels(" in panel.as_code()


def test_examples_and_words_of_logged_prompts_are_not_shown_unless_asked_for(routers):
    trained = make_router("linear").fit(EXAMPLES["prompt"].tolist(), EXAMPLES["label"].tolist())
    panel = ui.explore({**routers, "linear": trained}, ["sort a list"], labels=EXAMPLES)
    assert "sort" not in panel.table.value and "1.00 strong: 11 characters" in panel.table.value
    assert "words of a logged prompt are not shown" in panel.table.value
    panel.text.value = "a short poem"  # what is typed is one's own
    assert "word: poem" in panel.table.value


def test_terms_are_the_reason_without_examples(routers):
    panel = ui.explore(routers, ["sort it"], show_prompts=True)
    reason = panel.result.reasons["knn"]
    assert reason.method == "occlusion" and reason.terms[0][::2] == ("word: sort", "strong")
    assert "word: sort" in panel.table.value


def test_each_kind_of_reason_has_words_where_there_is_none():
    told = {
        method: why(Reasons(method), shown=True, examples_shown=True)
        for method in ("none", "evidence", "occlusion")
    }
    assert told["none"] == "gives no reasons" and told["evidence"] == "no keyword was found"
    assert told["occlusion"] == "no single word matters"


def test_latency_stands_beside_the_cost(routers, plan):
    panel = ui.explore(routers, ["fix"], plan=plan)
    # 0.5 s to the first token, then 300 tokens at 99 per second
    assert panel.result.seconds["dear"] == pytest.approx(0.5 + 300 / 99)
    panel.tokens.value = 0
    assert panel.result.seconds["dear"] == 0.5
    unknown = seconds_of(Model("m", "p", 1.0, 1.0), 10)
    assert unknown != unknown


def test_moving_the_tokens_asks_no_router_again(plan):
    class Counting:
        asked = 0

        def predict(self, prompts):
            self.asked += 1
            return ["strong"]

    router = Counting()
    panel = ui.explore({"r": router}, ["x"], plan=plan)
    asked = router.asked
    panel.tokens.value = 50
    assert router.asked == asked and panel.result.costs["dear"] > 0


def test_prompts_that_read_alike_are_near_on_the_map(routers):
    prompts = ["sort a list", "sort a list now", "a poem on rain", "a poem on snow"]
    found = prompt_map(routers, prompts)
    apart = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    assert apart[0, 1] < apart[0, 2] and apart[2, 3] < apart[1, 3]
    assert found.answers["knn"] == ("strong", "strong", "cheap", "cheap")
    assert found.place(prompts[2]) == pytest.approx(found.points[2], abs=1e-6)
    again = prompt_map(routers, prompts)
    np.testing.assert_array_equal(again.points, found.points)


def test_of_many_prompts_a_sample_is_mapped_and_said(routers):
    known = EXAMPLES["prompt"].tolist()
    prompts = [f"{known[i % 4]} {i}" for i in range(PROMPTS_MAPPED + 1)]
    found = prompt_map({"centroid": routers["centroid"]}, prompts)
    assert len(found.points) == PROMPTS_MAPPED
    assert found.told == "A sample of 2,000 of 2,001 prompts on the map."


def test_there_is_no_map_of_nothing(routers):
    assert prompt_map(routers, ["a", "b", "c", "a"]) is None  # three different ones
    assert prompt_map(routers, ["q1", "q2", "q3", "q4", "q5"]) is None  # no known word
    assert prompt_map({"k": make_router("keyword").fit([])}, list("abcde")) is None
    panel = ui.explore(routers, ["fix"])
    assert panel.map is None and panel.still()


def test_an_abstaining_router_has_a_colour_of_its_own(routers):
    shy = make_router("knn", threshold=0.99).fit(["fix me", "a sonnet"], ["strong", "cheap"])
    found = prompt_map({**routers, "shy": shy}, EXAMPLES["prompt"].tolist())
    assert set(found.answers["shy"]) == {"abstains"}


def test_the_asked_prompt_moves_on_the_map_and_the_router_colours_it(routers):
    prompts = [*EXAMPLES["prompt"], *(f"sort poem {i}" for i in range(3))]
    panel = ui.explore(routers, prompts, show_prompts=True)
    first = panel.map.picture.value
    panel.pick.value = "a poem on rain"
    moved = panel.map.picture.value
    assert moved != first
    panel.pick.value = "fix the loop"
    assert panel.map.picture.value == first  # same state, same bytes
    panel.map.of.value = "knn"
    assert panel.config.map_of == "knn" and "what knn answers" in panel.status.text
    size = Image.open(io.BytesIO(panel.still())).size
    scores, costs, below = (
        Image.open(io.BytesIO(p.value)) for p in (panel.scores, panel.costs, panel.map.picture)
    )
    assert size == (scores.width + costs.width, scores.height + below.height)
    with pytest.raises(InputError, match="no router 'kn'.*did you mean 'knn'.*centroid, knn"):
        panel.update(map_of="kn")


def test_a_blank_prompt_has_no_ring_on_the_map(routers):
    prompts = [*EXAMPLES["prompt"], *(f"sort poem {i}" for i in range(3))]
    panel = ui.explore(routers, prompts, show_prompts=True)
    first, ring = panel.map.picture.value, len(panel.map._ax.lines)
    panel.text.value = " "
    assert len(panel.map._ax.lines) < ring and panel.map.picture.value != first
    panel.map.of.value = "knn"  # the map is drawn anew, and still without
    panel.map.of.value = ""
    assert len(panel.map._ax.lines) < ring
    panel.pick.value = prompts[0]
    assert panel.map.picture.value == first


def test_a_right_route_is_added_by_a_key_and_taken_back(routers, tmp_path):
    pytest.importorskip("anywidget", reason="needs the extra 'lab'")
    path = tmp_path / "labels.jsonl"
    panel = ui.explore(routers, ["fix the list", "a poem"], add_to=path)
    assert not path.exists() and panel.labels.box.labels == ["cheap", "strong"]
    panel.labels.act({"do": "label", "number": 1})
    panel.text.value = "a poem"
    panel.labels.act({"do": "label", "number": 0})
    found = pd.read_json(path, lines=True)
    assert found.values.tolist() == [["fix the list", "strong"], ["a poem", "cheap"]]
    assert "Added to labels.jsonl as cheap; 2 in this panel." in panel.status.text
    panel.labels.act({"do": "undo"})
    assert path.read_text() == '{"prompt": "fix the list", "label": "strong"}\n'
    assert "Took the last label, cheap" in panel.status.text
    for odd in ({"do": "label", "number": 2}, {"do": "label", "number": "0"}, "undo", {}):
        panel.labels.act(odd)
    assert path.read_text().count("\n") == 1 and f"add_to={str(path)!r}" in panel.as_code()


def test_a_key_adds_nothing_for_a_prompt_that_was_not_shown_yet(routers, tmp_path):
    pytest.importorskip("anywidget", reason="needs the extra 'lab'")
    panel = ui.explore(routers, ["fix the list", "a poem"], add_to=tmp_path / "labels.jsonl")
    box = panel.labels.box

    def press(shown):
        content = {"do": "label", "number": 0, "shown": shown}
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        box._handle_msg(message)

    before = box.shown
    panel.tokens.value = 50  # the same prompt
    assert box.shown == before
    panel.text.value = "a poem"
    press(before)
    assert panel.labels.file.added == []
    press(box.shown)
    assert panel.labels.file.added == [("a poem", "cheap")]


def test_without_a_file_nothing_is_added(routers):
    panel = ui.explore(routers, ["fix"], labels=EXAMPLES)
    assert panel.labels is None
    for act in (lambda: panel.add("cheap"), panel.undo):
        with pytest.raises(InputError, match="name a file to add labels to"):
            act()


def test_of_many_routes_the_likeliest_are_offered(tmp_path):
    pytest.importorskip("anywidget", reason="needs the extra 'lab'")
    words = [f"word{i} text{i}" for i in range(12)]
    router = make_router("centroid").fit(words, [f"route{i:02}" for i in range(12)])
    panel = ui.explore({"r": router}, [words[11]], add_to=tmp_path / "l.jsonl")
    assert len(panel.labels.box.labels) == 9 and "route11" in panel.labels.box.labels
    assert "(the likeliest of 12)" in panel.labels.box.told
    assert likeliest(["a"], {}, 9) == ["a"]


def test_a_label_file_keeps_what_was_there(tmp_path):
    path = tmp_path / "l.jsonl"
    before = b'{"prompt": "x", "label": "y", "group": 3}'  # no newline at the end
    path.write_bytes(before)
    file = LabelFile(path)
    file.add(f"{HOSTILE}\r\n\u2028\ud800{FORMULA}", "\x1b[31m")
    assert path.read_bytes().startswith(before + b"\n") and path.read_bytes().count(b"\n") == 2
    entry = json.loads(path.read_bytes().split(b"\n")[1])
    assert entry == {"prompt": f"{HOSTILE}\r\n\u2028\ud800{FORMULA}", "label": "\x1b[31m"}
    file.undo()
    assert path.read_bytes() == before + b"\n" and [p.name for p in tmp_path.iterdir()] == [
        path.name
    ]


def test_a_label_file_refuses_what_it_cannot_do(tmp_path):
    with pytest.raises(InputError, match=r"a .jsonl file, got 'l.csv'"):
        LabelFile(tmp_path / "l.csv")
    path = tmp_path / "l.jsonl"
    for content, told in (
        ("prompt,label", "l.jsonl:1: not valid JSON"),
        ("[1]", "no 'prompt' and 'label'"),
        ('{"prompt": "x", "label": "y", "action": "label"}', "belongs to a labelling session"),
    ):
        path.write_text(content)
        with pytest.raises(InputError, match=told):
            LabelFile(path)
    path.unlink()
    file = LabelFile(path)
    with pytest.raises(InputError, match="nothing to undo"):
        file.undo()
    with pytest.raises(InputError, match="an empty prompt has no label"):
        file.add(" ", "a")
    file.add("x", "a")
    with pytest.raises(InputError, match="this prompt is in l.jsonl as 'a' already"):
        file.add("x", "a")
    path.write_text("{}\n")
    with pytest.raises(InputError, match="was changed since"):
        file.undo()
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="'l.jsonl' cannot be read: Is a directory"):
        file.add("y", "a")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="'l.jsonl' cannot be written: "):
        LabelFile(blocked / "l.jsonl").add("y", "a")


def test_bad_examples_are_said(routers):
    with pytest.raises(InputError, match="labels has no column 'label', only prompt"):
        ui.explore(routers, ["x"], labels=pd.DataFrame({"prompt": ["x"]}))
    with pytest.raises(InputError, match="labels has no rows"):
        ui.explore(routers, ["x"], labels=EXAMPLES[:0])


def test_bad_input_is_said(routers):
    with pytest.raises(InputError, match="at least one fitted router"):
        ui.explore({}, ["x"])
    with pytest.raises(InputError, match="'r' is no estimator, got str: give a fitted one"):
        ui.explore({"r": "linear"}, ["x"])
    with pytest.raises(InputError, match="no prompt to explore"):
        ui.explore(routers, [])
    with pytest.raises(InputError, match="no column 'prompt', only text"):
        ui.explore(routers, pd.DataFrame({"text": ["x"]}))
