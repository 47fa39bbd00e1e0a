"""Bad outcomes and labels: a defined answer that is said, or a clear refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, OutcomeTable, compare, make_router
from routelab.evaluate import Comparison, JudgeNoise, Resampler, slice_table
from routelab.evaluate._text import slice_sentences

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
    plain, found = judged(table()), judged(table(), judge=noise)
    for name in ("always weak", "random"):
        before, after = (c.table.set_index("name").loc[name] for c in (plain, found))
        # (p - .1) / .8
        assert after["quality"] == pytest.approx((before["quality"] - 0.1) / 0.8)
        assert after["high"] - after["low"] > (before["high"] - before["low"]) / 0.8 * 0.95
    assert any("a judge that errs in 10.0% of its verdicts" in note for note in found.notes)
    with pytest.raises(InputError, match="judge= corrects verdicts of 0, 1 or 0.5"):
        judged(table(quality=table().quality * 0.7), judge=noise)
    with pytest.raises(InputError, match="judge= corrects outcomes"):
        compare(["knn"], pd.DataFrame({"prompt": ["a", "b"], "label": ["x", "y"]}), judge=noise)


def test_a_comparison_comes_back_from_its_folder_whole(tmp_path):
    hostile = table(("weak", "<b>&_$%", "strong"))
    found = judged(hostile, slices={"part": np.arange(N) // 60})
    again = Comparison.load(found.save(tmp_path / "out"))
    pd.testing.assert_frame_equal(again.slices, found.slices.astype(again.slices.dtypes))
    pd.testing.assert_frame_equal(again.errors, found.errors.astype(again.errors.dtypes))
    pd.testing.assert_frame_equal(again.to_frame(), found.to_frame())
    assert again.alarms == found.alarms and again.sentences() == found.sentences()
    assert again.prompts is None
    assert not any("proof" in p.read_text() for p in (tmp_path / "out").iterdir())
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
