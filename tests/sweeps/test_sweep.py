"""Sweeps: what the table says is what replays say; kept on disk, resumed, stopped, escaped."""

from __future__ import annotations

import _thread
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, OutcomeTable, make_router, read_log, simulate
from routelab.sweeps import policies, sweep
from routelab.sweeps import run as runner
from routelab.sweeps.shared import Shared


@pytest.fixture(scope="module")
def found(traffic, plan, grid):
    return sweep(traffic, plan, grid, quality={"strong": 0.9, "mid": 0.8, "cheap": 0.7})


def test_the_table_says_what_replays_say(found, traffic):
    assert found.table["status"].tolist() == ["done"] * 8
    for policy, row in list(zip(found.policies, found.table.to_dict("records"), strict=True))[::3]:
        replay = simulate(traffic, policy.plan)
        s, d = replay.summary, replay.decisions
        assert row["budgets.0.limit_usd"] == policy.plan.budgets[0].limit_usd
        assert row["spend_per_day_usd"] == pytest.approx(s["spend_per_day_usd"], rel=1e-12)
        assert row["latency_p95_s"] == pytest.approx(s["latency_p95_s"], rel=0.012)
        assert row["availability"] == pytest.approx(s["served"] / s["requests"])
        assert row["degraded_share"] == pytest.approx(s["degraded"] / s["requests"])
        assert row["refused_share"] == pytest.approx(s["refused"] / s["requests"])
        group = {i: g for g, ds in policy.plan.models.items() for i in (x.id for x in ds)}
        worth = d["deployment"].dropna().map(group).map({"strong": 0.9, "mid": 0.8, "cheap": 0.7})
        assert row["quality"] == pytest.approx(worth.astype(float).mean())


def test_intervals_hold_their_value(found):
    for metric in found.metrics:
        t = found.table
        assert (t[f"{metric}_low"] <= t[metric] + 1e-12).all(), metric
        assert (t[metric] <= t[f"{metric}_high"] + 1e-12).all(), metric
    assert (found.table["spend_per_day_usd_low"] < found.table["spend_per_day_usd_high"]).all()


def test_more_budget_never_spends_less(found):
    t = found.table.pivot_table("spend_per_day_usd", "budgets.0.limit_usd", "retries.num_retries")
    assert (np.diff(t.to_numpy(), axis=0) >= 0).all() and t.iloc[0, 0] < t.iloc[-1, 0]


def test_the_front_is_the_table_sorted(found):
    front = found.front(minimize=["spend_per_day_usd"], maximize=["quality"])
    assert sorted(front["id"]) == sorted(found.table["id"])
    best = front[front["rank"] == 0].sort_values("spend_per_day_usd")
    assert set(best["standing"]) == {"front"} and best["quality"].is_monotonic_increasing
    cheapest = found.table["spend_per_day_usd"].idxmin()
    assert found.table["id"][cheapest] in set(best["id"])
    assert set(front["standing"]) <= {"front", "dominated", "not resolved from the front"}
    assert len(found.front()) == 8


def test_an_unknown_metric_is_told(found, traffic, plan):
    with pytest.raises(
        InputError, match="no metric 'spend_per_day'.*did you mean 'spend_per_day_u"
    ):
        found.front(minimize=["spend_per_day"])
    plain = sweep(traffic.head(50), plan, {"timeout_s": [9]}, n_jobs=1)
    with pytest.raises(InputError, match="quality=..."):
        plain.front(maximize=["quality"])
    with pytest.raises(InputError, match="each named once"):
        plain.front(minimize=["availability"], maximize=["availability"])


def test_threads_do_not_change_the_answer(found, traffic, plan, grid):
    quality = {"strong": 0.9, "mid": 0.8, "cheap": 0.7}
    alone = sweep(traffic, plan, grid, quality=quality, n_jobs=1)
    pd.testing.assert_frame_equal(alone.table, found.table)


def test_a_policy_that_fails_does_not_stop_the_others(traffic, plan, monkeypatch):
    quality = {"strong": 0.9, "mid": 0.8}  # nothing for cheap
    grid = {"models.cheap": ["gpt-4o-mini", "azure/gpt-4o-mini"], "default": ["mid"]}
    with_names = {**quality, "gpt-4o-mini": 0.7}
    done = sweep(traffic, plan.replace(budgets=plan.budgets[:1]), grid, quality=with_names)
    assert done.table["status"].tolist() == ["done", "failed"]
    assert "no value for the deployment 'cheap/azure/gpt-4o-mini'" in done.table["error"][1]
    assert "failed" in str(done) and np.isnan(done.table["availability"][1])
    assert len(done.front()) == 1


def test_a_combination_that_does_not_fit_is_a_row(traffic, plan):
    split = {"name": "t", "arms": {"a": {"share": 0.5}, "b": {"share": 0.5, "model": "cheap"}}}
    grid = {"split.arms.a.share": [0.5, 0.9], "split.arms.b.share": [0.5]}
    done = sweep(traffic.head(100), plan.replace(split=split), grid)
    assert done.table["status"].tolist() == ["done", "failed"]
    assert "add up to 1.4" in done.table["error"][1]


def test_finished_policies_are_taken_over(traffic, plan, grid, tmp_path, monkeypatch):
    small = traffic.head(300)
    first = sweep(small, plan, grid, out=tmp_path)
    assert len(list((tmp_path / "policies").glob("*.json"))) == 8
    asked = []
    real = runner.evaluate_policy
    monkeypatch.setattr(
        runner, "evaluate_policy", lambda s, p, k=None: asked.append(p) or real(s, p, k)
    )
    again = sweep(small, plan, grid, out=tmp_path)
    assert asked == [] and any("8 policies were finished before" in n for n in again.notes)
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.front(), again.front())
    sweep(small, plan, grid, out=tmp_path, resume=False)
    assert len(asked) == 8
    for changed in ({"seed": 1}, {"n_boot": 50}, {"quality": {"strong": 1, "mid": 1, "cheap": 1}}):
        asked.clear()
        sweep(small, plan, grid, out=tmp_path, **changed)
        assert len(asked) == 8, changed
    asked.clear()
    sweep(small.iloc[1:], plan, grid, out=tmp_path)
    sweep(small, plan.replace(max_fallbacks=1), grid, out=tmp_path)
    assert len(asked) == 16


def test_a_broken_result_is_told(traffic, plan, tmp_path):
    small = traffic.head(50)
    sweep(small, plan, {"timeout_s": [9]}, out=tmp_path)
    (file,) = (tmp_path / "policies").glob("*.json")
    file.write_text("{}")
    with pytest.raises(InputError, match="not the result of a policy; delete it"):
        sweep(small, plan, {"timeout_s": [9]}, out=tmp_path)


SWEEP = """
import sys
from routelab import Plan, sweep
from routelab.datasets import data_dir, load_traffic
traffic = load_traffic().iloc[::10].reset_index(drop=True).assign(prompt=None)
plan = Plan.from_yaml(data_dir() / "plan.yaml").replace(router=None, decision_cache=None)
sweep(traffic, plan, {"cooldown.seconds": list(range(1, 41))}, out=sys.argv[1], n_jobs=2)
"""


def test_a_killed_sweep_goes_on_where_it_was(traffic, plan, tmp_path):
    folder = tmp_path / "policies"
    process = subprocess.Popen([sys.executable, "-c", SWEEP, str(tmp_path)])
    try:
        deadline = time.monotonic() + 120
        while len(list(folder.glob("*.json"))) < 5:
            assert process.poll() is None, "the sweep ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert 5 <= len(done) < 40
    assert all("metrics" in json.loads(path.read_text()) for path in done)
    grid = {"cooldown.seconds": list(range(1, 41))}
    resumed = sweep(traffic, plan, grid, out=tmp_path)
    assert any(f"{len(done)} policies were finished before" in note for note in resumed.notes)
    assert all(path.stat().st_mtime_ns == then for path, then in done.items())
    pd.testing.assert_frame_equal(resumed.table, sweep(traffic, plan, grid).table)


def test_ctrl_c_keeps_what_was_done(traffic, plan, tmp_path):
    seen = []

    def stop_after_three(done, total):
        seen.append((done, total))
        if done >= 3 and len(seen) >= 3:
            raise KeyboardInterrupt

    grid = {"cooldown.seconds": list(range(1, 31))}
    part = sweep(traffic, plan, grid, out=tmp_path, progress=stop_after_three)
    done = (part.table["status"] == "done").sum()
    assert part.interrupted and 3 <= done < 30
    assert any(f"stopped after {done} of 30 policies" in note for note in part.notes)
    assert len(list((tmp_path / "policies").glob("*.json"))) == done
    assert len(part.front()) == done and "not run" in str(part)


@pytest.fixture
def heard() -> Iterator[None]:
    """SIGINT interrupts Python, in a run that was started in the background too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_in_the_middle_keeps_what_was_done(traffic, plan, heard):
    timer = threading.Timer(0.1, _thread.interrupt_main)

    def start_timer(done, total):
        if done == 1:  # the kernel is compiled by now
            timer.start()

    grid = {"cooldown.seconds": list(range(1, 2000))}
    part = sweep(traffic, plan, grid, n_jobs=2, progress=start_timer)
    done = (part.table["status"] == "done").sum()
    assert part.interrupted and 0 < done < 1999
    assert set(part.table["status"]) == {"done", "not run"}


def test_policies_share_routers_and_decisions(traffic, plan, monkeypatch, tmp_path):
    labels = tmp_path / "labels.csv"
    rows = [f"{word} number {i},{label}" for i in range(9) for word, label in
            (("fix code", "mid"), ("a poem", "cheap"))]  # fmt: skip
    labels.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    routed = plan.replace(router={"kind": "centroid", "labels": str(labels)}, rules=())
    small = traffic.head(60).assign(prompt=["fix code", "a poem", "a poem of code"] * 20)
    from routelab.sweeps import shared

    asked = []
    real = shared.decide
    monkeypatch.setattr(shared, "decide", lambda p, t: asked.append(p.router.kind) or real(p, t))
    grid = {"router.kind": ["centroid", "linear"], "retries.num_retries": [0, 1, 2]}
    done = sweep(small, routed, grid)
    assert sorted(asked) == ["centroid", "linear"]
    for policy in done.policies:
        own = simulate(small, policy.plan).summary["spend_per_day_usd"]
        row = done.table[done.table["id"] == policy.id]
        assert row["spend_per_day_usd"].item() == pytest.approx(own, rel=1e-12)


def test_a_fitted_router_keeps_its_id_after_use(plan, traffic, tmp_path):
    router = make_router("centroid").fit(["fix code", "a poem"] * 3, ["mid", "cheap"] * 3)
    routed = plan.replace(router=router)
    small = traffic.head(40).assign(prompt="a poem")
    first = sweep(small, routed, {"timeout_s": [9, 8]}, out=tmp_path)
    again = sweep(small, routed, {"timeout_s": [9, 8]}, out=tmp_path)
    assert first.table["id"].tolist() == again.table["id"].tolist()
    assert any("2 policies were finished before" in note for note in again.notes)


def test_measured_quality_is_matched_by_prompt_or_request(traffic, plan):
    plan = plan.replace(budgets=(), fallbacks={}, rules=())
    small = traffic.head(40).assign(prompt=["easy", "hard"] * 20, status=200)
    models = ["gpt-4o", "gemini/gemini-2.5-flash"]
    table = OutcomeTable(["easy", "hard", "hard"], models, [[1, 1], [1, 0.5], [1, 0]])
    grid = {"default": ["strong", "mid"], "models.strong": ["gpt-4o"], "model_group_alias": [{}]}
    routed = sweep(small.assign(model=None), plan, grid, quality=table)
    assert routed.table["quality"].tolist() == [1, pytest.approx((1 + 0.25) / 2)]
    rows = pd.DataFrame({"strong": 0.5, "mid": np.nan}, index=small["request_id"])
    rows.iloc[:10, 1] = 0.2
    routed = sweep(small.assign(model=None), plan, grid, quality=rows)
    assert routed.table["quality"].tolist() == [pytest.approx(0.5), pytest.approx(0.2)]


@pytest.mark.parametrize(
    ("quality", "told"),
    [
        ({"strong": "good"}, "must be a finite number, got 'good'"),
        ({}, "empty mapping"),
        (0.5, "must be a mapping.*got float"),
        (OutcomeTable(["other"], ["gpt-4o"], [[1]]), "no request has a prompt"),
    ],
)
def test_bad_quality_is_told(traffic, plan, quality, told):
    with pytest.raises(InputError, match=told):
        sweep(traffic.head(5), plan, {"timeout_s": [9]}, quality=quality)


def test_bad_arguments_are_told(traffic, plan):
    point = policies(plan, {"timeout_s": [9]})
    for told, arguments, options in (
        ("backend must be", (plan, {"timeout_s": [9]}), {"backend": "ray"}),
        ("a plan needs a grid", (plan,), {}),
        ("takes no grid", (point, {"timeout_s": [9]}), {}),
        ("no policies", ([],), {}),
        ("stands twice", (point * 2,), {}),
        ("n_jobs must not be 0", (point,), {"n_jobs": 0}),
        ("n_boot must be at least 1", (point,), {"n_boot": 0}),
        ("accounting must be", (point,), {"accounting": "both"}),
    ):
        with pytest.raises(InputError, match=told):
            sweep(traffic.head(5), *arguments, **options)
    with pytest.raises(InputError, match="no requests"):
        sweep(traffic.head(0), point)


def test_short_traffic_is_cut_into_runs(traffic, plan):
    shared = Shared(traffic.head(500))
    assert shared.blocks.kind == "runs" and shared.blocks.n == 200
    assert np.bincount(shared.blocks.codes).tolist() == [3, 2] * 100
    one = sweep(traffic.head(1), plan, {"timeout_s": [9]})
    assert one.table["availability"].tolist() == [1.0]


def test_nothing_served_has_no_latency(traffic, plan):
    start, end = traffic["timestamp"].iloc[[0, -1]]
    down = pd.DataFrame({"start": start, "end": end + pd.Timedelta("1D"),
                         "provider": ["openai", "azure", "gemini"]})  # fmt: skip
    dark = sweep(traffic.head(60), plan, {"timeout_s": [9]}, outages=down)
    row = dark.table.iloc[0]
    assert row["availability"] == 0 and np.isnan(row["latency_p95_s"])
    assert dark.front().empty and "1 done" in str(dark)


def test_values_are_escaped_and_written(traffic, plan, tmp_path):
    names = {"<b>": "gpt-4o-mini", **{g: list(d) for g, d in plan.models.items()}}
    hostile = plan.replace(models=names)
    done = sweep(traffic.head(40), hostile, {"default": ["<b>", "mid"]})
    assert "<b>" not in done._repr_html_() and "&lt;b&gt;" in done._repr_html_()
    done.to_csv(tmp_path / "t.csv")
    assert pd.read_csv(tmp_path / "t.csv")["default"].tolist() == ["<b>", "mid"]
    with pytest.raises(InputError, match="no policy 'nope'"):
        done.policy("nope")


def test_a_real_trace_is_swept(data, plan):
    trace = data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv"
    traffic = read_log(trace).frame.head(4000)
    done = sweep(traffic, plan, {"budgets.0.limit_usd": [1, 5, 50]})
    assert (done.table["status"] == "done").all() and done.blocks == "runs"
    assert done.table["spend_per_day_usd"].is_monotonic_increasing
