"""Agreement against published examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError
from routelab.labelling import agreement, cohen_kappa, krippendorff_alpha

# Krippendorff (2011), section C: four observers, twelve units, gaps.
OBSERVERS = pd.DataFrame({
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}, dtype=object)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example(level, alpha):
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(alpha, abs=5e-4)


def test_ends_of_the_scale():
    same = pd.DataFrame({"a": ["x", "y", "x"], "b": ["x", "y", "x"]})
    assert krippendorff_alpha(same) == 1.0
    assert np.isnan(krippendorff_alpha(same.replace("y", "x")))
    assert np.isnan(cohen_kappa(["x", "x"], ["x", "x"]))
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"a": rng.integers(0, 3, 4000), "b": rng.integers(0, 3, 4000)})
    assert abs(krippendorff_alpha(noise)) < 0.05
    assert abs(cohen_kappa(noise.a, noise.b)) < 0.05


def test_kappa_by_hand():
    # Observed 0.7; chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5; kappa 0.2 / 0.5.
    one = ["y"] * 25 + ["n"] * 25
    two = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(one, two) == pytest.approx(0.4)


def test_pairs_of_annotators():
    table = pd.DataFrame({"a": ["x", "y", None], "b": ["x", "x", "y"], "c": [None, None, "y"]})
    found = agreement(table)
    assert found[["first", "second", "items", "same"]].values.tolist() == [
        ["a", "b", 2, 0.5], ["b", "c", 1, 1.0],
    ]  # fmt: skip


def test_what_cannot_be_measured_says_why():
    with pytest.raises(InputError, match="no item with two labels"):
        krippendorff_alpha(pd.DataFrame({"a": ["x", None], "b": [None, "y"]}))
    with pytest.raises(InputError, match="'level' must be one of"):
        krippendorff_alpha(OBSERVERS, "ratio")
    with pytest.raises(InputError, match="'x' is not in 'order'"):
        krippendorff_alpha(pd.DataFrame({"a": ["x"], "b": ["x"]}), "ordinal", ["y"])
    with pytest.raises(InputError, match="same items, got 1 and 2"):
        cohen_kappa(["a"], ["a", "b"])
    with pytest.raises(InputError, match="no item that both labelled"):
        cohen_kappa([None], ["a"])
