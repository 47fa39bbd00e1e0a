"""The plan as text beside what it becomes: checked at each key, with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from routelab.ui._export_plan import PlanError
from routelab.ui._export_view import ROWS, FileView
from routelab.ui._parts import Status, guarded


class PlanEditor(w.VBox):
    """A text area whose text is taken when it is right; what is wrong is said below it.

    Parameters
    ----------
    take : callable
        Called with a text that was typed; raises `PlanError` where it is no plan.

    Attributes
    ----------
    area : Textarea
    status : Status
    problem : FileView
        What is wrong, with a button that goes there.
    """

    def __init__(self, take: Callable[[str], None]):
        self._take = take
        self._setting = False
        self._used = ""
        self.area = w.Textarea(rows=ROWS, layout=w.Layout(width="100%"))
        self.area.add_class("rl-plan")
        self.status = Status()
        self.problem = FileView(target=".rl-plan", rows=1)
        self.problem.add_class("rl-problem")
        self.revert = w.Button(
            description="Back to the plan in use", layout=w.Layout(width="auto"),
            tooltip="Put the text of the plan in use back into the editor",
        )  # fmt: skip
        self.revert.on_click(lambda _: self.show(self._used))
        self.area.observe(guarded(self.status)(self._typed), "value")
        head = w.HTML("<b>Plan</b> (YAML; what is right is taken as you type)")
        super().__init__([head, self.area, self.status, self.problem, w.HBox([self.revert])])

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
        if self.area.value == text:
            self._said("This is the plan in use.")

    def not_used(self, reason: str) -> None:
        """Say that the typed plan was not taken."""
        if self.area.value != self._used:
            self.status.error(reason)

    def _typed(self, change: object) -> None:
        if self._setting:
            return
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

    def _said(self, text: str) -> None:
        self.status.ok(text)
        if self.problem.found:
            self.problem.show("", "", [], "What is wrong with the plan")
