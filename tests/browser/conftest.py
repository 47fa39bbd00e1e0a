"""A real JupyterLab and a headless Chromium for the tests; they skip where either is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from lab_browser import CHROMIUM, SHUTDOWN, Lab, chromium, jupyterlab, open_and_run  # noqa: E402


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, or a skip that says what is missing."""
    pytest.importorskip("jupyterlab", reason='no JupyterLab: pip install "routelab[lab]"')
    make = tmp_path_factory.mktemp
    with jupyterlab(make("home") / "config", make("root")) as running:
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, or a skip that says what is missing."""
    if not CHROMIUM:
        pytest.skip("no chromium: apt-get install chromium libatomic1, or set CHROMIUM to its path")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install playwright"
    )
    playwright.expect.set_options(timeout=60_000)  # other tests run beside these, on two cores
    viewport = {"width": 1400, "height": 1100}
    with chromium(tmp_path_factory.mktemp("profile"), viewport=viewport) as running:
        yield running


@pytest.fixture
def run_notebook(browser: Any, lab: Lab) -> Iterator[Callable[[Path], Any]]:
    """Return a function from a notebook to a page on which all of its cells have run."""
    page = browser.new_page()

    def run(notebook: Path) -> Any:
        for kept in lab.root.glob("routelab-session*"):  # of a test before this one
            kept.unlink()
        open_and_run(page, lab, notebook)
        return page

    yield run
    page.evaluate(SHUTDOWN)
    page.close()
