"""A reader opens notebook 02 in JupyterLab and touches every control of the compare panel."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from routelab import Plan, compare, read_labels, ui
from routelab.datasets import data_dir, load_prompts, load_traffic, notebooks_dir
from routelab.evaluate.cuts import label_cuts, summary

pytestmark = pytest.mark.browser
KINDS = ["complexity", "linear", "centroid"]
STATUS = ".rl-panel > .widget-html .rl-status"  # the panel's own


@pytest.fixture(scope="module")
def labels() -> Any:
    return load_prompts()[["prompt", "complexity", "route"]]


@pytest.fixture(scope="module")
def panel(labels: Any) -> Any:
    """The panel of the notebook, without a browser."""
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    return ui.compare(
        routers=KINDS, labels=labels, cv=3, plan=plan, traffic=load_traffic(), show_prompts=True
    )


def shown(page: Any) -> bytes:
    """Return the bytes of the picture in the open tab."""
    return base64.b64decode(
        page.locator(".rl-panel img.widget-image:visible").first.evaluate(
            """async image => {
              const data = await (await fetch(image.src)).arrayBuffer();
              return btoa(Array.from(new Uint8Array(data), b => String.fromCharCode(b)).join(''));
            }"""
        )
    )


def settled(page: Any, panel: Any, picture: bool = True, **changed: Any) -> None:
    """Make the change in the library's panel too, and wait until the page says and shows it."""
    from playwright.sync_api import expect

    panel.update(**changed)
    expect(page.locator(STATUS)).to_have_text(panel.status.text)
    for _ in range(120 * picture):
        if shown(page) == panel.picture.value:
            return
        page.wait_for_timeout(100)
    assert not picture, "the picture is not the library's"


def test_every_control_shows_what_the_library_computes(run_notebook, panel, labels):
    from lab_looks import check_looks, set_theme, shot, violations
    from playwright.sync_api import expect

    page = run_notebook(notebooks_dir() / "02_compare_routers.ipynb")
    at = page.locator(".rl-panel")
    at.scroll_into_view_if_needed()
    # The notebook itself has moved the panel before.
    settled(page, panel, router="complexity", truth="high", threshold=0.5)

    handle = at.get_by_role("slider").first  # by keyboard
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuetext", "0.55")
    settled(page, panel, threshold=0.55)
    cuts = label_cuts(panel.comparison, "complexity")
    share, accuracy, _ = summary(cuts.at(0.55), cuts.answers)
    said = f"Threshold 0.55: {share:.1%} answered, {accuracy:.1%} of the answers right."
    expect(page.locator(STATUS)).to_contain_text(said)

    field = at.get_by_role("spinbutton", name="Answer only when sure")  # by typing
    field.fill("0.4")
    field.press("Enter")
    settled(page, panel, threshold=0.4)
    expect(at.get_by_text(f"${panel.result['USD per day']:,.2f}", exact=True)).to_be_visible()

    per_day = at.get_by_role("spinbutton", name="Requests per day")
    per_day.fill("1000")
    per_day.press("Enter")
    settled(page, panel, per_day=1000)
    per_day.fill("0")  # refused, said, and taken back
    per_day.press("Enter")
    expect(page.locator(STATUS)).to_contain_text("at least one request a day")
    expect(per_day).to_have_value("1000")
    for name, curve in (("accuracy over share", "accuracy"), ("quality over cost", "cost")):
        at.get_by_label("Curve", exact=True).select_option(name)
        settled(page, panel, curve=curve)
    at.get_by_label("Class", exact=True).select_option("medium")
    settled(page, panel, truth="medium")
    at.get_by_label("Router", exact=True).select_option("linear")
    settled(page, panel, router="linear")

    high = set()
    for view in ("figures", "calibration", "slices"):
        at.get_by_role("tab", name=view.capitalize()).click()
        settled(page, panel, view=view)
        shot(page, f"notebook_02_{view}")
        high.add(round(at.bounding_box()["height"]))
        problems = violations(page)
        assert not problems, "\n".join(problems)
    at.get_by_role("tab", name="Slices").focus()  # tabs by keyboard
    for key in ("ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    settled(page, panel, view="figures")
    at.get_by_label("Figure", exact=True).select_option("macro_f1")
    settled(page, panel, metric="macro_f1")

    at.get_by_role("tab", name="Errors").click()
    settled(page, panel, picture=False, view="errors")
    assert high == {round(at.bounding_box()["height"])}  # no tab moves what is below
    told = at.get_by_role("region", name="Errors")
    errors = cuts_errors(panel)
    expect(told).to_contain_text(
        f"{len(errors):,} errors: wrong answers to prompts of class 'medium' at threshold 0.4; "
        f"page 1 of {-(-len(errors) // 10)}"
    )
    at.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("page 2 of")
    expect(told.get_by_role("row").nth(1)).to_contain_text(f"{errors['prompt'].iloc[10]:,}")
    at.get_by_role("spinbutton", name="Page").press("ArrowDown")
    expect(told).to_contain_text("page 1 of")
    at.get_by_label("Answered", exact=True).select_option("high")
    only = int((errors["answer"] == "high").sum())
    expect(told).to_contain_text(f"{only:,} errors" if only else "no errors")
    shot(page, "notebook_02_errors")
    problems = violations(page)
    assert not problems, "\n".join(problems)

    at.get_by_role("tab", name="Threshold").click()
    settled(page, panel, view="threshold", answered="high")
    check_looks(page, "notebook_02")

    for kind in ("complexity", "linear"):
        at.get_by_label(kind, exact=True).uncheck()
    at.get_by_label("Encoder", exact=True).select_option("hashing")
    at.get_by_label("Label", exact=True).select_option("route")
    expect(at.get_by_text("Not compared yet: press Compare.")).to_be_visible()
    at.get_by_role("button", name="Compare").click()
    frame = labels[["prompt", "route"]].rename(columns={"route": "label"})
    made = compare(["centroid"], frame, cv=3, n_boot=500, encoder="hashing")
    expect(page.locator(STATUS)).to_contain_text(f"centroid: {made.verdicts['centroid']}")
    row = made.table.iloc[0]
    table = at.get_by_role("region", name="Routers and controls")
    expect(table).to_contain_text(f"{row['low']:.3f} to {row['high']:.3f}")
    expect(at.get_by_label("Class", exact=True).locator("option")).to_have_count(
        1 + frame["label"].nunique()
    )
    other = data_dir() / "prompts.csv"  # a table by its path
    at.get_by_role("button", name="Other data").focus()
    page.keyboard.press("Enter")
    at.get_by_label("Labels file").fill(str(other))
    at.get_by_role("button", name="Load labels", exact=True).click()
    expect(at).to_contain_text("816 prompts; labels: route, complexity, language, form. It is")
    expect(at.get_by_label("Data", exact=True)).to_have_value("prompts.csv")
    at.get_by_label("Label", exact=True).select_option("complexity")
    set_theme(page, "light")
    shot(page, "notebook_02_other_data")
    problems = violations(page)
    assert not problems, "\n".join(problems)
    at.get_by_role("button", name="Compare").click()
    levels = read_labels(other, "complexity")
    made = compare(["centroid"], levels, cv=3, n_boot=500, encoder="hashing")
    expect(page.locator(STATUS)).to_contain_text(made.verdicts["centroid"])
    row = made.table.iloc[0]
    expect(table).to_contain_text(f"{row['low']:.3f} to {row['high']:.3f}")
    shot(page, "notebook_02_compared")


def cuts_errors(panel: Any) -> Any:
    """Return the errors of the panel's router and class at its threshold, the surest first."""
    found = label_cuts(panel.comparison, panel.config.router).wrong(panel.config.threshold)
    return found[found["truth"] == panel.config.truth]
