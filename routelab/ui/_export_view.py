"""A file that is read: its text, what was found in it by line, copy and download."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ipywidgets as w

from routelab._checks import InputError, require
from routelab._html import esc
from routelab.exporters import Finding

ROWS = 22
ACTIONS = {"copy": "Copy file", "file": "Download file", "zip": "Download all (zip)"}


@functools.cache
def file_class() -> Any:
    """Return the widget's class; it needs the extra `lab`."""
    anywidget = require("anywidget", "lab")
    traitlets = require("traitlets", "lab")
    script = Path(__file__).with_name("export.js").read_text(encoding="utf-8")

    class File(anywidget.AnyWidget):  # type: ignore[name-defined]
        """A text and findings by line; both are set as text, never as HTML."""

        _esm = script
        text = traitlets.Unicode("").tag(sync=True)
        label = traitlets.Unicode("").tag(sync=True)
        heading = traitlets.Unicode("").tag(sync=True)
        found = traitlets.List().tag(sync=True)
        actions = traitlets.Dict().tag(sync=True)
        rows = traitlets.Int(ROWS).tag(sync=True)
        target = traitlets.Unicode("").tag(sync=True)

    return File


class FileView(w.VBox):
    """The text of a file with its findings; without the extra `lab`, without buttons.

    Parameters
    ----------
    rows : int, default 22
    target : str, default ""
        Selector of the text area that the findings are about, where it is not the view's own,
        which is left out then.
    give : callable, optional
        Called with "copy", "file" or "zip"; returns a text, or a name and bytes. Without it there
        is nothing to copy or download.

    Attributes
    ----------
    text : str
        As it is shown.
    found : list of (int, str, str)
        Line, severity, and what was found there.
    """

    def __init__(
        self, *, rows: int = ROWS, target: str = "", give: Callable[[str], Any] | None = None
    ):
        self._give = give
        self.text = ""
        self.found: list[tuple[int, str, str]] = []
        self.file: Any = None
        try:
            actions = {} if give is None else ACTIONS
            self.file = file_class()(rows=rows, target=target, actions=actions)
            self.file.on_msg(self._asked)
            children = [self.file]
        except InputError:  # the text can be read, and copied by hand
            self._area = w.Textarea(disabled=True, rows=rows, layout=w.Layout(width="100%"))
            self._area.add_class("rl-yaml")
            self._told = w.HTML()
            children = [*([] if target else [self._area]), self._told]
        super().__init__(children, layout=w.Layout(width="100%"))

    def show(
        self, label: str, text: str, found: Iterable[tuple[int, str, str]], heading: str
    ) -> None:
        """Show a text, and below it what was found; `label` names the text area."""
        self.text, self.found = text, list(found)
        if self.file is not None:
            with self.file.hold_sync():
                self.file.text, self.file.found = text, [list(each) for each in self.found]
                self.file.label, self.file.heading = label, heading
            return
        self._area.value = text
        lines = "".join(
            f"<li>line {n}: {esc(kind)}: {esc(what)}</li>" for n, kind, what in self.found
        )
        links = "" if self._give is None else _link(*self._give("file"))
        self._told.value = f"{links}<ul>{lines}</ul>"

    def _asked(self, widget: Any, content: Any, buffers: Any) -> None:
        """Send what a button asked for; a file only goes over the wire when it is wanted."""
        action = content.get("do") if isinstance(content, dict) else None
        if self._give is None or action not in ACTIONS:
            return
        try:
            given = self._give(action)
        except Exception:
            widget.send({})  # the button can be pressed again
            raise
        if action == "copy":
            widget.send({"text": given})
        else:
            widget.send({"name": given[0]}, [given[1]])


def lines_of(findings: Iterable[Finding]) -> list[tuple[int, str, str]]:
    """Return findings of lint as they are listed."""
    return [(f.line, f.severity, f"{f.id}: {f.message}: {f.why} (fix: {f.fix})") for f in findings]


def _link(name: str, content: bytes) -> str:
    data = base64.b64encode(content).decode()
    return (
        f'<a download="{esc(name)}" style="color:var(--jp-content-link-color)" href='
        f'"data:application/octet-stream;base64,{data}">Download this file</a>'
    )
