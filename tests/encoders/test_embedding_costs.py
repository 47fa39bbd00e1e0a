"""Money, sizes, rates and lengths of what a service of embeddings is sent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from routelab import InputError
from routelab.encoders import (
    EmbeddingEstimate,
    LitellmEncoder,
)
from routelab.encoders import litellm_embedding as module
from routelab.encoders._embedding_texts import batches, count_tokens, cut
from routelab.encoders._rate_limit import RateLimiter

pytest.importorskip("litellm", reason="needs litellm: pip install 'routelab[litellm]'")
pytestmark = [
    pytest.mark.litellm,
    pytest.mark.filterwarnings("ignore"),  # LiteLLM warns while it is used
]
MODEL = "openai/text-embedding-3-small"  # 0.02 USD per million tokens, 8191 tokens per text
TEXTS = [f"text {'x' * i}" for i in range(10)]


def test_the_estimate_counts_what_is_new_and_asks_nobody(server, encoder):
    estimate = encoder.estimate(["one two", "one two", "three", " "])
    # Two different texts of 2 and 1 tokens, at 0.02 USD per million.
    assert estimate == EmbeddingEstimate(2, 3, pytest.approx(3 * 0.02 / 1e6))
    assert server.asked == []
    assert (
        str(EmbeddingEstimate(1200, 34_000, 0.5)) == "1,200 texts, 34,000 tokens, about 0.5000 USD"
    )
    encoder.transform(["three"])
    assert encoder.estimate(["one two", "three"]).texts == 1
    assert encoder.set_params(usd_per_mtok=1e6).estimate(["one two"]).usd == 2


def test_an_unknown_price_is_an_error_and_never_nothing(server, path):
    encoder = LitellmEncoder("openai/own-model", cache=path)
    with pytest.raises(InputError, match="no price for 'openai/own-model': give usd_per_mtok="):
        encoder.estimate(["a"])
    encoder.transform(["a"])
    assert math.isnan(encoder.usage_.usd) and encoder.usage_.tokens == 10
    with pytest.raises(InputError, match="no price for"):
        encoder.set_params(max_usd=1.0).transform(["b"])
    with pytest.raises(InputError, match="nan are spent: more than max_usd=1"):
        encoder.set_params(usd_per_mtok=1.0).transform(["b"])
    assert clone(encoder).set_params(usd_per_mtok=0).estimate(["b"]).usd == 0  # the user's word
    assert server.sent() == ["a"]


def test_the_cap_refuses_before_anything_is_sent(server, encoder):
    encoder.set_params(usd_per_mtok=1e6, max_usd=25)  # one USD per token; each text is billed 10
    encoder.transform(["one", "two"])
    assert encoder.usage_.usd == 20
    message = "6 texts of 6 tokens would cost 6 USD, and 20 are spent: more than max_usd=25"
    with pytest.raises(InputError, match=message):
        encoder.transform(["a", "b", "c", "d", "e", "f"])
    assert len(server.asked) == 1
    encoder.transform(["one", "two"])  # what is kept is free
    clone(encoder).transform(["a"])  # a clone has its own cap


def test_the_cap_holds_when_more_is_billed_than_was_counted(server, encoder):
    encoder.set_params(usd_per_mtok=1e6, max_usd=34)
    # Ten texts of 2 to 4 tokens fit by our count; the server bills 30 for the first three.
    with pytest.raises(InputError, match="and 30 are spent: more than max_usd=34; they were not"):
        encoder.transform(TEXTS)
    assert len(server.asked) == 1
    assert clone(encoder).estimate(TEXTS).texts == 7


def test_a_request_that_timed_out_counts_against_the_cap(server, encoder):
    encoder.set_params(usd_per_mtok=1e6, max_usd=5, timeout_s=0.5)
    server.script = ["silence"]
    with pytest.raises(InputError, match="would cost 3 USD, and 3 are spent"):
        encoder.transform(["a b c"])
    assert len(server.asked) == 1


def test_requests_hold_no_more_tokens_than_asked(server, encoder):
    encoder.set_params(batch_tokens=5)
    encoder.transform(["a b", "c d", "e f", "g h i j k l", "m"])
    assert [body["input"] for body in server.asked] == [
        ["a b", "c d"], ["e f"], ["g h i j k l"], ["m"],
    ]  # fmt: skip


def test_requests_keep_to_the_rate(server, encoder, monkeypatch):
    now = [0.0]
    limiter = RateLimiter(
        2, 7, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s)
    )
    monkeypatch.setattr(module, "shared_limiter", lambda *_: limiter)
    encoder.set_params(requests_per_minute=2, tokens_per_minute=7)
    server.script = [(500, {})]  # a retry counts as a request
    encoder.transform(["a b", "c d", "e f", "g h"])  # 3 + 1 texts, of 6 and 2 tokens
    assert [len(body["input"]) for body in server.asked] == [3, 3, 1]
    assert now == [120.0]


@given(st.lists(st.integers(0, 30)), st.integers(1, 5), st.integers(1, 40))
def test_batches_cover_all_and_keep_both_limits(counts, most_texts, most_tokens):
    parts = [counts[part] for part in batches(counts, most_texts, most_tokens)]
    assert [n for part in parts for n in part] == counts
    for part in parts:
        assert 1 <= len(part) <= most_texts
        assert sum(part) <= most_tokens or len(part) == 1


def test_blank_prompts_are_zeros_and_not_sent(server, encoder):
    rows = encoder.transform(["", "a", " \n\t"])
    np.testing.assert_allclose(rows, [[0] * 4, *server.expected(["a"]), [0] * 4], rtol=1e-6)
    assert server.sent() == ["a"]
    assert encoder.transform([""]).tolist() == [[0.0] * 4]  # the width is known now
    assert encoder.transform([]).shape == (0, 4)


def test_the_width_of_blank_prompts_comes_from_what_is_known(path):
    assert LitellmEncoder(MODEL, cache=path).transform([" "]).shape == (1, 1536)
    assert LitellmEncoder(MODEL, cache=path, dimensions=9).transform([" "]).shape == (1, 9)
    own = LitellmEncoder("openai/own-model", cache=path)
    assert own.transform([]).shape == (0, 0)
    with pytest.raises(InputError, match="all prompts are blank, and the width of 'openai/own-mod"):
        own.transform([" "])


def test_long_prompts_are_cut_at_the_models_limit(server, encoder):
    prompt = "word " * 9000
    assert encoder.estimate([prompt]).tokens == 8191
    encoder.transform([prompt])
    assert count_tokens(server.sent()[0]) == 8191 and prompt.startswith(server.sent()[0])


def test_a_limit_of_ones_own_cuts_and_an_unknown_one_does_not(server, encoder, path):
    encoder.set_params(max_tokens=3).transform(["one two three four"])
    LitellmEncoder("openai/own-model", cache=path).transform(["word " * 9000])
    assert server.sent() == ["one two three", "word " * 9000]


@given(st.text(min_size=1), st.integers(4, 10))
def test_a_cut_text_is_the_beginning_and_fits(text, most):
    short = cut(text, most)
    assert text.lstrip().startswith(short) or short == text
    assert count_tokens(short) <= most


def test_a_character_of_several_tokens_stays_whole():
    assert count_tokens("🦄") == 3
    assert cut("🦄🦄", 1) == "🦄"
    assert cut("🦄🦄", 4) == "🦄"
    assert cut("  " * 50 + "ab cd", 1) == "ab"
    assert cut("ab cd", None) == "ab cd"


def test_texts_that_look_like_special_tokens_are_texts(server, encoder):
    encoder.transform(["<|endoftext|>"])
    assert server.sent() == ["<|endoftext|>"]
