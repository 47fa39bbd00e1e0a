"""Comparisons: who is asked what, what is noted, what the verdict says."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from routelab import InputError, OutcomeTable, make_router, read_labels, read_outcomes
from routelab.encoders import PromptEncoder
from routelab.evaluate import CONTROLS, Comparison, compare
from routelab.evaluate._split import assign_folds, rounds
from routelab.routers import Verifier

WORDS = {"code": "array stack cache debug parse", "art": "poems rhyme verse story lyric",
         "fact": "river queen capes ocean delta"}  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    rows = [
        (" ".join(rng.choice(words.split(), 3)) + f" {i}", label)
        for label, words in WORDS.items()
        for i in range(40)
    ]
    return pd.DataFrame(rows, columns=["prompt", "label"])


@pytest.fixture(scope="module")
def learnt(frame):
    return compare(["centroid", "constant"], frame, cv=3, n_boot=300)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remember what it learnt from; answer whether a prompt was among it."""

    def __init__(self, answer="code"):
        self.answer = answer

    def fit(self, X, y):
        self.seen_ = {" ".join(p.casefold().split()) for p in X}
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.array(["leak" if " ".join(p.casefold().split()) in self.seen_ else self.answer
                         for p in X])  # fmt: skip


def test_a_learnt_router_adds_value_and_a_constant_does_not(learnt):
    assert learnt.verdicts["centroid"].startswith("adds value: accuracy +0.6")
    table = learnt.table.set_index("name")
    assert table.loc["centroid", "verdict"] == "adds value"
    assert table.loc["centroid", "diff_low"] > 0
    assert table.loc["constant", "is_control"] and "constant" not in learnt.verdicts
    assert set(table.index) == {
        "centroid", "centroid, shuffled", "constant", "constant (control)", "length", "random"
    }  # fmt: skip
    slack = 1e-12  # sums in another order
    assert (table["low"] <= table["accuracy"] + slack).all()
    assert (table["accuracy"] <= table["high"] + slack).all()
    assert learnt.table["name"][0] == "centroid"


def test_every_prompt_is_asked_once_and_counted(learnt, frame):
    assert learnt.n == len(frame) == len(learnt.predictions)
    for name, counts in learnt.confusion.items():
        assert counts.to_numpy().sum() == len(frame), name
        right = (learnt.predictions[name] == frame["label"].to_numpy()).mean()
        assert learnt.table.set_index("name").loc[name, "accuracy"] == pytest.approx(right)


def test_no_router_is_asked_what_it_learnt(frame):
    doubled = pd.concat([frame, frame.assign(prompt=frame["prompt"].str.upper())])
    comparison = compare({"recorder": Recorder()}, doubled, cv=4, n_boot=50)
    assert (comparison.predictions["recorder"] == "code").all()
    assert comparison.notes[0] == "120 prompts repeat another one: same fold, drawn together"
    assert comparison.notes[1].startswith("leakage: 40 prompts nearly repeat one of another fold")


def test_near_duplicates_can_be_kept_in_one_fold(frame):
    near = pd.concat([frame, frame.assign(prompt=frame["prompt"] + "!")], ignore_index=True)
    loose = compare({"recorder": Recorder()}, near, cv=4, n_boot=50)
    assert any(note.startswith("leakage: ") for note in loose.notes)
    assert {"nearly", "no"} >= set(loose.slices.query("slice == 'seen in training'")["value"])
    kept = compare({"recorder": Recorder()}, near, cv=4, n_boot=50, groups="near")
    assert not any("leakage" in note for note in kept.notes)
    with pytest.raises(InputError, match="'groups' must be 'near' or a group per prompt, got 'n"):
        compare(["knn"], near, groups="nearly")
    with pytest.raises(InputError, match="must name the group of 240 prompts, got 2"):
        compare(["knn"], near, groups=["a", "b"])


def test_listed_prompts_are_left_out(frame):
    listed = [frame["prompt"][0], frame["prompt"][50] + "!", "not there"]
    comparison = compare(["knn"], frame, cv=2, n_boot=50, exclude=[listed])
    assert comparison.n == 118 and not set(listed) & set(comparison.prompts)
    assert "2 of 120 prompts are in the lists to exclude, 1 of them nearly" in comparison.notes[0]
    apart = compare(["knn"], frame, test=frame[:60], n_boot=50, exclude=[listed])
    assert apart.n == 58
    with pytest.raises(InputError, match="every prompt is in the lists"):
        compare(["knn"], frame[:3], exclude=[frame["prompt"].tolist()])


def test_texts_with_two_labels_are_counted(frame):
    twice = pd.concat([frame, frame[:5].assign(label="art")], ignore_index=True)
    comparison = compare(["knn"], twice, cv=2, n_boot=50)
    assert comparison.notes[0] == (
        "5 prompts repeat another one: same fold, drawn together; 5 of the texts differ in what "
        "is known of them"
    )


def test_picking_the_best_of_many_is_said(frame):
    noisy = frame.assign(label=np.random.default_rng(0).permutation(frame["label"]))
    comparison = compare(["knn", "centroid", "linear"], noisy, cv=3, n_boot=300)
    assert any(note.startswith("whoever picks the best of 3 routers") for note in comparison.notes)


def test_groups_stay_in_one_fold(frame):
    class Grouped(Recorder):
        def fit(self, X, y):
            super().fit(X, y)
            self.groups_ = {p.split()[-1] for p in X}
            return self

        def predict(self, X):
            return np.array(["leak" if p.split()[-1] in self.groups_ else "code" for p in X])

    grouped = frame.assign(group=frame["prompt"].str.split().str[-1])
    comparison = compare({"grouped": Grouped()}, grouped, cv=4, n_boot=50)
    assert (comparison.predictions["grouped"] == "code").all()


def test_given_routers_are_not_changed(frame):
    router = make_router("centroid").fit(frame["prompt"][:60], frame["label"][:60])
    before = router.predict(frame["prompt"]).tolist()
    compare({"mine": router}, frame, cv=2, n_boot=50)
    assert router.predict(frame["prompt"]).tolist() == before


def test_fitted_routers_can_be_asked_as_they_are(frame):
    router = Recorder().fit(frame["prompt"], frame["label"])
    comparison = compare({"mine": router}, frame, refit=False, n_boot=50)
    assert (comparison.predictions["mine"] == "leak").all()
    with pytest.raises(InputError, match="router 'new' is not fitted"):
        compare({"new": make_router("knn")}, frame, refit=False, n_boot=50)


def test_a_named_part_is_held_out(frame):
    parts = np.resize(["train", "train", "val", "test"], len(frame))
    comparison = compare(["knn"], frame.assign(split=parts), test="test", n_boot=50)
    apart = compare(["knn"], frame[parts == "train"], test=frame[parts == "test"], n_boot=50)
    pd.testing.assert_frame_equal(comparison.table, apart.table)
    two = frame.assign(split=np.where(parts == "val", "held", "rest"))
    assert compare(["knn"], two, test="held", n_boot=50).n == (parts == "val").sum()
    with pytest.raises(InputError, match="no part 'final' to hold out: the column 'split' has"):
        compare(["knn"], two, test="final")
    with pytest.raises(InputError, match="test='test' names a part, but the data has no column"):
        compare(["knn"], frame, test="test")


def test_leakage_into_the_test_set_is_counted(frame):
    test = pd.concat([frame[:3], pd.DataFrame({"prompt": ["new one"], "label": ["unseen"]})])
    comparison = compare(["knn"], frame[:110], test=test, n_boot=50)
    assert comparison.n == 4
    assert "leakage: 3 of 4 test prompts are in the training data" in comparison.notes
    assert "1 test labels are not in the training data: 'unseen'..." in comparison.notes


def test_a_router_of_other_labels_is_noted(frame):
    comparison = compare(["keyword"], frame, cv=2, n_boot=50)
    assert any("keyword never answers with a label of this data" in n for n in comparison.notes)
    assert comparison.verdicts["keyword"].startswith("adds nothing")


def test_levels_bring_their_metrics():
    rng = np.random.default_rng(0)
    levels = rng.choice(["low", "medium", "high"], 60)
    frame = pd.DataFrame({"prompt": [f"{x} {i}" for i, x in enumerate(levels)], "label": levels})
    comparison = compare(["complexity"], frame, cv=2, n_boot=50)
    row = comparison.table.set_index("name").loc["complexity"]
    assert row["spearman"] == pytest.approx(1) and row["within_one"] == 1
    assert comparison.confusion["complexity"].index.tolist() == ["low", "medium", "high"]


def test_abstaining_is_reported(frame):
    router = make_router("centroid", threshold=2.0)
    comparison = compare({"shy": router}, frame, cv=2, n_boot=50)
    row = comparison.table.set_index("name").loc["shy"]
    assert row["abstained"] == 1 and row["accuracy"] == 0
    assert comparison.predictions["shy"].isna().all()


def test_progress_counts_to_the_end(frame):
    calls = []
    compare(["centroid"], frame, cv=2, n_boot=50, progress=lambda *call: calls.append(call))
    total = 2 * (1 + len(CONTROLS.names()))
    assert calls[0] == (0, total, "centroid") and calls[-1][:2] == (total, total)


def test_same_seed_same_comparison(frame):
    one, two = (compare(["centroid"], frame, cv=2, n_boot=80, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table)


def test_equal_encoders_are_run_once(frame):
    class Counted(PromptEncoder):
        learns = False
        asked = 0

        def __init__(self, width=2):
            self.width = width

        def transform(self, X):
            prompts = list(X)
            Counted.asked += len(prompts)
            return np.array([[len(p), 1.0] for p in prompts], dtype=np.float32)

    Counted.__module__ = __name__
    globals()["Counted"] = Counted
    Counted.__qualname__ = "Counted"
    routers = {k: make_router(k, encoder=Counted()) for k in ("centroid", "knn")}
    compare(routers, frame, cv=3, n_boot=50)
    assert Counted.asked == len(frame)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(label="x"), "at least two classes, got only 'x'"),
        (lambda f: f[:1], "at least two prompts, got 1"),
        (lambda f: f[:0], "at least two prompts, got 0"),
        (lambda f: f.drop(columns="label"), "data has no column 'label', only prompt"),
        (lambda f: f.assign(label=[None, *f["label"][1:]]), "the label of row 0 is missing"),
        (lambda f: f.iloc[[0, 40]], "5 folds need at least 5 different prompts"),
        (lambda f: [1, 2], "data must be a frame of labels or an OutcomeTable, got list"),
    ],
)
def test_unusable_data_is_refused(frame, change, message):
    with pytest.raises(InputError, match=message):
        compare(["centroid"], change(frame))


@pytest.mark.parametrize(
    ("routers", "options", "message"),
    [
        ([], {}, "name at least one router"),
        ("centroyd", {}, "unknown router kind"),
        ({"x": 3}, {}, "router 'x' is no estimator, got int"),
        (["knn"], {"cv": 1}, "'cv' must be a whole number of at least 2, got 1"),
        (["outcome-knn"], {"cv": 2}, "router 'outcome-knn' cannot be fitted"),
        (["knn"], {"test": 3}, "test must hold labels too"),
        (["knn"], {"test": pd.DataFrame({"prompt": [], "label": []})}, "test holds no prompt"),
    ],
)
def test_unusable_requests_are_refused(frame, routers, options, message):
    with pytest.raises(InputError, match=message):
        compare(routers, frame, n_boot=50, **options)


def test_folds_are_even_within_labels():
    labels = ["a"] * 10 + ["b"] * 7 + ["c"]
    folds = assign_folds(labels, np.arange(18), 5, seed=1)
    assert sorted(np.bincount(folds[:10])) == [2] * 5
    assert set(np.bincount(folds[10:17], minlength=5)) == {1, 2}
    assert sum(len(asked) for _, asked in rounds(folds)) == 18


# --- outcomes -----------------------------------------------------------------------------------


def outcomes(n=300, models=("weak", "strong"), cost=(0.001, 0.02), seed=0):
    """Half of the prompts say "proof", and only the last model answers those."""
    rng = np.random.default_rng(seed)
    hard = rng.random(n) < 0.5
    prompts = [f"{'proof' if h else 'hello'} {i} {rng.integers(1000)}" for i, h in enumerate(hard)]
    quality = np.tile((~hard).astype(float)[:, None], (1, len(models)))
    quality[:, -1] = 1.0
    price = np.full(quality.shape, np.nan) if cost is None else np.tile(cost, (n, 1))
    return OutcomeTable(prompts, list(models), quality, price)


@pytest.fixture(scope="module")
def routed():
    return compare(["outcome-knn", "outcome-linear", "linear"], outcomes(), cv=3, n_boot=300)


def test_two_models_are_judged_by_apgr(routed):
    table = routed.table.set_index("name")
    # 46 % of the prompts need the strong model: a perfect order has gained all by then
    assert table.loc["oracle", "apgr"] == pytest.approx(0.77, abs=0.01)
    for name in ("outcome-knn", "outcome-linear", "linear"):
        assert table.loc[name, "apgr"] == pytest.approx(table.loc["oracle", "apgr"], abs=0.01)
        assert routed.verdicts[name].startswith("adds value: APGR +0.2")
    assert table.loc["random", "apgr"] == pytest.approx(0.5)


def test_outcome_controls_are_shown(routed):
    table = routed.table.set_index("name")
    for name in ("always weak", "always strong", "best single", "random", "length", "oracle",
                 "linear, shuffled"):  # fmt: skip
        assert table.loc[name, "is_control"]
    assert table.loc["always strong", "quality"] == 1 and table.loc[
        "always strong", "cost"
    ] == pytest.approx(0.02)
    assert table.loc["linear", "cost"] == pytest.approx(table.loc["linear, shuffled", "cost"])
    assert table.loc["linear", "quality"] > table.loc["linear, shuffled", "quality"] + 0.1


def test_deferral_curves_run_from_weak_to_strong(routed):
    assert set(routed.curves) >= {"outcome-knn", "length", "random", "oracle"}
    for curve in routed.curves.values():
        assert curve["cost"].tolist() == pytest.approx(np.linspace(0, 1, 11).tolist())
        assert curve["quality"].iloc[-1] == pytest.approx(1.0)
        assert (curve["low"] <= curve["quality"] + 1e-12).all()


def test_many_models_are_judged_at_their_own_cost():
    table = outcomes(models=("tiny", "small", "large"), cost=(0.0005, 0.001, 0.02))
    routers = {"frugal": make_router("outcome-knn", lam=1.0, k=20)}
    comparison = compare(routers, table, cv=3, n_boot=300)
    row = comparison.table.set_index("name").loc["frugal"]
    assert row["cost"] < 0.013 and row["quality"] > 0.95
    assert comparison.verdicts["frugal"].startswith("adds value: quality at its cost +0.")
    assert row["aiq"] > comparison.table.set_index("name").loc["best single", "aiq"]
    assert "mix of single models" in comparison.curves and "frugal" in comparison.curves


PERFECT = Verifier(false_accept=0.0, false_reject=0.0)


@pytest.mark.parametrize(
    ("models", "cost"),
    [(("weak", "strong"), (0.001, 0.02)), (("tiny", "odd", "large"), (0.001, 0.02, 0.02))],
)
def test_a_cascade_is_judged_by_all_its_calls(models, cost):
    table = outcomes(models=models, cost=cost)
    routers = {"cascade": make_router("cascade", verifier=PERFECT), "knn": make_router("knn")}
    comparison = compare(routers, table, cv=3, n_boot=300)
    rows = comparison.table.set_index("name")
    hard = (table.quality[:, 0] == 0).mean()
    # The first model answers everything, the last one the hard half as well: .001 + hard * .02.
    assert rows.loc["cascade", "quality"] == 1
    assert rows.loc["cascade", "cost"] == pytest.approx(0.001 + hard * 0.02)
    # Shuffled, hard prompts go on at the rate of all: 1 - hard + hard * hard (within a fold).
    assert rows.loc["cascade, shuffled", "quality"] == pytest.approx(1 - hard + hard**2, abs=0.01)
    assert rows.loc["cascade, shuffled", "cost"] == pytest.approx(rows.loc["cascade", "cost"])
    # The mix of singles at that cost: the strong model on (cost - .001) / .019 of the prompts.
    mixed = 1 - hard * (1 - hard * 0.02 / 0.019)
    assert rows.loc["cascade", "difference"] == pytest.approx(1 - mixed, abs=1e-6)
    assert rows.loc["cascade", "best_control"] == "cascade, mix at its cost"
    assert comparison.verdicts["cascade"].startswith("adds value: quality at its cost +0.")
    assert set(comparison.predictions["cascade"]) <= set(models)
    assert "cascade" not in comparison.curves
    if len(models) == 2:
        assert np.isnan(rows.loc["cascade", "apgr"]) and np.isfinite(rows.loc["knn", "apgr"])


def test_a_bandit_is_judged_by_its_last_estimates_and_price():
    table = outcomes(600, models=("tiny", "odd", "large"), cost=(0.001, 0.02, 0.02))
    routers = {"bandit": make_router("linucb", usd_per_request=0.012)}
    comparison = compare(routers, table, cv=2, n_boot=100)
    row = comparison.table.set_index("name").loc["bandit"]
    # The hard half alone goes to the large model: .001 + half of .019.
    assert row["quality"] > 0.95 and row["cost"] < 0.0115
    assert comparison.verdicts["bandit"].startswith("adds value: quality at its cost +0.")


def test_a_cascade_that_hears_only_no_adds_nothing():
    stern = make_router("cascade", verifier=Verifier(false_accept=0.0, false_reject=1.0))
    comparison = compare({"stern": stern}, outcomes(), cv=2, n_boot=100)
    row = comparison.table.set_index("name").loc["stern"]
    assert row["cost"] == pytest.approx(0.021) and row["quality"] == 1
    assert comparison.verdicts["stern"].startswith("adds nothing: quality at its cost +0.000")


def test_a_cascade_without_costs_is_judged_on_quality():
    given = make_router("cascade", chain=["weak", "strong"], verifier=PERFECT)
    comparison = compare({"given": given}, outcomes(cost=None), cv=2, n_boot=100)
    assert "cost" not in comparison.table
    assert comparison.verdicts["given"].startswith("adds nothing: quality +0.000 over best single")


def test_unknown_costs_are_said_and_not_zero():
    table = outcomes(models=("a", "b", "c"), cost=None)
    comparison = compare(["outcome-linear"], table, cv=2, n_boot=50)
    assert "costs are unknown" in comparison.notes
    assert "cost" not in comparison.table and comparison.curves == {}
    some = outcomes(models=("a", "b", "c"), cost=(0.1, np.nan, 0.2))
    assert (
        "300 costs are missing, so cost is left out"
        in compare(["outcome-linear"], some, cv=2, n_boot=50).notes
    )


def test_incomplete_prompts_are_learnt_from_but_not_judged_on():
    full = outcomes(100)
    quality = np.array(full.quality)
    quality[:7, 0] = np.nan
    table = OutcomeTable(full.prompts, full.models, quality, full.cost)
    comparison = compare(["outcome-knn"], table, cv=2, n_boot=50)
    assert comparison.n == 93
    assert comparison.notes == ["7 prompts lack the outcome of a model: learnt from, not judged on"]


def test_outcomes_on_a_test_table():
    train, test = outcomes(200), outcomes(80, seed=1)
    comparison = compare(["outcome-knn"], train, test=test, n_boot=50)
    assert comparison.n == 80 and comparison.notes == []
    again = compare(["outcome-knn"], train, test=train.take(range(30)), n_boot=50)
    assert again.notes == ["leakage: 30 of 30 test prompts are in the training data"]
    fitted = make_router("outcome-knn").fit(train.prompts, train)
    asis = compare({"mine": fitted}, test, refit=False, n_boot=50)
    assert asis.table.set_index("name").loc["mine", "quality"] == pytest.approx(
        comparison.table.set_index("name").loc["outcome-knn", "quality"]
    )


def test_models_of_equal_quality_have_no_gap():
    rng = np.random.default_rng(0)
    quality = np.repeat(rng.integers(0, 2, (40, 1)), 2, axis=1)
    table = OutcomeTable([f"p {i}" for i in range(40)], ["a", "b"], quality)
    comparison = compare(["outcome-knn"], table, cv=2, n_boot=50)
    assert "apgr" not in comparison.table
    assert comparison.verdicts["outcome-knn"].startswith("adds nothing: quality +0.000")


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (lambda: outcomes(models=("only",), cost=(1,)), {}, r"one model \('only'\) leave nothing"),
        (lambda: outcomes().take([0]), {}, "1 of 1 prompts have an outcome of every model"),
        (lambda: outcomes(), {"test": pd.DataFrame()}, "test must hold outcomes too"),
        (lambda: outcomes(), {"test": outcomes(models=("b", "a"))}, "the models of data in the"),
    ],
)
def test_unusable_outcomes_are_refused(table, options, message):
    with pytest.raises(InputError, match=message):
        compare(["outcome-knn"], table(), n_boot=50, **options)


def test_a_router_must_answer_with_a_model():
    with pytest.raises(InputError, match="'keyword' answers 'low', which is none of the models"):
        compare(["keyword"], outcomes(), cv=2, n_boot=50)


def test_gsm8k_does_not_resolve_a_learnt_router_from_prompt_length(data):
    folder = data / "routellm" / "gsm8k"
    table = read_outcomes(folder / "gsm8k_responses.csv")
    with open(folder / "contaminated_prompts.jsonl", encoding="utf-8") as lines:
        table = table.drop([json.loads(line)["eval_prompt"] for line in lines])
    comparison = compare(["outcome-knn"], table, n_boot=500)
    rows = comparison.table.set_index("name")
    assert rows.loc["length", "apgr"] == pytest.approx(0.598, abs=1e-3)
    assert comparison.verdicts["outcome-knn"].startswith("not resolved: APGR")


def test_clinc150_from_thirty_prompts_per_intent(data):
    labels = read_labels(data / "clinc150" / "data_full.json")
    train, test = (labels[labels["split"] == part] for part in ("train", "test"))
    train = train.groupby("label").head(30)
    comparison = compare(["centroid", "linear"], train, test=test, n_boot=200)
    accuracy = comparison.table.set_index("name")["accuracy"]
    assert comparison.n == 4500
    assert accuracy["linear"] >= 0.86  # of all 100 per intent .927: make bench-routers
    assert accuracy["centroid"] >= 0.80
    assert comparison.verdicts["linear"].startswith("adds value: accuracy +0.8")


# --- the result ---------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["learnt", "routed"])
def test_saved_and_loaded_is_the_same(which, request, tmp_path):
    comparison = request.getfixturevalue(which)
    again = Comparison.load(comparison.save(tmp_path / "out"))
    pd.testing.assert_frame_equal(again.table, comparison.table, check_dtype=False)
    pd.testing.assert_frame_equal(
        again.predictions, comparison.predictions, check_dtype=False, check_index_type=False
    )
    for part in ("curves", "confusion"):
        for name, frame in getattr(comparison, part).items():
            pd.testing.assert_frame_equal(
                getattr(again, part)[name], frame, check_dtype=False, check_index_type=False,
                check_column_type=False,
            )  # fmt: skip
    assert str(again) == str(comparison)
    assert again.verdicts == comparison.verdicts and again.n == comparison.n
    with pytest.raises(InputError, match="exists already"):
        comparison.save(tmp_path / "out")
    comparison.save(tmp_path / "out", force=True)


def test_hostile_names_are_escaped_and_never_paths(frame, tmp_path):
    name = "../<script>alert(1)</script>|\x1b[31m\n"
    comparison = compare({name: make_router("centroid")}, frame, cv=2, n_boot=50)
    assert "<script>" not in comparison._repr_html_()
    assert "\x1b" not in str(comparison) and "\n" not in str(comparison).splitlines()[1]
    assert "\\|" in comparison.to_markdown()
    comparison.save(tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    assert name in Comparison.load(tmp_path / "out").verdicts


def test_text_holds_table_verdicts_and_resolution(learnt):
    text = str(learnt)
    assert text.splitlines()[0].split()[:4] == ["name", "verdict", "accuracy", "low"]
    assert "centroid: adds value" in text
    assert "120 prompts resolve a difference of" in text
    assert learnt.to_markdown().startswith("| name | verdict | accuracy |")


@pytest.mark.parametrize("broken", ["{", "{}", '{"curves": {"a": "../x"}}'])
def test_broken_comparison_is_one_clear_error(learnt, tmp_path, broken):
    folder = learnt.save(tmp_path / "out")
    (folder / "comparison.json").write_text(broken)
    with pytest.raises(InputError, match="is not a complete comparison"):
        Comparison.load(folder)
    with pytest.raises(InputError, match="does not exist"):
        Comparison.load(tmp_path / "nowhere")


def test_a_router_that_weighs_latency_is_judged_by_what_it_would_choose():
    rng = np.random.default_rng(0)
    prompts = [f"prompt {i}" for i in range(60)]
    quality = np.column_stack([rng.uniform(0, 0.5, 60), rng.uniform(0.5, 1, 60)])
    table = OutcomeTable(prompts, ["fast", "slow"], quality, np.full((60, 2), 0.01))
    router = make_router("outcome-knn", mu=1.0, latency={"fast": 0.1, "slow": 5.0})
    assert set(router.fit(prompts, table).predict(prompts)) == {"fast"}
    comparison = compare({"knn": router}, table, n_boot=50)
    assert set(comparison.predictions["knn"]) == {"fast"}
