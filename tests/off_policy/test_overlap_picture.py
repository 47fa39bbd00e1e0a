"""The picture of the overlap draws what the result holds, in both themes."""

from __future__ import annotations

import numpy as np
import pytest

from routelab import evaluate_policy, plots


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_weight_above_0_is_in_a_bar(log, theme):
    fig, (ax,) = plots.figure(5, 3, theme=theme)
    odd = log.replace({"model": {"large": "$\\frac{large"}})
    result = evaluate_policy(odd, {"$\\frac{large": 0.5, "small": 0.5}, n_boot=20)
    bars = plots.overlap(result, ax, theme)
    assert sum(bar.get_height() for bar in bars) == result.n
    assert plots.png(fig) == plots.png(fig)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told[0].startswith("$\\frac{large, effective") and len(told) == 2
    assert f"{result.ess:,.0f} of 1,200 rows effective" in ax.get_title(loc="left")


def test_rows_without_weight_are_counted_and_a_threshold_is_drawn(log):
    _, (ax,) = plots.figure(5, 3)
    result = evaluate_policy(log, "large", clip=2, unit="user", n_boot=20)
    bars = plots.overlap(result, ax)
    large = int((log.model == "large").sum())
    assert sum(bar.get_height() for bar in bars) == large
    assert f"({1_200 - large} of 1,200 rows have weight 0)" in ax.get_xlabel()
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "truncated above 2" in told
    assert "of 300 units effective" in ax.get_title(loc="left")
    assert np.isfinite(ax.get_xlim()).all()
