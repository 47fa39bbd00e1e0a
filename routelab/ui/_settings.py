"""Settings of panels as plain data: what may stand in a file, and how it is checked."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from routelab._checks import InputError, did_you_mean
from routelab._registry import Registry
from routelab.privacy import redact

#: Panel to the frozen dataclass of its settings.
SETTINGS: Registry[type] = Registry("panel")

_PRIVATE = "routelab_private"


def private(default: Any = dataclasses.MISSING) -> Any:
    """Return a dataclass field that is never written to a file: a prompt, what somebody typed.

    Parameters
    ----------
    default : optional

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Config:
    ...     size: int = 3
    ...     prompt: str = private("")
    >>> to_mapping(Config(prompt="my address is ..."))
    {'size': 3}
    """
    return dataclasses.field(default=default, metadata={_PRIVATE: True})


def kept_fields(kind: type) -> dict[str, Any]:
    """Return the fields of a configuration that may stand in a file, with their types."""
    hints = _hints(kind)
    fields = dataclasses.fields(kind)
    return {f.name: hints[f.name] for f in fields if not f.metadata.get(_PRIVATE)}


def to_mapping(config: Any) -> dict[str, Any]:
    """Return a configuration as plain data, without its private fields.

    Raises
    ------
    InputError
        A value looks like a secret or like somebody's address.
    """
    values = {name: _plain(getattr(config, name)) for name in kept_fields(type(config))}
    for name, value in values.items():
        _refuse_secrets(value, f"{type(config).__name__}.{name}")
    return values


def from_mapping(
    kind: type, data: Any, where: Callable[[str | None], str] = lambda key: "settings"
) -> dict[str, Any]:
    """Check plain data against a configuration, and return its values by field.

    Parameters
    ----------
    kind : type
        Frozen dataclass.
    data : mapping
        Not every field must be there.
    where : callable, optional
        Key to its place for errors, such as ``session.yaml:3:5``; None asks for the whole.

    Raises
    ------
    InputError
        No mapping, a key that is no field or is private, or a value of another type.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Config:
    ...     routers: tuple[str, ...] = ()
    >>> from_mapping(Config, {"routers": ["knn"]})
    {'routers': ('knn',)}
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where(None)}: settings are a mapping, got {type(data).__name__}")
    hints = kept_fields(kind)
    values = {}
    for key, value in data.items():
        if key not in hints:
            near = did_you_mean(str(key), hints)
            allowed = ", ".join(hints) or "none"
            raise InputError(
                f"{where(key)}: there is no setting {key!r}{near}; there are: {allowed}"
            )
        _refuse_secrets(value, f"{where(key)}: {key}")
        try:
            values[key] = _adapter(hints[key]).validate_python(_hashable(value))
        except ValidationError as error:
            told = error.errors()[0]["msg"]
            raise InputError(f"{where(key)}: {key}: {told}, got {value!r}") from None
    return values


@cache  # they are texts, which are evaluated
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache  # making one takes as long as a touch's arithmetic
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint, config=ConfigDict(strict=True, arbitrary_types_allowed=False))


def _plain(value: Any) -> Any:
    """Return tuples as lists and numpy's numbers as Python's, as YAML knows them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    raise InputError(f"{value!r} of type {type(value).__name__} cannot stand in a settings file")


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _refuse_secrets(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and not inner.startswith("os.environ/"):
                _refuse_secrets(f"{key}={inner}", where)
            else:
                _refuse_secrets(inner, where)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_secrets(inner, where)
    elif isinstance(value, str) and redact(value) != value:
        raise InputError(
            f"{where} looks like a secret or an address, which no settings file may hold; name an "
            "environment variable instead (os.environ/NAME)"
        )
