"""How a page looks and reads: dark theme, narrow window, screenshots kept, accessibility rules."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab_browser import ROOT

#: Screenshots stay here after a run, outside git; CI keeps the folder as an artefact.
SHOTS = Path(os.environ.get("ROUTELAB_SHOTS") or ROOT / ".ci-artifacts" / "shots")
PANEL = ".rl-panel"
NARROW_PX = 480
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SET_THEME = """theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"""
SHOWN_THEME = "dark => document.body.dataset.jpThemeLight === (dark ? 'false' : 'true')"
IN_SIDEBAR = """() => window.jupyterapp.shell.leftCollapsed
  || window.jupyterapp.commands.execute('application:toggle-left-area')"""
SERIOUS = ("serious", "critical")


def set_theme(page: Any, theme: str) -> None:
    """Change the theme of JupyterLab, and wait until it shows."""
    page.evaluate(SET_THEME, THEMES[theme])
    page.wait_for_function(SHOWN_THEME, arg=theme == "dark")
    page.wait_for_timeout(300)  # its style sheets follow


@contextlib.contextmanager
def narrow(page: Any, width: int = NARROW_PX) -> Iterator[None]:
    """Make the window as narrow as a phone's, without the file browser; then as it was."""
    before = page.viewport_size
    page.evaluate(IN_SIDEBAR)
    page.set_viewport_size({"width": width, "height": before["height"]})
    page.wait_for_timeout(400)
    try:
        yield
    finally:
        page.set_viewport_size(before)


def shot(page: Any, name: str, selector: str = PANEL) -> Path:
    """Keep a screenshot of the first panel, or of what `selector` finds."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.locator(selector).first.screenshot(path=path)
    return path


def violations(page: Any, selector: str = PANEL) -> list[str]:
    """Return the serious violations that axe-core finds inside `selector`, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=selector).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def overflow(page: Any, number: int = 0) -> int:
    """Return by how many pixels the panel of this number is wider than the room that it has."""
    return int(page.locator(PANEL).nth(number).evaluate("e => e.scrollWidth - e.clientWidth"))


def check_looks(page: Any, name: str) -> None:
    """Keep the panel in light, dark and narrow, and hold it to the rules in all of them."""
    problems = []
    for theme in ("light", "dark"):
        set_theme(page, theme)
        shot(page, f"{name}_{theme}")
        problems += [f"{theme}: {line}" for line in violations(page)]
    set_theme(page, "light")
    with narrow(page):
        shot(page, f"{name}_narrow")
        wide = overflow(page)
    assert not problems, "\n".join(problems)
    assert wide <= 0, f"{name}: the panel is {wide} pixels wider than a narrow window"
