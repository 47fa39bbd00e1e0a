"""The bundle: every source named, arrays for a plan, YAML that is checked."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import Assumptions, Catalog, InputError, Plan, read_outages
from routelab.catalog import Model
from routelab.traffic import write_traffic


@pytest.fixture(scope="module")
def assumed(week):
    return Assumptions.fit(week)


@pytest.fixture
def plan():
    return Plan(
        models={"strong": ["gpt-4o", "azure/gpt-4o"], "cheap": "gpt-4o-mini"}, default="cheap"
    )


def test_arrays_follow_the_deployments_and_are_nan_where_unknown(assumed, plan):
    arrays = assumed.for_plan(plan)
    assert arrays.deployments == list(plan.deployments)
    frame = arrays.to_frame()
    assert (frame.dtypes == "float64").all()
    assert frame.loc["strong/azure/gpt-4o"].isna().all()
    mini = assumed.latency.table.loc["gpt-4o-mini"]
    row = frame.loc["cheap/gpt-4o-mini"]
    assert row["s_per_output_token"] == mini["s_per_output_token"]
    assert row["sigma"] == mini["sigma"]
    assert row["output_factor_low"] < row["output_factor"] < row["output_factor_high"]
    assert row["failure_probability"] == assumed.failures.probability("gpt-4o-mini")
    assert arrays.reference == "gpt-4o"
    assert frame.at["strong/gpt-4o", "output_factor"] == 1


def test_the_gateways_name_of_a_model_finds_it(week):
    log = week.assign(model="house/" + week["model"])
    catalog = Catalog([Model("big", "openai", 1, 1, litellm_model="house/gpt-4o")])
    plan = Plan(models={"g": "big"}, default="g", catalog=catalog)
    frame = Assumptions.fit(log, catalog=catalog).for_plan(plan).to_frame()
    assert frame.notna().all(axis=None)


def test_absent_parts_give_nan_and_a_sentence(make_log, plan):
    log = make_log(60, model="gpt-4o", latency_s=np.nan, ttft_s=np.nan, output_tokens=0)
    assumed = Assumptions.fit(log)
    assert assumed.latency is None and assumed.verbosity is None
    assert [note.split(":")[0] for note in assumed.notes()[1:]] == [
        "no latency was fitted", "no verbosity was fitted",
    ]  # fmt: skip
    assert Assumptions().for_plan(plan).to_frame().isna().all(axis=None)
    assert np.isnan(Assumptions().output_factor_of_logged(pd.Series(["gpt-4o"]))).all()


def test_logged_tokens_are_normalised_by_the_models_factor(assumed):
    logged = pd.Series(["gpt-4o-mini", "gpt-4o", None, "other"], dtype="string")
    found = assumed.output_factor_of_logged(logged)
    factor = assumed.verbosity.table.at["gpt-4o-mini", "factor"]
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [factor, 1.0, np.nan, np.nan])


def test_every_model_has_a_sentence_per_part(assumed):
    notes = assumed.notes()
    for model in ("gpt-4o", "gpt-4o-mini"):
        assert any(note.startswith(f"latency of {model}: fitted on") for note in notes)
        assert any(note.startswith(f"failures of {model} at openai: ") for note in notes)
    assert "output tokens are relative to gpt-4o, by the arithmetic mean" in notes


def test_yaml_round_trips_exactly(assumed, plan, tmp_path, make_log):
    path = tmp_path / "assumptions.yaml"
    assumed.to_yaml(path)
    back = Assumptions.from_yaml(path)
    pd.testing.assert_frame_equal(back.latency.table, assumed.latency.table, check_exact=True)
    pd.testing.assert_frame_equal(back.verbosity.table, assumed.verbosity.table, check_exact=True)
    pd.testing.assert_frame_equal(back.verbosity.covariance, assumed.verbosity.covariance)
    pd.testing.assert_frame_equal(back.failures.table, assumed.failures.table, check_exact=True)
    assert back.notes() == assumed.notes()
    pd.testing.assert_frame_equal(
        back.for_plan(plan).to_frame(), assumed.for_plan(plan).to_frame(), check_exact=True
    )
    few = Assumptions.fit(pd.concat([make_log(80), make_log(10, model="rare", provider=None)]))
    few.to_yaml(path)
    assert Assumptions.from_yaml(path).notes() == few.notes()
    Assumptions(skipped=("nothing",)).to_yaml(path)
    assert Assumptions.from_yaml(path).notes() == ["nothing"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", r":1:\d+: version: .*got 2"),
        ("    sigma: 0", "    sigma: -0", r"latency.gpt-4o.sigma: .*greater than or equal to 0"),
        ("    sigma: 0", "    sigmas: 0", "latency.gpt-4o.sigmas: there is no such field"),
        ("reference: gpt-4o", "reference: gpt-5", "the reference 'gpt-5' is not among the models"),
        (
            "  probability: 0",
            "  probability: 7",
            "failures.0.probability: .*less than or equal to 1",
        ),
        ("        gpt-4o-mini:", "        gpt-5:", "'gpt-5' is not among the models"),
        ("kind: paired", "kind: guessed", "verbosity.models.gpt-4o-mini.kind: .*got 'guessed'"),
        ("version: 1", "- 1", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_place(assumed, tmp_path, old, new, message):
    path = tmp_path / "a.yaml"
    assumed.to_yaml(path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=rf"a\.yaml:\d+:\d+: .*{message}|a\.yaml{message}"):
        Assumptions.from_yaml(path)


def test_tokens_need_outcomes(week):
    with pytest.raises(InputError, match="'output_tokens' goes with 'outcomes'"):
        Assumptions.fit(week, output_tokens=[[1.0]])


def test_the_command_writes_assumptions_and_outages(run, root, tmp_path):
    out, found = tmp_path / "assumptions.yaml", tmp_path / "outages.csv"
    log = root / "data" / "traffic.parquet"
    code, text, _ = run("fit", log, "--out", out, "--outages-out", found, "--json")
    assert code == 0
    answer = json.loads(text)
    assert any("fitted on 22,615 requests" in note for note in answer["notes"])
    assert Assumptions.from_yaml(out).latency.fitted == ["gpt-4o", "gpt-4o-mini"]
    assert len(read_outages(found)) == 2
    code, _, error = run("fit", log, "--out", out)
    assert code == 2 and "exists already" in error
    code, text, _ = run("fit", log, "--out", out, "--outages", found, "--force")
    assert code == 0 and "2 given outages left out" in text


def test_without_outages_no_schedule_is_written(run, week, tmp_path):
    log, found = tmp_path / "log.parquet", tmp_path / "outages.csv"
    write_traffic(week[week["status"] < 400].head(500), log)
    code, text, _ = run("fit", log, "--out", tmp_path / "a.yaml", "--outages-out", found)
    assert code == 0 and "no outage was found" in text
    assert not found.exists()


def test_the_command_refuses_a_log_without_models(run, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("timestamp,input_tokens,output_tokens\n2026-01-05T00:00:00Z,10,10\n")
    code, _, error = run("fit", log, "--out", tmp_path / "a.yaml")
    assert code == 2 and "rows must name a model" in error
    assert not (tmp_path / "a.yaml").exists()
