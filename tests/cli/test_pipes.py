"""What one program writes, the next reads: files of every kind come through pipes, too."""

import gzip
import io
import json
import os
import threading
from types import SimpleNamespace

import pytest

from routelab.datasets import data_dir


@pytest.fixture
def through_pipe(run, monkeypatch, tmp_path):
    """Return a function that runs a command with these bytes on standard input."""
    monkeypatch.chdir(tmp_path)

    def call(content, *arguments):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        return run(*arguments)

    return call


@pytest.mark.parametrize(
    ("name", "pack"),
    [("prompts.csv", bytes), ("prompts.csv", gzip.compress), ("outages.csv", bytes),
     ("traffic.parquet", bytes)],
)  # fmt: skip
def test_what_is_piped_is_read_like_its_file(through_pipe, run, name, pack):
    code, out, _ = run("read", f"bundled:{name}", "--json")
    piped = through_pipe(pack((data_dir() / name).read_bytes()), "read", "-", "--json")
    assert code == piped[0] == 0
    file, pipe = json.loads(out), json.loads(piped[1])
    assert pipe == file and pipe["rows_accepted"] > 0


def test_a_log_from_a_pipe_is_replayed_like_its_file(through_pipe, run, tmp_path):
    rest = ("--plan", "bundled:plan.yaml", "--json", "--out")
    code, out, _ = run("simulate", "bundled:traffic.parquet", *rest, tmp_path / "file")
    assert code == 0
    log = (data_dir() / "traffic.parquet").read_bytes()
    code, piped, _ = through_pipe(log, "simulate", "-", *rest, tmp_path / "pipe")
    assert code == 0
    assert json.loads(piped)["summary"] == json.loads(out)["summary"]


def test_labels_from_a_pipe_are_compared(through_pipe):
    labels = (data_dir() / "prompts.csv").read_bytes()
    code, out, err = through_pipe(
        labels, "compare", "-", "--label", "route", "--router", "centroid", "--cv", 2, "--json"
    )
    assert code == 0, err
    assert "centroid" in out


def test_a_config_from_a_pipe_is_checked_beside_the_files_of_the_working_folder(
    through_pipe, tmp_path
):
    config = b"router_setings: {}\nlitellm_settings: {callbacks: [my_plugin.handler]}\n"
    code, out, _ = through_pipe(config, "lint", "-")
    assert code == 1 and "-:1:1: error: RL101" in out and "RL206" in out
    (tmp_path / "my_plugin.py").touch()
    _, out, _ = through_pipe(config, "lint", "-")
    assert "RL101" in out and "RL206" not in out


def test_a_named_pipe_is_checked(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=["router_setings: {}\n"])
    writer.start()
    code, out, _ = run("lint", tmp_path / "pipe")
    writer.join()
    assert code == 1 and "pipe:1:1: error: RL101 unknown-section" in out


def test_one_pipe_is_not_read_twice(through_pipe):
    code, _, err = through_pipe((data_dir() / "prompts.csv").read_bytes(), "read", "-", "-")
    assert code == 2 and "standard-input" in err


def test_an_empty_pipe_is_told(through_pipe):
    code, _, err = through_pipe(b"", "read", "-")
    assert code == 2 and "standard-input" in err


def test_nothing_is_left_of_what_was_piped(through_pipe, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "held"))
    (tmp_path / "held").mkdir()
    code, *_ = through_pipe((data_dir() / "prompts.csv").read_bytes(), "read", "-")
    assert code == 0 and not list((tmp_path / "held").iterdir())
    code, *_ = through_pipe(b"nothing known", "read", "-")
    assert code == 2 and not list((tmp_path / "held").iterdir())
