"""Examples that repeat or contradict each other."""

import numpy as np
import pytest

from routelab import InputError, read_labels
from routelab.encoders import PromptEncoder
from routelab.semantic import check_examples


class Angles(PromptEncoder):
    """A prompt is an angle in degrees."""

    learns = False

    def transform(self, X):
        angle = np.radians([float(x) for x in X])
        return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


def test_each_kind_of_pair_is_told_apart():
    # cos 10 degrees = .985; cos 80 = .17
    prompts, labels = ["0", "0", "10", "90", "90", "100"], ["a", "b", "a", "c", "c", "d"]
    report = check_examples(prompts, labels, encoder=Angles(), near=0.98)
    found = {(p.first, p.second): p.kind for p in report.pairs.itertuples()}
    assert found == {
        (0, 1): "contradiction",
        (0, 2): "near duplicate",
        (1, 2): "near contradiction",
        (3, 4): "duplicate",
        (3, 5): "near contradiction",
    }  # 4 repeats 3, which stands for both
    assert report.pairs["kind"].tolist()[0] == "contradiction"
    assert report.lonely == ["b", "d"]
    assert "1 contradiction, 2 near contradictions, 1 duplicate, 1 near duplicate" in str(report)


def test_blocks_find_what_one_product_finds(monkeypatch):
    rng = np.random.default_rng(0)
    prompts, labels = [str(a) for a in rng.uniform(0, 360, 200)], rng.integers(0, 3, 200)
    whole = check_examples(prompts, labels, encoder=Angles(), near=0.999)
    monkeypatch.setattr("routelab.semantic._pairs.BLOCK_CELLS", 1500)
    parts = check_examples(prompts, labels, encoder=Angles(), near=0.999)
    assert len(whole.pairs) > 50
    columns = ["first", "second", "kind"]
    order = ["first", "second"]
    assert whole.pairs.sort_values(order)[columns].values.tolist() == (
        parts.pairs.sort_values(order)[columns].values.tolist()
    )


def test_equal_prompts_are_found_at_near_1():
    report = check_examples(["write a poem", "sort it", "write a poem"], ["x", "y", "z"], near=1.0)
    assert report.counts()["contradiction"] == 1 and len(report.pairs) == 1


def test_equal_prompts_without_a_word_are_a_pair():
    report = check_examples(["", "", "sort a list"], ["a", "b", "a"])
    assert report.counts()["contradiction"] == 1
    assert report.pairs[["first", "second", "similarity"]].values.tolist() == [[0, 1, 1.0]]


def test_only_the_first_pairs_of_equal_prompts_are_built():
    # 50,000 of a and 3 of b: 50,000 * 49,999 / 2 + 3 duplicates, 150,000 contradictions
    n = 50_000
    report = check_examples(["hi"] * (n + 3), ["a"] * n + ["b"] * 3, encoder="hashing", most=5)
    counts = report.counts()
    assert counts["duplicate"] == 1_249_975_003 and counts["contradiction"] == 150_000
    assert report.left_out["duplicate"] == 1_249_974_998
    assert report.pairs.groupby("kind", observed=True).size().tolist() == [5, 5]
    assert report.pairs[["first", "second"]].values.tolist()[5] == [0, 1]
    assert "; 1250124993 of these pairs are not listed" in str(report)


@pytest.mark.parametrize("cells", [10**6, 200])
def test_the_most_similar_pairs_are_kept(cells, monkeypatch):
    monkeypatch.setattr("routelab.semantic._pairs.BLOCK_CELLS", cells)
    prompts = [str(a) for a in np.random.default_rng(0).uniform(0, 360, 60)]
    labels = np.arange(60) % 2
    whole = check_examples(prompts, labels, encoder=Angles(), near=0.9)
    few = check_examples(prompts, labels, encoder=Angles(), near=0.9, most=7)
    assert few.counts() == whole.counts() and min(few.left_out.values()) == 0
    top = whole.pairs.groupby("kind", observed=True).head(7).reset_index(drop=True)
    assert few.pairs[["first", "second"]].values.tolist() == (
        top[["first", "second"]].values.tolist()
    )


def test_the_number_of_pairs_is_checked():
    with pytest.raises(InputError, match="'most' must be a whole number of at least 1, got 0"):
        check_examples(["a", "b"], ["x", "y"], most=0)


def test_prompts_are_escaped():
    report = check_examples(["<script>alert(1)</script>"] * 2, ["a", "b"])
    assert "<script>" not in report._repr_html_() and "&lt;script&gt;" in report._repr_html_()


def test_nothing_found_is_said():
    report = check_examples(["0", "90"], ["a", "b"], encoder=Angles())
    assert len(report.pairs) == 0 and "0 contradictions" in str(report)
    assert report._repr_html_()


@pytest.mark.parametrize("near", [0, -1, 1.5, float("nan")])
def test_a_limit_without_meaning_is_refused(near):
    with pytest.raises(InputError, match="'near' must lie above 0"):
        check_examples(["a", "b"], ["x", "y"], near=near)


def test_real_intents_hold_contradictions(data):
    labels = read_labels(data / "clinc150" / "data_full.json")
    again = labels["prompt"].duplicated(keep=False)
    few = labels[again | (labels.index % 2 == 0)]
    report = check_examples(few["prompt"], few["label"])
    counts = report.counts()
    assert counts["contradiction"] + counts["duplicate"] == 5  # texts that occur twice
    assert counts["near contradiction"] > 1 and counts["near duplicate"] > 100
    top = report.to_frame().iloc[0]
    assert top["prompt_first"] == top["prompt_second"] and top["label_first"] != top["label_second"]
