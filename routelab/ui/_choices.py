"""What a session holds: the chosen router, the plan, the settings of each panel; and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from routelab._checks import InputError, atomic_file, did_you_mean
from routelab._plan_parts import RouterSpec
from routelab._yaml import Document, read_yaml
from routelab.plan import Plan
from routelab.ui._files import found_plan, kept_plan
from routelab.ui._settings import SETTINGS, from_mapping, to_mapping

VERSION = 1
_SECTIONS = ("version", "router", "plan", "panels")


@dataclass(frozen=True, slots=True)
class RouterChoice:
    """The router that was chosen.

    Attributes
    ----------
    kind : str
        See :func:`routelab.make_router`.
    encoder : str
    params : dict of str to value
    threshold : float or None
        Below which the router abstains; None leaves the kind's own.
    labels, label : str or None
        The file that it is trained on, and its column.
    """

    kind: str
    encoder: str = "tfidf"
    params: dict[str, Any] = field(default_factory=dict)
    threshold: float | None = None
    labels: str | None = None
    label: str | None = None

    def spec(self) -> dict[str, Any]:
        """Return the choice as the field `router` of a plan.

        Examples
        --------
        >>> RouterChoice("centroid", threshold=0.3).spec()
        {'kind': 'centroid', 'encoder': 'tfidf', 'params': {'threshold': 0.3}}
        """
        threshold = {} if self.threshold is None else {"threshold": self.threshold}
        spec = {"kind": self.kind, "encoder": self.encoder, "params": {**self.params, **threshold}}
        files = {"labels": self.labels, "label": self.label}
        return spec | {name: value for name, value in files.items() if value is not None}

    def is_of(self, plan: Plan) -> bool:
        """Return whether the plan has this router."""
        spec, own = RouterSpec.model_validate(self.spec()), plan.router
        names = ("kind", "encoder", "params", "labels", "label")
        return own is not None and all(getattr(spec, n) == getattr(own, n) for n in names)

    def make(self) -> Any:
        """Return the router, not fitted."""
        from routelab.routers import make_router

        spec = self.spec()
        return make_router(spec["kind"], encoder=spec["encoder"], **spec["params"])


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """The plan at work: its name, and its file where it has one.

    `digest` changes with the plan's text, so that panels are told of a plan edited in its file.
    """

    name: str
    path: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Choices:
    """Everything that a session holds; `panels` maps a panel to its settings by field."""

    router: RouterChoice | None = None
    plan: PlanChoice | None = None
    panels: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def section(self, name: str) -> Any:
        """Return ``"router"``, ``"plan"``, or the settings of the panel of that name."""
        return getattr(self, name) if name in ("router", "plan") else self.panels.get(name)

    def sections(self) -> list[str]:
        """Return the names of all sections."""
        return ["router", "plan", *self.panels]

    def put(self, name: str, value: Any) -> Choices:
        """Return the same with another section."""
        if name == "router":
            return Choices(value, self.plan, self.panels)
        if name == "plan":
            return Choices(self.router, value, self.panels)
        return Choices(self.router, self.plan, {**self.panels, name: value})

    def over(self, path: Path) -> Choices:
        """Return these choices over those of a file, whose other sections stay."""
        found = read_choices(path) if path.is_file() else Choices()
        for name in self.sections():
            if self.section(name) is not None:
                found = found.put(name, self.section(name))
        return found


def read_choices(path: Path) -> Choices:
    """Read a session's file; a plan that lies beside it is found where the two were moved to.

    Raises
    ------
    InputError
        With ``file:line:column`` of what is wrong: no YAML, an unknown key, an unknown panel, a
        value of another type, what looks like a secret.
    """
    document = read_yaml(path, "session")
    data = document.data
    if data is None:
        return Choices()
    if not isinstance(data, dict):
        raise InputError(f"{document.path}: a session maps {', '.join(_SECTIONS)} to settings")
    for key in data:
        if key not in _SECTIONS:
            near = did_you_mean(str(key), _SECTIONS)
            told = f"there is no {key!r} in a session{near}; there are: {', '.join(_SECTIONS)}"
            raise InputError(f"{document.where((key,))}: {told}")
    if data.get("version", VERSION) != VERSION:
        where = document.where(("version",))
        raise InputError(f"{where}: version {VERSION} can be read, got {data['version']!r}")
    found = Choices(
        _choice(document, "router", RouterChoice, "kind"),
        _choice(document, "plan", PlanChoice, "name"),
        _panels(document),
    )
    return _with_plans(found, lambda text: found_plan(text, path.absolute().parent))


def write_choices(choices: Choices, path: Path) -> None:
    """Write a session's file at once or not at all; it can be moved with the plan beside it."""
    choices = _with_plans(choices, lambda text: kept_plan(text, path.absolute().parent))
    data: dict[str, Any] = {"version": VERSION}
    for name in ("router", "plan"):
        if choices.section(name) is not None:
            data[name] = {
                k: v for k, v in to_mapping(choices.section(name)).items() if v is not None
            }
    data["panels"] = {name: dict(values) for name, values in sorted(choices.panels.items())}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _with_plans(choices: Choices, change: Callable[[str], str]) -> Choices:
    """Return the same with other paths of plans: that of all panels, and the budget panel's own."""
    plan, budget = choices.plan, choices.panels.get("budget", {})
    if plan is not None and plan.path is not None:
        choices = choices.put("plan", replace(plan, path=change(plan.path)))
    if budget.get("plan"):
        choices = choices.put("budget", {**budget, "plan": change(budget["plan"])})
    return choices


def _choice(document: Document, name: str, kind: type, needed: str) -> Any:
    data = document.data.get(name)
    if data is None:
        return None
    values = from_mapping(kind, data, _place(document, name))
    if needed not in values:
        raise InputError(f"{document.where((name,))}: {name} needs {needed!r}")
    return kind(**values)


def _panels(document: Document) -> dict[str, dict[str, Any]]:
    panels = document.data.get("panels") or {}
    where = document.where(("panels",))
    if not isinstance(panels, dict):
        raise InputError(f"{where}: panels maps names to settings, got {type(panels).__name__}")
    checked = {}
    for name, settings in panels.items():
        if name not in SETTINGS:
            near = did_you_mean(str(name), SETTINGS)
            told = f"there is no panel {name!r}{near}; there are: {', '.join(SETTINGS)}"
            raise InputError(f"{document.where(('panels', name))}: {told}")
        checked[name] = from_mapping(SETTINGS[name], settings, _place(document, "panels", name))
    return checked


def _place(document: Document, *keys: str) -> Any:
    return lambda key: document.where(keys if key is None else (*keys, key))
