"""A plan with a rule, a router, a split and chains; the application over it, and its client."""

from __future__ import annotations

import pytest

from routelab import Plan, make_router
from routelab.labels import read_labels

pytest.importorskip("fastapi", reason='needs the extra serve: pip install "routelab[serve]"')
pytest.importorskip("uvicorn", reason='needs the extra serve: pip install "routelab[serve]"')
pytest.importorskip("httpx", reason="the client of these tests is httpx")


@pytest.fixture(scope="session")
def router():
    from routelab.datasets import data_dir

    labels = read_labels(data_dir() / "prompts.csv", label="complexity")
    return make_router("linear").fit(labels.prompt.tolist(), labels.label.tolist())


@pytest.fixture(scope="session")
def plan(router):
    return Plan(
        name="served",
        models={
            "strong": [
                {"id": "s-azure", "model": "azure/gpt-4o", "weight": 1},
                {"id": "s-openai", "model": "gpt-4o", "weight": 3},
            ],
            "mid": "gemini/gemini-2.5-flash",
            "cheap": "gpt-4o-mini",
        },
        default="mid",
        router=router,
        routes={"low": "cheap", "medium": "mid", "high": "strong"},
        rules=[
            {"model": "cheap", "tiers": ["free"], "max_input_tokens": 50},
            {"model": "strong", "min_input_tokens": 2000},
        ],
        split={
            "name": "t1",
            "arms": {"old": {"share": 0.7}, "new": {"share": 0.3, "model": "cheap"}},
            "models": ["mid"],
        },
        fallbacks={"strong": ["mid", "cheap"], "*": ["cheap"]},
        context_window_fallbacks={"cheap": ["mid"]},
        model_group_alias={"best": "strong"},
        decision_cache={},
        expected_output_tokens=200,
    )


@pytest.fixture(scope="session")
def client(plan):
    from starlette.testclient import TestClient

    from routelab import create_app

    return TestClient(create_app(plan), raise_server_exceptions=False)
