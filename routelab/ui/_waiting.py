"""Steps of which nobody knows how far they are: the seconds are counted, and a bar moves."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as w

from routelab.ui._parts import Status
from routelab.ui._tools import WIDGET_VIEW, style

TICK_S = 1.0


class Waiting:
    """Tells what is done, and counts the seconds, from ``with`` on until `end`.

    Parameters
    ----------
    status : Status
        Where it is told: once for each step, for screen readers read it out.
    bar : IntProgress
        Moves without saying how far it is.
    clock : Label
        Of the seconds.
    cancelled : callable, optional
        Says whether the wait is for the end alone, of which somebody else tells.

    Examples
    --------
    >>> status, bar, clock = Status(), w.IntProgress(), w.Label()
    >>> with Waiting(status, bar, clock) as waiting:
    ...     waiting.tell("starting")
    ...     print(status.text, clock.value)
    starting … 0 s
    """

    def __init__(
        self,
        status: Status,
        bar: w.IntProgress,
        clock: w.Label,
        cancelled: Callable[[], bool] = lambda: False,
    ):
        self._status, self._bar, self._clock = status, bar, clock
        self._cancelled = cancelled
        self._step = ""
        self._lock = threading.Lock()  # nothing is told after the end
        self._ended = threading.Event()
        self._since = time.monotonic()

    def tell(self, step: str) -> None:
        """Say what is done from now on."""
        with self._lock:
            if step != self._step and not self._ended.is_set() and not self._cancelled():
                self._step = step
                self._status.ok(f"{step} …")

    def end(self) -> None:
        """Say no more; what comes next tells for itself."""
        with self._lock:
            self._ended.set()
            self._bar.remove_class("rl-waiting")
            self._clock.value = ""

    def __enter__(self) -> Waiting:
        self._bar.add_class("rl-waiting")
        self._clock.value = "0 s"
        threading.Thread(target=self._count, daemon=True).start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.end()

    def _count(self) -> None:
        while not self._ended.wait(TICK_S):
            with self._lock:
                if not self._ended.is_set():
                    self._clock.value = f"{time.monotonic() - self._since:.0f} s"


@contextlib.contextmanager
def in_cell(step: str) -> Iterator[Callable[[str], None]]:
    """Tell in the output of the running cell what is done, until the panel is there.

    Yields a function that takes the next step. Nothing stays: the output has no form but a widget,
    which is closed, so readers of the stored notebook see none. Outside notebooks nothing is shown.

    Examples
    --------
    >>> with in_cell("reading") as tell:
    ...     tell("counting")
    """
    if not _in_notebook():
        yield lambda step: None
        return
    from IPython.display import publish_display_data

    status, clock = Status(), w.Label()
    bar = w.IntProgress(layout=w.Layout(width="190px"))
    box = w.VBox([w.HTML(style()), w.HBox([bar, clock]), status])
    box.add_class("rl-panel")
    try:
        with Waiting(status, bar, clock) as waiting:
            waiting.tell(step)
            view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
            publish_display_data({WIDGET_VIEW: view})
            yield waiting.tell
    finally:
        for each in (*box.children, bar, clock, box):
            each.close()


def _in_notebook() -> bool:
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
