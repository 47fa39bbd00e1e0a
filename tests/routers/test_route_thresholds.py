"""Thresholds per route: what they promise holds on prompts that they have not seen."""

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from routelab import InputError, make_router
from routelab.encoders import PromptEncoder
from routelab.routers import (
    TRUSTED_TYPES,
    CentroidHead,
    KeywordRouter,
    NeighborsHead,
    RouteThresholds,
)
from routelab.routers._confidence import sure_answers
from routelab.routers.route_thresholds import ALL, highest_covering, lowest_precise


class Angles(PromptEncoder):
    """A prompt is an angle in degrees."""

    learns = False

    def transform(self, X):
        angle = np.radians([float(x) for x in X])
        return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


def angles():
    return Pipeline([("encoder", Angles()), ("head", CentroidHead())])


def draw(n, seed):
    """Routes at 0, 90 and 180 degrees, spread by 25; every tenth prompt belongs nowhere."""
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 3, n)
    degrees = 90 * code + rng.normal(0, 25, n)
    outside = rng.random(n) < 0.1
    degrees[outside] = rng.uniform(-180, 0, outside.sum())
    labels = np.where(outside, "nowhere", np.array(["east", "north", "west"])[code])
    return [f"{d:.6f}" for d in degrees], labels


sure_and_right = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)


@given(sure_and_right, st.sampled_from([0.5, 0.75, 0.9, 1.0]))
@settings(max_examples=200, deadline=None)
def test_no_lower_threshold_is_precise(pairs, level):
    sure, right = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])
    precise = [c for c in np.unique(sure) if right[sure >= c].mean() >= level]
    assert lowest_precise(sure, right, level) == min(precise, default=np.inf)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.sampled_from([0.5, 0.8, 0.95, 1]))
@settings(max_examples=200, deadline=None)
def test_no_higher_threshold_covers(values, level):
    sure = np.array(values, float)
    covering = [c for c in np.unique(sure) if np.mean(sure >= c) >= level - 1e-12]
    assert highest_covering(sure, level) == max(covering)


def test_nothing_to_cover_serves_everything():
    assert highest_covering(np.array([]), 0.9) == -np.inf


@pytest.mark.parametrize("target", ["precision", "coverage"])
def test_the_report_holds_on_fresh_prompts(target):
    router = RouteThresholds(angles(), target=target, level=0.93, out_of_scope="nowhere")
    router.fit(*draw(3000, seed=0))
    prompts, labels = draw(20_000, seed=1)
    answers = router.predict(prompts)
    served = np.array([a is not None for a in answers])
    inside = labels != "nowhere"
    row = router.report_.loc[ALL]
    precision, coverage = np.mean(answers[served] == labels[served]), np.mean(served[inside])
    reached = precision if target == "precision" else coverage
    assert abs(reached - 0.93) < 0.015  # 3000 prompts: one standard error is 0.005
    low, high = ("low", "high") if target == "precision" else ("coverage_low", "coverage_high")
    assert row[low] - 0.01 < reached < row[high] + 0.01
    if target == "coverage":
        share, low, high = router.out_of_scope_refused_
        assert low <= share <= high
        assert low - 0.05 < np.mean(~served[~inside]) < high + 0.05


def test_a_route_among_neighbours_gets_a_higher_threshold():
    # north (90 degrees) has a neighbour on either side, and everything that belongs nowhere lies
    # below east and west: thresholds differ by route.
    router = RouteThresholds(angles(), level=0.95, out_of_scope="nowhere").fit(*draw(3000, 0))
    assert router.report_["own"][["east", "north", "west"]].all()
    assert len(set(router.thresholds_.values())) == 3
    assert sorted(router.report_["prompts"][:-1])[0] > 500
    assert router.report_.loc[ALL, "prompts"] == 3000


def test_rare_routes_take_the_threshold_of_all():
    prompts, labels = draw(300, seed=0)
    router = RouteThresholds(angles(), level=0.9, least=1000, out_of_scope="nowhere")
    router.fit(prompts, labels)
    assert len(set(router.thresholds_.values())) == 1
    assert not router.report_["own"].any()


def test_copies_of_a_prompt_give_nothing_away():
    rng = np.random.default_rng(0)
    prompts = [f"{d:.4f}" for d in rng.uniform(0, 180, 60)] * 3
    labels = np.tile(rng.permutation(["a", "b"] * 30), 3)  # at random: nothing can be learnt
    router = RouteThresholds(
        Pipeline([("encoder", Angles()), ("head", NeighborsHead(k=1))]), level=0.9
    ).fit(prompts, labels)
    # Had copies stood on both sides of a fold, every answer would seem right.
    assert router.report_.loc[ALL, "right"] < 0.4 * len(prompts)


def test_the_report_is_about_the_thresholds_that_are_used():
    # "rare" gets 30 held-out prompts: enough for a threshold of its own, fewer than that in a half.
    prompts, labels = draw(700, seed=0)
    rng = np.random.default_rng(0)
    rare = [f"{d:.4f}" for d in 270 + rng.normal(0, 3, 30)]
    router = RouteThresholds(angles(), level=0.9).fit(
        [*prompts, *rare], np.r_[np.where(labels == "nowhere", "east", labels), ["rare"] * 30]
    )
    row = router.report_.loc["rare"]
    assert row["own"] and row["precision"] >= 0.8


def test_a_label_of_nothing_is_named():
    prompts, labels = draw(300, seed=0)
    with pytest.raises(InputError, match=r"label of 0 prompts: two are needed .*mean 'nowhere'"):
        RouteThresholds(angles(), out_of_scope="nowere").fit(prompts, labels)


def test_abstaining_counts_as_an_error():
    prompts, labels = draw(600, seed=0)
    router = RouteThresholds(angles(), out_of_scope="nowhere").fit(prompts, labels)
    right = router.predict(prompts) == labels.astype(object)
    assert router.score(prompts, labels) == np.mean(right)


def test_a_precision_out_of_reach_serves_nothing():
    rng = np.random.default_rng(0)
    prompts = [f"{d:.3f}" for d in rng.uniform(0, 10, 200)]
    labels = rng.permutation(["a", "b"] * 100)  # labels at random
    router = RouteThresholds(angles(), level=1.0, least=10).fit(prompts, labels)
    low = [cut for cut in router.thresholds_.values() if np.isinf(cut)]
    served = [a for a in router.predict(prompts) if a is not None]
    assert low or len(served) < 20


def test_the_default_is_an_answer_of_its_own():
    prompts, labels = draw(600, seed=0)
    router = RouteThresholds(angles(), default="chat", out_of_scope="nowhere").fit(prompts, labels)
    assert router.classes_.tolist() == ["chat", "east", "north", "west"]
    assert router.predict(["-90"]).tolist() == ["chat"]
    shares = router.predict_proba(["0", "-90"])
    assert shares.shape == (2, 4) and not shares[:, 0].any()
    known = clone(router).set_params(default="east").fit(prompts, labels)
    assert known.classes_.tolist() == ["east", "north", "west"]


def test_the_router_never_learns_what_is_out_of_scope_unless_it_can():
    prompts, labels = draw(600, seed=0)
    plain = RouteThresholds(angles(), out_of_scope="nowhere").fit(prompts, labels)
    assert plain.router_.classes_.tolist() == ["east", "north", "west"]
    scoped = RouteThresholds(make_router("scoped", encoder=Angles()), out_of_scope="nowhere")
    scoped.fit(prompts, labels)
    head = scoped.router_.named_steps["head"]
    assert head.linear_.classes_.tolist() == ["east", "north", "nowhere", "west"]
    assert head.classes_.tolist() == ["east", "north", "west"]
    assert scoped.router.named_steps["head"].out_of_scope is None  # the given one is untouched


def test_without_prompts_out_of_scope_nothing_is_said_of_them():
    prompts, labels = draw(600, seed=0)
    kept = np.flatnonzero(labels != "nowhere")
    router = RouteThresholds(angles()).fit([prompts[i] for i in kept], labels[kept])
    assert router.out_of_scope_refused_ is None


def test_levels_that_do_not_stand_in_the_order_of_the_alphabet_keep_their_thresholds():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 3, 600)
    prompts = [f"{d:.3f}" for d in 60 * level + rng.normal(0, 28, 600)]
    labels = np.array(["low", "medium", "high"])[level]
    router = RouteThresholds(make_router("linear", encoder=Angles()), level=0.9)
    router.fit(prompts, labels)
    assert router.classes_.tolist() == ["high", "low", "medium"]
    assert router.report_.loc[ALL, "precision"] == pytest.approx(0.9, abs=0.03)


def test_it_stores_and_decides_identically():
    code = [f"sort the list of {x}" for x in ("names", "dates", "files", "keys")]
    art = [f"write a poem on {x}" for x in ("rain", "snow", "wind", "fog")]
    router = RouteThresholds(make_router("centroid"), level=0.8, least=2, cv=2)
    router.fit(code + art, ["code"] * 4 + ["art"] * 4)
    stored = skops.io.dumps(router)
    # The report is for reading and stays behind in the file of a router.
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(TRUSTED_TYPES)
    loaded = skops.io.loads(stored, trusted=TRUSTED_TYPES)
    asked = [*code, *art, "qqq", ""]
    assert loaded.predict(asked).tolist() == router.predict(asked).tolist()
    assert loaded.thresholds_ == router.thresholds_


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "recall"}, "'target' must be 'precision' or 'coverage', got 'recall'"),
        ({"level": 0}, "'level' must lie above 0 and at most at 1, got 0"),
        ({"least": 0}, "'least' must be a whole number of at least 1, got 0"),
        ({"cv": 400}, r"'cv' must be from 2 to the prompts of the rarest label, .*got 400"),
        ({"router": make_router("centroid", encoder=Angles(), threshold=0.5)}, "abstains already"),
        ({"router": KeywordRouter()}, None),
    ],
)
def test_what_cannot_be_fitted_is_said(changes, message):
    prompts, labels = draw(300, seed=0)
    router = RouteThresholds(angles()).set_params(**changes)
    if message is None:  # a router with shares is enough, even one without a pipeline
        with pytest.raises(InputError, match="answers 'low', which is none of the routes"):
            router.fit(prompts, labels)
        return
    with pytest.raises(InputError, match=message):
        router.fit(prompts, labels)


def test_all_out_of_scope_is_nothing_to_learn_from():
    with pytest.raises(InputError, match="fewer than two prompts are in scope"):
        RouteThresholds(angles(), out_of_scope="x").fit(["1", "2"], ["x", "x"])


def test_a_router_that_says_nothing_of_its_doubts_is_refused():
    class Mute:
        classes_ = np.array(["a"])

        def predict(self, X):
            return np.array(["a"] * len(X))

    with pytest.raises(InputError, match="Mute says nothing of how sure it is"):
        sure_answers(Mute(), ["x"])
