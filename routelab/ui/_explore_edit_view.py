"""The editor of routes and examples as a widget, and the list of what flips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from routelab._checks import InputError, did_you_mean
from routelab.plots._style import short
from routelab.ui._explore_edit import Edit
from routelab.ui._parts import Status, guarded

FLIPS_LISTED = 200
EXAMPLES_LISTED = 200
NEW = ""  # of the list of routes: one that is not there yet
NOT_CHOSEN = 0  # None would show as no entry at all


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
    prompts : sequence of str
        All loaded prompts: choosing what flips asks about it.
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
        prompts: Sequence[str],
        show_prompts: bool,
        config: Callable[[], Any],
        update: Callable[..., None],
    ):
        self._routes, self._examples, self._prompts = list(routes), list(examples), prompts
        self._show_prompts, self._config, self._update = show_prompts, config, update
        self._before: list[tuple[tuple[Edit, ...], tuple[tuple[str, str], ...]]] = []
        self._listing = False
        self.flips: list[tuple[int, str, str]] = []
        self.status = Status()
        self.of = w.Dropdown(
            options=[(short(name), "" if i == 0 else name) for i, name in enumerate(names)],
            description="Edit", **_wide(),
        )  # fmt: skip
        self.route = w.Dropdown(options=[NEW], description="Route", **_wide())
        self.new = w.Text(placeholder="its name", description="called", **_wide())
        self.example = w.Dropdown(options=[NOT_CHOSEN], description="Example", **_wide())
        self.group = w.Dropdown(options=list(groups), description="Group", **_wide())
        self.buttons = {
            "add": self._button("Add the asked prompt to the route", self._add),
            "remove": self._button("Remove this example", self._remove),
            "send": self._button("Send the route to this group", self._send),
            "undo": self._button("Undo the last edit", self.undo),
        }
        self.list = w.Select(
            rows=6, description="Flips", style={"description_width": "40px"},
            layout=w.Layout(width="100%", display="none"),
        )  # fmt: skip
        self.list.observe(guarded(self.status)(self._chosen), "value")
        self.route.observe(lambda change: self._list_examples(), "value")
        rows = [[self.of], [self.route, self.new], [self.buttons["add"]]]
        if self._examples:
            rows.append([self.example, self.buttons["remove"]])
        if groups:
            rows.append([self.group, self.buttons["send"]])
        rows.append([self.buttons["undo"]])
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        head = w.HTML("<b>Edit routes and examples, and see which loaded prompts flip</b>")
        super().__init__([head, *(w.HBox(r, layout=wrap) for r in rows), self.status, self.list])
        self._list_routes()
        self.route.value = self.route.options[0][1]

    def add(self, route: str, prompt: str | None = None) -> None:
        """Add an example to a route, known or new; by default the asked prompt."""
        asked = self._config().prompt if prompt is None else prompt
        self._change(edits=(*self._config().edits, ("add", route, asked)))

    def remove(self, route: str, prompt: str) -> None:
        """Remove an example of a route."""
        self._change(edits=(*self._config().edits, ("remove", route, prompt)))

    def send(self, route: str, group: str) -> None:
        """Send a route to another model group of the plan; the route must be one."""
        known = self._known()
        if route not in known:
            raise InputError(
                f"no router here answers {route!r}{did_you_mean(route, known)}; "
                f"routes: {', '.join(map(short, known))}"
            )
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

    def forget(self) -> None:
        """Leave nothing to undo."""
        self._before.clear()

    def show(self, flips: list[tuple[int, str, str]], total: int) -> str:
        """List what flips, and return it in a sentence."""
        self.flips = flips
        config = self._config()
        count = len(config.edits) + len(config.retargets)
        self._list_routes()
        self._list_flips(flips if count else [])
        self.list.layout.display = "" if count else "none"
        if not count:
            self.status.ok("Nothing is edited. Nothing is written to the routers themselves.")
            return ""
        edits = f"{count} edit{'s' if count > 1 else ''}"
        text = f"After {edits} {len(flips):,} of {total:,} prompts flip."
        few = f" The first {FLIPS_LISTED} are listed." if len(flips) > FLIPS_LISTED else ""
        self.status.ok(f"{text}{few} Choose one to ask about it." if flips else text)
        return f" {text}"

    def _change(self, **changes: Any) -> None:
        config = self._config()
        self._update(**changes)
        self._before.append((config.edits, config.retargets))

    def _route(self) -> str:
        route = str(self.route.value or self.new.value.strip())
        if not route:
            raise InputError("name the new route")
        return route

    def _add(self) -> None:
        route = self._route()
        self.add(route)
        self._list_routes()
        self.route.value = route

    def _remove(self) -> None:
        if self.example.value == NOT_CHOSEN:
            raise InputError("choose an example first")
        self.remove(self._route(), self.example.value)

    def _send(self) -> None:
        self.send(self._route(), self.group.value)

    def _chosen(self, change: Any) -> None:
        """Ask about a prompt that flips."""
        if not self._listing and change.new is not None:
            self._update(prompt=self._prompts[change.new - 1])

    def _known(self) -> list[str]:
        """Return the routes, with those that edits have made."""
        made = [route for what, route, _ in self._config().edits if what == "add"]
        return list(dict.fromkeys([*self._routes, *made]))

    def _list_routes(self) -> None:
        """List the routes and, last, one that is to be made."""
        listed = (*((short(name), name) for name in self._known()), ("a new route …", NEW))
        if self.route.options != listed:
            value = self.route.value
            self.route.options = listed
            self.route.value = value if value in dict(listed).values() else NEW
        self._list_examples()

    def _list_flips(self, flips: list[tuple[int, str, str]]) -> None:
        """List what flips: the new answer first, a list cannot be scrolled to the right."""
        listed = tuple(
            (f"{number:,}. now {new}, was {old}: {self._text(self._prompts[number - 1])}", number)
            for number, old, new in flips[:FLIPS_LISTED]
        )
        if self.list.options != listed:
            self._listing = True
            try:
                self.list.options = listed
                self.list.index = None
            finally:
                self._listing = False

    def _list_examples(self) -> None:
        """List the examples of the chosen route, with those that were added."""
        route = self.route.value
        self.new.layout.visibility = "hidden" if route else "visible"
        known = [prompt for prompt, label in self._examples if label == route]
        for what, label, prompt in self._config().edits:
            if label == route and what == "add":
                known.append(prompt)
            elif label == route and prompt in known:
                known.remove(prompt)
        listed = (
            (f"choose one of {len(known):,}", NOT_CHOSEN),
            *((f"{i + 1}. {self._text(prompt)}", prompt)
              for i, prompt in enumerate(known[:EXAMPLES_LISTED])),
        )  # fmt: skip
        if self.example.options != listed:
            value = self.example.value
            self.example.options = listed
            self.example.value = value if value in known[:EXAMPLES_LISTED] else NOT_CHOSEN

    def _text(self, prompt: str) -> str:
        return short(prompt, 44) if self._show_prompts else f"{len(prompt):,} characters"

    def _button(self, told: str, act: Callable[[], None]) -> w.Button:
        button = w.Button(description=told, layout=w.Layout(width="auto"))
        button.on_click(guarded(self.status)(lambda _: act()))
        return button


def _wide() -> dict[str, Any]:
    return {"style": {"description_width": "70px"}, "layout": w.Layout(width="260px")}
