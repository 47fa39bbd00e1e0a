"""`routelab lint`: exit codes, text, JSON, SARIF, hostile files."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from routelab.exporters import lint, lint_checks, to_sarif

from .lint_cases import BASE, CASES, ONE, PAIR, router

CLEAN = PAIR % ("", "") + "general_settings: {master_key: os.environ/MASTER}\n"


@pytest.fixture
def config(tmp_path):
    def write(text, name="config.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "strict", "code"),
    [
        (CLEAN, True, 0),
        (CLEAN.replace("os.environ/MASTER", "sk-abc"), False, 0),
        (CLEAN.replace("os.environ/MASTER", "sk-abc"), True, 1),
        (ONE % "", True, 0),
        (router("  num_retriez: 1\n"), False, 1),
        ("a: [", False, 1),
    ],
)
def test_the_exit_code_is_1_for_errors_and_when_strict_for_warnings(
    run, config, text, strict, code
):
    assert run("lint", config(text), *(["--strict"] if strict else []))[0] == code


def test_text_has_place_severity_id_and_message(run, config):
    path = config(router("  num_retriez: 1\n"))
    _, out, _ = run("lint", path)
    assert f"{path}:7:3: error: RL104 unknown-key: router_settings has no key" in out
    assert out.splitlines()[-1] == "errors: 1, warnings: 0, notes: 3"


def test_json_is_one_object_with_every_finding(run, config):
    path = config(router("  num_retriez: 1\n"))
    _, out, _ = run("lint", path, "--json")
    data = json.loads(out)
    assert (data["errors"], data["warnings"], data["notes"]) == (1, 0, 3)
    assert [f["id"] for f in data["findings"]] == [f.id for f in lint(path)]


def test_list_prints_every_check_without_a_config(run):
    code, out, _ = run("lint", "--list")
    assert code == 0
    assert [line[:5] for line in out.splitlines()] == [entry.id for entry in lint_checks()]
    _, out, _ = run("lint", "--list", "--json")
    assert json.loads(out)["checks"][0]["rule"] == "not-yaml"


def test_no_config_and_a_missing_one_are_bad_input(run, tmp_path):
    assert run("lint")[0] == 2
    assert run("lint", tmp_path / "none.yaml")[0] == 2


def test_sarif_has_what_the_schema_requires(run, config, tmp_path):
    """Required: SARIF 2.1.0, 3.13.2 version, 3.14.6 tool, 3.19.8 name, 3.11.3 message text."""
    path, target = config(router("  num_retriez: 1\n")), tmp_path / "out" / "lint.sarif"
    assert run("lint", path, "--sarif", target)[0] == 1
    log = json.loads(target.read_text())
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (runs,) = log["runs"]
    rules = runs["tool"]["driver"]["rules"]
    assert runs["tool"]["driver"]["name"] == "routelab lint"
    assert len({rule["id"] for rule in rules}) == len(rules) == len(lint_checks())
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert len(runs["results"]) == 4
    for result in runs["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == path.as_uri()
        assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1


def test_sarif_names_a_relative_file_as_an_address(config):
    findings = lint(config(BASE))
    log = to_sarif(findings, "deploy/my config.yaml")
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "deploy/my%20config.yaml"


def test_no_output_shows_a_secret(run, config, tmp_path):
    path = config((ONE % "").replace("os.environ/K", "sk-abcdefghij0123456789"))
    shown = "".join(run("lint", path)[1:]) + "".join(run("lint", path, "--json")[1:])
    run("lint", path, "--sarif", tmp_path / "s.sarif")
    assert "RL601" in shown
    assert "abcdefghij" not in shown + (tmp_path / "s.sarif").read_text()


@pytest.mark.parametrize("data", [b"a: \xff\n", b"\x00\x01", "a: é".encode("utf-16"), b"\x1f\x8b"])
def test_a_file_that_is_no_text_is_one_error(tmp_path, data):
    path = tmp_path / "c.yaml"
    path.write_bytes(data)
    assert [(f.id, f.severity) for f in lint(path)] == [("RL001", "error")]


def test_a_file_of_five_megabytes_is_one_error_at_once(config):
    row = "  - {model_name: g, litellm_params: {model: openai/gpt-4o}}\n"
    path = config("model_list:\n" + row * (5_000_000 // len(row) + 1))
    begin = time.perf_counter()
    (finding,) = lint(path)
    assert time.perf_counter() - begin < 60  # reading all of it takes minutes
    assert finding.id == "RL004" and "5.0 MB" in finding.message


def test_two_thousand_models_with_wrong_names_take_seconds(config):
    rows = "".join(
        f"  - {{model_name: g{i}, litellm_params: {{model: openai/gpt-4o, silent_model: x{i}}}}}\n"
        for i in range(2000)
    )
    begin = time.perf_counter()
    findings = lint(config("model_list:\n" + rows))
    assert time.perf_counter() - begin < 60  # each against each would take minutes
    assert sum(f.id == "RL204" for f in findings) == 2000


def test_findings_come_in_the_order_of_the_file(config):
    for number, (_, _, text) in enumerate(CASES):
        places = [(f.line, f.column) for f in lint(config(text, f"{number}.yaml"))]
        assert places == sorted(places)


def test_the_readme_tells_the_number_of_checks():
    readme = Path(__file__).parents[2] / "README.md"
    assert f"prints all {len(lint_checks())} checks" in readme.read_text().replace("\n", " ")
