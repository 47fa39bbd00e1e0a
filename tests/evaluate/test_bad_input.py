"""Bad outcomes and labels: a defined answer that is said, or a clear refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from routelab import InputError, OutcomeTable, compare, make_router
from routelab.evaluate import Comparison, JudgeNoise, Resampler, slice_table
from routelab.evaluate._text import slice_sentences
from routelab.evaluate._verdict import Difference, judge

N = 120
RNG = np.random.default_rng(0)


def table(models=("weak", "middle", "strong"), cost=(0.001, 0.004, 0.02), **changed):
    """Half of the prompts say "proof", and only the last model answers those."""
    hard = np.arange(N) % 2 == 0
    prompts = [f"{'proof' if h else 'hello'} {RNG.integers(1000, 9999)} {i}"
               for i, h in enumerate(hard)]  # fmt: skip
    quality = np.tile((~hard).astype(float)[:, None], (1, len(models)))
    quality[:, -1] = 1.0
    parts = {"quality": quality, "cost": np.tile(cost, (N, 1)), **changed}
    return OutcomeTable(
        changed.get("prompts", prompts), list(models), parts["quality"], parts["cost"]
    )


def judged(outcomes, **options):
    router = make_router("outcome-knn", k=5, lam=1.0)
    return compare({"mine": router}, outcomes, cv=2, n_boot=200, **options)


def test_missing_outcomes_are_learnt_from_and_not_judged_on():
    quality = table().quality.copy()
    quality[:10, 1] = np.nan
    found = judged(table(quality=quality))
    assert found.n == 110
    assert "10 prompts lack the outcome of a model: learnt from, not judged on" in found.notes


def test_a_model_scored_on_a_tenth_of_the_prompts_is_named():
    quality = table().quality.copy()
    quality[12:, 1] = np.nan
    found = judged(table(quality=quality))
    assert found.n == 12
    assert found.notes[0] == (
        "108 prompts lack the outcome of a model: learnt from, not judged on ('middle' has 12 "
        "outcomes; without it 120 prompts could be judged)"
    )


def test_all_ties_add_nothing_and_go_to_the_cheapest():
    found = judged(table(quality=np.ones((N, 3))))
    row = found.table.set_index("name").loc["mine"]
    assert row["verdict"] == "adds nothing" and row["quality"] == 1
    assert row["cost"] == pytest.approx(0.001)
    two = judged(table(("weak", "strong"), (0.001, 0.02), quality=np.ones((N, 2))))
    assert two.verdicts["mine"].startswith("adds nothing: quality at its cost +0.000")


def test_one_prompt_is_refused():
    with pytest.raises(InputError, match="1 of 1 prompts have an outcome of every model"):
        judged(table().take([0]))
    with pytest.raises(InputError, match="at least two prompts, got 1"):
        compare(["knn"], pd.DataFrame({"prompt": ["a"], "label": ["x"]}))


@pytest.mark.parametrize("usd", [0.0, 0.004])
def test_equal_costs_have_no_area_and_are_judged_on_quality(usd):
    found = judged(table(cost=(usd,) * 3))
    rows = found.table.set_index("name")
    assert "aiq" not in rows and rows.loc["mine", "cost"] == pytest.approx(usd)
    assert rows.loc["mine, mix at its cost", "quality"] == 1  # the strong model costs no more
    assert found.verdicts["mine"].startswith("adds nothing")


def test_a_free_model_beside_paid_ones_is_a_price_and_not_a_gap():
    found = judged(table(cost=(0.0, 0.004, 0.02)))
    rows = found.table.set_index("name")
    assert rows.loc["always weak", "cost"] == 0
    assert rows.loc["mine", "verdict"] == "adds value"


def test_tables_of_other_models_are_refused():
    other = table(("weak", "odd", "strong"))
    with pytest.raises(InputError, match="test must have the models of data in the same order"):
        judged(table(), test=other)


def test_tables_of_other_prompts_are_judged_on_theirs():
    other = table()
    renamed = table(prompts=[f"{prompt} again" for prompt in other.prompts])
    found = judged(other, test=renamed)
    assert found.n == N and found.prompts == renamed.prompts
    with pytest.raises(InputError, match="no prompt in common"):
        table(("a", "b", "c")).join(table(prompts=[f"other {i}" for i in range(N)]))


def test_duplicated_prompts_with_other_scores_are_counted_and_drawn_together():
    once = table()
    quality = np.vstack([once.quality, 1 - once.quality])
    twice = OutcomeTable(once.prompts * 2, once.models, quality, np.vstack([once.cost] * 2))
    found = judged(twice)
    assert found.n == 2 * N
    assert found.notes[0] == (
        f"{N} prompts repeat another one: same fold, drawn together; {N} of the texts differ in "
        "what is known of them"
    )
    # Every text is right once and wrong once for every model: drawn together, nothing varies.
    row = found.table.set_index("name").loc["always strong"]
    assert row["low"] == row["high"] == 0.5


def test_a_judge_that_errs_widens_the_intervals_and_corrects_the_figures():
    noise = JudgeNoise(2000, 360)  # .18 = 2 e (1 - e): e = .1
    plain, found = judged(table()), judged(table(), judge=noise, worthwhile=0.02)
    for name in ("always weak", "random"):
        before, after = (c.table.set_index("name").loc[name] for c in (plain, found))
        # (p - .1) / .8
        assert after["quality"] == pytest.approx((before["quality"] - 0.1) / 0.8)
        assert after["high"] - after["low"] > (before["high"] - before["low"]) / 0.8 * 0.95
    assert any("a judge that errs in 10.0% of its verdicts" in note for note in found.notes)
    assert "oracle" not in set(found.table["name"])  # the luckiest verdicts tell nothing
    rows = found.table.dropna(subset=["low"])
    assert (rows["low"] <= rows["quality"]).all() and (rows["quality"] <= rows["high"]).all()
    with pytest.raises(InputError, match="judge= needs worthwhile="):
        judged(table(), judge=noise)
    with pytest.raises(InputError, match="judge= corrects verdicts of 0, 1 or 0.5"):
        judged(table(quality=table().quality * 0.7), judge=noise)
    with pytest.raises(InputError, match="judge= corrects outcomes"):
        compare(["knn"], pd.DataFrame({"prompt": ["a", "b"], "label": ["x", "y"]}), judge=noise)


def test_a_comparison_comes_back_from_its_folder_whole(tmp_path):
    hostile = table(("weak", "<b>&_$%", "strong"))
    found = judged(hostile, slices={"part": np.arange(N) // 60})
    again = Comparison.load(found.save(tmp_path / "out"))
    for one, other in ((again.slices, found.slices), (again.errors, found.errors),
                       (again.to_frame(), found.to_frame()),
                       (again.predictions, found.predictions)):  # fmt: skip
        pd.testing.assert_frame_equal(one, other, check_dtype=False)
    assert again.alarms == found.alarms and again.sentences() == found.sentences()
    assert again.prompts is None
    assert not any(b"proof" in file.read_bytes() for file in (tmp_path / "out").iterdir())
    text = found.to_latex()
    assert r"always \textless" not in text and r"<b>\&\_\$\%" in text
    assert text.count(r"\\") == len(found.table) + 1
    assert "&lt;b&gt;&amp;_$%" in found._repr_html_()


def test_slices_where_a_router_surely_loses_are_told():
    right = np.r_[np.zeros(60), np.ones(60)]
    table_ = slice_table({"half": np.repeat(["first", "second"], 60)},
                         {"mine": (right, np.full(N, 0.5), "coin")}, Resampler(N, 300))  # fmt: skip
    assert slice_sentences(table_) == [
        "slice: mine is worse than coin where half is first: -0.500 (-0.500 to -0.500, 60 prompts)."
    ]


@pytest.mark.parametrize("labels", [["truth", "prompt"], ["", "NaN"], ["a\r", "b\n"], [1, 2]])
def test_labels_that_a_table_could_mistake_come_back(labels, tmp_path):
    frame = pd.DataFrame({"prompt": [f"{w} {i}" for i in range(3) for w in ("loop", "ode")],
                          "label": labels * 3})  # fmt: skip
    found = compare({"prompt": make_router("knn", k=1), "": make_router("knn", k=1)}, frame, cv=2,
                    n_boot=20)  # fmt: skip
    again = Comparison.load(found.save(tmp_path / "out"))
    assert list(again.predictions) == list(found.predictions)
    told = found.predictions.map(lambda x: None if x is None else str(x))
    assert again.predictions.to_numpy().tolist() == told.to_numpy().tolist()
    for name, counts in found.confusion.items():
        assert again.confusion[name].columns.tolist() == [str(x) for x in counts.columns]
        assert again.confusion[name].to_numpy().tolist() == counts.to_numpy().tolist()


def test_names_that_are_no_text_are_refused():
    with pytest.raises(InputError, match="a name that UTF-8 cannot hold: "):
        compare({"\ud800": make_router("knn")}, pd.DataFrame({"prompt": ["a"], "label": ["b"]}))


class Fixed(BaseEstimator):
    """Answer one model for everything, or what a list says."""

    def __init__(self, said):
        self.said = said

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.array([self.said[prompt] for prompt in X])


def test_routers_named_like_controls_keep_their_figures():
    outcomes = table()
    cheap = dict.fromkeys(outcomes.prompts, "weak")
    dear = dict.fromkeys(outcomes.prompts, "strong")
    names = ["oracle", "random", "best single", "always weak", "length", "x", "x, shuffled",
             "x, mix at its cost"]  # fmt: skip
    routers = {name: Fixed(dear if name == "x" else cheap) for name in names}
    found = compare(routers, outcomes, cv=2, n_boot=400).table.set_index("name")
    assert found.index.is_unique
    for name in names:
        assert found.loc[name, "quality"] == (1.0 if name == "x" else 0.5), name
        assert not found.loc[name, "is_control"]
    assert found.loc["oracle (control)", "quality"] == 1.0
    assert found.loc["x, shuffled (control)", "quality"] == 1.0
    assert found.loc["x, shuffled, shuffled", "quality"] == 0.5


def test_labels_know_routers_named_like_controls():
    frame = pd.DataFrame({"prompt": [f"{'ab'[i % 2]} {i}" for i in range(40)],
                          "label": ["a", "b"] * 20})  # fmt: skip
    good = {prompt: prompt[0] for prompt in frame["prompt"]}
    bad = dict.fromkeys(frame["prompt"], "a")
    routers = {"x": Fixed(good), "x, shuffled": Fixed(good), "length": Fixed(bad),
               "length (control)": Fixed(good)}  # fmt: skip
    found = compare(routers, frame, cv=2, n_boot=300).table.set_index("name")
    assert found.loc["x, shuffled", "accuracy"] == 1 and found.loc["length", "accuracy"] == 0.5
    assert found.loc["length (control)", "accuracy"] == 1
    assert found.loc["x, shuffled (control)", "accuracy"] == 0.5
    with pytest.raises(InputError, match="two routers have one name as text: 1, 1"):
        compare({1: Fixed(good), "1": Fixed(bad)}, frame, cv=2)


def test_two_models_that_cannot_be_told_apart_have_no_gap_to_recover():
    rng = np.random.default_rng(0)
    first = rng.random(400) < 0.5
    first[:2] = True  # a gap of half a percent or so
    quality = np.column_stack([first, ~first]).astype(float)
    prompts = [f"{'ab'[int(not f)]} {i}" for i, f in enumerate(first)]
    outcomes = OutcomeTable(prompts, ["a", "b"], quality)
    found = compare({"knows": Fixed({p: p[0] for p in prompts})}, outcomes, cv=2, n_boot=300)
    assert found.verdicts["knows"].startswith("adds value: quality +0.4")
    assert "apgr" not in found.table and any("without APGR" in note for note in found.notes)


def test_an_abstain_label_that_is_a_class_is_right_where_it_is_the_truth():
    frame = pd.DataFrame({"prompt": [f"{'abc'[i % 3]}" * 3 + f" {i}" for i in range(60)],
                          "label": ["a", "b", "c"] * 20})  # fmt: skip
    careful = make_router("knn", k=1, threshold=2.0, abstain_label="c")  # it always abstains
    found = compare({"mine": careful}, frame, cv=2, n_boot=50)
    row = found.table.set_index("name").loc["mine"]
    assert row["accuracy"] == pytest.approx(1 / 3) and row["abstained"] == 1


def test_few_groups_resolve_nothing():
    frame = pd.DataFrame({"prompt": [f"{'ab'[i % 2]} {i}" for i in range(60)],
                          "label": ["a", "b"] * 30, "group": np.arange(60) % 9})  # fmt: skip
    good = Fixed({prompt: prompt[0] for prompt in frame["prompt"]})
    found = compare({"mine": good}, frame, cv=3, n_boot=200)
    assert found.verdicts["mine"].startswith("not resolved")
    assert found.verdicts["mine"].endswith(", from 9 groups of prompts only.")
    enough = compare({"mine": good}, frame.assign(group=np.arange(60) % 12), cv=3, n_boot=200)
    assert enough.verdicts["mine"].startswith("adds value")
    few = compare({str(i): good for i in range(4)}, frame.drop(columns="group"), cv=3, n_boot=99)
    assert few.verdicts["0"].endswith("4 routers need at least 160 resamples, got 99.")


def test_bad_routers_do_not_buy_significance_for_a_good_one():
    differences = {"mine": Difference(0.1, np.r_[np.full(1960, 0.1), np.full(39, -0.1)], "c",
                                      "accuracy", 0.05, 0.04)}  # fmt: skip
    poor = Difference(-0.2, np.full(1999, -0.2), "c", "accuracy", 0.05, 1.0)
    many = {**differences, **{f"poor {i}": poor for i in range(5)}}
    assert judge(differences, 100)[0]["mine"]["verdict"] == "adds value"
    assert judge(many, 100)[0]["mine"]["verdict"] == "not resolved"


@pytest.mark.parametrize(("options", "message"), [
    ({"seed": -1}, "'seed' must be a whole number in"), ({"seed": None}, "'seed' must be"),
    ({"seed": 2**63}, "'seed' must be"), ({"n_boot": 2.5}, "'n_boot' must be a whole number"),
    ({"n_boot": 0}, "'n_boot' must be"), ({"worthwhile": float("nan")}, "'worthwhile' must be"),
    ({"worthwhile": -1}, "'worthwhile' must be a number of at least 0, got -1"),
])  # fmt: skip
def test_numbers_out_of_range_are_refused(options, message):
    frame = pd.DataFrame({"prompt": ["a", "b", "c", "d"], "label": ["x", "y"] * 2})
    with pytest.raises(InputError, match=message):
        compare(["knn"], frame, **{"cv": 2, "n_boot": 50, **options})


def test_slices_and_groups_go_with_the_prompts_that_are_left():
    outcomes = table()
    part = np.arange(N) // 60
    found = judged(
        outcomes, exclude=[outcomes.prompts[:7]], slices={"part": part}, groups=part + np.arange(N)
    )
    assert found.n == N - 7
    assert found.slices.query("slice == 'part'").set_index("value")["n"].tolist() == [53, 60]
    with pytest.raises(InputError, match="'part' must have a value for each of 113 prompts, got 5"):
        judged(outcomes, exclude=[outcomes.prompts[:7]], slices={"part": range(5)})


def test_long_texts_are_not_searched_for_near_duplicates(monkeypatch):
    monkeypatch.setattr("routelab.evaluate._leaks.MOST_CHARACTERS", 1000)
    outcomes = table()
    assert any("near-duplicates are not searched for" in note for note in judged(outcomes).notes)
    apart = judged(outcomes, test=outcomes.take(range(60)))
    assert any(note.startswith("leakage: 60 of 60") for note in apart.notes)


def test_abstaining_is_no_answer_on_outcomes():
    outcomes = table()
    with pytest.raises(InputError, match="router 'shy' abstains, and outcomes have no model"):
        compare({"shy": Fixed(dict.fromkeys(outcomes.prompts))}, outcomes, cv=2, n_boot=20)


def test_fitted_routers_beside_controls_that_know_the_prompts_are_noted():
    frame = pd.DataFrame({"prompt": ["a", "b", "c", "d"], "label": ["x", "y"] * 2})
    router = make_router("knn", k=1).fit(frame["prompt"], frame["label"])
    found = compare({"mine": router}, frame, refit=False, n_boot=20)
    assert any("controls have learnt from the judged prompts" in note for note in found.notes)
