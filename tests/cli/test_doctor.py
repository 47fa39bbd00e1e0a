"""The examination of an installation: whole, incomplete, broken."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from email.message import Message
from importlib import metadata

import pytest

from routelab import doctor

NEEDS = [
    *("numpy>=2.0", "pyarrow>=999", "nothing>=1", 'absent; python_version < "3"'),
    *('absent>=1; extra == "onnx"', 'pandas>=2; extra == "lab"', 'pytest; extra == "test"'),
]


def parts():
    return {part.name: part for part in doctor.examine()}


@pytest.fixture
def installed(monkeypatch):
    """Metadata of an installation in which some packages are old or absent."""

    def version(name):
        if name in ("absent", "nothing"):
            raise metadata.PackageNotFoundError(name)
        return "2.5"

    told = Message()
    for extra in ("onnx", "lab", "test", "all"):
        told["Provides-Extra"] = extra
    monkeypatch.setattr(metadata, "requires", lambda name: NEEDS)
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "metadata", lambda name: told)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"{sys.prefix}/bin/{name}")


def test_old_and_absent_requirements_are_broken_and_the_remedy_is_told(installed):
    found = parts()
    assert found["required packages"].found == "numpy 2.5"
    assert (found["pyarrow"].state, found["pyarrow"].found) == ("broken", "2.5; needed: >=999")
    assert found["nothing"].remedy == "pip install 'nothing>=1'"
    assert found["nothing"].found.startswith("not installed")


def test_extras_of_users_are_listed_and_missing_ones_have_a_command(installed):
    found = parts()
    assert {name for name in found if name.startswith("extra ")} == {"extra lab", "extra onnx"}
    assert (found["extra lab"].state, found["extra lab"].remedy) == ("ok", "")
    assert found["extra onnx"].state == "missing"
    assert found["extra onnx"].remedy == "pip install 'routelab[onnx]'"


def test_the_command_says_no_when_a_required_part_is_broken(run, installed):
    code, out, _ = run("doctor")
    assert code == 1
    assert "2 required parts are broken" in out
    optional, required = out.split("what is missing is optional")[1].split("2 required parts")
    assert re.search(r"extra onnx +pip install 'routelab\[onnx\]'", optional)
    assert re.search(r"nothing +pip install 'nothing>=1'", required)


def test_pip_is_told_as_it_must_be_typed(installed, monkeypatch):
    for elsewhere in (None, "/usr/bin/pip"):
        monkeypatch.setattr(doctor.shutil, "which", lambda name, found=elsewhere: found)
        assert parts()["nothing"].remedy == f"{sys.executable} -m pip install 'nothing>=1'"


def test_the_command_is_one_object_with_json(run, monkeypatch):
    monkeypatch.setattr(doctor, "_requirements", list)
    code, out, _ = run("doctor", "--json")
    answer = json.loads(out)
    assert (code, answer["works"]) == (0, True)
    assert {"name", "state", "found", "remedy"} == set(answer["parts"][0])
    assert run("doctor")[1].endswith("routelab works\n")


def test_a_folder_that_is_not_installed_is_said(monkeypatch):
    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    for function in ("requires", "version", "metadata"):
        monkeypatch.setattr(metadata, function, nowhere)
    found = parts()
    assert found["routelab"].remedy.endswith("pip install routelab")
    assert "required packages" not in found


def test_an_old_python_is_broken(monkeypatch):
    monkeypatch.setattr(doctor, "PYTHON", (99, 0))
    assert parts()["python"].state == "broken"
    assert parts()["python"].remedy == "install Python 99.0 or later"


def test_the_cache_of_numba_is_found_where_numba_keeps_it(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    empty = parts()["numba cache"]
    assert (empty.state, empty.remedy) == ("ok", "python -m routelab.simulation")
    (tmp_path / "cache" / "simulation").mkdir()
    (tmp_path / "cache" / "simulation" / "kernel.nbi").touch()
    assert parts()["numba cache"].remedy == ""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert "NUMBA_CACHE_DIR" in parts()["numba cache"].remedy


def test_data_and_threads(monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert parts()["threads"].found.endswith("processors, OMP_NUM_THREADS=1")
    assert parts()["bundled data"].state == "ok"
    monkeypatch.setattr("routelab.datasets.data_dir", lambda: tmp_path)
    assert "lacks prompts.csv, traffic.parquet" in parts()["bundled data"].found
    monkeypatch.setenv("ROUTELAB_DATA", str(tmp_path / "none"))
    assert "not a folder" in parts()["development data"].found


def test_a_browser_is_found_started_or_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "BROWSERS", (sys.executable,))
    assert parts()["chromium"].found.startswith("Python 3")
    broken = tmp_path / "browser"
    broken.write_text("not a program")
    broken.chmod(0o755)
    monkeypatch.setattr(doctor, "BROWSERS", (str(broken),))
    assert "does not start: OSError" in parts()["chromium"].found
    monkeypatch.setattr(doctor, "BROWSERS", ("no-such-browser",))
    assert parts()["chromium"].remedy == "apt-get install chromium"


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from routelab.doctor import examine; examine();"
        "print([m for m in ('litellm', 'numba', 'pandas', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
