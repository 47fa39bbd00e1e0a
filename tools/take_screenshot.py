"""Take the README's picture: JupyterLab with notebook 03 at work.

    python tools/take_screenshot.py                       # notebooks/images/notebook.png
    python tools/take_screenshot.py --theme dark --out dark.png

Needs JupyterLab, playwright and a Chromium on the machine.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from lab_browser import ROOT, chromium, jupyterlab, open_and_run
from PIL import Image

NOTEBOOK = ROOT / "notebooks" / "03_simulate_budget.ipynb"
PICTURE = ROOT / "notebooks" / "images" / "notebook.png"
BUDGET_USD = "9"
OUTAGE_HOURS = "4"
# The README shows the notebook, not the file browser beside it.
HIDE_SIDEBAR = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"


def show_panel(page: Any) -> None:
    """Move the panel's settings to where something happens, and bring it into view."""
    for label, value in (("Daily budget, USD", BUDGET_USD), ("Outage, hours", OUTAGE_HOURS)):
        field = page.get_by_role("spinbutton", name=label)
        field.fill(value)
        field.press("Enter")
    page.get_by_label("Fallbacks", exact=True).uncheck()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.rl-status')]
          .some(e => e.textContent.includes('fallbacks off'))"""
    )
    page.evaluate(HIDE_SIDEBAR)
    page.wait_for_timeout(1500)  # the sidebar slides
    page.locator(".rl-panel").evaluate("e => e.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(500)


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the README's picture.")
    parser.add_argument("--out", type=Path, default=PICTURE)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "root").mkdir()
        raw = home / "raw.png"
        viewport = {"width": 1240, "height": 1080}
        with (
            jupyterlab(home / "config", home / "root", theme=options.theme) as lab,
            chromium(home / "profile", viewport=viewport, device_scale_factor=1.5) as browser,
        ):
            page = browser.new_page()
            open_and_run(page, lab, NOTEBOOK)
            show_panel(page)
            page.screenshot(path=raw)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        method = Image.Quantize.MAXCOVERAGE  # keeps the few red pixels red
        small = Image.open(raw).convert("RGB").quantize(256, method, dither=Image.Dither.NONE)
        small.save(options.out, optimize=True)
    print(f"{options.out}: {options.out.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
