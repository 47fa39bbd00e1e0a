"""A field for another log, read in the background; what was rejected of it stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from routelab._checks import InputError
from routelab.ui._budget_upload import ENDS, LARGEST_MB, PACKED, shown_name
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded

Tell = Callable[[str], None]


class LogLoader(w.VBox):
    """A path and a button, or an upload, and a line that says what was read.

    Parameters
    ----------
    load : callable
        Called with the path and a function to tell how far it is; returns what was read.
    take : callable
        Called with the name and the bytes of an uploaded file, and the same function.
    """

    def __init__(self, load: Callable[[str, Tell], str], take: Callable[[str, bytes, Tell], str]):
        self._load, self._take = load, take
        self.path = w.Text(
            description="Log file", placeholder="traffic.parquet, logs/*.jsonl.gz, ...",
            style={"description_width": "90px"}, layout=w.Layout(width="520px", max_width="100%"),
        )  # fmt: skip
        self.button = w.Button(description="Load log", tooltip="Replay this log instead")
        self.upload = w.FileUpload(
            accept=",".join([*ENDS, *PACKED[1:]]), layout=w.Layout(width="auto"),
            description=f"or upload one, at most {LARGEST_MB} MB",
        )  # fmt: skip
        self.status = Status()
        self.job = Job(self.status, self._running)
        self.button.on_click(lambda _: self.run())
        self.upload.observe(guarded(self.status)(self._uploaded), "value")
        wrap = w.Layout(flex_flow="row wrap")
        super().__init__([w.HBox([self.path, self.button, self.upload], layout=wrap), self.status])
        self.status.ok(
            "A log of your gateway, in any format that read_log knows; the settings stay. Of what "
            "is uploaded nothing is stored: other notebooks and scripts need the path."
        )

    def run(self) -> None:
        """Load in the background; `job.join()` waits for it. An error leaves the old log."""
        path = self.path.value.strip()

        def loaded(tell: Tell, cancelled: Callable[[], bool]) -> None:
            if not path:
                raise InputError("name a file, a folder or a pattern first")
            told = self._load(path, tell)
            self.status.ok(f"{told} The panel shows this log; Reset goes back to the first.")

        self.job.start(loaded)

    def _uploaded(self, change: Any) -> None:
        if not change.new:
            return
        content, name = bytes(change.new[0]["content"]), shown_name(str(change.new[0]["name"]))
        self.upload.value = ()  # the widget's state would hold the log

        def taken(tell: Tell, cancelled: Callable[[], bool]) -> None:
            self.status.ok(
                f"{self._take(name, content, tell)} The panel shows {name}; Reset goes back to the "
                "first."
            )

        if not self.job.start(taken):
            self.status.error(f"{name} was not read: another log is being read")

    def _running(self, running: bool) -> None:
        self.button.disabled = self.upload.disabled = running
