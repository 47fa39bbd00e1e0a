"""LiteLLM's rule-based routing: facts of the gateway, its checks, and the two router kinds."""

import importlib.util
import json
from collections import Counter

import numpy as np
import pytest

from routelab import InputError
from routelab.gateway_rules import (
    TIERS,
    ComplexityRouter,
    Heuristic,
    QualityRouter,
    TierTable,
    cohort,
    count_table,
    current_ask,
    policy_table,
    request_type,
    table,
    tier_of,
    tier_probabilities,
)
from routelab.gateway_rules.patterns import pattern_work
from routelab.gateway_rules.recorded import decisions_of
from routelab.routers import make_router

LADDER = {"SIMPLE": "cheap", "MEDIUM": "mid", "COMPLEX": "strong", "REASONING": "reason"}


def user(text):
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("08a_complexity_heuristic", (17, 9, 1, 3)),
        ("08c_complexity_heuristic_v2", (25, 5, 0, 0)),
        ("08f_quality_router", (16, 10, 1, 3)),
    ],
)
def test_thirty_prompts_are_spread_as_the_gateway_spread_them(shared, name, counts):
    if "v2" in name and importlib.util.find_spec("litellm") is None:
        pytest.skip("needs litellm for its bundled table")
    path = shared / "litellm" / "recorded" / "proxy" / f"{name}.json"
    decided = decisions_of(json.loads(path.read_text()))
    groups = Counter(decision.groups[0] for decision in decided.values())
    assert tuple(groups[g] for g in ("cheap", "mid", "strong", "reason")) == counts


@pytest.mark.parametrize(
    ("prompt", "tier", "signals"),
    [
        ("hi", "SIMPLE", ("short (0 tokens)", "simple (hi)")),
        ("the capital of terrorism", "SIMPLE", ("short (6 tokens)",)),  # no api, no error
        ("Prove that sqrt 2 is irrational", "SIMPLE", ("short (7 tokens)",)),
        (
            "Evaluate the api step by step",
            "REASONING",
            ("short (7 tokens)", "code (api)", "reasoning (step by step, evaluate)"),
        ),
        ("x" * 1604, "SIMPLE", ("long (401 tokens)",)),
        ("? ? ? ?" + "x" * 60, "SIMPLE", ("4 questions",)),
    ],
)
def test_heuristic_reads_prompts_like_the_gateway(prompt, tier, signals):
    said = Heuristic().classify(prompt)
    assert (said.tier, said.signals) == (tier, signals)


def test_two_reasoning_markers_need_the_lowest_boundary():
    prompt = "think carefully, evaluate"  # 0.25 - 0.10 reaches 0.15
    assert Heuristic().classify(prompt).cause == "reasoning_override"
    higher = {"tier_boundaries": {"simple_medium": 0.2}}
    assert Heuristic(higher).classify(prompt).tier == "SIMPLE"
    assert Heuristic(higher | {"reasoning_override_min_score": 0.1}).classify(prompt).tier == (
        "REASONING"
    )


def test_weights_lists_and_dimensions_change_the_score():
    prompt = "sum the matrix 12 and 7890 of the integral" + " " * 60
    assert Heuristic().classify(prompt).score == 0
    own = [
        {"name": "math", "weight": 0.6, "keywords": ["integral"]},
        {
            "name": "numbers",
            "weight": 0.2,
            "keywords": ["total"],
            "patterns": [r"\d{4,6}"],
            "scoring_mode": "match_count",
        },
    ]
    said = Heuristic({"custom_dimensions": own}).classify(prompt)
    assert said.score == pytest.approx(0.6 + 0.1)
    assert said.signals == ("custom (math)", "custom (numbers)")
    words = {"custom_technical_keywords": ["matrix", "GPU"], "technical_keywords": ["sum"]}
    assert Heuristic(words).classify(prompt).signals == ("technical (sum, matrix)",)
    weights = {"code_keywords": ["matrix"], "dimension_weights": {"codePresence": 0.8}}
    assert Heuristic(weights).classify(prompt).score == pytest.approx(0.4)


def test_patterns_are_searched_in_the_first_2048_characters():
    own = {"custom_dimensions": [{"name": "end", "weight": 1, "patterns": ["zebra"]}]}
    assert Heuristic(own).classify("x" * 2043 + "zebra").signals[-1] == "custom (end)"
    assert "custom (end)" not in Heuristic(own).classify("x" * 2044 + "zebra").signals


def test_rules_escalation_and_housekeeping_come_in_the_gateways_order():
    rules = [
        {"keywords": ["refund", "发票"], "tier": "MEDIUM"},
        {"keywords": ["court"], "tier": "REASONING"},
    ]
    router = ComplexityRouter({"tiers": LADDER, "keyword_tier_rules": rules})
    said = router.decide(user("A refund, or I see you in court"))
    assert (said.groups, said.cause, said.keyword) == (
        ("reason",),
        "literal_keyword_match",
        "court",
    )
    assert router.decide(user("我需要开发票")).tier == "MEDIUM"
    assert router.decide(user("refund! LITELLM ESCALATE")).tier == "COMPLEX"
    assert router.decide(user("refund! litellm escalate")).tier == "MEDIUM"
    assert router.decide(user("hi LITELLM ESCALATE")).signals[-1] == "escalation"
    title = "Write the title in the predominant language of the session: python api error"
    assert router.decide(user(title)).cause == "housekeeping"
    off = ComplexityRouter({"tiers": LADDER, "route_housekeeping_to_cheapest_tier": False})
    assert off.decide(user(title)).tier == "MEDIUM"


def test_a_tier_without_groups_takes_the_default_or_the_middle():
    assert ComplexityRouter({"tiers": {"MEDIUM": ["a", "b"]}}).decide(user("hi")).groups == (
        "a",
        "b",
    )
    default = ComplexityRouter({"tiers": {"MEDIUM": "a"}, "default_model": "d"})
    assert default.decide(user("hi")).groups == ("d",)
    nothing = default.decide(user("<system-reminder>hi</system-reminder>"))
    assert (nothing.tier, nothing.cause, nothing.groups) == (None, "default_fallback", ("d",))
    with pytest.raises(InputError, match="tiers has no group for SIMPLE"):
        ComplexityRouter({"tiers": {"COMPLEX": "a"}}).decide(user("hi"))


def test_only_the_newest_words_of_a_user_count():
    messages = [
        {"role": "system", "content": "step by step"},
        {"role": "user", "content": "old"},
        {"role": "user", "content": [{"type": "text", "text": "new"}, {"type": "image_url"}]},
        {"role": "user", "content": "<system-reminder>a <system-reminder>b</system-reminder>"},
        {"role": "assistant", "content": "answer"},
    ]
    assert current_ask(messages) == "new"
    assert current_ask(user(" <system-reminder> open")) == "<system-reminder> open"
    assert current_ask([{"role": "assistant", "content": "x"}]) is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"tier_boundarys": {}}, "unknown key 'tier_boundarys' .did you mean 'tier_boundaries'"),
        ({"tier_boundaries": {"simple": 1}}, "tier_boundaries: unknown key 'simple'"),
        ({"classifier_type": "llm"}, "classifier_type 'llm' is not rule-based"),
        ({"session_affinity": True}, "session_affinity is not simulated"),
        ({"tiers": {"EASY": "a"}}, "tiers.EASY"),
        ({"keyword_tier_rules": [{"keywords": [" "], "tier": "SIMPLE"}]}, "not blank"),
        ({"keyword_tier_rules": [{"keywords": ["a"], "tier": "EASY"}]}, "'SIMPLE', 'MEDIUM'"),
        ({"custom_dimensions": [{"name": "a", "weight": 0.1}]}, "needs keywords or patterns"),
        ({"custom_dimensions": [{"name": "a", "weight": 2, "keywords": ["b"]}]}, "got 2"),
        (
            {"custom_dimensions": [{"name": "tokenCount", "weight": 1, "keywords": ["b"]}]},
            "not those of built-in",
        ),
        (
            {
                "classifier_type": "heuristic_v2",
                "custom_dimensions": [{"name": "a", "weight": 1, "keywords": ["b"]}],
            },
            "need classifier_type heuristic",
        ),
    ],
)
def test_configurations_that_the_gateway_refuses_or_ignores_are_refused(config, message):
    with pytest.raises(InputError, match=message):
        ComplexityRouter(config)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "not a valid regular expression"),
        ("a*", "repeats without a bound"),
        ("(ab){2}", "repeats without a bound"),
        ("a{1,65}", "repeats without a bound"),
        (r"(a)\1", "back-reference"),
        ("(?=a)", "look-around"),
        ("(" * 17 + "a" + ")" * 17, "nests deeper than 16"),
        (r"\w{1,40}\w{1,40}", "needs more than 2048 steps"),
    ],
)
def test_patterns_without_a_bound_are_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        pattern_work(pattern)


def test_request_types_and_cells():
    assert request_type("Implement a small helper method") == "code_generation"
    assert request_type("fix this\nerror") == "general"  # a pattern does not cross lines
    assert request_type("x" * 2000 + " probability") == "general"  # 2000 characters are read
    assert cohort("x" * 200) == "general|medium|code=0|math=0|mc=0|intl=0"
    assert cohort("é" * 2 + "x" * 18) == "general|short|code=0|math=0|mc=0|intl=0"  # exactly 10 %
    assert cohort("A. yes $5 ```é é é```") == "general|short|code=1|math=1|mc=1|intl=1"
    assert len(set(table.all_cells())) == 448


def test_the_table_shrinks_a_cell_towards_its_type_towards_all():
    counts = [{"tier": t, "successes": s, "observations": 8} for t, s in enumerate((3, 5, 4, 8), 1)]
    inline = TierTable.model_validate(
        {
            "global_statistics": counts,
            "domain_statistics": [
                {"request_type": "general", "tier": 1, "successes": 0, "observations": 10}
            ],
            "cohort_statistics": [
                {"cohort": cohort("hi"), "tier": 1, "successes": 5, "observations": 5}
            ],
            "domain_prior_mass": 10,
            "cohort_prior_mass": 5,
        }
    )
    domain = (0 + 10 * 0.4) / 20
    want = [(5 + 5 * domain) / 10, 0.6, 0.6, 0.9]  # the third, 0.5, may not fall below the second
    assert tier_probabilities("hi", inline) == pytest.approx(want)
    assert [tier_of(want, t) for t in (0.5, 0.6, 0.61, 0.95)] == [1, 1, 4, 4]
    with pytest.raises(ValueError, match="each tier from 1 to 4 once"):
        TierTable.model_validate({"global_statistics": counts[:3]})
    with pytest.raises(ValueError, match="'general', tier 1 stands twice"):
        again = {"request_type": "general", "tier": 1, "successes": 0, "observations": 1}
        TierTable.model_validate({"global_statistics": counts, "domain_statistics": [again] * 2})


def test_any_policy_over_the_cells_is_written_exactly():
    rng = np.random.default_rng(5)
    policy = {cell: int(rng.integers(1, 5)) for cell in table.all_cells()}
    exact = policy_table(policy)
    for cell, tier in policy.items():
        kind = cell.partition("|")[0]
        raw = np.maximum.accumulate([exact.mean(kind, cell, t) for t in (1, 2, 3, 4)])
        assert {tier_of(raw, threshold) for threshold in (0.01, 0.75, 0.99)} == {tier}
    with pytest.raises(InputError, match="unknown cell 'x'"):
        policy_table({"x": 1})


def test_without_litellm_the_bundled_table_names_the_extra(monkeypatch):
    table.bundled_table.cache_clear()
    monkeypatch.setattr(table.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pip install "routelab\[litellm\]", or give'):
        ComplexityRouter({"classifier_type": "heuristic_v2"})
    inline = count_table(["hi"], [1]).model_dump()
    config = {"classifier_type": "heuristic_v2", "heuristic_v2_artifact": inline}
    assert ComplexityRouter(config).tier_of("hi") in TIERS


def test_quality_tiers_round_up_then_down():
    info = [
        ("a", {"litellm_routing_preferences": {"quality_tier": 1}}),
        ("b", {"litellm_routing_preferences": {"quality_tier": 3, "keywords": ["Re"]}}),
        ("c", {"litellm_routing_preferences": {"quality_tier": 3, "order": 1, "keywords": ["re"]}}),
    ]
    router = QualityRouter({"available_models": ["a", "b", "c"], "default_model": "a"}, info)
    assert [router.group_of(tier) for tier in (1, 2, 3, 4, 0)] == ["a", "c", "c", "c", "a"]
    said = router.decide(user("no REfund"))
    assert (said.tier, said.groups, said.cause, said.keyword) == ("3", ("c",), "keyword", "re")
    assert router.decide([]).groups == ("a",)
    with pytest.raises(InputError, match="available_models: 'z' is no model group"):
        QualityRouter({"available_models": ["z"]}, info)
    with pytest.raises(InputError, match="model group 'a' has no litellm_routing_preferences"):
        QualityRouter({"available_models": ["a"]}, [("a", {})])


def test_heuristic_kind_takes_the_gateways_configuration():
    tuned = make_router("litellm-heuristic", config={"tier_boundaries": {"simple_medium": -0.2}})
    assert tuned.fit([]).predict(["hi", ""]).tolist() == ["MEDIUM", "MEDIUM"]
    with pytest.raises(InputError, match="has classifier_type heuristic, got 'heuristic_v2'"):
        make_router("litellm-heuristic", config={"classifier_type": "heuristic_v2"}).fit([])


def test_the_counted_table_is_what_the_gateway_would_decide_with():
    prompts = ["hi", "bye", "Solve 2x = 4", "Solve 3x = 9", "Write a python script"] * 40
    labels = ["SIMPLE", "SIMPLE", "REASONING", "COMPLEX", "MEDIUM"] * 40
    router = make_router("litellm-heuristic-v2", threshold=0.7).fit(prompts, labels)
    assert router.predict(prompts[:5]).tolist() == [
        "SIMPLE",
        "SIMPLE",
        "REASONING",
        "REASONING",
        "MEDIUM",
    ]
    cell = [c for c in router.table_["cohort_statistics"] if c["cohort"] == cohort("Solve 2x = 4")]
    assert [(c["tier"], c["successes"], c["observations"]) for c in cell] == [
        (1, 0, 80),
        (2, 0, 80),
        (3, 40, 80),
        (4, 80, 80),
    ]
    exported = json.loads(json.dumps(router.gateway_config() | {"tiers": LADDER}))
    gateway = ComplexityRouter(exported)
    assert [gateway.decide(user(p)).tier for p in prompts] == router.predict(prompts).tolist()
    success = router.predict_success(prompts[:5])
    assert success.shape == (5, 4)
    assert (np.diff(success, axis=1) >= 0).all()


def test_what_heuristic_v2_cannot_learn_from_is_refused():
    with pytest.raises(InputError, match="label at index 1 is 'hard'"):
        make_router("litellm-heuristic-v2").fit(["a", "b"], ["SIMPLE", "hard"])
    with pytest.raises(InputError, match="threshold must lie from 0 to 1, got 2"):
        make_router("litellm-heuristic-v2", threshold=2).fit(["a"], ["SIMPLE"])
    with pytest.raises(InputError, match="domain_prior_mass must be a number above 0, got 0"):
        make_router("litellm-heuristic-v2", domain_prior_mass=0).fit(["a"], ["SIMPLE"])
    inline = {"heuristic_v2_artifact": policy_table({}, otherwise=3).model_dump()}
    ready = make_router("litellm-heuristic-v2", config=inline).fit(["a"])
    assert ready.predict(["anything"]).tolist() == ["COMPLEX"]


def test_compare_takes_the_gateways_heuristic_beside_trained_routers():
    from routelab import compare

    prompts = [f"hi {i}" for i in range(30)] + [f"write a python function {i}" for i in range(30)]
    labels = ["SIMPLE"] * 30 + ["MEDIUM"] * 30
    import pandas as pd

    frame = pd.DataFrame({"prompt": prompts, "label": labels})
    result = compare(["litellm-heuristic", "litellm-heuristic-v2"], frame, cv=2, n_boot=50)
    assert set(result.verdicts) == {"litellm-heuristic", "litellm-heuristic-v2"}
