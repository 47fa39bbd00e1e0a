"""The wheel and the sdist carry what users need, and the wheel works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    """Return the folder with the wheel and the sdist."""
    pytest.importorskip("build", reason="the package 'build' is not installed")
    pytest.importorskip("hatchling", reason="the package 'hatchling' is not installed")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_wheel_carries_data_notebooks_and_the_type_marker(built):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    data = (
        "prompts.csv",
        "traffic.parquet",
        "catalog.yaml",
        "plan.yaml",
        "outages.csv",
        "README.md",
    )
    assert {f"routelab/data/{name}" for name in data} <= names
    assert "routelab/notebooks/03_simulate_budget.ipynb" in names
    assert "routelab/py.typed" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_sdist_carries_tests_and_tools(built):
    (sdist,) = built.glob("*.tar.gz")
    names = {name.partition("/")[2] for name in tarfile.open(sdist).getnames()}
    assert {"tests/test_package.py", "tools/make_traffic.py", "data/plan.yaml", "Makefile"} <= names


def test_the_wheel_works_elsewhere(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import json, routelab as rl; from routelab.datasets import data_dir, notebooks_dir;"
        "plan = rl.Plan.from_yaml(data_dir() / 'plan.yaml');"
        "notebooks = list(notebooks_dir().glob('*.ipynb'));"
        "print(json.dumps([rl.__file__, len(plan.models), len(notebooks)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        check=True,
    )
    file, models, notebooks = json.loads(done.stdout)
    assert file.startswith(str(tmp_path))
    assert (models, notebooks) == (3, 7)
