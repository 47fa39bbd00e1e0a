"""The list of errors: which, in which order, and nothing of a prompt that was not asked for."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from routelab import compare, ui

from .conftest import HOSTILE, html_of

SECRET = "meet me at noon"


@pytest.fixture(scope="module")
def confused():
    rows = [(f"{SECRET} {HOSTILE} {i}", ("code", "art", "chat")[i % 3]) for i in range(45)]
    frame = pd.DataFrame(rows, columns=["prompt", "label"])
    return compare(["linear"], frame, cv=3, n_boot=50)


def numbers(panel):
    """Return the prompts' numbers on the page."""
    return [int(x) for x in re.findall(r"<tr><td>(\d+)</td>", panel.list.list.value)]


def test_the_list_holds_the_routers_errors_ten_at_a_time(confused):
    panel = ui.compare(confused)
    panel.update(view="errors")
    expected = set(confused.errors.loc[confused.errors.router == "linear", "prompt"])
    pages = panel.list.page.max
    assert pages == -(-len(expected) // 10) and pages > 1
    seen = []
    for page in range(1, pages + 1):
        panel.list.page.value = page
        assert len(numbers(panel)) <= 10
        seen += numbers(panel)
    assert len(seen) == len(set(seen)) and set(seen) == expected
    assert panel.list.on.disabled and not panel.list.back.disabled
    panel.list.back.click()
    assert panel.config.page == panel.list.page.value == pages - 1


def test_filters_narrow_the_list_and_start_from_its_first_page(confused):
    panel = ui.compare(confused)
    panel.update(view="errors", page=2)
    panel.truth.value = "code"
    assert panel.config.page == 1
    errors = confused.errors[
        (confused.errors.router == "linear") & (confused.errors.truth == "code")
    ]
    assert f"{len(errors)} errors" in panel.list.list.value
    assert "wrong answers to prompts of class &#x27;code&#x27; at threshold" in (
        panel.list.list.value
    )
    panel.list.answered.value = "art"
    errors = errors[errors.answer == "art"]
    assert (f"{len(errors)} errors" if len(errors) else "no errors") in panel.list.list.value
    assert set(numbers(panel)) <= set(errors.prompt)


def test_the_threshold_takes_unsure_errors_out_of_the_list(confused):
    panel = ui.compare(confused)
    panel.update(view="errors")
    level = round(float(confused.scores["linear"].median()), 2)
    panel.threshold.value = level
    scores = confused.scores["linear"]
    assert numbers(panel) and all(scores[i] >= level for i in numbers(panel))
    panel.threshold.value = 1.0
    assert "no errors" in panel.list.list.value


def test_prompts_are_shown_and_searched_only_when_asked_for(confused):
    panel = ui.compare(confused)
    panel.update(view="errors")
    assert SECRET not in html_of(panel) and "characters" in panel.list.list.value
    assert panel.list.search not in panel.list.children[0].children
    asked = ui.compare(confused, show_prompts=True)
    asked.update(view="errors")
    assert SECRET in asked.list.list.value
    assert "<img" not in html_of(asked) and "&lt;img" in asked.list.list.value
    asked.list.search.value = "NOON"
    assert asked.list.page.max > 1
    asked.list.search.value = "midnight"
    assert "no errors" in asked.list.list.value


def test_a_search_stands_in_no_file(confused, tmp_path):
    session = ui.Session(tmp_path / "session.yaml")
    panel = ui.compare(confused, show_prompts=True, session=session)
    panel.update(view="errors", search=SECRET)
    session.save()
    assert SECRET not in session.path.read_text(encoding="utf-8")
    assert f"search='{SECRET}'" in panel.as_code()


def test_without_prompts_their_numbers_remain(confused):
    from dataclasses import replace

    panel = ui.compare(replace(confused, prompts=None), show_prompts=True)
    panel.update(view="errors")
    assert numbers(panel) and "characters" not in panel.list.list.value
