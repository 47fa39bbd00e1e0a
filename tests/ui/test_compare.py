"""The compare panel: figures that the comparison holds already, a choice at a time."""

from __future__ import annotations

import pytest

from routelab import InputError, ui

from .conftest import FORMULA, HOSTILE


def test_figures_are_those_of_the_table(comparison):
    panel = ui.compare(comparison)
    row = comparison.table.set_index("name").loc[panel.config.router]
    assert panel.result == {"accuracy": row["accuracy"], "low": row["low"], "high": row["high"]}
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
    ):
        with pytest.raises(InputError, match=told):
            panel.update(**changes)
