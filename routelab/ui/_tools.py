"""The row under every panel: copy as code, save, load, reset, cancel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as w

from routelab._checks import InputError, require
from routelab.ui._app_files import Exchange
from routelab.ui._files import in_app, reader

DEFAULT_FILE = "routelab-session.yaml"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

RESTART = (
    '<span class="rl-restart" role="alert">The kernel was restarted: run the cell again.</span>'
)


def style() -> str:
    """Return the style of all panels, as HTML."""
    return f"<style>{Path(__file__).with_name('panel.css').read_text(encoding='utf-8')}</style>"


@functools.cache
def copy_class() -> Any:
    """Return the widget that copies and gives names; needs the extra `lab`."""
    anywidget = require("anywidget", "lab")
    traitlets = require("traitlets", "lab")
    script = Path(__file__).with_name("tools.js").read_text(encoding="utf-8")

    class Copy(anywidget.AnyWidget):  # type: ignore[name-defined]
        """A button that asks for code and puts it on the clipboard; sets alt texts of pictures."""

        _esm = script
        titles = traitlets.List().tag(sync=True)
        reader = traitlets.Unicode("").tag(sync=True)

    return Copy


class Tools(w.VBox):
    """The row of tools, and the code below it when it is asked for.

    Parameters
    ----------
    actions : mapping of str to callable
        ``code`` returns the script; ``save``, ``load`` take the name in the field; ``reset``,
        ``cancel``.
    file : str
        What stands in the field for the settings' file.
    """

    def __init__(self, actions: Mapping[str, Callable[..., Any]], file: str):
        self._actions = actions
        self.file = w.Text(
            value=file, description="Settings file", continuous_update=False,
            style={"description_width": "90px"}, layout=w.Layout(width="330px"),
        )  # fmt: skip
        self.buttons = {
            name: self._button(name, told, hint)
            for name, told, hint in (
                ("save", "Save settings", "Write the settings into the file"),
                (
                    "load",
                    "Load settings",
                    "Take the settings from the file, another notebook's too",
                ),
                ("reset", "Reset", "Go back to the settings at the start"),
                ("cancel", "Cancel", "Stop what is being computed"),
            )
        }
        self.buttons["cancel"].disabled = True
        self.code = w.Textarea(
            rows=8, description="Code", layout=w.Layout(width="100%", display="none")
        )
        self.code.add_class("rl-yaml")
        self.copy = self._copy()
        self.exchange = Exchange(actions["bring"]) if in_app() else None
        exchange = [self.exchange] if self.exchange is not None else []
        row = w.HBox(
            [self.copy, *self.buttons.values(), self.file, *exchange],
            layout=w.Layout(flex_flow="row wrap", align_items="center"),
        )
        row.add_class("rl-tools")
        super().__init__([w.HTML(style() + RESTART), row, self.code])

    def show_code(self) -> None:
        """Show the script in a text field, to be copied by hand."""
        code = self._actions["code"]()
        if code is not None:  # else the error stands in the status
            self.code.value = code
            self.code.layout.display = ""

    def offer(self, path: Path) -> None:
        """Offer a file that was written as a download, to readers of the app."""
        if self.exchange is not None:
            self.exchange.offer(path)

    def describe(self, titles: Sequence[str]) -> None:
        """Give the pictures their titles, with which their alternative texts begin."""
        if hasattr(self.copy, "titles"):
            self.copy.titles = [_plain(title) for title in titles]

    def leave_out(self, *names: str) -> None:
        """Take away what means nothing for a panel; without load and save, their file as well."""
        (row,) = (child for child in self.children if isinstance(child, w.HBox))
        gone = [self.buttons[name] for name in names]
        if {"save", "load"} <= set(names):
            gone += [self.file, self.exchange]
        row.children = [child for child in row.children if child not in gone]

    def busy(self, running: bool) -> None:
        """Let Cancel be pressed while something is computed."""
        self.buttons["cancel"].disabled = not running

    def _button(self, name: str, told: str, hint: str) -> w.Button:
        button = w.Button(description=told, tooltip=hint, layout=w.Layout(width="auto"))
        named = name in ("save", "load")
        button.on_click(lambda _: self._actions[name](*([self.file.value] if named else [])))
        return button

    def _copy(self) -> w.Widget:
        try:
            copy = copy_class()(reader=reader() if in_app() else "")
        except InputError:  # without the extra, the code is shown instead of copied
            button = w.Button(
                description="Show as code", tooltip="Show a script that makes this again",
                layout=w.Layout(width="auto"),
            )  # fmt: skip
            button.on_click(lambda _: self.show_code())
            return button
        copy.on_msg(self._asked)
        return copy

    def _asked(self, widget: Any, content: Any, buffers: Any) -> None:
        action = content.get("do") if isinstance(content, dict) else None
        if action == "code":
            code = self._actions["code"]()
            widget.send({} if code is None else {"code": code})
        elif action == "show":
            self.show_code()


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
