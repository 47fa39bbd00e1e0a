"""The compare panel: figures that the comparison holds already, a choice at a time."""

from __future__ import annotations

import pytest

from routelab import InputError, ui

from .conftest import FORMULA, HOSTILE


def test_figures_are_those_of_the_table(comparison):
    panel = ui.compare(comparison)
    row = comparison.table.set_index("name").loc[panel.config.router]
    shown = {"accuracy": row["accuracy"], "low": row["low"], "high": row["high"]}
    moved = {"answered": 1.0, "accuracy of answers": row["accuracy"]}  # nothing is left out yet
    assert panel.result == shown | moved
    assert panel.status.text.startswith(f"{panel.config.router}: ")


def test_a_class_shows_how_much_of_it_the_router_finds(comparison):
    panel = ui.compare(comparison)
    panel.router.value = FORMULA
    before = panel.picture.value
    panel.truth.value = "code"
    table = comparison.confusion[FORMULA]
    assert panel.result["recall"] == table.loc["code", "code"] / table.loc["code"].sum()
    assert panel.result["precision"] == table.loc["code", "code"] / table["code"].sum()
    assert "12 prompts of class 'code'" in panel.status.text
    assert panel.picture.value != before


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
    assert panel.result["cost here"] == curve["cost"].min()
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
        ({"routers": ("linear",)}, "this panel shows one comparison"),
    ):
        with pytest.raises(InputError, match=told):
            panel.update(**changes)
            panel.wait(10)
            raise InputError(panel.status.text)  # what runs in a thread says it there


def test_the_table_names_every_router_and_control_with_interval_and_verdict(comparison):
    text = ui.compare(comparison).table.value
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
    from routelab.ui._compare_views import reliability_of

    found = reliability_of(comparison, FORMULA)
    gap = (found["n"] * (found["accuracy"] - found["confidence"]).abs()).sum() / found["n"].sum()
    ece = comparison.table.set_index("name").loc[FORMULA, "ece"]
    assert found["n"].sum() == comparison.n
    assert gap == pytest.approx(ece, abs=0.05)  # ten bins here, fifteen there


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
