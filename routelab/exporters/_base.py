"""The registry of export targets, and the one way to write to any of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routelab._checks import RoutelabError, atomic_folder
from routelab._registry import Registry
from routelab.plan import Plan

#: Target name -> function(plan, folder) that writes files and returns what it could not carry.
TARGETS: Registry[Callable[[Plan, Path], list[str]]] = Registry(
    "export target", "routelab.exporters"
)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What an export wrote.

    Attributes
    ----------
    directory : Path
    files : list of Path
        Relative to `directory`.
    not_carried : list of str
        Parts of the plan that the target cannot hold, a sentence each.
    """

    directory: Path
    files: list[Path]
    not_carried: list[str]


def export(
    plan: Plan, target: str = "litellm", *, directory: str | os.PathLike[str], force: bool = False
) -> ExportResult:
    """Write a plan for a gateway.

    Parameters
    ----------
    plan : Plan
    target : str
        One of ``TARGETS.names()``: "litellm", "onnx", "plan", "python",
        "semantic-router".
    directory : path
        Gets the files and ``NOT_EXPORTED.md``; a folder that exists is refused unless `force`.
    force : bool
        Replace the folder, in one step.

    Raises
    ------
    InputError
        For an unknown target, a folder that exists, or a plan that the target cannot hold at all.
    RoutelabError
        The files could not be written; a folder that exists is as it was.

    Examples
    --------
    >>> import tempfile
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = export(plan, directory=folder)
    >>> [str(file) for file in result.files]
    ['NOT_EXPORTED.md', 'config.yaml', 'plan.zip']
    """
    write = TARGETS[target]
    try:
        with atomic_folder(directory, force=force) as folder:
            not_carried = write(plan, folder)
            (folder / "NOT_EXPORTED.md").write_text(_told(plan, target, not_carried), "utf-8")
            files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    except OSError as error:
        raise RoutelabError(
            f"the export to {str(directory)!r} failed, nothing there was changed: {error}"
        ) from error
    return ExportResult(Path(directory), files, not_carried)


def _told(plan: Plan, target: str, not_carried: list[str]) -> str:
    lines = [f"# What {target} does not carry of the plan {plan.name!r}", ""]
    lines += [f"- {item}" for item in not_carried] or ["Nothing: the target carries all of it."]
    return "\n".join(lines) + "\n"
