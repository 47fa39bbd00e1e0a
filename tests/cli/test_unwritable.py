"""Outputs that cannot be written are bad input: one line, exit code 2, never a traceback."""

from __future__ import annotations

import errno

import pytest

from routelab import cli

CONFIG = "model_list: []\n"


@pytest.fixture
def in_the_way(tmp_path):
    """A file where commands want a folder."""
    path = tmp_path / "afile"
    path.write_text("mine")
    return path


@pytest.mark.parametrize(
    "command",
    [
        "lint {config} --sarif {file}/x.sarif",
        "read bundled:outages.csv --out {file}/x.csv",
        "read bundled:traffic.parquet --profile {file}/x.html",
        "fit bundled:traffic.parquet --out {file}/x.yaml",
        "simulate bundled:traffic.parquet --plan bundled:plan.yaml --out {file}/x",
        "prices bundled:catalog.yaml --out {file}/x.yaml",
        "lab --directory {file}",
        "app --directory {file}/x",
    ],
)
def test_a_file_in_the_way_is_one_line(run, command, in_the_way, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    code, out, err = run(*command.format(config=config, file=in_the_way).split())
    last = err.strip().splitlines()[-1]
    assert code == 2 and not out, err
    assert last.startswith(f"routelab: '{in_the_way}") and "a file is where a folder is" in last
    assert in_the_way.read_text() == "mine" and "Traceback" not in err


def test_the_line_names_what_was_asked_for(run, tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "folder").mkdir()
    code, _, err = run("lint", tmp_path / "config.yaml", "--sarif", tmp_path / "folder")
    assert code == 2
    assert err == f"routelab: '{tmp_path}/folder' cannot be read or written: Is a directory\n"


def test_a_full_disk_names_no_file():
    assert cli.file_trouble(OSError(errno.ENOSPC, "No space left")).endswith("No space left")


def test_an_error_that_is_no_answer_of_the_system_stays_one(run, monkeypatch):
    def fail(**options):
        raise OSError("a fault")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(OSError, match="a fault"):
        run("doctor")
