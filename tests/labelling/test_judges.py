"""Several judges in one summary: alpha as it was, with an interval that holds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError
from routelab.labelling import judge_agreement, krippendorff_alpha


def simulated(items: int, seed: int, error: float = 0.1) -> pd.DataFrame:
    """Return three judges of balanced truths who err apart from each other."""
    rng = np.random.default_rng(seed)
    truth = rng.random(items) < 0.5
    verdicts = truth[:, None] ^ (rng.random((items, 3)) < error)
    return pd.DataFrame(verdicts.astype(int), columns=["a", "b", "c"])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_krippendorffs(level):
    table = pd.DataFrame({"a": [1, 2, 3, None, 3], "b": [1, 2, 2, 4, 1], "c": [None, 3, 3, 4, 3]})
    found = judge_agreement(table, level, n_boot=300)
    assert found.alpha == krippendorff_alpha(table, level)
    assert found.low < found.alpha < found.high
    assert (found.items, found.judges) == (5, 3)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    # Two judges agree with probability .9^2 + .1^2 = .82, by chance .5: alpha (.82 - .5) / .5
    held = 0
    for seed in range(120):
        found = judge_agreement(simulated(150, seed), n_boot=200, seed=seed)
        held += found.low <= 0.64 <= found.high
    assert 0.9 <= held / 120 <= 0.99


def test_items_that_one_judge_labelled_do_not_count():
    table = simulated(40, 0).astype(object)
    more = pd.concat([table, pd.DataFrame({"a": [1, 0], "b": [None, None], "c": [None, None]})])
    one, two = judge_agreement(table, n_boot=50), judge_agreement(more, n_boot=50)
    assert (one.alpha, one.low, one.items) == (two.alpha, two.low, two.items)


def test_judges_who_all_say_the_same_have_no_alpha():
    found = judge_agreement(pd.DataFrame({"a": ["x"] * 4, "b": ["x"] * 4}), n_boot=20)
    assert np.isnan([found.alpha, found.low, found.high]).all()
    rare = pd.DataFrame({"a": ["x"] * 5 + ["y"], "b": ["x"] * 5 + ["y"]})
    assert judge_agreement(rare, n_boot=100).low == 1.0


def test_the_summary_is_told_and_escaped():
    found = judge_agreement(simulated(60, 1).rename(columns={"a": "<b>"}), n_boot=50)
    assert str(found).startswith("3 judges over 60 items: Krippendorff's alpha 0.")
    html = found._repr_html_()
    assert "&lt;b&gt; and b" in html and "<b>" not in html and html.count("<tr>") == 4


def test_one_judge_cannot_agree():
    with pytest.raises(InputError, match="two judges or more, got 1"):
        judge_agreement(pd.DataFrame({"a": ["x"]}))
    with pytest.raises(InputError, match="there is no item with two labels"):
        judge_agreement(pd.DataFrame({"a": ["x", None], "b": [None, "y"]}))
