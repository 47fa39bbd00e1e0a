"""The notebooks as pages: two readers at once share nothing, the pages of one reader share all."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser
SOURCE = """from routelab import Plan, ui
plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
ui.export(plan, session=ui.Session("routelab-session.yaml"))"""


@pytest.fixture
def app(root: Path, tmp_path: Path) -> Iterator[str]:
    """`routelab app` on a folder with a small notebook; its address."""
    pytest.importorskip("voila", reason='no Voila: pip install "routelab[lab]"')
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, tmp_path / "small.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    routelab = [sys.executable, "-c", "from routelab.cli import main; main()"]
    options = ["--directory", str(tmp_path), "--port", str(port), "--no-browser"]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ, "PYTHONPATH": path, "TMPDIR": str(tmp_path / "tmp"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "run"),
    }  # fmt: skip
    server = subprocess.Popen(
        [*routelab, "app", *options], env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield started(server, f"http://127.0.0.1:{port}/voila")
    finally:
        server.terminate()
        server.wait(20)
    assert not list((tmp_path / "tmp").glob("routelab-app-*"))  # readers' files end with the app


def started(server: subprocess.Popen[bytes], url: str) -> str:
    for _ in range(600):
        assert server.poll() is None, "routelab app stopped"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/tree", timeout=2).read()
            return url
        time.sleep(0.1)
    raise AssertionError("routelab app did not start in 60 s")


STATUS = ".rl-panel > .widget-html .rl-status"


def opened(browser, app):
    from playwright.sync_api import expect

    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{app}/render/small.ipynb")
    expect(page.locator(STATUS)).to_contain_text("by lint")
    return page


def test_two_readers_at_once_share_nothing(browser, app):
    from playwright.sync_api import expect

    browser.clear_cookies()
    pages = [opened(browser, app)]
    browser.clear_cookies()  # as in another browser
    pages.append(opened(browser, app))
    for page in pages:
        expect(page.locator(STATUS)).to_contain_text("litellm: ")
    pages[0].locator("select").first.select_option("plan")
    expect(pages[0].locator(STATUS)).to_contain_text("plan: ")
    expect(pages[1].locator(STATUS)).to_contain_text("litellm: ")
    assert pages[0].locator("text=from routelab import").count() == 0  # no code on the page
    pages[0].get_by_role("button", name="Save settings").click()
    link = pages[0].get_by_role("link", name="Download routelab-session.yaml")
    with pages[0].expect_download() as download:
        link.click()
    assert "target: plan" in Path(download.value.path()).read_text(encoding="utf-8")
    status = pages[1].locator(STATUS)
    pages[1].get_by_role("button", name="Load settings").click()
    expect(status).to_contain_text("holds no settings")  # the first reader's file is not there
    name = pages[1].get_by_label("Settings file")
    name.fill("/etc/passwd")
    name.press("Enter")
    pages[1].get_by_role("button", name="Load settings").click()
    expect(status).to_contain_text("is no plain name")
    with pages[1].expect_file_chooser() as chooser:
        pages[1].get_by_role("button", name="Bring settings").click()
    chooser.value.set_files(download.value.path())
    expect(status).to_contain_text("plan: ")
    for page in pages:
        page.close()


def test_the_pages_of_one_reader_share_settings(browser, app):
    from playwright.sync_api import expect

    browser.clear_cookies()
    one = opened(browser, app)
    one.locator("select").first.select_option("plan")
    one.get_by_role("button", name="Save settings").click()
    expect(one.get_by_role("link", name="Download routelab-session.yaml")).to_be_visible()
    other = opened(browser, app)
    expect(other.locator(STATUS)).to_contain_text("plan: ")
    one.close()
    other.close()
