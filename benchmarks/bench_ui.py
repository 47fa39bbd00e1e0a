"""How long a touch takes: from the key press to the settled picture, in a real JupyterLab.

    python benchmarks/bench_ui.py --presses 25

One JSON line per panel on standard output: milliseconds, median and 90th percentile, beside a bare
echo (a slider's number through the kernel) in the same run. Needs the extra `test` and Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from lab_browser import READY, SHUTDOWN, chromium, jupyterlab, open_and_run  # noqa: E402

REQUESTS = 20_000
QUIET_MS = 500
ECHO = "echo"
SETUP = f"""import ipywidgets as w
import pandas as pd
import routelab as rl
from routelab import ui
from routelab.datasets import data_dir, load_prompts, load_traffic

traffic = load_traffic().head({REQUESTS})
plan = rl.Plan.from_yaml(data_dir() / "plan.yaml").fitted()
prompts = load_prompts()
table = pd.DataFrame({{"prompt": prompts["prompt"], "label": prompts["complexity"]}})
intents = table.assign(label=[f"intent {{i % 150}}" for i in range(len(table))])
asked = pd.concat([prompts[["prompt"]]] * ({REQUESTS} // len(prompts) + 1)).head({REQUESTS})
routers = {{
    kind: rl.make_router(kind).fit(table["prompt"].tolist(), table["label"].tolist())
    for kind in ("centroid", "linear", "knn")
}}"""
# The echo is made like a panel, so that it is measured in the same way.
ECHO_CELL = """slider, told = w.IntSlider(max=1000), w.HTML("0")
slider.observe(lambda change: setattr(told, "value", str(change.new)), "value")
box = w.VBox([slider, told])
box.add_class("rl-panel")
box"""
PANELS = {
    ECHO: ECHO_CELL,
    "explore": "ui.explore(routers, asked, plan=plan, show_prompts=True)",
    "compare": """ui.compare(
    rl.compare(["centroid", "linear"], table, cv=2, n_boot=200), plan=plan, traffic=traffic
)""",
    "compare, 150 classes": 'ui.compare(rl.compare(["centroid"], intents, cv=2, n_boot=200))',
    "budget": "ui.budget(traffic, plan)",
    "export": "ui.export(plan)",
    "profile": "ui.profile(traffic)",
    "watch": "ui.watch(traffic, plan, n_paths=2)",
}
# The press counts from the event; the answer when the last picture is decoded and a frame drawn.
WATCH = """number => {
  const panel = document.querySelectorAll('.rl-panel')[number];
  const watch = window.rlWatch = { pressed: 0, last: 0 };
  document.addEventListener('keydown', () => { watch.pressed = performance.now(); }, true);
  const decoded = new WeakMap();
  const seen = async () => {
    const asked = watch.pressed;
    const fresh = [...panel.querySelectorAll('img')].filter(i => decoded.get(i) !== i.src);
    fresh.forEach(i => decoded.set(i, i.src));  // decoding all at each message takes its own time
    await Promise.all(fresh.map(i => i.decode().catch(() => null)));
    requestAnimationFrame(() => { if (asked === watch.pressed) watch.last = performance.now(); });
  };
  new MutationObserver(changes => {
    const moved = c => c.target.closest?.('.noUi-base');  // the browser moves the handle itself
    if (changes.some(c => !moved(c))) seen();
  }).observe(panel, { childList: true, subtree: true, characterData: true,
                      attributes: true, attributeFilter: ['src', 'href', 'aria-label'] });
}"""
TOOK = "() => window.rlWatch.last - window.rlWatch.pressed"
# Settled when something has changed (or nothing does, at the end of a list) and the kernel is idle.
QUIET = f"""() => {{
  const {{ pressed, last }} = window.rlWatch, now = performance.now();
  const over = last > pressed || now - pressed > 3000;
  return {READY} && over && now - Math.max(last, pressed) > {QUIET_MS};
}}"""


def notebook(path: Path) -> None:
    """Write the notebook with a cell per panel."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *PANELS.values())]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, path)


def touch(page: Any, number: int, presses: int) -> list[float]:
    """Press keys on the first slider of a panel, or else on its last list; milliseconds each."""
    panel = page.locator(".rl-panel").nth(number)
    slider = panel.get_by_role("slider")
    is_slider = slider.count() > 0
    control = slider.first if is_slider else panel.locator("select").last
    control.scroll_into_view_if_needed()
    control.focus()
    page.evaluate(WATCH, number)
    there, back = ("ArrowRight", "ArrowLeft") if is_slider else ("ArrowDown", "ArrowUp")
    took = []
    for press in range(presses + 1):
        page.keyboard.press(there if press % 4 < 2 else back)
        page.wait_for_timeout(QUIET_MS)
        page.wait_for_function(QUIET)
        took.append(float(page.evaluate(TOOK)))
    return [each for each in took[1:] if each > 0]  # the first press finds cold caches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=25)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "root").mkdir()
        notebook(home / "bench.ipynb")
        viewport = {"width": 1400, "height": 1100}
        with (
            jupyterlab(home / "config", home / "root") as lab,
            chromium(home / "profile", viewport=viewport) as browser,
        ):
            page = browser.new_page()
            open_and_run(page, lab, home / "bench.ipynb")
            page.wait_for_function(
                "count => document.querySelectorAll('.rl-panel').length === count", arg=len(PANELS)
            )
            for number, name in enumerate(PANELS):
                took = touch(page, number, given.presses)
                line = {
                    "panel": name, "presses": given.presses, "answered": len(took),
                    "median_ms": float(np.median(took)) if took else None,
                    "p90_ms": float(np.quantile(took, 0.9)) if took else None,
                    "requests": REQUESTS, "processors": os.cpu_count(),
                }  # fmt: skip
                print(json.dumps(line), flush=True)
            page.evaluate(SHUTDOWN)


if __name__ == "__main__":
    main()
