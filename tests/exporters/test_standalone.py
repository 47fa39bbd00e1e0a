"""The runtime without routelab decides as the fitted router and the plan do."""

from __future__ import annotations

import ast
import base64
import importlib.util
import json
import subprocess
import sys
import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab import InputError, Plan, export, make_router, read_labels
from routelab.datasets import load_traffic
from routelab.decide import decide, route_prompts
from routelab.encoders.cache import CachedEncoder
from routelab.encoders.static import StaticEncoder
from routelab.encoders.static_table import StaticTable
from routelab.exporters.standalone import (
    NotStandalone,
    pack_plan,
    pack_router,
    runtime,
    runtime_source,
)
from routelab.exporters.standalone._base import PACKERS
from routelab.routers import CostThresholds, RouteThresholds, StrongThreshold
from routelab.split import assign
from routelab.traffic.readers._litellm import last_user_text

from .conftest import LABELS, PROMPTS

MODELS = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
PIECES = ["sort", "list", "##s", "poem", "東", "cafe", "!", "py", "##thon", "'", "s", "[UNK]"]


def loaded(router, module=runtime):
    """Return the runtime's router, through JSON as in a bundle."""
    content = json.loads(json.dumps(pack_router(router)))
    return module._ROUTERS[content["kind"]](content)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The runtime as exports hold it: one file."""
    path = tmp_path_factory.mktemp("exported") / "one_file.py"
    path.write_text(runtime_source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("one_file", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(router, prompts):
    return [None if pd.isna(label) else str(label) for label in router.predict(prompts)]


def static_table():
    rng = np.random.default_rng(0)
    pairs = [[0, 1], [1, 2], [7, 8]]
    return StaticTable(
        PIECES, rng.normal(size=(12, 6)), pairs=pairs, pair_rows=rng.normal(size=(3, 6)),
        offset=rng.normal(size=6) / 9,
    )  # fmt: skip


def fitted(kind):
    """Return one fitted router of everything that the runtime has."""
    static = StaticEncoder(static_table(), max_tokens=5)
    made = {
        "centroid": lambda: make_router("centroid", threshold=0.2),
        "abstains with a label": lambda: make_router(
            "centroid", threshold=0.3, abstain_label="art"
        ),
        "several centroids": lambda: make_router("centroid", centroids=2),
        "linear": lambda: make_router("linear"),
        "static centroid": lambda: make_router("centroid", static),
        "static linear": lambda: make_router("linear", static),
        "discriminant": lambda: make_router("centroid", static, space="discriminant"),
        "complexity": lambda: make_router("complexity"),
        "complexity beside static": lambda: make_router("complexity", static),
        "keyword": lambda: make_router("keyword"),
        "length": lambda: make_router("length", bins=3),
        "constant": lambda: make_router("constant"),
        "strong linear": lambda: StrongThreshold(
            make_router("linear"), strong="art", threshold=0.3
        ),
        "strong centroid": lambda: StrongThreshold(
            make_router("centroid"), strong="code", threshold=0.5
        ),
        "sure linear": lambda: RouteThresholds(make_router("linear"), level=0.9, least=4, cv=2),
        "sure centroid": lambda: RouteThresholds(
            make_router("centroid"), target="coverage", level=0.8, default="art", cv=2
        ),
        "cuts": lambda: CostThresholds(
            make_router("linear"),
            [[0, 1, 2], [2, 0, 2], [4, 2, 0]],
            cv=2,
            levels=["art", "math", "code"],
            tiers=["small", "medium", "large"],
        ),
    }[kind]()
    return made.fit(PROMPTS * 4, LABELS * 4)


KINDS = [
    *("centroid", "abstains with a label", "several centroids", "linear", "static centroid"),
    *("static linear", "discriminant", "keyword", "length", "constant"),
    *("strong linear", "strong centroid", "sure linear", "sure centroid", "cuts"),
    *("complexity", "complexity beside static"),
]
HOSTILE = [
    *("", " ", "\n\t", "a", "C?", "İstanbul ß ﬁ", "e\u0301 café CAFÉ", "東京 sort", "x" * 150),
    *("a\x00b\x1f c", "\u202egnp", "\ud800 half", "sorts lists, poem's python!", "  two   blanks "),
    *("why\u00a0not\u2003so", "<script>alert(1)</script>", "😀 list\u0345", "\u2028line\u0085end"),
]


@pytest.fixture(scope="module", params=KINDS)
def pair(request):
    router = fitted(request.param)
    return router, loaded(router)


def test_labels_are_those_of_the_fitted_router(pair, exported):
    router, own = pair
    clean = [text.encode("utf-8", "replace").decode() for text in HOSTILE]
    texts = [*PROMPTS, *clean, "compare and prove" * 200]
    expected = answers(router, texts)
    assert [own.label(text) for text in texts] == expected
    in_one_file = loaded(router, exported)
    assert [in_one_file.label(text) for text in texts] == expected


def test_no_name_of_the_one_file_is_given_twice():
    defined = [
        name.id if isinstance(name, ast.Name) else name.name
        for node in ast.parse(runtime_source()).body
        for name in (node.targets if isinstance(node, ast.Assign) else [node])
        if isinstance(name, ast.Name | ast.FunctionDef | ast.ClassDef)
    ]
    assert sorted(set(defined)) == sorted(defined) and len(defined) > 30


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_the_rows_of_scikit_learn(text):
    encoder = fitted_once("linear")[0]
    own = runtime._Tfidf(PACKERS[type(encoder)](encoder))
    text = text.encode("utf-8", "replace").decode()
    row = encoder.transform([text]).tocoo()
    expected = dict(zip(row.col.tolist(), row.data.tolist(), strict=True))
    found = dict(own(text))
    assert found.keys() == expected.keys()
    assert all(found[c] == pytest.approx(expected[c], abs=1e-6) for c in found)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("sortlispye!' ,\n\x00\x1cAÉé東😀\u0301\u00a0İ"), max_size=40))
def test_any_text_has_the_pieces_of_the_static_table(text):
    table = static_table()
    own = runtime._Static(PACKERS[StaticEncoder](StaticEncoder(table, max_tokens=5)))
    assert own.ids(text) == table.ids([text], 5)[0].tolist()
    assert own(text) == pytest.approx(table.vectors([text], 5)[0], abs=1e-5)


def fitted_once(kind, cache={}):  # noqa: B006 - shared by the examples of a property
    if kind not in cache:
        cache[kind] = fitted(kind)
    return cache[kind]


WORDS = "sort list poem rain code".split()
said = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(said, min_size=4, max_size=6), st.lists(said, min_size=1, max_size=20))
def test_classes_change_places_only_within_a_rounding_of_float32(learnt, asked):
    router = make_router("centroid").fit(learnt, ["a", "b", "c", "a", "b", "c"][: len(learnt)])
    own, expected = loaded(router), answers(router, asked)
    for text, label in zip(asked, expected, strict=True):
        scores = dict(zip(own.classes, own.scores(text), strict=True))
        assert scores[label] == pytest.approx(scores[own.label(text)], abs=1e-6)


def test_many_classes_decide_alike_with_and_without_numpy(data, monkeypatch):
    labels = read_labels(data / "clinc150" / "data_full.json")
    train = labels[labels["split"] == "train"].groupby("label").head(5)
    asked = labels[labels["split"] == "test"]["prompt"].tolist()[::5]
    for kind in ("linear", "centroid"):
        router = make_router(kind).fit(train["prompt"], train["label"])
        own, expected = loaded(router), answers(router, asked)
        assert [own.label(text) for text in asked] == expected
        monkeypatch.setattr(runtime, "_numpy_or_none", lambda: None)
        assert [own.label(text) for text in asked[:200]] == expected[:200]
        monkeypatch.undo()


def test_a_real_static_table_decides_alike(shared, data):
    folder = shared / "models" / "minilm-l6-static-256"
    if not folder.is_dir():
        pytest.skip("the static model is not there")
    labels = read_labels(data / "clinc150" / "data_full.json")
    train = labels[labels["split"] == "train"].groupby("label").head(5)
    router = make_router("centroid", f"static:{folder}").fit(train["prompt"], train["label"])
    asked = labels[labels["split"] == "test"]["prompt"].tolist()[::3]
    own = loaded(router)
    assert [own.label(text) for text in asked] == answers(router, asked)


# --- plans --------------------------------------------------------------------------------------

SPLIT = {
    "name": "cheaper",
    "arms": {"old": {"share": 0.6}, "new": {"share": 0.4, "model": "cheap"}},
    "models": ["strong", "mid"],
    "ramp": [
        {"from": "2026-01-06T00:00Z", "share": 0.5},
        {"from": "2026-01-08T00:00Z", "share": 0.9},
    ],
    "layer": "pricing",
    "layer_range": [0.1, 0.95],
}
RULES = [
    {"model": "cheap", "tiers": ["free"], "max_input_tokens": 900},
    {"model": "strong", "min_input_tokens": 3000},
    {"model": "mid", "has_prompt": False},
]


@pytest.mark.parametrize("by", ["user", "session_id", "request_id"])
def test_decisions_are_those_of_the_plan_on_the_bundled_week(by):
    week = load_traffic().head(1500)
    seen = week["timestamp"].iloc[[500, 1000]]
    ramp = [{"from": t.isoformat(), "share": s} for t, s in zip(seen, (0.5, 0.9), strict=True)]
    plan = Plan(
        models={**MODELS, "mid": "gpt-4o"},
        default="cheap",
        router=fitted_once("centroid"),
        routes={"code": "strong", "art": "mid", "math": "cheap"},
        rules=RULES,
        split={**SPLIT, "by": by, "ramp": ramp},
        model_group_alias={"gpt-4o": "strong"},
    )
    own = runtime.Decider(json.loads(json.dumps(pack_plan(plan))))
    made = decide(plan, week)
    found = []
    for row in week.astype(object).where(week.notna(), None).to_dict("records"):
        facts = {name: row.get(name) for name in ("model", "user", "session_id", "request_id")}
        found.append(own.decide(
            text=row["prompt"], tier=row["tier"], input_tokens=row["input_tokens"],
            now=row["timestamp"], **facts,
        ))  # fmt: skip
    for name in ("group", "route", "routed_by", "arm"):
        expected = made[name].astype(object).where(made[name].notna(), None).tolist()
        assert [getattr(decision, name) for decision in found] == expected
    assert len(set(made["routed_by"])) >= 3 and made["arm"].nunique() == 2


def test_a_request_without_facts_has_defaults():
    plan = Plan(models=MODELS, default="strong", split={**SPLIT, "models": None, "layer": None,
                "layer_range": [0, 1], "by": "request_id"})  # fmt: skip
    own = runtime.Decider(pack_plan(plan))
    assert {own.decide().arm for _ in range(200)} >= {"old", "new"}
    assert own.decide(request_id="r", now=datetime(2025, 1, 1, tzinfo=UTC)).arm is None
    sized = Plan(models=MODELS, default="strong", rules=[{"model": "cheap", "min_input_tokens": 1}])
    assert runtime.Decider(pack_plan(sized)).decide(text="a").group == "strong"
    with pytest.raises(ValueError, match="the plan has no router"):
        own.route("a")


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch):
    plan = Plan(models=MODELS, default="strong", split={**SPLIT, "models": None, "by": "user"})
    own = runtime.Decider(pack_plan(plan))
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # there the ramp would begin nine hours later
    time.tzset()
    try:
        users = [f"user-{i}" for i in range(20)]
        for start in (datetime(2026, 1, 6), datetime(2026, 1, 6, tzinfo=UTC)):
            arms = [own.decide(user=user, now=start).arm for user in users]
            assert arms == assign(plan.split, users, [start] * 20)
        assert set(arms) == {"old", "new", None}
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_router_whose_answers_have_no_group_is_refused():
    with pytest.raises(InputError, match="may answer 'art', for which the plan has no model group"):
        pack_plan(Plan(models=MODELS, default="cheap", router=fitted_once("linear")))


@pytest.mark.parametrize(
    ("router", "what"),
    [
        (lambda: make_router("knn").fit(PROMPTS, LABELS), "head NeighborsHead"),
        (lambda: make_router("centroid", "hashing").fit(PROMPTS, LABELS), "encoder HashingEncoder"),
        (lambda: make_router("random").fit(PROMPTS, LABELS), "router RandomRouter"),
        (
            lambda: StrongThreshold(make_router("length"), strong="art").fit(PROMPTS, LABELS),
            "threshold around LengthRouter",
        ),
    ],
)
def test_what_needs_routelab_is_named(router, what):
    with pytest.raises(NotStandalone, match=f"{what} needs routelab where it runs"):
        pack_router(router())


MESSAGES = [
    [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}],
    [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}],
    [{"role": "user", "content": [{"type": "image_url"}]}],
    [{"role": "user", "content": [{"text": "a"}, "b", {"type": "text", "text": "c"}]}],
    [{"role": "user", "content": None}],
    [{"role": "system", "content": "s"}, "junk"],
    [],
    None,
]


@pytest.mark.parametrize("messages", MESSAGES)
def test_messages_are_read_as_in_the_gateways_log(messages):
    assert runtime.last_user_text(messages) == last_user_text(messages)


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path):
    routes = {"code": "strong", "art": "cheap", "math": "strong"}
    plan = Plan(models=MODELS, default="cheap", router=fitted_once("linear"), routes=routes)
    export(plan, "python", directory=tmp_path / "out")
    return plan, tmp_path / "out"


def test_the_module_runs_without_any_package(module, data):
    plan, folder = module
    prompts = read_labels(data / "banking77" / "test.csv")["prompt"].tolist()[:300]
    script = "import json, sys; sys.path.insert(0, sys.argv[1]); import routelab_router as r\n"
    script += "ask = lambda p: r.route([{'role': 'user', 'content': p}])\n"
    script += "print(json.dumps([ask(p) for p in json.load(sys.stdin)]))\n"
    script += "assert not {'routelab', 'sklearn', 'numpy'} & set(sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(folder)],
        input=json.dumps(prompts), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    expected = [plan.routes[label] for label in route_prompts(plan, prompts)]
    assert json.loads(run.stdout) == expected
    command = [sys.executable, "-I", "-S", str(folder / "routelab_router.py"), "fix the function"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "strong\n"


def test_equal_plans_give_equal_bytes(module, tmp_path):
    plan, folder = module
    export(plan, "python", directory=tmp_path / "again")
    for name in ("bundle.json", "routelab_router.py"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_changed_or_unknown_bundle_is_refused(module):
    _, folder = module
    path = folder / "bundle.json"
    data = path.read_bytes()
    assert runtime.load(path).route("fix the function") == "code"
    path.write_bytes(data[:-9] + b"x" + data[-8:])
    with pytest.raises(ValueError, match="the bundle was changed"):
        runtime.load(path, "0" * 64)
    with pytest.raises(ValueError, match="the bundle is no JSON"):
        runtime.load(path)
    for content, told in (({"format": 2}, "has format 2, this file reads 1"), ([], "format None")):
        path.write_text(json.dumps(content))
        with pytest.raises(ValueError, match=told):
            runtime.load(path)


def test_without_numpy_a_static_bundle_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match="install numpy"):
        runtime._numpy()
    assert runtime._numpy_or_none() is None


def test_infinite_thresholds_and_cuts_are_numbers_in_json():
    sure = fitted("sure linear")
    sure.thresholds_ = {"art": float("inf"), "code": float("-inf"), "math": 0.5}
    cuts = fitted("cuts")
    cuts.cuts_ = np.array([-np.inf, np.inf])
    for router in (sure, cuts):
        json.dumps(pack_router(router), allow_nan=False)
        own = loaded(router)
        assert [own.label(text) for text in PROMPTS] == answers(router, PROMPTS)
    assert set(answers(cuts, PROMPTS)) == {"medium"}
    assert "art" not in answers(sure, PROMPTS)


def test_rules_on_tier_or_prompt_alone_apply():
    rules = [{"model": "cheap", "has_prompt": False}, {"model": "mid", "tiers": ["paid"]}]
    plan = Plan(models={**MODELS, "mid": "gpt-4o"}, default="strong", rules=rules)
    own = runtime.Decider(pack_plan(plan))
    assert own.decide(tier="paid") == ("cheap", None, "rule", None)
    assert own.decide(text="a", tier="paid").group == "mid"
    assert own.decide(text="a", tier="free") == ("strong", None, "default", None)


def test_a_cached_encoder_is_packed_as_the_one_within(tmp_path):
    static = StaticEncoder(static_table(), max_tokens=5)
    cached = CachedEncoder(static, str(tmp_path / "kept.sqlite"))
    router = make_router("centroid", cached).fit(PROMPTS, LABELS)
    assert pack_router(router)["encoder"] == PACKERS[StaticEncoder](static)


def test_numbers_are_little_endian_on_any_machine(monkeypatch):
    numbers = np.array([1.0, -2.5], ">f4" if sys.byteorder == "little" else "<f4")
    data = base64.b64encode(numbers.tobytes()).decode()
    monkeypatch.setattr(sys, "byteorder", "big")
    stored = runtime._Matrix({"base64": data, "dtype": "<f4", "shape": [1, 2]})
    assert stored.values.tolist() == [1.0, -2.5]
