"""The recordings of the real gateway are the truth that the kernel is held to."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from routelab import InputError
from routelab.simulation import verify_recording

# Every recording that the simulator covers; the families 01, 05 and 06 are complete.
IDENTICAL = [
    *(
        "proxy/01a_fallback_noretry",
        "proxy/01b_fallback_default_retries",
        "proxy/01c_fallback_by_status",
    ),
    *("proxy/01e_fallback_chain_cycle_maxdepth", "proxy/02a_ratelimit_burst_two_deps"),
    *("proxy/02c_ratelimit_single_dep_fallback", "proxy/02d_ratelimit_single_dep_allowed_fails"),
    *("proxy/02e_all_deps_cooling", "proxy/03a_timeout_router", "proxy/03c_timeout_per_request"),
    *("proxy/04a_context_window_error", "proxy/04b_context_window_only_fallbacks"),
    *("proxy/04c_pre_call_checks", "proxy/05a_provider_budget_day", "proxy/05c_deployment_budget"),
    *(
        "proxy/06a_retries_single_backoff",
        "proxy/06b_retries_exhausted",
        "proxy/06c_retry_after_header",
    ),
    *("proxy/06d_retries_multi_instant", "proxy/06f_deployment_num_retries", "proxy/07e_order"),
    *(
        "proxy/07g_least_busy",
        "proxy/07i3_cost_based_explicit",
        "proxy/07l_max_parallel",
        "proxy/07n_alias",
    ),
    *(
        "proxy/07r_rpm_ignored_by_shuffle",
        "proxy/09a_failure_rate_threshold",
        "proxy/09c_single_dep_500",
    ),
    *("proxy/09d_single_dep_1000", "proxy/09e_allowed_fails", "proxy/09h_disable_cooldowns"),
    *("proxy/07a_weighted_shuffle", "proxy/07b_shuffle_by_rpm", "proxy/07c_shuffle_uniform"),
    *("proxy/07d_weight_partial", "proxy/07h_latency_based", "proxy/07i2_cost_based_unprefixed"),
    *("proxy/07i_cost_based", "proxy/07j_usage_v2_rpm", "proxy/07q_usage_v2_retry"),
    "proxy/09g_auth_error",
    *("proxy/08a_complexity_heuristic", "proxy/08c_complexity_heuristic_v2"),
    *("proxy/08f_quality_router", "proxy/08h_complexity_fallback_cooldown"),
    *("sdk/02e_all_deps_cooling", "sdk/03a_timeout_router", "sdk/06d_retries_multi_instant"),
]


@pytest.fixture(scope="session")
def recorded(shared):
    return shared / "litellm" / "recorded"


@pytest.mark.parametrize("name", IDENTICAL)
def test_replay_is_identical_to_the_gateway(recorded, name):
    if name.endswith("heuristic_v2") and find_spec("litellm") is None:
        pytest.skip("needs litellm for its bundled table")
    verdict = verify_recording(recorded / f"{name}.json")
    assert verdict.message == "identical"
    assert verdict.identical


OWN = sorted((Path(__file__).parent / "recordings").glob("*/*.json"))


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_mixtures_of_policies_are_identical_to_the_gateway(path):
    verdict = verify_recording(path)
    assert verdict.message == "identical"
    assert verdict.requests >= 200


def test_there_are_enough_mixtures_and_a_command_that_makes_their_scenarios(root, tmp_path):
    assert len({path.stem for path in OWN}) >= 10
    command = [sys.executable, str(root / "tools" / "make_scenarios.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    for path in OWN:
        recorded = json.loads(path.read_text())
        made = json.loads((tmp_path / path.name).read_text())
        assert made["trace"] == recorded["trace"]
        assert made["router"] == recorded["config"]["router"]
        assert made["outcomes"] == recorded["config"]["outcomes"]
        assert made.get("raw_model_list") == recorded["config"].get("raw_model_list")


def test_every_recording_of_the_families_01_05_06_is_covered(recorded):
    names = {f"{path.parent.name}/{path.stem}" for path in recorded.glob("*/0[156]*.json")}
    assert names <= set(IDENTICAL)


def test_what_is_not_covered_says_why(recorded):
    for name in ("08e_auto_router_semantic", "08g_adaptive_router"):
        verdict = verify_recording(recorded / "proxy" / f"{name}.json")
        assert verdict.identical is None
        assert "is not rule-based and not simulated" in verdict.message


CONTENT = Path(__file__).parent / "recordings" / "content"


def _changed(tmp_path, name, change):
    recording = json.loads((CONTENT / name).read_text())
    change(recording)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recording))
    return verify_recording(path)


def _config(recording):
    return recording["config"]["raw_model_list"][0]["litellm_params"]["complexity_router_config"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: _config(r)["tier_boundaries"].update(medium_complex=0.5), "recorded tier"),
        (lambda r: _config(r)["keyword_tier_rules"].pop(0), "recorded tier"),
        (lambda r: _config(r)["custom_dimensions"].pop(0), "recorded "),
        (lambda r: _config(r)["tiers"].update(SIMPLE="mid"), "recorded group 'cheap'"),
        (
            lambda r: r["results"][0]["routing_decision"].update(score=7.0),
            "request r0: recorded score 7.0",
        ),
        (lambda r: r["config"]["router"]["fallbacks"].pop(1), "attempt 2: recorded"),
        (lambda r: r["config"]["router"]["fallbacks"].pop(0), "attempt 2: recorded"),
    ],
)
def test_a_decision_that_differs_is_named(tmp_path, change, message):
    verdict = _changed(tmp_path, "12a_content_heuristic_tuned.json", change)
    assert verdict.identical is False
    assert message in verdict.message


def test_a_table_that_differs_is_noticed(tmp_path):
    def change(recording):
        _config(recording)["heuristic_v2_artifact"]["cohort_prior_mass"] = 11

    verdict = _changed(tmp_path, "12b_content_heuristic_v2_inline.json", change)
    assert verdict.identical is False
    assert "recorded signals" in verdict.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda r: r["config"]["router"].update(routing_strategy="least-busy"),
            "content routing with routing_strategy least-busy",
        ),
        (
            lambda r: r["config"]["router"].update(retry_policy={"TimeoutErrorRetries": 1}),
            "a retry policy behind a content router",
        ),
        (
            lambda r: r["config"]["router"]["fallbacks"].append({"mid": ["smart"]}),
            "fallbacks from 'mid' to the content router 'smart'",
        ),
        (lambda r: _config(r).update(adaptive=True), "adaptive is not simulated"),
        (
            lambda r: r["results"][0]["routing_decision"].update(cause="health_failover"),
            "request r0: content routing by health_failover",
        ),
        (lambda r: r["results"][0].pop("routing_decision"), "r0 has no routing_decision"),
        (lambda r: r["trace"][0].pop("content"), "r0 goes to a content router without its text"),
    ],
)
def test_content_routing_that_is_not_replayed_says_why(tmp_path, change, message):
    verdict = _changed(tmp_path, "12a_content_heuristic_tuned.json", change)
    assert verdict.identical is None
    assert message in verdict.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["results"][2]["attempts"].pop(), "request r2, attempt 2: recorded None"),
        (
            lambda r: r["results"][0]["attempts"][0].__setitem__(0, 0.5),
            "request r0, attempt 1: recorded at 0.5",
        ),
        (
            lambda r: r["results"][1].update(served="a1"),
            "request r1: recorded served by a1, replayed b1",
        ),
        (lambda r: r["results"][1].update(cost=0.5), "request r1: recorded cost 0.5"),
        (lambda r: r["results"][3].update(finished=9.0), "request r3: recorded finished at 9.0 s"),
        (
            lambda r: r["events"].append(
                {"t": 1, "event": "cooldown", "deployment": "a1", "status": 500, "cooldown_time": 5}
            ),
            "cooldown 1: recorded",
        ),
    ],
)
def test_the_first_difference_is_named(recorded, tmp_path, change, message):
    recording = json.loads((recorded / "proxy" / "01a_fallback_noretry.json").read_text())
    change(recording)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recording))
    verdict = verify_recording(path)
    assert verdict.identical is False
    assert message in verdict.message


def test_a_recorded_pick_outside_the_eligible_set_is_noticed(recorded, tmp_path):
    recording = json.loads((recorded / "proxy" / "06d_retries_multi_instant.json").read_text())
    recording["config"]["deployments"][2]["params"]["weight"] = (
        1  # the others are then never picked
    )
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recording))
    assert verify_recording(path).identical is False


def test_proportions_that_do_not_fit_the_weights_are_noticed(recorded, tmp_path):
    recording = json.loads((recorded / "proxy" / "07a_weighted_shuffle.json").read_text())
    recording["config"]["deployments"][0]["params"]["weight"] = 5  # 8 when it was recorded
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recording))
    assert "p = " in verify_recording(path).message
    recording["totals"]["served_by"] = {"w8": 1}
    path.write_text(json.dumps(recording))
    assert verify_recording(path).message == "recorded 1 served, replayed 4000"


def test_a_retry_sleep_outside_its_range_is_noticed(recorded, tmp_path):
    recording = json.loads((recorded / "proxy" / "06b_retries_exhausted.json").read_text())
    recording["config"]["router"]["retry_after"] = 4
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recording))
    assert verify_recording(path).identical is False


def test_files_that_are_no_recordings_are_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(InputError, match="not a JSON recording"):
        verify_recording(path)
    path.write_text("{}")
    with pytest.raises(InputError, match="has the keys config, trace"):
        verify_recording(path)
