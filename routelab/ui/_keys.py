"""A box of buttons with keys: label with 1 to 9, skip with s, undo with u."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from routelab._checks import require

KEYS = "123456789"


@cache
def box_class() -> Any:
    """Return the widget's class; it needs the extra `lab`."""
    anywidget = require("anywidget", "lab")
    traitlets = require("traitlets", "lab")
    script = Path(__file__).with_name("label.js").read_text(encoding="utf-8")

    class Box(anywidget.AnyWidget):  # type: ignore[name-defined]
        """A prompt and its keys; the text is set as text, never as HTML."""

        _esm = script
        prompt = traitlets.Unicode("").tag(sync=True)
        labels = traitlets.List().tag(sync=True)
        told = traitlets.Unicode("").tag(sync=True)
        done = traitlets.Float(0.0).tag(sync=True)
        asks = traitlets.Bool(True).tag(sync=True)
        shown = traitlets.Int(0).tag(sync=True)  # rises with every prompt that is shown

    return Box


def key_box(labels: Sequence[str], *, asks: bool = True) -> Any:
    """Return a box with a button per label, the first nine.

    Parameters
    ----------
    labels : sequence of str
    asks : bool, default True
        Whether it asks for one prompt after the other: shows it, may skip it, has a bar of
        progress. Without, the prompt stands elsewhere.

    Returns
    -------
    anywidget.AnyWidget
        Sends ``{"do": "label", "number": 0}``, ``{"do": "skip"}`` and ``{"do": "undo"}``, each with
        its number of the prompt that was shown: ``"shown"``.
    """
    return box_class()(labels=list(labels)[: len(KEYS)], asks=asks)


def on_press(box: Any, act: Callable[[Any], Any]) -> None:
    """Call `act` with each message of a box that is about what the box shows now."""
    box.on_msg(lambda _box, content, _data: act(content) if is_of_now(content, box.shown) else None)


def is_of_now(content: Any, shown: int) -> bool:
    """Return whether a message was not meant for a prompt shown before.

    Keys are typed faster than prompts are read, and faster than a kernel answers. An undo is about
    the last action, whatever is shown.

    Examples
    --------
    >>> is_of_now({"do": "label", "number": 0, "shown": 3}, 4)
    False
    """
    if not isinstance(content, dict):
        return False
    return content.get("do") == "undo" or content.get("shown") == shown
