"""Somebody who has never seen routelab runs notebook 00 in JupyterLab, and then on her own log."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from routelab.datasets import notebooks_dir

pytestmark = pytest.mark.browser
NOTEBOOK = notebooks_dir() / "00_start.ipynb"
BUNDLED = 'path = data_dir() / "traffic.parquet"'
LOG = """timestamp,input_tokens,output_tokens,model
2026-01-05T09:00:00Z,1200,300,gpt-4o
soon,80,20,gpt-4o
2026-01-05T09:05:00Z,80,20,gpt-4o
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The notebook with the path of a log in which one line cannot be read."""
    (tmp_path / "mine.csv").write_text(LOG)
    book = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = [cell for cell in book.cells if BUNDLED in cell.source]
    cell.source = cell.source.replace(BUNDLED, f"path = {str(tmp_path / 'mine.csv')!r}")
    path = tmp_path / "00_start.ipynb"
    nbformat.write(book, path)
    return path


def test_the_loop_runs_and_a_line_of_the_own_log_is_rejected_with_its_place(run_notebook, own):
    from lab_looks import check_looks
    from playwright.sync_api import expect

    page = run_notebook(own)
    expect(page.locator(".rl-panel")).to_have_count(3)
    texts = page.locator(".jp-OutputArea-output").all_inner_texts()
    assert any("mine.csv:3" in text and "is not a time" in text for text in texts)
    budget = page.locator(".rl-panel").nth(1)
    field = budget.get_by_role("spinbutton", name="Daily budget, USD")
    field.fill("8")
    field.press("Enter")
    expect(budget.locator("> .widget-html .rl-status")).to_contain_text("Budget $8.00 a day")
    watched = page.locator(".rl-panel").nth(2)
    expect(watched.get_by_role("region", name="Alarms")).to_contain_text("Alarm: agreement.")
    check_looks(page, "notebook_00")
