"""YAML that is read safely and remembers where each value stood."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from routelab._checks import InputError, existing_file


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its `data`, and the place of every node in `path`."""

    path: str
    data: Any
    _places: dict[tuple[Any, ...], tuple[int, int]]

    def where(self, location: Sequence[Any]) -> str:
        """Return ``file:line:column`` of the nearest node on the way to `location`."""
        keys = tuple(location)
        while keys not in self._places and keys:
            keys = keys[:-1]
        line, column = self._places.get(keys, (1, 1))
        return f"{self.path}:{line}:{column}"


def parse_yaml(text: str, path: str = "<yaml>") -> Document:
    """Parse `text` with the safe loader; syntax errors and repeated keys name their place."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise InputError(f"{place}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from error
    places: dict[tuple[Any, ...], tuple[int, int]] = {}
    if node is not None:
        _record(node, (), places, path)
    return Document(path, data, places)


def read_yaml(path: str | os.PathLike[str], what: str = "file") -> Document:
    """Read a YAML file; see :func:`parse_yaml`."""
    found = existing_file(path, what)
    try:
        text = found.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{found}: not UTF-8 text (byte {error.start})") from error
    return parse_yaml(text, str(found))


def _record(node: yaml.Node, keys: tuple[Any, ...], places: dict, path: str) -> None:
    places[keys] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _record(child, (*keys, index), places, path)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            inner = (*keys, key.value)
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if inner in places and key.value != "<<":
                raise InputError(f"{path}:{line}:{column}: the key {key.value!r} stands twice")
            _record(child, inner, places, path)
            places[inner] = (line, column)
