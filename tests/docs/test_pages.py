"""Every code block of the documentation runs, page by page, in order, in an empty folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

import routelab
from routelab.encoders._base import ENCODERS
from routelab.evaluate.controls import CONTROLS
from routelab.evaluate.metrics import METRICS
from routelab.exporters import TARGETS
from routelab.routers import ROUTERS
from routelab.traffic.readers._base import READERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted((DOCS / "pages").rglob("*.md"))
FENCE = re.compile(r"^```(\w+)(?: title=\"([\w.-]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = ("pip install ", "litellm --config ", "make ")  # network, a server, this very test
EXIT = re.compile(r"  # exit code (\d)$")


class Block(NamedTuple):
    """A fenced block: its language, the file that it is shown as, its text."""

    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(page.read_text(encoding="utf-8"))]


def commands(text: str) -> list[str]:
    return text.replace("\\\n", " ").strip().splitlines()


def names_of(section) -> list[str]:
    return [
        page
        for entry in section
        for value in entry.values()
        for page in ([value] if isinstance(value, str) else names_of(value))
    ]


@pytest.fixture(autouse=True)
def registries_as_they_were(monkeypatch):
    """What a page registers, to show how, is not there for other tests."""
    for registry in (READERS, ROUTERS, ENCODERS, TARGETS, METRICS, CONTROLS):
        registry.names()  # loaded, so that the copy is complete
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))


WITH_CODE = [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_blocks_of_a_page_run(page, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "docs"}
    for block in blocks(page):
        if block.language == "python":
            code = compile(block.text, page.name, "exec", dont_inherit=True)
            exec(code, names)  # noqa: S102
        elif block.language == "sh":
            for line in commands(block.text):
                if line.startswith(NOT_RUN):
                    continue
                expected = int(found[1]) if (found := EXIT.search(line)) else 0
                first, *arguments = shlex.split(line, comments=True)
                assert first == "routelab", line
                code, out, err = run(*arguments)
                assert code == expected, f"{line}\n{out}{err}"
        elif block.file:
            (tmp_path / block.file).write_text(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_fence_of_a_page_escapes_the_tests(page):
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) == 2 * len(blocks(page))
    for block in blocks(page):
        assert block.language in ("python", "sh", "text") or block.file, block


def test_the_navigation_holds_every_page():
    listed = names_of(yaml.safe_load((DOCS / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    written = {page.relative_to(DOCS / "pages").as_posix() for page in PAGES}
    assert sorted(listed) == sorted(written | {"reference/cli.md"})


def test_the_reference_holds_every_public_name_once():
    told = []
    for page in (DOCS / "pages" / "reference").glob("*.md"):
        told += re.findall(r"^::: routelab\.(\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(routelab.__all__)


def test_every_picture_of_a_page_is_one_that_a_command_makes(root):
    made = re.findall(r'keep\("(\w+)"', (root / "tools" / "make_pictures.py").read_text())
    made.append("notebook")  # tools/take_screenshot.py
    for page in PAGES:
        shown = re.findall(r"!\[[^\]]+\]\((?:\.\./)?images/(\w+)\.png\)", page.read_text())
        assert set(shown) <= set(made), page.name
        assert page.read_text().count("![") == len(shown), page.name
    for name in made:
        assert (root / "notebooks" / "images" / f"{name}.png").is_file()
