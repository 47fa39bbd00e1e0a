"""Panels as scripts: what reproduces a picture and its numbers from files and settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routelab.datasets import data_dir, resolve_bundled


@dataclass(frozen=True)
class Recipe:
    """How a panel is made again.

    Attributes
    ----------
    call : str
        The call that returns the panel, such as ``ui.budget(traffic, plan)``.
    lines : tuple of str
        What comes before it: reading files, training.
    imports : tuple of str
        Beside ``import routelab as rl`` and ``from routelab import ui``.
    """

    call: str
    lines: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def changed_fields(config: Any, start: Any) -> dict[str, Any]:
    """Return the settings that differ from where the panel starts, private ones included.

    The script is shown to who made the settings; only files leave out what is private.
    """
    names = (field.name for field in dataclasses.fields(config))
    values = {name: getattr(config, name) for name in names}
    return {name: value for name, value in values.items() if value != getattr(start, name)}


def script(
    recipe: Recipe, config: Any, start: Any, *, heavy: bool = False, picture: str = ""
) -> str:
    """Return a Python script that makes the panel with its settings, and prints and draws them.

    Parameters
    ----------
    recipe : Recipe
    config, start : frozen dataclass
        The settings, and those that the call alone gives.
    heavy : bool, default False
        Whether the settings are computed in the background, so that the script must wait.
    picture : str, default ""
        File for the picture; "" for a panel without one.

    Examples
    --------
    >>> from routelab.ui import BudgetConfig
    >>> made = Recipe("ui.budget(traffic, plan)")
    >>> print(script(made, BudgetConfig(4.0, False), BudgetConfig(9.0)))
    import routelab as rl
    from routelab import ui
    <BLANKLINE>
    panel = ui.budget(traffic, plan)
    panel.update(daily_usd=4.0, fallbacks=False)
    print(panel.status.text)
    <BLANKLINE>
    """
    plain = (*(["from pathlib import Path"] if picture else []), *recipe.imports)
    head = sorted({*plain, "import routelab as rl", "from routelab import ui"}, key=_import_order)
    body = [*recipe.lines, f"panel = {recipe.call}"]
    if any("data_dir()" in line for line in body):
        head.append("from routelab.datasets import data_dir")
    changes = changed_fields(config, start)
    if changes:
        body.append(f"panel.update({arguments(changes)})")
    if heavy:
        body.append("panel.wait()")
    body.append("print(panel.status.text)")
    if picture:
        body.append(f"Path({picture!r}).write_bytes(panel.still())")
    return "\n".join([*head, "", *body, ""])


def arguments(values: Mapping[str, Any]) -> str:
    r"""Return keyword arguments as code; texts are literals, whatever they hold.

    Examples
    --------
    >>> arguments({"router": 'a"b', "share": 0.5})
    'router=\'a"b\', share=0.5'
    """
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def file_line(name: str, call: str, path: str | None, what: str, key: str = "") -> str:
    """Return the line that reads `name` from a file; without one, a line that says so.

    Parameters
    ----------
    name : str
        Variable.
    call : str
        With ``{}`` where the path goes.
    path : str or None
        None when the panel was given an object and not told its file.
    what : str
        What to put there, for the comment.
    key : str, optional
        Its name in `files`; by default that of the variable.

    Examples
    --------
    >>> file_line("plan", "rl.Plan.from_yaml({})", "plan.yaml", "the plan")
    "plan = rl.Plan.from_yaml('plan.yaml')"
    >>> print(file_line("plan", "rl.Plan.from_yaml({})", None, "the plan"))
    # The panel was not told the file of the plan: put its path here, or give files={'plan': PATH}.
    plan = rl.Plan.from_yaml('PATH OF PLAN')
    """
    if path is not None:
        return f"{name} = {call.format(file_code(path))}"
    told = (
        f"# The panel was not told the file of {what}: put its path here, "
        f"or give files={{{(key or name)!r}: PATH}}."
    )
    return f"{told}\n{name} = {call.format(repr(f'PATH OF {name.upper()}'))}"


def file_code(path: str) -> str:
    """Return the code of a path; a bundled file is found on every machine.

    Examples
    --------
    >>> file_code("mine.csv"), file_code("bundled:plan.yaml")
    ("'mine.csv'", "data_dir() / 'plan.yaml'")
    """
    found, bundled = resolve_bundled(path).absolute(), data_dir().absolute()
    if not found.is_relative_to(bundled):
        return repr(path)
    return f"data_dir() / {found.relative_to(bundled).as_posix()!r}"


def _import_order(line: str) -> tuple[bool, bool, str]:
    """Sort as ruff does: the standard library first, plain imports before `from`."""
    ours = "routelab" in line or "pandas" in line or "numpy" in line
    return ours, line.startswith("from") and ours, line
