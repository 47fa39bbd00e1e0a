"""Per-slice results: figures, controls, correction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, compare, read_outcomes
from routelab.evaluate import Resampler, slice_table
from routelab.evaluate.slices import check_slices, length_thirds


def test_a_slice_has_its_own_figures():
    kind = np.repeat(["a", "b"], 50)
    got = np.r_[np.ones(40), np.zeros(10), np.zeros(50)]  # .8 in a, 0 in b
    control = np.full(100, 0.5)
    found = slice_table({"kind": kind}, {"x": (got, control, "coin")}, Resampler(100, 500))
    a, b = found.set_index("value").loc["a"], found.set_index("value").loc["b"]
    assert (a["n"], a["figure"], a["difference"]) == (50, pytest.approx(0.8), pytest.approx(0.3))
    assert a["diff_low"] > 0 and a["p_holm"] < 0.05 and a["control"] == "coin"
    assert (b["low"], b["high"], b["difference"]) == (0, 0, -0.5)
    # 1.96 * sqrt(.8 * .2 / 50) = .11
    assert a["high"] - a["low"] == pytest.approx(0.22, abs=0.03)


def test_small_slices_are_left_out():
    kind = np.r_[["rare"] * 19, ["common"] * 60, ["usual"] * 21]
    same = {"x": (np.ones(100), np.ones(100), "c")}
    found = slice_table({"kind": kind}, same, Resampler(100, 9))
    assert found["value"].tolist() == ["common", "usual"]
    groups = np.r_[np.arange(79), np.full(21, 79)]  # the usual ones are one conversation
    assert slice_table({"kind": kind}, same, Resampler(100, 9, groups=groups)).empty
    assert slice_table({}, {}, Resampler(3, 9)).empty


def test_holm_counts_all_slices_of_a_router():
    rng = np.random.default_rng(0)
    got = (rng.random(400) < 0.58).astype(float)
    one = slice_table({"half": np.repeat(["a", "b"], 200)}, {"x": (got, np.full(400, 0.5), "c")},
                      Resampler(400, 999))  # fmt: skip
    many = slice_table({"half": np.repeat(["a", "b"], 200), "tenth": np.arange(400) % 10 // 1},
                       {"x": (got, np.full(400, 0.5), "c")}, Resampler(400, 999))  # fmt: skip
    assert many["p_holm"].iloc[0] > one["p_holm"].iloc[0]


def test_lengths_are_cut_in_thirds():
    assert (
        pd.Series(length_thirds(["x" * i for i in range(90)])).value_counts().tolist() == [30] * 3
    )
    assert set(length_thirds(["same"] * 5)) == {"short"}


def test_slices_must_fit():
    with pytest.raises(InputError, match="'language' must have a value for each of 3 prompts, got"):
        check_slices({"language": ["en"]}, 3)


def test_comparisons_are_sliced_without_being_asked(data):
    table = read_outcomes(data / "routellm" / "mmlu" / "*.csv")
    kept = [i for i, name in enumerate(table.datasets) if name in (
        "mmlu_moral_scenarios", "mmlu_marketing")]  # fmt: skip
    table = table.take(kept)
    parity = np.arange(len(table)) % 2
    found = compare(["outcome-linear"], table, cv=2, n_boot=200, slices={"parity": parity})
    assert set(found.slices["slice"]) >= {"length", "dataset", "parity"}
    shown = found.slices[found.slices["slice"] == "dataset"]
    assert shown["n"].sum() == found.n == len(table)
    assert {"dataset oracle", "oracle"} <= set(found.table["name"])
