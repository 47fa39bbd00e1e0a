"""What is exported decides like the plan: it is compared before it is handed out."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from routelab import InputError, Plan, export, make_router
from routelab.exporters.litellm import _agree, _probes
from routelab.exporters.litellm._probes import labelled, probes
from routelab.exporters.litellm._ties import is_tie
from routelab.exporters.litellm.decider import Decider
from routelab.exporters.standalone import runtime
from routelab.routers import CostThresholds, RouteThresholds, StrongThreshold, serving_costs

from .conftest import MODELS, ROUTES


def test_a_classifier_that_decides_otherwise_is_not_exported(plans, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime.Decider, "route", lambda *_: "art")
    with pytest.raises(InputError, match=r"the plugin decides other .* on \d+ of \d+ prompts"):
        export(plans["classifier"], directory=tmp_path / "g")
    assert list(tmp_path.iterdir()) == []


def test_a_hook_that_decides_otherwise_is_not_exported(plans, tmp_path, monkeypatch):
    # the size of a request is left out, which prompts alone would not show
    monkeypatch.setattr(runtime, "_matches", lambda rule, text, tier, tokens: tier == "free")
    with pytest.raises(
        InputError, match=r"the hook decides other than the plan on \d+ of \d+ prompts"
    ):
        export(plans["rules"], directory=tmp_path / "g")


def test_rules_that_decide_otherwise_are_not_exported(plans, tmp_path, monkeypatch):
    read = _agree.ComplexityRouter
    monkeypatch.setattr(
        _agree,
        "ComplexityRouter",
        lambda config: read({**config, "tier_boundaries": {"simple_medium": -9.0}}),
    )
    with pytest.raises(InputError, match="the rules of the config decide other than the plan"):
        export(plans["heuristic"], directory=tmp_path / "g")


def test_a_hook_is_asked_at_every_edge_of_rules_and_ramp():
    plan = Plan(
        models={"a": "gpt-4o", "b": "gpt-4o-mini"},
        default="a",
        rules=[
            {"model": "b", "min_input_tokens": 10, "max_input_tokens": 20, "tiers": ["free"]},
            {"model": "b", "has_prompt": False},
        ],
        split={
            "name": "s",
            "arms": {"x": {"share": 0.5}, "y": {"share": 0.5, "model": "b"}},
            "ramp": [{"from": "2026-01-01", "share": 0.5}, {"from": "2026-02-01", "share": 1}],
        },
    )
    asked = _agree._requests(plan)
    met = set(zip(asked["tier"], asked["input_tokens"].fillna(-1), strict=True))
    assert {("free", n) for n in (-1, 9, 10, 11, 19, 20, 21)} <= met
    assert {str(t)[:10] for t in asked["timestamp"]} >= {"2026-01-01", "2026-02-01"}
    assert asked["prompt"].isna().any() and asked["prompt"].notna().any()
    _agree.check_hook(plan, Decider(plan))
    with pytest.raises(InputError, match="other than the plan"):
        _agree.check_hook(plan.replace(rules=plan.rules[:1]), Decider(plan))


def test_prompts_are_those_of_the_labels_else_the_bundled_ones(plans):
    semantic, router = plans["semantic"], plans["classifier"].router.resolve()
    assert len(probes(semantic, semantic.router.fitted)) == 9
    assert labelled(plans["plain"]) == []
    assert 200 < len(probes(plans["classifier"], router)) <= 300
    assert 40 < len(probes(plans["classifier"], router, 50)) <= 50


def test_a_router_that_asks_a_service_is_shown_no_other_prompts(plans):
    fitted = plans["semantic"].router.fitted
    assert probes(plans["semantic"].replace(router=fitted), fitted) == []


def test_ties_are_told_and_no_error(plans, folders):
    """Five routes of one example each: some prompts are as near to one as to the other."""
    told = [told for told in folders["groups"].not_carried if told.startswith("ties")]
    assert all("are the same to 1e-05" in sentence for sentence in told)
    router = make_router("centroid").fit(["a list", "a poem"], ["code", "art"])
    plan = Plan(models=MODELS, default="cheap", router=router, routes=ROUTES)
    other = SimpleNamespace(route=lambda _: "code" if router.predict([_])[0] == "art" else "art")
    with pytest.raises(InputError, match="the plugin decides other than the plan"):
        _agree.check_classifier(plan, other)
    same = SimpleNamespace(route=lambda text: other.route(text) if "b" == text else plain(text))

    def plain(text):
        return router.predict([text])[0]

    labels = pd.DataFrame({"prompt": ["a poem", "b"], "label": ["art", "art"]})
    spec = plan.router.model_copy(update={"labels": "x"})
    asked = plan.replace(router=spec)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_probes, "read_labels", lambda *_, **__: labels)
        (told,) = _agree.check_classifier(asked, same)
    assert told.startswith("ties of the router: on 1 of 2 prompts")


def test_ties_with_a_threshold():
    head = {"threshold": 0.5, "abstain_label": None}
    router = make_router("centroid", **head).fit(["a list", "a poem"], ["code", "art"])
    sure = router[-1].confidence(router[:-1].transform(["a poem"]))[0]
    assert not is_tie(router, "a poem", "art", None)
    router[-1].set_params(threshold=float(sure) + 1e-8)
    assert is_tie(router, "a poem", None, "art")
    keyword = make_router("keyword").fit(["a"], ["low"])
    assert not is_tie(keyword, "a", "low", None)
    strong = StrongThreshold.of_fitted(router, "code", 0.9)
    assert not is_tie(strong, "a list", "code", "art")
    share = router.predict_proba(["a list"])[0, list(router.classes_).index("code")]
    strong.set_params(threshold=float(share) + 1e-8)
    assert is_tie(strong, "a list", "art", "code")


def test_ties_with_thresholds_around_a_router():
    texts = [f"{what} number {i}" for what in ("a list", "a poem") for i in range(6)]
    labels = ["code"] * 6 + ["art"] * 6
    sure = RouteThresholds(make_router("centroid"), cv=2).fit(texts, labels)
    confidence = sure.router_[-1].confidence(sure.router_[:-1].transform(["a poem"]))[0]
    for above, tied in ((1e-8, True), (0.1, False)):
        sure.thresholds_ = dict.fromkeys(sure.thresholds_, float(confidence) + above)
        assert is_tie(sure, "a poem", "art", None) is tied
    order = ["low" if label == "code" else "high" for label in labels]
    costs = serving_costs([1.0, 2.0], 5.0, levels=2)
    cuts = CostThresholds(make_router("linear"), costs, levels=["low", "high"], cv=2)
    cuts.fit(texts, order)
    level = cuts.expected_level(["a poem"])[0]
    for above, tied in ((1e-8, True), (0.1, False)):
        cuts.cuts_ = [level + above]
        assert is_tie(cuts, "a poem", "low", "high") is tied
