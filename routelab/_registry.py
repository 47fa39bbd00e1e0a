"""Names to objects: the one mechanism behind readers, routers, export targets and panels."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from routelab._checks import InputError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """A table of named things that fills itself by importing one package.

    Parameters
    ----------
    kind : str
        What the entries are, for error messages ("router kind", "log format").
    package : str, optional
        Dotted name of the package whose modules register entries when imported. They are
        imported at the first look-up, so that ``import routelab`` stays light.

    Examples
    --------
    >>> shapes = Registry("shape")
    >>> @shapes.register("dot")
    ... def dot(): return "."
    >>> shapes["dot"]()
    '.'
    """

    def __init__(self, kind: str, package: str | None = None):
        self.kind = kind
        self._package = package
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that stores its argument under `name`."""

        def keep(entry: T) -> T:
            known = self._entries.get(name, entry)
            if known is not entry:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._entries[name] = entry
            return entry

        return keep

    def _load(self) -> None:
        if self._package is None:
            return
        package, self._package = importlib.import_module(self._package), None
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)

    def names(self) -> list[str]:
        """All names, sorted."""
        self._load()
        return sorted(self._entries)

    def __getitem__(self, name: str) -> T:
        self._load()
        try:
            return self._entries[name]
        except KeyError:
            raise InputError(
                f"unknown {self.kind} {name!r}{did_you_mean(name, self._entries)}; "
                f"known: {', '.join(sorted(self._entries))}"
            ) from None

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
