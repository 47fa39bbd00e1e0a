"""A stand-in for the providers: OpenAI-compatible, on loopback, scripted, and it writes all down.

Each entry of the gateway's model list has a path of its own, ``/INDEX/v1``, and each request
carries its number as ``seed``, so that every attempt is known by deployment and request.
"""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INPUT_TOKENS, OUTPUT_TOKENS = 10, 1  # that every answer reports
TIMED_OUT = "client_timeout"
WAIT_S = 10.0  # for an attempt under way to end
_ERRORS = {429: "rate_limit_exceeded", 500: "server_error"}

#: Texts -> vectors of shape (n_texts, n_dimensions).
Embed = Callable[[list[str]], Any]


@dataclass(slots=True)
class Attempt:
    """One call that reached the stand-in.

    Attributes
    ----------
    request : int
        Number of the request, -1 where it told none.
    entry : int
        Place in the gateway's model list.
    t : float
        When it came, in seconds of ``time.monotonic()``.
    status : int or str or None
        HTTP status of the answer, "client_timeout", or None while it is under way.
    ended : float
        When its answer was sent, or the client hung up.
    """

    request: int
    entry: int
    t: float
    status: int | str | None = None
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted failure: how an entry answers a request.

    Attributes
    ----------
    entry, request : int
    status : int
        HTTP status of the answer.
    hold_s : float
        Seconds until the answer, unless the client hangs up before.
    nth : int or None
        Only for this call of the entry, counted from 1; None: for each.
    """

    entry: int
    request: int
    status: int = 200
    hold_s: float = 0.0
    nth: int | None = None


class Upstream:
    """What the stand-in was told to do, and what it saw.

    Parameters
    ----------
    embed : callable, optional
        Gives the vectors of texts; without it, requests for embeddings are refused.
    """

    def __init__(self, embed: Embed | None = None):
        self.embed = embed
        self.port = 0
        self._attempts: list[Attempt] = []
        self._faults: dict[tuple[int, int], Fault] = {}
        self._calls: dict[int, int] = {}
        self._changed = threading.Condition()

    def expect(self, faults: Sequence[Fault]) -> None:
        """Add scripted failures."""
        with self._changed:
            self._faults |= {(fault.entry, fault.request): fault for fault in faults}

    def calls(self, entry: int) -> int:
        """Return how many calls an entry has had."""
        with self._changed:
            return self._calls.get(entry, 0)

    def attempts(self) -> dict[int, list[Attempt]]:
        """Return the attempts of each request, in order of time, once all of them have ended."""
        with self._changed:
            self._changed.wait_for(self._at_rest, WAIT_S)
            found: dict[int, list[Attempt]] = {}
            for attempt in self._attempts:
                found.setdefault(attempt.request, []).append(attempt)
        return found

    def _at_rest(self) -> bool:
        return all(attempt.status is not None for attempt in self._attempts)

    def begin(self, entry: int, body: Mapping[str, Any]) -> tuple[Attempt, Fault]:
        """Note a call; return it and how it is to be answered."""
        told = body.get("seed")
        request = told if isinstance(told, int) else -1
        attempt = Attempt(request, entry, time.monotonic())
        with self._changed:
            self._calls[entry] = number = self._calls.get(entry, 0) + 1
            self._attempts.append(attempt)
            fault = self._faults.get((entry, request))
        if fault is None or fault.nth not in (None, number):
            fault = Fault(entry, request)
        return attempt, fault

    def end(self, attempt: Attempt, status: int | str) -> None:
        """Note how a call ended."""
        with self._changed:
            attempt.status, attempt.ended = status, time.monotonic()
            self._changed.notify_all()


@contextmanager
def serving(upstream: Upstream) -> Iterator[Upstream]:
    """Serve an upstream on a free port of this machine while the block runs."""
    handler = type("Handler", (_Handler,), {"upstream": upstream})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    upstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers chat completions and embeddings."""

    upstream: Upstream
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer in one packet
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        """Say nothing: what is asked may be anybody's text."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        index, _, what = self.path.strip("/").partition("/v1/")
        if what == "embeddings" and self.upstream.embed is not None:
            self._send(200, _embeddings(body, self.upstream.embed))
        elif what == "chat/completions" and index.isdecimal():
            self._chat(int(index), body)
        else:
            self._send(404, _error(404, f"nothing is served at {self.path!r}"))

    def _chat(self, entry: int, body: Mapping[str, Any]) -> None:
        attempt, fault = self.upstream.begin(entry, body)
        if fault.hold_s and select.select([self.connection], [], [], fault.hold_s)[0]:
            self.upstream.end(attempt, TIMED_OUT)  # the client hung up
            self.close_connection = True
            return
        self.upstream.end(attempt, fault.status)
        answer = _answer(body) if fault.status == 200 else _error(fault.status, "scripted")
        self._send(fault.status, answer)

    def _send(self, status: int, answer: Mapping[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _answer(body: Mapping[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": "served by the stand-in"}
    usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS}
    return {
        "id": f"chatcmpl-{body.get('seed')}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }


def _embeddings(body: Mapping[str, Any], embed: Embed) -> dict[str, Any]:
    asked = body.get("input", [])
    texts = [asked] if isinstance(asked, str) else list(asked)
    data = [
        {"object": "embedding", "index": place, "embedding": [float(value) for value in vector]}
        for place, vector in enumerate(embed(texts))
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": body.get("model"), "data": data, "usage": usage}


def _error(status: int, message: str) -> dict[str, Any]:
    kind = _ERRORS.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "code": kind}}
