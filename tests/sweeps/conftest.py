"""A slice of the bundled traffic and the bundled plan without its router."""

from __future__ import annotations

import pytest

from routelab import Plan
from routelab.datasets import data_dir, load_traffic


@pytest.fixture(scope="session")
def traffic():
    """Every tenth request of seven days, without prompts."""
    return load_traffic().iloc[::10].reset_index(drop=True).assign(prompt=None)


@pytest.fixture(scope="session")
def plan():
    """The bundled plan, its router taken out, so that requests are sorted by size."""
    return Plan.from_yaml(data_dir() / "plan.yaml").replace(router=None, decision_cache=None)


@pytest.fixture(scope="session")
def grid():
    """Eight policies; budgets are a tenth, like the traffic."""
    return {
        "budgets.0.limit_usd": [0.4, 0.8, 1.6, 3.2],
        "retries.num_retries": [0, 2],
    }
