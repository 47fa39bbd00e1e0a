"""The plugin's own lines: what is read from a request, what is answered, and what never happens."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import sys
import threading
from types import SimpleNamespace

import pytest

from routelab import InputError, Plan, save_bundle
from routelab.exporters.litellm import plugin
from routelab.exporters.litellm.decider import Decider, Decision, load
from routelab.exporters.litellm.plugin import Classifier, Hook, callback, facts, note, prompt_of
from routelab.exporters.standalone import runtime

SECRET = "my secret prompt"
KEY = SimpleNamespace(metadata={}, team_metadata=None, end_user_id=None, user_id=None)


class Fixed:
    """Decides always the same, and keeps what it was asked."""

    def __init__(self, answer, quick=True):
        self.answer, self.quick, self.asked, self.threads = answer, quick, [], []

    def route(self, text):
        self.asked.append(text)
        self.threads.append(threading.current_thread() is threading.main_thread())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def decide(self, **given):
        return self.route(given)


def context(*messages):
    return SimpleNamespace(structured_messages=messages)


def said(content):
    return {"role": "user", "content": content}


def chosen(hook, data, key=KEY):
    return asyncio.run(hook.rewrite(data, key))["model"]


def test_the_classifier_names_the_tier_of_the_last_user_text():
    decider = Fixed("code")
    parts = [{"type": "text", "text": "sort a list"}, {"type": "image_url", "image_url": {}}]
    asked = context(said("hi"), said(parts), {"role": "assistant", "content": "ok"})
    assert asyncio.run(Classifier(decider, {"code": "COMPLEX"}).classify(asked)) == "COMPLEX"
    assert decider.asked == ["sort a list"]


@pytest.mark.parametrize("answer", [None, "unknown", InputError(SECRET)])
def test_the_classifier_declines_where_there_is_no_tier(answer, caplog):
    classifier = Classifier(Fixed(answer), {"code": "COMPLEX"})
    assert asyncio.run(classifier.classify(context(said(SECRET)))) is None
    assert SECRET not in caplog.text
    assert ("InputError" in caplog.text) is isinstance(answer, Exception)


def test_a_picture_without_text_is_left_to_the_default():
    decider = Fixed("code")
    picture = said([{"type": "image_url", "image_url": {}}])
    assert asyncio.run(Classifier(decider, {"code": "COMPLEX"}).classify(context(picture))) is None
    assert decider.asked == []


def test_the_hook_changes_requests_to_the_routers_name_alone():
    decider = Fixed(Decision("strong", "code", "router", None))
    hook = Hook(decider, "routelab", "cheap")
    other = {"model": "mid", "messages": [said("hi")]}
    assert asyncio.run(hook.rewrite(dict(other), KEY)) == other
    assert decider.asked == []
    assert chosen(hook, {"model": "routelab", "messages": [said("hi")]}) == "strong"


def test_an_error_sends_the_default_and_no_text_to_the_log(caplog):
    hook = Hook(Fixed(RuntimeError(SECRET)), "routelab", "cheap")
    assert chosen(hook, {"model": "routelab", "messages": [said(SECRET)]}) == "cheap"
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("messages", [3, [None], "text", [{"role": "user", "content": 7}], {}])
def test_a_malformed_request_is_not_broken_further(messages):
    hook = Hook(Decider(Plan(models={"a": "gpt-4o"}, default="a")), "routelab", "a")
    data = {"model": "routelab", "messages": messages, "metadata": "none", "user": 5}
    assert chosen(hook, data) == "a"
    assert data["metadata"] == "none"


def test_a_slow_decision_sends_the_default(monkeypatch):
    import time

    monkeypatch.setattr(plugin, "TIMEOUT_S", 0.01)
    slow = SimpleNamespace(decide=lambda **_: time.sleep(0.2), quick=False)
    assert chosen(Hook(slow, "routelab", "cheap"), {"model": "routelab"}) == "cheap"


@pytest.mark.parametrize(
    ("quick", "prompt", "counts", "at_once"),
    [
        (True, "short", False, True),
        (True, "x" * 1001, False, False),
        (True, "short", True, False),
        (False, "short", False, False),
    ],
)
def test_only_what_is_quick_runs_in_the_event_loop(monkeypatch, quick, prompt, counts, at_once):
    monkeypatch.setattr(plugin, "count_tokens", lambda data: 1)
    decider = Fixed(Decision("strong", None, "rule", None), quick)
    hook = Hook(decider, "routelab", "cheap", counts=counts)
    assert chosen(hook, {"model": "routelab", "messages": [said(prompt)]}) == "strong"
    asyncio.run(Classifier(decider, {}).classify(context(said(prompt))))
    assert decider.threads == [at_once, at_once or counts]


def test_the_decision_is_told_to_the_spend_log():
    data = {"metadata": {"spend_logs_metadata": {"team": "x"}, "a": 1}}
    kept = data["metadata"]
    note(data, Decision("strong", "code", "router", "b"))
    told = {"group": "strong", "route": "code", "routed_by": "router", "arm": "b"}
    assert data["metadata"] == {"spend_logs_metadata": {"team": "x", "routelab": told}, "a": 1}
    assert data["metadata"] is kept  # LiteLLM's logging holds the same object
    data = {"metadata": {"user_id": "u"}, "litellm_metadata": {}}
    note(data, Decision("strong", None, "rule", None))
    assert data["metadata"] == {"user_id": "u"}  # this one goes to the provider
    assert data["litellm_metadata"]["spend_logs_metadata"]["routelab"]["routed_by"] == "rule"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"messages": [said("a"), said("b")]}, "b"),
        ({"input": "a question"}, "a question"),
        ({"input": [said([{"type": "input_text", "text": "inside"}])]}, "inside"),
        ({"prompt": "complete this"}, "complete this"),
        ({"prompt": ["one", "two"]}, None),
        ({"messages": [said([{"type": "image_url", "image_url": {}}])]}, None),
        ({"messages": [said("")]}, None),
        ({}, None),
    ],
)
def test_the_prompt_is_the_newest_text_of_the_user(data, text):
    assert prompt_of(data) == text


def test_a_user_is_read_where_the_logs_have_it():
    key = SimpleNamespace(end_user_id="customer", user_id="owner")
    assert facts({"user": "body"}, key)["user"] == "customer"
    key.end_user_id = None
    assert facts({"user": "body"}, key)["user"] == "body"
    assert facts({}, key)["user"] == "owner"
    assert facts({}, SimpleNamespace())["user"] is None


def test_a_tier_of_the_key_cannot_be_overridden_by_the_client():
    claimed = {"metadata": {"requester_metadata": {"tier": "paid"}, "tags": ["x", "tier:tagged"]}}
    key = SimpleNamespace(metadata={"tier": "free"}, team_metadata={"tier": "team"})
    assert facts(claimed, key)["tier"] == "free"
    key.metadata = {}
    assert facts(claimed, key)["tier"] == "team"
    key.team_metadata = None
    assert facts(claimed, key)["tier"] == "paid"
    del claimed["metadata"]["requester_metadata"]
    assert facts(claimed, key)["tier"] == "tagged"
    claimed["litellm_metadata"] = {"spend_logs_metadata": {"tier": "spend"}}
    assert facts(claimed, key)["tier"] == "spend"


def test_session_and_request_have_litellms_ids():
    data = {"litellm_call_id": "c", "litellm_session_id": "s", "metadata": {"session_id": "m"}}
    found = facts(data, KEY)
    assert (found["session_id"], found["request_id"]) == ("s", "c")
    del data["litellm_session_id"]
    assert facts(data, KEY)["session_id"] == "m"


def test_tokens_are_counted_only_for_rules_that_need_them(monkeypatch):
    asked = []
    counter = SimpleNamespace(token_counter=lambda **given: asked.append(given) or 1000)
    monkeypatch.setitem(sys.modules, "litellm", counter)
    big = {"model": "strong", "min_input_tokens": 1000}
    plan = Plan(models={"cheap": "gpt-4o-mini", "strong": "gpt-4o"}, default="cheap", rules=[big])
    data = {"model": "routelab", "messages": [said("hi")]}
    assert chosen(Hook(Decider(plan), "routelab", "cheap"), dict(data)) == "cheap"
    assert asked == []
    counting = Hook(Decider(plan), "routelab", "cheap", counts=True)
    assert chosen(counting, dict(data)) == "strong"
    assert chosen(counting, {"model": "routelab", "input": "hi"}) == "strong"
    assert asked == [
        {"model": "gpt-4o", "messages": [said("hi")]},
        {"model": "gpt-4o", "text": "hi"},
    ]


def test_the_callback_has_the_method_in_its_own_class():
    class Base:
        async def async_pre_call_hook(self, *_):
            raise AssertionError

    made = callback(Hook(Fixed(Decision("mid", None, "rule", None)), "routelab", "cheap"), Base)
    assert isinstance(made, Base)
    assert "async_pre_call_hook" in vars(type(made))
    done = made.async_pre_call_hook(KEY, None, {"model": "routelab"}, "acompletion")
    assert asyncio.run(done)["model"] == "mid"


def test_one_request_is_decided_as_in_a_replay(plans):
    decider = Decider(plans["split"])
    assert (
        decider.decide(text="x", user="user-1").arm == decider.decide(text="y", user="user-1").arm
    )
    assert {decider.decide(text=None).arm for _ in range(40)} == {"a", "b"}  # ids of their own
    ruled = Decider(plans["rules"]).decide(text="sort a list", tier="free")
    assert ruled == Decision("cheap", None, "rule", None)


def test_a_bundle_without_a_plan_is_refused(router, tmp_path):
    save_bundle(tmp_path / "r.zip", router=router)
    with pytest.raises(InputError, match="holds no plan"):
        load(tmp_path / "r.zip")
    with pytest.raises(InputError, match="was changed: its SHA-256 is not 00"):
        load(tmp_path / "r.zip", "00")


@pytest.fixture(params=["classifier", "imports", "groups"])
def written(request, folders):
    """The generated module and its form; LiteLLM's base class is stood in for."""
    logger = SimpleNamespace(CustomLogger=object)
    names = ("litellm", "litellm.integrations", "litellm.integrations.custom_logger")
    kept = {name: sys.modules.get(name) for name in names}
    sys.modules.update(dict.fromkeys(names, logger))
    try:
        path = folders[request.param].directory / "routelab_plugin.py"
        spec = importlib.util.spec_from_file_location("written_plugin", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        for name, module_before in kept.items():
            sys.modules.pop(name)
            if module_before is not None:
                sys.modules[name] = module_before
    return request.param, module


def test_classifier_and_hook_are_made_from_what_lies_beside_them(folders, tmp_path):
    beside = folders["imports"].directory / "routelab_plugin.py"
    classifier = Classifier.beside(str(beside))
    assert classifier.tiers == {"art": "MEDIUM", "code": "COMPLEX", "math": "SIMPLE"}
    settings = json.loads((beside.parent / "routelab_plugin.json").read_text())
    settings |= {"model": "routelab", "default": "cheap", "counts": True}
    (tmp_path / "routelab_plugin.json").write_text(json.dumps(settings))
    shutil.copy(beside.parent / "plan.zip", tmp_path)
    hook = Hook.beside(str(tmp_path / "routelab_plugin.py"))
    assert (hook.model, hook.default, hook.counts) == ("routelab", "cheap", True)
    assert hook.decider.route("a poem on snow") == "art"


def test_a_changed_bundle_is_not_loaded(folders, tmp_path):
    for name, error in (("classifier", ValueError), ("imports", InputError)):
        folder = shutil.copytree(folders[name].directory, tmp_path / name)
        settings = json.loads((folder / "routelab_plugin.json").read_text())
        bundle = folder / settings["bundle"]
        bundle.write_bytes(bundle.read_bytes() + b" ")
        module = plugin if name == "imports" else runtime
        with pytest.raises(error, match="was changed: its SHA-256 is not"):
            module.load(bundle, settings["sha256"])


def test_the_written_plugin_decides_as_the_plan(written, plans):
    name, module = written
    plan = plans[name]
    for text in ("sort a python list", "a poem on snow", "topic c", "solve x squared"):
        label = plan.router.resolve().predict([text])[0]
        group = plan.routes.get(label, label)
        if name == "groups":
            data = {"model": "routelab", "messages": [said(text)]}
            done = module.hook.async_pre_call_hook(KEY, None, data, "acompletion")
            assert asyncio.run(done)["model"] == group
        else:
            tiers = {"cheap": "SIMPLE", "mid": "MEDIUM", "strong": "COMPLEX"}
            made = asyncio.run(module.classifier.classify(context(said(text))))
            assert made == tiers[group]
