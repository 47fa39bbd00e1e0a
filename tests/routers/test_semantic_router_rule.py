"""The rule of the semantic-router library: hand-computed scores, thresholds, ties."""

import numpy as np
import pytest

from routelab import InputError, make_router
from routelab.routers import SemanticRouterHead

ANGLES = {"one": [0], "many": [10, 12, 14], "far": [90]}
X = [[np.cos(np.radians(a)), np.sin(np.radians(a))] for angles in ANGLES.values() for a in angles]
Y = [route for route, angles in ANGLES.items() for _ in angles]
ASK = [[np.cos(np.radians(3)), np.sin(np.radians(3))]]


def cosine(*degrees):
    return np.cos(np.radians(degrees))


@pytest.mark.parametrize(
    ("aggregation", "expected", "answer"),
    [
        # asked at 3 degrees, the four nearest are at 0, 10, 12, 14; "far" has no hit: 0
        ("mean", {"one": cosine(3)[0], "many": cosine(7, 9, 11).mean()}, "one"),
        ("max", {"one": cosine(3)[0], "many": cosine(7)[0]}, "one"),
        ("sum", {"one": cosine(3)[0], "many": cosine(7, 9, 11).sum()}, "many"),
    ],
)
def test_scores_are_aggregated_per_route(aggregation, expected, answer):
    head = SemanticRouterHead(top_k=4, aggregation=aggregation).fit(X, Y)
    assert head.classes_.tolist() == ["far", "many", "one"]
    np.testing.assert_allclose(head._scores(ASK), [[0, expected["many"], expected["one"]]])
    assert head.predict(ASK).tolist() == [answer]


def test_a_route_below_its_threshold_gives_way_to_the_next():
    head = SemanticRouterHead(top_k=4, threshold={"one": 0.999}).fit(X, Y)
    assert head.predict(ASK).tolist() == ["many"]  # cos 3 = 0.9986 misses 0.999
    assert head.set_params(threshold={"one": 0.998}).predict(ASK).tolist() == ["one"]
    assert head.set_params(threshold=0.999).predict(ASK).tolist() == [None]
    assert head.set_params(abstain_label="default").predict(ASK).tolist() == ["default"]


def test_a_score_equal_to_the_threshold_passes():
    head = SemanticRouterHead(threshold=1.0).fit([[1.0, 0.0], [0.0, 1.0]], ["a", "b"])
    assert head.predict([[2.0, 0.0], [1.0, 1.0]]).tolist() == ["a", None]


def test_equal_scores_go_to_the_route_that_was_given_first():
    head = SemanticRouterHead().fit([[1.0, 0.0], [1.0, 0.0]], ["z", "a"])
    assert head.predict([[1.0, 0.0]]).tolist() == ["z"]


def test_a_route_without_a_hit_beats_one_of_negative_score():
    head = SemanticRouterHead(top_k=1).fit([[1.0, 0.0], [0.9, 0.1]], ["a", "b"])
    assert head.predict([[-1.0, 0.0]]).tolist() == ["a"]  # b is hit with -0.99, a scores 0


def by_hand(rows, labels, asked, top_k, aggregate):
    """The rule in plain loops."""
    answers = []
    for query in asked:
        similar = sorted(((float(row @ query), i) for i, row in enumerate(rows)), reverse=True)
        hits = {label: [] for label in labels}
        for score, i in similar[:top_k]:
            hits[labels[i]].append(score)
        scores = {label: aggregate(found) if found else 0.0 for label, found in hits.items()}
        answers.append(max(scores, key=scores.get))
    return answers


@pytest.mark.parametrize(("name", "aggregate"), [("mean", np.mean), ("max", max), ("sum", sum)])
def test_blocks_equal_plain_loops(name, aggregate, monkeypatch):
    monkeypatch.setattr("routelab.routers._neighbors.BLOCK_CELLS", 500)
    rng = np.random.default_rng(0)
    rows, asked = rng.normal(size=(2, 60, 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    labels = rng.choice(list("abcd"), 60).tolist()
    head = SemanticRouterHead(top_k=7, aggregation=name).fit(rows, labels)
    assert head.predict(asked).tolist() == by_hand(rows, labels, asked, 7, aggregate)


def test_parameters_of_no_meaning_are_refused():
    with pytest.raises(InputError, match="'top_k' must be a whole number of at least 1, got 0"):
        SemanticRouterHead(top_k=0).fit(X, Y)
    with pytest.raises(InputError, match="'aggregation' must be one of mean, max, sum, got 'min'"):
        SemanticRouterHead(aggregation="min").fit(X, Y)
    with pytest.raises(InputError, match="names 'man', which is none of the routes .did you mean"):
        SemanticRouterHead(threshold={"man": 0.5}).fit(X, Y)


def test_the_kind_is_a_pipeline_of_encoder_and_head():
    router = make_router("semantic-router-rule", top_k=3, aggregation="max", threshold=0.2)
    router.fit(["sort a list", "write a poem"], ["code", "art"])
    assert router.predict(["sort it in a list", "zzz"]).tolist() == ["code", None]
    assert router.named_steps["head"].get_params()["top_k"] == 3
