"""A reader opens notebook 03 in JupyterLab and moves the budget: numbers and picture follow."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import pytest

from routelab import Plan, read_outages
from routelab.datasets import data_dir, load_traffic, notebooks_dir
from routelab.ui import BudgetConfig, budget

pytestmark = pytest.mark.browser


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


def position(page: Any) -> float:
    """Return where the slider's handle stands: the browser moves it, without the kernel."""
    return float(page.get_by_role("slider").first.get_attribute("aria-valuenow"))


def settled(page: Any, panel: Any, config: BudgetConfig, **changed: Any) -> BudgetConfig:
    """Wait for the settings to arrive, and check status and picture against the library."""
    from playwright.sync_api import expect

    config = replace(config, daily_usd=position(page), **changed)
    told, picture = expected(panel, config)
    expect(page.locator(".rl-status")).to_contain_text(told)
    expect(field(page)).to_have_value(re.compile(rf"{config.daily_usd:g}(\.0)?"))
    for _ in range(240):
        if shown(page) == picture:
            return config
        page.wait_for_timeout(250)
    raise AssertionError("the picture is not the library's")


def test_moving_the_budget_changes_numbers_and_picture(run_notebook, panel):
    from lab_looks import check_looks

    page = run_notebook(notebooks_dir() / "03_simulate_budget.ipynb")
    picture = page.locator("img.widget-image")
    picture.scroll_into_view_if_needed()
    config = settled(page, panel, panel.config)
    first = shown(page)

    handle = page.get_by_role("slider").first  # by keyboard
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    lower = settled(page, panel, config)
    assert lower.daily_usd < config.daily_usd
    assert shown(page) != first

    box = handle.bounding_box()  # by mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 45, y, steps=8)
    page.mouse.up()
    lowest = settled(page, panel, lower)
    assert lowest.daily_usd < lower.daily_usd

    page.get_by_label("Fallbacks").uncheck()
    settled(page, panel, lowest, fallbacks=False)
    check_looks(page, "notebook_03")


def field(page: Any) -> Any:
    """Return the number field; the slider beside it has the same name."""
    return page.get_by_role("spinbutton", name="Daily budget, USD")
