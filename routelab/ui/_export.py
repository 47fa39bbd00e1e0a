"""The gateway's config live: edit the plan, see the files, lint, difference and proof beside it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from textwrap import wrap
from typing import Any

import ipywidgets as w

from routelab._checks import InputError
from routelab._html import esc
from routelab._words import counted
from routelab.exporters import TARGETS
from routelab.plan import Plan
from routelab.privacy import redact
from routelab.ui._base import Panel
from routelab.ui._choices import PlanChoice
from routelab.ui._code import Recipe
from routelab.ui._export_config import ExportConfig, Exported
from routelab.ui._export_edit import PlanEditor
from routelab.ui._export_files import main_file, text_of, whole_text, zipped
from routelab.ui._export_in_use import InUseView
from routelab.ui._export_plan import plan_text, read_plan
from routelab.ui._export_prove import Prover, prompts_of
from routelab.ui._export_view import FileView, lines_of
from routelab.ui._export_writer import Writer
from routelab.ui._inputs import as_plan, noted
from routelab.ui._parts import Status, told
from routelab.ui._session import Session
from routelab.ui._share import choice_of

LINES_IN_FALLBACK = 30  # VS Code cuts the middle out of a longer text
WIDTH_OF_FALLBACK = 100  # what is wider has to be scrolled there
LEAST_OF_FILE = 8  # lines of it, however much there is to say about it
PAUSE_S = 0.5  # who types is not done yet


class ExportPanel(Panel):
    """See :func:`export`."""

    kind = "export"

    def __init__(self, plan: Plan, target: str, probes: Sequence[str] | None, **shared: Any):
        self.plan = plan.fitted()
        self.probes = probes
        self.writer = Writer(self.plan)
        self._shared = ""  # the text of the plan that other panels have
        self._choice: PlanChoice | None = None
        self._typed: str | None = None
        self._drawn: str | None = None
        self._chosen: dict[str, str] = {}  # the file of each target
        super().__init__(ExportConfig(target), **shared)
        wide = {"description_width": "55px"}
        self.target = w.Dropdown(
            options=TARGETS.names(), value=target, description="Target", style=wide
        )
        self.file = w.Dropdown(options=[""], description="File", style=wide)
        self.refused = Status()  # why a target was not taken: beside it
        self.refused.add_class("rl-refused")
        self.editor = PlanEditor(self._edited, self._back, plan_text(self.plan))
        self.view = FileView(give=self._give)
        self.not_carried = w.HTML()
        self.in_use = InUseView()
        self.prover = Prover(self._to_prove)
        for control, field in (
            (self.target, "target"), (self.file, "file"),
            (self.prover.prompts, "prompts"), (self.prover.failures, "failures"),
        ):  # fmt: skip
            self.bind(control, field)
        half = {"flex": "1 1 420px", "width": "auto", "min_width": "0", "max_width": "100%"}
        wrap = w.Layout(flex_flow="row wrap", grid_gap="0 12px")
        left = w.VBox([self.editor], layout=w.Layout(**half))
        top = w.HBox([self.target, self.file, self.refused], layout=wrap)
        right = w.VBox([top, self.view], layout=w.Layout(**half))
        more = w.Tab(
            [self.not_carried, self.in_use, self.prover],
            titles=("Not carried", "Config in use", "Proof"),
        )
        more.add_class("rl-more")
        self.begin(w.HBox([left, right], layout=wrap), more)

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        line = self.file_line("plan", "rl.Plan.from_yaml({})", "the plan")
        return Recipe(f"ui.export(plan, target={self._start.target!r})", (line,))

    def update(self, **changes: Any) -> None:
        """Change settings; another target comes with the file of it that was looked at last."""
        target = changes.get("target", self.config.target)
        if target != self.config.target and "file" not in changes:
            changes["file"] = self._chosen.get(target, "")
        self.refused.value = ""
        with self._beside_target(target):
            super().update(**changes)

    def heavy(self, config: ExportConfig) -> bool:
        """Return whether files are to be written that take longer than a touch may."""
        return (config.target, config.plan) not in self.writer.kept and self.waits(config)

    def waits(self, config: ExportConfig) -> bool:
        """Return whether there is a router to write, or a plan that is still being typed."""
        plan = self.writer.plan_of(config.plan)  # what is wrong is said at once
        return bool(config.plan) or plan.router is not None

    def work(
        self, config: ExportConfig, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Exported:
        """Write once nothing has been typed for a moment."""
        until = time.monotonic() + (PAUSE_S if config.plan != self._drawn else 0.0)
        while time.monotonic() < until and not cancelled():
            time.sleep(0.02)
        if cancelled():
            raise InputError("cancelled")  # by newer settings: nobody sees it
        tell(f"writing the files for {config.target} …")
        return self.compute(config)

    def compute(self, config: ExportConfig) -> Exported:
        """Write the target once, and pick the file."""
        plan, made = self.writer.write(config.target, config.plan)
        shown = config.file if config.file in made.files else main_file(made.files)
        text = text_of(made.files[shown])
        return Exported(plan, made.files, shown, text, made.not_carried, made.findings)

    def draw(self, result: Exported) -> str:
        """Show the plan, the file, what is not carried, what lint found, and the differences."""
        self.plan = result.plan
        self.config = replace(self.config, file=result.shown)
        self._chosen[self.config.target] = result.shown
        self._show_plan()
        of_config = result.shown == "config.yaml"
        findings = lines_of(result.findings) if of_config else []
        self.view.show(result.shown, result.text, findings, "What lint says of config.yaml")
        missing = "".join(f"<li>{esc(item)}</li>" for item in result.not_carried)
        self.not_carried.value = told(
            f"<b>Not carried by {esc(self.config.target)}</b>"
            f"<ul>{missing or '<li>nothing: all of the plan is there</li>'}</ul>"
        )
        self.in_use.export(result.files.get("config.yaml"))
        self.prover.refresh(result.files)
        files, missing_parts = len(result.files), len(result.not_carried)
        return (
            f"{self.config.target}: {counted(files, 'file')}, "
            f"{counted(missing_parts, 'part')} of the plan not carried, "
            f"{counted(len(result.findings), 'finding')} by lint."
        )

    def reset(self) -> None:
        """Go back to the settings at the start, and to their plan in the editor."""
        super().reset()
        self.editor.show(self._text())

    def save_settings(self, path: str) -> None:
        """Write the settings with the edited plan, unless no settings file may hold that."""
        if self._is_private():
            raise InputError(
                "the edited plan holds what looks like a secret or an address, which no settings "
                "file may hold"
            )
        super().save_settings(path)

    def follow(self, session: Session, section: str) -> None:
        """Take over the plan that another panel chose."""
        if section != "plan" or session.plan == self._choice:
            return
        plan = session.read_plan()
        if plan is not None:
            self.writer.know(plan)
            self.update(plan=plan_text(plan))

    def compare_with(self, path: str | PathLike[str]) -> list[str]:
        """Return what changes from the config in use, a file on this machine, to the export."""
        self.in_use.read(path)
        return self.in_use.words

    def prove(self) -> None:
        """Prove the export on the real proxy, in the background; ``prover.wait()`` waits."""
        self.prover.prove()

    def cancel(self) -> None:
        """Stop writing and proving."""
        self.prover.cancel()
        super().cancel()

    def fallback(self) -> str:
        """Return the head of the file and what is not carried, for readers without a kernel."""
        missing = [f"not carried: {item}" for item in self.result.not_carried]
        found = [f"lint, line {f.line}: {f.message}" for f in self.result.findings]
        notes = [line for note in missing + found for line in wrap(note, WIDTH_OF_FALLBACK)]
        lines = self.result.text.splitlines()
        room = max(LINES_IN_FALLBACK - len(notes) - 3, LEAST_OF_FILE)  # 3: status, empty lines
        if len(lines) > room:
            lines = [*lines[: room - 1], f"... {len(lines) - room + 1} more lines"]
        return "\n".join([self.status.text, "", *lines, "", *notes])

    def _text(self) -> str:
        return self.config.plan or plan_text(self.writer.plan)

    def _edited(self, text: str) -> None:
        """Take a plan that was typed; the plan before stays until it is right."""
        with self._lock:
            read_plan(text, self.writer.fitted)
            self._typed = "" if text == plan_text(self.writer.plan) else text
            self.update(plan=self._typed)

    def _show_plan(self) -> None:
        """Show the plan in the editor, unless it came from there or something newer is typed."""
        if self.config.plan in (self._typed, self._drawn):
            self.editor.used(self._text())
        else:
            self.editor.show(self._text())
            self._typed = None
        self._drawn = self.config.plan

    def _back(self, to_start: bool) -> None:
        """Use the plan at the start, or go on with that in use whatever was typed."""
        with self._lock:
            self._typed = None
            plan = self._start.plan if to_start else self._settled.plan
            if plan != self.config.plan:
                self.update(plan=plan)
            self.editor.show(self._text())

    def _move_controls(self) -> None:
        """Move the controls along; the files of a new target are known when they are written."""
        known = [] if self.result is None else list(self.result.files)
        wanted = known if self.config.file in known else [self.config.file, *known]
        self._drawing = True
        if list(self.file.options) != wanted:
            self.file.options = wanted
        super()._move_controls()

    @contextlib.contextmanager
    def _beside_target(self, target: str) -> Iterator[None]:
        """Say beside the target, too, why it was not taken."""
        before = self._settled.target
        try:
            yield
        except Exception as error:
            if target != before:
                self.refused.error(f"{target} was not taken: {error}")
            raise

    def _compute(
        self, config: Any, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> None:
        with self._beside_target(config.target):
            super()._compute(config, tell, cancelled)

    def _go_back(self, told: str) -> None:
        """Take back what was refused; a right plan is not refused with its target."""
        wanted = self.config
        super()._go_back(told)
        self.editor.used(self._text())
        if wanted.plan == self.config.plan:
            return
        if wanted.target != self.config.target and not told:
            super().update(plan=wanted.plan)
        else:
            self.editor.not_used("This plan was not taken: the plan before stays in use.")

    def _keep(self) -> None:
        """Keep the settings, and the plan for other panels; a plan with an address stays here."""
        if self._is_private():
            return
        super()._keep()
        if self.config.plan != self._shared:
            self._shared = self.config.plan
            self._share(self.plan)

    def _is_private(self) -> bool:
        return redact(self.config.plan) != self.config.plan

    def _share(self, plan: Plan) -> None:
        """Give the plan to the other panels; those of other notebooks need it in a file."""
        given = PlanChoice(plan.name, self.files.get("plan"))
        self._choice = choice_of(self.session, plan) if self._shared else given
        self.session.choose_plan(self._choice, plan)

    def _give(self, action: str) -> Any:
        """Return what a button of the view asks for: a text to copy, or a name and bytes."""
        files, shown = self.result.files, self.result.shown
        if action == "zip":
            return f"{self.config.target}.zip", zipped(files)
        return whole_text(files[shown]) if action == "copy" else (shown, files[shown])

    def _to_prove(self) -> tuple[dict[str, bytes], Sequence[str], bool]:
        if self.computing:
            raise InputError("the files are being written: prove them in a moment")
        prompts = prompts_of(self.plan, self.probes, self.config.prompts)
        return self.result.files, prompts, self.config.failures


def export(
    plan: Plan | str | PathLike[str],
    *,
    target: str = "litellm",
    probes: Sequence[str] | None = None,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ExportPanel:
    """Return a panel that edits a plan and shows, compares and proves what an export would write.

    Nothing stays on disk but, beside the file of a session, an edited plan for other panels.

    Parameters
    ----------
    plan : Plan, or path of one
    target : str, default "litellm"
    probes : sequence of str, optional
        Prompts to prove with; by default those of the plan's labels. They are not shown.
    session : Session, optional
        Shared with other panels, and kept in a file; an edited plan is its plan.
    files : mapping of str to path, optional
        Where `plan` came from, for "Copy as code".

    Returns
    -------
    ExportPanel
        ``panel.plan`` is the plan as edited, ``panel.result.files`` holds every file as bytes,
        ``panel.compare_with(path)`` returns what changes from the config in use.

    Examples
    --------
    >>> panel = export(Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> panel.editor.area.value = panel.editor.area.value.replace("cheap", "small")
    >>> panel.wait()
    >>> "model_name: small" in panel.result.text
    True
    """
    if target not in TARGETS:
        raise InputError(f"unknown export target {target!r}; known: {', '.join(TARGETS.names())}")
    known = noted(files)
    return ExportPanel(as_plan(plan, known), target, probes, session=session, files=known)
