"""Trying again what may succeed later, and never what will not."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from routelab._checks import InputError, RoutelabError

_LONGEST_S = 60.0  # between two tries, when the service does not say how long
_PATIENCE_S = 600.0  # a service that asks for more is given up; what was kept stays

T = TypeVar("T")


class EmbeddingServiceError(RoutelabError):
    """A service of embeddings failed, or its answer cannot be used; what was kept stays kept."""


@dataclass(frozen=True)
class Failure:
    """What is known of a request that failed; texts of errors are not carried, they may hold a key.

    Attributes
    ----------
    name : str
        Class of the error.
    status : int, optional
        Of HTTP.
    asked_s : float, optional
        Seconds that the service asks to wait (its header ``retry-after``).
    """

    name: str
    status: int | None = None
    asked_s: float | None = None

    @property
    def temporary(self) -> bool:
        """Rate limits, timeouts, broken connections and errors of the server: 408, 429, 5xx."""
        if self.status is None or self.name == "UnsupportedParamsError":  # raised with status 500
            return False
        return self.status in (408, 429) or self.status >= 500

    @property
    def timed_out(self) -> bool:
        """No answer in time: the request may be billed all the same."""
        return self.name == "Timeout"

    def __str__(self) -> str:
        return self.name if self.status is None else f"{self.name} (status {self.status})"


def failure_of(error: Exception) -> Failure:
    """Read an error that LiteLLM raised."""
    status = getattr(error, "status_code", None)
    headers = getattr(error, "litellm_response_headers", None)
    if headers is None:
        headers = getattr(getattr(error, "response", None), "headers", None)
    return Failure(
        type(error).__name__,
        int(status) if isinstance(status, int | str) and str(status).isdigit() else None,
        asked_wait_s(headers or {}),
    )


def asked_wait_s(headers: Mapping[str, Any]) -> float | None:
    """Return the seconds of a ``retry-after`` header (RFC 9110, 10.2.3: seconds or a date).

    Examples
    --------
    >>> asked_wait_s({"retry-after": "3"}), asked_wait_s({"retry-after": "soon"})
    (3.0, None)
    """
    value = str(headers.get("retry-after") or "").strip()
    try:
        return max(float(int(value)), 0.0)
    except (ValueError, OverflowError):  # hundreds of digits
        pass
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError, TypeError):
        return None


@dataclass(frozen=True)
class Backoff:
    """How often, and after which wait, a request is sent again.

    Waits grow as ``wait_s * 2**try`` up to a minute, and one half of each is drawn, so that clients
    that failed together do not come back together (M. Brooker, "Exponential Backoff And Jitter",
    AWS 2015, "equal jitter"). A wait that the service asks for is never shortened.

    Attributes
    ----------
    retries : int
        Tries after the first.
    wait_s : float
        Before the first retry.
    sleep, draw : callable
        Waiting for seconds, and a number in [0, 1); a test puts its own here.
    """

    retries: int = 5
    wait_s: float = 1.0
    sleep: Callable[[float], object] = time.sleep
    draw: Callable[[], float] = random.random

    def run(self, what: str, call: Callable[[], T], failed: Callable[[Failure, bool], None]) -> T:
        """Return what `call` returns, trying again after temporary failures.

        Parameters
        ----------
        what : str
            Named in errors.
        call : callable
            Errors of routelab's own pass through.
        failed : callable
            Told of each failure, and whether the call is made again.

        Raises
        ------
        InputError
            The service refuses the request or the key: the same request cannot succeed later.
        EmbeddingServiceError
            The service still fails after the last try, or asks for a wait of over ten minutes.
        """
        for attempt in range(self.retries + 1):
            try:
                return call()
            except RoutelabError:
                raise
            except Exception as error:  # LiteLLM raises many classes of its own
                failure = failure_of(error)
            patient = (failure.asked_s or 0.0) <= _PATIENCE_S
            again = failure.temporary and patient and attempt < self.retries
            failed(failure, again)
            if not failure.temporary:
                raise InputError(
                    f"{what} refused the request: {failure}; check the model, its key in the "
                    f"environment, and the prompts"
                )
            if not patient:
                raise EmbeddingServiceError(
                    f"{what} asks to wait {failure.asked_s:.0f} s: {failure}; start again later"
                )
            if again:
                self.sleep(self._wait_s(attempt, failure.asked_s))
        raise EmbeddingServiceError(
            f"{what} failed {self.retries + 1} times, last with {failure}; start again later"
        )

    def _wait_s(self, attempt: int, asked_s: float | None) -> float:
        wait = min(self.wait_s * 2**attempt, _LONGEST_S)
        drawn = wait * (1 + self.draw()) / 2
        return drawn if asked_s is None else asked_s + drawn - wait / 2
