"""Near-duplicate prompts: by hand, against brute force, at the ends, and on real sets."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routelab as rl
from routelab import InputError
from routelab.evaluate import NearDuplicates, _ngrams, contaminated
from routelab.evaluate._ngrams import NgramSets
from routelab.evaluate.leakage import duplicate_groups, near_duplicates


@pytest.fixture
def compared(monkeypatch):
    """The number of pairs whose similarity was computed."""
    asked: list[int] = []
    plain = NgramSets.jaccard

    def counted(self, i, j):
        asked.append(len(i))
        return plain(self, i, j)

    monkeypatch.setattr(NgramSets, "jaccard", counted)
    return asked


def test_similarity_by_hand():
    # 2-grams: ab bc cd / ab bc cx: 2 common of 4; ab bc cd / cd de: 1 of 4
    found = near_duplicates(["abcd"], ["abcx", "cde", "ABCD ", "zz"], threshold=0.5, n=2)
    assert found.pairs.to_dict("list") == {
        "train": [0, 0],
        "test": [0, 2],
        "similarity": [0.5, 1.0],
        "exact": [False, True],
    }
    assert (found.exact, found.near, found.share) == (1, 1, 0.5)
    assert found.rows.tolist() == [0, 2]


def test_the_best_match_is_kept_and_of_equal_ones_the_first():
    train = ["abcdefgh", "abcdefgx", "abcdefgy", "abcdefgh"]
    pairs = near_duplicates(train, ["abcdefgz", "abcdefgy"], threshold=0.5, n=3).pairs
    # 3-grams of ...gz: 5 of 7 with each of the first three; the second prompt equals row 2
    assert pairs.train.tolist() == [0, 2]
    assert pairs.similarity.tolist() == [5 / 7, 1.0]


def test_an_equal_prompt_goes_before_one_with_the_same_ngrams():
    pairs = near_duplicates(["aaaaaaa", "aaaaaa"], ["aaaaaa", "aaaaaaaa"], n=5).pairs
    assert pairs.train.tolist() == [1, 0]
    assert pairs.exact.tolist() == [True, False] and pairs.similarity.tolist() == [1.0, 1.0]


def test_within_one_list_a_prompt_matches_an_earlier_one():
    prompts = ["sort this list", "a poem", "Sort  this list", "sort this list!", "prose"]
    found = near_duplicates(prompts)
    assert found.pairs.test.tolist() == [2, 3]
    assert found.pairs.train.tolist() == [0, 0]
    assert str(found) == (
        "1 of 5 prompts equal an earlier one, and 1 more nearly do (Jaccard of 5-grams >= 0.8)"
    )


def test_a_threshold_that_is_met_exactly_counts():
    # 4 common 1-grams of 5: 0.8, and 0.8 * 5 is 4.000000000000001 for some orders of rounding
    assert near_duplicates(["abcde"], ["abcd"], threshold=0.8, n=1).near == 1
    assert near_duplicates(["abcde"], ["abcd"], threshold=0.81, n=1).near == 0


def test_short_and_empty_prompts_match_equal_ones_only():
    found = near_duplicates(["hi", "", "hey you"], ["HI", "ho", "  ", "hey yous", "hey"], n=5)
    assert found.pairs.test.tolist() == [0, 2]
    assert found.pairs.exact.all()
    assert near_duplicates(["hi"], ["ho"]).pairs.empty
    assert near_duplicates([], ["ho"]).share == near_duplicates([]).share == 0
    assert near_duplicates(["a prompt"], []).test_prompts == 0
    assert duplicate_groups([]).shape == (0,)


def test_unicode_is_compared_by_characters():
    found = near_duplicates(
        ["Die STRASSE ist lang", "東京の天気を教えてください", "half a pair \ud83d here"],
        ["die straße ist lang", "東京の天気を教えて下さいね", "half a pair ? here"],
        threshold=0.4,
        n=3,
    )
    assert found.pairs.test.tolist() == [0, 1, 2]
    assert found.pairs.exact.tolist() == [True, False, True]
    assert found.pairs.similarity[1] == 7 / 15  # 11 and 11 3-grams, 7 common


def test_one_long_prompt_is_compared_like_any_other():
    rng = np.random.default_rng(0)
    long = "".join(rng.choice(list("abcdefghij "), 100_000))
    changed = long[:50_000] + " one more sentence " + long[50_000:]
    found = near_duplicates([long, "short prompt"], [changed, "short prompts"])
    assert found.near == 2
    plain = [" ".join(text.split()) for text in (long, changed)]
    sets = [{text[i : i + 5] for i in range(len(text) - 4)} for text in plain]
    assert found.pairs.similarity[0] == len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_equal_prompts_are_compared_once(compared):
    found = near_duplicates(["please sort this list"] * 3000, ["please sort this list!"] * 3000)
    assert found.near == 3000 and sum(compared) == 1
    assert near_duplicates(["please sort this list"] * 3000).exact == 2999
    assert len(set(duplicate_groups(["the same text"] * 3000))) == 1
    assert sum(compared) == 1


def test_prompts_of_one_template_become_a_group_without_all_pairs(compared, monkeypatch):
    monkeypatch.setattr(_ngrams, "BLOCK_CELLS", 2000)
    prompts = [f"you are a helpful assistant of the bank; the order is {i}" for i in range(400)]
    groups = duplicate_groups([*prompts, "a poem on rain"])
    assert groups.tolist() == [0] * 400 + [1]
    assert sum(compared) < 0.2 * 400 * 399 / 2


def test_groups_are_chains():
    # each shares 8 of 9 2-grams with the next at least; the ends share fewer than 0.7
    chain = ["abcdefghij", "abcdefghix", "abcdefgyix", "abcdewgyix"]
    one, two = near_duplicates([chain[0]], [chain[-1]], threshold=0.5, n=2), chain
    assert one.pairs.empty
    assert duplicate_groups([two[3], "zzzz", *two[:3]], threshold=0.5, n=2).tolist() == [
        0, 1, 0, 0, 0,
    ]  # fmt: skip


def test_blocks_do_not_change_the_pairs(monkeypatch):
    rng = np.random.default_rng(1)
    prompts = ["".join(rng.choice(list("abc "), 12)) for _ in range(200)]
    whole = near_duplicates(prompts[:100], prompts[100:], threshold=0.3, n=2)
    groups = duplicate_groups(prompts, threshold=0.5, n=2)
    monkeypatch.setattr(_ngrams, "BLOCK_CELLS", 50)
    pieces = near_duplicates(prompts[:100], prompts[100:], threshold=0.3, n=2)
    pd.testing.assert_frame_equal(whole.pairs, pieces.pairs)
    assert (groups == duplicate_groups(prompts, threshold=0.5, n=2)).all()


def jaccard(one: str, two: str, n: int) -> float:
    """Brute force on the same definition."""
    one, two = (" ".join(t.casefold().split()) for t in (one, two))
    if one == two:
        return 1.0
    a, b = ({t[i : i + n] for i in range(len(t) - n + 1)} for t in (one, two))
    return len(a & b) / len(a | b) if a and b else 0.0


texts = st.lists(st.text(alphabet="abB \nß", max_size=14), max_size=14)
thresholds = st.sampled_from([0.1, 0.3, 0.5, 0.6, 2 / 3, 0.7, 0.8, 0.9, 1.0]) | st.floats(0.05, 1)


@settings(max_examples=300, deadline=None)
@given(texts, texts, thresholds, st.integers(1, 4))
def test_matches_are_those_of_brute_force(train, test, threshold, n):
    pairs = near_duplicates(train, test, threshold=threshold, n=n).pairs
    best = [max((jaccard(a, b, n) for a in train), default=0.0) for b in test]
    assert pairs.test.tolist() == [i for i, s in enumerate(best) if s >= threshold]
    assert pairs.similarity.tolist() == [s for s in best if s >= threshold]
    for row in pairs.itertuples():
        assert jaccard(train[row.train], test[row.test], n) == row.similarity


@settings(max_examples=200, deadline=None)
@given(texts, thresholds, st.integers(1, 3))
def test_groups_and_repeats_are_those_of_brute_force(prompts, threshold, n):
    near = [[jaccard(a, b, n) >= threshold for b in prompts] for a in prompts]
    found = near_duplicates(prompts, threshold=threshold, n=n)
    assert found.rows.tolist() == [j for j in range(len(prompts)) if any(near[j][:j])]
    reached = np.array(near, dtype=bool).reshape((len(prompts),) * 2)
    for _ in prompts:
        reached = (reached.astype(int) @ reached.astype(int)) > 0
    groups = duplicate_groups(prompts, threshold=threshold, n=n)
    assert ((groups[:, None] == groups[None, :]) == reached).all()


def test_no_prompt_is_shown_unless_it_is_given():
    train, test = ["please <b>sort</b> this secret list"], ["please <b>sort</b> this secret list!"]
    found = near_duplicates(train, test)
    for text in (str(found), repr(found), found._repr_html_()):
        assert "secret" not in text
    assert repr(found) == "NearDuplicates(exact=0, near=1, of=1)"
    shown = found.to_html(train, test)
    assert "secret list!" in shown and "&lt;b&gt;" in shown and "<b>" not in shown
    assert "match" not in found.to_html(test=test).split("<tbody>")[1]


def test_the_most_similar_pairs_are_shown_first():
    found = near_duplicates(["sort this list"], ["sort this list!", "sort this list"])
    body = found.to_html(most=1).split("<tbody>")[1]
    assert body.count("<tr>") == 1 and "1.000" in body and "yes" in body


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: near_duplicates(["a"], threshold=0), "'threshold' must lie above 0"),
        (lambda: near_duplicates(["a"], threshold=1.1), "at most at 1, got 1.1"),
        (lambda: near_duplicates(["a"], n=0), "'n' must be a whole number of at least 1, got 0"),
        (lambda: duplicate_groups(["a"], n=2.5), "'n' must be a whole number"),
        (lambda: near_duplicates("a"), "expected a list of prompts"),
        (lambda: near_duplicates(["a"], [None]), "prompt at index 0 is not text"),
        (lambda: contaminated(["a"]), "name at least one list"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_lists_of_names_are_read_from_files(tmp_path):
    path = tmp_path / "contaminated.jsonl"
    path.write_text(json.dumps({"train_prompt": "x", "eval_prompt": "How many eggs?"}) + "\n")
    prompts = ["Why is it so?", "how many EGGS?", "How many eggs??"]
    for given_list in (path, str(path), rl.read(path), ["How many eggs?"]):
        found = contaminated(prompts, given_list)
        assert isinstance(found, NearDuplicates)
        assert (found.rows.tolist(), found.exact) == ([1, 2], 1)
    both = contaminated(prompts, ["nothing like it"], path)
    assert both.pairs.train.tolist() == [1, 1]
    assert "2 of 3 prompts" not in str(both) and "equal one of the lists" in str(both)
    labels = tmp_path / "labels.csv"
    labels.write_text("prompt,route\nhello,small\nprove it,large\n")
    with pytest.raises(InputError, match="a list of contaminated prompts is needed, got labels"):
        contaminated(prompts, labels)


def test_the_published_lists_name_the_rows_that_the_papers_remove(data):
    folder = data / "routellm" / "gsm8k"
    prompts = rl.read_outcomes(folder / "gsm8k_responses.csv").prompts
    found = contaminated(prompts, folder / "contaminated_prompts.jsonl")
    assert len(prompts) == 1319 and found.exact == 12  # METRICS: 1319 -> 1307
    assert found.near == 0


def test_public_sets_repeat_training_prompts_in_their_test_part(data):
    train = rl.read_labels(data / "banking77" / "train.csv").prompt
    test = rl.read_labels(data / "banking77" / "test.csv").prompt
    found = near_duplicates(train, test)
    assert found.exact == 7
    assert found.near == 96
    parts = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    train, test = ([p for p, _ in parts[k] + parts[f"oos_{k}"]] for k in ("train", "test"))
    found = near_duplicates(train, test)
    assert (found.exact, found.near) == (2, 77)
