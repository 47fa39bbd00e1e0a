"""What all panels share, in a real browser: names, keys, code, themes, width, a lost kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.browser
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    "\u202e\x1b[31m $\\frac{ "
)
SOURCES = [
    f"""import json
import pandas as pd
import routelab as rl
from routelab import ui

evil = json.loads({json.dumps(json.dumps(HOSTILE))})
huge = evil + "x" * 1_000_000
stamps = pd.to_datetime(["2026-01-05T00:00Z", "2026-01-06T01:00Z", "2026-01-06T02:00Z"])
tokens = {{"input_tokens": 9000, "output_tokens": 900}}
texts = dict.fromkeys(["user", "model", "prompt"], evil)
traffic = pd.DataFrame({{"timestamp": stamps, **texts, **tokens}})
plan = rl.Plan(models={{evil: "gpt-4o", "b": "gpt-4o-mini"}}, default="b", name=evil)
router = rl.make_router("centroid").fit(["sort a list", evil], [evil, "b"])
table = pd.DataFrame({{"prompt": ["sort a list", "fix a loop", evil, huge] * 2,
                      "label": ["b", "b", evil, evil] * 2}})""",
    "ui.budget(traffic, plan)",
    "ui.explore({evil: router}, [evil, huge, 'sort'], plan=plan, show_prompts=True)",
    "ui.compare(rl.compare({evil: rl.make_router('centroid')}, table, cv=2, n_boot=100))",
    "ui.export(plan)",
    "ui.profile(traffic)",
]
PANELS = len(SOURCES) - 1
TITLES = "() => [...document.querySelectorAll('.rl-panel img')].map(i => i.alt)"
NAMES = "() => [...document.querySelectorAll('.rl-panel [role=slider]')].map(e => e.ariaLabel)"
COPIED = "() => navigator.clipboard.readText()"
SAID_ABOVE = "e => getComputedStyle(e, '::before').content"
ALIVE = (
    "button:enabled:not(.rl-go), select:enabled, input:enabled:not([readonly]), "
    "[role=slider][tabindex]"
)
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"


def written(path: Path, sources: list[str]) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, path)
    return path


def wait(page: Any, panels: int) -> None:
    """Wait until every panel and its tools are there, and the tools have named what they name."""
    page.wait_for_function(
        """count => document.querySelectorAll('.rl-panel').length === count
          && document.querySelectorAll('.rl-copy').length === count
          && [...document.querySelectorAll('.rl-panel [role=slider]')].every(e => e.ariaLabel)
          && [...document.querySelectorAll('.rl-panel img')].every(e => e.alt)""",
        arg=panels,
    )


def test_panels_are_named_copied_used_by_key_and_say_that_their_kernel_has_gone(
    run_notebook, tmp_path
):
    from lab_looks import narrow, overflow, set_theme, shot, violations
    from playwright.sync_api import expect

    page = run_notebook(written(tmp_path / "panels.ipynb", SOURCES))
    wait(page, PANELS)
    assert "Daily budget, USD" in page.evaluate(NAMES)
    assert page.evaluate(TITLES)[0].startswith("Spend per day and model. Budget $")

    problems = []
    for theme in ("dark", "light"):
        set_theme(page, theme)
        problems += [f"{theme}: {line}" for line in violations(page)]
        shot(page, f"panel_budget_{theme}")
    assert not problems, "\n".join(problems)
    with narrow(page):
        assert [overflow(page, number) for number in range(PANELS)] == [0] * PANELS
        shot(page, "panel_budget_narrow")

    page.set_viewport_size({"width": 1400, "height": 420})  # the status is out of sight
    field = page.get_by_role("spinbutton", name="Daily budget, USD")
    field.fill("0")
    field.press("Enter")
    near = page.locator(".rl-near")
    expect(near).to_contain_text("must be above 0 USD")
    below, own = near.bounding_box(), field.bounding_box()
    assert 0 <= below["y"] - own["y"] - own["height"] < 10
    page.keyboard.press("ArrowUp")  # the next touch: it goes
    expect(near).to_have_count(0)
    page.set_viewport_size({"width": 1400, "height": 1100})

    compared = page.locator(".rl-panel").nth(2)  # arrow keys change the list, not the cell
    figure = compared.get_by_label("Figure")
    before = figure.input_value()
    figure.focus()
    page.keyboard.press("ArrowDown")
    expect(figure).not_to_have_value(before)

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    compared.locator(".rl-copy").focus()
    page.keyboard.press("Enter")
    expect(compared.locator(".rl-copied")).to_have_text("copied")
    chosen = figure.input_value()
    assert f"panel.update(metric='{chosen}')" in page.evaluate(COPIED)
    assert page.title() != "owned"

    expect(page.locator(".rl-restart").first).to_be_hidden()
    page.evaluate(RESTART)
    expect(page.locator(".rl-restart").first).to_be_visible()
    for number in range(PANELS):
        told = page.locator(".rl-panel").nth(number).evaluate(SAID_ABOVE)
        assert "run the cell again" in told
    assert page.locator(".rl-panel").locator(ALIVE).count() == 0
    shot(page, "panel_without_kernel")


def test_the_report_keeps_the_rules_in_light_and_dark(browser, tmp_path):
    import pandas as pd
    from lab_looks import shot, violations

    import routelab as rl
    from routelab.report import write_report

    table = pd.DataFrame(
        {"prompt": ["sort a list", "fix a loop", HOSTILE, "a poem"] * 2,
         "label": ["b", "b", HOSTILE, HOSTILE] * 2}
    )  # fmt: skip
    stamps = pd.to_datetime(["2026-01-05T00:00Z", "2026-01-06T01:00Z"])
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 9000, "output_tokens": 900})
    plan = rl.Plan(models={"a": "gpt-4o"}, default="a")
    path = write_report(
        tmp_path / "report.html", replay=rl.simulate(traffic.assign(user=HOSTILE), plan),
        comparisons={HOSTILE: rl.compare(["centroid"], table, cv=2, n_boot=100)}, title=HOSTILE,
    )  # fmt: skip
    page = browser.new_page()
    page.goto(path.resolve().as_uri())
    problems = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        problems += [f"{theme}: {line}" for line in violations(page, "body")]
        shot(page, f"report_{theme}", "body")
    assert page.title() != "owned"
    page.close()
    assert not problems, "\n".join(problems)
