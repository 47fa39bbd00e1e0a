"""The config in use beside the export: what changes, and what lint says of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import ipywidgets as w

from routelab._checks import InputError, existing_file
from routelab._html import esc
from routelab._words import counted
from routelab._yaml import YamlError, parse_yaml
from routelab.exporters import Finding, lint
from routelab.ui._export_diff import changes, text_diff
from routelab.ui._export_files import text_of
from routelab.ui._export_mask import masked, read_masked
from routelab.ui._export_view import FileView, lines_of
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded

LARGEST = 5 * 1024 * 1024
ENDS = (".yaml", ".yml")
ALONE = "RL206"  # what lint says of modules that are not beside the config


@dataclass(frozen=True)
class InUse:
    """A config without its secrets.

    Attributes
    ----------
    name : str
    data : dict
    text : str
        Line by line that of the file, without comments; "" where it is no YAML.
    findings : list of Finding
        What lint says of the file as it was.
    problem : str
        Why it cannot be compared; "" when it can.
    """

    name: str
    data: dict[str, Any]
    text: str
    findings: list[Finding]
    problem: str = ""


def read_in_use(content: bytes, name: str) -> InUse:
    """Read a gateway's config, and keep nothing of its secrets.

    Raises
    ------
    InputError
        It is larger than 5 MB, no YAML file by its name, or no text.
    """
    if len(content) > LARGEST:
        raise InputError(f"{name!r} has {len(content) / 1e6:.1f} MB; at most 5 MB are read")
    if not name.lower().endswith(ENDS):
        raise InputError(f"{name!r} is no .yaml or .yml file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{name!r} is not UTF-8 text") from None
    with tempfile.TemporaryDirectory() as folder:  # lint reads a file; nobody else may read it
        path = Path(folder) / "config.yaml"
        path.write_bytes(content)
        findings = [_beside(finding) for finding in lint(path)]
    try:
        data, shown = read_masked(text, "config")
    except YamlError as error:
        problem = (
            f"{name!r} is no YAML that can be read, see line {error.line}, column {error.column}"
        )
        return InUse(name, {}, "", findings, problem)
    if not isinstance(data, dict):
        return InUse(name, {}, shown, findings, f"{name!r} is no mapping")
    return InUse(name, data, shown, findings)


def _beside(finding: Finding) -> Finding:
    """Return a finding; no file beside the config is here, so a missing one is only a note."""
    if finding.id != ALONE:
        return finding
    return replace(
        finding,
        severity="note",
        message=f"{finding.message}, or it is: this panel has the config alone",
    )


class InUseView(w.VBox):
    """An upload, and how the export differs from it.

    Attributes
    ----------
    upload : FileUpload
    in_use : InUse or None
    words : list of str
        What changes, a line each.
    diff : list of str
        The unified diff.
    job : Job
    """

    def __init__(self) -> None:
        self.in_use: InUse | None = None
        self.words: list[str] = []
        self.diff: list[str] = []
        self._export: bytes | None = None
        self.status = Status()
        self.job = Job(self.status)
        self.upload = w.FileUpload(
            accept=",".join(ENDS), description="Choose the config in use",
            tooltip="Upload a YAML file of at most 5 MB", layout=w.Layout(width="auto"),
        )  # fmt: skip
        self.upload.observe(guarded(self.status)(self._uploaded), "value")
        self.name = w.Label("no file chosen (YAML, at most 5 MB)")
        self.told = w.HTML()
        self.view = FileView(rows=12)
        self.view.layout.display = "none"
        row = w.HBox([self.upload, self.name], layout=w.Layout(flex_flow="row wrap"))
        super().__init__([row, self.status, self.told, self.view])
        self.status.ok(
            "Secrets in it are neither shown nor kept: values of keys, tokens and passwords are "
            "hidden before it is compared, and it is stored nowhere."
        )

    def read(self, path: str | PathLike[str]) -> None:
        """Compare with a file on this machine; for scripts."""
        found = existing_file(path, "config")
        self._show_new(read_in_use(found.read_bytes(), Path(fspath(path)).name))

    def export(self, content: bytes | None) -> None:
        """Take another export to compare with; None for a target without ``config.yaml``."""
        if content != self._export:
            self._export = content
            self._renew()

    def _uploaded(self, change: Any) -> None:
        if not change.new:
            return
        item = change.new[0]
        content, name = bytes(item["content"]), str(item["name"])
        self.upload.value = ()  # the widget's state would hold the secrets
        self.status.ok(f"reading {name} …")
        self.job.restart(lambda tell, cancelled: self._read(content, name, cancelled))

    def _read(self, content: bytes, name: str, cancelled: Any) -> None:
        found = read_in_use(content, name)
        if not cancelled():
            self._show_new(found)

    def _show_new(self, found: InUse) -> None:
        self.in_use = found
        self.name.value = f"in use: {found.name}"
        self._renew()
        self.view.show(
            f"{found.name} without its secrets", text_of(found.text.encode()),
            lines_of(found.findings), f"What lint says of {found.name}",
        )  # fmt: skip
        self.view.layout.display = ""

    def _renew(self) -> None:
        if self.in_use is None:
            return
        name = self.in_use.name
        lint_told = f"{counted(len(self.in_use.findings), 'finding')} by lint in it."
        self.words, self.diff = [], []
        if self.in_use.problem:
            self.told.value = ""
            self.status.error(f"{self.in_use.problem}. {lint_told}")
            return
        if self._export is None:
            self.told.value = ""
            self.status.ok(f"Choose the target 'litellm' to compare with {name}. {lint_told}")
            return
        # Masked too, so that what is hidden in both is no difference.
        new = masked(parse_yaml(self._export.decode("utf-8")).data)
        self.words = changes(self.in_use.data, new)
        self.diff = text_diff(self.in_use.data, new)
        listed = "".join(f"<li>{esc(word)}</li>" for word in self.words)
        lines = "".join(f"<span {_mark(line)}>{esc(line)}\n</span>" for line in self.diff)
        self.told.value = (
            f'<ul class="rl-lines" tabindex="0">{listed}</ul>'
            f'<pre class="rl-lines" tabindex="0">{lines}</pre>'
            if self.words or self.diff
            else ""
        )
        told = counted(len(self.words), "change")
        self.status.ok(f"{told} from {name} to this export. {lint_told}")


def _mark(line: str) -> str:
    if line.startswith("+") and not line.startswith("+++"):
        return 'class="rl-added"'
    if line.startswith("-") and not line.startswith("---"):
        return 'class="rl-removed"'
    return ""
