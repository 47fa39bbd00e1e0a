"""Examples of a fitted router come and go."""

import numpy as np
import pytest

from routelab import InputError, make_router
from routelab.encoders import StaticEncoder, StaticTable
from routelab.semantic import add_examples, remove_examples, with_route_names

PROMPTS = ["sort a list", "fix this loop", "write a poem", "tell a story", "sort a list"]
LABELS = ["code", "code", "art", "art", "code"]
MORE = ["refund my order", "sort my loop"]
MORE_LABELS = ["shop", "code"]


@pytest.mark.parametrize("kind", ["centroid", "knn"])
def test_added_and_removed_again_is_what_it_was(kind):
    router = make_router(kind, encoder="hashing").fit(PROMPTS, LABELS)
    asked = [*PROMPTS, *MORE, "something else"]
    before = router.predict_proba(asked)
    add_examples(router, MORE, MORE_LABELS)
    assert router.classes_.tolist() == ["art", "code", "shop"]
    assert router.predict(["refund the order"]).tolist() == ["shop"]
    fresh = make_router(kind, encoder="hashing").fit(PROMPTS + MORE, LABELS + MORE_LABELS)
    np.testing.assert_allclose(router.predict_proba(asked), fresh.predict_proba(asked), atol=1e-5)
    remove_examples(router, MORE, MORE_LABELS)
    assert router.classes_.tolist() == ["art", "code"]
    np.testing.assert_allclose(router.predict_proba(asked), before, atol=1e-5)


def test_an_example_that_stands_twice_is_removed_twice():
    router = make_router("knn", encoder="hashing").fit(PROMPTS, LABELS)
    remove_examples(router, ["sort a list"] * 2, ["code"] * 2)
    assert len(router.named_steps["head"].codes_) == 3
    with pytest.raises(InputError, match="no example 'sort a list' of 'code' to remove"):
        remove_examples(router, ["sort a list"], ["code"])


def test_an_example_of_another_route_stays():
    router = make_router("knn", encoder="hashing").fit(PROMPTS, LABELS)
    with pytest.raises(InputError, match="no example 'write a poem' of 'code' to remove"):
        remove_examples(router, ["write a poem"], ["code"])
    assert len(router.named_steps["head"].codes_) == 5


@pytest.mark.parametrize(
    "encoder", ["tfidf", StaticEncoder(StaticTable(["sort", "poem"], np.eye(2)))]
)
def test_an_example_without_a_known_word_is_removed_again(encoder):
    router = make_router("knn", encoder=encoder).fit(["sort", "poem"], ["code", "art"])
    add_examples(router, ["qqq", "zzz"], ["code", "art"])
    remove_examples(router, ["qqq"], ["code"])
    head = router.named_steps["head"]
    assert head.classes_[head.codes_].tolist() == ["code", "art", "art"]
    with pytest.raises(InputError, match="no example 'qqq' of 'code' to remove"):
        remove_examples(router, ["qqq"], ["code"])


def test_other_heads_have_to_be_fitted_anew():
    router = make_router("linear").fit(PROMPTS, LABELS)
    with pytest.raises(InputError, match="LogisticHead has to be fitted anew"):
        add_examples(router, MORE, MORE_LABELS)
    with pytest.raises(InputError, match="KeywordRouter has to be fitted anew"):
        remove_examples(make_router("keyword").fit([]), ["a"], ["low"])


def test_names_of_routes_are_read_as_words():
    prompts, labels = with_route_names(
        ["a", "b", "c"], ["card_lost?", "topUp-failed", "card_lost?"]
    )
    assert prompts[3:] == ["card lost", "top up failed"]
    assert labels.tolist()[3:] == ["card_lost?", "topUp-failed"]


def test_the_name_of_a_route_tells_what_it_is_for():
    prompts, labels = ["where is it?", "it is gone"], ["card_arrival", "card_lost"]
    asked = ["my lost card", "arrival of the card"]
    named = make_router("centroid").fit(*with_route_names(prompts, labels))
    assert named.predict(asked).tolist() == ["card_lost", "card_arrival"]
