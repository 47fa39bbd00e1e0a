"""The compare panel: figures that the comparison holds already, a choice at a time."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from routelab import InputError, ui
from routelab.ui._compare_calibration import error_told, stated
from routelab.ui._compare_told import about_errors, facts

from .conftest import FORMULA, HOSTILE


def test_figures_are_those_of_the_table(comparison):
    panel = ui.compare(comparison)
    row = comparison.table.set_index("name").loc[panel.config.router]
    shown = {"accuracy": row["accuracy"], "accuracy low": row["low"],
             "accuracy high": row["high"]}  # fmt: skip
    moved = {"answered": 1.0, "accuracy of answers": row["accuracy"]}  # nothing is left out yet
    assert panel.result == shown | moved
    assert panel.status.text.startswith(f"{panel.config.router}: ")


def test_a_class_shows_how_much_of_it_the_router_finds(comparison):
    panel = ui.compare(comparison)
    panel.router.value = FORMULA
    pictures = panel._shown.view("threshold", "cost").pictures
    curve, counts = (picture.value for picture in pictures)
    panel.truth.value = "code"
    table = comparison.confusion[FORMULA]
    assert panel.result["recall"] == table.loc["code", "code"] / table.loc["code"].sum()
    assert panel.result["precision"] == table.loc["code", "code"] / table["code"].sum()
    assert "12 prompts of class 'code'" in panel.status.text
    assert pictures[0].value == curve and pictures[1].value != counts  # the curve is of all


def test_another_figure_and_a_control_can_be_chosen(comparison):
    panel = ui.compare(comparison)
    panel.metric.value = "macro_f1"
    assert "macro_f1" in panel.result
    panel.router.value = "constant"
    assert "control" in panel.status.text


def test_a_router_that_never_gives_a_class_has_no_precision_for_it(comparison):
    panel = ui.compare(comparison)
    panel.update(router=HOSTILE, truth="code")
    assert (panel.router.value, panel.truth.value) == (HOSTILE, "code")
    assert panel.result["recall"] == 0
    assert "–" in panel.facts.value


def test_outcomes_are_read_along_the_cost(outcome_comparison):
    panel = ui.compare(outcome_comparison)
    curve = outcome_comparison.curves["near"]
    panel.position.value = 0
    assert panel.result["share of strong calls"] == curve["cost"].min()
    assert panel.result["quality here"] == pytest.approx(curve["quality"].iloc[0])
    cheap = panel.picture.value
    panel.position.value = 100
    assert panel.result["quality here"] == pytest.approx(curve["quality"].iloc[-1])
    assert panel.picture.value != cheap


def test_unknown_names_are_refused(comparison):
    panel = ui.compare(comparison)
    for changes, told in (
        ({"router": "nobody"}, "no router 'nobody'"),
        ({"metric": "charm"}, "no figure 'charm'"),
        ({"truth": "cooking"}, "no class 'cooking'"),
        ({"answered": "cooking"}, "no class 'cooking'"),
        ({"view": "cooking"}, "no tab 'cooking'"),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"position": 101}, "between 0 and 100"),
        ({"per_day": 0}, "at least one request"),
        ({"per_day": 10**12}, "at most 2,000,000,000; got"),
        ({"routers": ("linear",)}, "this panel shows one comparison"),
    ):
        with pytest.raises(InputError, match=told):
            panel.update(**changes)
            panel.wait(10)
            raise InputError(panel.status.text)  # what runs in a thread says it there


def test_the_table_names_every_router_and_control_with_interval_and_verdict(comparison):
    text = ui.compare(comparison).table.value
    head = re.findall(r'<th scope="col"[^>]*>([^<]+)', text)
    assert head[:3] == ["router", "verdict", "accuracy"]  # narrow screens show the first ones
    for row in comparison.table.itertuples():
        assert f"{row.low:.3f} to {row.high:.3f}" in text
    assert text.count("<tr>") == 1 + len(comparison.table)
    assert "constant (control)" in text and "&lt;img" in text and "<img" not in text


@pytest.mark.parametrize("view", ["figures", "calibration", "slices", "errors"])
def test_a_tab_is_drawn_when_it_is_opened_and_follows_the_router(comparison, view):
    panel = ui.compare(comparison)
    tab = panel.tabs.children[[t.lower() for t in panel.tabs.titles].index(view)]
    assert not tab.children
    panel.tabs.selected_index = list(panel.tabs.children).index(tab)
    assert panel.config.view == view and len(tab.children) == 1
    panel.router.value = HOSTILE
    before = panel.list.list.value if view == "errors" else panel.picture.value
    panel.router.value = FORMULA
    after = panel.list.list.value if view == "errors" else panel.picture.value
    all_at_once = ("figures", "slices")  # bars of all; too few prompts for any slice
    assert (before != after) == (view not in all_at_once)


def test_a_tab_set_in_code_opens(comparison):
    panel = ui.compare(comparison)
    panel.update(view="slices")
    assert panel.tabs.selected_index == 3


def test_calibration_adds_up_to_the_error_of_the_table(comparison):
    from routelab.evaluate.confidence import top_label_error

    right, sure = stated(comparison, FORMULA)
    assert len(right) == comparison.n
    ece = comparison.table.set_index("name").loc[FORMULA, "ece"]
    assert top_label_error(right, sure) == pytest.approx(ece, abs=1e-9)


def test_the_calibration_error_is_that_of_the_table(comparison):
    from dataclasses import replace

    sure = stated(comparison, FORMULA)
    told = error_told(comparison, FORMULA, *sure)
    ece = comparison.table.set_index("name").loc[FORMULA, "ece"]
    assert told == f"calibration error (ECE) {ece:.3f}"
    # Of a router that does not always give its likeliest answer the table's is another figure.
    table = comparison.table.assign(ece=ece + 0.06)
    told = error_told(replace(comparison, table=table), FORMULA, *sure)
    assert told.startswith(f"calibration error (ECE) {ece + 0.06:.3f},\nof its highest probability")


def test_without_a_figure_in_the_table_the_calibration_error_is_of_what_is_drawn(comparison):
    from dataclasses import replace

    without = replace(comparison, table=comparison.table.drop(columns="ece"))
    sure = stated(comparison, FORMULA)
    assert error_told(without, FORMULA, *sure) == error_told(comparison, FORMULA, *sure)


def test_calibration_has_the_colour_of_the_router(comparison):
    import io

    import numpy as np
    from matplotlib.colors import to_rgb
    from PIL import Image

    from routelab.plots._comparison import router_colors
    from routelab.plots._style import style

    panel = ui.compare(comparison)
    palette = router_colors(comparison, style("light"))
    for router in (FORMULA, HOSTILE):
        panel.update(view="calibration", router=router)
        pixels = np.asarray(Image.open(io.BytesIO(panel.picture.value)))[..., :3]
        wanted = np.round(np.array(to_rgb(palette[router])) * 255)
        assert (np.abs(pixels - wanted).max(axis=-1) < 2).any(), router


def test_what_cannot_be_calibrated_says_why(comparison, outcome_comparison):
    from dataclasses import replace

    assert "a control is not asked" in stated(outcome_comparison, "random")
    silent = replace(comparison, scores=comparison.scores * float("nan"))
    assert "says nothing of how sure" in stated(silent, FORMULA)
    assert "no chances" in stated(outcome_comparison, "near")  # a difference of qualities
    many = replace(outcome_comparison, scores=pd.DataFrame(), judged=pd.DataFrame())
    assert "more than two models" in stated(many, "near")
    certain = replace(outcome_comparison, scores=outcome_comparison.scores.round().clip(0, 1))
    assert "says nothing of how sure" in stated(certain, "near")


def test_chances_on_outcomes_are_calibrated():
    import numpy as np

    from routelab import OutcomeTable, compare, make_router

    prompts = [f"{word} {i}" for i in range(20) for word in ("prove theorem", "say hello")]
    hard = np.array([word.startswith("prove") for word in prompts])
    quality = np.stack([np.ones(40), np.where(hard, 0.0, 1.0)], axis=1)
    table = OutcomeTable(prompts, ["big", "small"], quality, np.tile([0.01, 0.001], (40, 1)))
    made = compare({"trained": make_router("linear")}, table, cv=2, n_boot=50)
    happened, chance = stated(made, "trained")
    assert (happened == hard).all()  # the strong model is better on the hard ones
    assert chance[hard].min() > chance[~hard].max()
    panel = ui.compare(made)
    panel.update(view="calibration", router="trained")
    assert panel.picture.value


def test_figures_say_what_they_are_of(comparison):
    panel = ui.compare(comparison)
    panel.update(router=FORMULA, truth="code", threshold=0.2, metric="macro_f1")
    told = facts(panel.config, panel.result)
    assert list(told) == [
        "accuracy, all prompts", "macro f1, all prompts", "prompts of class code",
        "of these found", "right where it says code", "answered at threshold 0.2",
        "of the answers right",
    ]  # fmt: skip
    low, high = panel.result["accuracy low"], panel.result["accuracy high"]
    assert told["accuracy, all prompts"].endswith(f"({low:.3f} to {high:.3f})")
    assert about_errors(panel.config, True) == (
        "wrong answers to prompts of class 'code' at threshold 0.2"
    )


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, " at threshold 0.3"),
        ({"answered": "low"}, ", answered 'low', at threshold 0.3"),
        ({"search": " the "}, ", with the text 'the', at threshold 0.3"),
        (
            {"answered": "low", "search": "the"},
            ", answered 'low', with the text 'the', at threshold 0.3",
        ),
    ],
)
def test_the_list_says_its_filters(comparison, chosen, said):
    from dataclasses import replace

    config = replace(ui.compare(comparison).config, threshold=0.3, **chosen)
    assert about_errors(config, True) == f"wrong answers{said}"
    without = said.removesuffix(" at threshold 0.3").rstrip(",")
    assert about_errors(config, False).endswith(f"would have served better{without}")


def test_pictures_of_the_tabs_are_named_in_their_descriptions(comparison):
    panel = ui.compare(comparison)
    panel.update(view="figures", metric="macro_f1")
    assert f"Macro f1, {comparison.n} prompts" in panel.tools.copy.titles
    panel.update(view="calibration", router=FORMULA)
    assert any(title.startswith("Calibration of ") for title in panel.tools.copy.titles)


def test_a_gain_says_which_figure_it_is_of(comparison, outcome_comparison):
    from routelab import plots

    for made, figure in ((comparison, "accuracy"), (outcome_comparison, "APGR")):
        _, (ax,) = plots.figure()
        assert plots.router_gains(made, ax)
        assert ax.get_xlabel() == f"{figure} over the best control"
        assert (" APGR over " in ui.compare(made).table.value) == (figure == "APGR")
    panel = ui.compare(outcome_comparison)
    assert list(facts(panel.config, panel.result)) == [
        "quality, all prompts", "quality at 50 %", "score from which it is strong", "USD per day",
    ]  # fmt: skip


def test_every_tab_is_as_high_as_the_others(comparison):
    panel = ui.compare(comparison)
    for view in ("figures", "calibration", "slices", "errors"):
        panel.update(view=view)
    heights = {page.layout.min_height for page in panel.tabs.children}
    assert len(heights) == 1 and f"{100 * panel._shown.tall + 8:.0f}px" in heights.pop()


def test_outcomes_open_every_tab(outcome_comparison):
    panel = ui.compare(outcome_comparison)
    for view in ("figures", "calibration", "slices", "errors"):
        panel.update(view=view)
        assert panel.config.view == view and panel.picture.value


def test_a_router_chosen_here_is_the_sessions_and_the_other_way_round(labels):
    from routelab import compare, make_router

    kinds = {name: make_router(name) for name in ("centroid", "linear")}
    session = ui.Session()
    panel = ui.compare(compare(kinds, labels, cv=2, n_boot=50), session=session)
    assert session.router is None  # looking chooses nothing
    panel.router.value = "linear"
    assert session.router == ui.RouterChoice("linear")
    panel.router.value = "constant"  # a control is looked at, not chosen
    assert session.router == ui.RouterChoice("linear")
    session.choose_router(ui.RouterChoice("centroid"))
    assert panel.router.value == panel.config.router == "centroid"


def test_settings_of_before_still_load(comparison, tmp_path):
    path = tmp_path / "old.yaml"
    path.write_text(
        "version: 1\npanels:\n  compare: {router: constant, metric: macro_f1, truth: code, "
        "position: 20}\n",
        encoding="utf-8",
    )
    panel = ui.compare(comparison, session=ui.Session(path))
    assert (panel.config.router, panel.config.metric, panel.config.truth) == (
        "constant", "macro_f1", "code",
    )  # fmt: skip
    assert panel.config.view == "threshold"
