"""A field for another file, read in the background; what its reader says stands beside it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from routelab._checks import InputError
from routelab.reading.report import Report
from routelab.ui._files import in_app
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded
from routelab.ui._upload import Parts, upload
from routelab.ui._uploaded import ACCEPT, LARGEST_MB

Tell = Callable[[str], None]


class FileLoader(w.VBox):
    """A path and a button, or an upload, and a line that says what was read.

    In the app there is only the upload: its readers may not see this machine's files.

    Parameters
    ----------
    noun : str
        What is read, such as "log".
    about : str
        What the line says at the start.
    placeholder, tooltip : str
        An example of a path; what the button does.
    load : callable
        Called with the path and a function to tell how far it is; returns what was read.
    take : callable
        Called with the name and the bytes of an uploaded file, and the same function.
    """

    def __init__(
        self,
        noun: str,
        about: str,
        placeholder: str,
        tooltip: str,
        load: Callable[[str, Tell], str],
        take: Callable[[str, bytes, Tell], str],
    ):
        self._load, self._take = load, take
        self.path = w.Text(
            description=f"{noun.capitalize()} file", placeholder=placeholder,
            style={"description_width": "90px"}, layout=w.Layout(width="520px", max_width="100%"),
        )  # fmt: skip
        self.button = w.Button(description=f"Load {noun}", tooltip=tooltip)
        self.status = Status()
        self.job = Job(self.status, self._running)
        self.button.on_click(lambda _: self.run())
        parts = Parts(LARGEST_MB, self._uploaded, self.status.ok)
        label = f"Upload {noun}, at most {LARGEST_MB} MB"
        self.upload = upload(label, ACCEPT, LARGEST_MB, parts, guarded(self.status))
        by_path = [] if in_app() else [self.path, self.button]
        shown = [*by_path, *([] if self.upload is None else [self.upload])]
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        super().__init__([w.HBox(shown, layout=wrap), self.status])
        self.status.ok(about)

    def run(self) -> None:
        """Load in the background; `job.join()` waits for it. An error leaves the old data."""
        path = self.path.value.strip()

        def loaded(tell: Tell, cancelled: Callable[[], bool]) -> None:
            if not path:
                raise InputError("name a file, a folder or a pattern first")
            self.status.ok(self._load(path, tell))

        self.job.start(loaded)

    def _uploaded(self, name: str, content: bytes) -> None:
        def taken(tell: Tell, cancelled: Callable[[], bool]) -> None:
            self.status.ok(self._take(name, content, tell))

        if not self.job.start(taken):
            self.status.error(f"{name} was not read: another file is being read")

    def _running(self, running: bool) -> None:
        self.button.disabled = running
        if self.upload is not None:
            self.upload.busy = running


def account(report: Report, path: str, name: str) -> str:
    """Return what a reader rejected and warns of, to follow on what it read.

    Parameters
    ----------
    report : Report
    path, name : str
        The file as its reader knows it, and as the panel does.
    """
    told = list(report.warnings)
    if report.rejected:
        told.insert(0, f"{len(report.rejected):,} rejected, the first: {report.rejected[0].reason}")
    return "".join(f"; {text}" for text in told).replace(path, name)
