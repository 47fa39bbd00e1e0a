"""Hostile text in a page, a docstring or a command's help is shown, and never executed."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

SHOWN = [
    '<img src=x onerror="owned(1)">',
    "<script>owned(2)</script>",
    "</code></pre><svg onload=owned(3)>",
    "<!-- hidden --> <iframe srcdoc='<script>parent.owned(4)</script>'>",
    r"$\frac{ and \alpha$",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
]
HIDDEN = "user\u202egnp.exe\u2066 \x1b]0;owned\x07\x1b[31mred"
LONG = "<b onclick=owned(5)>" + "x" * 1_000_000
TEXTS = [*SHOWN, HIDDEN, LONG]
HELP = "```\n\n<script>owned(6)</script>\n\n~~~~\n\n<img src=x onerror=owned(7)>\n\n```"
DOCSTRING = f"""class Prompts:
    r'''Prompts of a log.

    {SHOWN[0]}

    {SHOWN[1]}

    Parameters
    ----------
    one : {SHOWN[0]}
        {SHOWN[1]}

    Examples
    --------
    >>> print('{SHOWN[2]}')
    '''
"""
WATCH = "window.calls = []; window.owned = n => window.calls.push(n)"


def build(root, base, page):
    """Build the project's site with one more page, class and command; return the process."""
    shutil.copytree(root / "docs", base / "docs")
    shutil.copytree(root / "notebooks" / "images", base / "notebooks" / "images")
    (base / "docs" / "pages" / "hostile.md").write_text(page, encoding="utf-8")
    (base / "hostile_module.py").write_text(DOCSTRING, encoding="utf-8")
    config = base / "docs" / "mkdocs.yml"
    named = config.read_text(encoding="utf-8").replace("nav:\n", "nav:\n  - Hostile: hostile.md\n")
    config.write_text(named, encoding="utf-8")
    with (base / "docs" / "hooks.py").open("a", encoding="utf-8") as hooks:
        hooks.write(f"\n\n@cli.app.command('hostile', help={HELP!r})\ndef hostile(): ...\n")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config]
    return subprocess.run(
        [*command, "-d", base / "site"], capture_output=True, text=True, check=False, cwd=root
    )


@pytest.fixture(scope="module", autouse=True)
def tools():
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package, reason=f"{package}: pip install 'routelab[docs]'")


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The site with hostile text as titles, prose, code and in a table."""
    base = tmp_path_factory.mktemp("hostile")
    parts = "".join(f"## unheardof {text[:80]}\n\n{text}\n\n    {text}\n\n" for text in TEXTS)
    table = "| prompt |\n|---|\n" + "".join(f"| {text} |\n" for text in SHOWN)
    built = build(root, base, f"# A log\n\n{parts}\n{table}\n\n::: hostile_module.Prompts\n")
    assert built.returncode == 0, built.stderr
    return base / "site"


@pytest.fixture
def address(site):
    """The site on a local server: its search does not run from the disk."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.browser
def test_it_is_shown_and_not_executed(address, browser):
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{address}/hostile.html", wait_until="load")
    article = page.locator("article")
    told = article.inner_text()
    for text in SHOWN:
        assert told.count(text) >= 4, text  # title, prose, code, table
    assert r"user\u202egnp.exe\u2066 \u001b]0;owned\u0007\u001b[31mred" in told
    assert "\u202e" not in told and "x" * 1_000_000 in told
    assert page.locator("#hostile_module\\.Prompts").count() == 1
    assert article.locator("img, iframe, script, b, svg[onload]").count() == 0
    page.goto(f"{address}/reference/cli.html", wait_until="load")
    assert "<script>owned(6)</script>" in page.inner_text("article")
    search = page.locator(".md-search__input")
    search.click()
    search.press_sequentially("unheardof")
    results = page.locator(".md-search-result__item")
    results.first.wait_for(state="visible")
    assert "onerror" in " ".join(results.all_inner_texts())
    assert page.evaluate("window.calls") == []
    page.close()


def test_a_link_that_is_a_program_stops_the_build(root, tmp_path):
    built = build(root, tmp_path, "# A log\n\n[a prompt](java&#115;cript:owned(8))\n")
    assert built.returncode != 0
    assert "hostile.md: a link to 'javascript:owned(8)'" in built.stderr
