"""The explore panel: a prompt in, answers, scores and costs out."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Catalog, InputError, make_router, ui

from .conftest import FORMULA


@pytest.fixture(scope="module")
def routers():
    prompts = ["fix the loop", "sort a list", "a poem on rain", "a song for her"]
    labels = ["strong", "strong", "cheap", "cheap"]
    kinds = ("centroid", "knn")
    return {kind: make_router(kind).fit(prompts, labels) for kind in kinds}


def test_answers_groups_and_costs_of_the_first_prompt(routers, plan):
    panel = ui.explore(routers, pd.DataFrame({"prompt": ["fix the list"]}), plan=plan)
    result = panel.result
    assert result.answers == {"centroid": "strong", "knn": "strong"}
    assert result.groups == result.answers and result.chosen == ("dear",)
    # 12 characters are 3 tokens: 3e-6 * 1 + 300 * 1e-5
    assert result.input_tokens == 3
    assert result.costs["dear"] == pytest.approx(3e-6 + 300 * 1e-5)
    assert "strong" in panel.table.value


def test_picking_and_typing_both_ask_the_routers(routers, plan):
    panel = ui.explore(routers, ["fix the list", "a poem"], plan=plan, show_prompts=True)
    before = panel.picture.value
    panel.pick.value = "a poem"
    assert panel.config.prompt == "a poem"
    assert panel.result.answers["centroid"] == "cheap" and panel.picture.value != before
    panel.text.value = "sort the loop"
    assert panel.result.answers["centroid"] == "strong"
    panel.tokens.value = 0
    assert panel.config.output_tokens == 0


def test_prompts_are_not_shown_unless_asked_for(routers, plan):
    panel = ui.explore(routers, ["fix the list", "a poem"], plan=plan)
    panel.pick.value = "a poem"
    assert panel.result.answers["centroid"] == "cheap"
    assert panel.pick._options_labels == ("1. 12 characters", "2. 6 characters")
    assert (panel.text.value, "poem" in panel.fallback()) == ("", False)
    panel.text.value = "sort the loop"
    assert panel.result.answers["centroid"] == "strong"


def test_an_empty_prompt_and_a_formula_are_prompts_too(routers, plan):
    panel = ui.explore(routers, ["fix"], plan=plan, show_prompts=True)
    for text in ("", FORMULA):
        panel.text.value = text
        assert panel.config.prompt == text and "routers give" in panel.status.text


def test_without_a_plan_models_come_from_the_bundled_catalog(routers):
    panel = ui.explore(routers, ["fix the list"])
    assert len(panel.result.costs) == 8 and set(panel.result.costs) <= set(Catalog.bundled())
    assert panel.result.groups == {"centroid": None, "knn": None} and not panel.result.chosen


def test_a_route_that_the_plan_does_not_know_has_no_group(plan):
    router = make_router("centroid").fit(["fix", "poem"], ["code", "art"])
    assert ui.explore({"r": router}, ["fix"], plan=plan).result.groups == {"r": None}


def test_routers_on_outcomes_show_their_expected_quality(labels):
    quality = [[1.0, 0.2]] * 18 + [[0.1, 0.9]] * 18
    router = make_router("outcome-knn", k=3).fit(labels["prompt"].tolist(), quality)
    panel = ui.explore({"near": router}, labels)
    assert panel.result.answers["near"] in ("0", "1")
    assert set(panel.result.scores["near"]) == {"0", "1"}


def test_a_router_without_scores_still_answers():
    class Fixed:
        def predict(self, prompts):
            return [None]

    panel = ui.explore({"fixed": Fixed()}, ["x"])
    assert panel.result.answers == {"fixed": None}
    assert "abstains" in panel.table.value and "no score" in panel.table.value


def test_many_prompts_are_listed_evenly(routers):
    panel = ui.explore(routers, [f"prompt {i}" for i in range(1000)])
    assert len(panel.pick.options) == 60 and panel.pick.options[-1][1] == "prompt 999"


def test_bad_input_is_said(routers):
    with pytest.raises(InputError, match="at least one fitted router"):
        ui.explore({}, ["x"])
    with pytest.raises(InputError, match="'r' is no estimator, got str"):
        ui.explore({"r": "linear"}, ["x"])
    with pytest.raises(InputError, match="no prompt to explore"):
        ui.explore(routers, [])
    with pytest.raises(InputError, match="no column 'prompt', only text"):
        ui.explore(routers, pd.DataFrame({"text": ["x"]}))
