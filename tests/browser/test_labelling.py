"""Somebody labels by keyboard in JupyterLab: 20 labels, undo, a reload; nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def notebook(tmp_path: Path) -> tuple[Path, Path]:
    """A notebook with the panel, and the file that it keeps."""
    kept = tmp_path / "labels.jsonl"
    prompts = [HOSTILE, *(f"prompt number {i}" for i in range(39))]
    source = (
        "from routelab import LabelSession\nfrom routelab.ui import label\n"
        f"label(LabelSession({prompts!r}, ['low', 'medium', 'high'], {str(kept)!r}))"
    )
    path = tmp_path / "label.ipynb"
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nb.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(nb, path)
    return path, kept


def actions(kept: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.read_text().splitlines()]


def press(page: Any, key: str, told: str) -> None:
    """Press a key, and wait until the panel says what became of it."""
    from playwright.sync_api import expect

    page.keyboard.press(key)
    expect(page.locator(".rl-status")).to_contain_text(told)


def test_twenty_labels_by_keyboard_undo_and_reload(run_notebook, notebook):
    from playwright.sync_api import expect

    path, kept = notebook
    page = run_notebook(path)
    box = page.locator(".rl-label")
    expect(box).to_be_visible()
    box.click(position={"x": 20, "y": 8})
    shown = []
    for number in range(1, 21):
        shown.append(page.locator(".rl-prompt").inner_text())
        press(page, "123"[number % 3], f"{number} of 40 labelled")
    assert len(set(shown)) == 20
    found = actions(kept)
    assert [entry["prompt"] for entry in found] == shown
    assert [entry["label"] for entry in found] == [
        ["low", "medium", "high"][number % 3] for number in range(1, 21)
    ]
    press(page, "u", "19 of 40 labelled")
    expect(page.locator(".rl-prompt")).to_have_text(shown[-1])
    press(page, "3", "20 of 40 labelled")
    page.keyboard.press("s")
    expect(page.locator(".rl-fact").nth(3)).to_have_text("1")
    assert page.title() != "owned" and page.locator(".rl-label img").count() == 0

    again = run_notebook(path)  # the page and the kernel anew
    expect(again.locator(".rl-status")).to_contain_text("20 of 40 labelled")
    facts = again.locator(".rl-fact").all_inner_texts()
    labels = {}
    for entry in actions(kept):
        labels[entry["prompt"]] = entry["label"] if entry["action"] == "label" else None
    counts = [list(labels.values()).count(name) for name in ("low", "medium", "high")]
    assert facts == [*map(str, counts), "1"]
    assert again.locator(".rl-prompt").inner_text() not in labels
