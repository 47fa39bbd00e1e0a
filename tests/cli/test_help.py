"""The help of every command: examples that parse, --json, exit codes, completion."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys

import pytest
import typer

from routelab import __version__, cli


def walk(command, name="routelab"):
    """Yield every command below one, with its full name."""
    for child, one in getattr(command, "commands", {}).items():
        full = f"{name} {child}"
        yield from walk(one, full) if hasattr(one, "commands") else [(full, one)]


COMMANDS = dict(walk(typer.main.get_command(cli.app)))


def lines_of(command):
    whole = (command.epilog or "").replace("\\\n", " ")
    found = [line.strip() for line in whole.splitlines()]
    return [line for line in found if "routelab " in line]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_parse(name):
    examples = lines_of(COMMANDS[name])
    assert examples
    for line in examples:
        words = shlex.split(line)
        words = words[words.index("routelab") :]
        assert " ".join(words).startswith(name)
        COMMANDS[name].make_context(name, words[len(name.split()) :])  # parses, runs nothing


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json_and_says_what_each_option_is(name):
    options = {p.name: p for p in COMMANDS[name].params}
    assert "as_json" in options
    assert [key for key, p in options.items() if not getattr(p, "help", "") and key != "help"] == []


def test_help_fits_80_columns_and_names_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for line in ("0    done", "1    the answer", "2    bad input", "130  stopped"):
        assert line in out
    assert out.startswith("Usage: routelab ")
    assert "routelab route router.zip" in run("route", "--help")[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell):
    code = "from routelab.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"_ROUTELAB_COMPLETE": f"source_{shell}", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_ROUTELAB_COMPLETE" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("typed", "offered"), [
    ("train labels.csv --router lin", ["linear", "linucb"]),
    ("compare labels.csv --router kn", ["knn"]),
    ("export plan.yaml --target sem", ["semantic-router"]),
])  # fmt: skip
def test_names_are_completed(typed, offered):
    words = f"routelab {typed}"
    done = subprocess.run(
        [sys.executable, "-c", "from routelab.cli import main; main()"],
        env={"_ROUTELAB_COMPLETE": "complete_bash", "COMP_WORDS": words,
             "COMP_CWORD": str(len(words.split()) - 1), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == offered


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_fit_100_columns(name):
    assert max(map(len, (COMMANDS[name].epilog or "").splitlines())) <= 100


def test_the_list_of_commands_cuts_no_sentence(run):
    listed = run("--help")[1].split("Commands:")[1].split("Exit codes")[0]
    assert "..." not in listed
    assert len(listed.strip().splitlines()) == len(typer.main.get_command(cli.app).commands)


def test_a_tilde_that_the_shell_left_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = ["demo", "--out", "~/Ergebnisse 1", "--plan=~/p.yaml", "~", "a~/b"]
    home = str(tmp_path)
    assert cli.with_paths(given) == [
        "demo", "--out", f"{home}/Ergebnisse 1", f"--plan={home}/p.yaml", "~", "a~/b"
    ]  # fmt: skip


def test_version_is_text_or_json(run):
    assert run("version")[1] == f"{__version__}\n"
    assert json.loads(run("version", "--json")[1]) == {"version": __version__}


def test_ctrl_c_is_exit_code_130(run, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "with_paths", stop)
    assert run("version") == (130, "", "routelab: stopped\n")


def test_a_reader_that_has_gone_is_no_error(monkeypatch):
    def gone(_):
        raise BrokenPipeError

    monkeypatch.setattr(cli, "with_paths", gone)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0


def test_a_schema_is_one_object_either_way(run):
    plain, told = run("schema", "plan")[1], run("schema", "plan", "--json")[1]
    assert json.loads(plain) == json.loads(told)
    assert told.count("\n") == 1


def test_bundled_files_are_named_on_the_command_line(run, root):
    path = str(root / "data" / "prompts.csv")
    assert cli.with_paths(["bundled:prompts.csv", "--plan=bundled:plan.yaml", "a=b"]) == [
        path,
        f"--plan={root / 'data' / 'plan.yaml'}",
        "a=b",
    ]
    code, _, err = run("read", "bundled:prompt.csv")
    assert code == 2
    assert "did you mean 'prompts.csv'" in err


def test_prompts_come_through_a_pipe(run, tmp_path, monkeypatch):
    labels = tmp_path / "labels.csv"
    rows = [f"{word} {i},{word}" for word in ("code", "poem") for i in range(6)]
    labels.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    router = tmp_path / "router.zip"
    assert run("train", labels, "--router", "centroid", "--out", router)[0] == 0
    for name in ("-", "/dev/stdin"):
        monkeypatch.setattr("sys.stdin", io.StringIO("a poem\n\nsome code\n"))
        code, out, _ = run("route", router, "--file", name, "--json")
        assert [d["route"] for d in json.loads(out)["decisions"]] == ["poem", "code"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    code, _, err = run("route", router, "--file", "-")
    assert (code, "no prompts" in err) == (2, True)


@pytest.mark.parametrize("as_json", [False, True])
def test_lab_says_where_the_notebooks_are_and_hands_on_the_exit_code(
    run, tmp_path, monkeypatch, as_json
):
    calls = []

    def serve(command, environment):
        calls.append(command)
        return 3

    monkeypatch.setattr("routelab._cli_lab._serve", serve)
    code, out, _ = run("lab", "--port", 9, "--directory", tmp_path, *["--json"] * as_json)
    assert code == 3
    assert "--port=9" in calls[0] and f"--ServerApp.root_dir={tmp_path}" in calls[0]
    if as_json:
        assert json.loads(out) == {"directory": str(tmp_path), "port": 9}
    else:
        assert out == f"notebooks in {tmp_path}\n"
