"""What a plan decides before a request meets the gateway."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import InputError, Plan, make_router
from routelab.datasets import data_dir
from routelab.decide import decide, route_prompts
from routelab.split import assign, bucket
from routelab.traffic import check_traffic

PROMPTS = [
    "sort a python list",
    "fix this python function",
    "a poem on autumn",
    "tell a short story",
]


@pytest.fixture(scope="module")
def router():
    return make_router("centroid").fit(PROMPTS, ["code", "code", "art", "art"])


def plan_of(**fields):
    models = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
    return Plan(**{"models": models, "default": "cheap", **fields})


def traffic_of(**columns):
    n = max((len(v) for v in columns.values() if isinstance(v, list)), default=1)
    stamps = pd.date_range("2026-01-05", periods=n, freq="min", tz="UTC")
    base = {"timestamp": stamps, "input_tokens": 100, "output_tokens": 10}
    return check_traffic(pd.DataFrame({**base, **columns}))


def test_the_order_is_rule_router_asked_default(router):
    plan = plan_of(
        router=router,
        routes={"code": "strong", "art": "cheap"},
        rules=[
            {"model": "cheap", "tiers": ["free"]},
            {"model": "strong", "tiers": ["free", "vip"]},
        ],
        model_group_alias={"best": "strong"},
    )
    frame = traffic_of(
        prompt=["a python list", "a python list", "a poem", None, None, None, None],
        tier=["free", "pro", "pro", "vip", None, None, None],
        model=[None, "cheap", None, None, "strong", "best", "gpt-4o"],
    )
    decided = decide(plan, frame)
    assert decided["group"].tolist() == [
        *("cheap", "strong", "cheap", "strong"),
        *("strong", "strong", "cheap"),
    ]
    assert decided["routed_by"].tolist() == [
        *("rule", "router", "router", "rule"),
        *("asked", "asked", "default"),
    ]
    assert decided["route"].tolist()[1:3] == ["code", "art"]


def test_rules_look_at_tokens_and_at_whether_there_is_a_prompt():
    plan = plan_of(
        rules=[
            {
                "model": "strong",
                "min_input_tokens": 50,
                "max_input_tokens": 150,
                "has_prompt": False,
            }
        ]
    )
    frame = traffic_of(input_tokens=[49, 50, 150, 151, 100], prompt=[None] * 4 + ["hi"])
    assert decide(plan, frame)["group"].tolist() == ["cheap", "strong", "strong", "cheap", "cheap"]


def test_an_abstaining_router_leaves_the_default():
    router = make_router("centroid", threshold=0.99).fit(PROMPTS, ["code", "code", "art", "art"])
    plan = plan_of(router=router, routes={"code": "strong", "art": "strong"})
    decided = decide(plan, traffic_of(prompt=["quantum chromodynamics"]))
    assert decided["routed_by"].tolist() == ["abstained"]
    assert decided["group"].tolist() == ["cheap"]


def test_a_route_without_a_group_is_an_error(router):
    with pytest.raises(InputError, match="may answer 'art', for which the plan has no model group"):
        decide(plan_of(router=router, routes={"code": "strong"}), traffic_of(prompt=["x"]))


def test_a_route_may_be_named_like_its_group():
    router = make_router("centroid").fit(PROMPTS, ["strong", "strong", "cheap", "cheap"])
    decided = decide(plan_of(router=router), traffic_of(prompt=["python function"]))
    assert decided["group"].tolist() == ["strong"]


def test_a_split_is_stable_sticky_and_keeps_its_shares():
    arms = {"control": {"share": 0.8}, "treatment": {"share": 0.2, "model": "strong"}}
    plan = plan_of(split={"name": "t1", "arms": arms})
    users = [f"user-{i % 2000}" for i in range(4000)]
    decided = decide(plan, traffic_of(user=users))
    assert decided["arm"].tolist()[:2000] == decided["arm"].tolist()[2000:]
    share = (decided["arm"] == "treatment").mean()
    assert 0.17 < share < 0.23
    assert set(decided["group"][decided["arm"] == "treatment"]) == {"strong"}
    assert set(decided["group"][decided["arm"] == "control"]) == {"cheap"}


def test_a_split_may_concern_some_groups_only_and_falls_back_to_the_request_id():
    arms = {"a": {"share": 0.5}, "b": {"share": 0.5, "model": "cheap"}}
    plan = plan_of(split={"name": "t", "arms": arms, "models": ["strong"]})
    frame = traffic_of(model=["strong"] * 50 + ["cheap"] * 50)
    decided = decide(plan, frame)
    assert decided["arm"][50:].isna().all()
    assert set(decided["arm"][:50]) == {"a", "b"}


def test_the_hash_is_the_documented_one():
    # first 8 bytes of sha256(b"cheaper-mini\0user-123"), as computed by any SHA-256 tool
    assert bucket("cheaper-mini", "user-123") == pytest.approx(0.0012664210507, abs=1e-12)
    split = plan_of(split={"name": "x", "arms": {"only": {"share": 1.0}}}).split
    assert assign(split, ["a", "b"]) == ["only", "only"]


def test_the_decision_cache_knows_prompts_until_they_expire_or_are_pushed_out(router):
    fields = {"router": router, "routes": {"code": "strong", "art": "cheap"}}
    frame = traffic_of(prompt=["a", "b", "a", "c", "b", "a"])  # a minute apart
    wide = decide(plan_of(decision_cache={"ttl_s": 150}, **fields), frame)
    assert wide["cache_hit"].tolist() == [False, False, True, False, False, False]
    narrow = decide(plan_of(decision_cache={"max_entries": 2}, **fields), frame)
    assert narrow["cache_hit"].tolist() == [False, False, True, False, False, False]
    ample = decide(plan_of(decision_cache={}, **fields), frame)
    assert ample["cache_hit"].tolist() == [False, False, True, False, True, True]


def test_a_label_for_abstaining_needs_a_group_too():
    router = make_router("centroid", threshold=0.9, abstain_label="unsure")
    router.fit(["sort a list", "write a poem"], ["strong", "cheap"])
    plan = Plan.from_yaml(data_dir() / "plan.yaml").replace(router=router, routes={})
    with pytest.raises(InputError, match="may answer 'unsure', for which the plan has no model"):
        route_prompts(plan, ["something else"])
