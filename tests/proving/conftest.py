"""A small plan, its export, and a way to prove it on a gateway that is told what to do."""

from __future__ import annotations

import importlib

import pytest

import routelab as rl

from .fake_gateway import Gateway

PROMPTS = [
    *("fix the function in my python file", "sort a list in python", "python loop never ends"),
    *("a poem on the sea", "a short story about light", "rhyme with winter and snow"),
]
GROUPS = ["strong"] * 3 + ["cheap"] * 3
MODELS = {
    "strong": [{"id": "s1", "model": "gpt-4o"}, {"id": "s2", "model": "azure/gpt-4o-mini"}],
    "cheap": {"id": "c1", "model": "gpt-4o-mini"},
}


@pytest.fixture(scope="session")
def plan():
    router = rl.make_router("linear").fit(PROMPTS, GROUPS)
    return rl.Plan(models=MODELS, default="cheap", router=router, retries={"num_retries": 0})


@pytest.fixture(scope="session")
def folder(plan, tmp_path_factory):
    directory = tmp_path_factory.mktemp("export") / "litellm"
    rl.export(plan, directory=directory)
    return directory


def as_decided(body):
    """What the plan decides on its own training prompts."""
    text = body["messages"][-1]["content"]
    return GROUPS[PROMPTS.index(text)] if text in PROMPTS else "cheap"


@pytest.fixture
def on(monkeypatch):
    """Return a function that proves a folder on a fake gateway, without failures."""

    def prove(gateway, folder, probes=PROMPTS, **options):
        module = importlib.import_module("routelab.proving.prove")
        monkeypatch.setattr(module, "booted", gateway.booted)
        return rl.prove(folder, probes, **{"failures": False, **options})

    return prove


@pytest.fixture
def faithful():
    return Gateway(as_decided)
