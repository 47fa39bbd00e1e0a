"""The benchmarks run, on sizes that tell nothing about speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import routelab as rl


def lines(root, *command):
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_benchmark_of_panels_has_every_panel_that_follows_a_touch(root, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_ui
    import nbformat

    from routelab.ui._settings import SETTINGS

    bench_ui.notebook(tmp_path / "bench.ipynb")
    cells = nbformat.read(tmp_path / "bench.ipynb", 4).cells
    for cell in cells:
        compile(cell.source, "cell", "exec")
    named = {name for name in SETTINGS if any(f"ui.{name}(" in cell.source for cell in cells)}
    assert named >= {"explore", "compare", "budget", "export", "profile"}
    assert cells[1].source == bench_ui.ECHO_CELL  # in the same run


@pytest.mark.parametrize("kind", ["independent", "in_flight", "cooldown", "cooldown_budget"])
def test_each_kind_of_plan_serves_the_benchmark_traffic(root, monkeypatch, kind):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_simulate

    replayed = bench_simulate.Replayed(kind, 5000)
    rows = list(bench_simulate.chunks(5000, len(replayed.plan.budgets)))
    totals = replayed.run(rows)
    assert totals.column("requests").sum() == 5000
    assert totals.column("served").sum() > 4900
    assert totals.column("attempts").sum() > 5000


def test_the_policies_of_the_sweep_agree_on_one_thread_and_two(root):
    said = lines(
        root, "benchmarks/bench_sweep.py", "--requests", "3000", "--policies", "3", "--no-dask"
    )
    assert [line["name"] for line in said] == [
        "sweep_threads_1",
        "sweep_threads_2",
        "sweep_threads_scaling",
    ]
    assert all(line["requests"] == 3000 for line in said)


def test_every_tool_reads_every_row_of_the_reading_benchmark(root):
    said = lines(root, "benchmarks/bench_read.py", "--rows", "3000", "--repeats", "1")
    ours = [line for line in said if line["tool"] == "routelab"]
    assert [(line["file"], line["task"]) for line in ours] == [
        (file, task) for file in ("csv", "jsonl") for task in ("memory", "stream", "parquet")
    ]
    # Tools that are not installed say so; those that are must agree on the number of rows.
    assert {line["rows"] for line in said if "rows" in line} == {3000}
    assert all("No module named" in line["error"] for line in said if "error" in line)


def test_the_benchmark_of_routers_refuses_a_test_prompt_in_training(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_routers

    prompts = [f"{word} number {i}" for i in range(8) for word in ("sort", "poem")]
    labels = np.array(["code", "art"] * 8)
    test = (["sort them", "a poem"], np.array(["code", "art"]))
    split = bench_routers.Split("own", prompts, labels, test)
    router, chosen = split.select(rl.make_router("knn"), {"head__k": [1, 3]}, 2)
    assert chosen["head__k"] in (1, 3)
    assert split.score(router)[0] == 1.0
    assert len(split.few(2, 0).prompts) == 4
    leaking = bench_routers.Split("own", [*prompts, "a poem"], np.append(labels, "art"), test)
    with pytest.raises(AssertionError, match="a test prompt is in the training part"):
        leaking.score(router)


def test_the_benchmark_of_neighbours_holds_every_figure_against_the_machine(
    root, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_knn

    monkeypatch.setattr(sys, "argv", ["bench_knn.py", "--quick"])
    bench_knn.main()
    said = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(said) == ["sgemm", "head_batch", "read_two_threads", "head_single", "approximate"]
    batch, single, close = said["head_batch"], said["head_single"], said["approximate"]
    # 2 * 2000 examples * 384 products per query
    assert batch["gflop_per_s"] == pytest.approx(
        1.536e-3 / (1e-6 * batch["us_per_query"]), rel=1e-2
    )
    assert batch["share_of_sgemm"] > 0 and single["share_of_bandwidth"] > 0
    assert "no faiss" in close["error"] if "error" in close else 0 < close["recall"] <= 1


def test_the_published_figures_are_met_and_the_open_claims_are_computed(root, data):
    said = lines(root, "benchmarks/field.py", "--data", str(data), "--json", "--resamples", "100")
    figures = [line for line in said if line["kind"] == "figure"]
    assert {line["data"] for line in figures} == {
        "GSM8K", "arc_challenge_train", "arc_challenge_train, merged", "mbpp_train",
        "winograde_train", "LLMRouter", "RouterArena",
    }  # fmt: skip
    printed = [line for line in figures if line["printed"] is not None]
    # The printed random router is another draw than ours; all else is met to the digit.
    assert {line["agrees"] for line in printed if "random" not in line["who"]} == {"digit"}
    assert [line["agrees"] for line in printed if "random" in line["who"]] == ["interval"]
    for line in figures:
        assert line["low"] is None or line["low"] <= line["ours"] <= line["high"]
    claims = {line["claim"]: line for line in said if line["kind"] == "claim"}
    assert len(claims) == 8 + 9 + 36 + 8 + 1
    for claim in claims.values():
        open_ = abs(claim["difference"]) <= claim["floor"]
        assert claim["verdict"] == ("not resolved" if open_ else "resolved")


def test_the_table_of_the_field_says_what_is_left_out(root, tmp_path):
    command = [sys.executable, "benchmarks/field.py", "--data", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert said[0].split() == "data n who figure printed ours low high agrees".split()
    assert "left out: no routellm/gsm8k in the data folder" in said
    assert len([line for line in said if line.startswith("left out")]) == 6


def test_a_claim_is_open_below_its_floor_and_a_figure_agrees_by_its_digits(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import field

    assert field.Claim("a against b", -0.04, 0.05).verdict == "not resolved"
    assert field.Claim("a against b", -0.06, 0.05).verdict == "resolved"
    row = field.Row("set", 10, "who", "figure", "0.598", 0.5976, 0.55, 0.64)
    assert row.agrees == "digit"
    assert replace(row, ours=0.5).agrees == "interval"
    assert replace(row, ours=0.5, high=0.59).agrees == "NO"
    assert replace(row, printed=None).agrees == ""
    assert "0.598" in field.as_table([row])
    # one random order has sd .02, so a difference of 0.05 to a coin is out of reach of chance
    drawn = [np.tile([0.48, 0.52], 50), np.repeat([0.48, 0.52], 50)]
    claims = {c.claim: c for c in field.apgr_claims(0.6, np.full(100, 0.6), drawn)}
    weak = claims["GSM8K APGR: BERT, arena 0.438 against a coin 0.5"]
    assert weak.floor == pytest.approx(1.96 * 0.02) and weak.verdict == "resolved"


def test_the_benchmark_of_leakage_is_held_against_the_bare_vectorizer(root, tmp_path):
    said = lines(root, "benchmarks/bench_leakage.py", "--data", str(tmp_path),
                 "--train", "200", "--test", "60")  # fmt: skip
    assert [line["name"] for line in said] == ["60 words", "three templates"]
    # 26 prompts of three templates: those of the last 6 all have a match among the first 20
    assert said[1]["train"] == 20 and said[1]["exact"] + said[1]["near"] == said[1]["test"] == 6
    assert all(line["times_vectorizer"] > 0 for line in said)


def test_the_benchmark_of_comparisons_knows_useless_from_useful(root, data):
    said = lines(root, "benchmarks/bench_compare.py", "--data", str(data), "--seeds", "2",
                 "--repeats", "40", "--resamples", "300", "--size", "500",
                 "--only", "BANKING77")  # fmt: skip
    assert said[0]["figure"] == "resampling" and said[0]["ratio"] > 0
    held = [line["held"] for line in said if line["figure"] == "coverage"]
    assert len(held) == 9 and min(held) >= 0.8  # 40 draws at .95: below .8 once in 100,000
    told = {line["router"]: line for line in said if line["figure"] == "verdicts"}
    assert told["useless"]["said"] == {"adds nothing": 2}
    assert told["useful"]["said"] == {"adds value": 1} and told["useful"]["alarms"] == {}


def test_the_benchmark_of_exported_modules_agrees_with_the_pipeline(
    root, data, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_plugin

    monkeypatch.setattr(bench_plugin, "CLASSES", (20,))
    models, few = str(data.parent / "models"), ["--examples", "4", "--calls", "20"]
    arguments = ["--data", str(data), "--models", models, *few]
    monkeypatch.setattr(sys, "argv", ["bench_plugin.py", *arguments])
    bench_plugin.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    tfidf = [line for line in told if line["encoder"] != "static"]
    assert [(line["encoder"], line["router"], line["classes"]) for line in tfidf] == [
        (encoder, router, 20)
        for router in ("linear", "centroid")
        for encoder in ("tfidf", "tfidf, no numpy")
    ]
    assert {line["agree"] for line in told} == {1.0}
    assert all(0 < line["cpu_ms"] <= line["cpu_ms_p99"] for line in told)


def test_the_benchmark_of_proofs_asks_prompts_that_no_router_has_learnt(
    root, data, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_prove

    from routelab.proving import Latency, Proof

    asked = {}

    def prove(folder, prompts, *, python):
        asked[folder.name] = (prompts, rl.load_bundle(folder / "plan.zip").plan)
        latency = Latency(9, 2.0, 1.0, None, None)
        return Proof("d", "routelab", "0", 30, 30, 0, 9, 9, 5, 5, (), latency, ())

    def flask(data, probes):  # learning a table takes 10 s
        plan = rl.Plan(models=bench_prove.MODELS, **bench_prove.POLICY)
        return plan, [f"prompt {number}" for number in range(probes)]

    monkeypatch.setattr(rl, "prove", prove)
    monkeypatch.setattr(bench_prove, "flask", flask)
    arguments = ["--data", str(data), "--probes", "30", "--examples", "2"]
    monkeypatch.setattr(sys, "argv", ["bench_prove.py", *arguments])
    bench_prove.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["plan"], line["identical"], line["added_ms"]) for line in told] == [
        ("table", True, 1.0),
        ("tfidf", True, 1.0),
    ]
    assert "added_cpu_ms" not in told[0] and told[0]["routelab"]
    clinc = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    learnt = {prompt for prompt, _ in clinc["train"]}
    prompts, plan = asked["tfidf"]
    assert len(set(prompts)) == 30 and not learnt & set(prompts)
    assert len(set(plan.routes.values())) == 4
    assert len(set(asked["table"][0])) == 30


def test_the_benchmark_of_the_plugin_asks_three_ways_in_turn(root, data, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_added
    import yaml

    from routelab.proving.probes import read_probes

    plan, prompts = bench_added.clinc(data, rl.make_router("linear"), 15, 2)
    rl.export(plan, directory=tmp_path / "export")
    idle = bench_added.add_idle(tmp_path / "export", "routelab")
    config = yaml.safe_load((tmp_path / "export" / "config.yaml").read_text(encoding="utf-8"))
    one, other = (
        entry["litellm_params"]["complexity_router_config"]
        for entry in config["model_list"]
        if entry["model_name"] in ("routelab", idle)
    )
    assert one.pop("classifier_plugin") == "routelab_plugin.classifier"
    assert other.pop("classifier_plugin") == "idle_plugin.classifier"
    assert one == other and (tmp_path / "export" / "idle_plugin.py").is_file()

    class Client:  # requests take no time, and the clock of the CPU counts what was asked
        spent, asked, proxy = 0.0, [], rl.proving.proxy.Proxy(1, 1, "key")

        def ask(self, name, body, headers):
            self.asked.append(name)
            self.spent += {"direct": 0.001, "idle": 0.003, "plugin": 0.004}[name]
            return rl.proving.client.Reply(1, name, 0.0, 0.5, 200, {}, "")

    client = Client()
    monkeypatch.setattr(bench_added, "cpu_seconds", lambda pid: client.spent)
    probes, _ = read_probes(prompts)
    names = {kind: [kind] * 15 for kind in bench_added.KINDS}
    found = bench_added.blocks(client, names, probes)
    assert client.asked[::5] == [
        "direct", "idle", "plugin", "idle", "plugin", "direct", "plugin", "direct", "idle",
    ]  # fmt: skip
    assert found["plugin"] - found["idle"] == pytest.approx(np.tile([1.0, 0.0], (3, 1)))
    assert bench_added.interval(np.array([1.0, 2.0, 2.0, 2.0, 3.0]))[0] == 2.0
