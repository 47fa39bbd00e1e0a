"""A limit on our own side: no more requests and tokens in any minute than were agreed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache

WINDOW_S = 60.0


class RateLimiter:
    """Requests and tokens of the last 60 seconds, and how long the next request has to wait.

    The window slides, so that no minute, wherever it starts, holds more than the limits. A request
    that is larger than the limit of tokens goes alone, when the window is empty.

    Parameters
    ----------
    requests_per_minute, tokens_per_minute : float, optional
        None is no limit.
    clock, sleep : callable
        Seconds, and waiting for some; a test puts its own here.

    Examples
    --------
    >>> now = [0.0]
    >>> limiter = RateLimiter(2, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0]+s))
    >>> for _ in range(5):
    ...     limiter.wait(10)
    >>> now
    [120.0]
    """

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ):
        self.requests_per_minute = requests_per_minute
        self.tokens_per_minute = tokens_per_minute
        self.clock = clock
        self.sleep = sleep
        self._sent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def wait(self, tokens: int) -> None:
        """Return when a request of so many tokens may be sent; it is counted as sent then."""
        if self.requests_per_minute is None and self.tokens_per_minute is None:
            return
        with self._lock:  # held while sleeping: others wait behind this one
            while (needed := self._needed_s(tokens)) > 0:
                self.sleep(needed)
            self._sent.append((self.clock(), tokens))

    def _needed_s(self, tokens: int) -> float:
        now = self.clock()
        while self._sent and self._sent[0][0] + WINDOW_S <= now:
            self._sent.popleft()
        requests, total = len(self._sent), sum(spent for _, spent in self._sent)
        needed = 0.0
        for at, spent in self._sent:
            if self._fits(requests + 1, total + tokens):
                break
            requests, total = requests - 1, total - spent
            needed = at + WINDOW_S - now
        return needed

    def _fits(self, requests: int, tokens: int) -> bool:
        return (self.requests_per_minute is None or requests <= self.requests_per_minute) and (
            self.tokens_per_minute is None or tokens <= self.tokens_per_minute
        )


@lru_cache(maxsize=64)
def shared_limiter(
    model: str, requests_per_minute: float | None, tokens_per_minute: float | None
) -> RateLimiter:
    """Return the limiter of a model in this process: clones and folds share one minute."""
    return RateLimiter(requests_per_minute, tokens_per_minute)
