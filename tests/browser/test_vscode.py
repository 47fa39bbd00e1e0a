"""Notebooks in VS Code without the Jupyter extension: stored outputs, no kernel, no widgets."""

from __future__ import annotations

import nbformat
import pandas as pd
import pytest
from code_browser import CODE_SERVER, code_server, open_stored

import routelab as rl
from routelab import ui
from routelab.datasets import notebooks_dir

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CODE_SERVER,
        reason="no VS Code: make test-vscode installs it, or set CODE_SERVER to code-server",
    ),
]
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NO_RENDERER = "No renderer could be found"
PREFERRED = ("text/html", "image/png", "text/plain")
WIDTHS = """images => Promise.all(images.map(i => i.decode())).then(
  () => images.map(i => Math.min(i.naturalWidth, i.clientWidth)))"""
# How bright a cell's text is, and the page behind it, from 0 to 255.
BRIGHT = """cell => [getComputedStyle(cell).color, getComputedStyle(document.body).backgroundColor]
  .map(colour => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, x) => sum + x / 3, 0))"""


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    with code_server(tmp_path_factory.mktemp("code") / "home") as running:
        yield running


@pytest.fixture
def page(browser):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    yield page
    page.close()


def outputs_of(path):
    cells = nbformat.read(path, 4).cells
    return [output.data for cell in cells if "outputs" in cell for output in cell.outputs]


def check(frame, outputs, *, tables=True):
    """Compare what VS Code shows with the outputs of the file; return the page's text."""
    from playwright.sync_api import expect

    shown = [next(kind for kind in PREFERRED if kind in data) for data in outputs]
    images, body = frame.locator(".output img"), frame.locator("body")
    expect(images).to_have_count(shown.count("image/png"))
    if tables:
        expect(frame.locator(".output table")).to_have_count(shown.count("text/html"))
    for data, kind in zip(outputs, shown, strict=True):
        for line in data[kind].splitlines() if kind == "text/plain" else ():
            expect(body).to_contain_text(line.strip())
    assert all(width > 500 for width in images.evaluate_all(WIDTHS))
    return body.inner_text()


@pytest.mark.parametrize("path", sorted(notebooks_dir().glob("*.ipynb")), ids=lambda p: p.stem)
def test_vs_code_shows_every_stored_picture_table_and_text(path, code, page):
    text = check(open_stored(page, code, path), outputs_of(path))
    assert NO_RENDERER not in text and "Output is truncated" not in text


def test_a_live_panel_that_was_saved_is_its_picture(code, page, tmp_path):
    stamps = pd.to_datetime(["2026-01-05T00:00Z", "2026-01-06T01:00Z"])
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 90_000, "output_tokens": 9000})
    panel = ui.budget(traffic, rl.Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini"}, default="a"))
    live, metadata = panel._repr_mimebundle_()
    bare = {WIDGET_VIEW: live[WIDGET_VIEW]}  # VS Code says that it cannot show this one
    cells = [
        nbformat.v4.new_code_cell("panel", outputs=[output])
        for output in (
            nbformat.v4.new_output("display_data", live, metadata=metadata),
            nbformat.v4.new_output("display_data", bare),
        )
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "live.ipynb")
    frame = open_stored(page, code, tmp_path / "live.ipynb")
    frame.get_by_text(NO_RENDERER).wait_for()
    assert check(frame, [live]).count(NO_RENDERER) == 1


def test_a_dark_theme_has_bright_text_in_tables(browser, page, tmp_path):
    path = notebooks_dir() / "06_watch.ipynb"
    with code_server(tmp_path / "home", theme="dark") as code:
        frame = open_stored(page, code, path)
        check(frame, outputs_of(path))
        cells = frame.locator(".output th, .output td")
        text, behind = zip(*[cell.evaluate(BRIGHT) for cell in cells.all()], strict=True)
    assert max(behind) < 60 and min(text) > 150


def test_a_folder_that_is_not_trusted_shows_pictures_and_texts(browser, page, tmp_path):
    """VS Code hides HTML there, so tables are missing; no notebook can change that."""
    path = notebooks_dir() / "03_simulate_budget.ipynb"
    with code_server(tmp_path / "home", trusted=False) as code:
        frame = open_stored(page, code, path)
        assert NO_RENDERER not in check(frame, outputs_of(path), tables=False)
        assert "Restricted Mode" in page.inner_text("body")
