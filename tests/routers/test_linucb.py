"""LinUCB: hand-computed steps, regret, the budget, forgetting, newcomers, real outcomes."""

import numpy as np
import pytest

from routelab import InputError, OutcomeTable, make_router, read_outcomes
from routelab.encoders import PromptEncoder, check_prompts
from routelab.routers import LinearArms, LinUCBRouter


class Numbers(PromptEncoder):
    """Prompts that are numbers, apart by spaces."""

    learns = False

    def transform(self, X):
        return np.array([[float(word) for word in prompt.split()] for prompt in check_prompts(X)])


def table(rows, quality, cost=None, models=None):
    prompts = [" ".join(f"{value:.6f}" for value in row) for row in rows]
    names = models or [f"m{j}" for j in range(quality.shape[1])]
    return OutcomeTable(prompts, names, quality, cost)


def route(outcomes, **params):
    return LinUCBRouter(Numbers(), **params).fit(outcomes.prompts, outcomes)


def test_first_steps_by_hand():
    # The row of the prompt is 0, so only the intercept counts: x = 1, A = 1 + calls, alpha = 1.
    # 1: a, never asked, earns 1: A = 2, theta = 1/2.   2: b, never asked, earns .2: theta = .1.
    # 3: a .5 + 1/sqrt(2) = 1.207, b .1 + .707: a earns 0: A = 3, theta = 1/3.
    # 4: a .333 + 1/sqrt(3) = .911, b .807: a earns 0: A = 4, theta = 1/4.
    # 5: a .25 + .5 = .75, b .807: b earns .2: A = 3, theta = .4/3.
    quality = np.array([[1.0, 0], [0, 0.2], [0, 0], [0, 0], [0, 0.2]])
    outcomes = table(np.zeros((5, 1)), quality, models=["a", "b"])
    router = route(outcomes, alpha=1.0)
    assert router.choices_.tolist() == ["a", "b", "a", "a", "b"]
    np.testing.assert_allclose(router.earned_, [1, 0.2, 0, 0, 0.2])
    np.testing.assert_allclose(router.predict_quality(["0"]), [[1 / 4, 0.4 / 3]])
    assert router.predict(["0"]).tolist() == ["a"]  # greedy: doubt no longer counts
    assert np.isnan(router.spend_).all() and router.lam == 0


def test_the_price_moves_by_spend_against_budget():
    # Budget 1, step .1. a costs .5: max(0, 0 - .05) = 0. b costs 3: + .2. Then a .25 - .2 * .5 =
    # .15, b .45 - .2 * 3 < 0: a, price .2 - .05 = .15; and again: .1.
    quality, cost = np.tile([0.5, 0.9], (4, 1)), np.tile([0.5, 3.0], (4, 1))
    router = route(table(np.zeros((4, 1)), quality, cost), alpha=0.0, usd_per_request=1.0, step=0.1)
    assert router.choices_.tolist() == ["m0", "m1", "m0", "m0"]
    assert router.price_ == pytest.approx(0.1) and router.lam == pytest.approx(0.1)
    np.testing.assert_allclose(router.spend_, [0.5, 3, 0.5, 0.5])
    np.testing.assert_allclose(router.cost_, [0.5, 3.0])


def linear(n=3000, seed=0, noise=0.1):
    """Three models, each best on a third of the plane."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 2))
    angle = 2 * np.pi * np.arange(3) / 3
    clean = 0.5 + 0.2 * rows @ np.stack([np.cos(angle), np.sin(angle)])
    return rows, clean, clean + noise * rng.normal(size=clean.shape)


def test_regret_falls():
    rows, clean, noisy = linear()
    router = route(table(rows, noisy))
    chosen = np.array([int(name[1:]) for name in router.choices_])
    regret = clean.max(axis=1) - clean[np.arange(len(rows)), chosen]
    assert regret[-500:].mean() < 0.1 * regret[:20].mean()
    assert regret[-500:].mean() < 0.005
    best_single = (clean.max(axis=1) - clean[:, 0]).mean()
    assert regret.mean() < 0.1 * best_single


def test_only_the_choice_is_looked_at():
    rows, _, noisy = linear(300)
    router = route(table(rows, noisy))
    other = np.full(noisy.shape, np.nan)
    chosen = np.array([int(name[1:]) for name in router.choices_])
    other[np.arange(300), chosen] = noisy[np.arange(300), chosen]
    blind = route(table(rows, other))
    assert blind.choices_.tolist() == router.choices_.tolist()
    np.testing.assert_array_equal(blind.arms_.theta, router.arms_.theta)
    assert blind.unscored_ == 0


def test_a_missing_answer_teaches_nothing_and_is_counted():
    quality = np.array([[np.nan, 0.5], [0.3, 0.5], [0.3, 0.5]])
    router = route(table(np.zeros((3, 1)), quality, np.ones((3, 2))), alpha=0.1)
    assert router.choices_[0] == "m0" and router.unscored_ == 1
    assert router.spend_[0] == 1  # paid all the same
    np.testing.assert_array_equal(router.arms_.theta[0], 0)


@pytest.mark.parametrize("budget", [0.15, 0.3, 0.6])
def test_mean_spend_keeps_to_the_budget(budget):
    rows, _, noisy = linear(6000)
    noisy[:, 2] += 0.3  # the dear one is best nearly everywhere
    rng = np.random.default_rng(1)
    cost = np.array([0.1, 0.2, 1.0]) * rng.uniform(0.5, 1.5, (6000, 3))
    router = route(table(rows, noisy, cost), usd_per_request=budget)
    mean = router.spend_.mean()
    assert mean <= budget * (1 + router.price_ / (0.01 * 6000))  # the bound of the docstring
    assert abs(mean / budget - 1) < 0.02  # and it is used up, where the budget binds
    free = route(table(rows, noisy, cost))
    assert free.spend_.mean() > 1.1 * budget and free.earned_.mean() > router.earned_.mean()
    # At equal cost the paced router beats a coin between the cheapest and the dearest.
    share = (mean - 0.1) / 0.9
    assert router.earned_.mean() > (1 - share) * noisy[:, 0].mean() + share * noisy[:, 2].mean()


def test_a_budget_that_does_not_bind_changes_nothing():
    rows, _, noisy = linear(500)
    outcomes = table(rows, noisy, np.full(noisy.shape, 0.1))
    paced = route(outcomes, usd_per_request=1.0)
    assert paced.price_ == 0
    assert paced.choices_.tolist() == route(outcomes).choices_.tolist()


def test_forgetting_follows_a_drift():
    rows, clean, noisy = linear(4000)
    turned, clean_turned = np.roll(noisy, 1, axis=1), np.roll(clean, 1, axis=1)
    outcomes = table(np.vstack([rows, rows]), np.vstack([noisy, turned]))
    late = np.vstack([clean, clean_turned])[-3000:]
    regret = {}
    for forgetting in (1.0, 0.998):
        router = route(outcomes, forgetting=forgetting)
        chosen = np.array([int(name[1:]) for name in router.choices_[-3000:]])
        regret[forgetting] = (late.max(axis=1) - late[np.arange(3000), chosen]).mean()
    assert regret[0.998] < 0.5 * regret[1.0]


@pytest.mark.parametrize("forgetting", [1.0, 0.9])
def test_rank_one_updates_equal_a_solve(forgetting):
    rng = np.random.default_rng(0)
    arms = LinearArms(2, 3, ridge=0.5, forgetting=forgetting)
    rows, quality, when = [], [], []
    for _ in range(60):
        arms.tick()
        if rng.random() < 0.7:
            row = rng.normal(size=3)
            rows.append(row), quality.append(rng.random()), when.append(arms.clock)
            arms.learn(1, row, quality[-1])
    weight = forgetting ** (when[-1] - np.array(when, dtype=float))
    X = np.array(rows)
    A = (X.T * weight) @ X + 0.5 * arms.penalty_left[1] * np.eye(3)
    np.testing.assert_allclose(arms.inverse[1], np.linalg.inv(A), rtol=1e-8)
    np.testing.assert_allclose(arms.theta[1], np.linalg.solve(A, (X.T * weight) @ quality))
    assert 0.5 <= arms.penalty_left[1] <= 1
    np.testing.assert_array_equal(arms.theta[0], 0)


def test_doubt_grows_while_a_model_rests_and_ends_where_it_began():
    arms, row = LinearArms(1, 1, forgetting=0.5), np.ones(1)
    arms.tick()
    arms.learn(0, row, 1.0)
    arms.tick()
    np.testing.assert_allclose(arms.doubt(row), [0.5**0.5])  # A = 2
    arms.clock += 1
    np.testing.assert_allclose(arms.doubt(row), [1.0])  # A = 2 * .5
    arms.clock += 50
    np.testing.assert_allclose(arms.doubt(row), [1.0])  # no more than knowing nothing


def test_same_seed_same_choices_and_partial_fit_goes_on():
    rng = np.random.default_rng(0)
    words = "sort list poem rain prove lemma river queen".split()
    prompts = [" ".join(rng.choice(words, 4)) for _ in range(200)]
    outcomes = OutcomeTable(prompts, ["a", "b"], rng.random((200, 2)), rng.random((200, 2)))
    one, two = (
        make_router("linucb", encoder="hashing", components=5, seed=3).fit(prompts, outcomes)
        for _ in range(2)
    )
    assert one.choices_.tolist() == two.choices_.tolist()
    rows, _, noisy = linear(200)
    whole, first, rest = (
        table(rows[s], noisy[s]) for s in (slice(None), slice(120), slice(120, 200))
    )
    parts = LinUCBRouter(Numbers()).partial_fit(first.prompts, first)
    turned = OutcomeTable(rest.prompts, rest.models[::-1], rest.quality[:, ::-1])
    parts.partial_fit(rest.prompts, turned)
    assert parts.choices_.tolist() == route(whole).choices_.tolist()


def test_a_newcomer_is_asked_first_and_found():
    rows, _, noisy = linear(400)
    router = route(table(rows, noisy)).add_model("new")
    better = np.column_stack([noisy, np.full(400, 2.0)])
    models = ["m0", "m1", "m2", "new"]
    router.partial_fit([*table(rows, noisy).prompts], table(rows, better, models=models))
    assert router.choices_[400] == "new"
    assert (router.choices_[-100:] == "new").mean() > 0.95
    assert router.predict(["0 0"]).tolist() == ["new"]
    with pytest.raises(InputError, match="model 'new' is there already"):
        router.add_model("new")
    with pytest.raises(InputError, match="the outcomes lack the model 'new'"):
        router.partial_fit(["0 0"], table(rows[:1], noisy[:1]))
    with pytest.raises(InputError, match=r"have a new model 'new': add_model\('new'\)"):
        route(table(rows, noisy)).partial_fit(["0 0"], table(rows[:1], better[:1], models=models))


def test_long_idling_leaves_the_doubt_of_the_unknown():
    arms = LinearArms(1, 1, ridge=4.0, forgetting=0.5)
    arms.tick()
    arms.learn(0, np.ones(1), 1.0)
    arms.clock += 5000  # 0.5**5000 is 0 in floating point; warnings are errors
    np.testing.assert_allclose(arms.doubt(np.ones(1)), [0.5])  # sqrt(1 / 4), as if never asked


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alpha": -1}, "'alpha' must be a number at least 0, got -1"),
        ({"ridge": 0}, "'ridge' must be a number above 0, got 0"),
        ({"step": float("inf")}, "'step' must be a number above 0, got inf"),
        ({"forgetting": 1.5}, r"'forgetting' must be in \(0, 1\], got 1.5"),
        ({"usd_per_request": 0}, "'usd_per_request' must be above 0, got 0"),
        ({"usd_per_request": 1.0}, "a budget needs costs, but that of 'm0' on the prompt at index"),
    ],
)
def test_parameters_of_no_meaning_are_refused(params, message):
    rows, _, noisy = linear(10)
    with pytest.raises(InputError, match=message):
        route(table(rows, noisy), **params)


def test_shapes_must_fit():
    with pytest.raises(InputError, match=r"1 prompts need outcomes of shape \(1, models\)"):
        LinUCBRouter(Numbers()).fit(["0"], np.zeros((2, 2)))


def test_routerbench_is_learnt_within_a_budget(data):
    outcomes = read_outcomes(data / "routerbench")
    order = np.random.default_rng(0).permutation(len(outcomes))[:1500]
    stream = outcomes.take(order)
    budget = 0.001
    router = make_router("linucb", encoder="hashing", usd_per_request=budget)
    router.fit(stream.prompts, stream)
    assert router.spend_.mean() <= budget * (1 + router.price_ / (0.01 * len(stream)))
    assert np.nanmean(router.earned_) > np.nanmean(outcomes.quality) + 0.05  # than all alike
