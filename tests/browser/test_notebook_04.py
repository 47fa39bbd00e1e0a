"""A reader opens notebook 04 in JupyterLab, edits the plan and takes what the library writes."""

from __future__ import annotations

import importlib.util
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from routelab import Plan, export
from routelab.datasets import data_dir, notebooks_dir
from routelab.exporters import lint
from routelab.ui._export_diff import changes
from routelab.ui._export_mask import masked
from routelab.ui._export_plan import plan_text, read_plan, router_key

pytestmark = pytest.mark.browser
COPIED = "() => navigator.clipboard.readText()"
SELECTED = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
SECRET = "hunter2-of-the-team"


def written(plan: Plan, folder: Path, target: str = "litellm") -> dict[str, bytes]:
    """Return what the library itself writes."""
    result = export(plan, target=target, directory=folder)
    return {file.as_posix(): (folder / file).read_bytes() for file in result.files}


def downloaded(page: Any, button: str) -> tuple[str, bytes]:
    """Press a button by keyboard; return the name and the bytes of what it downloads."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_the_plan_is_edited_compared_taken_away_and_proved(run_notebook, tmp_path):
    import yaml
    from lab_looks import check_looks
    from playwright.sync_api import expect

    plan = Plan.from_yaml(data_dir() / "plan.yaml").fitted()
    files = written(plan, tmp_path / "first")
    page = run_notebook(notebooks_dir() / "04_export_config.ipynb")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = page.locator(".rl-panel")
    area, shown = panel.locator(".rl-plan textarea"), panel.get_by_label("config.yaml", exact=True)
    expect(shown).to_have_value(files["config.yaml"].decode())
    expect(area).to_have_value(plan_text(plan))

    # lint, and the line that it is about
    finding = lint(tmp_path / "first" / "config.yaml")[-1]
    found = panel.get_by_label("What lint says of config.yaml").get_by_role("listitem").last
    expect(found).to_contain_text(finding.message)
    found.get_by_role("button").press("Enter")
    line = files["config.yaml"].decode().splitlines()[finding.line - 1]
    assert shown.evaluate(SELECTED) == line

    # what is wrong has its line, and the plan before stays
    area.fill(plan_text(plan).replace("default: mid", "default: mit"))
    told = panel.locator(".rl-status").first
    expect(told).to_contain_text("default: there is no model group 'mit' (did you mean 'mid'?)")
    panel.get_by_label("What is wrong with the plan").get_by_role("button").press("Enter")
    assert area.evaluate(SELECTED) == "default: mit"
    expect(shown).to_have_value(files["config.yaml"].decode())
    back = panel.get_by_role("button", name="Back to the plan in use")
    back.focus()
    page.keyboard.press("Enter")
    expect(area).to_have_value(plan_text(plan))
    expect(back).to_be_disabled()
    page.keyboard.press("Tab")  # from where the button was, not from the top of the page
    assert page.evaluate("e => e === document.activeElement", area.element_handle())

    # what is right is taken
    text = plan_text(plan).replace("num_retries: 1", "num_retries: 3")
    edited = read_plan(text, {router_key(plan.router): plan.router.fitted})
    area.fill(text)
    files = written(edited, tmp_path / "second")
    expect(shown).to_have_value(files["config.yaml"].decode())
    assert downloaded(page, "Download file") == ("config.yaml", files["config.yaml"])
    name, content = downloaded(page, "Download all (zip)")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert name == "litellm.zip"
        assert {n: archive.read(n) for n in archive.namelist()} == files
    panel.get_by_role("button", name="Copy file").press("Enter")
    expect(panel.locator(".rl-file-told").nth(1)).to_have_text("copied")
    assert page.evaluate(COPIED) == files["config.yaml"].decode()

    # against the config in use
    in_use = {**yaml.safe_load((tmp_path / "first" / "config.yaml").read_bytes())}
    in_use["general_settings"] = {"master_key": SECRET}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(in_use))
    panel.get_by_role("tab", name="Config in use").click()
    with page.expect_file_chooser() as chooser:
        panel.locator(".widget-upload").click()
    chooser.value.set_files(str(tmp_path / "mine.yaml"))
    words = changes(masked(in_use), masked(yaml.safe_load(files["config.yaml"])))
    assert "setting changed: router_settings.num_retries: 1 to 3" in words
    expect(panel.locator(".widget-upload")).to_have_text("Choose the config in use")
    expect(panel.get_by_text("in use: mine.yaml")).to_be_visible()
    expect(panel.get_by_text(f"{len(words)} changes from mine.yaml to this export")).to_be_visible()
    expect(panel.locator("ul.rl-lines li")).to_have_text(words)
    expect(panel.locator(".rl-added").filter(has_text="num_retries: 3")).to_have_count(1)
    assert SECRET not in panel.inner_html()
    check_looks(page, "notebook_04")

    # targets and files
    panel.get_by_label("File", exact=True).select_option("NOT_EXPORTED.md")
    expect(panel.get_by_label("NOT_EXPORTED.md")).to_have_value(files["NOT_EXPORTED.md"].decode())
    panel.get_by_label("Target").select_option("plan")
    plain = written(edited, tmp_path / "third", "plan")
    panel.get_by_label("File", exact=True).select_option("plan.yaml")
    expect(panel.get_by_label("plan.yaml")).to_have_value(plain["plan.yaml"].decode())
    panel.get_by_label("Target").select_option("onnx")  # it cannot hold this router
    expect(panel.locator(".rl-refused .rl-status")).to_contain_text("takes dense vectors")
    expect(panel.locator(".rl-status").last).to_contain_text("takes dense vectors")
    expect(panel.locator(".rl-status").first).to_contain_text("This is the plan in use")
    expect(panel.get_by_label("Target")).to_have_value("plan")
    panel.get_by_role("button", name="Reset").press("Enter")
    expect(area).to_have_value(plan_text(plan))
    expect(shown).to_have_value(written(plan, tmp_path / "again")["config.yaml"].decode())

    prove(page, panel)
    check_looks(page, "notebook_04_proof")


def prove(page: Any, panel: Any) -> None:
    """Prove on the real proxy: numbers, cancel while it starts, and the result."""
    from playwright.sync_api import expect

    panel.get_by_role("tab", name="Proof").click()
    prompts = panel.get_by_role("spinbutton", name="Prompts to prove with")
    prompts.fill("3")
    prompts.press("Enter")
    slider = panel.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuenow", re.compile(r"3(\.0)?"))
    slider.press("ArrowRight")
    expect(prompts).to_have_value("4")
    failures = panel.get_by_label(re.compile("Inject failures"))
    failures.check()
    failures.uncheck()  # they take 15 s per group
    start = panel.get_by_role("button", name="Prove on the real proxy")
    stop = panel.get_by_role("button", name="Cancel the proof")
    start.press("Enter")
    if importlib.util.find_spec("litellm") is None:
        expect(panel.get_by_text('pip install "routelab[litellm]"')).to_be_visible()
        return
    expect(panel.get_by_text("reading LiteLLM, and what the plan decides")).to_be_visible()
    expect(panel.get_by_text("starting LiteLLM's proxy (about 20 s)")).to_be_visible()
    expect(panel.get_by_text(re.compile(r"^[1-9]\d* s$"))).to_be_visible()
    page.keyboard.press("Tab")  # the focus is where Prove was pressed
    assert stop.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("cancelled; the proxy has been stopped")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert start.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("4 of 4 prompts served by the plan's group")).to_be_visible()
    expect(panel.get_by_text("does what the plan decides")).to_be_visible()
    assert start.evaluate("e => e === document.activeElement")  # it came back
    expect(panel.locator("pre.rl-lines").last).to_contain_text("models    5 loaded of 5 written")
