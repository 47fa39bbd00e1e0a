"""A reader opens notebook 01 in JupyterLab and touches each control: the library says the same."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from routelab import Plan, make_router
from routelab.datasets import data_dir, load_prompts, notebooks_dir
from routelab.ui import explore

pytestmark = pytest.mark.browser
TYPED = "Prove that a sum of two odd numbers is even"


@pytest.fixture(scope="module")
def own() -> Any:
    """The panel of the notebook, without a browser."""
    prompts = load_prompts()
    learn, unseen = prompts[::2], prompts[1::2]
    kinds = {"keywords": "keyword", "trained": "complexity", "neighbours": "knn"}
    routers = {
        name: make_router(kind).fit(learn["prompt"].tolist(), learn["complexity"].tolist())
        for name, kind in kinds.items()
    }
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    return explore(
        routers, unseen.assign(label=unseen["complexity"]), plan=plan,
        labels=learn.assign(label=learn["complexity"]),
        add_to=Path(tempfile.mkdtemp()) / "labels.jsonl", show_prompts=True,
    )  # fmt: skip


def test_each_control_says_what_the_library_says(run_notebook, own):
    from lab_looks import check_looks
    from playwright.sync_api import expect

    page = run_notebook(notebooks_dir() / "01_explore_routing.ipynb")
    panel = page.locator(".rl-panel")
    status = panel.locator("> .widget-html .rl-status")

    def same() -> None:
        own.wait(60)
        expect(status).to_have_text(own.status.text)
        answers = panel.locator(".rl-told tbody").first.get_by_role("row")
        told = [row.locator("td").nth(1).inner_text().lstrip("✓✗ ") for row in answers.all()]
        assert told == [answer or "abstains" for answer in own.result.answers.values()]
        chosen = panel.get_by_label("Prompt", exact=True).locator("option:checked")
        expect(chosen).to_have_text(own.pick.label)

    same()
    panel.get_by_label("Prompt", exact=True).select_option(index=7)
    own.pick.index = 7
    same()
    panel.get_by_role("button", name="Next disagreement").press("Enter")
    own.next_disputed()
    same()
    picture = panel.locator(".rl-points img")  # the point of the map that is most to the left
    box = picture.bounding_box()
    x, y = own.map.places()[own.map.mapped.points[:, 0].argmin()]
    picture.click(position={"x": float(x * box["width"]), "y": float(y * box["height"])})
    own.map.click(x, y)
    same()
    assert own.config.prompt == own.map.mapped.prompts[own.map.mapped.points[:, 0].argmin()]
    panel.get_by_label("or type").fill(TYPED)
    own.text.value = TYPED
    same()

    tokens = panel.get_by_role("spinbutton", name="Answer, tokens")
    panel.get_by_role("slider").first.press("ArrowRight")
    expect(tokens).to_have_value("350")
    tokens.fill("1000")
    tokens.press("Enter")
    own.tokens.value = 1000
    same()
    panel.get_by_label("Map of").select_option("neighbours")
    own.map.of.value = "neighbours"
    same()

    route = panel.get_by_label("Route", exact=True)  # an example is added
    route.select_option("high")
    panel.get_by_role("button", name="Add the asked prompt to the route").press("Enter")
    own.edit.add("high")
    same()
    flips = own.edit.flips
    listed = panel.get_by_text(re.compile(r"^After 1 edit"))
    told = f"After 1 edit {len(flips)} of 408 prompts flip. Choose one to ask about it."
    expect(listed).to_have_text(told)

    panel.get_by_label("Example", exact=True).select_option(index=2)  # one is removed
    own.edit.route.value = "high"
    own.edit.remove("high", own.edit.example.options[2][1])
    panel.get_by_role("button", name="Remove this example").press("Enter")
    same()

    panel.get_by_label("Group", exact=True).select_option("cheap")  # the route leads elsewhere
    panel.get_by_role("button", name="Send the route to this group").press("Enter")
    own.edit.send("high", "cheap")
    same()
    flipping = panel.get_by_label("Flips", exact=True)
    expect(flipping.locator("option").first).to_contain_text(own.edit.flips[0][2])
    flipping.focus()  # by keyboard: the first of them
    page.keyboard.press("ArrowDown")
    own.edit.list.index = 0
    same()
    check_looks(page, "notebook_01")

    for _ in range(3):
        panel.get_by_role("button", name="Undo the last edit").press("Enter")
        own.edit.undo()
        same()
    assert own.result.flips == []
    panel.get_by_role("button", name="Reset").press("Enter")
    own.reset()
    same()
