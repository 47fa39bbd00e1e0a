"""A small week of traffic, a plan, a comparison: enough for every panel, fast without a kernel."""

from __future__ import annotations

import ipywidgets as w
import numpy as np
import pandas as pd
import pytest

from routelab import Catalog, Plan, compare, make_router
from routelab.catalog import Model

HOSTILE = '<img src=x onerror="alert(1)">'
FORMULA = r"$\frac{ not a formula"

SPEED = {"context_window": 10_000, "ttft_s": 0.5, "output_tokens_per_s": 99.0}
DEAR = Model("dear", "alpha", 1.0, 10.0, litellm_model="openai/dear", **SPEED)
FAIR = Model("fair", "beta", 0.1, 1.0, litellm_model="azure/fair", **SPEED)


def html_of(widget: w.Widget) -> str:
    """Return all HTML that a widget and its children hold."""
    parts = [widget.value] if isinstance(widget, w.HTML) else []
    return "\n".join(parts + [html_of(child) for child in getattr(widget, "children", ())])


@pytest.fixture
def plan() -> Plan:
    budget = {"scope": "plan", "limit_usd": 4, "downgrade_to": ["cheap"]}
    return Plan(
        models={"strong": "dear", "cheap": "fair"},
        default="strong",
        catalog=Catalog([DEAR, FAIR]),
        fallbacks={"strong": ["cheap"]},
        retries={"num_retries": 0},
        budgets=[{**budget, "when_exhausted": "serve-last"}],
    )


@pytest.fixture
def traffic() -> pd.DataFrame:
    """A request every 20 minutes for three days: 72 a day at USD 0.108 on dear."""
    stamps = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.arange(216) * 20, "min")
    return pd.DataFrame(
        {
            "request_id": [f"r{i}" for i in range(216)],
            "timestamp": stamps,
            "input_tokens": 8_000,
            "output_tokens": 10_000,
            "prompt": HOSTILE,
        }
    )


@pytest.fixture
def outages() -> pd.DataFrame:
    start = pd.Timestamp("2026-01-06T02:00Z")
    return pd.DataFrame(
        {"start": [start], "end": [start + pd.Timedelta(hours=2)], "provider": ["alpha"]}
    )


@pytest.fixture(scope="session")
def labels() -> pd.DataFrame:
    words = {"code": "fix the loop in", "art": "write a poem about", HOSTILE: "what is meant by"}
    rows = [(f"{text} thing {i}", label) for label, text in words.items() for i in range(12)]
    return pd.DataFrame(rows, columns=["prompt", "label"])


@pytest.fixture(scope="session")
def comparison(labels):
    routers = {FORMULA: make_router("centroid"), HOSTILE: make_router("keyword")}
    return compare(routers, labels, cv=3, n_boot=100)


@pytest.fixture(scope="session")
def outcome_comparison():
    """Two models; the strong one is needed for half of the prompts."""
    from routelab import OutcomeTable

    prompts = [f"{word} {i}" for i in range(20) for word in ("prove theorem", "say hello")]
    hard = np.array([word.startswith("prove") for word in prompts])
    quality = np.stack([np.ones(40), np.where(hard, 0.0, 1.0)], axis=1)
    cost = np.tile([0.01, 0.001], (40, 1))
    table = OutcomeTable(prompts, ["big", "small"], quality, cost)
    return compare({"near": make_router("outcome-knn", k=3)}, table, cv=2, n_boot=100)
