"""Panels outside JupyterLab: in Notebook 7, and as pictures for readers without a kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from lab_browser import READY, SHUTDOWN, jupyterlab, open_and_run

from routelab.datasets import notebooks_dir

pytestmark = pytest.mark.browser
SOURCE = """import pandas as pd
import routelab as rl
from routelab import ui

stamps = pd.to_datetime(["2026-01-05T00:00Z", "2026-01-06T01:00Z"])
traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 90_000, "output_tokens": 9000})
plan = rl.Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini"}, default="a")
ui.budget(traffic, plan)"""
SHOWN = """() => [...document.querySelectorAll('img')].map(
  i => ({ wide: i.naturalWidth, inside: i.src.startsWith('data:image/png') }))"""


def test_a_panel_lives_in_notebook_7(browser, tmp_path):
    pytest.importorskip("notebook", reason="no Notebook 7: pip install notebook")
    from playwright.sync_api import expect

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, tmp_path / "panel.ipynb")
    (tmp_path / "root").mkdir()
    with jupyterlab(tmp_path / "home", tmp_path / "root", program="notebook") as running:
        page = browser.new_page()
        open_and_run(page, running, tmp_path / "panel.ipynb")
        status = page.locator(".rl-panel > .widget-html .rl-status")
        expect(status).to_contain_text("Budget $")
        before = status.inner_text()
        handle = page.get_by_role("slider").first
        handle.focus()
        page.keyboard.press("ArrowLeft")
        expect(status).not_to_have_text(before)
        expect(status).to_contain_text(" cost $")
        assert page.locator(".rl-panel img").first.evaluate("i => i.naturalWidth") > 500
        page.evaluate(SHUTDOWN)
        page.close()


def test_a_notebook_that_a_reader_saved_shows_its_picture_without_the_kernel(
    browser, lab, tmp_path
):
    shown = (
        "() => [...document.querySelectorAll('.jp-OutputArea-child')].map(e => [e.offsetHeight, \
      (e.querySelector('.jp-RenderedImage img') || {}).naturalWidth || 0])"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, tmp_path / "saved.ipynb")
    page = browser.new_page()
    open_and_run(page, lab, tmp_path / "saved.ipynb")
    page.locator(".rl-panel > .widget-html .rl-status").wait_for()
    panel, picture = page.evaluate(shown)
    assert panel[0] > 500 and picture[0] == 0  # the picture hides beside the live panel
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate(SHUTDOWN)
    page.goto(lab.address("saved.ipynb"))
    page.locator(".jp-RenderedImage img").wait_for(state="visible")
    _, picture = page.evaluate(shown)
    assert picture[0] > 200 and picture[1] > 500
    page.wait_for_function(READY)
    page.evaluate(SHUTDOWN)
    page.close()


@pytest.mark.parametrize("path", sorted(notebooks_dir().glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_reader_without_a_kernel_sees_pictures_and_no_broken_widgets(path, browser, tmp_path):
    """As GitHub and an editor without a kernel show it: the stored outputs, nothing that runs."""
    from nbconvert import HTMLExporter

    page_file = tmp_path / "page.html"
    page_file.write_text(HTMLExporter().from_filename(str(path))[0], encoding="utf-8")
    page = browser.new_page()
    page.goto(Path(page_file).as_uri(), wait_until="domcontentloaded")
    shown = [image for image in page.evaluate(SHOWN) if image["inside"]]
    text = page.inner_text("body")
    page.close()
    outputs = [
        output
        for cell in nbformat.read(path, 4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    assert len(shown) == pictures and all(image["wide"] > 500 for image in shown)
    assert pictures or "model_list:" in text  # the export panel's picture is the file itself
    assert "application/vnd.jupyter" not in text and "Traceback" not in text
