"""The published JSON Schemas accept what routelab reads, and refuse what it does not."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from routelab import InputError, Plan, export
from routelab.exporters.schemas import SCHEMAS, json_schema

KEPT = Path(__file__).parent / "bundles" / "format-1.zip"
SHORT = "models: {strong: gpt-4o, cheap: gpt-4o-mini}\ndefault: cheap\n"
GOOD = {
    "a string": SHORT,
    "a list of strings": "models: {a: [gpt-4o, azure/gpt-4o]}\ndefault: a\n",
    "one deployment": "models: {a: {model: gpt-4o, rpm: 5}}\ndefault: a\n",
    "mixed": "models: {a: [gpt-4o, {id: x, model: gpt-4o-mini, weight: 2}]}\ndefault: a\n",
    "a catalog": SHORT + "catalog: bundled\n",
    "no router": SHORT + "router: null\ntimeout_s: 20\n",
    "a router": SHORT
    + "router: {kind: keyword, labels: 'bundled:prompts.csv', label: complexity}\n"
    "routes: {low: cheap}\n",
    "fallbacks": SHORT + "fallbacks: {'*': [cheap], strong: [cheap]}\nmax_fallbacks: 0\n",
    "policies": SHORT + "retries: {policy: {Timeout: 0}}\ncooldown: {allowed_fails: 3}\n"
    "rules: [{model: cheap, tiers: [free]}]\ndecision_cache: {}\nhedge: {after_s: 2}\n",
    "budgets": SHORT + "budgets:\n- {scope: plan, limit_usd: 5, downgrade_to: [cheap]}\n"
    "- {scope: provider, name: openai, limit_usd: 2, period: 12h}\n",
    "a ramp": SHORT
    + "split:\n  name: t\n  arms: {a: {share: 0.5}, b: {share: 0.5, model: strong}}\n"
    "  ramp:\n  - {from: 2026-03-01, share: 0.1}\n  - {from: 2026-03-02T08:00Z, share: 1}\n"
    "  layer: l\n  layer_range: [0, 0.5]\n",
}
BAD = {
    "no models": "default: a\n",
    "no default": "models: {a: gpt-4o}\n",
    "an empty group": "models: {a: []}\ndefault: a\n",
    "a number for a model": "models: {a: 4}\ndefault: a\n",
    "a deployment without a model": "models: {a: {id: x}}\ndefault: a\n",
    "an unknown field": SHORT + "fallback: {}\n",
    "an unknown field of a deployment": "models: {a: {model: gpt-4o, rmp: 5}}\ndefault: a\n",
    "an unknown strategy": SHORT + "strategy: cheapest\n",
    "a limit of nothing": SHORT + "budgets: [{scope: plan, limit_usd: 0}]\n",
    "a scope that is none": SHORT + "budgets: [{scope: world, limit_usd: 1}]\n",
    "a number where a list belongs": SHORT + "default_fallbacks: 3\n",
    "a key in clear": "models: {a: {model: gpt-4o, api_key_env: sk-123}}\ndefault: a\n",
    "another version": SHORT + "version: 2\n",
    "a list": "- a\n",
}


@pytest.fixture(scope="module")
def plan_schema():
    return jsonschema.Draft202012Validator(json_schema("plan"))


def as_editors_read(text):
    """Return the plain data of YAML; editors read a date as text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def first_error(schema, text):
    return next((error.message for error in schema.iter_errors(as_editors_read(text))), None)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid_and_say_which_they_are(name):
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:routelab:{name}:1"


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_the_schema_accepts_what_a_plan_accepts(plan_schema, tmp_path, text):
    (tmp_path / "plan.yaml").write_text(text)
    Plan.from_yaml(tmp_path / "plan.yaml")
    assert first_error(plan_schema, text) is None


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_the_schema_refuses_what_a_plan_refuses(plan_schema, tmp_path, text):
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(InputError):
        Plan.from_yaml(tmp_path / "plan.yaml")
    assert first_error(plan_schema, text) is not None


def test_every_plan_of_the_repository_is_accepted(plan_schema, root):
    """The bundled plan, and those in code blocks of the READMEs."""
    texts = [(root / "data" / "plan.yaml").read_text(encoding="utf-8")]
    for page in [root / "README.md", root / "data" / "README.md"]:
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        texts += [block for block in blocks if "models:" in block and "default:" in block]
    for text in texts:
        assert first_error(plan_schema, text) is None


def test_plans_that_are_written_are_accepted(plan_schema, plan, plans, tmp_path):
    for one in (plan, *plans.values()):
        data = json.loads(json.dumps(one.to_mapping()))
        assert next(plan_schema.iter_errors(data), None) is None


def test_the_plan_target_names_its_schema_for_editors(plan, plan_schema, tmp_path):
    export(plan, target="plan", directory=tmp_path / "p")
    text = (tmp_path / "p" / "plan.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=plan.schema.json"
    assert json.loads((tmp_path / "p" / "plan.schema.json").read_text()) == json_schema("plan")
    assert first_error(plan_schema, text) is None
    assert Plan.from_yaml(tmp_path / "p" / "plan.yaml").budgets == plan.budgets


def test_the_router_that_python_alone_can_give_is_no_field(plan_schema):
    error = first_error(plan_schema, SHORT + "router: {kind: knn, fitted: 3}\n")
    assert error is not None


def test_the_manifest_of_a_bundle_is_accepted():
    schema = jsonschema.Draft202012Validator(json_schema("bundle"))
    with zipfile.ZipFile(KEPT) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    schema.validate(manifest)
    for change in (
        {"format": 2},
        {"files": {}},
        {"files": {"x.pkl": {"bytes": 1, "sha256": "0" * 64}}},
        {"versions": {"routelab": "1"}},
        {"more": 1},
        {"sha256": "0"},
    ):
        assert not schema.is_valid({**manifest, **change})


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_a_schema(run, name):
    code, out, err = run("schema", name)
    assert (code, err) == (0, "")
    assert json.loads(out) == json_schema(name)


def test_an_unknown_schema_is_said(run):
    code, out, err = run("schema", "pln")
    assert (code, out) == (2, "")
    assert "there is no schema 'pln' (did you mean 'plan'?); known: bundle, plan" in err
