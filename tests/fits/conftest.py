"""Logs with known coefficients, and the real ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab.datasets import load_traffic

START = pd.Timestamp("2026-01-05T00:00:00Z")


@pytest.fixture(scope="session")
def week():
    """The bundled traffic: 25,953 requests from Monday to Sunday."""
    return load_traffic()


@pytest.fixture
def make_log():
    def make(n, seed=0, *, ttft=0.4, per_input=1e-4, per_output=0.02, sigma=0.2, **columns):
        """Return n answered requests, one a minute, whose latency follows the coefficients."""
        rng = np.random.default_rng(seed)
        into = rng.integers(50, 8000, n)
        out = np.maximum(rng.lognormal(5, 1, n).astype(int), 2)
        first = (ttft + per_input * into) * rng.lognormal(0, sigma, n)
        rest = per_output * out * rng.lognormal(0, sigma, n)
        frame = {
            "timestamp": START + pd.to_timedelta(np.arange(n), unit="min"),
            "model": "m",
            "provider": "p",
            "input_tokens": into,
            "output_tokens": out,
            "ttft_s": first,
            "latency_s": first + rest,
        }
        return pd.DataFrame({**frame, **columns})

    return make
