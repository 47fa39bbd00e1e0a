"""Policies: a plan with the values of one point of a grid, under an id that stays the same."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from routelab._checks import InputError
from routelab.datasets import resolve_bundled
from routelab.plan import Plan, RouterSpec
from routelab.sweeps._fields import field_path, with_values
from routelab.sweeps.grid import Dimension, Grid, grid_from_mapping

MAX_POLICIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """One point of a grid.

    Attributes
    ----------
    id : str
        Twelve hex digits of the SHA-256 of the base plan and the values.
    plan : Plan or None
        None when the values do not fit together; then `error` says why.
    values : dict
        Dotted field to value.
    error : str or None
    """

    id: str
    plan: Plan | None
    values: Mapping[str, Any]
    error: str | None = None

    def __str__(self) -> str:
        told = ", ".join(f"{field}={as_text(value)}" for field, value in self.values.items())
        return f"{self.id} ({told or 'the plan as it is'})"


def as_text(value: Any) -> str:
    """Return a value as canonical JSON text; plain text as it is.

    Examples
    --------
    >>> as_text(["mid", "cheap"]), as_text("mid"), as_text(0.5)
    ('["mid", "cheap"]', 'mid', '0.5')
    """
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def short_hash(*parts: Any) -> str:
    """Return twelve hex digits of the SHA-256 of plain data.

    Examples
    --------
    >>> short_hash({"a": 1, "b": 2}) == short_hash({"b": 2, "a": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plan_hash(plan: Plan) -> str:
    """Return a hash of everything in a plan, the content of its router's files included."""
    data = plan.replace(router=None).to_mapping()
    return short_hash(data, None if plan.router is None else router_facts(plan.router))


def router_facts(router: RouterSpec) -> dict[str, Any]:
    """Return what decides how a router routes: its recipe, its files' content, or its state."""
    facts = router.model_dump(mode="json")
    for name in ("labels", "file"):
        value = facts[name]
        if value is not None:
            path = Path(resolve_bundled(value))
            facts[name] = _content(path) if path.exists() else value
    if router.labels is None and router.file is None and router.fitted is not None:
        import joblib

        facts["fitted"] = joblib.hash(router.fitted)
    return facts


def _content(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def policies(
    plan: Plan, grid: Grid | Mapping[str, Any], n: int | None = None, seed: int | None = None
) -> list[Policy]:
    """Return the policies of a grid around a plan.

    Parameters
    ----------
    plan : Plan
        Supplies every field that the grid does not name.
    grid : Grid or mapping
        See :func:`routelab.sweeps.grid_from_yaml`.
    n : int, optional
        Draw this many different policies at random instead of taking every combination; default:
        what the grid says. A grid with ranges needs it.
    seed : int, optional
        Of the draw; default: what the grid says, else 0.

    Returns
    -------
    list of Policy
        In the order of the grid, the last field running fastest. A combination whose values do
        not fit together has an `error` instead of a plan.

    Raises
    ------
    InputError
        An unknown field or a value that cannot stand there, with its place; a range without `n`;
        no combination fits.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> found = policies(plan, {"retries.num_retries": [0, 1], "timeout_s": [10, 30]})
    >>> [policy.plan.timeout_s for policy in found]
    [10.0, 30.0, 10.0, 30.0]
    """
    grid = grid if isinstance(grid, Grid) else grid_from_mapping(grid)
    n = grid.n if n is None else n
    if n is not None and n < 1:
        raise InputError(f"n must be at least 1, got {n}")
    for dimension in grid.dimensions:
        _check(plan, dimension)
    base = plan_hash(plan)
    points = _points(grid, n, grid.seed if seed is None else seed)
    found = [_policy(plan, base, values) for values in points]
    if all(policy.plan is None for policy in found):
        raise InputError(f"no policy of the grid fits the plan: {found[0]}: {found[0].error}")
    return found


def base_policy(plan: Plan) -> Policy:
    """Return the policy that changes nothing.

    Examples
    --------
    >>> str(base_policy(Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")))[13:]
    '(the plan as it is)'
    """
    return Policy(short_hash(plan_hash(plan), {}), plan, {})


def _check(plan: Plan, dimension: Dimension) -> None:
    """Try every listed value (of a range: both ends) alone; what only a combination tells waits."""
    try:
        path = field_path(plan, dimension.field)
    except InputError as error:
        raise InputError(f"{dimension.where}: {error}") from None
    for value, place in zip(dimension.values, dimension.places, strict=True):
        try:
            with_values(plan, {dimension.field: value})
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        except ValidationError as error:
            told = _own_error(error, path)
            if told:
                raise InputError(f"{place}: {told}") from None


def _own_error(error: ValidationError, path: tuple[str | int, ...]) -> str | None:
    """Return the message of the first error at or below a field, None when there is none."""
    for item in error.errors():
        location, message = _place_of(item)
        if location[: len(path)] == tuple(map(str, path)):
            return f"{'.'.join(location)}: {message}"
    return None


def _place_of(item: Any) -> tuple[tuple[str, ...], str]:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:  # a check over the whole plan: its text starts with the place
        place, colon, told = message.partition(": ")
        return (tuple(place.split(".")), told) if colon else ((), message)
    if isinstance(item.get("input"), (str, int, float, bool)) and "got " not in message:
        message += f", got {item['input']!r}"
    return tuple(map(str, item["loc"])), message


def _points(grid: Grid, n: int | None, seed: int) -> list[dict[str, Any]]:
    names = [d.field for d in grid.dimensions]
    size = grid.size
    if n is None:
        endless = next((d for d in grid.dimensions if not d.is_list), None)
        if endless is not None:
            raise InputError(
                f"{endless.where}: {endless.field} is a range, so n is needed: "
                "how many policies to draw"
            )
        if size is not None and size > MAX_POLICIES:
            raise InputError(f"the grid has {size:,} combinations: draw some of them with n")
        combined = itertools.product(*(d.values for d in grid.dimensions))
        return [dict(zip(names, values, strict=True)) for values in combined]
    rng = np.random.default_rng(seed)
    if size is not None and size <= MAX_POLICIES:
        drawn = np.sort(rng.permutation(size)[:n])
        return [_numbered(grid, int(number)) for number in drawn]
    return _drawn(grid, n, rng)


def _numbered(grid: Grid, number: int) -> dict[str, Any]:
    """Return one combination by its number, the last field running fastest."""
    values: dict[str, Any] = {}
    for dimension in reversed(grid.dimensions):
        number, index = divmod(number, len(dimension.values))
        values[dimension.field] = dimension.values[index]
    return {d.field: values[d.field] for d in grid.dimensions}


def _drawn(grid: Grid, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    points: dict[str, dict[str, Any]] = {}
    for _ in range(20 * n):
        values = {d.field: d.draw(rng) for d in grid.dimensions}
        points.setdefault(short_hash(values), values)
        if len(points) == n:
            return list(points.values())
    raise InputError(
        f"the grid gave only {len(points)} different policies in {20 * n} draws, n is {n}"
    )


def _policy(plan: Plan, base: str, values: dict[str, Any]) -> Policy:
    identity = short_hash(base, values)
    try:
        return Policy(identity, with_values(plan, values), values)
    except ValidationError as error:
        location, message = _place_of(error.errors()[0])
        return Policy(identity, None, values, f"{'.'.join(location)}: {message}")
