"""The deferral curve over a swept weight, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab.evaluate import aiq, audc, cost_save, peak, qnc

COST, QUALITY = [4.0, 0.0, 2.0], [0.9, 0.5, 0.7]
BEST = {"best_cost": 4.0, "best_quality": 0.8}


def test_area_in_any_order_of_the_settings():
    assert audc(COST, QUALITY) == pytest.approx(0.7)  # a straight line from .5 to .9
    assert audc([0, 2, 4], [0.5, 0.9, 0.7]) == pytest.approx((0.7 * 2 + 0.8 * 2) / 4)


def test_area_over_a_common_span_keeps_quality_beyond_the_ends():
    # .5 from 0 to 1 (the cheapest setting's), the line .5 to .9 from 1 to 3, .9 from 3 to 5
    assert audc([1, 3], [0.5, 0.9], span=(0, 5)) == pytest.approx((0.5 + 1.4 + 1.8) / 5)


def test_of_settings_of_one_cost_the_best_counts():
    assert audc([0, 0, 2], [0.1, 0.5, 0.5]) == pytest.approx(0.5)


settings_ = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0, 1)), min_size=2, max_size=6, unique_by=lambda p: p[0]
)


@settings(max_examples=60, deadline=None)
@given(settings_)
def test_the_hull_is_never_below_the_curve(points):
    cost, quality = np.array(points).T
    assert audc(cost, quality) <= aiq(cost, quality) + 1e-9
    assert quality.min() - 1e-9 <= audc(cost, quality) <= peak(quality) + 1e-9


def test_quality_neutral_cost_by_hand():
    assert qnc(COST, QUALITY, **BEST) == pytest.approx(3 / 4)  # .8 lies halfway from .7 to .9
    assert qnc(COST, QUALITY, variant="settings", **BEST) == 1.0
    assert qnc(COST, QUALITY, best_cost=4.0, best_quality=0.5) == 0.0  # the cheapest reaches it
    assert np.isnan(qnc(COST, QUALITY, best_cost=4.0, best_quality=0.95))


def test_cost_save_is_one_minus_quality_neutral_cost_of_settings():
    each = qnc([1, 3, 5], [0.5, 0.8, 0.9], variant="settings", **BEST)
    assert cost_save([1, 3, 5], [0.5, 0.8, 0.9], **BEST) == pytest.approx(1 - each)


def test_peak_is_the_best_setting():
    assert peak(QUALITY) == 0.9
    assert peak([0.5, 0.5]) == 0.5
