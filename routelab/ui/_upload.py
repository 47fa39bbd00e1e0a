"""A button that uploads a file in parts, of any size up to a limit; the extra `lab` has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from routelab._checks import InputError, require
from routelab.plots._style import short


@cache
def upload_class() -> Any:
    """Return the widget that sends a file; needs the extra `lab`."""
    anywidget = require("anywidget", "lab")
    traitlets = require("traitlets", "lab")
    script = Path(__file__).with_name("upload.js").read_text(encoding="utf-8")

    class Upload(anywidget.AnyWidget):  # type: ignore[name-defined]
        """Sends ``{"do": "part", "name": "a.csv", "size": 9, "at": 0}`` with bytes, and so on."""

        _esm = script
        label = traitlets.Unicode("Upload").tag(sync=True)
        accept = traitlets.Unicode("").tag(sync=True)
        largest = traitlets.Int(0).tag(sync=True)
        busy = traitlets.Bool(False).tag(sync=True)

    return Upload


class Parts:
    """Puts the parts of a file together.

    Parameters
    ----------
    largest_mb : int
    taken : callable
        Called with the name, without folders and on one line, and the bytes of a whole file.
    tell : callable
        Called with how far it is.
    """

    def __init__(
        self, largest_mb: int, taken: Callable[[str, bytes], None], tell: Callable[[str], None]
    ):
        self._largest, self._taken, self._tell = largest_mb, taken, tell
        self._held = bytearray()

    def heard(self, content: Any, buffers: Sequence[Any]) -> None:
        """Take a message of the widget.

        Raises
        ------
        InputError
            The file is too large, or a part is missing.
        """
        if not isinstance(content, dict) or content.get("do") != "part" or not buffers:
            return
        name, size, at = (
            shown_name(str(content.get("name"))),
            content.get("size"),
            content.get("at"),
        )
        if not isinstance(size, int) or not isinstance(at, int):
            return
        if size > self._largest * 1_000_000:
            raise InputError(
                f"{name} has {size / 1e6:,.1f} MB; at most {self._largest} MB can be uploaded: "
                "give the path of a larger file"
            )
        if at == 0:
            self._held = bytearray()
        if at != len(self._held):
            raise InputError(f"a part of {name} did not arrive: upload it again")
        self._held += bytes(buffers[0])
        if len(self._held) < size:
            self._tell(f"receiving {name}: {len(self._held) / size:.0%}")
            return
        whole, self._held = bytes(self._held), bytearray()
        self._taken(name, whole)


def shown_name(name: str) -> str:
    r"""Return the name of an uploaded file without folders, on one line.

    Examples
    --------
    >>> shown_name("..\\..\\week\n1.csv")
    'week 1.csv'
    """
    return short(name.replace("\\", "/").rsplit("/", 1)[-1], 60) or "a file without a name"


def upload(label: str, accept: str, largest_mb: int, parts: Parts, safe: Any) -> Any:
    """Return the button, or None without the extra `lab`; `safe` guards what it calls."""
    try:
        made = upload_class()(label=label, accept=accept, largest=largest_mb * 1_000_000)
    except InputError:
        return None
    made.on_msg(lambda widget, content, buffers: safe(parts.heard)(content, buffers))
    return made
