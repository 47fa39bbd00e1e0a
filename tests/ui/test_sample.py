"""Data that is too large for a panel: a sample in order, and said so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.ui._sample import ROWS_SHOWN, sampled


def test_a_million_prompts_are_sampled_in_order_and_said():
    frame = pd.DataFrame({"n": np.arange(1_000_000)})
    few, told = sampled(frame, "prompts")
    assert len(few) == ROWS_SHOWN and few["n"].is_monotonic_increasing and few["n"].is_unique
    assert told == "A sample of 20,000 of 1,000,000 prompts."
    assert abs(few["n"].mean() - 500_000) < 10_000  # 5 standard errors of 2,000
    again, _ = sampled(frame, "prompts")
    assert few.equals(again)
    assert not few.equals(sampled(frame, "prompts", seed=1)[0])


def test_small_data_is_taken_whole_and_nothing_is_said():
    frame = pd.DataFrame({"n": range(10)})
    few, told = sampled(frame, "prompts", limit=10)
    assert few is frame and told == ""
