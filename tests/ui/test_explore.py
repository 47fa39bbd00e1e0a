"""The explore panel: a prompt in, answers, scores and costs out."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Catalog, InputError, make_router, ui
from routelab.catalog import Model
from routelab.ui._explore_asked import seconds_of, why
from routelab.ui._explore_why import Reasons, standing

from .conftest import FORMULA

EXAMPLES = pd.DataFrame(
    {"prompt": ["fix the loop", "sort a list", "a poem on rain", "a song for her"],
     "label": ["strong", "strong", "cheap", "cheap"]}
)  # fmt: skip


@pytest.fixture(scope="module")
def routers():
    prompts, labels = EXAMPLES["prompt"].tolist(), EXAMPLES["label"].tolist()
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


def test_the_margin_is_to_the_best_of_the_other_answers():
    assert standing({"a": 0.5, "b": 0.25, "c": 0.125}, "a").margin == 0.25
    assert standing({"a": 0.5, "b": 0.25}, "b").margin == -0.25
    assert standing({"a": 0.5, "b": 0.25}, None).score == 0.5  # abstains: the best one
    only = standing({"a": 0.5}, "a")
    assert only.score == 0.5 and only.margin != only.margin


def test_the_nearest_examples_are_the_reason_of_routers_that_compare(routers, plan):
    routers = {**routers, "keyword": make_router("keyword").fit([])}
    panel = ui.explore(routers, ["sort a list", "?"], plan=plan, labels=EXAMPLES, show_prompts=True)
    near = panel.result.reasons["knn"].near
    assert near[0] == ("sort a list", "strong", pytest.approx(1.0)) and near[0][2] > near[1][2]
    assert panel.result.reasons["centroid"].near == near
    assert panel.result.reasons["keyword"].near == ()
    assert "1.00 strong: “sort a list”" in panel.table.value
    assert "labels=labels" in panel.as_code() and "rl.read_labels(" in panel.as_code()


def test_examples_and_words_of_logged_prompts_are_not_shown_unless_asked_for(routers):
    trained = make_router("linear").fit(EXAMPLES["prompt"].tolist(), EXAMPLES["label"].tolist())
    panel = ui.explore({**routers, "linear": trained}, ["sort a list"], labels=EXAMPLES)
    assert "sort" not in panel.table.value and "1.00 strong: 11 characters" in panel.table.value
    assert "words of a logged prompt are not shown" in panel.table.value
    panel.text.value = "a short poem"  # what is typed is one's own
    assert "word: poem" in panel.table.value


def test_terms_are_the_reason_without_examples(routers):
    panel = ui.explore(routers, ["sort it"], show_prompts=True)
    reason = panel.result.reasons["knn"]
    assert reason.method == "occlusion" and reason.terms[0][::2] == ("word: sort", "strong")
    assert "word: sort" in panel.table.value


def test_each_kind_of_reason_has_words_where_there_is_none():
    told = {
        method: why(Reasons(method), shown=True, examples_shown=True)
        for method in ("none", "evidence", "occlusion")
    }
    assert told["none"] == "gives no reasons" and told["evidence"] == "no keyword was found"
    assert told["occlusion"] == "no single word matters"


def test_latency_stands_beside_the_cost(routers, plan):
    panel = ui.explore(routers, ["fix"], plan=plan)
    # 0.5 s to the first token, then 300 tokens at 99 per second
    assert panel.result.seconds["dear"] == pytest.approx(0.5 + 300 / 99)
    panel.tokens.value = 0
    assert panel.result.seconds["dear"] == 0.5
    unknown = seconds_of(Model("m", "p", 1.0, 1.0), 10)
    assert unknown != unknown


def test_moving_the_tokens_asks_no_router_again(plan):
    class Counting:
        asked = 0

        def predict(self, prompts):
            self.asked += 1
            return ["strong"]

    router = Counting()
    panel = ui.explore({"r": router}, ["x"], plan=plan)
    asked = router.asked
    panel.tokens.value = 50
    assert router.asked == asked and panel.result.costs["dear"] > 0


def test_bad_examples_are_said(routers):
    with pytest.raises(InputError, match="labels has no column 'label', only prompt"):
        ui.explore(routers, ["x"], labels=pd.DataFrame({"prompt": ["x"]}))
    with pytest.raises(InputError, match="labels has no rows"):
        ui.explore(routers, ["x"], labels=EXAMPLES[:0])


def test_bad_input_is_said(routers):
    with pytest.raises(InputError, match="at least one fitted router"):
        ui.explore({}, ["x"])
    with pytest.raises(InputError, match="'r' is no estimator, got str"):
        ui.explore({"r": "linear"}, ["x"])
    with pytest.raises(InputError, match="no prompt to explore"):
        ui.explore(routers, [])
    with pytest.raises(InputError, match="no column 'prompt', only text"):
        ui.explore(routers, pd.DataFrame({"text": ["x"]}))
