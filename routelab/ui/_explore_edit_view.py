"""The editor of routes and examples as a widget, and the list of what flips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from routelab._checks import InputError
from routelab._html import esc, table
from routelab.plots._style import short
from routelab.ui._explore_edit import Edit
from routelab.ui._parts import Status, guarded, told

FLIPS_SHOWN = 20
EXAMPLES_LISTED = 200


class EditView(w.VBox):
    """Add the asked prompt to a route, remove an example, send a route to another group; undo.

    Parameters
    ----------
    names : sequence of str
        Routers that can be edited.
    routes, groups : sequence of str
        Routes, and model groups of the plan.
    examples : sequence of (str, str)
        Known examples: prompt and route.
    show_prompts : bool
        Whether their texts may be listed.
    config : callable
        Returns the panel's settings.
    update : callable
        Changes them.

    Attributes
    ----------
    flips : list of (int, str, str)
        Number of the loaded prompt from 1, what it was before the edits, and what it is now.
    """

    def __init__(
        self,
        names: Sequence[str],
        routes: Sequence[str],
        groups: Sequence[str],
        examples: Sequence[tuple[str, str]],
        show_prompts: bool,
        config: Callable[[], Any],
        update: Callable[..., None],
    ):
        self._examples, self._show_prompts = list(examples), show_prompts
        self._config, self._update = config, update
        self._before: list[tuple[tuple[Edit, ...], tuple[tuple[str, str], ...]]] = []
        self.flips: list[tuple[int, str, str]] = []
        self.status = Status()
        wide = {"description_width": "90px"}
        self.of = w.Dropdown(
            options=[(short(name), "" if i == 0 else name) for i, name in enumerate(names)],
            description="Edit", style=wide,
        )  # fmt: skip
        self.route = w.Combobox(
            options=list(routes), value=routes[0] if routes else "", ensure_option=False,
            description="Route", style=wide,
        )  # fmt: skip
        self.example = w.Dropdown(
            options=[], description="Example", style=wide, layout=w.Layout(width="460px")
        )
        self.group = w.Dropdown(options=list(groups), description="Group", style=wide)
        self.buttons = {
            "add": self._button("Add the asked prompt to the route", self._add),
            "remove": self._button("Remove this example", self._remove),
            "send": self._button("Send the route to this group", self._send),
            "undo": self._button("Undo the last edit", self.undo),
        }
        self.told = w.HTML(layout=w.Layout(height="9em"))
        self.route.observe(lambda change: self._list_examples(), "value")
        rows = [[self.of, self.route, self.buttons["add"]]]
        if self._examples:
            rows.append([self.example, self.buttons["remove"]])
        if groups:
            rows.append([self.group, self.buttons["send"]])
        rows.append([self.buttons["undo"]])
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        head = w.HTML("<b>Edit routes and examples, and see which loaded prompts flip</b>")
        super().__init__([head, *(w.HBox(r, layout=wrap) for r in rows), self.status, self.told])
        self._list_examples()

    def add(self, route: str, prompt: str | None = None) -> None:
        """Add an example to a route, known or new; by default the asked prompt."""
        asked = self._config().prompt if prompt is None else prompt
        self._change(edits=(*self._config().edits, ("add", route, asked)))

    def remove(self, route: str, prompt: str) -> None:
        """Remove an example of a route."""
        self._change(edits=(*self._config().edits, ("remove", route, prompt)))

    def send(self, route: str, group: str) -> None:
        """Send a route to another model group of the plan."""
        kept = tuple(pair for pair in self._config().retargets if pair[0] != route)
        self._change(retargets=(*kept, (route, group)))

    def undo(self) -> None:
        """Take the last edit back."""
        now = self._config().edits, self._config().retargets
        while self._before and self._before[-1] == now:  # of an edit that was cancelled
            self._before.pop()
        if not self._before:
            raise InputError("there is no edit to undo")
        edits, retargets = self._before[-1]
        self._before.pop()
        self._update(edits=edits, retargets=retargets)

    def show(self, flips: list[tuple[int, str, str]], total: int) -> str:
        """List what flips, and return it in a sentence."""
        self.flips = flips
        config = self._config()
        count = len(config.edits) + len(config.retargets)
        self._list_examples()
        self.buttons["undo"].disabled = not self._before
        if not count:
            self.status.ok("Nothing is edited. Nothing is written to the routers themselves.")
            self.told.value = ""
            return ""
        rows = [[f"{number:,}", old, new] for number, old, new in flips[:FLIPS_SHOWN]]
        more = len(flips) - len(rows)
        listed = table(["prompt", "before", "after"], rows) if rows else ""
        after = f"<p>and {esc(f'{more:,}')} more</p>" if more > 0 else ""
        box = f'<div tabindex="0" style="height:9em;overflow:auto">{listed}{after}</div>'
        self.told.value = told(box)  # it scrolls by keyboard, too
        edits = f"{count} edit{'s' if count > 1 else ''}"
        text = f"After {edits} {len(flips):,} of {total:,} prompts flip."
        self.status.ok(text)
        return f" {text}"

    def _change(self, **changes: Any) -> None:
        config = self._config()
        self._update(**changes)
        self._before.append((config.edits, config.retargets))
        self.buttons["undo"].disabled = False

    def _add(self) -> None:
        self.add(self.route.value)

    def _remove(self) -> None:
        if self.example.value is None:
            raise InputError(f"no example of {short(self.route.value)!r} is known")
        self.remove(self.route.value, self.example.value)

    def _send(self) -> None:
        self.send(self.route.value, self.group.value)

    def _list_examples(self) -> None:
        """List the examples of the chosen route, with those that were added."""
        route = self.route.value
        known = [prompt for prompt, label in self._examples if label == route]
        for what, label, prompt in self._config().edits:
            if label == route and what == "add":
                known.append(prompt)
            elif label == route and prompt in known:
                known.remove(prompt)
        listed = [
            (f"{i + 1}. {self._text(prompt)}", prompt)
            for i, prompt in enumerate(known[:EXAMPLES_LISTED])
        ]
        if self.example.options != tuple(listed):
            self.example.options = listed

    def _text(self, prompt: str) -> str:
        return short(prompt, 60) if self._show_prompts else f"{len(prompt):,} characters"

    def _button(self, told: str, act: Callable[[], None]) -> w.Button:
        button = w.Button(description=told, layout=w.Layout(width="auto"))
        button.on_click(guarded(self.status)(lambda _: act()))
        return button
