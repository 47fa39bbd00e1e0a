"""The plan as text beside what it becomes: checked at each key, with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from routelab.ui._export_plan import PlanError
from routelab.ui._export_view import ROWS, FileView
from routelab.ui._parts import Status, guarded

MORE_ROWS = 4  # than the file beside it, which has what lint says below it


class PlanEditor(w.VBox):
    """A text area whose text is taken when it is right; what is wrong is said below it.

    Parameters
    ----------
    take : callable
        Called with a text that was typed; raises `PlanError` where it is no plan.
    back : callable
        Called to have the plan in use again (False), or the one at the start (True).
    start : str
        The text of the plan at the start.

    Attributes
    ----------
    area : Textarea
    status : Status
    problem : FileView
        What is wrong, with a button that goes there.
    """

    def __init__(self, take: Callable[[str], None], back: Callable[[bool], None], start: str):
        self._take = take
        self._setting = False
        self._start = self._used = start
        self.area = w.Textarea(rows=ROWS + MORE_ROWS, layout=w.Layout(width="100%"))
        self.area.add_class("rl-plan")
        self.status = Status()
        self.problem = FileView(target=".rl-plan", rows=1)
        self.problem.add_class("rl-problem")
        auto = w.Layout(width="auto")
        self.revert = w.Button(
            description="Back to the plan in use", layout=auto, disabled=True,
            tooltip="Put the text of the plan in use back into the editor",
        )  # fmt: skip
        self.undo = w.Button(
            description="Undo all edits", layout=auto, disabled=True,
            tooltip="Use the plan at the start again",
        )  # fmt: skip
        self.revert.on_click(lambda _: guarded(self.status)(back)(False))
        self.undo.on_click(lambda _: guarded(self.status)(back)(True))
        self.area.observe(guarded(self.status)(self._typed), "value")
        head = w.HTML("<b>Plan</b> (YAML; what is right is taken as you type)")
        buttons = w.HBox([self.revert, self.undo], layout=w.Layout(flex_flow="row wrap"))
        super().__init__([head, buttons, self.area, self.status, self.problem])

    def show(self, text: str) -> None:
        """Show the text of the plan in use, over whatever was typed."""
        self._setting = True
        try:
            self.area.value = text
        finally:
            self._setting = False
        self.used(text)

    def used(self, text: str) -> None:
        """Say that this is the plan in use; what has been typed since stays."""
        self._used = text
        self._offer()
        if self.area.value == text:
            more = "; Undo all edits goes back to the one at the start"
            self._said(f"This is the plan in use{more if text != self._start else ''}.")

    def not_used(self, reason: str) -> None:
        """Say that the typed plan was not taken, unless what is wrong in it is said already."""
        if self.area.value != self._used and not self.problem.found:
            self.status.error(reason)

    def _typed(self, change: object) -> None:
        if self._setting:
            return
        self._offer()
        try:
            self._said("This is a plan; the files follow.")
            self._take(self.area.value)
        except PlanError as error:
            self.status.error(f"{error} (the plan before stays in use)")
            found = [(error.line, "error", f"column {error.column}")]
            self.problem.show("", "", found, "What is wrong with the plan")
        except Exception:
            self.problem.show("", "", [], "What is wrong with the plan")
            raise

    def _offer(self) -> None:
        """Let the buttons be pressed that lead to another text."""
        self.revert.disabled = self.area.value == self._used
        self.undo.disabled = self.area.value == self._used == self._start

    def _said(self, text: str) -> None:
        self.status.ok(text)
        if self.problem.found:
            self.problem.show("", "", [], "What is wrong with the plan")
