"""Whatever comes in, the answer is an error in OpenAI's shape, and the client's text stays in."""

from __future__ import annotations

import logging
import threading

import pytest
from starlette.testclient import TestClient

from routelab import Plan, create_app
from routelab.serving.decider import Decider

PLAN = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
JSON = {"content-type": "application/json"}
SAID = '{"role": "user", "content": "hi"}'


def error_of(answer, status):
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert "secret" not in answer.text
    return error


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"", "no JSON in UTF-8", None),
        (b"{secret", "no JSON in UTF-8 \\(line 1, column", None),
        (b'{"model": "\xff"}', "no JSON in UTF-8", None),
        (b'{"model": "\\ud800"}', "no JSON in UTF-8", None),
        (b'{"model": NaN}', "no JSON in UTF-8", None),
        (b"[" * 100_000, "no JSON in UTF-8", None),
        (b"[]", "must be a JSON object", None),
        (b"{}", "'model' must be printable text of 1 to 256", "model"),
        (b'{"model": 7}', "'model' must be", "model"),
        (b'{"model": "a\\u0000b"}', "'model' must be printable", "model"),
        (b'{"model": "a"}', "'messages' must be a list of 1 to 2,048", "messages"),
        (b'{"model": "a", "messages": []}', "'messages' must be", "messages"),
        (b'{"model": "a", "messages": ["secret"]}', "must be an object with", "messages[0]"),
        (
            b'{"model": "a", "messages": [{"role": "secret", "content": ""}]}',
            "must be an object with a 'role': system",
            "messages[0]",
        ),
        (
            b'{"model": "a", "messages": [{"role": ["user"], "content": ""}]}',
            "must be an object with a 'role'",
            "messages[0]",
        ),
        (
            b'{"model": "a", "messages": [{"role": "user"}]}',
            "must be text or a list of parts",
            "messages[0].content",
        ),
        (
            b'{"model": "a", "messages": [{"role": "user", "content": ["secret"]}]}',
            "must be an object with a 'type'",
            "messages[0].content[0]",
        ),
        (
            b'{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":1}]}]}',
            "must be text",
            "messages[0].content[0].text",
        ),
        (f'{{"model":"a","messages":[{SAID}],"user":3}}', "'user' must be", "user"),
        (f'{{"model":"a","messages":[{SAID}],"metadata":[]}}', "must be an object", "metadata"),
        (
            f'{{"model":"a","messages":[{SAID}],"metadata":{{"tier":"{"x" * 300}"}}}}',
            "'metadata.tier' must be printable",
            "metadata.tier",
        ),
        (f'{{"model":"a","messages":[{SAID}],"max_tokens":0}}', "a whole number", "max_tokens"),
        (f'{{"model":"a","messages":[{SAID}],"max_tokens":true}}', "a whole", "max_tokens"),
        (f'{{"model":"a","messages":[{SAID}],"max_tokens":1e999}}', "(no JSON|whole)", None),
        (
            f'{{"model":"a","messages":[{SAID}],"metadata":{{"input_tokens":-5}}}}',
            "a whole number from 1",
            "metadata.input_tokens",
        ),
    ],
)
def test_a_wrong_body_is_a_400_that_names_the_field(body, message, param):
    import re

    answer = TestClient(create_app(PLAN)).post("/v1/route", content=body, headers=JSON)
    error = error_of(answer, 400)
    assert re.search(message, error["message"])
    assert error["type"] == "invalid_request_error"
    if param is not None:
        assert error["param"] == param


def test_a_large_body_is_refused_by_its_header_and_by_its_length():
    client = TestClient(create_app(PLAN, max_body_bytes=1000))
    error = error_of(client.post("/v1/route", content=b"x" * 1001, headers=JSON), 413)
    assert error["message"] == "the body is larger than 1,000 bytes"

    def chunks():  # without a length in the header
        for _ in range(11):
            yield b"x" * 100

    error_of(client.post("/v1/route", content=chunks(), headers=JSON), 413)
    liar = {**JSON, "content-length": "9" * 40}
    error_of(client.post("/v1/route", content=b"{}", headers=liar), 413)


def test_other_types_methods_and_addresses_have_errors_of_the_same_shape():
    client = TestClient(create_app(PLAN))
    error_of(client.post("/v1/route", content=b"secret", headers={"content-type": "text/a"}), 415)
    error_of(client.post("/v1/route", content=b"secret"), 415)
    answer = client.get("/v1/route?prompt=secret")
    assert error_of(answer, 405)["message"] == "this address takes another method"
    assert answer.headers["allow"] == "POST"
    error_of(client.post("/v1/chat/completions", json={}), 404)
    for page in ("/docs", "/redoc", "/openapi.json"):
        error_of(client.get(page), 404)


def test_a_router_that_fails_tells_neither_client_nor_log_the_prompt(monkeypatch, caplog):
    app = create_app(PLAN)

    def fail(self, asked):
        raise ValueError(f"cannot read {asked.prompt}")

    monkeypatch.setattr(Decider, "decide", fail)
    body = {"model": "a", "messages": [{"role": "user", "content": "secret"}]}
    with caplog.at_level(logging.DEBUG):
        error = error_of(TestClient(app).post("/v1/route", json=body), 500)
    assert error["message"] == "the router failed on this request (ValueError)"
    assert error["type"] == "server_error"
    assert "secret" not in caplog.text


def test_requests_above_the_limit_are_sent_away_at_once(monkeypatch):
    app = create_app(PLAN, max_waiting=1)
    inside, go = threading.Event(), threading.Event()

    def slow(self, asked):
        inside.set()
        assert go.wait(10)
        return {"id": asked.request_id}

    monkeypatch.setattr(Decider, "decide", slow)
    body = {"model": "a", "messages": [{"role": "user", "content": "hi"}]}
    with TestClient(app) as client:
        first = []
        thread = threading.Thread(target=lambda: first.append(client.post("/v1/route", json=body)))
        thread.start()
        assert inside.wait(10)
        answer = client.post("/v1/route", json=body)
        error = error_of(answer, 429)
        assert error["type"] == "rate_limit_error" and answer.headers["retry-after"] == "1"
        assert client.get("/health").json()["under_way"] == 1
        go.set()
        thread.join()
        assert first[0].status_code == 200
        assert client.post("/v1/route", json=body).status_code == 200


def test_prompts_of_any_characters_are_decided(client):
    for prompt in ("", "\0", "\u202e<script>", "\U0001f4a9" * 1000, "' or 1=1 --", "{{7*7}}"):
        body = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
        assert client.post("/v1/route", json=body).status_code == 200, prompt
