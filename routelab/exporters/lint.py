"""Check a LiteLLM config, ours or anybody's, for mistakes that the proxy accepts in silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routelab._checks import InputError
from routelab._yaml import Document, read_yaml
from routelab.exporters import _lint_models, _lint_router
from routelab.exporters._lint_base import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or surprising in a config.

    Attributes
    ----------
    rule : str
        Short name of the check.
    line, column : int
        Place in the file, from 1.
    message : str
        What happens, and why. Values of secrets are never part of it.
    fix : str
        What to do about it.
    severity : {"error", "warning", "info"}
    """

    rule: str
    line: int
    column: int
    message: str
    fix: str
    severity: str = "error"


Check = Callable[[dict[str, Any]], Iterator[Problem]]
CHECKS: tuple[Check, ...] = (*_lint_models.CHECKS, *_lint_router.CHECKS)


def lint(path: str | os.PathLike[str]) -> list[Finding]:
    r"""Return what is wrong or surprising in a LiteLLM config, in the order of the file.

    Raises
    ------
    InputError
        The file does not exist. A file that is no YAML is a finding.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "config.yaml"
    ...     _ = path.write_text("model_list: []\nrouter_setings: {}\n")
    ...     [finding.rule for finding in lint(path)]
    ['no-models', 'unknown-key']
    """
    try:
        document = read_yaml(path, "config")
    except InputError as error:
        if not os.path.isfile(path):
            raise
        line, column = _place(str(error), str(path))
        return [Finding("yaml", line, column, str(error), "mend the YAML")]
    if not isinstance(document.data, dict):
        return [Finding("empty", 1, 1, "the config is no mapping", "write model_list: and models")]
    problems = [problem for check in CHECKS for problem in check(document.data)]
    problems += _lint_models.check_plugins(document.data, Path(path).parent)
    found = [_finding(document, problem) for problem in problems]
    return sorted(found, key=lambda f: (f.line, f.column, f.rule))


def _place(message: str, path: str) -> tuple[int, int]:
    parts = message.removeprefix(path).split(":")
    try:
        return int(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        return 1, 1


def _finding(document: Document, problem: Problem) -> Finding:
    line, column = document.where(problem.where).rsplit(":", 2)[1:]
    return Finding(
        problem.rule, int(line), int(column), problem.message, problem.fix, problem.severity
    )
