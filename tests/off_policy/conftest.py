"""A log whose choices were random, with its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def log():
    """1,200 rows: large (0.25 of them) has quality 0.9 and costs USD 0.01, small 0.6 and 0.001."""
    rng = np.random.default_rng(7)
    large = rng.random(1_200) < 0.25
    word = np.where(rng.random(1_200) < 0.5, "prove", "greet")
    return pd.DataFrame(
        {
            "prompt": [f"{w} number {i}" for i, w in enumerate(word)],
            "model": np.where(large, "large", "small"),
            "propensity": np.where(large, 0.25, 0.75),
            "quality": (rng.random(1_200) < np.where(large, 0.9, 0.6)).astype(float),
            "cost_usd": np.where(large, 0.01, 0.001) * rng.gamma(4, 0.25, 1_200),
            "user": [f"u{i % 300}" for i in range(1_200)],
        }
    )
