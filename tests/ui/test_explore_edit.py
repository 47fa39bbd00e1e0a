"""Routes and examples are edited in the explore panel, and what flips is what the library says."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import InputError, make_router, ui
from routelab.semantic import add_examples, remove_examples
from routelab.ui._explore_edit import edited
from routelab.ui._explore_edit_view import NEW, NOT_CHOSEN

from .conftest import HOSTILE, html_of

EXAMPLES = pd.DataFrame(
    {"prompt": ["fix the loop", "sort a list", "a poem on rain", "a song for her"],
     "label": ["strong", "strong", "cheap", "cheap"]}
)  # fmt: skip
PROMPTS = ["fix a list", "a poem", "a song on a list", "sort rain", "the poem for the loop", "?"]


def fitted(kind):
    return make_router(kind).fit(EXAMPLES["prompt"].tolist(), EXAMPLES["label"].tolist())


@pytest.fixture(params=["centroid", "knn"])
def kind(request):
    return request.param


@pytest.fixture
def panel(kind, plan):
    return ui.explore({"fixed": fitted("linear"), kind: fitted(kind)}, PROMPTS, plan=plan,
                      labels=EXAMPLES, show_prompts=True)  # fmt: skip


def expected(before, after):
    """Return what flips between two routers, by their own answers."""
    pairs = zip(before.predict(PROMPTS), after.predict(PROMPTS), strict=True)
    return [
        (number, f"{old} → {old}", f"{new} → {new}")  # routes are named like their groups
        for number, (old, new) in enumerate(pairs, start=1)
        if old != new
    ]


def test_an_added_example_flips_what_the_library_flips(panel, kind):
    panel.text.value = "a list of rain songs"
    panel.edit.route.value = "strong"
    panel.edit.buttons["add"].click()
    panel.wait(30)
    after = add_examples(fitted(kind), ["a list of rain songs"], ["strong"])
    flipped = expected(fitted(kind), after)
    assert flipped and panel.result.flips == panel.edit.flips == flipped
    assert f"After 1 edit {len(flipped)} of 6 prompts flip." in panel.status.text
    number, before, now = flipped[0]
    first = panel.edit.list.options[0]
    assert first == (f"{number}. now {now}, was {before}: {PROMPTS[number - 1]}", number)
    assert panel.result.answers[kind] == after.predict([panel.config.prompt])[0]
    assert panel.result.reasons[kind].near[0][:2] == ("a list of rain songs", "strong")


def test_a_removed_example_flips_what_the_library_flips(panel, kind):
    panel.edit.route.value = "cheap"
    assert [prompt for _, prompt in panel.edit.example.options] == [
        NOT_CHOSEN, "a poem on rain", "a song for her",
    ]  # fmt: skip
    panel.edit.buttons["remove"].click()
    assert panel.edit.status.text == "choose an example first"
    panel.edit.example.value = "a song for her"
    panel.edit.buttons["remove"].click()
    panel.wait(30)
    after = remove_examples(fitted(kind), ["a song for her"], ["cheap"])
    assert panel.result.flips == expected(fitted(kind), after)
    assert [prompt for _, prompt in panel.edit.example.options][1:] == ["a poem on rain"]
    assert panel.edit.example.value == NOT_CHOSEN


def test_the_router_itself_stays_as_it_is(panel, kind):
    before = panel.routers[kind].predict(PROMPTS).tolist()
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    assert panel.routers[kind].predict(PROMPTS).tolist() == before
    assert edited(panel.routers[kind], panel.config.edits).predict(["a poem"])[0] == "strong"


def test_a_route_is_sent_to_another_group(panel, kind):
    panel.edit.route.value, panel.edit.group.value = "cheap", "strong"
    panel.edit.buttons["send"].click()
    panel.wait(30)
    answers = fitted(kind).predict(PROMPTS).tolist()
    numbers = [i for i, answer in enumerate(answers, start=1) if answer == "cheap"]
    assert panel.result.flips == [(i, "cheap → cheap", "cheap → strong") for i in numbers]
    assert panel.result.groups[kind] == "strong"
    assert panel.plan.routes == {}


def test_edits_are_undone_one_by_one(panel):
    start = panel.result
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    first = panel.result.flips
    panel.edit.send("strong", "cheap")
    panel.wait(30)
    assert panel.result.flips != first
    panel.edit.buttons["undo"].click()
    panel.wait(30)
    assert panel.result.flips == first
    panel.edit.buttons["undo"].click()
    panel.wait(30)
    assert panel.result == start and panel.edit.list.options == ()
    assert panel.edit.list.layout.display == "none"
    panel.edit.buttons["undo"].click()  # not disabled: the keyboard would lose its place
    assert panel.edit.status.text == "there is no edit to undo"
    with pytest.raises(InputError, match="no edit to undo"):
        panel.edit.undo()


def test_after_a_reset_there_is_nothing_to_undo(panel):
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    panel.edit.send("strong", "cheap")
    panel.wait(30)
    panel.tools.buttons["reset"].click()
    panel.edit.buttons["undo"].click()
    panel.wait(30)
    assert panel.edit.status.text == "there is no edit to undo"
    assert (panel.config.edits, panel.config.retargets) == ((), ())


def test_what_cannot_be_edited_is_said_at_once_and_changes_nothing(panel):
    with pytest.raises(InputError, match="no example like this of 'nothing'") as told:
        panel.edit.remove("nothing", "never there")
    assert "never" not in str(told.value)
    with pytest.raises(InputError, match="added or removed, got 'turn'"):
        panel.update(edits=(("turn", "cheap", "x"),))
    assert panel.config.edits == () and not panel.computing
    with pytest.raises(InputError, match="needs a prompt and a route"):
        panel.edit.add(" ")
    panel.edit.route.value = NEW
    panel.edit.buttons["add"].click()
    assert panel.edit.status.text == "name the new route"
    with pytest.raises(InputError, match="no router here answers 'chep'.*'cheap'.*cheap, strong"):
        panel.edit.send("chep", "strong")


def test_a_new_route_is_named_and_then_is_one_of_the_list(panel, kind):
    assert panel.edit.new.layout.visibility == "hidden"
    panel.edit.route.value = NEW
    assert panel.edit.new.layout.visibility == "visible"
    panel.edit.new.value = "songs"
    panel.text.value = "a song on a list of songs"
    panel.edit.buttons["add"].click()
    panel.wait(30)
    assert panel.config.edits == (("add", "songs", "a song on a list of songs"),)
    assert panel.edit.route.value == "songs" and panel.result.answers[kind] == "songs"
    panel.edit.send("songs", "cheap")
    panel.wait(30)
    assert panel.result.groups[kind] == "cheap"


def test_choosing_what_flips_asks_about_it(panel):
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    number = panel.edit.flips[0][0]
    assert panel.edit.list.value is None  # nothing is chosen for the reader
    panel.edit.list.value = number
    panel.wait(30)
    assert panel.config.prompt == panel.text.value == PROMPTS[number - 1]
    assert panel.edit.list.value == number


def test_edits_are_copied_as_code_and_kept_out_of_files(panel, kind, tmp_path):
    panel.edit.add("strong", "a poem")
    panel.edit.send("cheap", "strong")
    panel.wait(30)
    code = panel.as_code()
    assert "edits=(('add', 'strong', 'a poem'),)" in code and "panel.wait()" in code
    assert "retargets=(('cheap', 'strong'),)" in code
    panel.save_settings(str(tmp_path / "s.yaml"))
    text = (tmp_path / "s.yaml").read_text()
    assert "a poem" not in text and "retargets" in text
    again = ui.explore({kind: fitted(kind)}, PROMPTS, plan=panel.plan)
    again.load_settings(str(tmp_path / "s.yaml"))
    again.wait(30)
    assert again.config.retargets == (("cheap", "strong"),) and again.result.flips


def test_logged_prompts_that_were_added_stay_hidden(kind, plan):
    panel = ui.explore({kind: fitted(kind)}, PROMPTS, plan=plan, labels=EXAMPLES)
    panel.edit.add("strong")
    panel.wait(30)
    assert "fix a list" not in panel.as_code() + html_of(panel)
    told = [name for name, _ in (*panel.edit.example.options[1:], *panel.edit.list.options)]
    assert told and all("characters" in name for name in told)


def test_another_router_is_edited_by_its_name(plan):
    routers = {"near": fitted("knn"), "mean": fitted("centroid"), "fixed": fitted("linear")}
    panel = ui.explore(routers, PROMPTS, plan=plan)
    assert [name for name, _ in panel.edit.of.options] == ["near", "mean"]
    panel.edit.of.value = "mean"
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    after = add_examples(fitted("centroid"), ["a poem"], ["strong"])
    assert panel.result.flips == expected(fitted("centroid"), after)
    with pytest.raises(InputError, match="'fixed' cannot be edited without a fit"):
        panel.update(edit_of="fixed")


def test_routers_that_need_a_fit_have_no_editor(plan):
    panel = ui.explore({"fixed": fitted("linear")}, PROMPTS, plan=plan)
    assert panel.edit is None
    with pytest.raises(InputError, match="no router here can be edited"):
        panel.update(retargets=(("cheap", "strong"),))


def test_hostile_routes_and_prompts_reach_no_html(plan):
    router = make_router("centroid").fit([HOSTILE, "a poem"], [HOSTILE, "cheap"])
    panel = ui.explore({"r": router}, [HOSTILE, "a poem"], plan=plan, show_prompts=True)
    panel.edit.add(HOSTILE, "a poem a poem")
    panel.edit.add(HOSTILE, "a poem")
    panel.wait(30)
    assert "<img" not in html_of(panel)


def test_cancel_goes_back_and_undo_forgets_what_was_cancelled(panel, monkeypatch):
    monkeypatch.setattr("routelab.ui._explore_edit.PART", 1)
    asked = type(panel._edits)._ask

    def cancelling(self, name, router, tell, cancelled):
        panel.cancel()
        return asked(self, name, router, tell, cancelled)

    monkeypatch.setattr(type(panel._edits), "_ask", cancelling)
    panel.edit.add("strong", "a poem")
    panel.wait(30)
    assert panel.config.edits == () and not panel.computing
    with pytest.raises(InputError, match="no edit to undo"):
        panel.edit.undo()
