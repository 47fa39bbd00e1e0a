"""The recordings of the real gateway are the truth that the kernel is held to."""

from __future__ import annotations

import json
import subprocess
import sys
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
    *("sdk/02e_all_deps_cooling", "sdk/03a_timeout_router", "sdk/06d_retries_multi_instant"),
]


@pytest.fixture(scope="session")
def recorded(shared):
    return shared / "litellm" / "recorded"


@pytest.mark.parametrize("name", IDENTICAL)
def test_replay_is_identical_to_the_gateway(recorded, name):
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


def test_every_recording_of_the_families_01_05_06_is_covered(recorded):
    names = {f"{path.parent.name}/{path.stem}" for path in recorded.glob("*/0[156]*.json")}
    assert names <= set(IDENTICAL)


def test_what_is_not_covered_says_why(recorded):
    verdict = verify_recording(recorded / "proxy" / "08a_complexity_heuristic.json")
    assert verdict.identical is None
    assert verdict.message == "content routing (raw_model_list) is not simulated"


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
