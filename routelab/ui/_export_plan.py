"""A plan as text that is edited, and back: the place of what is wrong, the router as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from routelab._checks import InputError
from routelab._yaml import YamlError, parse_yaml
from routelab.catalog import Catalog
from routelab.plan import Plan, RouterSpec, describe_validation

LONGEST = 500_000  # characters; a plan has some thousands
_NAME = "plan"
_PLACED = re.compile(rf"{_NAME}:(\d+):(\d+): (.*)", re.DOTALL)
_LOCAL_ENCODERS = ("tfidf", "hashing")
_IDENTITY = ("kind", "encoder", "params", "labels", "label", "file")


class PlanError(InputError):
    """A plan's text that cannot be used: `problem`, at `line` and `column` from 1."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line = line
        self.column = column
        self.problem = problem


def plan_text(plan: Plan) -> str:
    """Return a plan as YAML for an editor.

    Prices stand as ``catalog: bundled`` where they are the bundled ones: another model of the
    catalog can then be named by its name alone.

    Examples
    --------
    >>> print(plan_text(Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")))
    version: 1
    name: plan
    models:
      cheap:
      - {id: cheap/gpt-4o-mini, model: gpt-4o-mini}
    default: cheap
    catalog: bundled
    <BLANKLINE>
    """
    data = {"version": plan.version, "name": plan.name, **plan.to_mapping()}
    catalog = data.pop("catalog")
    bundled = Catalog.bundled()
    known = all(name in bundled.names for name in plan.catalog.names)
    same = known and bundled.select(list(plan.catalog.names)).to_mapping() == catalog
    data["catalog"] = "bundled" if same else catalog
    return yaml.safe_dump(
        data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=96
    )


def router_key(spec: RouterSpec) -> str:
    """Return what two routers have in common that are the same router."""
    return json.dumps([getattr(spec, name) for name in _IDENTITY], sort_keys=True, default=str)


def read_plan(text: str, fitted: Mapping[str, Any]) -> Plan:
    """Return the plan of an edited text; a router that is known stays as it is fitted.

    Parameters
    ----------
    text : str
        YAML, read by the safe loader. It names no file but bundled ones: who edits a plan in a
        shared page is not meant to read the files of its machine.
    fitted : mapping of str to estimator or None
        Known routers by their `router_key`; None for one that is to be trained.

    Raises
    ------
    PlanError
        It is no plan, or its router or its prices cannot be taken from a text.
    """
    if len(text) > LONGEST:
        raise PlanError(
            1, 1, f"a plan of at most {LONGEST:,} characters is read, got {len(text):,}"
        )
    try:
        document = parse_yaml(text, _NAME)
    except YamlError as error:
        raise PlanError(error.line, error.column, error.problem) from None
    data = document.data
    if not isinstance(data, dict):
        raise PlanError(1, 1, "a plan is a mapping with 'models' and 'default'")
    if data.get("catalog", "bundled") != "bundled" and not isinstance(data["catalog"], dict):
        told = (
            "write 'bundled' or the prices themselves; a file of prices is read by Plan.from_yaml"
        )
        raise PlanError(*document.place(("catalog",)), told)
    router = data.get("router")
    if router is not None:
        data = {**data, "router": _router(router, fitted, document.place(("router",)))}
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        found = _PLACED.fullmatch(describe_validation(error, document))
        assert found is not None  # it begins with the document's name and the place
        line, column, problem = found.groups()
        raise PlanError(int(line), int(column), problem) from None


def _router(data: Any, fitted: Mapping[str, Any], place: tuple[int, int]) -> RouterSpec:
    """Return the router of a text: the known one, else one that bundled labels can train."""
    try:
        if isinstance(data, dict) and "fitted" in data:  # an estimator, which no text can be
            raise PlanError(*place, "router.fitted: there is no such field in a plan")
        spec = RouterSpec.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("router", *first["loc"])))
        raise PlanError(*place, f"{where}: {first['msg']}") from None
    key = router_key(spec)
    if key in fitted:
        return spec.model_copy(update={"fitted": fitted[key]})
    reason = _why_not(spec)
    if reason:
        raise PlanError(
            *place, f"router: {reason}; the router of this panel can stay or go, or be trained "
            "here from 'bundled:' labels: for another one, make the panel of another plan",
        )  # fmt: skip
    return spec


def _why_not(spec: RouterSpec) -> str:
    """Return why a router cannot be trained from a text, "" if it can."""
    from routelab.routers import ROUTERS

    names = [value for value in spec.params.values() if not isinstance(value, (int, float, bool))]
    if spec.kind not in ROUTERS:
        return f"there is no router kind {spec.kind!r}"
    if spec.file is not None:
        return "a fitted file is not loaded because a text names it"
    if spec.labels is None:
        return "there is nothing to train it on"
    if not spec.labels.startswith("bundled:"):
        return f"the label file {spec.labels!r} is not read because a text names it"
    if spec.encoder not in _LOCAL_ENCODERS:
        return f"the encoder {spec.encoder!r} may load a model or ask a service"
    if not all(isinstance(name, str) and name.isidentifier() for name in names):
        return "parameters here are numbers or single words: others may name a file"
    return ""
