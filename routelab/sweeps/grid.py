"""The grid: which fields of a plan vary, and over which values."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab._checks import InputError, did_you_mean
from routelab._yaml import Document, read_yaml

KINDS = ("choice", "uniform", "loguniform", "int")
_RESERVED = ("n", "seed")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One field and its values: a list of `values`, or a range `low` to `high` to draw from.

    `where` and `places` say where the field and each value stand, for error messages.
    """

    field: str
    kind: str
    values: tuple[Any, ...]
    where: str
    places: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """True when the values can be counted out."""
        return self.kind == "choice"

    def draw(self, rng: np.random.Generator) -> Any:
        """Return one value at random."""
        if self.is_list:
            return self.values[int(rng.integers(len(self.values)))]
        low, high = self.values
        if self.kind == "int":
            return int(rng.integers(low, high, endpoint=True))
        if self.kind == "loguniform":
            drawn = math.exp(rng.uniform(math.log(low), math.log(high)))
            return min(max(drawn, low), high)
        return float(rng.uniform(low, high))


@dataclass(frozen=True, slots=True)
class Grid:
    """Dimensions of a sweep, and for random search how many policies to draw.

    Parameters
    ----------
    dimensions : tuple of Dimension
    n : int, optional
        Policies to draw at random; without it, every combination.
    seed : int
        Of these draws (not of the replay).
    """

    dimensions: tuple[Dimension, ...]
    n: int | None = None
    seed: int = 0

    @property
    def size(self) -> int | None:
        """Number of combinations; None when a range makes it endless."""
        if not all(d.is_list for d in self.dimensions):
            return None
        return math.prod(len(d.values) for d in self.dimensions)


def grid_from_yaml(path: str | os.PathLike[str]) -> Grid:
    r"""Read a grid.

    Parameters
    ----------
    path : str or path
        A mapping of dotted plan fields to lists of values, or to ``{uniform: [low, high]}``,
        ``{loguniform: [low, high]}``, ``{int: [low, high]}`` (both ends included) or
        ``{choice: [...]}``. The keys ``n`` and ``seed`` ask for `n` random policies.

    Raises
    ------
    InputError
        With ``file:line:column`` of what is wrong.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "grid.yaml")
    >>> _ = path.write_text("retries.num_retries: [0, 1, 2]\ntimeout_s: [10, 30]\n")
    >>> grid_from_yaml(path).size
    6
    """
    return _parse(read_yaml(path, "grid"))


def grid_from_mapping(fields: Mapping[str, Any]) -> Grid:
    """Return the grid of a mapping, as :func:`grid_from_yaml` reads it from a file.

    Examples
    --------
    >>> grid_from_mapping({"timeout_s": {"uniform": [5, 60]}, "n": 20}).n
    20
    """
    return _parse(Document("grid", dict(fields), {}))


def _parse(document: Document) -> Grid:
    data = document.data
    if not isinstance(data, dict) or not set(data) - set(_RESERVED):
        raise InputError(
            f"{document.path}: a grid maps plan fields to lists of values, "
            "such as cooldown.seconds: [5, 30]"
        )
    settings = {name: _whole(document, name) for name in _RESERVED if name in data}
    if settings.get("n") == 0:
        raise InputError(f"{_where(document, 'n')}: n must be at least 1, got 0")
    fields = [(field, entry) for field, entry in data.items() if field not in _RESERVED]
    return Grid(tuple(_dimension(document, f, e) for f, e in fields), **settings)


def _where(document: Document, *location: Any) -> str:
    """Return the place in the file; for a mapping from Python, its name and the field."""
    if location[:1] and (location[0],) in document._places:
        return document.where(location)
    return f"{document.path}: {location[0]}" if location else document.path


def _whole(document: Document, name: str) -> int:
    value = document.data[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(
            f"{_where(document, name)}: {name} must be a whole number >= 0, got {value!r}"
        )
    return value


def _dimension(document: Document, field: Any, entry: Any) -> Dimension:
    where = _where(document, field)
    if not isinstance(field, str):
        raise InputError(f"{where}: the name of a plan field must be text, got {field!r}")
    if isinstance(entry, dict):
        return _ranged(document, field, entry)
    if not isinstance(entry, list):
        raise InputError(
            f"{where}: {field} needs a list of values, or one of "
            f"{', '.join(f'{{{k}: [...]}}' for k in KINDS)}, got {entry!r}"
        )
    return _listed(document, field, entry, (field,))


def _listed(
    document: Document, field: str, values: list[Any], location: tuple[Any, ...]
) -> Dimension:
    if not values:
        raise InputError(f"{_where(document, field)}: {field} has no values")
    places = tuple(_where(document, *location, i) for i in range(len(values)))
    for number, value in enumerate(values):
        if any(_same(value, earlier) for earlier in values[:number]):
            raise InputError(f"{places[number]}: {field} lists {value!r} twice")
    return Dimension(field, "choice", tuple(values), _where(document, field), places)


def _same(a: Any, b: Any) -> bool:
    """Return whether two values are equal; 1 and True are not."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _ranged(document: Document, field: str, entry: dict[Any, Any]) -> Dimension:
    where = _where(document, field)
    if len(entry) != 1 or next(iter(entry)) not in KINDS:
        odd = str(next((k for k in entry if k not in KINDS), list(entry)))
        raise InputError(
            f"{where}: {field} takes one of {', '.join(KINDS)}, got {odd!r}"
            f"{did_you_mean(odd, KINDS)}"
        )
    ((kind, values),) = entry.items()
    if kind == "choice":
        if not isinstance(values, list):
            raise InputError(f"{where}: {field}: choice needs a list of values, got {values!r}")
        return _listed(document, field, values, (field, kind))
    if not (isinstance(values, list) and len(values) == 2 and all(map(_is_number, values))):
        raise InputError(f"{where}: {field}: {kind} needs [low, high], two numbers, got {values!r}")
    low, high = values
    if kind == "int" and not all(isinstance(v, int) for v in values):
        raise InputError(f"{where}: {field}: int needs whole numbers, got {values!r}")
    if not low < high:
        raise InputError(f"{where}: {field}: {kind} needs low < high, got {values!r}")
    if kind == "loguniform" and low <= 0:
        raise InputError(f"{where}: {field}: loguniform needs low > 0, got {low!r}")
    return Dimension(field, kind, (low, high), where, (where, where))


def _is_number(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value)
