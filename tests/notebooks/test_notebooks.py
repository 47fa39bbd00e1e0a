"""The committed notebooks: in their form, with pictures for readers without a kernel."""

from __future__ import annotations

import json
import sys

import pytest

from routelab.datasets import notebooks_dir

NAMES = (
    "00_start", "01_explore_routing", "02_compare_routers", "03_simulate_budget",
    "04_export_config", "05_label", "06_watch",
)  # fmt: skip


def test_every_notebook_is_looked_at():
    assert sorted(path.stem for path in notebooks_dir().glob("*.ipynb")) == list(NAMES)


def test_the_start_leads_to_every_other_notebook():
    told = "".join("".join(c["source"]) for c in cells("00_start") if c["cell_type"] == "markdown")
    assert all(f"({name}.ipynb)" in told for name in NAMES if name != "00_start")


@pytest.fixture(scope="module")
def check(root):
    sys.path.insert(0, str(root / "tools"))
    import check_notebooks

    yield check_notebooks
    sys.path.remove(str(root / "tools"))


def cells(name):
    text = (notebooks_dir() / f"{name}.ipynb").read_text(encoding="utf-8")
    return json.loads(text)["cells"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_in_the_committed_form(check, name):
    assert list(check.problems(notebooks_dir() / f"{name}.ipynb")) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_has_one_live_panel_and_reads_without_a_kernel(name):
    code = [c for c in cells(name) if c["cell_type"] == "code"]
    panels = [c for c in code if "panel = ui." in "".join(c["source"])]
    assert len(panels) == 1
    live, data = (output["data"] for output in panels[0]["outputs"])  # and for later readers
    assert list(live) == ["text/plain"] and "text/plain" in data
    if name != "04_export_config":  # text is what that panel shows
        assert len(data["image/png"]) > 5_000


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_finds_its_data_wherever_routelab_is_installed(name):
    source = "".join("".join(c["source"]) for c in cells(name))
    assert "../" not in source and "routelab.datasets" in source


def test_the_check_names_what_is_wrong(check, tmp_path):
    cell = {
        "cell_type": "code", "source": ["%matplotlib inline\n", "x;"], "execution_count": 2,
        "metadata": {"scrolled": True},
        "outputs": [
            {"output_type": "error", "ename": "KeyError"},
            {"output_type": "x", "data": {check.WIDGET_VIEW: {}, "text/html": "<SCRIPT>"}},
            {"output_type": "stream", "text": "/home/me/data.csv"},
        ],
    }  # fmt: skip
    path = tmp_path / "bad.ipynb"
    path.write_text(json.dumps({"metadata": {"widgets": {}}, "cells": [cell] * 9}))
    told = "\n".join(check.problems(path))
    for part in (
        "metadata of the machine", "9 code cells", "top to bottom", "scrolled", "';'", "magic",
        "KeyError", "widget view", "script", "path of this machine",
    ):  # fmt: skip
        assert part in told
