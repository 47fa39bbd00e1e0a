"""Somebody labels by keyboard alone in JupyterLab, undoes, reloads the page; nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from routelab import LabelSession, read_labels
from routelab.datasets import load_prompts, notebooks_dir

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


def hold(page: Any, key: str) -> None:
    """Hold a key until it has repeated eleven times."""
    for _ in range(12):
        page.keyboard.down(key)
    page.keyboard.up(key)


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
    hold(page, "1")
    expect(page.locator(".rl-status")).to_contain_text("21 of 40 labelled")
    page.get_by_role("button", name="2 medium").dblclick()
    expect(page.locator(".rl-status")).to_contain_text("22 of 40 labelled")
    assert page.title() != "owned" and page.locator(".rl-label img").count() == 0

    again = run_notebook(path)  # the page and the kernel anew
    expect(again.locator(".rl-status")).to_contain_text("22 of 40 labelled")
    facts = again.locator(".rl-fact").all_inner_texts()
    labels = {}
    for entry in actions(kept):
        labels[entry["prompt"]] = entry["label"] if entry["action"] == "label" else None
    counts = [list(labels.values()).count(name) for name in ("low", "medium", "high")]
    assert facts[:4] == [*map(str, counts), "1"]
    assert again.locator(".rl-prompt").inner_text() not in labels


TEMPORARY = "folder = Path(tempfile.mkdtemp())"


@pytest.fixture
def own_notebook(tmp_path: Path) -> tuple[Path, Path]:
    """Notebook 05 with a folder of the reader's own, as it tells her to do."""
    book = nbformat.read(notebooks_dir() / "05_label.ipynb", as_version=4)
    (cell,) = [cell for cell in book.cells if TEMPORARY in cell.source]
    cell.source = cell.source.replace(TEMPORARY, f"folder = Path({str(tmp_path)!r})")
    path = tmp_path / "05_label.ipynb"
    nbformat.write(book, path)
    return path, tmp_path / "labels.jsonl"


def focus_of(page: Any) -> str:
    return str(page.evaluate("document.activeElement.className"))


def reach_box(page: Any) -> None:
    """Go into the output of the cell before by keyboard, and on by Tab to the box."""
    page.locator(".rl-panel").scroll_into_view_if_needed()
    page.locator(".jp-Notebook").focus()
    for _ in range(80):
        page.keyboard.press("Tab")
        if "rl-label" in focus_of(page):
            return
    raise AssertionError(f"Tab does not reach the box, it ends at {focus_of(page)!r}")


def test_notebook_05_by_keyboard_alone_goes_on_after_a_reload(run_notebook, own_notebook):
    from lab_browser import SHUTDOWN
    from lab_looks import check_looks
    from playwright.sync_api import expect

    path, kept = own_notebook
    page = run_notebook(path)
    expect(page.locator(".rl-status")).to_contain_text("0 of 816 labelled by me")
    reach_box(page)
    done, pressed = 0, "1223u3s13212"
    for key in pressed:
        done += 1 if key.isdigit() else -1 if key == "u" else 0
        before = page.locator(".rl-prompt").inner_text()
        page.keyboard.press(key)
        expect(page.locator(".rl-prompt")).not_to_have_text(before)
        expect(page.locator(".rl-status")).to_contain_text(f"{done} of 816 labelled")
    names = {"1": "low", "2": "medium", "3": "high", "s": None, "u": None}
    assert [entry["label"] for entry in actions(kept)] == [names[key] for key in pressed]
    asked = page.locator(".rl-prompt").inner_text()
    page.get_by_role("button", name="Write CSV").press("Enter")
    expect(page.locator(".rl-status")).to_contain_text("9 labels are in")
    session = LabelSession(load_prompts(), ["low", "medium", "high"], kept, ordinal=True)
    assert session.progress == (9, 816)
    read = read_labels(kept.with_suffix(".csv"))
    assert read["label"].tolist() == session.to_frame()["label"].tolist()
    check_looks(page, "notebook_05")

    page.evaluate(SHUTDOWN)
    again = run_notebook(path)  # the page and the kernel anew
    expect(again.locator(".rl-status")).to_contain_text("9 of 816 labelled by me")
    assert again.locator(".rl-prompt").inner_text() == asked
