"""Exports that go wrong: what was there stays whole, and nothing is left lying about."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routelab import InputError, Plan, RoutelabError, export
from routelab.exporters import _base

PLAN = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
KILLED = """
import sys, time
from routelab import Plan, export
from routelab.exporters import _base
write = _base.TARGETS["litellm"]
def slow(plan, folder):
    write(plan, folder)
    print("in the middle", flush=True)
    time.sleep(60)
_base.TARGETS._entries["litellm"] = slow
export(Plan(models={"b": "gpt-4o"}, default="b"), directory=sys.argv[1], force=True)
"""


@pytest.fixture
def old(tmp_path):
    """An export that stands there already, and its bytes."""
    export(PLAN, directory=tmp_path / "gateway")
    return tmp_path / "gateway", contents(tmp_path / "gateway")


def contents(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def fails(error):
    def write(plan, folder):
        (folder / "config.yaml").write_text("half")
        raise error

    return write


def test_a_folder_that_exists_is_kept_without_force(old):
    folder, before = old
    with pytest.raises(InputError, match="exists already"):
        export(PLAN, directory=folder)
    assert contents(folder) == before


def test_with_force_the_folder_is_replaced_whole(old):
    folder, _ = old
    (folder / "mine.txt").write_text("x")
    export(Plan(models={"b": "gpt-4o"}, default="b"), directory=folder, force=True)
    assert not (folder / "mine.txt").exists()
    assert "model_name: b" in (folder / "config.yaml").read_text()
    assert os.listdir(folder.parent) == ["gateway"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), InputError("no")])
def test_an_export_that_stops_leaves_the_old_folder(old, monkeypatch, error):
    folder, before = old
    monkeypatch.setitem(_base.TARGETS._entries, "litellm", fails(error))
    with pytest.raises(type(error)):
        export(PLAN, directory=folder, force=True)
    assert contents(folder) == before
    assert os.listdir(folder.parent) == ["gateway"]


@pytest.mark.parametrize("name", ["plan.zip", "config.yaml", "NOT_EXPORTED.md"])
def test_a_full_disk_leaves_the_old_folder(old, monkeypatch, name):
    folder, before = old
    wrote = Path.write_text
    made = os.replace

    def full(path, *arguments, **options):
        if path.name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return wrote(path, *arguments, **options)

    def full_too(source, target):
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        made(source, target)

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(os, "replace", full_too)
    with pytest.raises(RoutelabError, match="nothing there was changed: .*No space left"):
        export(PLAN, directory=folder, force=True)
    assert contents(folder) == before
    assert os.listdir(folder.parent) == ["gateway"]


def test_a_killed_export_leaves_the_old_folder(old, root):
    folder, before = old
    command = [sys.executable, "-c", KILLED, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout.readline() == "in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert contents(folder) == before
    left = [name for name in os.listdir(folder.parent) if name != "gateway"]
    assert all(name.startswith(".gateway.") for name in left)


def test_a_reader_never_meets_a_missing_folder(old):
    """The folder is exchanged in one step: a reader that looks all the time always finds it."""
    folder, _ = old
    if not sys.platform.startswith("linux"):
        pytest.skip("folders are exchanged in one step on Linux alone")
    code = (
        "import os, sys\n"
        "print('looking', flush=True)\n"
        "missed = 0\n"
        "while os.path.exists(sys.argv[1] + '.go'):\n"
        "    missed += not os.path.exists(sys.argv[1] + '/config.yaml')\n"
        "print(missed)\n"
    )
    go = Path(f"{folder}.go")
    go.touch()
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "looking\n"
        until = time.monotonic() + 1
        while time.monotonic() < until:
            export(PLAN, directory=folder, force=True)
        go.unlink()
        assert reader.stdout.read() == "0\n"


def test_the_command_tells_what_failed(old, monkeypatch, run):
    folder, before = old
    path = folder.parent / "plan.yaml"
    PLAN.to_yaml(path)
    error = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setitem(_base.TARGETS._entries, "litellm", fails(error))
    code, out, err = run("export", path, "--out", folder, "--force")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "No space left on device" in err
    assert contents(folder) == before
