"""What one notebook found another has: the plan of 03 is the one that 04 exports."""

from __future__ import annotations

import re

import pytest
from lab_browser import SHUTDOWN, open_and_run

from routelab.datasets import notebooks_dir

pytestmark = pytest.mark.browser


def test_the_plan_that_was_simulated_is_the_one_that_is_exported(run_notebook, browser, lab):
    from playwright.sync_api import expect

    page = run_notebook(notebooks_dir() / "03_simulate_budget.ipynb")
    status = page.locator(".rl-panel > .widget-html .rl-status")
    expect(status).to_contain_text("Budget $16.00 a day")
    budget = page.get_by_label("Daily budget, USD").first
    budget.fill("9")
    budget.press("Enter")
    expect(status).to_contain_text("Budget $9.00 a day")
    page.get_by_role("button", name="Use as the plan").click()
    expect(status).to_contain_text("The other panels have the plan with these settings now.")
    file = lab.root / "routelab-session.plan.yaml"
    assert "limit_usd: 9.0" in file.read_text(encoding="utf-8")
    page.wait_for_timeout(1500)  # the session is written a moment after the last touch

    other = browser.new_page()
    open_and_run(other, lab, notebooks_dir() / "04_export_config.ipynb")
    plan = other.locator(".rl-plan textarea").first
    expect(plan).to_have_value(re.compile(r"limit_usd: 9\.0"))
    other.evaluate(SHUTDOWN)
    other.close()
