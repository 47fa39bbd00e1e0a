"""The cascade: hand-computed stages, the ends of the verifier, missing outcomes, real data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab import InputError, OutcomeTable, make_router, read_outcomes
from routelab.routers import QualityLogistic, Verifier, load_router, save_router
from routelab.routers.cascade import hull_chain
from routelab.routers.verifier import stopped, verified

PROMPTS = ["1+1", "2+2", "prove it", "prove that", "3+3", "prove this"]
EASY = [1, 1, 0, 0, 1, 0]
TABLE = OutcomeTable(
    PROMPTS,
    ["small", "large"],
    np.column_stack([EASY, np.ones(6)]),
    np.tile([0.001, 0.02], (6, 1)),
)


def cascade(verifier=None, **params):
    return make_router("cascade", verifier=verifier, **params).fit(PROMPTS, TABLE)


def test_two_stages_by_hand():
    # q1 = .6: accepted with .6 * .8 + .4 * .1 = .52, of which good .6 * .8 = .48
    # quality .48 + (1 - .52) * .9 = .912; cost 1 + .05 + .48 * 10 = 5.85
    play = verified(np.array([[0.6, 0.9]]), np.array([[1.0, 10.0]]), Verifier(0.1, 0.2, usd=0.05))
    np.testing.assert_allclose(play.shares, [[0.52, 0.48]])
    np.testing.assert_allclose(play.quality, [0.912])
    np.testing.assert_allclose(play.cost, [5.85])
    np.testing.assert_allclose(play.stop_cost, [[1.05, 11.05]])


def test_three_stages_by_hand():
    # a1 = .5 * .9 + .5 * .2 = .55, a2 = .8 * .9 + .2 * .2 = .76
    # reach 1, .45, .45 * .24 = .108; shares .55, .342, .108
    # quality .45 + .45 * .72 + .108 * .9 = .8712; cost 1 + .45 * 2 + .108 * 4 + 1.45 * .1 = 2.477
    q, cost = np.array([[0.5, 0.8, 0.9]]), np.array([[1.0, 2.0, 4.0]])
    play = verified(q, cost, Verifier(0.2, 0.1, usd=0.1))
    np.testing.assert_allclose(play.shares, [[0.55, 0.342, 0.108]])
    np.testing.assert_allclose(play.quality, [0.8712])
    np.testing.assert_allclose(play.cost, [2.477])


chains = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=1, max_size=5)
)


@settings(max_examples=50, deadline=None)
@given(chains, st.floats(0, 1), st.floats(0, 1))
def test_a_chain_keeps_its_promises(rows, false_accept, false_reject):
    quality = np.array(rows, dtype=float)
    cost = np.broadcast_to(10.0 ** np.arange(quality.shape[1]), quality.shape)
    perfect = verified(quality, cost, Verifier(0, 0))
    np.testing.assert_allclose(perfect.quality, 1 - np.prod(1 - quality, axis=1))  # the oracle
    if quality.shape[1] > 1:
        credulous = verified(quality, cost, Verifier(1, 0))
        np.testing.assert_array_equal(credulous.quality, quality[:, 0])
        np.testing.assert_array_equal(credulous.cost, cost[:, 0])
    stern = verified(quality, cost, Verifier(0, 1))
    np.testing.assert_array_equal(stern.quality, quality[:, -1])
    np.testing.assert_allclose(stern.cost, cost.sum(axis=1))
    play = verified(quality, cost, Verifier(false_accept, false_reject))
    np.testing.assert_allclose(play.shares.sum(axis=1), 1)
    np.testing.assert_allclose(play.quality, (play.shares * quality).sum(axis=1), atol=1e-12)
    assert (play.quality <= perfect.quality + 1e-12).all()
    assert (play.cost <= cost.sum(axis=1) + 1e-9).all()
    # Stops shuffled over the prompts cost what they cost, here where every prompt costs the same.
    np.testing.assert_allclose(play.shuffled()[1].mean(), play.cost.mean())


def test_simulated_verdicts_meet_the_formula():
    rng = np.random.default_rng(0)
    n, q, cost = 200_000, np.array([0.6, 0.7, 0.9]), np.array([1.0, 3.0, 9.0])
    good = rng.random((n, 3)) < q
    accepts = np.where(good, rng.random((n, 3)) >= 0.2, rng.random((n, 3)) < 0.1)
    accepts[:, -1] = True
    stop = accepts.argmax(axis=1)
    play = verified(q[None], cost[None], Verifier(0.1, 0.2, usd=0.5))
    spent = np.cumsum(cost)[stop] + 0.5 * np.minimum(stop + 1, 2)
    # four standard errors of 200,000 draws
    assert abs(good[np.arange(n), stop].mean() - play.quality[0]) < 4 * 0.5 / n**0.5
    assert abs(spent.mean() - play.cost[0]) < 4 * 14 / n**0.5


def test_a_missing_outcome_counts_only_where_its_stage_is_reached():
    quality = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, 1.0]])
    cost = np.array([[1.0, np.nan], [1.0, 2.0], [1.0, 2.0]])
    play = verified(quality, cost, Verifier(0, 0))
    np.testing.assert_array_equal(play.quality, [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(play.cost, [1.0, 3.0, np.nan])  # never 0 for unknown
    np.testing.assert_array_equal(stopped(quality, cost, np.array([0, 1, 0])).cost, [1, 3, 1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"false_accept": 1.1, "false_reject": 0}, "'false_accept' must be in .0, 1., got 1.1"),
        ({"false_accept": 0, "false_reject": -1}, "'false_reject' must be in .0, 1., got -1"),
        ({"false_accept": 0, "false_reject": 0, "usd": -1}, "'usd' must be a number of at least 0"),
        (
            {"false_accept": 0, "false_reject": 0, "latency_s": float("nan")},
            "'latency_s' must be a number of at least 0, got nan",
        ),
    ],
)
def test_a_verifier_of_no_meaning_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Verifier(**given)


def test_the_chain_is_the_hull_from_cheap_to_dear():
    # slope from (1, .2): to (2, .3) .1, to (3, .6) .2, to (9, .9) .0875; then (9, .9)
    cost, quality = np.array([9.0, 2.0, 3.0, 1.0, 4.0]), np.array([0.9, 0.3, 0.6, 0.2, 0.1])
    assert hull_chain(cost, quality) == [3, 2, 0]
    assert hull_chain(np.array([1.0, 1.0]), np.array([0.2, 0.3])) == [1]
    assert cascade(Verifier(0, 0)).models_.tolist() == ["small", "large"]


def test_the_first_model_is_the_likely_one_where_it_does_well():
    router = cascade(Verifier(0.05, 0.05), C=100.0, folds=1)
    assert router.predict(["5+1", "prove a thing", "1+1"]).tolist() == ["small", "large", "small"]


def test_expected_counts_all_calls_checks_and_seconds():
    router = cascade(Verifier(0, 0, usd=0.1, latency_s=0.5), latency={"small": 1.0, "large": 4.0})
    frame, q = router.expected(PROMPTS), router.predict_quality(PROMPTS)
    np.testing.assert_allclose(frame["share small"], q[:, 0])
    np.testing.assert_allclose(frame["share large"], 1 - q[:, 0])
    np.testing.assert_allclose(frame["quality"], q[:, 0] + (1 - q[:, 0]) * q[:, 1])
    np.testing.assert_allclose(frame["usd"], 0.001 + 0.1 + (1 - q[:, 0]) * 0.02)
    np.testing.assert_allclose(frame["latency_s"], 1.5 + (1 - q[:, 0]) * 4.0)
    assert "latency_s" not in cascade(Verifier(0, 0)).expected(PROMPTS)


def test_the_self_check_stops_where_going_on_is_not_worth_it():
    # Chances of about .97 and .03 for small; (6 + 1) / (6 + 2) = .875 for large, always good.
    router = cascade(C=100.0, folds=1)
    assert router.predict(PROMPTS).tolist() == np.where(EASY, "small", "large").tolist()
    play = router.play(TABLE)
    np.testing.assert_allclose(play.cost, np.where(EASY, 0.001, 0.021))  # both calls are paid
    np.testing.assert_allclose(play.quality, 1.0)
    np.testing.assert_allclose(router.expected(PROMPTS)["usd"], play.cost)
    router.lam = 40.0  # the second call costs 40 * .02 = .8 of quality, less than it gains
    assert router.predict(PROMPTS).tolist() == np.where(EASY, "small", "large").tolist()
    router.lam = 45.0  # now .9, more than it gains
    assert set(router.predict(PROMPTS)) == {"small"}
    np.testing.assert_allclose(router.play(TABLE).cost, 0.001)


def test_play_finds_its_models_in_any_table():
    turned = OutcomeTable(
        PROMPTS, ["other", "large", "small"],
        np.column_stack([np.zeros(6), np.ones(6), EASY]),
        np.tile([9.0, 0.02, 0.001], (6, 1)),
    )  # fmt: skip
    router = cascade(Verifier(0, 0))
    np.testing.assert_allclose(router.play(turned).cost, router.play(TABLE).cost)
    with pytest.raises(InputError, match="the outcomes lack 'large', which is in the chain"):
        router.play(OutcomeTable(PROMPTS, ["small"], np.array(EASY)[:, None]))


def test_a_stored_cascade_keeps_its_verifier(tmp_path):
    router = cascade(Verifier(0.1, 0.2, usd=0.001))
    save_router(router, tmp_path / "cascade.skops")
    loaded = load_router(tmp_path / "cascade.skops")
    assert loaded.verifier == router.verifier
    assert loaded.expected(PROMPTS).equals(router.expected(PROMPTS))


def test_a_chain_of_names_needs_no_costs():
    bare = OutcomeTable(PROMPTS, ["small", "large"], TABLE.quality)
    router = make_router("cascade", chain=["small", "large"], verifier=Verifier(0, 0))
    router.fit(PROMPTS, bare)
    assert np.isnan(router.play(bare).cost).all()
    with pytest.raises(InputError, match="expected needs costs, but that of 'small' is unknown"):
        router.expected(PROMPTS)
    with pytest.raises(InputError, match="'lam' needs costs, but that of 'small' is unknown"):
        router.set_params(verifier=None, lam=1.0).predict(PROMPTS)


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({}, TABLE.quality[:2], r"6 prompts need outcomes of shape \(6, models\), got \(2, 2\)"),
        ({}, TABLE.quality, "the cost of 0 is unknown, so the models have no order"),
        ({}, TABLE.quality * 10, "reads qualities as chances in .0, 1., got 10.0: use outcomes.no"),
        ({"chain": []}, TABLE, "'chain' must name at least one model"),
        ({"chain": ["smal"]}, TABLE, "'chain' names 'smal', which has no outcomes .did you mean"),
        ({"chain": ["small"] * 2}, TABLE, "'chain' names 'small' twice, at index 1"),
        ({"chain": [0]}, np.full((6, 1), np.nan), "model 0 has no outcome at all: drop it"),
        ({"C": 0}, TABLE, "'C' must be above 0, got 0"),
        ({"folds": 0}, TABLE, "'folds' must be at least 1, got 0"),
    ],
)
def test_unusable_outcomes_and_chains_are_refused(params, y, message):
    with pytest.raises(InputError, match=message):
        make_router("cascade", **params).fit(PROMPTS, y)


def test_what_is_asked_of_the_wrong_check_is_refused():
    with pytest.raises(InputError, match="'lam' is for the self-check"):
        cascade(Verifier(0, 0), lam=1.0).predict(PROMPTS)
    with pytest.raises(InputError, match="'lam' must be a number of at least 0, got -1"):
        cascade(lam=-1).predict(PROMPTS)
    with pytest.raises(InputError, match="a self-check reads the prompts: give an OutcomeTable"):
        cascade().play(TABLE.quality)
    with pytest.raises(InputError, match="'latency' has no seconds for 'large'"):
        cascade(latency={"small": 1.0}).expected(PROMPTS)


def test_calibrated_chances_keep_the_mean_and_know_when_rows_say_nothing():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    good = rng.random(600) < 1 / (1 + np.exp(-2 * X[:, 0]))
    chance = QualityLogistic().fit(X, good.astype(float)).predict(X)
    assert abs(chance.mean() - good.mean()) < 0.01
    top = chance > 0.8
    assert abs(good[top].mean() - chance[top].mean()) < 0.05
    # Held-out scores of two points of opposite answers point the wrong way: the mean remains.
    blind = QualityLogistic(folds=2).fit([[0.0], [1.0]] * 2, [0.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(blind.coef_, 0, atol=1e-6)
    # A share of .75 is three good answers in four; all good: (4 + 1) / (4 + 2).
    part = QualityLogistic(folds=1).fit(np.zeros((4, 1)), [0.75] * 4).predict([[0.0]])
    np.testing.assert_allclose(part, [0.75], atol=1e-3)
    np.testing.assert_allclose(
        QualityLogistic().fit(np.eye(4), [1.0] * 4).predict([[0] * 4]), 5 / 6
    )


def test_a_perfect_verifier_beats_the_best_single_model_on_real_outcomes(data):
    table = read_outcomes(data / "routerbench" / "winograde_train.csv")
    known = table.take(np.flatnonzero(np.isfinite(table.quality).all(axis=1)))
    router = make_router("cascade", encoder="hashing", verifier=Verifier(0, 0))
    play = router.fit(known.prompts, known).play(known)
    best = known.models.index(known.best_single())
    assert play.quality.mean() > known.quality[:, best].mean()
    assert play.cost.mean() < known.cost[:, best].mean()


def test_a_plan_refuses_what_asks_several_models():
    from routelab import Plan
    from routelab.datasets import data_dir
    from routelab.decide import route_prompts

    router = make_router("cascade", chain=[0, 1], verifier=Verifier(0.1, 0.1))
    router.fit(["a", "b", "c"], [[1, 1], [0, 1], [1, 0]])
    plan = Plan.from_yaml(data_dir() / "plan.yaml").replace(router=router)
    with pytest.raises(InputError, match="CascadeRouter asks several models per request"):
        route_prompts(plan, ["a"])
