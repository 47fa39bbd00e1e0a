"""Embeddings of a service through the real LiteLLM: what is sent, kept and stored."""

from __future__ import annotations

import os
import pickle
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from routelab import InputError, make_encoder, make_router
from routelab.encoders import (
    CachedEncoder,
    EmbeddingServiceError,
    EmbeddingUsage,
    LitellmEncoder,
)
from routelab.encoders._embedding_texts import count_tokens
from routelab.encoders.cache import identity
from routelab.routers._store import load_router, save_router

pytest.importorskip("litellm", reason="needs litellm: pip install 'routelab[litellm]'")
pytestmark = [
    pytest.mark.litellm,
    pytest.mark.filterwarnings("ignore"),  # LiteLLM warns while it is used
]
KEY = "sk-not-a-real-key-000000"
MODEL = "openai/text-embedding-3-small"  # 0.02 USD per million tokens, 8191 tokens per text
TEXTS = [f"text {'x' * i}" for i in range(10)]


def test_rows_are_unit_float32_in_the_order_of_the_prompts(server, encoder):
    rows = encoder.transform(TEXTS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, server.expected(TEXTS), rtol=1e-6)
    assert [len(body["input"]) for body in server.asked] == [3, 3, 3, 1]
    assert server.keys == {f"Bearer {KEY}"}
    assert encoder.width_ == 4


def test_nothing_is_paid_twice(server, encoder):
    prompts = [*TEXTS, *TEXTS[:4]]
    first = encoder.transform(prompts)
    assert server.sent() == TEXTS
    np.testing.assert_array_equal(clone(encoder).transform(prompts), first)
    clone(encoder).transform(["new", *TEXTS])
    assert server.sent() == [*TEXTS, "new"]


def test_the_account_is_what_the_service_billed(server, encoder):
    encoder.transform(TEXTS)
    # 10 texts of 10 tokens, as the server says, at 0.02 USD per million; 4 requests.
    assert encoder.usage_ == EmbeddingUsage(4, 0, 10, 0, 100, pytest.approx(100 * 0.02 / 1e6))
    encoder.transform(TEXTS)
    assert (encoder.usage_.requests, encoder.usage_.cached) == (4, 10)
    assert str(encoder.usage_) == (
        "10 texts in 4 requests (0 retries), 10 from the cache; 100 tokens, 0.0000 USD"
    )


def test_an_answer_without_usage_is_counted_by_us(server, encoder):
    server.script = ["uncounted"]
    encoder.transform(["one two three"])
    assert encoder.usage_.tokens == count_tokens("one two three") == 3


def test_kept_prompts_need_no_service_and_no_key(server, encoder, monkeypatch):
    rows = encoder.transform(TEXTS)
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    np.testing.assert_array_equal(clone(encoder).transform(TEXTS[::-1]), rows[::-1])


def test_without_a_cache_everything_is_sent_again(server, encoder, path):
    encoder.set_params(cache=False)
    for _ in range(2):
        np.testing.assert_allclose(
            encoder.transform(TEXTS[:4]), server.expected(TEXTS[:4]), rtol=1e-6
        )
    assert server.sent() == TEXTS[:4] * 2
    assert encoder.estimate(TEXTS[:4]).texts == 4
    assert not os.path.exists(path)


def test_the_default_cache_is_the_users(server, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    make_encoder(f"litellm:{MODEL}").transform(["a"])
    assert CachedEncoder("static:x").info()["entries"] == 1
    assert str(tmp_path) in CachedEncoder("static:x").info()["path"]


def test_a_service_that_stops_half_way_is_resumed(server, encoder):
    encoder.set_params(timeout_s=0.5, retries=0)
    server.script = ["good", "good", "silence"]
    with pytest.raises(EmbeddingServiceError, match=r"failed 1 times, last with Timeout .status 4"):
        encoder.transform(TEXTS)
    server.asked.clear()
    encoder.set_params(timeout_s=10)
    np.testing.assert_allclose(encoder.transform(TEXTS), server.expected(TEXTS), rtol=1e-6)
    assert server.sent() == TEXTS[6:]


def test_the_cache_knows_model_and_dimensions_and_nothing_else():
    known = identity(LitellmEncoder(MODEL))
    others = {"api_base": "http://127.0.0.1:2/v1", "batch_size": 5, "batch_tokens": 7, "retries": 1,
              "requests_per_minute": 3, "tokens_per_minute": 4, "timeout_s": 5, "wait_s": 6,
              "usd_per_mtok": 1.0, "max_usd": 2.0, "cache": False}  # fmt: skip
    changing = {"model", "dimensions", "max_tokens"}  # a cut that is asked for changes vectors
    assert set(others) | changing == set(LitellmEncoder(MODEL).get_params())
    for name, value in others.items():
        assert identity(LitellmEncoder(MODEL, **{name: value})) == known, name
    assert identity(LitellmEncoder("openai/other")) != known
    assert identity(LitellmEncoder(MODEL, dimensions=256)) != known
    assert identity(LitellmEncoder(MODEL, max_tokens=256)) != known


def test_dimensions_are_asked_for_and_checked(server, encoder):
    encoder.set_params(dimensions=3)
    np.testing.assert_allclose(encoder.transform(["a b"]), server.expected(["a b"], 3), rtol=1e-6)
    assert server.asked[0]["dimensions"] == 3
    server.script = ["wide"]
    with pytest.raises(EmbeddingServiceError, match="text 0 has 7 numbers instead of 3"):
        encoder.transform(["c"])


def test_a_model_that_cannot_shorten_its_vectors_is_refused_at_once(server, path):
    encoder = LitellmEncoder("openai/own-model", dimensions=3, cache=path, wait_s=0.0)
    with pytest.raises(InputError, match="refused the request: UnsupportedParamsError"):
        encoder.transform(["a"])
    assert server.asked == []


def test_an_address_can_be_given(server, encoder, monkeypatch):
    address = os.environ["OPENAI_BASE_URL"]
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    encoder.set_params(api_base=address).transform(["a"])
    assert server.sent() == ["a"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("batch_size", 0, "'batch_size' must be above 0, got 0"),
        ("max_usd", float("nan"), "'max_usd' must be above 0, got nan"),
        ("timeout_s", -1, "'timeout_s' must be above 0, got -1"),
        ("retries", -1, "'retries' must be 0 or more, got -1"),
        ("usd_per_mtok", -0.1, "'usd_per_mtok' must be 0 or more, got -0.1"),
    ],
)
def test_parameters_are_checked_at_use(name, value, message):
    encoder = LitellmEncoder(MODEL, **{name: value})
    with pytest.raises(InputError, match=message):
        encoder.transform(["a"])


@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{KEY}@host/v1",
        f"user:{KEY}@host/v1",  # no scheme, so no host either
        f"http://host/v1?key={KEY}",
        f"http://host/v1#key={KEY}",
        f"http://[{KEY}",  # urlsplit raises
        f"http:///{KEY}",
        f"ftp://host/{KEY}",
        KEY,
        "",
    ],
)
def test_credentials_in_the_address_are_refused_and_not_shown(address):
    with pytest.raises(InputError, match="'api_base' must be 'http://' or 'https://'") as caught:
        LitellmEncoder(MODEL, api_base=address)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    with pytest.raises(InputError, match="'api_base' must be"):
        LitellmEncoder(MODEL).set_params(api_base=address).transform(["a"])


def test_there_is_no_parameter_for_a_key():
    with pytest.raises(TypeError, match="api_key"):
        LitellmEncoder(MODEL, api_key=KEY)
    with pytest.raises(InputError, match="write 'litellm:<embedding model>'"):
        make_encoder("litellm")


def test_without_litellm_the_extra_is_named(monkeypatch, path):
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[litellm\]"'):
        make_encoder("litellm:some-model").set_params(cache=path).transform(["a"])


def test_importing_routelab_does_not_import_litellm():
    code = (
        "import sys, routelab; from routelab.encoders import ENCODERS; ENCODERS.names();"
        "routelab.make_encoder('litellm:some-model').fit(['a']); print('litellm' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


PROMPTS = ["a", "b", "c", "d", "many words in this one", "words are many here too",
           "several words in a row", "some more words for it"]  # fmt: skip
LABELS = ["short"] * 4 + ["long"] * 4


def test_a_router_is_named_by_a_string(server, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    router = clone(make_router("knn", encoder=f"litellm:{MODEL}", k=1)).fit(PROMPTS, LABELS)
    assert router.predict(["e", "words that are many, too"]).tolist() == ["short", "long"]


def test_a_search_pays_for_each_prompt_once(server, encoder):
    router = make_router("knn", encoder=encoder)
    search = GridSearchCV(router, {"head__k": [1, 2, 3]}, cv=2).fit(PROMPTS, LABELS)
    assert search.predict(["f"]).tolist() == ["short"]
    assert sorted(server.sent()) == sorted([*PROMPTS, "f"])


def test_a_stored_router_decides_the_same_and_holds_no_key(server, encoder, path, tmp_path):
    router = make_router("knn", encoder=encoder, k=1).fit(PROMPTS, LABELS)
    file = tmp_path / "router.skops"
    save_router(router, file)
    router.predict(["e"])
    save_router(router, tmp_path / "later.skops")  # what was spent is not part of a router
    assert (tmp_path / "later.skops").read_bytes() == file.read_bytes()
    again = load_router(file).set_params(encoder__cache=path)
    assert again.predict(["g", *PROMPTS]).tolist() == ["short", *LABELS]
    assert server.sent() == [*PROMPTS, "e", "g"]
    assert again[0].width_ == 4 and again[0].usage_.texts == 1
    with zipfile.ZipFile(file) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    shown = repr(router) + router._repr_html_() + str(router.get_params())
    assert KEY.encode() not in held + file.read_bytes() and KEY not in shown
    assert KEY.encode() not in pickle.dumps(router)


def test_neither_prompts_nor_keys_are_in_the_cache(server, encoder, path):
    encoder.transform(["a private prompt"])
    with closing(sqlite3.connect(path)) as file:
        dump = "\n".join(file.iterdump())
    assert "private" not in dump and KEY not in dump
