"""Lint: each mistake is found by its check at its line; configs that boot have no errors."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import InputError
from routelab.exporters import lint, lint_checks
from routelab.exporters._lint import _names
from routelab.exporters._lint._base import CHECKS, SEVERITIES, check, shown

from .lint_cases import BASE, CASES, ONE, PAIR, SMART, router

# The check and the line of each collected mistake, set by hand from the files.
BAD = {
    "allowed_fails_type": ("RL122", 8),
    "auto_router_no_embed": ("RL531", 9),
    "bad_strategy": ("RL125", 8),
    "budget_tag_oss": ("RL521", 8),
    "cr_bad_keyword_tier": ("RL501", 16),
    "cr_bad_tier": ("RL501", 13),
    "cr_misplaced": ("RL106", 10),
    "cr_plugin_missing": ("RL206", 12),
    "cr_two_custom_dims": ("RL521", 22),
    "cr_two_custom_tiers": ("RL521", 26),
    "cr_two_v2": ("RL521", 18),
    "cr_typo_key": ("RL104", 11),
    "cr_unbounded_regex": ("RL505", 15),
    "cr_unknown_tier_target": ("RL204", 12),
    "empty": ("RL003", 1),
    "fallback_unknown_target": ("RL201", 10),
    "fallback_wrong_shape_dict": ("RL127", 8),
    "fallback_wrong_shape_str": ("RL127", 9),
    "master_key_no_sk": ("RL602", 8),
    "max_budget_no_duration": ("RL302", 7),
    "missing_litellm_params": ("RL112", 2),
    "missing_model": ("RL113", 3),
    "negative_weight": ("RL122", 7),
    "provider_budget_bad_period": ("RL303", 11),
    "quality_missing_prefs": ("RL541", 12),
    "retry_policy_type": ("RL123", 9),
    "retry_policy_typo": ("RL104", 9),
    "rpm_string": ("RL122", 7),
    "unknown_provider": ("RL114", 4),
    "unknown_router_setting": ("RL104", 8),
    "unknown_top_level": ("RL101", 7),
    "yaml_syntax": ("RL001", 3),
}


def found(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return lint(path)


def test_each_of_the_collected_bad_configs_is_an_error_at_its_line(shared):
    folder = shared / "litellm" / "configs" / "bad"
    assert {path.stem for path in folder.glob("*.yaml")} == set(BAD)
    for name, expected in BAD.items():
        errors = [f for f in lint(folder / f"{name}.yaml") if f.severity == "error"]
        assert expected in [(f.id, f.line) for f in errors], name


def test_configs_that_boot_have_no_errors(shared):
    paths = [p for p in (shared / "litellm" / "configs").rglob("*.yaml") if p.parent.name != "bad"]
    assert len(paths) == 8
    for path in paths:
        assert [f for f in lint(path) if f.severity == "error"] == [], path.name


@pytest.mark.parametrize(("id_", "line", "text"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_each_mistake_is_found_at_its_line(tmp_path, id_, line, text):
    findings = found(tmp_path, text)
    assert (id_, line) in [(f.id, f.line) for f in findings]
    assert all(f.column >= 1 and f.message and f.why and f.fix for f in findings)


def test_every_check_has_a_mistake_and_every_mistake_a_check():
    assert {entry.id for entry in lint_checks()} == {id_ for id_, _, _ in CASES}


def test_ids_and_names_are_of_one_form_and_stand_once():
    checks = lint_checks()
    assert len({entry.rule for entry in checks}) == len(checks)
    for entry in checks:
        assert entry.id.startswith("RL") and len(entry.id) == 5
        assert entry.severity in SEVERITIES
    with pytest.raises(ValueError, match="'RL301' is registered twice"):
        check("RL301", "again", "error", why="w", fix="f")(lambda config: iter(()))
    assert "RL301" in CHECKS


def test_a_clean_config_has_no_findings(tmp_path):
    text = PAIR % ("", "") + "general_settings: {master_key: os.environ/MASTER}\n"
    assert found(tmp_path, text) == []


def test_a_near_miss_is_named(tmp_path):
    (finding,) = [f for f in found(tmp_path, router("  num_retriez: 1\n")) if f.id == "RL104"]
    assert "(did you mean 'num_retries'?)" in finding.message
    (finding,) = [f for f in found(tmp_path, BASE + "fallbacks: []\n") if f.id == "RL101"]
    assert "fallbacks belongs into router_settings" in finding.message


def test_unknown_names_are_warnings_where_models_may_come_from_elsewhere(tmp_path):
    text = router("  fallbacks: [{a: [c]}]\n")
    for elsewhere in ("include: [o.yaml]\n", "general_settings: {store_model_in_db: true}\n"):
        severities = {f.severity for f in found(tmp_path, text + elsewhere) if f.id == "RL201"}
        assert severities == {"warning"}


def test_a_wildcard_an_alias_and_an_id_are_names(tmp_path):
    text = (
        "model_list:\n"
        "  - {model_name: 'openai/*', litellm_params: {model: 'openai/*'}, model_info: {id: one}}\n"
        "router_settings:\n  model_group_alias: {best: 'openai/*'}\n"
        "  fallbacks: [{best: [openai/gpt-4o, one]}]\n"
    )
    assert [f for f in found(tmp_path, text) if f.severity == "error"] == []


def test_five_hops_are_tried_and_a_circle_is_told_once(tmp_path):
    from .lint_cases import chain

    assert "RL411" not in [f.id for f in found(tmp_path, chain(5))]
    circle = router("  fallbacks: [{a: [b]}, {b: [a]}]\n")
    (finding,) = [f for f in found(tmp_path, circle) if f.id == "RL409"]
    assert "a -> b -> a" in finding.message


def test_thirty_circles_end_the_count_and_no_depth_is_claimed(tmp_path):
    groups = [f"g{i}" for i in range(30)]
    entries = "".join(
        f"  - {{model_name: {g}, litellm_params: {{model: openai/gpt-4o}}}}\n" for g in groups
    )
    steps = ", ".join(f"{{{g}: [{', '.join(groups)}]}}" for g in groups)
    text = f"model_list:\n{entries}router_settings:\n  fallbacks: [{steps}]\n"
    ids = [f.id for f in found(tmp_path, text)]
    assert ids.count("RL409") == 20
    assert "RL411" not in ids


@pytest.mark.parametrize(
    ("id_", "text"),
    [
        ("RL404", router("  allowed_fails: 3\n  fallbacks: [{a: [b]}]\n")),
        ("RL404", router("  allowed_fails: 3\n  default_fallbacks: [b]\n")),
        ("RL404", PAIR % ("", "") + "router_settings: {allowed_fails: 3}\n"),
        ("RL407", PAIR % (", weight: 1, order: 1", ", order: 2")),
        ("RL401", ONE % ", rpm: 5" + "router_settings: {optional_pre_call_checks: "
         "[enforce_model_rate_limits]}\n"),
        ("RL122", ONE % ", rpm: os.environ/RPM"),
        ("RL505", SMART + "        custom_dimensions: [{name: d, weight: 1, "
         "patterns: ['a{1,20}[+*]']}]\n"),
        ("RL601", (ONE % "").replace("os.environ/K", "my-fake-key")),
        ("RL105", ONE % ", extra_body: {}, s3_region_name: eu-west-1"),
        ("RL605", ONE % ", api_base: 'http://127.0.0.1:8000/v1'"),
        ("RL307", ONE % ", input_cost_per_token: 1.0e-06, output_cost_per_token: 1.0e-06"),
        ("RL306", ONE % ", input_cost_per_token: 1.0e-06, output_cost_per_token: 1.0e-06"
         + "router_settings: {routing_strategy: cost-based-routing}\n"),
    ],
)  # fmt: skip
def test_what_is_right_is_not_told(tmp_path, id_, text):
    assert id_ not in [f.id for f in found(tmp_path, text)]


def test_a_plugin_beside_the_config_is_found(tmp_path):
    (tmp_path / "mine.py").write_text("")
    text = router("  plugins: [mine.narrow, s3://bucket/other.narrow]\n")
    assert "RL206" not in [f.id for f in found(tmp_path, text)]


def test_an_unreadable_address_is_no_crash(tmp_path):
    assert "RL605" in [f.id for f in found(tmp_path, ONE % ", api_base: 'http://[::1'")]


def test_without_litellm_only_the_known_trap_is_told(tmp_path, monkeypatch):
    from routelab.exporters._lint import money

    monkeypatch.setattr(money.importlib.util, "find_spec", lambda name: None)
    money._price_map.cache_clear()
    text = ONE % "" + "  - {model_name: b, litellm_params: {model: claude-sonnet-4-20250514}}\n"
    lines = [f.line for f in found(tmp_path, text.replace("gpt-4o", "own")) if f.id == "RL307"]
    money._price_map.cache_clear()
    assert lines == [4]


@pytest.mark.parametrize(
    "text",
    [
        ONE % "" + "    model_info: {note: 'sk-abcdefghij0123456789'}\n",
        (ONE % "").replace("os.environ/K", "sk-abcdefghij0123456789"),
        (ONE % "").replace("openai/gpt-4o", "sk-abcdefghij0123456789"),
        BASE + "router_settings: {sk-abcdefghij0123456789: 1}\n",
        BASE + "sk-abcdefghij0123456789: 1\nsk-abcdefghij0123456789: 2\n",
        BASE + "general_settings: {master_key: sk-abcdefghij0123456789}\n",
        "model_list: !!int sk-abcdefghij0123456789\n",
    ],
)
def test_a_secret_is_never_shown(tmp_path, text):
    findings = found(tmp_path, text)
    assert findings
    assert "abcdefghij" not in "".join(map(str, findings))


def test_values_are_shown_short():
    assert shown("x" * 500) == repr("x" * 59 + "…")
    assert shown(60**4000) == "a very long number"
    assert [shown(v) for v in ({}, [], {1}, b"", None)] == [
        *("a mapping", "a list", "a set", "bytes", "None"),
    ]


KEYS = sorted(
    {*_names.TOP_LEVEL, *_names.ROUTER_SETTINGS, *_names.PARAMS, *_names.COMPLEXITY, "model_info"}
    | {*_names.ENTRY, *_names.BUDGET, *_names.ARTIFACT, *_names.TIERS, "SIMPLE", "a"}
)
WORDS = ["a", "auto_router/complexity_router", "auto_router/x", "custom", "(", "", "1d", "*", "é"]
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 9), st.floats(), st.dates(), st.binary(max_size=2),
    st.sampled_from(WORDS),
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS) | leaves, inner)
    ),
    max_leaves=12,
)
entries = st.fixed_dictionaries(
    {
        "model_name": values,
        "litellm_params": st.fixed_dictionaries(
            {"model": st.sampled_from(WORDS) | values},
            optional={key: values for key in KEYS if "router" in key or "cost" in key},
        ),
    },
    optional={"model_info": values},
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    listed=st.lists(entries | values, max_size=3) | values,
    routing=st.dictionaries(st.sampled_from(sorted(_names.ROUTER_SETTINGS)), values, max_size=4),
    inside=st.dictionaries(st.sampled_from(sorted(_names.COMPLEXITY)), values, max_size=4),
    rest=st.dictionaries(st.sampled_from(sorted(_names.TOP_LEVEL)), values, max_size=3),
)
def test_no_value_in_any_place_is_a_crash(tmp_path_factory, listed, routing, inside, rest):
    from pathlib import Path

    from routelab.exporters._lint._config import Config

    params = {"model": "auto_router/complexity_router", "complexity_router_config": inside}
    smart = {"model_name": "smart", "litellm_params": params}
    listed = [*listed, smart] if isinstance(listed, list) else listed
    config = Config({**rest, "model_list": listed, "router_settings": routing}, Path())
    for entry in lint_checks():
        assert all(isinstance(spot.message, str) for spot in entry.find(config))


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        lint(tmp_path / "none.yaml")
