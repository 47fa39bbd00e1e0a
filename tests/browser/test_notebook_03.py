"""A reader opens notebook 03 in JupyterLab and moves the budget: numbers and picture follow."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routelab import Plan, read_outages
from routelab.datasets import data_dir, load_traffic, notebooks_dir
from routelab.ui import BudgetConfig, budget

pytestmark = pytest.mark.browser
BUDGET = re.compile(r"Budget \$([\d,.]+) a day, fallbacks (on|off)")


@pytest.fixture(scope="module")
def panel() -> Any:
    """The panel of the notebook, without a browser."""
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    return budget(load_traffic(), plan, outages=read_outages(data_dir() / "outages.csv"))


def expected(panel: Any, config: BudgetConfig) -> tuple[str, bytes]:
    """Return the status and the picture that the library computes for the settings."""
    panel.update(**{name: getattr(config, name) for name in BudgetConfig.__slots__})
    return panel.status.text, panel.picture.value


def shown(page: Any) -> bytes:
    """Return the bytes of the panel's picture on the page."""
    return base64.b64decode(
        page.locator("img.widget-image").evaluate(
            """async image => {
              const data = await (await fetch(image.src)).arrayBuffer();
              return btoa(Array.from(new Uint8Array(data), b => String.fromCharCode(b)).join(''));
            }"""
        )
    )


def daily_usd(page: Any) -> float:
    """Return the budget that the status line names."""
    found = BUDGET.search(page.locator(".rl-status").inner_text())
    assert found is not None
    return float(found[1].replace(",", ""))


def settled(page: Any, before: float) -> float:
    """Wait until the status names another budget twice in a row, and return it."""
    last = before
    for _ in range(80):
        page.wait_for_timeout(250)
        now = daily_usd(page)
        if now != before and now == last:
            return now
        last = now
    raise AssertionError(f"the status still says {before}")


def agrees(page: Any, panel: Any, config: BudgetConfig) -> None:
    """Check status and picture on the page against the library."""
    from playwright.sync_api import expect

    told, picture = expected(panel, config)
    expect(page.locator(".rl-status")).to_contain_text(told)
    assert shown(page) == picture


def test_moving_the_budget_changes_numbers_and_picture(run_notebook, panel, tmp_path):
    from playwright.sync_api import expect

    page = run_notebook(notebooks_dir() / "03_simulate_budget.ipynb")
    picture = page.locator("img.widget-image")
    picture.scroll_into_view_if_needed()
    config = panel.config
    agrees(page, panel, config)
    start, first = daily_usd(page), shown(page)

    handle = page.get_by_role("slider").first  # by keyboard
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    lower = settled(page, start)
    assert lower < start
    config = replace(config, daily_usd=float(field(page).input_value()))
    agrees(page, panel, config)
    assert shown(page) != first

    box = handle.bounding_box()  # by mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 45, y, steps=8)
    page.mouse.up()
    assert settled(page, lower) < lower
    config = replace(config, daily_usd=float(field(page).input_value()))
    agrees(page, panel, config)

    page.get_by_label("Fallbacks").uncheck()
    expect(page.locator(".rl-status")).to_contain_text("fallbacks off")
    agrees(page, panel, replace(config, fallbacks=False))
    folder = Path(os.environ.get("ROUTELAB_SCREENSHOTS") or tmp_path)
    page.screenshot(path=folder / "notebook_03.png")


def field(page: Any) -> Any:
    """Return the number field beside the slider, which screen readers find by its label."""
    return page.get_by_label("Daily budget, USD")
