"""The web application: three addresses, limits, and errors in the shape that OpenAI's have."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from routelab._checks import InputError, require
from routelab.exporters import Bundle
from routelab.plan import Plan
from routelab.serving._request import RequestError, read_request
from routelab.serving.decider import Decider

if TYPE_CHECKING:
    from fastapi import FastAPI

MAX_BODY_BYTES = 2**20
#: Decisions at a time; they are CPU work under Python's lock, so more threads do not help.
THREADS = 4
#: Requests that may wait for one of them; those above are sent away at once.
MAX_WAITING = 256
BODY_TIMEOUT_S = 10.0


def create_app(
    plan_or_bundle: Plan | Bundle | str | os.PathLike[str],
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    max_waiting: int = MAX_WAITING,
    body_timeout_s: float = BODY_TIMEOUT_S,
) -> FastAPI:
    """Return a web application that says which model a request would get, and why.

    ``POST /v1/route`` takes the body of a chat completion and answers the decision of
    :class:`Decider`; ``GET /v1/models`` lists the model groups, ``GET /health`` says that it runs.
    No provider is asked, and no prompt is kept, logged or sent back.

    Parameters
    ----------
    plan_or_bundle : Plan, Bundle, or path of a plan (YAML) or bundle
    max_body_bytes : int, default 1 MiB
    max_waiting : int, default 256
        Requests under way; more are answered 429.
    body_timeout_s : float, default 10
        Seconds in which a body must have come.

    Returns
    -------
    fastapi.FastAPI

    Raises
    ------
    InputError
        FastAPI is missing (the extra ``serve``), a limit is not above 0, or there is nothing to
        decide with.

    Examples
    --------
    >>> app = create_app(Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> [route.path for route in app.routes]
    ['/v1/route', '/v1/models', '/health']
    """
    limits = {"max_body_bytes": max_body_bytes, "max_waiting": max_waiting}
    for name, value in {**limits, "body_timeout_s": body_timeout_s}.items():
        if not value > 0:
            raise InputError(f"{name} must be above 0, got {value!r}")
    fastapi: Any = require("fastapi", "serve")
    from starlette.exceptions import HTTPException

    # No pages of documentation: theirs load scripts from elsewhere.
    app = fastapi.FastAPI(title="routelab", docs_url=None, redoc_url=None, openapi_url=None)
    endpoints = _Endpoints(Decider(plan_or_bundle), max_body_bytes, max_waiting, body_timeout_s)
    app.router.add_route("/v1/route", endpoints.route, methods=["POST"])
    app.router.add_route("/v1/models", endpoints.models, methods=["GET"])
    app.router.add_route("/health", endpoints.health, methods=["GET"])
    app.add_exception_handler(HTTPException, _http_error)
    return app


class _Endpoints:
    """The three addresses over one decider."""

    def __init__(self, decider: Decider, max_bytes: int, max_waiting: int, timeout_s: float):
        self.decider = decider
        self.max_bytes = max_bytes
        self.max_waiting = max_waiting
        self.timeout_s = timeout_s
        self.waiting = 0  # touched by the event loop alone
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="routelab-route")
        self.started = int(time.time())

    async def route(self, request: Any) -> Any:
        from starlette.responses import JSONResponse

        if self.waiting >= self.max_waiting:
            message = "too many requests are under way: ask again in a second"
            return _error(RequestError(message, status=429, code="rate_limit_exceeded"))
        self.waiting += 1
        try:
            body = await self._body(request)
            decision = await asyncio.get_running_loop().run_in_executor(
                self.threads, self._decide, body
            )
            return JSONResponse(decision)
        except RequestError as error:
            return _error(error)
        finally:
            self.waiting -= 1

    def _decide(self, body: bytes) -> dict[str, Any]:
        asked = read_request(body)
        try:
            return self.decider.decide(asked)
        except Exception as error:
            # Its message may hold the prompt, so that neither the client nor a log gets it.
            message = f"the router failed on this request ({type(error).__name__})"
            raise RequestError(message, status=500, code="router_failed") from None

    async def _body(self, request: Any) -> bytes:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = "the content type must be application/json"
            raise RequestError(message, status=415, code="unsupported_media_type")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self.max_bytes:
            raise self._too_large()
        found = bytearray()
        try:
            async with asyncio.timeout(self.timeout_s):
                async for chunk in request.stream():
                    found += chunk
                    if len(found) > self.max_bytes:
                        raise self._too_large()
        except TimeoutError:
            message = f"the body took more than {self.timeout_s:g} seconds"
            raise RequestError(message, status=408, code="timeout") from None
        return bytes(found)

    def _too_large(self) -> RequestError:
        message = f"the body is larger than {self.max_bytes:,} bytes"
        return RequestError(message, status=413, code="request_too_large")

    async def models(self, _: Any) -> Any:
        from starlette.responses import JSONResponse

        plan = self.decider.plan
        names = [] if plan is None else [*plan.models, *plan.model_group_alias]
        entry = {"object": "model", "created": self.started, "owned_by": "routelab"}
        return JSONResponse({"object": "list", "data": [{"id": n, **entry} for n in names]})

    async def health(self, _: Any) -> Any:
        from starlette.responses import JSONResponse

        plan, router = self.decider.plan, self.decider.router
        told = {"plan": plan and plan.name, "router": router and type(router).__name__}
        return JSONResponse({"status": "ok", **told, "under_way": self.waiting})


def _error(error: RequestError) -> Any:
    """Return an answer in the shape of OpenAI's errors."""
    from starlette.responses import JSONResponse

    kinds = {429: "rate_limit_error", 500: "server_error"}
    inner = {
        "message": str(error),
        "type": kinds.get(error.status, "invalid_request_error"),
        "param": error.param,
        "code": error.code,
    }
    headers = {"retry-after": "1"} if error.status == 429 else None
    return JSONResponse({"error": inner}, status_code=error.status, headers=headers)


async def _http_error(_: Any, error: Any) -> Any:
    told = {404: "there is no such address", 405: "this address takes another method"}
    message = told.get(error.status_code, "the request cannot be answered")
    answer = _error(RequestError(message, status=error.status_code))
    answer.headers.update(error.headers or {})
    return answer
