"""The command `calibrate`: exit codes, bundles, and the files that it reads."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from routelab import Plan, load_bundle, make_router, save_bundle
from routelab.datasets import load_prompts
from routelab.routers import StrongThreshold


@pytest.fixture
def run(run):
    """Return a function that runs the command with arguments."""
    return partial(run, "calibrate")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a router of complexity, a plan around it, and files to calibrate on."""
    path = tmp_path_factory.mktemp("calibrate")
    frame = load_prompts()
    learn, ask = frame[::2], frame[1::2]
    router = make_router("complexity").fit(learn["prompt"].tolist(), learn["complexity"].tolist())
    save_bundle(path / "router.zip", router=router)
    models = {"strong": ["gpt-4o", "azure/gpt-4o"], "cheap": "gpt-4o-mini"}
    routes = {"high": "strong", "medium": "cheap", "low": "cheap"}
    plan = Plan(models=models, default="cheap", routes=routes, router=router)
    save_bundle(path / "plan.zip", plan=plan)
    save_bundle(path / "no_router.zip", plan=plan.replace(router=None))
    ask[["prompt", "complexity"]].to_csv(path / "labels.csv", index=False)
    ask.assign(split=np.where(np.arange(len(ask)) < 50, "train", "test")).to_csv(
        path / "split.csv", index=False
    )
    hard = (ask["complexity"] == "high").to_numpy()
    rows = [
        {"prompt": prompt, "model": model, "quality": float(model == "large" or not high),
         "cost_usd": 0.01 if model == "large" else 0.001}
        for prompt, high in zip(ask["prompt"], hard, strict=True)
        for model in ("large", "small")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path / "outcomes.csv", index=False)
    stamps = pd.date_range("2026-01-05T00:00Z", periods=24 * 16, freq="h")
    prompts = np.random.default_rng(0).choice(ask["prompt"].to_numpy(object), len(stamps))
    pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 500,
                  "prompt": prompts}).to_csv(path / "log.csv", index=False)  # fmt: skip
    (path / "outages.csv").write_text("start,end,provider\n2026-01-05T00:30:00Z,"
                                      "2026-01-05T01:30:00Z,openai\n")  # fmt: skip
    return path


MODELS = ("--model", "high=large", "--model", "medium=small", "--model", "low=small")


def test_a_met_target_is_exit_code_0_and_the_bundle_is_tuned(run, folder, tmp_path):
    out = tmp_path / "tuned.zip"
    base = (folder / "router.zip", "--on", folder / "labels.csv", "--target", "strong_share=0.3",
            "--seed", 1)  # fmt: skip
    code, text, _ = run(*base, "--out", out)
    assert code == 0 and "met: threshold = " in text and f"wrote {out}" in text
    router = load_bundle(out).router
    assert isinstance(router, StrongThreshold) and router.strong == "high"
    code, _, error = run(*base, "--out", out)
    assert code == 2 and "exists already" in error
    code, text, _ = run(*base, "--out", out, "--force", "--json")
    answer = json.loads(text)
    assert code == 0 and answer["met"] is True and answer["value"] == router.threshold
    assert answer["figures"]["strong_share"]["fitted"] == pytest.approx(0.3, abs=0.01)


def test_what_is_not_resolved_or_refused_is_exit_code_1(run, folder):
    base = (folder / "router.zip", "--on", folder / "outcomes.csv", *MODELS, "--json")
    code, text, _ = run(*base, "--target", "quality>=0.85", "--resamples", 300)
    answer = json.loads(text)
    assert code == 1 and answer["met"] is not True and answer["strong"] == "high"
    code, text, _ = run(*base, "--target", "quality>=1.5")
    answer = json.loads(text)
    assert code == 1 and answer["met"] is None and answer["needed"] is None
    assert answer["verdict"].startswith("refused: quality>=1.5 cannot be reached")
    code, text, _ = run(*base[:-1], "--target", "quality>=0.999")
    assert code == 1 and "inside the noise" in text


def test_traffic_is_priced_by_the_bundles_plan(run, folder, tmp_path):
    out = tmp_path / "plan.zip"
    # 24 requests a day: gpt-4o 0.0075 USD each, gpt-4o-mini 0.00045: 0.0108 to 0.18 USD a day.
    base = ("--on", folder / "log.csv", "--target", "usd_per_day=0.1", "--margin", "0.03")
    code, text, _ = run(folder / "plan.zip", *base, "--out", out, "--json")
    answer = json.loads(text)
    assert code == 0 and answer["unit"] == "days" and answer["n_fit"] == 192
    figures = answer["figures"]
    usd = 0.0108 + (0.18 - 0.0108) * figures["strong_share"]["fitted"]
    spent = figures["usd_per_day"]["fitted"]
    assert spent <= 0.07 and spent == pytest.approx(usd, rel=0.01)
    tuned = load_bundle(out)
    assert isinstance(tuned.plan.router.resolve(), StrongThreshold)
    assert tuned.plan.routes == {"high": "strong", "medium": "cheap", "low": "cheap"}
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("models: {x: {provider: p, input_usd_per_mtok: 1, output_usd_per_mtok: 1}}")
    same = ("--model", "high=x", "--model", "medium=x", "--model", "low=x", "--catalog", catalog)
    code, text, _ = run(folder / "plan.zip", *base, *same)
    # The catalog given counts, not the plan's: 24 * 1500 tokens at 1 USD a million are 0.036 USD.
    assert code == 0 and "0.036" in text and "even the most generous setting stays within" in text


def test_published_train_rows_are_left_out(run, folder):
    base = (folder / "router.zip", "--target", "strong_share=0.3", "--json")
    code, text, error = run(*base, "--on", folder / "split.csv", "--label", "complexity")
    answer = json.loads(text)
    whole = json.loads(run(*base, "--on", folder / "labels.csv")[1])
    assert code in (0, 1) and "50 rows of the file's train part left out" in error
    rows = answer["n_fit"] + answer["n_report"]
    assert rows == whole["n_fit"] + whole["n_report"] - 50


def test_rows_that_cannot_be_read_are_counted(run, folder, tmp_path):
    broken = tmp_path / "labels.csv"
    broken.write_text((folder / "labels.csv").read_text() + "a prompt without a label,\n")
    base = (folder / "router.zip", "--target", "strong_share=0.3", "--on", broken)
    assert "1 rows left out (first: " in run(*base)[2]


def test_bad_input_is_exit_code_2(run, folder, tmp_path):
    plan = Plan(models={"strong": ["gpt-4o", "gpt-4o-mini"], "cheap": "gpt-4o-mini"},
                default="cheap", routes={"high": "strong", "low": "cheap"},
                router=load_bundle(folder / "router.zip").router)  # fmt: skip
    mixed, lacking = tmp_path / "mixed.zip", tmp_path / "lacking.zip"
    save_bundle(mixed, plan=plan)
    save_bundle(lacking, plan=plan.replace(routes={"high": "cheap", "low": "cheap"}))
    budget, share = ("--target", "usd_per_day=1"), ("--target", "strong_share=0.3")
    for arguments, message in [
        ((folder / "no_router.zip", "--on", folder / "log.csv", *share), "holds no router"),
        ((folder / "router.zip", "--on", folder / "outages.csv", *share), "holds outages: cali"),
        ((folder / "router.zip", "--on", folder / "log.csv", "--target", "x"), "a target is a"),
        ((folder / "router.zip", "--on", folder / "log.csv", *share, "--model", "high"),
         "--model takes ANSWER=MODEL, such as high=gpt-4o, got 'high'"),
        ((mixed, "--on", folder / "log.csv", *budget), "'strong' has models of different prices"),
        ((lacking, "--on", folder / "log.csv", *budget), "'medium' is no group of the plan"),
    ]:  # fmt: skip
        code, _, error = run(*arguments)
        assert code == 2 and message in error, error
