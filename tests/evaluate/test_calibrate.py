"""Calibration: the setting that is chosen, what is reported of it, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import routelab as rl
from routelab import InputError, OutcomeTable, TargetRefused, calibrate, make_router
from routelab.datasets import load_prompts, load_traffic
from routelab.routers import CostThresholds, RouteThresholds, StrongThreshold, serving_costs


class Told(ClassifierMixin, BaseEstimator):
    """Read the share of the strong answer off the prompt: "0.25 whatever" gives 0.25."""

    def __init__(self, names=("large", "small")):
        self.names = names

    def fit(self, X=None, y=None):
        self.classes_ = np.array(self.names)
        return self

    def predict_proba(self, X):
        share = np.array([float(prompt.split()[0]) for prompt in X])
        rest = np.linspace(1, 0, len(self.names) - 1) if len(self.names) > 2 else np.ones(1)
        return np.column_stack([share, (1 - share)[:, None] * rest / rest.sum()])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class ToldQuality(BaseEstimator):
    """Read the expected qualities off the prompt: "0.2 0.9" for two models."""

    def __init__(self, cost, lam=0.0):
        self.cost = cost
        self.lam = lam

    def fit(self, models):
        self.models_ = self.classes_ = np.array(models)
        self.cost_ = np.array(self.cost)
        return self

    def predict_quality(self, X):
        return np.array([[float(x) for x in p.split()] for p in X])

    def predict(self, X):
        from routelab.routers.outcome import choose

        return self.models_[choose(self.predict_quality(X), self.cost_, self.lam)]


class Sure(ClassifierMixin, BaseEstimator):
    """Answer "a", as surely as the prompt says; below the threshold abstain."""

    def __init__(self, threshold=None):
        self.threshold = threshold

    def fit(self, X=None, y=None):
        self.classes_ = np.array(["a", "b"])
        return self

    def confidence(self, X):
        return np.array([float(prompt.split()[0]) for prompt in X])

    def predict(self, X):
        answers = np.full(len(X), "a", dtype=object)
        if self.threshold is not None:
            answers[self.confidence(X) < self.threshold] = None
        return answers


def prompts_of(n):
    """n prompts whose share of the strong model is 1/2n, 3/2n, ..."""
    return [f"{(i + 0.5) / n:.6f} prompt" for i in range(n)]


@pytest.fixture
def two():
    """400 prompts; the strong model is always right, the weak one below a share of a half."""
    prompts = prompts_of(400)
    weak = [float(i < 200) for i in range(400)]
    quality = np.column_stack([np.ones(400), weak])
    cost = np.tile([0.01, 0.001], (400, 1))
    return OutcomeTable(prompts, ["large", "small"], quality, cost)


def parts(found, table, seed=0):
    """Return the rows of both parts, as documented: a random half of the groups fits."""
    n = len(table)
    first = np.zeros(n, dtype=bool)
    first[np.random.default_rng(seed).permutation(n)[: round(n / 2)]] = True
    assert found.n_fit == first.sum()
    return np.flatnonzero(first), np.flatnonzero(~first)


def test_a_floor_gets_the_cheapest_setting_that_reaches_it(two):
    found = calibrate(Told().fit(), two, "quality>=0.8")
    assert (found.setting, found.strong) == ("threshold", "large")
    fit, report = parts(found, two)
    # Weak are wrong from 1/2 on: a threshold t above 1/2 loses the prompts between 1/2 and t, and
    # a fifth of the 200 that fit, 40 of them, may be lost.
    lost = (fit >= 200) & (fit < found.value * 400 - 0.5)
    assert lost.sum() == 40 and found.fitted == pytest.approx(0.8)
    said = found.router.predict([two.prompts[i] for i in report])
    right = two.quality[report, np.where(said == "large", 0, 1)]
    assert found.reported == pytest.approx(right.mean())
    row = found.to_frame().loc["strong_share"]
    assert row["reported"] == pytest.approx((said == "large").mean())
    usd = 0.001 + 0.009 * row["reported"]  # 0.01 for the strong, 0.001 for the others
    assert found.figures.loc["usd_per_prompt", "reported"] == pytest.approx(usd)


def test_the_curve_is_what_the_router_does_at_each_of_its_settings(two):
    found = calibrate(Told().fit(), two, "quality>=0.8")
    fit, _ = parts(found, two)
    assert found.curve["value"].iloc[[0, -1]].tolist() == [0.0, 2.0]
    assert len(found.curve) == 201  # all strong, and one less of 200 at a time
    for row in (0, 7, 100, 200):
        at = found.curve.iloc[row]
        router = StrongThreshold.of_fitted(Told().fit(), "large", at["value"])
        said = router.predict([two.prompts[i] for i in fit])
        quality = two.quality[fit, np.where(said == "large", 0, 1)].mean()
        assert at["quality"] == pytest.approx(quality)
        assert at["strong_share"] == pytest.approx((said == "large").mean())


def test_a_share_is_fitted_to_the_prompt(two):
    found = calibrate(Told().fit(), two, "strong_share=0.3")
    assert found.fitted == pytest.approx(0.3)  # 60 of the 200 that fit
    assert found.met is True and found.low <= found.reported <= found.high
    assert "met: threshold = 0.7" in found.verdict


def test_the_given_router_is_not_changed_and_can_be_tuned_again(two):
    router = Told().fit()
    before = router.predict(two.prompts).tolist()
    found = calibrate(router, two, "strong_share=0.3")
    again = calibrate(found.router, two, "strong_share=0.3")
    assert router.predict(two.prompts).tolist() == before
    assert again.value == found.value and isinstance(again.router.router_, Told)


def test_lam_takes_the_dear_model_where_it_is_worth_most():
    # The dear model is expected to gain g on each prompt and costs 1 more: at lam it is taken
    # where g > lam. Gains are 1/2n, 3/2n, ...: three in ten have a gain above 0.7.
    prompts = [f"0.0 {p.split()[0]}" for p in prompts_of(400)]
    table = OutcomeTable(prompts, ["small", "large"], np.tile([0.0, 1.0], (400, 1)),
                         np.tile([1.0, 2.0], (400, 1)))  # fmt: skip
    router = ToldQuality([1.0, 2.0]).fit(["small", "large"])
    found = calibrate(router, table, "strong_share=0.3")
    assert found.setting == "lam" and found.value == pytest.approx(0.7, abs=0.06)
    fit, report = parts(found, table)
    assert found.fitted == pytest.approx(0.3)
    said = found.router.predict([prompts[i] for i in report])
    assert found.reported == pytest.approx((said == "large").mean())
    assert router.lam == 0.0 and found.router.lam == found.value


@pytest.mark.parametrize("seed", range(3))
def test_every_value_of_lam_on_the_curve_gives_the_routers_own_answers(seed):
    rng = np.random.default_rng(seed)
    expected = rng.integers(0, 5, (60, 4)) / 4  # with ties
    prompts = [" ".join(map(str, row)) for row in expected]
    cost = np.array([2.0, 1.0, 2.0, 0.5])  # two models cost the same
    table = OutcomeTable(prompts, list("abcd"), rng.random((60, 4)), np.tile(cost, (60, 1)))
    router = ToldQuality(cost).fit(list("abcd"))
    found = calibrate(router, table, "quality>=0.01")
    assert found.curve["usd_per_prompt"].is_monotonic_decreasing
    from routelab.evaluate._ladder import envelope
    from routelab.routers.outcome import choose

    ladder = envelope(expected, cost, choose(expected, cost))
    values = ladder.values()
    totals = ladder.totals(table.quality)
    assert len(values) == len(totals)
    for value, total in zip(values, totals, strict=True):
        own = choose(expected, cost, value)
        assert ladder.choices(value).tolist() == own.tolist()
        assert total == pytest.approx(table.quality[np.arange(60), own].sum())


def test_a_budget_on_outcomes_takes_the_best_quality_that_it_pays_for(two):
    found = calibrate(Told().fit(), two, "usd_per_day=5.5", requests_per_day=1000)
    # 1000 requests at 0.001 + 0.009 * share cost 5.5 USD at a share of 1/2; all are right then.
    # The fitting part holds a few more or less than 100 prompts above 1/2, so the quality may be
    # reached below the budget: of equal quality the cheapest is taken.
    assert found.fitted <= 5.5 + 1e-9
    best = found.curve.loc[found.curve["usd_per_day"] <= 5.5 + 1e-9]
    assert found.figures.loc["quality", "fitted"] == pytest.approx(best["quality"].max())
    with pytest.raises(InputError, match="usd_per_day on outcomes needs 'requests_per_day'"):
        calibrate(Told().fit(), two, "usd_per_day=5.5")
    unknown = OutcomeTable(two.prompts, two.models, two.quality)
    with pytest.raises(InputError, match="usd_per_day needs the cost of every model"):
        calibrate(Told().fit(), unknown, "usd_per_day=5", requests_per_day=10)


def test_a_precision_gets_the_most_answers():
    # The answer "a" is right for the surest 300 of 400; of the others, out of scope, it is wrong.
    labels = pd.DataFrame({"prompt": prompts_of(400),
                           "label": ["oos"] * 100 + ["a"] * 300})  # fmt: skip
    found = calibrate(Sure().fit(), labels, "precision>=0.9")
    assert found.setting == "abstain threshold" and found.strong is None
    fit, report = parts(found, labels)
    served = fit[(fit + 0.5) / 400 >= found.value]
    right = (served >= 100).mean()
    assert right >= 0.9 == pytest.approx(found.fitted, abs=0.005)
    assert (np.append(served, fit[fit < served.min()].max()) >= 100).mean() < 0.9  # one more: not
    said = found.router.predict([labels["prompt"][i] for i in report])
    answered = np.array([x is not None for x in said])
    assert found.figures.loc["coverage", "reported"] == pytest.approx(answered.mean())
    assert found.reported == pytest.approx((report[answered] >= 100).mean())


def test_a_threshold_of_its_own_is_replaced_for_a_precision():
    labels = pd.DataFrame({"prompt": prompts_of(400), "label": ["oos"] * 100 + ["a"] * 300})
    one = calibrate(Sure(threshold=0.99).fit(), labels, "precision>=0.9")
    assert one.value == calibrate(Sure().fit(), labels, "precision>=0.9").value


def test_a_target_near_a_constant_setting_is_refused_with_the_number_needed(two):
    with pytest.raises(TargetRefused, match="lies inside the noise: 200 prompts know") as told:
        calibrate(Told().fit(), two, "quality>=0.98")
    # All strong are right, 0.02 away; the number is n * (h / 0.02) ** 2, twice for both halves.
    half = float(str(told.value).split("to within ")[1].split(",")[0])
    assert told.value.needed == pytest.approx(2 * 200 * (half / 0.02) ** 2, rel=0.01)
    assert f"about {told.value.needed:,} in all would" in str(told.value)
    with pytest.raises(TargetRefused, match="no number of them would") as told:
        calibrate(Told().fit(), two, "quality>=1")
    assert told.value.needed is None


def test_a_target_that_nothing_reaches_is_refused_with_the_best(two):
    with pytest.raises(TargetRefused, match=r"quality>=1.2 cannot be reached: .* gives 1 \(") as e:
        calibrate(Told().fit(), two, "quality>=1.2")
    assert e.value.needed is None
    with pytest.raises(TargetRefused, match="with its margin .1.3. cannot be reached"):
        calibrate(Told().fit(), two, "quality>=0.8", margin=0.5)
    with pytest.raises(TargetRefused, match="usd_per_day=0.1 cannot be reached"):
        calibrate(Told().fit(), two, "usd_per_day=0.1", requests_per_day=1000)
    with pytest.raises(TargetRefused, match="in all would show whether it can") as e:
        calibrate(Told().fit(), two, "quality>=1.005")
    assert e.value.needed > 400
    coarse = OutcomeTable(["0.2 x"] * 9 + [f"0.8 {i}" for i in range(40)], ["large", "small"],
                          np.ones((49, 2)))  # fmt: skip
    with pytest.raises(TargetRefused, match="strong_share=0.4 cannot be reached: the nearest"):
        calibrate(Told().fit(), coarse, "strong_share=0.4")


def test_a_target_below_everything_costs_nothing_and_says_so(two):
    found = calibrate(Told().fit(), two, "quality>=0.2")
    assert found.value == 2.0 and found.met is True
    assert found.figures.loc["strong_share", "reported"] == 0
    assert "even the most sparing setting reaches the target" in found.notes
    rich = calibrate(Told().fit(), two, "usd_per_day=99", requests_per_day=1000)
    assert rich.figures.loc["quality", "reported"] == 1
    labels = pd.DataFrame({"prompt": prompts_of(400), "label": ["a"] * 399 + ["b"]})
    easy = calibrate(Sure().fit(), labels, "precision>=0.8")
    assert easy.notes == ["the target is reached without abstaining"]
    assert easy.figures.loc["coverage", "fitted"] == 1


def test_a_margin_keeps_away_from_the_target(two):
    plain = calibrate(Told().fit(), two, "quality>=0.8")
    wide = calibrate(Told().fit(), two, "quality>=0.8", margin=0.1)
    assert plain.met is None and plain.verdict.startswith("not resolved: ")
    assert "a margin above 0.0" in plain.verdict
    assert wide.fitted == pytest.approx(0.9) and wide.met is True
    saved = calibrate(Told().fit(), two, "usd_per_day=4", margin=1, requests_per_day=1000)
    assert saved.fitted <= 3 + 1e-9 and saved.met is True


def test_equal_scores_leave_all_or_nothing():
    prompts = [f"0.5 {i}" for i in range(40)]
    table = OutcomeTable(prompts, ["large", "small"], np.tile([1.0, 0.0], (40, 1)))
    found = calibrate(Told().fit(), table, "quality>=0.6")
    assert found.curve["quality"].tolist() == [1.0, 0.0] and found.reported == 1
    same = OutcomeTable([f"0.5 0.5 {i}" for i in range(40)], ["a", "b"], np.ones((40, 2)),
                        np.ones((40, 2)))  # fmt: skip

    class Same(ToldQuality):
        def predict_quality(self, X):
            return np.ones((len(X), 2))

    with pytest.raises(InputError, match="answers alike at every setting"):
        calibrate(Same([1.0, 1.0]).fit(["a", "b"]), same, "quality>=0.6")


def test_models_that_cost_nothing_can_be_routed():
    prompts = [f"0.0 {p.split()[0]}" for p in prompts_of(100)]
    table = OutcomeTable(prompts, ["free", "paid"], np.tile([0.0, 1.0], (100, 1)),
                         np.tile([0.0, 1.0], (100, 1)))  # fmt: skip
    router = ToldQuality([0.0, 1.0]).fit(["free", "paid"])
    found = calibrate(router, table, "usd_per_day=5", requests_per_day=10)
    assert found.fitted == pytest.approx(5) and found.strong == "paid"


def test_repeated_prompts_stay_in_one_part_and_are_drawn_together(two):
    twice = two.take(np.repeat(np.arange(400), 2))
    found = calibrate(Told().fit(), twice, "quality>=0.8")
    alone = calibrate(Told().fit(), two, "quality>=0.8")
    assert (found.n_fit, found.n_report) == (400, 400)
    assert (found.value, found.reported) == (alone.value, alone.reported)
    assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.05)
    labels = pd.DataFrame({"prompt": prompts_of(400), "label": ["oos"] * 100 + ["a"] * 300,
                           "group": np.arange(400) // 4})  # fmt: skip
    grouped = calibrate(Sure().fit(), labels, "precision>=0.9")
    assert grouped.n_fit == 200


def test_prompts_without_every_outcome_are_left_out_and_counted(two):
    quality = two.quality.copy()
    quality[:10, 0] = np.nan
    cost = two.cost.copy()
    cost[20:25] = np.nan
    holes = OutcomeTable(two.prompts, two.models, quality, cost)
    found = calibrate(Told().fit(), holes, "quality>=0.8")
    assert found.n_fit + found.n_report == 390
    assert found.notes == [
        "10 prompts lack the quality of a model: left out",
        "10 costs are missing, so cost is left out",
    ]
    assert "usd_per_prompt" not in found.figures.index
    paid = calibrate(Told().fit(), holes, "usd_per_day=5.5", requests_per_day=1000)
    assert paid.n_fit + paid.n_report == 385
    assert "5 prompts lack the cost of a model: left out" in paid.notes
    bare = OutcomeTable(two.prompts, ["large", "small"],
                        np.where([[True, False]], np.nan, two.quality))  # fmt: skip
    with pytest.raises(InputError, match="no prompt has the quality and cost of every model"):
        calibrate(Told().fit(), bare, "quality>=0.8")


def test_too_few_prompts_are_refused(two):
    with pytest.raises(InputError, match="at least 7 different prompts or groups, got 0 to fit"):
        calibrate(Told().fit(), two.take([0]), "quality>=0.8")
    with pytest.raises(InputError, match="got 6 to fit on and 6"):
        calibrate(Told().fit(), two.take(range(12)), "quality>=0.8")


def test_nothing_served_in_the_report_is_not_resolved():
    from routelab.evaluate._estimates import Estimate, ratios
    from routelab.evaluate._targets import Target, is_met

    (nothing,) = ratios(np.zeros((9, 1)), np.zeros((9, 1)), [0], 100, 0)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
    assert is_met(Target("precision", 0.9), Estimate(0.9, 0.8, 1.0), nothing) is None


@pytest.mark.parametrize(
    ("low", "high", "met"), [(0.8, 0.9, True), (0.6, 0.7, False), (0.7, 0.9, None)]
)
def test_a_floor_is_met_by_the_whole_interval(low, high, met):
    from routelab.evaluate._estimates import Estimate
    from routelab.evaluate._targets import Target, is_met

    reported = Estimate((low + high) / 2, low, high)
    assert is_met(Target("quality", 0.8), reported, reported) is met
    turned = Estimate(-reported.value, -high, -low)
    assert is_met(Target("usd_per_day", -0.8), turned, turned) is met


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("speed=3", "there is no target 'speed'"),
        ("qualty>=0.9", "did you mean 'quality'"),
        ("quality=0.9", "quality takes '>=', got '='"),
        ("usd_per_day<=25", "usd_per_day takes '=', got '<='"),
        ("quality>=high", "quality needs a number, got 'high'"),
        ("quality>=nan", "quality needs a number, got 'nan'"),
        ("precision>=95", "precision must be above 0 and at most 1, got 95"),
        ("usd_per_day=0", "usd_per_day must be above 0, got 0"),
        ("quality", "a target is a name, an operator and a number"),
        (0.9, "a target is a name, an operator and a number .*, got 0.9"),
    ],
)
def test_a_wrong_target_says_what_is_allowed(two, text, match):
    with pytest.raises(InputError, match=match):
        calibrate(Told().fit(), two, text)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"share": 1.0}, "'share' must lie between 0 and 1, got 1.0"),
        ({"margin": -1}, "'margin' must be a number of at least 0, got -1"),
        ({"requests_per_day": 0}, "'requests_per_day' must be above 0, got 0"),
        ({"strong": "larg"}, "large, small; got 'larg' .did you mean 'large'"),
        ({"models": {"lage": "x"}}, "'models' names 'lage', which is no answer of the router"),
        ({"models": {"large": "smal"}}, "no model 'smal' .did you mean 'small'.*name it in"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(two, options, match):
    with pytest.raises(InputError, match=match):
        calibrate(Told().fit(), two, "quality>=0.8", **options)
    with pytest.raises(InputError, match="a share has no safe side"):
        calibrate(Told().fit(), two, "strong_share=0.3", margin=0.1)


def test_data_that_cannot_tell_the_target_say_what_can(two):
    labels = pd.DataFrame({"prompt": prompts_of(20), "label": ["a"] * 20})
    for data, target, match in [
        (two, "precision>=0.9", "cannot be read off outcomes: it needs labels"),
        (labels, "quality>=0.9", "cannot be read off labels: it needs outcomes"),
        (labels[["prompt"]], "precision>=0.9", "cannot be read off prompts: it needs labels"),
        (labels, "usd_per_day=3", "it needs traffic or outcomes; labels serve precision and"),
        (labels[["label"]], "precision>=0.9", "data has no column 'prompt', only label"),
        (labels.assign(label=None), "precision>=0.9", "the label of row 0 is missing"),
        ([1, 2], "quality>=0.9", "an OutcomeTable, a frame of traffic or a frame of labels, got"),
    ]:
        with pytest.raises(InputError, match=match):
            calibrate(Told().fit(), data, target)


def test_a_router_without_a_setting_is_refused(two):
    prompts = [f"{('sort a list', 'write a poem')[i % 2]} {i}" for i in range(60)]
    models = ["small", "large"] * 30
    table = OutcomeTable(prompts, ["small", "large"], np.tile([[1.0, 0.0], [0.0, 1.0]], (30, 1)),
                         np.tile([1.0, 2.0], (60, 1)))  # fmt: skip
    with pytest.raises(InputError, match="is not fitted: calibration tunes a fitted router"):
        calibrate(make_router("knn"), two, "quality>=0.8")
    with pytest.raises(InputError, match="a router is an estimator with predict, got int"):
        calibrate(3, two, "quality>=0.8")
    bandit = make_router("linucb").fit(prompts, table)
    with pytest.raises(InputError, match="LinUCBRouter has no setting to tune: its lam follows"):
        calibrate(bandit, table, "quality>=0.8")
    checked = make_router("cascade", verifier=rl.routers.Verifier(0.1, 0.1)).fit(prompts, table)
    with pytest.raises(InputError, match="CascadeRouter has no setting to tune: its verifier"):
        calibrate(checked, table, "quality>=0.8")
    routes = RouteThresholds(make_router("centroid"), cv=2, least=5).fit(prompts, models)
    with pytest.raises(InputError, match="RouteThresholds has fitted its thresholds"):
        calibrate(routes, table, "strong_share=0.5")
    shy = make_router("centroid", threshold=0.3).fit(prompts, models)
    with pytest.raises(InputError, match="CentroidHead abstains below threshold=0.3"):
        calibrate(shy, table, "strong_share=0.5")
    levels = make_router("litellm-heuristic-v2").fit(prompts, ["SIMPLE", "REASONING"] * 30)
    with pytest.raises(TargetRefused, match="strong_share=0.5 cannot be reached"):
        calibrate(levels, pd.DataFrame({"prompt": prompts}), "strong_share=0.5")  # hard shares
    labels = pd.DataFrame({"prompt": prompts, "label": models})
    plain = make_router("linear").fit(prompts, models)
    with pytest.raises(InputError, match="LogisticHead has no threshold on how sure it is"):
        calibrate(plain, labels, "precision>=0.9")
    costless = make_router("outcome-knn").fit(prompts, table.quality)
    with pytest.raises(InputError, match="'lam' weighs cost, but the router knows none of '0'"):
        calibrate(costless, OutcomeTable(prompts, ["0", "1"], table.quality), "strong_share=0.5")

    class Mute(BaseEstimator):
        def fit(self):
            self.fitted_ = True
            return self

        def predict(self, X):
            return X

    with pytest.raises(InputError, match="Mute has no setting to tune: it gives neither"):
        calibrate(Mute().fit(), two, "quality>=0.8")


def test_the_strong_answer_is_the_dearest_or_the_best_or_the_highest(two):
    dear = OutcomeTable(two.prompts, two.models, two.quality, two.cost[:, ::-1])
    assert calibrate(Told().fit(), dear, "strong_share=0.3").strong == "small"
    free = OutcomeTable(two.prompts, two.models, two.quality)
    assert calibrate(Told().fit(), free, "strong_share=0.3").strong == "large"
    only = pd.DataFrame({"prompt": prompts_of(400)})
    levels = Told(("high", "medium", "low")).fit()
    found = calibrate(levels, only, "strong_share=0.3")
    assert found.strong == "high"
    said = found.router.predict(only["prompt"].tolist())
    assert set(said) == {"high", "medium"}  # below the threshold the best of the others
    with pytest.raises(InputError, match="which answer is the strong one. Name it"):
        calibrate(Told(("x", "y")).fit(), only, "strong_share=0.3")


def test_the_last_cut_of_cost_thresholds_is_tuned():
    frame = load_prompts()
    levels = ["low", "medium", "high"]
    costs = serving_costs([0.001, 0.004, 0.02], underserved=0.01)
    router = CostThresholds(make_router("complexity"), costs, levels=levels, cv=2)
    router = router.fit(frame["prompt"][::2].tolist(), frame["complexity"][::2].tolist())
    asked = pd.DataFrame({"prompt": frame["prompt"][1::2].tolist()})
    before = router.cuts_.copy()
    for share in (0.2, 0.9):  # the second lies below the lower cut
        found = calibrate(router, asked, f"strong_share={share}")
        assert (found.setting, found.strong, found.met) == ("last cut", "high", True)
        assert found.router.cuts_[-1] == found.value
        assert (np.diff(found.router.cuts_) >= 0).all()
        said = found.router.predict(asked["prompt"].tolist())
        overall = (found.n_fit * found.fitted + found.n_report * found.reported) / len(asked)
        assert (said == "high").mean() == pytest.approx(overall)
    assert (router.cuts_ == before).all()
    with pytest.raises(InputError, match="the last cut of CostThresholds is that of its top tier"):
        calibrate(router, asked, "strong_share=0.3", strong="low")


def test_a_cascade_pays_every_call_up_to_its_stop():
    rng = np.random.default_rng(0)
    prompts = [f"{'hard' if i % 2 else 'easy'} question {i}" for i in range(300)]
    right = np.column_stack([np.arange(300) % 2 == 0, np.ones(300)]) * (rng.random((300, 2)) < 0.9)
    table = OutcomeTable(prompts, ["small", "large"], right, np.tile([0.001, 0.01], (300, 1)))
    router = make_router("cascade", chain=["small", "large"]).fit(prompts[:100], table.take(range(100)))  # fmt: skip  # noqa: E501
    rest = table.take(range(100, 300))
    found = calibrate(router, rest, "strong_share=0.25")
    play = found.router.play(rest)
    n, figures = len(rest), found.figures
    for name, values in (("quality", play.quality), ("usd_per_prompt", play.cost)):
        both = (
            found.n_fit * figures.loc[name, "fitted"]
            + found.n_report * figures.loc[name, "reported"]
        )  # noqa: E501
        assert both / n == pytest.approx(values.mean())


def hours(n, per_hour, start="2026-01-05T00:00Z"):
    """Traffic of n hours with as many requests each, shares spread alike over the prompts."""
    stamps = pd.date_range(start, periods=n * per_hour, freq=pd.Timedelta(hours=1) / per_hour)
    rng = np.random.default_rng(1)
    return pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100,
                         "prompt": [f"{x:.4f} p" for x in rng.random(len(stamps))]})  # fmt: skip


def test_a_budget_on_traffic_is_priced_by_the_logged_tokens():
    catalog = rl.Catalog([rl.Model("big", "x", 10.0, 10.0), rl.Model("tiny", "x", 1.0, 1.0)])
    names = {"large": "big", "small": "tiny"}
    traffic = hours(24 * 20, 5)
    # 120 requests a day of 1100 tokens: 1.32 USD on big, 0.132 on tiny. 0.66 USD a day pay for
    # a share s of big with 0.132 + 1.188 s = 0.66, s = 4/9.
    found = calibrate(Told().fit(), traffic, "usd_per_day=0.66", models=names, catalog=catalog)
    assert (found.unit, found.setting, found.strong) == ("days", "threshold", "large")
    assert found.notes == ["the earlier 10 days fit, the later 10 report"]
    assert found.fitted <= 0.66
    assert found.fitted == pytest.approx(0.66, abs=0.001)
    assert found.figures.loc["strong_share", "fitted"] == pytest.approx(4 / 9, abs=0.01)
    assert found.low < 0.66 < found.high and found.value == pytest.approx(5 / 9, abs=0.05)
    assert found.figures.loc["usd_per_prompt", "reported"] * 120 == pytest.approx(
        found.reported, rel=0.001
    )


def test_days_without_a_request_cost_nothing_but_count():
    catalog = rl.Catalog([rl.Model("big", "x", 10.0, 10.0), rl.Model("tiny", "x", 1.0, 1.0)])
    traffic = hours(24 * 20, 5)
    day = traffic["timestamp"].dt.day_of_year
    gaps = traffic[~day.isin([7, 9, 17, 19])]  # two of each ten days
    options = {"models": {"large": "big", "small": "tiny"}, "catalog": catalog}
    found = calibrate(Told().fit(), gaps, "usd_per_day=0.5", **options)
    assert found.notes == ["the earlier 10 days fit, the later 10 report"]
    # eight days of 120 requests over ten days are 96 a day: 0.1056 + 0.9504 s = 0.5, s = 0.415
    assert found.figures.loc["strong_share", "fitted"] == pytest.approx(0.415, abs=0.01)


@pytest.mark.parametrize(
    ("n", "per_hour", "unit"), [(24 * 14, 2, "days"), (30, 9, "hours"), (1, 60, "minutes")]
)
def test_the_unit_is_the_longest_of_which_there_are_enough(n, per_hour, unit):
    found = calibrate(Told().fit(), hours(n, per_hour), "strong_share=0.4", strong="large")
    assert found.unit == unit
    assert any("what differs by day or week" in note for note in found.notes) == (unit != "days")


def test_traffic_that_cannot_be_priced_or_split_says_so():
    traffic = hours(30, 9)
    with pytest.raises(InputError, match="catalog has no model 'large'"):
        calibrate(Told().fit(), traffic, "usd_per_day=1")
    with pytest.raises(InputError, match="no request of the traffic has a prompt"):
        calibrate(Told().fit(), traffic.assign(prompt=None), "strong_share=0.3", strong="large")
    with pytest.raises(InputError, match="at least 7 minutes of traffic, got"):
        calibrate(Told().fit(), traffic[:2], "strong_share=0.3", strong="large")
    holes = traffic.astype({"output_tokens": "Int64"})
    holes.loc[[0, 1], "prompt"] = None
    holes.loc[[2, 3, 4], "output_tokens"] = None
    names = {"large": "gpt-4o", "small": "gpt-4o-mini"}
    found = calibrate(Told().fit(), holes, "usd_per_day=0.5", models=names)
    assert found.n_fit + found.n_report == len(traffic) - 5
    assert "2 of 270 requests have no prompt: left out" in found.notes
    assert "3 requests have no token counts: left out" in found.notes


def test_the_result_is_told_as_text_html_and_json(two):
    names = {"large": "<b>", "small": "small"}
    table = OutcomeTable(two.prompts, ["<b>", "small"], two.quality, two.cost)
    router = Told(("<b>", "small")).fit()
    found = calibrate(router, table, "strong_share=0.3")
    assert calibrate(Told().fit(), table, "strong_share=0.3", models=names).value == found.value
    text = str(found)
    assert text.splitlines()[0].split() == ["fitted", "reported", "low", "high"]
    assert found.verdict in text
    page = found._repr_html_()
    assert "<table>" in page and "<b>" not in page
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["met"] is True and plain["strong"] == "<b>"
    assert plain["figures"]["strong_share"]["fitted"] == pytest.approx(0.3)
    assert found.to_frame().equals(found.figures)
    nothing = rl.Calibration(**{**found.__dict__, "reported": np.nan, "met": None,
                                "figures": found.figures * np.nan})  # fmt: skip
    assert "nothing to count" in str(nothing)
    assert nothing.to_dict()["figures"]["strong_share"]["low"] is None


def test_a_tuned_router_comes_back_from_its_bundle(two, tmp_path):
    prompts = ["sort a list", "write a poem", "a poem", "list files"]
    router = make_router("centroid").fit(prompts, ["small", "large", "large", "small"])
    tuned = StrongThreshold.of_fitted(router, "large", 0.7)
    path = rl.save_bundle(tmp_path / "tuned.zip", router=tuned)
    loaded = rl.load_bundle(path).router
    assert loaded.predict(prompts).tolist() == tuned.predict(prompts).tolist()
    assert loaded.threshold == 0.7


def test_same_seed_same_calibration(two):
    one, other = (calibrate(Told().fit(), two, "quality>=0.8", seed=3) for _ in range(2))
    assert one.to_dict() == other.to_dict()


def test_the_interval_holds_the_truth_as_often_as_it_says():
    # Both models' chances are known: weak 0.4 + 0.2 s, strong 0.7 + 0.2 s at score s in (0, 1).
    # At a threshold t the true quality of new prompts is 0.4 + 0.1 + 0.3 * (1 - t) = 0.8 - 0.3 t.
    rng = np.random.default_rng(0)
    held, met, runs, n = 0, 0, 300, 120
    for run in range(runs):
        score = rng.random(n)
        chance = np.column_stack([0.7 + 0.2 * score, 0.4 + 0.2 * score])
        table = OutcomeTable([f"{s:.9f} x" for s in score], ["large", "small"],
                             (rng.random((n, 2)) < chance).astype(float))  # fmt: skip
        found = calibrate(Told().fit(), table, "strong_share=0.5", seed=run, n_boot=400)
        held += found.figures.loc["quality", "low"] <= 0.8 - 0.3 * found.value
        held += found.figures.loc["quality", "high"] >= 0.8 - 0.3 * found.value
        met += bool(found.met)
    missed = (2 * runs - held) / runs
    # 5 % of 300 are 15 with a standard deviation of 3.8: from 1 % to 9 % is three of them.
    assert 0.01 <= missed <= 0.09
    # The share is fitted to 0.5, so that it is met but for chance: 5 % again.
    assert 0.01 <= 1 - met / runs <= 0.09


def test_the_interval_of_few_days_holds_the_truth_too():
    from routelab.evaluate._estimates import ratios

    rng = np.random.default_rng(0)
    spend = rng.gamma(20, 1 / 20, (400, 7))  # true mean 1 USD a day, seven days
    missed = 0
    for week in spend:
        (found,) = ratios(week[:, None], np.ones((7, 1)), [0], 1000, 0)
        missed += not found.low <= 1 <= found.high
    # 5 % of 400 are 20 with a standard deviation of 4.4; a plain percentile interval misses 12 %.
    assert missed <= 34


def test_alike_answers_do_not_make_an_interval_of_no_width():
    from routelab.evaluate._estimates import ratios

    (found,) = ratios(np.ones((20, 1)), np.ones((20, 1)), [20], 500, 0)
    # Wilson at 20 of 20: 20 / (20 + 1.96 ** 2) = 0.839
    assert found.low == pytest.approx(0.839, abs=0.001) and found.high == 1


def half(table, seed=0, share=0.5):
    rows = np.random.default_rng(seed).permutation(len(table))
    cut = int(share * len(table))
    return table.take(rows[:cut]), table.take(rows[cut:])


def test_gsm8k_shares_and_floors(data):
    table = rl.read_outcomes(data / "routellm" / "gsm8k" / "gsm8k_responses.csv")
    learn, ask = half(table, share=0.4)
    best = np.array(table.models)[np.asarray(learn.quality).argmax(axis=1)]  # ties: the first, weak
    router = make_router("linear").fit(learn.prompts, best)
    found = calibrate(router, ask, "strong_share=0.3")
    assert found.strong == "gpt-4-1106-preview"
    assert found.fitted == pytest.approx(0.3, abs=0.002)
    splits = [calibrate(router, ask, "strong_share=0.3", seed=s, n_boot=300) for s in range(10)]
    assert sum(bool(one.met) for one in splits) >= 7  # one in twenty misses by chance
    with pytest.raises(TargetRefused, match="quality>=0.97 cannot be reached"):
        calibrate(router, ask, "quality>=0.97")
    strong = ask.mean_quality()["gpt-4-1106-preview"]
    with pytest.raises(TargetRefused, match="inside the noise|cannot be reached") as told:
        calibrate(router, ask, f"quality>={strong - 0.002:.4f}")
    assert told.value.needed is None or told.value.needed > 10 * len(ask)
    floor = calibrate(router, ask, "quality>=0.7", margin=0.06)
    assert floor.met is True and floor.figures.loc["strong_share", "reported"] < 0.75


def test_nine_models_share_the_dearest(data):
    table = rl.read_outcomes(data / "llmrouter_9models" / "outcomes_train.json").take(range(2000))
    listed = json.loads((data / "llmrouter_9models" / "candidates.json").read_text())
    prices = {name: entry["input_price"] * 1e-6 * 300 for name, entry in listed.items()}
    learn, ask = half(table.with_costs({m: prices[m] for m in table.models}))
    router = make_router("outcome-linear").fit(learn.prompts, learn)
    found = calibrate(router, ask, "strong_share=0.15")
    dear = max(table.models, key=prices.get)
    assert found.setting == "lam" and prices[found.strong] == prices[dear]
    said = found.router.predict(ask.prompts)
    columns = [ask.models.index(name) for name in said]
    mean = ask.quality[np.arange(len(ask)), columns].mean()
    row = found.figures.loc["quality"]
    parted = (found.n_fit * row["fitted"] + found.n_report * row["reported"]) / len(ask)
    assert parted == pytest.approx(mean) and found.met is True
    with pytest.raises(TargetRefused, match="inside the noise|cannot be reached") as told:
        calibrate(router, ask, "quality>=0.52")  # hardly worse than the router without a lam
    assert told.value.needed > len(ask)


def test_routerbench_stays_within_a_budget(data):
    table = rl.read_outcomes(data / "routerbench")
    table = table.take(np.flatnonzero(np.isfinite(table.quality).all(axis=1)))
    learn, ask = half(table)
    router = make_router("outcome-linear").fit(learn.prompts, learn)
    found = calibrate(router, ask, "usd_per_day=20", requests_per_day=10_000, margin=3)
    assert found.fitted <= 17 + 1e-6 and found.met is True
    cheapest = ask.quality[:, np.asarray(ask.cost).mean(axis=0).argmin()].mean()
    assert found.figures.loc["quality", "low"] > cheapest


@pytest.mark.parametrize(("kind", "floor"), [("centroid", 0.85), ("semantic-router-rule", 0.75)])
def test_clinc_reaches_a_precision_among_what_is_out_of_scope(data, kind, floor):
    labels = rl.read_labels(data / "clinc150" / "data_full.json")
    learn = labels[labels["split"] == "train"]
    learn = learn[::4]
    ask = labels[labels["split"].isin(["val", "oos_test"])][::2]
    router = make_router(kind).fit(learn["prompt"].tolist(), learn["label"].tolist())
    plain = (router.predict(ask["prompt"].tolist()) == ask["label"].to_numpy()).mean()
    found = calibrate(router, ask, f"precision>={floor}", margin=0.02)
    assert plain < floor - 0.05 and found.fitted >= floor + 0.02 and found.met is not False
    said = found.router.predict(ask["prompt"].tolist())
    served = np.array([x is not None for x in said])
    coverage = found.figures.loc["coverage"]
    overall = (found.n_fit * coverage["fitted"] + found.n_report * coverage["reported"]) / len(ask)
    assert served.mean() == pytest.approx(overall)


def test_the_bundled_week_is_priced_as_the_router_decides():
    frame, traffic = load_prompts(), load_traffic()
    router = make_router("complexity").fit(frame["prompt"], frame["complexity"])
    names = {"high": "gpt-4o", "medium": "gpt-4o-mini", "low": "gpt-4o-mini"}
    found = calibrate(router, traffic, "usd_per_day=25", models=names)
    assert found.strong == "high" and found.unit == "hours"
    later = traffic.iloc[found.n_fit :]
    said = found.router.predict(later["prompt"].tolist())
    catalog = rl.Catalog.bundled()
    tokens = [later[c].to_numpy(float) for c in ("input_tokens", "output_tokens",
                                                 "cached_input_tokens")]  # fmt: skip
    usd = np.where(said == "high", catalog.cost("gpt-4o", *tokens),
                   catalog.cost("gpt-4o-mini", *tokens)).sum()  # fmt: skip
    cut = later["timestamp"].iloc[0].floor("h")
    days = (later["timestamp"].iloc[-1] - cut) / pd.Timedelta(days=1)
    assert found.reported == pytest.approx(usd / days)


def test_real_arrivals_and_tokens_are_priced_per_day(data):
    log = rl.read_log(data / "trace_ragpulse").frame
    # The trace holds no text: each request gets a prompt of the bundled set, by a fixed draw.
    texts = load_prompts()
    rng = np.random.default_rng(0)
    log = log.assign(prompt=rng.choice(texts["prompt"].to_numpy(object), len(log)))
    router = make_router("complexity").fit(texts["prompt"], texts["complexity"])
    names = {"high": "gpt-4o", "medium": "gpt-4o-mini", "low": "gpt-4o-mini"}
    dear = calibrate(router, log, "strong_share=0.5", models=names, catalog=rl.Catalog.bundled())
    budget = dear.figures.loc["usd_per_day", "fitted"]
    found = calibrate(router, log, f"usd_per_day={budget:.9g}", models=names)
    assert found.fitted == pytest.approx(budget, rel=0.02) and found.fitted <= budget * (1 + 1e-6)
    assert found.value == pytest.approx(dear.value, rel=0.1) and found.unit == "hours"
    assert found.low <= found.reported <= found.high
