"""Small traffic and plans with prices that are easy to add up by hand."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from routelab import Catalog, Plan
from routelab.catalog import Model

START = pd.Timestamp("2026-01-05T00:00:00Z")

# USD 1 per million input tokens and USD 10 per million output tokens, and a tenth of it.
DEAR = Model(
    "dear", "alpha", 1.0, 10.0, context_window=10_000, ttft_s=1.0, output_tokens_per_s=100.0
)
FAIR = Model("fair", "beta", 0.1, 1.0, context_window=10_000, ttft_s=0.5, output_tokens_per_s=100.0)


def pytest_collection_modifyitems(items):
    """Interpreted, the kernel's 64-bit hash warns of the overflow that it relies on."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        for item in items:
            item.add_marker(
                pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
            )


@pytest.fixture
def make_plan():
    def make(**fields):
        models = {"strong": "dear", "cheap": "fair"}
        return Plan(
            **{"models": models, "default": "strong", "catalog": Catalog([DEAR, FAIR]), **fields}
        )

    return make


@pytest.fixture
def make_traffic():
    def make(seconds, tokens_in=1_000_000, tokens_out=100_000, **columns):
        """Return one request per entry of `seconds`.

        By default it costs USD 2 on dear, 0.2 on fair.
        """
        n = len(seconds)
        frame = {
            "request_id": [f"r{i}" for i in range(n)],
            "timestamp": START + pd.to_timedelta(list(seconds), unit="s"),
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
        }
        return pd.DataFrame({**frame, **columns})

    return make
