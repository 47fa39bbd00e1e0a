"""The limiter on our own side, by a clock that tests move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routelab.encoders._rate_limit import RateLimiter, shared_limiter


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def sent_at(limiter, clock, sizes, gap=0.0):
    times = []
    for tokens in sizes:
        limiter.wait(tokens)
        times.append(clock.now - 1000)
        clock.now += gap
    return times


@pytest.mark.parametrize(
    ("requests", "tokens", "sizes", "times"),
    [
        (None, None, [10**9] * 3, [0, 0, 0]),
        (2, None, [1] * 5, [0, 0, 60, 60, 120]),
        (None, 100, [60, 40, 1, 99], [0, 0, 60, 60]),
        (None, 100, [60, 50, 50], [0, 60, 60]),
        (1, 100, [60, 10], [0, 60]),
        (None, 100, [10, 500, 10], [0, 60, 120]),  # too large for any minute: alone
    ],
)
def test_requests_wait_for_the_window(requests, tokens, sizes, times):
    clock = Clock()
    limiter = RateLimiter(requests, tokens, clock=clock, sleep=clock.sleep)
    assert sent_at(limiter, clock, sizes) == times


def test_only_what_is_needed_is_waited():
    clock = Clock()
    limiter = RateLimiter(3, clock=clock, sleep=clock.sleep)
    # Sent at 0, 20, 40; the fourth waits for the first to be a minute old, and so on.
    assert sent_at(limiter, clock, [1] * 5, gap=20.0) == [0, 20, 40, 60, 80]


@given(
    st.lists(st.tuples(st.integers(1, 50), st.floats(0, 40)), min_size=1, max_size=40),
    st.integers(1, 5),
    st.integers(50, 200),
)
def test_no_minute_holds_more_than_the_limits(calls, requests, tokens):
    clock = Clock()
    limiter = RateLimiter(requests, tokens, clock=clock, sleep=clock.sleep)
    times, sizes = [], []
    for size, gap in calls:
        limiter.wait(size)
        times.append(clock.now)
        sizes.append(size)
        clock.now += gap
    at, spent = np.array(times), np.array(sizes)
    for start in at:
        inside = (at >= start) & (at < start + 60 - 1e-6)
        assert inside.sum() <= requests and spent[inside].sum() <= tokens


def test_clones_share_one_minute():
    assert shared_limiter("m", 3, None) is shared_limiter("m", 3, None)
    assert shared_limiter("m", 3, None) is not shared_limiter("other", 3, None)
