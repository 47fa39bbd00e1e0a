"""One slider moves confusion, cost per day and the point on the curve together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import Comparison, InputError, compare, ui
from routelab.evaluate.cuts import label_cuts, summary
from routelab.ui._compare_prices import plan_prices, requests_per_day

from .conftest import FORMULA, HOSTILE


@pytest.fixture(scope="module")
def tiers():
    words = {"cheap": "say hello to", "strong": "prove the theorem of"}
    rows = [(f"{text} {i}", label) for label, text in words.items() for i in range(15)]
    rows += [(f"say the theorem {i}", ("cheap", "strong")[i % 2]) for i in range(15)]
    return compare(["linear"], pd.DataFrame(rows, columns=["prompt", "label"]), cv=2, n_boot=50)


@pytest.fixture(scope="module")
def unsure():
    words = ("fix", "draw", "say", "say")
    labels = ("code", "art", "art", "chat")
    rows = [(f"{words[i % 4]} a thing {i % 7}", labels[i % 4]) for i in range(100)]
    return compare(
        ["linear", "knn"], pd.DataFrame(rows, columns=["prompt", "label"]), cv=3, n_boot=50
    )


def test_numbers_are_those_of_the_library_at_the_same_threshold(unsure):
    panel = ui.compare(unsure)
    panel.router.value = "linear"
    cuts = label_cuts(unsure, "linear")
    level = round(float(np.median(unsure.scores["linear"])), 2)
    panel.threshold.value = level
    share, accuracy, _ = summary(cuts.at(level), cuts.answers)
    assert 0 < share < 1
    assert panel.result["answered"] == share
    assert panel.result["accuracy of answers"] == accuracy
    assert f"Threshold {level:g}: {share:.1%} answered" in panel.status.text


def test_the_class_follows_the_threshold(comparison):
    panel = ui.compare(comparison)
    panel.update(router=FORMULA, truth="code", threshold=1.0)
    assert panel.result["recall"] == 0 and np.isnan(panel.result["precision"])
    assert np.isnan(panel.result["accuracy of answers"])  # nothing is answered
    assert "–" in panel.facts.value


def test_the_picture_moves_with_the_threshold_and_comes_back(unsure):
    panel = ui.compare(unsure)
    panel.router.value = "linear"
    first = panel.picture.value
    panel.threshold.value = round(float(np.median(unsure.scores["linear"])), 2)
    moved = panel.picture.value
    panel.threshold.value = 0.0
    assert moved != first and panel.picture.value == first


def test_a_picture_is_the_same_however_one_came_to_it(comparison):
    panel, other = ui.compare(comparison), ui.compare(comparison)
    for router in (HOSTILE, "constant", FORMULA):
        panel.update(router=router)
    panel.update(threshold=0.4)
    other.update(router=FORMULA, threshold=0.4)
    assert panel.picture.value == other.picture.value


def test_cost_per_day_is_the_price_of_the_answers_times_the_requests(tiers, plan, traffic):
    panel = ui.compare(tiers, plan=plan, traffic=traffic)
    assert panel.config.per_day == 72 and panel.config.threshold == 0.5
    for threshold in (0.0, 0.5, 1.0):
        panel.threshold.value = threshold
        counts = label_cuts(tiers, "linear", "strong").at(threshold)
        sent = counts[:, 1].sum() / counts.sum()
        # 8,000 tokens in, 10,000 out: USD 0.108 on dear, 0.0108 on fair
        expected = 72 * (sent * 0.108 + (1 - sent) * 0.0108)
        assert panel.result["USD per day"] == pytest.approx(expected)
        assert panel.result["sent to strong"] == sent
    before = panel.result["USD per day"]
    panel.per_day.value = 144
    assert panel.result["USD per day"] == pytest.approx(2 * before)
    assert "144 requests a day" in panel.status.text
    panel.per_day.value = -5  # refused and said, not changed in silence
    assert "at least one request a day" in panel.status.text
    assert panel.per_day.value == panel.config.per_day == 144
    panel.update(per_day=1, threshold=1.0)
    asked = (tiers.judged["truth"] == "cheap").mean()
    assert panel.status.text.endswith(
        f"1 request a day costs $0.0108; {asked:.1%} are served as their labels ask."
    )


def test_what_is_not_answered_costs_the_default_group(plan, traffic):
    prices = plan_prices(plan, traffic, ["cheap", "(not answered)"])
    assert prices.of(["cheap", "(not answered)"]) == pytest.approx([0.0108, 0.108])
    with pytest.raises(InputError, match="no group for 1 answer, such as 'nowhere'"):
        plan_prices(plan, traffic, ["cheap", "nowhere"])
    assert requests_per_day(traffic) == 72 and requests_per_day(None) == 10_000


def test_prices_can_be_given_and_are_checked(comparison):
    prices = {"code": 0.01, "art": 0.001, HOSTILE: 0.001}
    panel = ui.compare(comparison, prices=prices)
    panel.update(router="constant", per_day=1000)
    answer = comparison.predictions["constant"].iloc[0]
    assert panel.result["USD per day"] == pytest.approx(1000 * prices[answer], rel=0.5)
    with pytest.raises(InputError, match="at least 0"):
        ui.compare(comparison, prices={"code": -1})


def test_quality_over_cost_has_the_point_and_the_groups_of_the_plan(tiers, plan, traffic):
    panel = ui.compare(tiers, plan=plan, traffic=traffic)
    panel.threshold.value = 0.3
    counts = label_cuts(tiers, "linear", "strong").at(0.3)
    right = np.trace(counts[:, :2]) / counts.sum()  # no levels: a label asks for its own group
    assert panel.result["served as labels ask"] == pytest.approx(right)
    curves = panel._shown.view("threshold", "cost")._curves
    cost, quality = curves.point(panel._shown.moved(panel.config))
    assert quality == pytest.approx(right)
    assert cost == pytest.approx(1000 * panel.result["USD per day"] / panel.config.per_day)
    assert curves._groups["cost"].tolist() == pytest.approx([10.8, 108.0])
    first = panel.picture.value
    panel.controls.curve.value = "accuracy"
    assert panel.config.curve == "accuracy" and panel.picture.value != first
    panel.reset()
    panel.threshold.value = 0.3
    assert panel.picture.value == first
    with pytest.raises(InputError, match="no curve 'money'; there are: cost, accuracy"):
        panel.update(curve="money")


def test_labels_that_the_plan_has_no_group_for_cost_nothing_and_it_is_said(unsure, plan, traffic):
    panel = ui.compare(unsure, plan=plan, traffic=traffic)
    assert panel.controls.curve.layout.display == panel.per_day.layout.display == "none"
    assert not {"served as labels ask", "USD per day"} & {*panel.result}
    assert panel.status.text.endswith(
        "No cost is told: the plan has no group for 3 answers, such as 'art'."
    )
    assert "What a threshold buys" in panel.picture.title


def test_labels_that_one_group_serves_have_a_cost_and_no_curve_of_it(unsure, plan, traffic):
    one = plan.replace(routes=dict.fromkeys(("art", "chat", "code"), "cheap"))
    panel = ui.compare(unsure, plan=one, traffic=traffic)
    assert panel.controls.curve.layout.display == "none" and panel.per_day.layout.display is None
    assert "served as labels ask" not in panel.result and "USD per day" in panel.result
    assert "What a threshold buys" in panel.picture.title


def test_two_models_move_counts_cost_and_point_together(outcome_comparison):
    panel = ui.compare(outcome_comparison)
    assert panel.position.description == "Strong calls, %"
    judged = outcome_comparison.judged
    panel.update(per_day=1000, position=0)
    assert panel.result["USD per day"] == pytest.approx(1000 * judged["cost small"].mean())
    assert panel.result["threshold"] == np.inf
    panel.update(position=100)
    assert panel.result["USD per day"] == pytest.approx(1000 * judged["cost big"].mean())
    assert panel.result["quality here"] == pytest.approx(judged["quality big"].mean())
    half = panel.picture.value
    panel.update(position=50)
    assert panel.picture.value != half
    curve = outcome_comparison.curves["near"]
    assert panel.result["quality here"] == pytest.approx(np.interp(0.5, curve.cost, curve.quality))


def test_three_models_read_the_curve_and_keep_their_own_counts():
    from routelab import OutcomeTable, make_router

    rng = np.random.default_rng(0)
    prompts = [f"{('prove', 'say', 'draw')[i % 3]} thing {i}" for i in range(60)]
    quality = (rng.random((60, 3)) < [0.9, 0.6, 0.4]).astype(float)
    table = OutcomeTable(
        prompts, ["big", "mid", "small"], quality, np.tile([1e-2, 1e-3, 1e-4], (60, 1))
    )
    made = compare({"near": make_router("outcome-knn", k=3)}, table, cv=2, n_boot=50)
    panel = ui.compare(made)
    panel.update(position=0, per_day=1000)
    curve = made.curves["near"]
    assert panel.result["USD per day"] == pytest.approx(1000 * curve["cost"].min())
    assert panel.position.description == "Cost, % of its range"
    for router in panel._shown.routers:
        panel.update(router=router)
        assert panel.config.router == router
    panel.update(router="near", view="errors")
    errors = made.errors[made.errors.router == "near"]
    assert f"{len(errors)} errors" in panel.list.list.value
    assert "quality lost" in panel.list.list.value


def test_a_comparison_saved_before_scores_were_kept_shows_what_it_has(comparison):
    from dataclasses import replace

    old = replace(comparison, scores=pd.DataFrame(), judged=pd.DataFrame())
    panel = ui.compare(old)
    panel.update(router=FORMULA, threshold=0.9)
    row = comparison.table.set_index("name").loc[FORMULA]
    assert panel.result["answered"] == 1.0
    assert panel.result["accuracy of answers"] == pytest.approx(row["accuracy"])
    panel.update(view="errors")
    assert f"{(comparison.errors.router == FORMULA).sum()} errors" in panel.list.list.value or (
        "no errors" in panel.list.list.value
    )


def test_a_loaded_comparison_shows_the_same(comparison, tmp_path):
    kept = Comparison.load(comparison.save(tmp_path / "kept"))
    panel, loaded = ui.compare(comparison), ui.compare(kept)
    for each in (panel, loaded):
        each.update(router=FORMULA, threshold=0.4, truth="code")
    assert loaded.result == panel.result and loaded.picture.value == panel.picture.value


def test_each_cell_has_the_colour_of_its_share(unsure):
    import io

    from PIL import Image

    panel = ui.compare(unsure)
    level = round(float(np.median(unsure.scores["linear"])), 2)
    panel.update(router="linear", threshold=level)
    grid = panel._shown.view("threshold", "cost").grid
    table = panel._shown.view("threshold", "cost").table
    pixels = np.asarray(Image.open(io.BytesIO(table.value)))
    counts = label_cuts(unsure, "linear").at(level)
    share = counts / counts.sum(axis=1, keepdims=True)
    assert (share != share[::-1]).any() and (share != share[:, ::-1]).any()
    for y, x in np.ndindex(share.shape):
        left, bottom = grid.ax.transData.transform((x - 0.3, y - 0.3))  # beside the number
        expected = grid.ramp(share[y, x], bytes=True)[:3]
        assert (pixels[int(pixels.shape[0] - bottom), int(left)] == expected).all(), (y, x)
