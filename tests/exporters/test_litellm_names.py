"""Names that YAML reads as something else, and texts that the proxy would replace by a secret."""

from __future__ import annotations

import pytest
import yaml

from routelab import InputError, Plan, export, make_router
from routelab.exporters import lint
from routelab.exporters.litellm import _write

from .conftest import NAMES


def test_names_survive_the_round_trip(named):
    plan, result = named
    config = yaml.safe_load((result.directory / "config.yaml").read_text(encoding="utf-8"))
    assert [entry["model_name"] for entry in config["model_list"][:-1]] == NAMES
    assert config["router_settings"]["fallbacks"] == [{"null": ["on", "1.0"]}]
    assert config["router_settings"]["model_group_alias"] == {"yes": "on"}
    tiers = config["model_list"][-1]["litellm_params"]["complexity_router_config"]["tiers"]
    assert set(tiers.values()) == {"on", "null", "2026-01-01"}


def test_lint_finds_nothing_in_such_names(named):
    found = lint(named[1].directory / "config.yaml")
    assert [f for f in found if f.severity != "note"] == []


def test_a_name_that_is_not_text_is_told(tmp_path):
    (tmp_path / "plan.yaml").write_text("models: {a: gpt-4o}\ndefault: on\n")
    with pytest.raises(InputError, match="plan.yaml:2"):
        Plan.from_yaml(tmp_path / "plan.yaml")


@pytest.mark.parametrize("place", ["group", "keyword", "alias"])
def test_a_text_that_the_proxy_would_replace_is_refused(tmp_path, place):
    text = "os.environ/OPENAI_API_KEY"
    config = {"keyword_tier_rules": [{"keywords": ["x", text], "tier": "MEDIUM"}]}
    tiers = dict.fromkeys(["SIMPLE", "MEDIUM", "COMPLEX", "REASONING"], "a")
    fields = {
        "group": {"models": {"a": "gpt-4o", text: "gpt-4o"}},
        "keyword": {"router": make_router("litellm-heuristic", config=config).fit([])},
        "alias": {"fallbacks": {"a": [text]}, "models": {"a": "gpt-4o", text: "gpt-4o"}},
    }
    plan = Plan(**{"models": {"a": "gpt-4o"}, "default": "a", "routes": tiers, **fields[place]})
    with pytest.raises(InputError, match="would be replaced by a variable of the proxy"):
        export(plan, directory=tmp_path / "g")
    assert list(tmp_path.iterdir()) == []


def test_a_config_that_is_read_otherwise_is_not_written(monkeypatch):
    monkeypatch.setattr(_write.yaml, "safe_load", lambda _: {})
    with pytest.raises(InputError, match="would not be read back"):
        _write._text({"a": 1})
