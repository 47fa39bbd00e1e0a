"""A field for another log, read in the background; what was rejected of it stands beside it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from routelab._checks import InputError
from routelab.ui._job import Job
from routelab.ui._parts import Status


class LogLoader(w.VBox):
    """A path, a button, and a line that says what was read.

    Parameters
    ----------
    load : callable
        Called with the path and a function to tell how far it is; returns what was read.
    """

    def __init__(self, load: Callable[[str, Callable[[str], None]], str]):
        self._load = load
        self.path = w.Text(
            description="Log file", placeholder="traffic.parquet, logs/*.jsonl.gz, ...",
            style={"description_width": "90px"}, layout=w.Layout(width="520px", max_width="100%"),
        )  # fmt: skip
        self.button = w.Button(description="Load log", tooltip="Replay this log instead")
        self.status = Status()
        self.job = Job(self.status, self._running)
        self.button.on_click(lambda _: self.run())
        super().__init__([
            w.HBox([self.path, self.button], layout=w.Layout(flex_flow="row wrap")), self.status,
        ])  # fmt: skip
        self.status.ok(
            "A log of your gateway, in any format that read_log knows; the settings stay."
        )

    def run(self) -> None:
        """Load in the background; `job.join()` waits for it. An error leaves the old log."""
        path = self.path.value.strip()

        def loaded(tell: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
            if not path:
                raise InputError("name a file, a folder or a pattern first")
            told = self._load(path, tell)
            self.status.ok(f"{told} The panel shows this log; Reset goes back to the first.")

        self.job.start(loaded)

    def _running(self, running: bool) -> None:
        self.button.disabled = running
