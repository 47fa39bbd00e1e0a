"""The prompt that is asked about: picked from a list or typed, and the list says which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from routelab._checks import InputError
from routelab.plots._style import short

NOT_LISTED = 0  # None would show as no entry at all


class PromptView(w.VBox):
    """A list of prompts to pick from, and a field to type in; both show what is asked.

    Parameters
    ----------
    listed : sequence of str
    logged : set of str
        All loaded prompts, which are not shown without `show_prompts`.
    show_prompts : bool
    ask : callable
        Called with the prompt that was picked or typed.

    Attributes
    ----------
    pick : Dropdown
        `NOT_LISTED` where the prompt is not of the list.
    text : Textarea
        Empty where the prompt may not be shown.
    """

    def __init__(
        self,
        listed: Sequence[str],
        logged: set[str],
        show_prompts: bool,
        ask: Callable[[str], object],
    ):
        self._listed, self._logged, self._show_prompts = set(listed), logged, show_prompts
        self._moving = False
        names = [
            (f"{i + 1}. {short(prompt, 80) if show_prompts else f'{len(prompt):,} characters'}",
             prompt)
            for i, prompt in enumerate(listed)
        ]  # fmt: skip
        wide = {"description_width": "90px"}
        self.pick = w.Dropdown(
            options=[("(typed, or not of this list)", NOT_LISTED), *names],
            description="Prompt", style=wide, layout=w.Layout(width="780px"),
        )  # fmt: skip
        self.text = w.Textarea(
            description="or type", style=wide, rows=3, layout=w.Layout(width="780px")
        )
        for control in (self.pick, self.text):
            control.observe(lambda change: self._asked(change.new, ask), "value")
        super().__init__([self.pick, self.text])

    def show(self, prompt: str) -> None:
        """Show which prompt is asked."""
        self._moving = True
        try:
            self.pick.value = prompt if prompt in self._listed else NOT_LISTED
            if self._show_prompts or prompt not in self._logged:
                self.text.value = prompt
            elif self.text.value != prompt:  # else it was typed just now
                self.text.value = ""
        finally:
            self._moving = False

    def _asked(self, chosen: str | int, ask: Callable[[str], object]) -> None:
        if not self._moving and isinstance(chosen, str):
            ask(chosen)


def spread(items: list[Any], count: int) -> list[Any]:
    """Return at most `count` items, evenly spread over the list."""
    if not items:
        raise InputError("there is no prompt to explore")
    if len(items) <= count:
        return items
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]
