"""A client of the proxy: the OpenAI package, one request at a time, everything kept."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routelab._checks import RoutelabError, require
from routelab.proving.proxy import Proxy

ANSWER_S = 300.0
CAUSE = "x-litellm-complexity-router-cause"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request.

    Attributes
    ----------
    number : int
        By which the stand-in knows it.
    model : str
        That was asked for.
    sent, wall_s : float
        When, in seconds of ``time.monotonic()``, and for how long.
    status : int
        HTTP status, 0 where there was no answer.
    headers : dict
        With names in lower case.
    error : str
        Class of the client's error; an error's text may repeat the prompt.
    """

    number: int
    model: str
    sent: float
    wall_s: float
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""


class Client:
    """Sends requests and numbers them.

    Parameters
    ----------
    proxy : Proxy
    """

    def __init__(self, proxy: Proxy):
        openai: Any = require("openai", "litellm")
        self.proxy = proxy
        self.replies: list[Reply] = []
        self._error = openai.OpenAIError
        self._client = openai.OpenAI(
            base_url=f"http://127.0.0.1:{proxy.port}/v1",
            api_key=proxy.key,
            max_retries=0,
            timeout=ANSWER_S,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    @property
    def next_number(self) -> int:
        """Number of the next request."""
        return len(self.replies)

    def ask(
        self, model: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a chat completion and return what came of it, errors too."""
        number, sent = self.next_number, time.monotonic()
        error = ""
        try:
            answer = self._client.chat.completions.with_raw_response.create(
                model=model, seed=number, extra_headers=headers, extra_body=dict(body), messages=[]
            )
            status, told = answer.status_code, dict(answer.headers)
        except self._error as failure:
            response = getattr(failure, "response", None)
            status = 0 if response is None else response.status_code
            told, error = dict(getattr(response, "headers", {})), type(failure).__name__
        reply = Reply(number, model, sent, time.monotonic() - sent, status, told, error)
        self.replies.append(reply)
        return reply

    def warm_up(self, models: list[str]) -> None:
        """Ask each model twice, for the first requests of a proxy import what they need."""
        for model in models:
            for _ in range(2):
                self.ask(model, {"messages": [{"role": "user", "content": "warm-up"}]})

    def get(self, path: str) -> Any:
        """Return the JSON that the proxy answers to its administrator."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=60)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {self.proxy.key}"})
            response = connection.getresponse()
            data = response.read()
            if response.status != 200:
                raise RoutelabError(f"the proxy answers {response.status} to {path}")
            return json.loads(data)
        finally:
            connection.close()
