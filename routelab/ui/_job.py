"""Work that takes longer than a touch may take: in a thread, one at a time, cancelled on asking."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from routelab.ui._parts import Status, guarded

#: What a job calls: a function to tell how far it is, and one that says whether to stop.
Work = Callable[[Callable[[str], None], Callable[[], bool]], Any]


class Job:
    """Runs ``work(tell, cancelled)`` in a thread, one at a time.

    `tell` shows a line of text, and nothing once newer work waits: what is out of date does not
    speak. `cancelled` says whether to stop; the work must look for itself. An exception is shown
    in the status.

    Parameters
    ----------
    status : Status
        Where progress and errors are shown.
    changed : callable, optional
        Called with True when a thread starts and False when it has ended.

    Examples
    --------
    >>> status = Status()
    >>> job = Job(status)
    >>> job.start(lambda tell, cancelled: tell("half way"))
    True
    >>> job.join()
    >>> status.text
    'half way'
    """

    def __init__(self, status: Status, changed: Callable[[bool], None] = lambda running: None):
        self._status = status
        self._changed = changed
        self._lock = threading.RLock()
        self._next: Work | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether work is going on."""
        return self._thread is not None

    def start(self, work: Work) -> bool:
        """Start work unless some is going on; return whether it was started."""
        with self._lock:
            if self._thread is not None:
                return False
            self._launch(work)
        return True

    def restart(self, work: Work) -> None:
        """Start work in place of what is going on, which is asked to stop; the newest wins.

        Work that waits and is replaced never runs, so a dragged slider costs one run at a time.
        """
        with self._lock:
            self._stop.set()
            if self._thread is None:
                self._launch(work)
            else:
                self._next = work

    def cancel(self) -> None:
        """Ask the work to stop, and forget what waits."""
        with self._lock:
            self._next = None
            self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of all work."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _launch(self, work: Work) -> None:
        self._next, self._stop = work, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._changed(True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                work, self._next = self._next, None
                if work is None:
                    self._thread = None
                    self._changed(False)
                    return
                stop = self._stop = threading.Event()
            self._play(work, stop)

    def _play(self, work: Work, stop: threading.Event) -> None:
        def tell(text: str) -> None:
            if self._next is None:
                self._status.ok(text)

        def checked(*given: Any) -> None:
            try:
                work(*given)
            except Exception:
                if not stop.is_set():  # the error of what nobody waits for any more is no news
                    raise

        guarded(self._status)(checked)(tell, stop.is_set)
