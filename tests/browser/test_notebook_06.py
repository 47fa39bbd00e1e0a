"""A reader opens notebook 06 in JupyterLab and narrows the days until the alarms are gone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from routelab.datasets import notebooks_dir

pytestmark = pytest.mark.browser
NOTEBOOK = notebooks_dir() / "06_watch.ipynb"


def stored() -> list[str]:
    """Return the texts of the outputs that are committed."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return ["".join(output["data"]["text/plain"]) for output in outputs]


def settled(page: Any, told: str) -> None:
    """Wait until the panel's picture belongs to its settings, and says this."""
    from playwright.sync_api import expect

    expect(page.locator(".rl-status")).to_contain_text(told)
    expect(page.locator(".rl-panel.rl-computing")).to_have_count(0)


def test_narrowing_the_days_finds_since_when(run_notebook):
    from lab_looks import check_looks
    from playwright.sync_api import expect

    _, panel, _, table, *_ = stored()  # the live panel, and its picture for later readers
    friday = re.search(r"2026-11-20 +(\d+) +(.+)", table)
    assert friday is not None
    page = run_notebook(NOTEBOOK)
    settled(page, panel)
    alarms = page.get_by_role("region", name="Alarms, warnings and notes")
    expect(alarms).to_contain_text("gpt-4.1-mini")

    first = page.get_by_role("slider", name="From day")
    first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("spinbutton", name="From day")).to_have_value("5")
    last = page.get_by_role("spinbutton", name="to day")
    last.fill("5")
    last.press("Enter")
    settled(page, f"Day 5 (Fri 2026-11-20): {int(friday[1]):,} requests")
    for kind in friday[2].split(", "):
        expect(alarms).to_contain_text(f"Alarm: {kind}.")

    last.fill("2")  # takes the first day along
    last.press("Enter")
    settled(page, "Day 2 (Tue 2026-11-17)")
    expect(page.locator(".rl-status")).to_contain_text("The field 'from day' went along.")
    expect(page.locator(".rl-status")).to_contain_text("0 alarms")
    page.get_by_label("Feature").select_option("input_tokens")
    settled(page, "Shown: input_tokens.")
    alarms.focus()
    assert alarms.evaluate("e => e === document.activeElement")
    check_looks(page, "notebook_06")
