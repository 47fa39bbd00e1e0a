"""The endpoint decides as `decide` does offline, and says why."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from routelab import InputError, Plan, create_app, make_router, save_bundle
from routelab.decide import decide
from routelab.serving import Decider
from routelab.serving._reason import threshold_of
from routelab.serving._request import Asked, estimate_tokens
from routelab.traffic import check_traffic


def body(prompt, **fields):
    return {"model": "auto", "messages": [{"role": "user", "content": prompt}], **fields}


def ask(client, prompt="hello", **fields):
    answer = client.post("/v1/route", json=body(prompt, **fields))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def prompts(data):
    """300 prompts of real users."""
    with open(data / "arena_hard" / "v2.0_question.jsonl", encoding="utf-8", newline="\n") as file:
        return [json.loads(line)["prompt"] for line in file][:300]


def offline(plan, prompts, users, tiers):
    """Return the plan's decisions on a log of the same requests."""
    return decide(
        plan,
        check_traffic(
            pd.DataFrame(
                {
                    "timestamp": pd.date_range("2026-01-05", periods=len(prompts), tz="UTC"),
                    "prompt": prompts,
                    "user": users,
                    "tier": tiers,
                    "input_tokens": [estimate_tokens(len(prompt)) for prompt in prompts],
                    "output_tokens": 1,
                    "model": "auto",
                }
            )
        ),
    )


def test_300_real_prompts_are_decided_as_offline(client, plan, prompts):
    users = [f"u{i % 90}" for i in range(300)]
    tiers = ["free", "pro", "vip"] * 100
    expected = offline(plan, prompts, users, tiers)

    def served(i):
        return ask(client, prompts[i], user=users[i], metadata={"tier": tiers[i]})

    with ThreadPoolExecutor(8) as pool:  # at the same time: the router is only read
        found = list(pool.map(served, range(300)))
    for i, (told, row) in enumerate(zip(found, expected.itertuples(), strict=True)):
        assert told["model_group"] == row.group, i
        assert told["route"] == (None if pd.isna(row.route) else row.route), i
        assert told["routed_by"] == row.routed_by, i
        assert told["split"]["arm"] == (None if pd.isna(row.arm) else row.arm), i
    assert expected["routed_by"].nunique() == 2 and expected["arm"].nunique() == 2


def test_a_bundle_serves_what_the_plan_decides(plan, prompts, tmp_path):
    save_bundle(tmp_path / "b.zip", plan=plan)
    decider = Decider(tmp_path / "b.zip")
    expected = offline(plan, prompts[:40], ["u1"] * 40, [None] * 40)
    groups = [
        decider.decide(Asked(f"r{i}", "auto", p, estimate_tokens(len(p)), user="u1"))["model_group"]
        for i, p in enumerate(prompts[:40])
    ]
    assert groups == expected["group"].tolist()


def test_a_rule_is_named_with_its_conditions(client):
    told = ask(client, "hello", metadata={"tier": "free"})
    assert (told["routed_by"], told["model_group"], told["model"]) == (
        "rule", "cheap", "gpt-4o-mini",
    )  # fmt: skip
    assert told["reason"]["rule"] == 0
    assert told["why"] == ("rule 0 of the plan matches: tiers ['free'], max_input_tokens 50")
    assert told["scores"] == {} and told["route"] is None


def test_the_router_tells_its_scores_and_the_group_its_deployments(client):
    told = ask(client, "Prove that every bounded monotone sequence of reals converges.")
    assert told["routed_by"] == "router"
    assert list(told["scores"]) == ["low", "medium", "high"]
    assert sum(told["scores"].values()) == pytest.approx(1)
    assert told["reason"]["score"] == max(told["scores"].values())
    assert told["route"] == max(told["scores"], key=told["scores"].get)
    assert told["reason"]["router"] == "Pipeline"
    assert told["why"].startswith(f"the router answers '{told['route']}' with score 0.")


def test_the_estimate_is_the_formula_of_the_catalog(client, plan):
    told = ask(client, "x", metadata={"input_tokens": 3000}, max_tokens=100, user="u")
    # gpt-4o: USD 2.50 and 10 per million tokens; 3,000 in, 100 out: 0.0075 + 0.001
    assert told["model_group"] == "strong"
    assert told["model"] == "gpt-4o"  # three times the weight of the other
    assert told["estimate"]["cost_usd"] == pytest.approx(0.0085)
    assert told["estimate"]["output_tokens"] == 100
    assert [d["id"] for d in told["deployments"]] == ["s-azure", "s-openai"]
    assert told["fallbacks"] == {
        "failure": ["mid", "cheap"], "context_window": [], "content_policy": [],
    }  # fmt: skip
    assert told["split"] == {"name": "t1", "arm": None, "by": "user"}
    longer = ask(client, "x", metadata={"input_tokens": 3000}, max_completion_tokens=999)
    assert longer["estimate"]["output_tokens"] == 200  # what the plan expects


def test_parts_of_a_message_are_read_and_pictures_counted(client):
    parts = [
        {"type": "text", "text": "what is"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "input_text", "text": "this?"},
    ]
    told, plain = ask(client, parts), ask(client, "what is\nthis?")
    assert told["scores"] == plain["scores"]
    assert (told["estimate"]["parts_ignored"], plain["estimate"]["parts_ignored"]) == (1, 0)


def test_the_last_message_of_the_user_is_routed(client):
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "Prove the lemma."},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": "thanks"},
        {"role": "tool", "content": "42"},
    ]
    answer = client.post("/v1/route", json={"model": "auto", "messages": messages}).json()
    assert answer["scores"] == ask(client, "thanks")["scores"]


def test_without_a_text_the_model_asked_for_or_the_default_decides(client):
    picture = [{"type": "image_url", "image_url": {"url": "x"}}]
    asked = ask(client, picture, model="best")
    assert (asked["routed_by"], asked["model_group"]) == ("asked", "strong")
    told = ask(client, picture, model="nothing")
    assert (told["routed_by"], told["split"]["by"]) == ("default", "request_id")
    assert told["fallbacks"]["failure"] == ["cheap"]


def test_the_request_id_is_the_clients_or_made_here(client):
    assert ask(client, metadata={"request_id": "r-7"})["id"] == "r-7"
    made = {ask(client)["id"] for _ in range(2)}
    assert len(made) == 2 and all(name.startswith("route-") for name in made)


def test_the_prompt_is_never_sent_back(client):
    assert "xyzzy" not in json.dumps(ask(client, "the word xyzzy"))
    assert "xyzzy" not in repr(Asked("r", "auto", "xyzzy", 1))


def test_models_and_health(client):
    listed = client.get("/v1/models").json()
    assert [entry["id"] for entry in listed["data"]] == ["strong", "mid", "cheap", "best"]
    assert listed["object"] == "list" and listed["data"][0]["object"] == "model"
    health = client.get("/health").json()
    assert (health["status"], health["plan"], health["router"]) == ("ok", "served", "Pipeline")


def test_a_router_alone_answers_routes_without_models(tmp_path):
    router = make_router("centroid", threshold=0.5).fit(["a list", "a poem"], ["code", "art"])
    save_bundle(tmp_path / "r.zip", router=router)
    decider = Decider(tmp_path / "r.zip")
    told = decider.decide(Asked("r1", "auto", "a poem", 2))
    assert (told["route"], told["routed_by"], told["model_group"]) == ("art", "router", None)
    away = decider.decide(Asked("r2", "auto", "qqq", 1))
    assert (away["route"], away["routed_by"]) == (None, "abstained")
    assert away["why"] == "the router abstains, held against abstain_below: the default"
    assert decider.decide(Asked("r3", "auto", None, 1))["routed_by"] == "default"
    from starlette.testclient import TestClient

    client = TestClient(create_app(tmp_path / "r.zip"))
    assert client.get("/v1/models").json()["data"] == []
    assert client.get("/health").json()["plan"] is None


def test_a_plan_file_without_a_router_is_served(tmp_path):
    Plan(models={"cheap": "gpt-4o-mini"}, default="cheap").to_yaml(tmp_path / "plan.yaml")
    told = Decider(tmp_path / "plan.yaml").decide(Asked("r", "auto", "hi", 1))
    assert (told["routed_by"], told["model"], told["split"]) == ("default", "gpt-4o-mini", None)


def test_thresholds_of_every_kind_are_told():
    class Cuts:
        cuts_ = [0.25, 0.5]

    class Routes:
        thresholds_ = {"code": 0.4, "art": 0.6}

    class Strong:
        strong, threshold = "large", 0.3

    assert threshold_of(Cuts(), "low") == {"kind": "cuts", "values": [0.25, 0.5]}
    assert threshold_of(Routes(), "art") == {"kind": "route_from", "value": 0.6}
    assert threshold_of(Routes(), None)["kind"] == "below_every_route"
    assert threshold_of(Strong(), "large") == {
        "kind": "strong_from", "strong": "large", "value": 0.3,
    }  # fmt: skip
    assert threshold_of(object(), "x") is None


def test_what_cannot_be_served_is_said(router):
    from routelab.encoders import LitellmEncoder
    from routelab.exporters import Bundle

    asks = make_router("centroid", encoder=LitellmEncoder("text-embedding-3-small"))
    asks.steps[-1][1].classes_ = ["a"]
    with pytest.raises(InputError, match="neither a plan nor a router was given"):
        Decider(Bundle(None, None, {}))
    with pytest.raises(InputError, match="encoder asks a provider for every prompt"):
        Decider(Bundle(None, asks, {}))
    bare = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap", router=router)
    with pytest.raises(InputError, match="for which the plan has no model group"):
        create_app(bare)
    with pytest.raises(InputError, match="max_waiting must be above 0, got 0"):
        create_app(bare, max_waiting=0)
