"""The fallbacks of a model group as a list whose order buttons change, by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w

from routelab.plots._style import short
from routelab.ui._budget_plan import moved

Chain = tuple[str, ...]


class ChainEditor(w.VBox):
    """A group, its fallbacks in order, and buttons to move, remove and add one.

    Parameters
    ----------
    changed : callable
        Called with the group and its new chain.

    Attributes
    ----------
    group : Dropdown
    chain : Select
    """

    def __init__(self, changed: Callable[[str, Chain], None]):
        wide = {"description_width": "90px"}
        room = w.Layout(width="330px", max_width="100%")
        self._changed = changed
        self._chains: dict[str, Chain] = {}
        self._groups: tuple[str, ...] = ()
        self._showing = False
        self.group = w.Dropdown(options=[], description="Fallbacks of", style=wide, layout=room)
        self.chain = w.Select(
            options=[], rows=4, description="in this order", style=wide, layout=room
        )
        self.add = w.Dropdown(options=[], description="Another", style=wide, layout=room)
        acts = (
            ("Up", "Try this fallback earlier", self._up),
            ("Down", "Try this fallback later", self._down),
            ("Remove", "Do not fall back to it", self._remove),
            ("Add", "Fall back to the other group, last", self._append),
        )
        self.buttons = {
            name: w.Button(description=name, tooltip=hint, layout=w.Layout(width="80px"))
            for name, hint, _ in acts
        }
        for name, _, act in acts:
            self.buttons[name].on_click(lambda _, act=act: act())
        self.group.observe(lambda _: self._refresh(), "value")
        wrap = w.Layout(flex_flow="row wrap")
        buttons = w.HBox([self.buttons[name] for name in ("Up", "Down", "Remove")], layout=wrap)
        add = w.HBox([self.add, self.buttons["Add"]], layout=wrap)
        left, right = w.VBox([self.group, self.chain]), w.VBox([buttons, add])
        super().__init__([w.HBox([left, right], layout=wrap)])

    def offer(self, groups: Sequence[str], chains: dict[str, Chain]) -> None:
        """Show the chains of these groups; the chosen group and fallback stay chosen."""
        self._chains = chains
        if tuple(groups) != self._groups:
            self._groups = tuple(groups)
            self._showing = True
            self.group.options = [(short(group), group) for group in groups]
            self.group.index = 0
            self._showing = False
        self._refresh()

    def _refresh(self) -> None:
        if self._showing or self.group.value is None:
            return
        held, place = self._chain(), self.chain.index
        others = [g for g in self._groups if g not in held and g != self.group.value]
        options = tuple((f"{number + 1}. {short(name)}", name) for number, name in enumerate(held))
        if self.chain.options != options:
            self.chain.options = options
            self.chain.index = None if not held else min(place or 0, len(held) - 1)
        offered = tuple((short(name), name) for name in others)
        if self.add.options != offered:
            self.add.options = offered
            self.add.index = 0 if offered else None
        for name in ("Up", "Down", "Remove"):
            self.buttons[name].disabled = not held
        self.buttons["Add"].disabled = not others

    def _chain(self) -> Chain:
        return self._chains.get(str(self.group.value), ())

    def _move(self, by: int) -> None:
        place, held = self.chain.index, self._chain()
        if place is not None:
            self._changed(self.group.value, moved(held, place, by))
            self.chain.index = max(0, min(place + by, len(held) - 1))  # it stays the chosen one

    def _up(self) -> None:
        self._move(-1)

    def _down(self) -> None:
        self._move(1)

    def _remove(self) -> None:
        place, held = self.chain.index, self._chain()
        if place is not None:
            self._changed(self.group.value, held[:place] + held[place + 1 :])

    def _append(self) -> None:
        if self.add.value is not None:
            self._changed(self.group.value, (*self._chain(), self.add.value))
