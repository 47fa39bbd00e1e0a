"""The command line: real input through every command, and one clear line for bad input."""

from __future__ import annotations

import json

import pandas as pd
import pytest

PLAN = (
    "models: {strong: gpt-4o, cheap: gpt-4o-mini}\ndefault: cheap\nfallbacks: {strong: [cheap]}\n"
)


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    rows = [f"2026-01-05T0{i}:00:00Z,1000,100,hello {i}" for i in range(5)]
    path.write_text("timestamp,input_tokens,output_tokens,prompt\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    code = [f"fix the function number {i} in my python file" for i in range(12)]
    art = [f"a poem of {i} lines on the sea and its light" for i in range(12)]
    rows = [f"{p},code" for p in code] + [f"{p},art" for p in art]
    path.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    return path


def test_help_names_every_command(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("demo", "read", "train", "route", "compare", "calibrate", "simulate", "sweep",
                    "fit", "forecast", "what-if", "savings", "regret", "verify", "export", "lint",
                    "lab", "off-policy", "doctor"):  # fmt: skip
        assert command in out


def test_read_reports_and_writes(run, data, tmp_path):
    trace = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    code, out, _ = run("read", trace, "--out", tmp_path / "t.parquet")
    assert code == 0
    assert "13927 read, 13927 accepted, 0 rejected" in out
    assert len(pd.read_parquet(tmp_path / "t.parquet")) == 13_927


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("data/trace_ragpulse/0_trace.dev.jsonl", 5167),
        ("litellm/log_samples/spendlogs_success.json", 1),
    ],
)
def test_read_json_is_one_object(run, shared, name, rows):
    code, out, _ = run("read", shared / name, "--json")
    assert code == 0
    assert json.loads(out)["rows_accepted"] == rows


def test_rejected_rows_are_kept(run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("timestamp,input_tokens,output_tokens\n2026-01-05T00:00:00Z,1,1\nsoon,2,2\n")
    code, out, _ = run("read", path, "--rejects", tmp_path / "bad.txt")
    assert code == 0
    assert f"{path}:3" in out
    assert "soon,2,2" in (tmp_path / "bad.txt").read_text()


def test_train_then_route(run, labels, tmp_path):
    code, out, _ = run("train", labels, "--router", "centroid", "--out", tmp_path / "router.zip")
    assert (code, "24 prompts and 2 labels" in out) == (0, True)
    code, out, _ = run("route", tmp_path / "router.zip", "a poem", "fix my python", "--json")
    decisions = json.loads(out)["decisions"]
    assert [d["route"] for d in decisions] == ["art", "code"]
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("light on the sea\n\n")
    code, out, _ = run(
        "route", tmp_path / "router.zip", "--file", prompts, "--log", tmp_path / "d.jsonl"
    )
    assert code == 0
    assert out.startswith("art")
    logged = json.loads((tmp_path / "d.jsonl").read_text())
    assert logged["route"] == "art" and len(logged["prompt_sha256"]) == 64
    assert "prompt" not in logged  # unless --show-prompts says so


def test_parameters_of_the_kind_are_passed_on(run, labels, tmp_path):
    out = tmp_path / "router.zip"
    told = ["--param", "k=1", "--param", "threshold=0.99"]
    assert run("train", labels, "--router", "knn", "--out", out, *told)[0] == 0
    code, said, _ = run("route", out, "nothing like it", "--json")
    assert json.loads(said)["decisions"][0]["route"] is None  # abstains
    for bad, message in (
        ("k", "takes NAME=VALUE, such as k=5, got 'k'"),
        ("n=1", "'knn' has no parameter 'n'"),
        ("k={", "--param k: '{' is no value"),
    ):
        code, _, error = run("train", labels, "--router", "knn", "--out", out, "--param", bad)
        assert code == 2 and message in error


def test_train_and_compare_on_real_outcomes(run, data, tmp_path):
    table = data / "routellm" / "gsm8k" / "gsm8k_responses.csv"
    code, out, _ = run("train", table, "--router", "outcome-linear", "--out", tmp_path / "o.zip")
    assert (code, "1,319 prompts and 2 models" in out) == (0, True)
    code, out, _ = run(
        *("compare", table, "--router", "outcome-linear", "--cv", 2, "--resamples", 200),
        *("--out", tmp_path / "c"),
    )
    assert code == 0
    assert "outcome-linear" in out
    assert (tmp_path / "c" / "report.html").is_file()


def test_compare_uses_the_published_split(run, data):
    path = data / "clinc150" / "data_full.json"
    code, out, _ = run("compare", path, "--router", "centroid", "--resamples", 100, "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["n"] == 4500
    assert "centroid" in answer["verdicts"]


def test_simulate_writes_one_row_per_request(run, data, root, tmp_path):
    trace = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    code, out, _ = run(
        "simulate", trace, "--plan", root / "data" / "plan.yaml", "--out", tmp_path / "r"
    )
    assert code == 0
    assert "13,927 requests" in out
    for word in ("spend", "share", "failures"):
        assert word in out
    assert len(pd.read_parquet(tmp_path / "r" / "decisions.parquet")) == 13_927


def test_simulate_with_outages_and_json(run, log, plan, tmp_path):
    outages = tmp_path / "outages.csv"
    outages.write_text("start,end,provider\n2026-01-05T00:30:00Z,2026-01-05T01:30:00Z,openai\n")
    arguments = (
        "simulate",
        log,
        "--plan",
        plan,
        "--outages",
        outages,
        "--out",
        tmp_path / "r",
        "--json",
    )
    code, out, _ = run(*arguments)
    assert code == 0
    assert json.loads(out)["summary"]["failed"] == 1
    code, _, err = run(*arguments)
    assert (code, "exists already" in err) == (2, True)
    assert run(*arguments, "--force")[0] == 0


def test_verify_exit_codes(run, shared):
    recorded = shared / "litellm" / "recorded" / "proxy"
    files = sorted(recorded.glob("0[156]*.json"))
    code, out, _ = run("verify", *files)
    assert code == 0
    assert f"{len(files)} of {len(files)} identical" in out
    code, out, _ = run("verify", recorded / "08e_auto_router_semantic.json", "--json")
    assert code == 1
    assert json.loads(out)["verdicts"][0]["identical"] is None


def test_export_then_lint(run, plan, tmp_path):
    code, out, _ = run("export", plan, "--out", tmp_path / "gateway")
    assert code == 0
    assert "config.yaml" in out
    code, out, _ = run("lint", tmp_path / "gateway" / "config.yaml", "--json")
    assert code == 0
    assert all(f["severity"] == "note" for f in json.loads(out)["findings"])
    bad = tmp_path / "bad.yaml"
    entry = "{model_name: a, litellm_params: {model: openai/gpt-4o, api_key: sk-x1}}"
    bad.write_text(
        f"model_list:\n  - model_name: b\n    litellm_params: {{model: m}}\n  - {entry}\n"
    )
    code, out, _ = run("lint", bad)
    assert code == 1
    assert f"{bad}:4:" in out
    assert "sk-x1" not in out


def test_a_bundle_carries_plan_and_router(run, plan, labels, tmp_path):
    text = (
        PLAN
        + f"router: {{kind: centroid, labels: {labels}}}\nroutes: {{code: strong, art: cheap}}\n"
    )
    plan.write_text(text)
    from routelab import Plan, save_bundle

    save_bundle(tmp_path / "b.zip", plan=Plan.from_yaml(plan))
    code, out, _ = run("route", tmp_path / "b.zip", "a poem")
    assert (code, out.split("  ")[0]) == (0, "art -> cheap")
    code, out, _ = run("route", plan, "fix python")
    assert (code, out.split("  ")[0]) == (0, "code -> strong")
    code, _, err = run("export", tmp_path / "b.zip", "--out", tmp_path / "e")
    assert code == 0, err


def bad_cases(tmp_path):
    """Return (name, arguments, what the message must say)."""

    def file(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    good_log = file("good.csv", "timestamp,input_tokens,output_tokens\n2026-01-05T00:00:00Z,1,1\n")
    good_plan = file("good.yaml", PLAN)
    out = tmp_path / "out"
    cut = file("cut.zip", "PK\x03\x04")
    two = file("two.csv", "prompt,label\nhi,a\nho,b\n")
    one = file("one.csv", "prompt,label\nhi,a\nho,a\n")
    prompts_only = file("p.csv", "timestamp,prompt\n2026-01-05T00:00:00Z,hello\n")

    def simulate(plan_text, name):
        return "simulate", good_log, "--plan", file(name, plan_text), "--out", out

    budget = "budgets: [{scope: plan, limit_usd: %s, timezone: %s}]\n"
    return {
        "an empty log": (("read", file("empty.csv", "")), "empty.csv"),
        "a log without tokens": (
            ("simulate", prompts_only, "--plan", good_plan, "--out", out),
            "tokens",
        ),
        "no such log": (("read", tmp_path / "none.csv"), "none.csv"),
        "one class": (("train", one, "--router", "centroid", "--out", out), "two classes"),
        "an unknown model": (simulate("models: {a: gpt-9}\ndefault: a\n", "m.yaml"), "m.yaml:1:"),
        "an unknown fallback": (
            simulate(PLAN.replace("[cheap]", "[chaep]"), "f.yaml"),
            "f.yaml:3:",
        ),
        "a budget of 0": (simulate(PLAN + budget % (0, "UTC"), "b0.yaml"), "b0.yaml:4:"),
        "a budget below 0": (simulate(PLAN + budget % (-1, "UTC"), "b1.yaml"), "b1.yaml:4:"),
        "an unknown time zone": (
            simulate(PLAN + budget % (1, "Europe/Berln"), "z.yaml"),
            "Europe/Berlin",
        ),
        "a truncated bundle": (("route", cut, "hi"), "cut.zip"),
        "an unknown router": (("train", two, "--router", "centriod", "--out", out), "centroid"),
        "an unknown target": (("export", good_plan, "--target", "litelm", "--out", out), "litellm"),
        "no prompts": (("route", cut), "no prompts"),
        "an unknown format": (("read", good_log, "--format", "azur"), "azure-2023"),
    }


NAMES = (
    *("an empty log", "a log without tokens", "no such log", "one class", "an unknown model"),
    *("an unknown fallback", "a budget of 0", "a budget below 0", "an unknown time zone"),
    *("a truncated bundle", "an unknown router", "an unknown target", "no prompts"),
    "an unknown format",
)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(run, tmp_path, name):
    cases = bad_cases(tmp_path)
    assert set(cases) == set(NAMES)
    arguments, told = cases[name]
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*arguments)
    assert code == 2, out + err
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert told in err
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before
