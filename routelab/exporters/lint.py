"""Check a LiteLLM config, ours or anybody's, for mistakes that the proxy accepts in silence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from routelab._checks import InputError, existing_file
from routelab._yaml import Document, YamlError, read_yaml
from routelab.exporters._lint._base import CHECKS, Check, Spot, mask
from routelab.exporters._lint._config import Config

# LiteLLM itself reads a YAML file of this size for half a minute at each start.
MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or surprising in a config.

    Attributes
    ----------
    id, rule : str
        Number of the check, which never changes its meaning ("RL301"), and its name
        ("budget-zero").
    severity : {"error", "warning", "note"}
        An error stops the proxy, or drops or ignores what was written; a warning does something
        other than what it looks like; a note surprises, but works.
    line, column : int
        Place in the file, from 1.
    message : str
        What is there. Values of secrets are never part of it.
    why, fix : str
        Why it matters, and what to do about it.
    """

    id: str
    rule: str
    severity: str
    line: int
    column: int
    message: str
    why: str
    fix: str

    def __str__(self) -> str:
        """Return the finding on one line."""
        place = f"{self.line}:{self.column}: {self.severity}: {self.id} {self.rule}"
        return f"{place}: {self.message}: {self.why} (fix: {self.fix})"


def lint(
    path: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None
) -> list[Finding]:
    r"""Return what is wrong or surprising in a LiteLLM config, in the order of the file.

    Parameters
    ----------
    path : path
        The config.
    folder : path, optional
        Where the files lie that it names; by default beside it.

    Raises
    ------
    InputError
        The file does not exist, or is a routelab plan. A file that is no YAML is a finding.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "config.yaml"
    ...     _ = path.write_text("model_list: []\nrouter_setings: {}\n")
    ...     [(finding.id, finding.rule, finding.line) for finding in lint(path)]
    [('RL103', 'no-models', 1), ('RL101', 'unknown-section', 2)]
    """
    file = existing_file(path, "config")
    size = file.stat().st_size
    if size > MAX_BYTES:
        message = f"the file has {size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.1f} MB are checked"
        return [_of_file("RL004", message, 1, 1)]
    try:
        document = read_yaml(file, "config")
    except YamlError as error:
        name = "RL002" if error.repeated else "RL001"
        return [_of_file(name, mask(error.problem), error.line, error.column)]
    if not isinstance(document.data, dict):
        return [_of_file("RL003", "the file is no mapping", 1, 1)]
    if {"models", "default"} <= set(document.data) and "model_list" not in document.data:
        raise InputError(
            f"{file}: this is a routelab plan, no config of LiteLLM; export it first (routelab "
            "export PLAN --out FOLDER) and check the config.yaml that is written"
        )
    config = Config(document.data, file.parent if folder is None else Path(folder))
    found = [
        _finding(entry, spot, document) for entry in lint_checks() for spot in entry.find(config)
    ]
    return sorted(found, key=lambda f: (f.line, f.column, f.id))


def lint_checks() -> list[Check]:
    """Return all checks, in the order of their ids.

    Examples
    --------
    >>> [(check.id, check.rule) for check in lint_checks()][:2]
    [('RL001', 'not-yaml'), ('RL002', 'repeated-key')]
    """
    return [CHECKS[name] for name in CHECKS.names()]


def _finding(entry: Check, spot: Spot, document: Document) -> Finding:
    line, column = document.place(spot.where)
    severity = spot.severity or entry.severity
    fix = spot.fix or entry.fix
    return Finding(entry.id, entry.rule, severity, line, column, spot.message, entry.why, fix)


def _of_file(name: str, message: str, line: int, column: int) -> Finding:
    entry = CHECKS[name]
    return Finding(name, entry.rule, entry.severity, line, column, message, entry.why, entry.fix)
