"""Python's cyclic garbage collector, paused while many objects without cycles are made."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pausing = 0
_was_on = False


@contextmanager
def paused() -> Iterator[None]:
    """Pause collection in all threads, until the last of nested or parallel pauses ends.

    Parsed JSON has no cycles; looking through all of it again and again takes half of the time.
    """
    global _pausing, _was_on
    with _lock:
        if not _pausing:
            _was_on = gc.isenabled()
            gc.disable()
        _pausing += 1
    try:
        yield
    finally:
        with _lock:
            _pausing -= 1
            if not _pausing and _was_on:
                gc.enable()
