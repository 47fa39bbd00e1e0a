"""The site builds without a warning, holds what it should, and asks no other server."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The built site."""
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package, reason=f"{package}: pip install 'routelab[docs]'")
    out = tmp_path_factory.mktemp("site")
    config = str(root / "docs" / "mkdocs.yml")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config, "-d", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    return out


def test_nothing_is_fetched_from_another_server(site):
    loads = re.compile(
        r"<(?:script|img|iframe|source)[^>]+src=[\"']?(?:https?:)?//|<link[^>]+https?://"
    )
    styles = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not loads.search(text), page.name
        assert not styles.search(text), page.name
    for sheet in site.rglob("*.css"):
        assert not styles.search(sheet.read_text(encoding="utf-8")), sheet.name


def test_the_reference_is_made_from_docstrings_and_help(site):
    plan = (site / "reference" / "plan.html").read_text(encoding="utf-8")
    assert 'id="routelab.Plan"' in plan
    assert "prices it uses" in plan  # of Plan.to_yaml
    commands = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    for name in ("routelab simulate", "routelab ab plan", "routelab doctor"):
        assert f">{name}<" in commands
    assert (site / "images" / "spend.png").is_file()
    for page in (site / "reference").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r":(func|meth|class):<code|<p>=====", text), page.name


def test_the_search_finds_pages_without_a_server(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "cooldown" in index
