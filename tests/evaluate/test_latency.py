"""Latency of the chosen models."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.evaluate import ChosenLatency, chosen_latency


def test_only_the_chosen_models_count():
    latency = np.column_stack([np.arange(1.0, 22), np.full(21, 99.0)])
    # 1 ... 21: mean 11, median 11, 95 % at position 19 of 20: 20
    assert chosen_latency(np.zeros(21), latency) == ChosenLatency(11.0, 11.0, 20.0, 21, 0)


def test_missing_latencies_are_counted_and_kept_out():
    found = chosen_latency([0, 0, 1], [[2.0, 9.0], [np.nan, 1.0], [np.nan, 4.0]])
    assert (found.mean, found.n, found.missing) == (3.0, 2, 1)


def test_one_prompt_is_its_own_median():
    one = chosen_latency([0], [[0.5]])
    assert one.mean == one.p50 == one.p95 == pytest.approx(0.5)
