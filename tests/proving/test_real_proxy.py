"""One real proxy: 300 prompts of CLINC150, failures, models, latency."""

from __future__ import annotations

import importlib.util
import json

import pytest

import routelab as rl

pytestmark = pytest.mark.litellm
INTENTS = {"translate": "strong", "math": "strong", "weather": "mid", "alarm": "mid"}


@pytest.fixture(scope="session")
def clinc(data):
    return json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def proof(clinc, tmp_path_factory):
    """The proof of a plan with a TF-IDF router; whatever it needs in seconds is short."""
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("litellm is not installed: pip install 'routelab[litellm]'")
    learnt = clinc["train"][::10]
    router = rl.make_router("linear").fit(
        [prompt for prompt, _ in learnt], [INTENTS.get(label, "cheap") for _, label in learnt]
    )
    plan = rl.Plan(
        models={
            "strong": [
                {"id": "s1", "model": "gpt-4o", "timeout_s": 1.5},
                {"id": "s2", "model": "azure/gpt-4o-mini", "timeout_s": 1.5},
            ],
            "mid": {"id": "m1", "model": "gpt-4o", "num_retries": 0, "timeout_s": 1.5},
            "cheap": {"id": "c1", "model": "gpt-4o-mini", "timeout_s": 1.5},
        },
        default="cheap",
        router=router,
        retries={"num_retries": 1},
        fallbacks={"mid": ["cheap"], "strong": ["mid", "cheap"]},
        cooldown={"seconds": 2},
    )
    folder = tmp_path_factory.mktemp("real") / "litellm"
    rl.export(plan, directory=folder)
    probes = [prompt for prompt, _ in clinc["test"]][::15]
    assert len(probes) == 300
    return rl.prove(folder, probes, latency_requests=20)


def test_the_real_proxy_serves_every_prompt_by_the_group_that_the_plan_decides(proof):
    assert (proof.agreed, proof.probes, proof.left_out) == (300, 300, 0)
    assert [d for d in proof.differences if d.part == "probe"] == []


def test_the_real_proxy_makes_the_attempts_that_the_kernel_makes(proof):
    assert [d for d in proof.differences if d.part == "failure"] == []
    assert proof.failures == 16  # 4 of each lone group, 7 of the pair, one through a fallback
    assert proof.attempts >= 25


def test_the_real_proxy_has_the_models_that_were_written(proof):
    assert proof.loaded == proof.written == 5
    assert proof.identical


def test_routing_costs_a_measured_time(proof):
    assert proof.latency.requests == 20
    assert 0 < proof.latency.direct_ms and 0 < proof.latency.direct_cpu_ms
