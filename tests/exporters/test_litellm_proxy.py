"""Every form in the real proxy: nothing is dropped, and it decides what the plan decides.

All configs are loaded in one process, which imports litellm once.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from routelab.decide import decide, one_request
from routelab.exporters.litellm import router_name

pytestmark = pytest.mark.litellm
TEXTS = [
    "sort a python list",
    "a poem on snow and the sea",
    "prove the integral of x squared",
    "I want a refund",
    "topic c",
    "Explain step by step why the api of this class is slow, and weigh the options",
]
FORMS = [
    "plain",
    "heuristic",
    "fitted",
    "table",
    "classifier",
    "imports",
    "groups",
    "rules",
    "split",
]
REFERENCES = ("OPENAI_API_KEY", "AZURE_API_KEY", "CHEAP_KEY")


def body(plan, text, **more):
    name = "cheap" if plan.router is None and plan.split is None else router_name(plan)
    return {"model": name, "messages": [{"role": "user", "content": text}], **more}


def bodies(name, plan):
    if name == "plan":
        return []
    asked = [body(plan, text, user=f"user-{i}") for i, text in enumerate(TEXTS)]
    if name == "rules":
        asked.append(body(plan, "sort a python list", key_metadata={"tier": "free"}))
        asked.append(body(plan, "a poem " * 900))
    return asked


@pytest.fixture(scope="module")
def everything(plans, plan, folders, named, tmp_path_factory):
    """Plan and folder by name: the forms, every field at once, odd names."""
    from routelab import export

    whole = export(plan, directory=tmp_path_factory.mktemp("whole") / "g")
    found = {name: (plans[name], folders[name].directory) for name in plans}
    return {**found, "plan": (plan, whole.directory), "names": (named[0], named[1].directory)}


@pytest.fixture(scope="module")
def loaded(everything):
    """What the real proxy says of each config."""
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("litellm is not installed: pip install 'routelab[litellm]'")
    asked = [
        [str(folder / "config.yaml"), [] if name == "semantic" else bodies(name, plan)]
        for name, (plan, folder) in everything.items()
    ]
    keys = {**dict.fromkeys(REFERENCES, "x"), "LITELLM_MASTER_KEY": "sk-test"}
    keys |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "AZURE_API_BASE": "http://127.0.0.1:9"}
    keys["OMP_NUM_THREADS"] = "1"  # forks and threads do not mix
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("ask_proxy.py"))],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **keys, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ASKED ")]
    assert lines, done.stderr[-3000:]
    return dict(zip(everything, json.loads(lines[0].removeprefix("ASKED ")), strict=True))


@pytest.mark.parametrize("name", [*FORMS, "plan", "names"])
def test_every_model_that_was_written_is_loaded(everything, loaded, name):
    plan, folder = everything[name]
    assert "error" not in loaded[name]
    served = [[group, d.id] for group, entries in plan.models.items() for d in entries]
    assert [pair for pair in served if pair not in loaded[name]["listed"]] == []
    if not (plan.router is None and plan.split is None):
        assert router_name(plan) in loaded[name]["names"]
    is_hook = "callbacks" in (folder / "config.yaml").read_text()
    assert loaded[name]["hooks"] == ["RoutelabHook"] * is_hook


@pytest.mark.parametrize("name", [*FORMS, "names"])
def test_the_proxy_serves_the_group_that_the_plan_decides(everything, loaded, name):
    plan = everything[name][0]
    asked = [one_request(prompt=t, user=f"user-{i}", model="cheap", input_tokens=9)
             for i, t in enumerate(TEXTS)]  # fmt: skip
    if name == "rules":
        asked.append(one_request(prompt=TEXTS[0], tier="free", input_tokens=9))
        asked.append(one_request(prompt="a poem " * 900, input_tokens=1800))
    expected = decide(plan, pd.concat(asked, ignore_index=True))["group"].tolist()
    assert loaded[name]["served"] == expected


def test_a_semantic_router_is_loaded_where_its_package_is(everything, loaded):
    if importlib.util.find_spec("semantic_router") is None:
        pytest.skip("semantic-router is not installed: pip install 'litellm[semantic-router]'")
    assert {"routelab", "routelab-embedding"} <= set(loaded["semantic"]["names"])
