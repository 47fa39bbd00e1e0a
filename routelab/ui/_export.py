"""See the gateway's config before it is written: files, what is not carried, what lint says."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets as w

from routelab._checks import InputError
from routelab._html import esc, table
from routelab.exporters import TARGETS, Finding, lint
from routelab.exporters import export as run_export
from routelab.plan import Plan
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._parts import told
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS

LINES_IN_FALLBACK = 30


@SETTINGS.register("export")
@dataclass(frozen=True, slots=True)
class ExportConfig:
    """Settings of the export panel: the target and the file shown ("" for its main one)."""

    target: str = "litellm"
    file: str = ""


@dataclass(frozen=True)
class Exported:
    """What a target would write.

    Attributes
    ----------
    files : dict of str to bytes
        Name to content.
    shown : str
        Name of the file shown.
    text : str
        Its text, or its size when it is none.
    not_carried : list of str
    findings : list of Finding
        What lint says of ``config.yaml``; empty for other targets.
    """

    files: dict[str, bytes]
    shown: str
    text: str
    not_carried: list[str]
    findings: list[Finding]


@dataclass(frozen=True)
class _Written:
    files: dict[str, bytes]
    not_carried: list[str]
    findings: list[Finding]


def write(plan: Plan, target: str) -> _Written:
    """Export to a folder that is gone afterwards, and keep what was in it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "export"
        result = run_export(plan, target=target, directory=place)
        files = {file.as_posix(): (place / file).read_bytes() for file in result.files}
        config = place / "config.yaml"
        findings = lint(config) if target == "litellm" and config.is_file() else []
    return _Written(files, result.not_carried, findings)


def main_file(files: dict[str, bytes]) -> str:
    """Return the file that a reader wants to see first: a YAML file."""
    named = [name for name in files if name in ("config.yaml", "plan.yaml")]
    return next(iter(named or [n for n in files if n.endswith((".yaml", ".yml"))] or files))


class ExportPanel(Panel):
    """See :func:`export`."""

    kind = "export"

    def __init__(self, plan: Plan, target: str, **shared: Any):
        self.plan = plan.fitted()
        self._written: dict[str, _Written] = {}
        super().__init__(ExportConfig(target), **shared)
        wide = {"description_width": "70px"}
        self.target = w.Dropdown(
            options=TARGETS.names(), value=target, description="Target", style=wide
        )
        self.file = w.Dropdown(options=[""], description="File", style=wide)
        self.preview = w.Textarea(
            disabled=True, rows=20, layout=w.Layout(width="100%", max_width="1000px")
        )
        self.preview.add_class("rl-yaml")
        self.told = w.HTML()
        self.download = w.HTML()
        self.bind(self.target, "target")
        self.bind(self.file, "file")
        top = w.HBox([self.target, self.file, self.download], layout=w.Layout(flex_flow="row wrap"))
        self.begin(top, self.preview, self.told)

    def recipe(self) -> Recipe:
        """Return how this panel is made again."""
        line = self.file_line("plan", "rl.Plan.from_yaml({})", "the plan")
        return Recipe(f"ui.export(plan, target={self._start.target!r})", (line,))

    def compute(self, config: ExportConfig) -> Exported:
        """Write the target once, and pick the file."""
        if config.target not in self._written:
            self._written[config.target] = write(self.plan, config.target)
        made = self._written[config.target]
        shown = config.file if config.file in made.files else main_file(made.files)
        return Exported(
            made.files, shown, _text(made.files[shown]), made.not_carried, made.findings
        )

    def draw(self, result: Exported) -> str:
        """Show the file, what is not carried, and what lint found."""
        if tuple(self.file.options) != tuple(result.files):
            self.file.options = list(result.files)
        self.file.value = result.shown
        self.config = replace(self.config, file=result.shown)
        self.preview.value = result.text
        data = base64.b64encode(result.files[result.shown]).decode()
        self.download.value = (
            f'<a download="{esc(Path(result.shown).name)}" '
            'style="color:var(--jp-content-link-color)" href='
            f'"data:application/octet-stream;base64,{data}">Download this file</a>'
        )
        missing = "".join(f"<li>{esc(item)}</li>" for item in result.not_carried)
        rows = [[f.line, f.severity, f.message, f.fix] for f in result.findings]
        found = table(["line", "severity", "finding", "what to do"], rows) if rows else ""
        self.told.value = told(
            f"<b>Not carried by {esc(self.config.target)}</b>"
            f"<ul>{missing or '<li>nothing: all of the plan is there</li>'}</ul>{found}"
        )
        return (
            f"{self.config.target}: {len(result.files)} files, {len(result.not_carried)} parts of "
            f"the plan not carried, {len(result.findings)} findings by lint."
        )

    def fallback(self) -> str:
        """Return the head of the file and what is not carried, for readers without a kernel."""
        lines = self.result.text.splitlines()
        head = lines[:LINES_IN_FALLBACK]
        more = [f"... {len(lines) - len(head)} more lines"] if len(lines) > len(head) else []
        missing = [f"not carried: {item}" for item in self.result.not_carried]
        found = [f"lint, line {f.line}: {f.message}" for f in self.result.findings]
        return "\n".join([self.status.text, "", *head, *more, "", *missing, *found])


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(content):,} bytes that are not text)"


def export(
    plan: Plan,
    *,
    target: str = "litellm",
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ExportPanel:
    """Return a panel that shows what an export would write; nothing stays on disk.

    Parameters
    ----------
    plan : Plan
    target : str, default "litellm"
    session : Session, optional
        Shared with other panels, and kept in a file.
    files : mapping of str to path, optional
        Where `plan` came from, for "Copy as code".

    Returns
    -------
    ExportPanel
        ``panel.result.files`` holds every file as bytes.

    Examples
    --------
    >>> panel = export(Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> "model_list" in panel.result.text
    True
    """
    if target not in TARGETS:
        raise InputError(f"unknown export target {target!r}; known: {', '.join(TARGETS.names())}")
    return ExportPanel(plan, target, session=session, files=files)
