"""The row of tools under each panel: code, save, load, reset; with and without anywidget."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from routelab import InputError, make_router, save_bundle, ui
from routelab.ui import BudgetConfig, PlanChoice, Session
from routelab.ui import _tools as tools
from routelab.ui._parts import number
from routelab.ui._picture import pictures_in

from .conftest import HOSTILE, html_of


@pytest.fixture
def files(traffic, plan, outages, tmp_path):
    """The data of the panels as files."""
    traffic.to_parquet(tmp_path / "traffic.parquet")
    plan.to_yaml(tmp_path / "plan.yaml")
    outages.to_csv(tmp_path / "outages.csv", index=False)
    return {name: tmp_path / f"{name}.{end}" for name, end in
            (("traffic", "parquet"), ("plan", "yaml"), ("outages", "csv"))}  # fmt: skip


def run(code: str) -> dict:
    """Run a script as a reader would, in this process so that it is fast."""
    names: dict = {}
    exec(compile(code, "copied.py", "exec"), names)
    return names


def pressed(panel, message):
    """Send what the browser sends, and return what it gets back."""
    sent = []
    panel.tools.copy.send = sent.append
    panel.tools.copy._handle_msg({"content": {"data": {"method": "custom", "content": message}},
                                  "buffers": []})  # fmt: skip
    return sent


def test_the_script_makes_the_same_picture_and_numbers(
    traffic, plan, outages, files, tmp_path, monkeypatch
):
    panel = ui.budget(traffic, plan, outages=outages, files=files)
    panel.update(daily_usd=2.0, fallbacks=False)
    monkeypatch.chdir(tmp_path)
    made = run(panel.as_code())["panel"]
    assert made.result.summary == panel.result.summary
    assert made.status.text == panel.status.text
    assert Path("budget.png").read_bytes() == panel.still()


def test_scripts_of_the_other_panels_run_too(
    comparison, traffic, plan, files, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    router = make_router("centroid").fit(["fix the loop", "a poem"], ["strong", "cheap"])
    save_bundle(tmp_path / "r.zip", router=router)
    (tmp_path / "prompts.csv").write_text("prompt\nfix it\n")
    folder = comparison.save(tmp_path / "comparison")
    given = {**files, HOSTILE: tmp_path / "r.zip", "prompts": tmp_path / "prompts.csv"}
    panels = [
        ui.explore({HOSTILE: router}, ["fix it"], plan=plan, show_prompts=True, files=given),
        ui.compare(comparison, files={"comparison": folder}),
        ui.export(plan, files=files),
        ui.profile(traffic, files=files),
    ]
    panels[1].update(metric="macro_f1")
    panels[2].update(file="NOT_EXPORTED.md")
    for panel in panels:
        made = run(panel.as_code())["panel"]
        assert made.config == panel.config and made.status.text == panel.status.text


def test_a_prompt_that_is_not_shown_stays_out_of_the_script(plan):
    router = make_router("centroid").fit(["fix the loop", "a poem"], ["strong", "cheap"])
    panel = ui.explore({"r": router}, ["my salary is", "a poem"], plan=plan)
    panel.pick.value = "a poem"
    panel.tokens.value = 100
    assert "poem" not in panel.as_code() and "update(output_tokens=100)" in panel.as_code()


def test_the_script_of_labelling_goes_on_where_the_file_ends(tmp_path, monkeypatch):
    from routelab import LabelSession

    monkeypatch.chdir(tmp_path)  # the script writes its picture where it runs
    (tmp_path / "prompts.csv").write_text("prompt\none\ntwo\n")
    labelling = LabelSession(["one", "two"], ["easy", "hard"], tmp_path / "l.jsonl")
    panel = ui.label(labelling, files={"prompts": tmp_path / "prompts.csv"})
    panel.act({"do": "label", "number": 1})
    assert run(panel.as_code())["panel"].result.counts == panel.result.counts


def test_a_file_that_the_panel_was_not_told_is_named_as_missing(traffic, plan):
    panel = ui.budget(traffic, plan)
    assert "# The panel was not told the file of the log" in panel.as_code()
    assert "rl.read_log('PATH OF TRAFFIC').frame" in panel.as_code()


def test_the_plan_of_the_session_is_read_in_the_script(plan, files):
    session = Session()
    session.choose_plan(PlanChoice("team", str(files["plan"])))
    panel = ui.export(plan, session=session)
    assert f"rl.Plan.from_yaml({str(files['plan'])!r})" in panel.as_code()


def test_hostile_settings_are_literals_in_the_script(comparison):
    panel = ui.compare(comparison)
    panel.update(truth=HOSTILE)
    panel.files = {"comparison": "x');import os;os.system('ls"}
    lines = [line for line in panel.as_code().splitlines() if "load" in line or "update" in line]
    assert lines == [
        "comparison = rl.Comparison.load(\"x');import os;os.system('ls\")",
        f"panel.update(truth={HOSTILE!r})",
    ]
    panel.files = {"comparison": "evil\n\u202eimport os"}
    assert "rl.Comparison.load('evil\\n\\u202eimport os')" in panel.as_code()


def test_the_copy_button_gets_the_code_and_shows_it_when_the_browser_refuses(traffic, plan):
    panel = ui.budget(traffic, plan)
    assert pressed(panel, {"do": "code"}) == [{"code": panel.as_code()}]
    assert panel.tools.code.layout.display == "none"
    assert pressed(panel, {"do": "show"}) == []
    assert panel.tools.code.value == panel.as_code() and not panel.tools.code.layout.display
    for strange in (None, [], {"do": "eval"}):
        assert pressed(panel, strange) == []


def test_an_error_while_making_code_is_shown_and_the_button_works_again(traffic, plan):
    panel = ui.budget(traffic, plan)
    panel.recipe = lambda: 1 / 0
    assert pressed(panel, {"do": "code"}) == [{}]
    assert "ZeroDivisionError" in panel.status.text
    panel.tools.show_code()
    assert panel.tools.code.value == ""


def test_without_anywidget_the_code_is_shown(traffic, plan, monkeypatch):
    tools.copy_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    panel = ui.budget(traffic, plan)
    assert panel.tools.copy.description == "Show as code"
    panel.tools.copy.click()
    assert panel.tools.code.value == panel.as_code()
    tools.copy_class.cache_clear()


def test_settings_are_saved_loaded_and_reset(traffic, plan, tmp_path):
    panel = ui.budget(traffic, plan)
    panel.tools.file.value = str(tmp_path / "mine.yaml")
    panel.daily_usd.value = 2.0
    panel.tools.buttons["save"].click()
    panel.tools.buttons["save"].click()
    assert panel.status.text.startswith("Settings are in mine.yaml. Budget $2.00")
    panel.tools.buttons["reset"].click()
    assert panel.config == BudgetConfig(4.0) and panel.daily_usd.value == 4.0
    panel.tools.buttons["load"].click()
    assert panel.config == BudgetConfig(2.0)
    panel.tools.file.value = str(tmp_path / "none.yaml")
    panel.tools.buttons["load"].click()
    assert "does not exist" in panel.status.text


def test_settings_of_another_panel_are_none_of_this_one(traffic, plan, tmp_path):
    (tmp_path / "s.yaml").write_text("panels: {export: {target: plan}}\n")
    panel = ui.budget(traffic, plan)
    with pytest.raises(InputError, match="holds no settings of the panel 'budget'"):
        panel.load_settings(str(tmp_path / "s.yaml"))


def test_the_sessions_own_file_is_read_again(traffic, plan, tmp_path):
    session = Session(tmp_path / "s.yaml")
    panel = ui.budget(traffic, plan, session=session)
    assert panel.tools.file.value == str(tmp_path / "s.yaml")
    other = Session(tmp_path / "s.yaml")
    other.keep("budget", replace(panel.config, daily_usd=1.5))
    other.save()
    panel.tools.buttons["load"].click()
    assert panel.config.daily_usd == 1.5 and "$1.50 a day" in panel.status.text


def test_pictures_are_described_by_their_titles_and_the_status(traffic, plan):
    panel = ui.budget(traffic, plan)
    assert "rl-said" in panel.status._dom_classes
    titles = [picture.title for picture in panel.frames.pictures.values()]
    assert panel.tools.copy.titles[: len(titles)] == titles
    panel.tools.describe(["a\x1b[31m\u202eb"])
    assert panel.tools.copy.titles == ["a[31mb"]


def test_every_button_has_a_name_and_texts_are_set_as_text(traffic, plan):
    panel = ui.budget(traffic, plan)
    assert all(button.description and button.tooltip for button in panel.tools.buttons.values())
    script = Path(tools.__file__).with_name("tools.js").read_text(encoding="utf-8")
    assert "innerHTML" not in script and "eval" not in script
    assert "run the cell again" in html_of(panel)


@pytest.mark.parametrize("value", [3.5, 10.5, 11.5, 19.5, 0.1])
def test_a_slider_stands_on_a_step_and_leaves_the_field_alone(value):
    """A browser puts a slider on a step and reports that; only a touch moves it to another one."""
    box, row = number("USD", value, 0.0, 20.0, 1.0 if value > 1 else 0.25)
    slider = row.children[1]
    kept = box.value
    assert slider.value == pytest.approx(round(slider.value / slider.step) * slider.step)
    slider.value = slider.value + 0.0  # what the browser reports
    assert box.value == kept
    slider.value = 7.0
    assert box.value == 7.0
    box.value = 10.5
    assert box.value == 10.5 and slider.value in (10.0, 11.0, 10.5)


def test_a_touched_slider_is_not_set_back_while_the_hand_moves_on():
    """A browser says 3.0000000000000004; 3.0 sent back would end the drag there."""
    box, row = number("USD", 5.0, 0.5, 20.0, 0.5)
    slider = row.children[1]
    slider.value = 3.0000000000000004
    assert (box.value, slider.value) == (3.0, 3.0000000000000004)
    box.value = 3.0
    assert slider.value == 3.0000000000000004
    box.value = 4.0
    assert slider.value == 4.0


def test_a_field_may_go_further_than_its_slider():
    box, row = number("USD", 5.0, 1.0, 10.0, 0.5, open_ended=True)
    slider = row.children[1]
    box.value = 140.0
    assert (box.value, slider.value) == (140.0, 10.0)
    slider.max = 200.0
    assert (box.value, slider.value) == (140.0, 140.0)
    slider.value = 20.0
    assert box.value == 20.0


def test_each_picture_is_described_by_its_own_title(plan, traffic):
    panel = ui.budget(traffic, plan)
    titles = panel.tools.copy.titles
    assert titles[0] == "Spend per day and model" and len(set(titles)) == len(titles) >= 5
    assert [picture.title for picture in pictures_in(panel)] == titles
