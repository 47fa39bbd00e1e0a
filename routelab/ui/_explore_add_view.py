"""Add the right route of the asked prompt to a file of labels: a key or a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

from routelab._checks import InputError
from routelab.plots._style import short
from routelab.ui._explore_add import LabelFile
from routelab.ui._explore_asked import Explored, likeliest
from routelab.ui._keys import KEYS, key_box, on_press
from routelab.ui._parts import Status, guarded


class AddView:
    """The box of keys and its file.

    Parameters
    ----------
    path : path
        See :class:`LabelFile`.
    routes : sequence of str
    asked : callable
        Returns the prompt that is asked.
    status : Status

    Attributes
    ----------
    file : LabelFile
    box : widget
    """

    def __init__(
        self,
        path: str | PathLike[str],
        routes: Sequence[str],
        asked: Callable[[], str],
        status: Status,
    ):
        self.file, self._routes, self._asked, self._status = LabelFile(path), routes, asked, status
        self.box = key_box([], asks=False)
        on_press(self.box, guarded(status)(self.act))
        self._offered: str | None = None

    def add(self, route: str) -> None:
        """Add the prompt with its right route."""
        self.file.add(self._asked(), route)
        self._status.ok(
            f"Added to {self.file.path.name} as {short(route)}; "
            f"{len(self.file.added):,} in this panel."
        )

    def undo(self) -> None:
        """Take the last label that was added here out of the file again."""
        _, route = self.file.undo()
        self._status.ok(f"Took the last label, {short(route)}, out of {self.file.path.name} again.")

    def act(self, content: Any) -> None:
        """Do what a key or a click asked for: ``{"do": "label", "number": 0}`` or undo."""
        action = content.get("do") if isinstance(content, dict) else None
        if action == "undo":
            self.undo()
        elif action == "label":
            number = content.get("number")
            if isinstance(number, int) and 0 <= number < len(self.box.labels):
                self.add(self.box.labels[number])

    def offer(self, result: Explored) -> None:
        """Offer the routes to add, of more than nine those that the routers think likeliest."""
        offered = likeliest(list(self._routes), result.scores, len(KEYS))
        few = f" (the likeliest of {len(self._routes)})" if len(offered) < len(self._routes) else ""
        with self.box.hold_sync():  # labels never show with the number of another prompt
            self.box.shown += self._asked() != self._offered
            self.box.labels = offered
            self.box.told = (
                f"The right route of this prompt, to be added to {self.file.path.name}{few}: "
                "click one, or click here once and press its key"
            )
        self._offered = self._asked()


def no_file() -> InputError:
    """Return the error of a panel that was given no file."""
    return InputError("name a file to add labels to: ui.explore(..., add_to='labels.jsonl')")
