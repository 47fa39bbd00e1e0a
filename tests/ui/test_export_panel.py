"""The export panel: what would be written, live, without writing it."""

from __future__ import annotations

import base64
import io
import re
import sys
import zipfile

import pytest
import yaml

from routelab import InputError, Plan, export, make_router, ui
from routelab.exporters import TARGETS, lint
from routelab.ui import ExportConfig, PlanChoice, Session
from routelab.ui import _export_view as view
from routelab.ui._export_plan import plan_text

from .conftest import HOSTILE


@pytest.fixture
def panel(plan):
    return ui.export(plan)


@pytest.fixture
def trained(plan):
    router = make_router("centroid").fit(["fix the loop", "a poem"], ["strong", "cheap"])
    return ui.export(plan.replace(router=router))


def written(plan, folder, target="litellm"):
    """Return what the library itself writes."""
    result = export(plan, target=target, directory=folder)
    return {file.as_posix(): (folder / file).read_bytes() for file in result.files}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Write a fiftieth of a second after the last key."""
    monkeypatch.setattr("routelab.ui._export.PAUSE_S", 0.02)


def type_in(panel, before, after, *, wait=True):
    text = panel.editor.area.value
    assert before in text
    panel.editor.area.value = text.replace(before, after)
    if wait:
        panel.wait(30)


def asked(panel, action):
    """Send what a button of the view sends; return the message and buffers that come back."""
    sent = []
    panel.view.file.send = lambda *message: sent.append(message)
    content = {"data": {"method": "custom", "content": action}}
    panel.view.file._handle_msg({"content": content, "buffers": []})
    return sent


def test_the_file_shown_is_the_file_that_export_writes(panel, plan, tmp_path):
    assert panel.result.files == written(plan, tmp_path / "out")
    assert panel.view.text == panel.view.file.text
    assert panel.view.text.encode() == panel.result.files["config.yaml"]
    assert panel.config.file == panel.file.value == "config.yaml"


def test_what_is_not_carried_and_what_lint_finds_is_shown_by_line(panel, tmp_path):
    assert any("budget" in item for item in panel.result.not_carried)
    assert "calendar budget" in panel.not_carried.value
    (tmp_path / "config.yaml").write_bytes(panel.result.files["config.yaml"])
    found = lint(tmp_path / "config.yaml")
    assert found and [line for line, _, _ in panel.view.found] == [f.line for f in found]
    assert panel.view.file.found[0][1:2] == [found[0].severity]
    assert f"{len(found)} findings by lint" in panel.status.text


def test_targets_and_files_can_be_chosen(panel):
    assert list(panel.target.options) == TARGETS.names()
    panel.file.value = "NOT_EXPORTED.md"
    assert panel.view.text.startswith("# What litellm does not carry")
    assert panel.view.found == []  # those of another file
    panel.target.value = "plan"
    assert panel.config.target == "plan" and panel.result.findings == []


def test_an_edited_plan_is_exported(panel, plan, tmp_path):
    type_in(panel, "num_retries: 0", "num_retries: 3")
    assert panel.plan == plan.replace(retries={"num_retries": 3})
    assert panel.result.files == written(panel.plan, tmp_path / "out")
    assert yaml.safe_load(panel.view.text)["router_settings"]["num_retries"] == 3
    assert panel.editor.status.text.startswith("This is the plan in use; Undo all edits")


def test_what_is_wrong_is_said_with_its_place_and_the_old_plan_stays(panel, plan):
    before = panel.view.text
    type_in(panel, "default: strong", "default: stong")
    place = panel.editor.area.value.splitlines().index("default: stong") + 1
    assert panel.editor.status.text.startswith(f"line {place}, column 1: default: there is no")
    assert "did you mean 'strong'" in panel.editor.status.text
    assert panel.editor.problem.found[0][:2] == (place, "error")
    assert panel.editor.problem.file.target == ".rl-plan"
    assert panel.plan == plan and panel.view.text == before and panel.config == ExportConfig(
        file="config.yaml"
    )  # fmt: skip
    panel.target.value = "plan"  # what was typed stays while other controls move
    assert "stong" in panel.editor.area.value
    type_in(panel, "stong", "cheap")
    assert panel.plan.default == "cheap" and panel.editor.problem.found == []


def test_the_plan_in_use_comes_back_by_button_and_by_reset(panel, plan):
    panel.editor.area.value = "models: ["
    assert "not valid YAML" in panel.editor.status.text
    panel.editor.revert.click()
    assert panel.editor.area.value == plan_text(plan) and panel.editor.problem.found == []
    type_in(panel, "default: strong", "default: cheap")
    panel.editor.area.value = "models: ["
    panel.tools.buttons["reset"].click()
    assert panel.editor.area.value == plan_text(plan) and panel.plan == plan


def test_all_edits_are_undone_by_one_button(panel, plan):
    start, undo, revert = panel.editor.area.value, panel.editor.undo, panel.editor.revert
    assert undo.disabled and revert.disabled
    type_in(panel, "num_retries: 0", "num_retries: 3")
    assert not undo.disabled and revert.disabled
    type_in(panel, "default: strong", "default: stong")
    assert not revert.disabled
    undo.click()
    panel.wait(30)
    assert panel.editor.area.value == start and panel.plan == plan and panel.config.plan == ""
    assert panel.editor.status.text == "This is the plan in use."
    assert undo.disabled and revert.disabled and panel.editor.problem.found == []


def test_an_empty_text_is_no_plan(panel, plan):
    panel.editor.area.value = ""
    assert "a plan is a mapping" in panel.editor.status.text and panel.plan == plan


def test_going_back_while_files_are_written_keeps_the_plan_in_use(trained):
    before = trained.editor.area.value
    type_in(trained, "num_retries: 0", "num_retries: 3", wait=False)
    trained.editor.revert.click()
    trained.wait(30)
    assert trained.editor.area.value == before and trained.plan.retries.num_retries == 0
    assert trained.editor.status.text == "This is the plan in use."


def test_a_fitted_router_stays_as_it_is_when_the_plan_is_edited(trained, tmp_path):
    router = trained.plan.router.fitted
    type_in(trained, "num_retries: 0", "num_retries: 3", wait=False)
    assert trained.computing and trained.plan.retries.num_retries == 0  # until it is written
    trained.wait(30)
    assert trained.plan.router.fitted is router and trained.plan.retries.num_retries == 3
    assert trained.result.files == written(trained.plan, tmp_path / "out")
    type_in(trained, "kind: CentroidHead", "kind: linear")
    assert "router: there is nothing to train it on" in trained.editor.status.text
    assert trained.plan.router.fitted is router


def test_the_newest_of_many_keys_is_written(trained):
    for number in (1, 2, 3, 4):
        type_in(trained, f"num_retries: {number - 1}", f"num_retries: {number}", wait=False)
    trained.wait(30)
    assert trained.plan.retries.num_retries == 4
    assert yaml.safe_load(trained.view.text)["router_settings"]["num_retries"] == 4
    assert {key[1].count("num_retries: 4") for key in list(trained.writer.kept)[1:]} == {1}


def test_a_target_that_cannot_hold_the_plan_is_refused_with_the_reason(trained):
    trained.target.value = "semantic-router"
    trained.wait(30)
    assert "router.labels" in trained.status.text
    assert trained.target.value == trained.config.target == "litellm"
    assert trained.refused.text.startswith("semantic-router was not taken:")
    assert "router.labels" in trained.refused.text
    assert trained.editor.status.text == "This is the plan in use."  # it was never touched
    trained.file.value = "NOT_EXPORTED.md"
    assert trained.refused.value == ""


def test_a_right_plan_is_not_refused_with_its_target(trained):
    type_in(trained, "num_retries: 0", "num_retries: 3", wait=False)
    trained.target.value = "semantic-router"
    trained.wait(30)
    assert (trained.config.target, trained.plan.retries.num_retries) == ("litellm", 3)
    assert trained.editor.status.text.startswith("This is the plan in use; Undo all edits")
    assert "semantic-router was not taken" in trained.refused.text


def test_each_target_remembers_its_file(panel):
    panel.file.value = "NOT_EXPORTED.md"
    panel.target.value = "plan"
    panel.wait(30)
    assert panel.file.value == "plan.yaml"
    panel.target.value = "litellm"
    panel.wait(30)
    assert panel.file.value == panel.config.file == "NOT_EXPORTED.md"
    assert list(panel.file.options) == list(panel.result.files)


def test_cancel_goes_back_to_the_plan_before_and_keeps_what_was_typed(trained):
    type_in(trained, "num_retries: 0", "num_retries: 3", wait=False)
    trained.cancel()
    trained.wait(30)
    assert trained.plan.retries.num_retries == 0 and not trained.computing
    assert "num_retries: 3" in trained.editor.area.value
    assert "not taken" in trained.editor.status.text


def test_the_file_and_all_files_go_to_the_browser_only_when_asked(panel):
    assert asked(panel, {"do": "copy"}) == [({"text": panel.view.text},)]
    ((message, buffers),) = asked(panel, {"do": "file"})
    assert message == {"name": "config.yaml"}
    assert buffers == [panel.result.files["config.yaml"]]
    ((message, buffers),) = asked(panel, {"do": "zip"})
    assert message == {"name": "litellm.zip"}
    with zipfile.ZipFile(io.BytesIO(buffers[0])) as archive:
        assert {n: archive.read(n) for n in archive.namelist()} == panel.result.files
    assert asked(panel, {"do": "zip"})[0][1] == buffers  # the same bytes
    for strange in (None, [], {"do": "eval"}, {}):
        assert asked(panel, strange) == []


def test_a_file_that_is_no_text_shows_its_size_and_a_long_one_its_head(trained, monkeypatch):
    name = next(name for name in trained.file.options if name.endswith(".zip"))
    trained.file.value = name
    assert "bytes that are not text" in trained.view.text
    monkeypatch.setattr("routelab.ui._export_files.CHARACTERS_SHOWN", 100)
    trained.file.value = "config.yaml"
    whole = trained.result.files["config.yaml"].decode()
    assert trained.view.text.startswith(whole[:100]) and len(trained.view.text) < 200
    assert asked(trained, {"do": "copy"}) == [({"text": whole},)]


def test_without_anywidget_the_file_is_shown_and_downloaded_by_a_link(plan, monkeypatch):
    view.file_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    panel = ui.export(plan)
    area, told = panel.view.children
    assert area.value == panel.view.text and area.disabled
    found = re.search(r"base64,([\w+/=]+)", told.value)
    assert base64.b64decode(found[1]) == panel.result.files["config.yaml"]
    assert f"line {panel.result.findings[0].line}:" in told.value
    panel.editor.area.value = "models: ["
    assert "line 2: error: column 1" in panel.editor.problem.children[0].value
    view.file_class.cache_clear()


def test_settings_and_the_edited_plan_are_saved_loaded_and_copied_as_code(panel, plan, tmp_path):
    type_in(panel, "default: strong", "default: cheap")
    panel.prover.prompts.value, panel.prover.failures.value = 3, True
    panel.save_settings(str(tmp_path / "s.yaml"))
    other = ui.export(plan)
    other.load_settings(str(tmp_path / "s.yaml"))
    other.wait(30)
    assert other.config == panel.config and other.plan.default == "cheap"
    assert other.editor.area.value == panel.editor.area.value
    assert other.prover.prompts.value == 3 and other.prover.failures.value
    plan.to_yaml(tmp_path / "plan.yaml")
    panel.files = {"plan": str(tmp_path / "plan.yaml")}
    names = {}
    exec(compile(panel.as_code(), "copied.py", "exec"), names)
    assert names["panel"].result == panel.result and names["panel"].config == panel.config


def test_settings_files_of_before_still_load(panel, tmp_path):
    (tmp_path / "s.yaml").write_text("panels: {export: {target: plan, file: plan.yaml}}\n")
    panel.load_settings(str(tmp_path / "s.yaml"))
    assert panel.config == ExportConfig(target="plan", file="plan.yaml")


def test_the_sessions_plan_follows_the_edited_one(plan, tmp_path):
    session, seen = Session(tmp_path / "s.yaml"), []
    session.observe(seen.append)
    panel = ui.export(plan, session=session)
    type_in(panel, "default: strong", "default: cheap")
    assert "plan" in seen and session.read_plan() is panel.plan
    path = session.plan.path
    assert path == str(tmp_path / "s.plan.yaml") and Plan.from_yaml(path) == panel.plan
    session.save()
    assert Session.load(tmp_path / "s.yaml").read_plan() == panel.plan  # another notebook
    first = session.plan
    type_in(panel, "num_retries: 0", "num_retries: 3")
    assert session.plan != first  # the same file, but others must be told
    panel.reset()
    assert session.read_plan() == plan


def test_a_plan_that_another_panel_chose_is_taken_over(plan):
    session = Session()
    panel = ui.export(plan, session=session)
    session.choose_plan(PlanChoice("by name alone"))
    assert panel.plan == plan
    session.choose_plan(PlanChoice("other"), plan.replace(default="cheap"))
    panel.wait(30)
    assert panel.plan.default == "cheap" and "default: cheap" in panel.editor.area.value


def test_an_address_in_a_plan_stays_out_of_the_session(plan, tmp_path):
    session = Session(tmp_path / "s.yaml")
    panel = ui.export(plan, session=session)
    type_in(panel, "name: plan", "name: ann@example.org")
    assert panel.plan.name == "ann@example.org"
    assert session.plan is None and session.settings("export") == {}
    panel.tools.buttons["save"].click()
    assert "looks like a secret or an address" in panel.status.text
    assert list(tmp_path.glob("*.plan.yaml")) == []


def test_only_so_many_exports_are_kept_in_memory(panel):
    for number in range(1, 15):
        type_in(panel, f"num_retries: {number - 1}", f"num_retries: {number}")
    assert len(panel.writer.kept) == 8


def test_hostile_text_in_the_editor_is_told_as_text(panel):
    panel.editor.area.value = f"models: {{{HOSTILE!r}: dear}}\ndefault: x"
    assert "<img" not in panel.editor.status.value
    script = view.Path(view.__file__).with_name("export.js").read_text(encoding="utf-8")
    assert "innerHTML" not in script and "eval" not in script


def test_readers_without_a_kernel_get_the_head_of_the_file(plan):
    data, _ = ui.export(plan)._repr_mimebundle_()
    assert "model_list:" in data["text/plain"] and "not carried:" in data["text/plain"]
    assert "image/png" not in data


def test_their_text_is_short_enough_for_vs_code(plan):
    text = ui.export(plan).fallback()
    shown, notes = text.split("\n\n", 2)[1:]
    assert len(text.splitlines()) == 30 and max(map(len, text.splitlines())) <= 100
    assert shown.splitlines()[-1].endswith("more lines")
    assert notes.startswith("not carried: ") and "lint, line" in notes


def test_an_unknown_target_is_said(plan):
    with pytest.raises(InputError, match="unknown export target 'nginx'"):
        ui.export(plan, target="nginx")
