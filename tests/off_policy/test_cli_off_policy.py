"""``routelab off-policy``: every kind of policy and log, and one line for bad input."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd
import pytest

from routelab import Plan, evaluate_policy, make_router, save_bundle
from routelab.split import assign


@pytest.fixture
def run(run):
    """Return a function that runs the command with arguments."""
    return partial(run, "off-policy")


@pytest.fixture
def path(log, tmp_path):
    file = tmp_path / "log.csv"
    log.to_csv(file, index=False)
    return file


def test_a_model_and_its_shares_give_what_python_gives(run, log, path, tmp_path):
    code, out, _ = run(path, "--policy", "large", "--json")
    table = pd.DataFrame(json.loads(out)["table"]).set_index("estimator")
    assert code == 0
    pd.testing.assert_frame_equal(table, evaluate_policy(log, "large").to_frame())
    shares = tmp_path / "shares.yaml"
    shares.write_text("large: 0.5\nsmall: 0.5\n")
    code, out, _ = run(path, "--policy", shares, "--unit", "user", "--clip", "none", "--seed", 3)
    expected = evaluate_policy(log, {"large": 0.5, "small": 0.5}, unit="user", clip=None, seed=3)
    assert (code, out) == (0, f"{expected}\n")


def test_a_bundle_routes_the_logged_prompts(run, log, path, tmp_path):
    router = make_router("centroid").fit(["prove number 1", "greet number 1"], ["large", "small"])
    save_bundle(tmp_path / "router.zip", router=router)
    _, out, _ = run(path, "--policy", tmp_path / "router.zip", "--json")
    expected = evaluate_policy(log, router)
    assert json.loads(out)["overlap"][0]["policy_share"] == pytest.approx(
        log.prompt.str.startswith("prove").mean()
    )
    assert json.loads(out)["verdicts"] == expected.verdicts
    plan = Plan(models={"large": "gpt-4o", "small": "gpt-4o-mini"}, default="small")
    plan = plan.replace(router={"kind": "constant", "labels": str(_labels(tmp_path))})
    save_bundle(tmp_path / "plan.zip", plan=plan)
    _, out, _ = run(path, "--policy", tmp_path / "plan.zip", "--json")
    assert json.loads(out)["ess"] == evaluate_policy(log, "large", n_boot=10).ess


def _labels(folder):
    path = folder / "labels.csv"
    path.write_text("prompt,label\na,large\nb,large\nc,small\n")
    return path


def test_the_split_of_a_plan_gives_the_propensities(run, log, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "models: {cheap: gpt-4o-mini}\ndefault: cheap\n"
        "split: {name: t, arms: {a: {share: 0.4}, b: {share: 0.6}}}\n"
    )
    split = Plan.from_yaml(plan).split
    log["arm"] = assign(split, log.user.tolist())
    log.drop(columns="propensity").to_parquet(tmp_path / "log.parquet")
    code, out, _ = run(tmp_path / "log.parquet", "--policy", "b", "--plan", plan, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["unit"], told["max_weight"]) == ("user", pytest.approx(1 / 0.6))


def test_the_picture_is_a_png(run, path, tmp_path):
    code, _, _ = run(path, "--policy", "large", "--picture", tmp_path / "overlap.png")
    assert code == 0
    assert (tmp_path / "overlap.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_one_line_and_exit_code_2(run, log, path, tmp_path):
    bare = tmp_path / "bare.jsonl"
    log.drop(columns=["propensity", "prompt"]).to_json(bare, orient="records", lines=True)
    (tmp_path / "list.yaml").write_text("- large\n")
    save_bundle(tmp_path / "r.zip", router=make_router("constant").fit(["a"], ["large"]))
    cases = [
        ((tmp_path / "none.csv", "--policy", "large"), "does not exist"),
        ((path, "--policy", "larg"), "which the log never chose (did you mean 'large'?)"),
        ((path, "--policy", tmp_path / "none.zip"), "does not exist"),
        ((path, "--policy", tmp_path / "list.yaml"), "a mapping of models to shares"),
        ((path, "--policy", "large", "--clip", "much"), "--clip: 'much' is no number"),
        ((path, "--policy", "large", "--switch", "none"), "--switch: 'none' is no number"),
        ((path, "--policy", "large", "--min-ess", 1e6), "too little overlap"),
        ((bare, "--policy", "large"), "no column 'propensity'"),
        ((bare, "--policy", tmp_path / "r.zip"), "a bundle reads prompts"),
    ]
    for arguments, message in cases:
        code, out, err = run(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), arguments
        assert message in err
