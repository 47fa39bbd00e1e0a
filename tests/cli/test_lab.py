"""`routelab lab` and `routelab app`: a copy of the notebooks, and the server that is started."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routelab import _cli_lab

environments = []


@pytest.fixture
def started(monkeypatch):
    """The command lines that would have been run; each ends with exit code 3."""
    lines = []
    environments.clear()

    def serve(command, environment):
        lines.append(command)
        environments.append(environment)
        return 3

    monkeypatch.setattr(_cli_lab, "_serve", serve)
    return lines


SERVER = """import signal, sys, time
def end(*_):
    open("ended", "w").close()
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
open("began", "w").close()
time.sleep(60)"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_the_command_ends_its_server(tmp_path, sent):
    code = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from routelab._cli_lab import _serve;"
        f"sys.exit(_serve([sys.executable, '-c', {SERVER!r}], dict(os.environ)))"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        if (tmp_path / "began").exists():
            break
        time.sleep(0.1)
    command.send_signal(sent)
    command.wait(60)
    assert (tmp_path / "ended").exists()
    if sent == signal.SIGTERM:
        assert command.returncode == 7


def test_lab_opens_jupyterlab_on_a_copy(run, started, tmp_path, monkeypatch):
    monkeypatch.setattr(_cli_lab.os, "geteuid", lambda: 1000)
    code, _, _ = run("lab", "--directory", tmp_path / "mine", "--port", 9999)
    assert code == 3 and (tmp_path / "mine" / "03_simulate_budget.ipynb").is_file()
    assert started == [
        [sys.executable, "-m", "jupyterlab", "--port=9999",
         f"--ServerApp.root_dir={tmp_path / 'mine'}",
         "--LabApp.default_url=/lab/tree/00_start.ipynb"]
    ]  # fmt: skip


def test_lab_starts_for_root_too_which_everybody_is_in_a_container(
    run, started, tmp_path, monkeypatch
):
    monkeypatch.setattr(_cli_lab.os, "geteuid", lambda: 0)
    run("lab", "--directory", tmp_path / "mine", "--no-browser")
    assert started[0][-2:] == ["--no-browser", "--allow-root"]


def test_app_serves_pages_on_this_machine_and_ends_idle_kernels(run, started, tmp_path):
    code, _, err = run("app", "--directory", tmp_path / "mine", "--no-browser")
    assert (code, err) == (3, "")
    assert started[0][1:4] == ["-m", "voila", str(tmp_path / "mine")]
    assert "--Voila.ip=127.0.0.1" in started[0] and "--no-browser" in started[0]
    assert "--MappingKernelManager.cull_idle_timeout=900" in started[0]
    assert environments[0]["ROUTELAB_APP"] == "1"  # readers see no files of this machine
    assert "--VoilaConfiguration.http_header_envs=Cookie" in started[0]
    assert not Path(environments[0]["ROUTELAB_APP_READERS"]).exists()  # they end with the app


def test_app_says_when_others_can_reach_it(run, started, tmp_path):
    _, _, err = run("app", "--directory", tmp_path / "mine", "--host", "0.0.0.0")
    assert "anybody who reaches 0.0.0.0, port 8866, can use the pages" in err
    assert "--no-browser" not in started[0]


def test_a_missing_extra_is_named(run, started, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "voila", None)
    code, _, err = run("app", "--directory", tmp_path / "mine")
    assert code == 2 and 'pip install "routelab[lab]"' in err and not started
