"""Domains first, routes within them."""

import json

import numpy as np
import pytest

from routelab import InputError, Plan, make_encoder, make_router
from routelab.datasets import data_dir
from routelab.decide import route_prompts
from routelab.routers import CentroidHead, HierarchicalHead, LogisticHead, answers_of

DOMAINS = {"sql": "code", "python": "code", "poem": "art", "story": "art"}


@pytest.fixture
def four():
    """Domains lie far apart along the first axis, routes along the second; "chat" is alone."""
    rng = np.random.default_rng(0)
    places = {"sql": (0, 0), "python": (0, 2), "poem": (9, 0), "story": (9, 2), "chat": (4, 9)}
    labels = np.array(list(places) * 40)
    return rng.normal(0, 0.4, (200, 2)) + np.array([places[x] for x in labels]), labels


def test_shares_are_those_of_the_domain_times_those_within(four):
    X, y = four
    head = HierarchicalHead(domains=DOMAINS).fit(X, y)
    domains = np.array([DOMAINS.get(label, label) for label in y])
    top = LogisticHead().fit(X, domains)
    code = LogisticHead().fit(X[domains == "code"], y[domains == "code"])
    asked = np.array([[0.0, 1.2], [4.0, 5.0]])
    share = top.predict_proba(asked)[:, top.classes_.tolist().index("code")]
    within = code.predict_proba(asked)[:, code.classes_.tolist().index("sql")]
    column = head.classes_.tolist().index("sql")
    np.testing.assert_allclose(head.predict_proba(asked)[:, column], share * within, rtol=1e-4)
    np.testing.assert_allclose(head.predict_proba(asked).sum(axis=1), 1, rtol=1e-6)
    assert head.predict_domain(asked)[0] == "code"
    assert np.mean(head.predict(X) == y) > 0.98


def test_doubt_between_routes_of_one_domain_is_the_domain(four):
    head = HierarchicalHead(domains=DOMAINS, threshold=0.8, abstain_label="?").fit(*four)
    route, domain, nothing = [0.0, 0.0], [9.0, 1.0], [2.2, 4.5]
    assert head.predict([route, domain, nothing]).tolist() == ["sql", "art", "?"]


def test_a_route_without_a_domain_is_its_own(four):
    head = HierarchicalHead(domains=DOMAINS).fit(*four)
    assert sorted(head.domains_.tolist()) == ["art", "chat", "code"]
    flat = HierarchicalHead().fit(*four)
    assert flat.domains_.tolist() == flat.classes_.tolist()
    assert flat.heads_ == [None] * 5


def test_one_domain_is_the_plain_head(four):
    X, y = four
    head = HierarchicalHead(CentroidHead(), domains=dict.fromkeys(y, "all")).fit(X, y)
    assert head.top_ is None
    np.testing.assert_allclose(head.predict_proba(X), CentroidHead().fit(X, y).predict_proba(X))


def test_a_domain_cannot_be_the_name_of_another_route(four):
    with pytest.raises(InputError, match="'sql' is a route and the domain of 'python': rename one"):
        HierarchicalHead(domains={"python": "sql"}).fit(*four)


def test_domains_are_answers_only_with_a_threshold():
    prompts = ["select rows", "def f(x)", "a poem on rain", "tell a story"] * 2
    labels = ["sql", "python", "poem", "story"] * 2
    router = make_router("hierarchical", domains=DOMAINS).fit(prompts, labels)
    assert answers_of(router) == ["poem", "python", "sql", "story"]
    router.set_params(head__threshold=0.5)  # and no fit
    assert answers_of(router) == ["poem", "python", "sql", "story", "art", "code"]


def test_a_plan_must_know_what_to_do_with_a_domain():
    prompts = ["select rows", "def f(x)", "a poem on rain", "tell a story"] * 2
    labels = ["sql", "python", "poem", "story"] * 2
    router = make_router("hierarchical", domains=DOMAINS, threshold=0.5).fit(prompts, labels)
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    routes = dict.fromkeys(["sql", "python", "poem", "story"], "strong")
    with pytest.raises(InputError, match="the router may answer '(art|code)', for which the plan"):
        route_prompts(plan.replace(router=router, routes=routes), ["select rows"])
    known = plan.replace(router=router, routes=routes | {"art": "mid", "code": "mid"})
    assert set(route_prompts(known, ["select rows"])) <= {*labels, "art", "code", None}


def test_clincs_ten_domains(data, shared):
    """Two levels on real intents: the domain is right more often than the intent."""
    pytest.importorskip("safetensors")
    parts = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    grouped = json.loads((data / "clinc150" / "domains.json").read_text(encoding="utf-8"))
    domains = {route: domain for domain, routes in grouped.items() for route in routes}
    encoder = make_encoder(f"static:{shared / 'models' / 'minilm-l6-static-256'}")
    rows = encoder.transform([text for text, _ in parts["val"]])
    y = np.array([label for _, label in parts["val"]])
    learn, ask = np.arange(0, 3000, 2), np.arange(1, 3000, 2)
    head = HierarchicalHead(domains=domains).fit(rows[learn], y[learn])
    assert len(head.domains_) == 10 and len(head.classes_) == 150
    right = np.mean(head.predict(rows[ask]) == y[ask])
    truth = np.array([domains[label] for label in y[ask]])
    by_domain = np.mean(head.predict_domain(rows[ask]) == truth)
    flat = np.mean(LogisticHead().fit(rows[learn], y[learn]).predict(rows[ask]) == y[ask])
    assert by_domain > right + 0.01
    assert right > flat - 0.03  # one standard error is 0.01
