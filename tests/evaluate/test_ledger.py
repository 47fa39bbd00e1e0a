"""The split ledger: parts that hold together, and a report part that is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routelab as rl
from routelab import InputError
from routelab.evaluate import SplitLedger
from routelab.evaluate._ledger_file import locked, text_hash
from routelab.evaluate._parts import deal, whole_groups


@pytest.fixture
def frame():
    names = ["sort", "poem", "translate", "summary", "proof"]
    return pd.DataFrame({
        "prompt": [f"{names[i % 5]} {'xyz'[i % 3] * (i + 4)}" for i in range(100)],
        "label": [names[i % 5] for i in range(100)],
    }, index=np.arange(100) + 1000)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "split.json"


def create(path, frame, **options):
    return SplitLedger.create(path, frame, threshold=None, **options)


def test_the_parts_cover_the_data_once_and_labels_are_spread(path, frame):
    ledger = create(path, frame)
    parts = [ledger.fit, ledger.tune, ledger.report("q")]
    assert [len(part) for part in parts] == [60, 20, 20]
    assert sorted(pd.concat(parts).index) == sorted(frame.index)
    for part, each in zip(parts, (12, 4, 4), strict=True):
        assert part["label"].value_counts().tolist() == [each] * 5


def test_the_seed_decides(tmp_path, frame):
    one, two, other = (
        create(tmp_path / f"{i}.json", frame, seed=seed).fit.index.tolist()
        for i, seed in enumerate((3, 3, 4))
    )
    assert one == two != other


def test_an_outcome_table_is_split_too(path):
    table = rl.OutcomeTable(
        [f"prompt {'ab'[i % 2] * i}" for i in range(30)], ["m"], np.ones((30, 1))
    )
    ledger = create(path, table)
    assert [len(ledger.fit), len(ledger.tune), len(ledger.report("q"))] == [18, 6, 6]
    assert isinstance(ledger.tune, rl.OutcomeTable)


def test_near_duplicates_and_groups_stay_in_one_part(path):
    rng = np.random.default_rng(0)
    plain = ["".join(rng.choice(list("abcdefgh "), 40)) for _ in range(60)]
    frame = pd.DataFrame({"prompt": [*plain, *(f"{p}!" for p in plain), *plain[:10]]})
    frame["group"] = [i // 2 for i in range(60)] + [None] * 70
    ledger = SplitLedger.create(path, frame)
    parts = [set(part.index) for part in (ledger.fit, ledger.tune, ledger.report("q"))]
    for i in range(60):
        together = {i, i + 60, i - i % 2} | ({i + 120} if i < 10 else set())
        assert sum(bool(together & part) for part in parts) == 1
    assert min(map(len, parts)) > 15


def test_a_missing_group_is_no_group():
    assert whole_groups(["a", "b", "c"], [None, None, float("nan")], None).tolist() == [0, 1, 2]
    assert whole_groups([], [], 0.8).shape == (0,)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=120),
    st.integers(0, 3),
    st.sampled_from([(0.6, 0.2, 0.2), (1 / 3,) * 3, (0.8, 0.1, 0.1)]),
)
def test_shares_are_met_up_to_the_size_of_a_group(groups, seed, shares):
    groups = np.array(groups)
    parts = deal([g % 3 for g in groups], groups, shares, seed)
    largest = np.bincount(groups).max()
    held = np.bincount(parts, minlength=3)
    assert (np.abs(held - np.multiply(shares, len(groups))) <= 2 * largest).all()
    for group in set(groups.tolist()):
        assert len(set(parts[groups == group].tolist())) == 1


def test_the_file_holds_hashes_and_no_prompt(path, frame):
    create(path, frame).report("is knn better?", candidates=2)
    text = path.read_text()
    assert not any(prompt in text for prompt in frame.prompt)
    content = json.loads(text)
    assert text_hash(frame.prompt.iloc[0]) in sum(content["parts"].values(), [])
    assert content["seed"] == 0 and content["shares"] == [0.6, 0.2, 0.2]
    assert content["openings"][0]["question"] == "is knn better?"
    assert content["openings"][0]["time"].endswith("Z")
    assert sorted(p.name for p in path.parent.iterdir()) == [".split.json.lock", "split.json"]


def test_a_question_is_answered_once(path, frame):
    ledger = create(path, frame)
    ledger.report("Is knn better?")
    with pytest.raises(InputError, match="was opened for 'is  KNN better' on|pass again=True"):
        ledger.report("is  KNN better?")
    assert len(ledger.openings) == 1
    again = ledger.report("is KNN better?", again=True)
    assert len(again) == 20 and len(ledger.openings) == 2
    assert str(ledger.openings.time.dt.tz) == "UTC"
    assert ledger.openings.candidates.tolist() == [1, 1]


def test_one_look_at_one_candidate_needs_no_warning(path, frame):
    ledger = create(path, frame)
    assert ledger.warnings() == [] and ledger.openings.empty
    ledger.report("q")
    assert ledger.warnings() == []


def test_looks_and_choices_are_warned_of(path, frame):
    ledger = create(path, frame)
    ledger.report("which k?", candidates=10)
    (said,) = ledger.warnings(standard_error=0.02)
    # the largest of ten standard normal numbers is 1.54 on average; 1.5388 * 0.02 = 0.0308
    assert "the best of 10 candidates" in said and "1.54 standard errors (0.0308)" in said
    ledger.report("which k?", again=True)
    assert "opened 2 times, for 1 question:" in ledger.warnings()[0]
    ledger.report("which encoder?")
    assert "opened 3 times, for 2 questions:" in ledger.warnings()[0]


def test_groups_that_are_too_large_for_the_shares_are_told(path):
    frame = pd.DataFrame({"prompt": [f"p {'x' * i}" for i in range(20)]})
    frame["group"] = [1] * 16 + [2, 3, 4, 5]
    said = create(path, frame).warnings()
    assert len(said) == 3 and "instead of 20%, because groups are kept whole" in said[2]


def test_a_ledger_goes_on_in_another_order_with_other_labels(path, frame):
    fit = create(path, frame).fit
    shuffled = frame.sample(frac=1, random_state=1).assign(label="other")
    ledger = SplitLedger.open(path, shuffled)
    assert set(ledger.fit.index) == set(fit.index)
    assert ledger.sizes == {"fit": 60, "tune": 20, "report": 20}


def test_data_that_changed_is_refused(path, frame):
    create(path, frame)
    changed = frame.copy()
    changed.iloc[0, 0] = "another prompt"
    with pytest.raises(InputError, match="1 of its 100 prompts are new, 1 of the ledger's 100"):
        SplitLedger.open(path, changed)
    with pytest.raises(InputError, match="0 of its 99 prompts are new, 1 of the ledger's 100"):
        SplitLedger.open(path, frame.iloc[1:])
    with pytest.raises(InputError, match="1 of its 101 prompts are new, 0 of the ledger's"):
        SplitLedger.open(path, pd.concat([frame, frame.iloc[:1]]))


def test_openings_of_another_ledger_object_are_seen(path, frame):
    one, two = create(path, frame), SplitLedger.open(path, frame)
    one.report("q")
    with pytest.raises(InputError, match="was opened for 'q'"):
        two.report("q")
    assert len(two.openings) == 1


def test_no_opening_is_lost_between_threads(path, frame):
    ledger = create(path, frame)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: ledger.report(f"question {i}"), range(24)))
    assert sorted(ledger.openings.question) == sorted(f"question {i}" for i in range(24))


def test_no_opening_is_lost_between_processes(path, frame, tmp_path, root):
    create(path, frame)
    frame.to_csv(tmp_path / "data.csv", index=False)
    code = (
        "import sys, pandas as pd; from routelab.evaluate import SplitLedger; "
        f"ledger = SplitLedger.open({str(path)!r}, pd.read_csv({str(tmp_path / 'data.csv')!r})); "
        "[ledger.report(f'{sys.argv[1]} {i}') for i in range(15)]"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, name], cwd=root) for name in "ab"]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    assert len(SplitLedger.open(path, frame).openings) == 30


def test_a_ledger_that_is_held_is_waited_for(path):
    with locked(path), pytest.raises(InputError, match="cannot be locked: database is locked"):
        with locked(path, timeout_s=0.05):
            raise AssertionError("held twice")


def test_a_write_that_fails_leaves_the_old_file(path, frame, monkeypatch):
    ledger = create(path, frame)
    before = path.read_bytes()

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr("routelab._checks.os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        ledger.report("q")
    assert path.read_bytes() == before


def test_a_ledger_is_told_in_text_and_html(path, frame):
    ledger = create(path, frame)
    ledger.report("is <b>knn</b> better?", candidates=2)
    assert repr(ledger) == "SplitLedger(fit=60, tune=20, report=20)"
    text = str(ledger).split("\n")
    assert text[0] == "fit 60, tune 20, report 20 prompts; the report part was opened 1 times"
    assert text[1].endswith("is <b>knn</b> better? (2)") and "best of 2" in text[2]
    html = ledger._repr_html_()
    assert "<b>" not in html and html.count("&lt;b&gt;knn") == 2


def test_a_ledger_is_not_made_twice(path, frame):
    create(path, frame).report("q")
    with pytest.raises(InputError, match="exists already: SplitLedger.open goes on with it"):
        create(path, frame)
    assert len(SplitLedger.open(path, frame).openings) == 1


def test_another_ledger_at_the_same_place_is_noticed(path, frame):
    ledger = create(path, frame)
    path.unlink()
    create(path, frame, seed=1)
    with pytest.raises(InputError, match="is another ledger now"):
        ledger.report("q")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, f: create(p, f, shares=(0.5, 0.5)), "'shares' must be 3 numbers above 0"),
        (lambda p, f: create(p, f, shares=(0.8, 0.2, 0.0)), "with the sum 1, got"),
        (lambda p, f: create(p, f, shares=(0.6, 0.2, 0.1)), "with the sum 1, got"),
        (lambda p, f: create(p, f.iloc[:2]), "is empty: 2 different prompts or groups"),
        (lambda p, f: create(p, f.iloc[:0]), "is empty: 0 different prompts or groups"),
        (lambda p, f: create(p, f.rename(columns={"prompt": "text"})), "has no column 'prompt'"),
        (lambda p, f: create(p, ["a", "b"]), "must be a DataFrame or an OutcomeTable, got list"),
        (lambda p, f: SplitLedger.open(p, f), "ledger .* does not exist"),
        (lambda p, f: create(p, f).report("  "), "name the question"),
        (lambda p, f: create(p, f).report("q", candidates=0), "'candidates' must be a whole"),
        (lambda p, f: create(p, f).report("q", candidates=1.5), "from 1, got 1.5"),
    ],
)
def test_bad_input_is_refused(path, frame, call, message):
    with pytest.raises(InputError, match=message):
        call(path, frame)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "is no split ledger: the file: Invalid JSON"),
        ("{}", "is no split ledger: seed: Field required"),
        ('{"format": "x"}', "is no split ledger: format: Input should be"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(path, frame, text, message):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        SplitLedger.open(path, frame)
