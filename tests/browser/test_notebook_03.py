"""A reader opens notebook 03 in JupyterLab and moves every control: numbers and pictures follow."""

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


def shown(page: Any) -> bytes:
    """Return the bytes of the panel's first picture on the page."""
    return base64.b64decode(
        page.locator("img.widget-image").first.evaluate(
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
    """Wait for the settings to arrive; status, numbers and picture are then the library's."""
    from playwright.sync_api import expect

    config = replace(config, **changed)
    panel.update(**{name: getattr(config, name) for name in BudgetConfig.__slots__})
    panel.wait()
    told = page.locator(".rl-panel > .widget-html .rl-status")
    expect(told).to_have_text(panel.status.text)
    spent = panel.result.replay.summary["spend_usd"]
    expect(page.locator(".rl-fact").first).to_have_text(f"${spent:,.2f}")
    expect(number(page, "Daily budget, USD")).to_have_value(
        re.compile(rf"{config.daily_usd:g}(\.0)?")
    )
    for _ in range(240):
        if shown(page) == panel.picture.value:
            return config
        page.wait_for_timeout(250)
    raise AssertionError("the picture is not the library's")


def number(page: Any, name: str) -> Any:
    """Return a number field; the slider beside it has the same name."""
    return page.get_by_role("spinbutton", name=name)


def typed(page: Any, name: str, value: float) -> None:
    """Type a number into its field, as with a keyboard."""
    number(page, name).fill(str(value))
    number(page, name).press("Enter")


def check_heights(page: Any) -> None:
    """Hold each row of tabs to one height: what stands below does not jump."""
    shown = page.locator(".rl-panel")
    heights = set()
    for tab in shown.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(100)
        heights.add(shown.evaluate("panel => panel.offsetHeight"))
    assert len(heights) == 1, heights


def check_narrow(page: Any) -> None:
    """Hold pictures to a size that can be read on a narrow screen: 1 is an inch of 100 pixels."""
    from lab_looks import narrow

    with narrow(page, 420):
        shares = page.locator(".rl-panel img.widget-image:visible").evaluate_all(
            "all => all.map(image => image.clientWidth * 110 / image.naturalWidth / 100)"
        )
    assert len(shares) == 5 and min(shares) > 0.6, shares


def test_every_control_changes_numbers_and_picture(run_notebook, panel, tmp_path):
    from lab_looks import check_looks
    from playwright.sync_api import expect

    page = run_notebook(notebooks_dir() / "03_simulate_budget.ipynb")
    page.locator("img.widget-image").first.scroll_into_view_if_needed()
    config = settled(page, panel, panel.config)
    first = shown(page)

    handle = page.get_by_role("slider").first  # by keyboard
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    lower = settled(page, panel, config, daily_usd=position(page))
    assert lower.daily_usd < config.daily_usd
    assert shown(page) != first

    box = handle.bounding_box()  # by mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 45, y, steps=8)
    page.mouse.up()
    config = settled(page, panel, lower, daily_usd=position(page))
    assert config.daily_usd < lower.daily_usd

    typed(page, "Daily budget, USD", 200)  # the field goes further than the slider
    panel.update(daily_usd=200.0)
    expect(page.locator(".rl-panel > .widget-html .rl-status")).to_have_text(panel.status.text)
    typed(page, "Daily budget, USD", 0)
    expect(page.get_by_role("alert").filter(has_text="must be above 0 USD")).to_be_visible()
    expect(number(page, "Daily budget, USD")).to_have_value("200")
    typed(page, "Daily budget, USD", config.daily_usd)

    choose = {"label": "goes to cheap"}
    page.get_by_label("A spent budget").select_option(**choose)
    config = settled(page, panel, config, downgrade="to:cheap")
    typed(page, "Soft limit, % of it", 80)
    config = settled(page, panel, config, soft_percent=80)
    typed(page, "Expected output, tokens", 500)
    config = settled(page, panel, config, expected_output_tokens=500)
    page.get_by_label("Tier", exact=True).select_option(label="pro")
    typed(page, "Tier's budget, USD", 2)
    config = settled(page, panel, config, tier_usd=(("pro", 2.0),))
    page.get_by_label("Budget of").select_option(label="azure: the gateway's, 24 hours that drift")
    config = settled(page, panel, config, window="provider:azure")
    page.get_by_label("Budget of").select_option(label="the whole plan, from its midnight on")
    config = settled(page, panel, config, window="day")

    page.get_by_role("tab", name="Outage and traffic").click()
    page.get_by_label("Which outage").select_option(label="by hand")
    page.get_by_label("Provider that fails").select_option(label="azure")
    typed(page, "Hours into the log", 12)
    typed(page, "Outage, hours", 3)
    by_hand = {"incident": 0, "provider": "azure", "start_hour": 12.0, "outage_hours": 3.0}
    config = settled(page, panel, config, **by_hand)

    page.get_by_role("tab", name="Fallbacks").click()
    page.get_by_label("in this order").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Up", exact=True).focus()
    page.keyboard.press("Enter")
    config = settled(page, panel, config, chains=(("strong", "cheap", "mid"),))
    for left in ("1. mid", ""):
        page.get_by_role("button", name="Remove", exact=True).press("Enter")
        expect(page.get_by_label("in this order")).to_have_text(left)
    config = settled(page, panel, config, chains=(("strong",),))
    page.get_by_label("Fallbacks", exact=True).uncheck()
    config = settled(page, panel, config, fallbacks=False)

    page.get_by_label("Downgrades by").select_option(label="tier")
    config = settled(page, panel, config, who="tier")
    name = panel.result.downgraded("tier")[0][0]
    expect(page.locator(".rl-told", has_text="Whom budgets").first).to_contain_text(name)

    page.get_by_role("tab", name="Compare plans").click()
    page.get_by_role("button", name="Pin as A").click()
    panel.pin()
    config = settled(page, panel, config, pinned=panel.config.pinned)
    typed(page, "Outage, hours", 1)
    config = settled(page, panel, config, outage_hours=1.0)
    more = panel.result.total_usd - panel.result.pinned.total_usd
    expect(page.locator(".rl-told", has_text="Plan A, pinned")).to_contain_text(f"+${more:,.2f}")
    page.get_by_role("button", name="Forget A").click()
    config = settled(page, panel, config, pinned=())

    page.get_by_role("tab", name="Sweep").click()
    page.get_by_label("Daily limits times").select_option(label="fallbacks on and off")
    page.get_by_role("button", name="Sweep", exact=True).press("Enter")
    expect(page.locator(".rl-status", has_text="12 of 12 settings replayed on")).to_be_visible()
    page.get_by_label("Points", exact=True).focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Use this point").click()
    panel.update(sweep_by="fallbacks")
    panel.sweeper.run()
    panel.sweeper.job.join()
    last = dict(panel.sweeper.found.policies[-1].values)
    config = settled(page, panel, config, sweep_by="fallbacks", **last)
    points = page.locator(".rl-points img")  # and the same by a click
    box = points.bounding_box()
    x, y = panel.sweeper._places[0]
    points.click(position={"x": x * box["width"], "y": y * box["height"]})
    expect(number(page, "Daily budget, USD")).not_to_have_value(f"{last['daily_usd']:g}")
    near = [dict(p.values) for p in panel.sweeper.found.policies]
    usd = float(number(page, "Daily budget, USD").input_value())
    assert usd in {point["daily_usd"] for point in near}

    page.get_by_role("tab", name="Another log").click()
    page.get_by_label("Log file").fill("nothing.csv")
    page.get_by_role("button", name="Load log", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="nothing.csv")).to_be_visible()
    own = tmp_path / "own.csv"
    own.write_text("time,prompt_tokens,completion_tokens\n2026-03-02T10:00:00Z,12,5\n")
    own.write_text(own.read_text() + "2026-03-02T10:00:00Z,12,5\n" * 450_000)  # more than 10 MB
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload log").click()
    chooser.value.set_files(own)
    expect(page.locator(".rl-status", has_text="The panel shows own.csv")).to_be_visible()
    expect(page.locator(".rl-panel > .widget-html .rl-status")).to_contain_text(
        "A sample of 200,000 of 450,001 requests."
    )

    page.get_by_role("tab", name="Outage and traffic").click()
    page.get_by_role("button", name="Reset").click()
    panel.reset()
    config = settled(page, panel, panel.config)
    typed(page, "Traffic, times the log's", 1.5)  # in the background
    settled(page, panel, config, growth=1.5)
    page.get_by_role("button", name="Reset").click()
    panel.reset()
    settled(page, panel, panel.config)

    check_heights(page)
    page.get_by_role("tab", name="Who and why").click()
    check_narrow(page)
    check_looks(page, "notebook_03")
