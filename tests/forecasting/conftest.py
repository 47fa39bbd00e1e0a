"""Small traffic and plans whose sums are easy, and the bundled week."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Catalog, Plan
from routelab.catalog import Model
from routelab.datasets import data_dir, load_traffic

START = pd.Timestamp("2026-01-05T00:00:00Z")  # a Monday

# Without output tokens, a million input tokens cost USD 1 on dear and 0.1 on fair.
DEAR = Model("dear", "alpha", 1.0, 10.0, ttft_s=1.0, output_tokens_per_s=100.0)
FAIR = Model("fair", "beta", 0.1, 1.0, ttft_s=0.5, output_tokens_per_s=100.0)


@pytest.fixture
def make_plan():
    def make(**fields):
        groups = {"strong": "dear", "cheap": "fair"}
        base = {"models": groups, "default": "strong", "catalog": Catalog([DEAR, FAIR])}
        return Plan(**{**base, "expected_output_tokens": 0, **fields})

    return make


@pytest.fixture
def make_traffic():
    def make(hours, millions=1.0, **columns):
        """Return one request per entry of `hours`, of USD `millions` on dear, a tenth on fair."""
        tokens = (pd.Series(millions, index=range(len(hours))) * 1e6).round().astype("int64")
        frame = {
            "timestamp": START + pd.to_timedelta(list(hours), unit="h"),
            "input_tokens": tokens,
            "output_tokens": 0,
        }
        return pd.DataFrame({**frame, **columns})

    return make


@pytest.fixture(scope="session")
def week():
    """The bundled traffic: 25,953 requests from Monday to Sunday."""
    return load_traffic()


@pytest.fixture(scope="session")
def bundled_plan():
    """The bundled plan, with its router trained once."""
    return Plan.from_yaml(data_dir() / "plan.yaml").fitted()
