"""A service that fails, or answers with what cannot be used, through the real LiteLLM."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from routelab import InputError, cli
from routelab.encoders import (
    EmbeddingServiceError,
    LitellmEncoder,
)
from routelab.encoders import litellm_embedding as module
from routelab.encoders._backoff import Backoff
from routelab.encoders._embedding_service import vectors_of

pytest.importorskip("litellm", reason="needs litellm: pip install 'routelab[litellm]'")
pytestmark = [
    pytest.mark.litellm,
    pytest.mark.filterwarnings("ignore"),  # LiteLLM warns while it is used
]
KEY = "sk-not-a-real-key-000000"
MODEL = "openai/text-embedding-3-small"  # 0.02 USD per million tokens, 8191 tokens per text
TEXTS = [f"text {'x' * i}" for i in range(10)]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_temporary_failures_are_tried_again_one_by_one(server, encoder, status):
    server.script = [(status, {}), (status, {}), "good"]
    encoder.transform(["a"])
    assert len(server.asked) == 3  # LiteLLM adds no retries of its own
    assert (encoder.usage_.requests, encoder.usage_.retries) == (1, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_is_refused_is_sent_once_and_the_key_is_not_shown(server, encoder, status):
    server.script = [(status, {})] * 5
    with pytest.raises(InputError, match=f"refused the request: .*status {status}") as caught:
        encoder.transform(["a"])
    assert len(server.asked) == 1
    assert KEY not in str(caught.value) and caught.value.__context__ is None


def test_the_service_says_how_long_to_wait(server, encoder, monkeypatch):
    waits = []
    monkeypatch.setattr(module, "Backoff", lambda *a: Backoff(*a, waits.append, lambda: 0.0))
    server.script = [(429, {"Retry-After": "17"}), "good"]
    encoder.transform(["a"])
    assert waits == [17]


def test_a_timeout_is_tried_again_and_may_be_billed(server, encoder):
    encoder.set_params(timeout_s=0.5)
    server.script = ["silence", "good"]
    encoder.transform(["a b c"])
    assert len(server.asked) == 2
    assert encoder.usage_.usd_unsure == pytest.approx(3 * 0.02 / 1e6)
    assert "perhaps 0.0000 more" in str(encoder.usage_)


def test_a_service_that_is_away_is_tried_again(path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    encoder = LitellmEncoder(
        MODEL, cache=path, api_base="http://127.0.0.1:1/v1", wait_s=0.0, retries=1
    )
    with pytest.raises(EmbeddingServiceError, match="failed 2 times, last with InternalServerErr"):
        encoder.transform(["a"])
    assert encoder.usage_.retries == 1


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("fewer", "2 vectors for 3 texts"),
        ("wide", "the vector of text 2 has 7 numbers instead of 4"),
        ("nan", "the vector of text 2 has NaN or infinity"),
        ("empty", "text 2 has no vector"),
        ("twice", r"the vectors of 3 texts are numbered \[0, 1, 0\]"),
    ],
)
def test_answers_that_cannot_be_used_are_billed_and_not_kept(server, encoder, step, message):
    server.script = ["good", step]
    with pytest.raises(EmbeddingServiceError, match=message):
        encoder.transform(TEXTS)
    assert encoder.usage_.tokens == 60
    assert encoder.estimate(TEXTS).texts == 7  # the first three are kept


def test_another_width_than_before_is_an_error(server, encoder):
    encoder.transform(["a"])
    server.script = ["wide"]
    with pytest.raises(EmbeddingServiceError, match="text 0 has 7 numbers instead of 4"):
        encoder.transform(["b"])


def test_vectors_are_sorted_by_their_numbers(server, encoder):
    server.script = ["turned"]
    np.testing.assert_allclose(encoder.transform(TEXTS[:3]), server.expected(TEXTS[:3]), rtol=1e-6)


@pytest.mark.parametrize("embedding", [None, "text", [[1.0]], ["a"]])
def test_a_vector_is_a_list_of_numbers(embedding):
    answer = type("Answer", (), {"data": [{"embedding": embedding}]})
    with pytest.raises(EmbeddingServiceError, match="m: text 0 has no vector"):
        vectors_of(answer, 1, None, "m")


def test_vectors_without_numbers_keep_their_order():
    answer = type("Answer", (), {"data": [{"embedding": [2.0, 0]}, {"embedding": [0, 3.0]}]})
    assert vectors_of(answer, 2, None, "m").tolist() == [[1, 0], [0, 1]]


def test_the_command_line_says_it_in_one_line(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "labels.csv").write_text("prompt,label\n" + "sort it,code\na poem,art\n" * 6)
    server.script = ["nan"]
    monkeypatch.setattr(sys, "argv", [
        "routelab", "train", str(tmp_path / "labels.csv"), "--router", "knn",
        "--encoder", f"litellm:{MODEL}", "--out", str(tmp_path / "out"),
    ])  # fmt: skip
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    told = capsys.readouterr().err
    assert told.endswith(f"routelab: {MODEL}: the vector of text 1 has NaN or infinity\n")
