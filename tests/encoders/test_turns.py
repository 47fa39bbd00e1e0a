"""Several turns as one prompt."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.model_selection import GridSearchCV

from routelab import InputError, make_encoder, make_router
from routelab.encoders import PromptEncoder, StaticEncoder, StaticTable, TurnsEncoder
from routelab.encoders.turns import conversations
from routelab.routers import load_router, save_router
from routelab.traffic import session_turns

TABLE = StaticEncoder(StaticTable(["red", "blue", "green"], np.eye(3)))


def test_turns_weigh_by_their_age():
    # ages 0, 1, 2: green 1, blue 0.5, red 0.25; length sqrt(1 + .25 + .0625) = 1.1456
    rows = TurnsEncoder(TABLE, last=3, decay=0.5).transform([["red", "blue", "green"]])
    np.testing.assert_allclose(rows, np.array([[0.25, 0.5, 1.0]]) / 1.3125**0.5, rtol=1e-6)
    assert rows.dtype == np.float32


def test_only_the_last_turns_count():
    talk = [["red", "blue", "green"]]
    np.testing.assert_allclose(TurnsEncoder(TABLE, last=1).transform(talk), [[0, 0, 1]])
    np.testing.assert_allclose(TurnsEncoder(TABLE, decay=0).transform(talk), [[0, 0, 1]])


def test_one_text_is_one_turn():
    prompts = ["red", "blue green"]
    np.testing.assert_allclose(
        TurnsEncoder(TABLE).transform(prompts), TABLE.transform(prompts), rtol=1e-6
    )


def test_messages_of_others_are_left_out():
    talk = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "two"}, {"type": "image_url"}]},
    ]
    assert conversations([talk, ("x", "y"), np.array(["z"])]) == [["one", "two"], ["x", "y"], ["z"]]


def test_a_part_without_text_adds_nothing():
    parts = [{"type": "text", "text": None}, {"type": "text", "text": "red"}, {"text": 3}]
    talk = [{"role": "user", "content": parts[:1]}, {"role": "user", "content": parts}]
    assert conversations([talk]) == [["", "red"]]


def test_an_empty_conversation_is_a_row_of_zeros():
    turns = TurnsEncoder(TABLE).fit([(), ["red"]])
    np.testing.assert_allclose(turns.transform([(), ["red"], []]), [[0] * 3, [1, 0, 0], [0] * 3])
    np.testing.assert_allclose(turns.transform([(), ()]), np.zeros((2, 3)))
    assert turns.transform([]).shape == (0, 3)
    sparse = TurnsEncoder("tfidf").fit([(), ["red"]])
    assert sparse.encoder_.transform(["red"]).shape == sparse.transform([()]).shape
    assert not sparse.transform([()]).toarray().any()


def test_the_number_of_turns_may_be_numpys():
    encoder = TurnsEncoder(TABLE, last=np.int64(1)).fit(["red"])
    np.testing.assert_allclose(encoder.transform([["red", "blue"]]), [[0, 1, 0]])


def test_each_turn_is_encoded_once():
    class Counting(PromptEncoder):
        learns = False
        asked: list[str] = []

        def transform(self, X):
            Counting.asked += X
            return np.ones((len(X), 2), np.float32)

    TurnsEncoder(Counting()).transform([["a"], ["a", "b"], ["a", "b", "c"]])
    assert Counting.asked == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("talk", "message"),
    [
        ("text", "got one string 'text'"),
        ([[{"role": "assistant", "content": "a"}]], "at index 0 has no user turn"),
        (["a", 3], "prompt at index 1 is neither text nor a list of turns: 3"),
        (["a", [{"role": "user", "content": None}]], "conversation at index 1 is not text, got No"),
        (["a", "b", ["c", 4]], "a turn of the conversation at index 2 is not text, got 4"),
    ],
)
def test_what_is_no_conversation_is_named(talk, message):
    with pytest.raises(InputError, match=message):
        conversations(talk)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"last": 0}, "'last' must be a whole number"),
        ({"last": True}, "'last' must be a whole number of at least 1, got True"),
        ({"last": 1.5}, "'last' must be a whole number"),
        ({"decay": 2}, "'decay' must lie from 0"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(InputError, match=message):
        TurnsEncoder(**parameters).fit(["a"])


def test_a_router_follows_the_conversation():
    talks = [["sort a list in python"], ["write a poem"], ["fix this loop"], ["tell a story"]]
    labels = ["code", "art", "code", "art"]
    router = make_router("centroid", encoder="turns:tfidf").fit(talks, labels)
    assert isinstance(router.named_steps["encoder"], TurnsEncoder)
    asked = [["write a poem", "in blue"], ["sort a list", "in blue"]]
    assert router.predict(asked).tolist() == ["art", "code"]
    search = GridSearchCV(router, {"encoder__last": [1, 2], "encoder__decay": [0.3]}, cv=2)
    assert search.fit(talks, labels).best_params_["encoder__last"] in (1, 2)


def test_it_learns_where_its_encoder_learns(tmp_path):
    assert TurnsEncoder("tfidf").learns and not TurnsEncoder(TABLE).learns
    router = make_router("knn", encoder=TurnsEncoder("tfidf"), k=1)
    router.fit([["sort", "a list"], ["a poem"]], ["code", "art"])
    save_router(router, tmp_path / "router.skops")
    asked = [["sort"], ["poem"], "list"]
    loaded = load_router(tmp_path / "router.skops")
    assert loaded.predict(asked).tolist() == router.predict(asked).tolist()
    assert sp.issparse(router.named_steps["encoder"].transform(["a list"]))


def test_the_name_needs_an_encoder():
    with pytest.raises(InputError, match="write 'turns:tfidf'"):
        make_encoder("turns")


def test_sessions_become_conversations():
    log = pd.DataFrame(
        {
            "session_id": ["s", "t", "s", None, "s", "s"],
            "prompt": ["one", "other", "two", "alone", None, "three"],
        }
    )
    assert session_turns(log, last=2) == [
        ("one",), ("other",), ("one", "two"), ("alone",), (), ("two", "three")
    ]  # fmt: skip
    with pytest.raises(InputError, match="the traffic has no column 'session_id'"):
        session_turns(log[["prompt"]])
    with pytest.raises(InputError, match="'last' must be a whole number of at least 1, got 0"):
        session_turns(log, last=0)
