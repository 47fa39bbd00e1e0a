"""YAML that is read safely and remembers where each value stood."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from routelab._checks import InputError, existing_file

MAX_DEPTH = 100
MAX_VALUES = 1_000_000
# The loader of libyaml is ten times as fast; PyYAML may be built without it.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(InputError):
    """A document that cannot be used; `line` and `column` count from 1.

    `repeated` tells a key that stands twice from everything else.
    """

    def __init__(
        self, path: str, line: int, column: int, problem: str, *, repeated: bool = False
    ) -> None:
        super().__init__(f"{path}:{line}:{column}: {problem}")
        self.line = line
        self.column = column
        self.problem = problem
        self.repeated = repeated


class _Loader(_Base):
    """The safe loader, whose every failure has a place."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            # A date such as 2024-99-99 or "!!int x"; the value is not repeated, it may be secret.
            kind = node.tag.rpartition(":")[2]
            problem = f"the value cannot be read as {kind}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its `data`, and the place of every node in `path`."""

    path: str
    data: Any
    _places: dict[tuple[Any, ...], tuple[int, int]]
    _spelled: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def place(self, location: Sequence[Any]) -> tuple[int, int]:
        """Return line and column of the nearest node on the way to `location`.

        A key that YAML does not read as text is found by its value (True) and by its spelling
        in the file ("on").
        """
        keys: tuple[Any, ...] = ()
        for part in location:
            inner = (*keys, part)
            if inner not in self._places:
                inner = (*keys, self._spelled.get(inner, part))
            if inner not in self._places:
                break
            keys = inner
        return self._places.get(keys, (1, 1))

    def where(self, location: Sequence[Any]) -> str:
        """Return ``file:line:column`` of the nearest node on the way to `location`."""
        line, column = self.place(location)
        return f"{self.path}:{line}:{column}"


def parse_yaml(text: str, path: str = "<yaml>") -> Document:
    r"""Parse `text` with the safe loader; what is wrong with it names its place.

    Raises
    ------
    YamlError
        A syntax error, a key that stands twice, nesting deeper than 100 levels, an alias inside
        what it names, or aliases that expand to more than a million values.

    Examples
    --------
    >>> parse_yaml("a:\n  b: 1\n").where(("a", "b"))
    '<yaml>:2:3'
    """
    try:
        _check_depth(text, path)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            index = _Index(path, loader)
            data = None
            if node is not None:
                _check_size(node, path, {})
                index.record(node, ())
                data = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ": ".join(part for part in (error.context, error.problem) if part)
        if mark and text.splitlines()[mark.line : mark.line + 1]:
            said += _tab(text.splitlines()[mark.line], mark.column)
        problem = f"not valid YAML: {said}"
        raise YamlError(path, line, column, problem) from error
    except yaml.reader.ReaderError as error:
        line, column = _line_column(text, error.position)
        problem = f"not valid YAML: the character U+{_code(error.character):04X} is not allowed"
        raise YamlError(path, line, column, problem) from error
    return Document(path, data, index.places, index.spelled)


def read_yaml(path: str | os.PathLike[str], what: str = "file") -> Document:
    """Read a YAML file; see :func:`parse_yaml`."""
    found = existing_file(path, what)
    raw = found.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _line_column(raw[: error.start].decode("utf-8"), error.start)
        problem = f"not UTF-8 text (byte {error.start})"
        raise YamlError(str(found), line, column, problem) from error
    return parse_yaml(text, str(found))


def _code(character: int | str) -> int:
    return character if isinstance(character, int) else ord(character)


def _line_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _tab(line: str, column: int) -> str:
    return "; indent with spaces, not with a tab" if "\t" in line[: column + 1] else ""


def _check_depth(text: str, path: str) -> None:
    """Refuse deep nesting before anything recursive sees it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            mark: Any = event.start_mark
            problem = f"nested deeper than {MAX_DEPTH} levels"
            raise YamlError(path, mark.line + 1, mark.column + 1, problem)


def _check_size(
    node: yaml.Node, path: str, known: dict[int, tuple[int, int] | None]
) -> tuple[int, int]:
    """Return how many values a node holds and how deep, with aliases written out.

    An alias is the node that it names, so a few lines can stand for 10^9 values; each node is
    looked at once. A node that is met again before it is finished holds itself.
    """
    size, depth = 1, 1
    known[id(node)] = None
    for child in _children(node):
        seen = known.get(id(child), (0, 0))
        if seen is None:
            problem = "an alias stands inside what it names"
            raise YamlError(path, child.start_mark.line + 1, child.start_mark.column + 1, problem)
        inside, below = seen if seen[0] else _check_size(child, path, known)
        size, depth = size + inside, max(depth, below + 1)
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if size > MAX_VALUES:
        raise YamlError(path, line, column, f"aliases expand to more than {MAX_VALUES:,} values")
    if depth > MAX_DEPTH:
        raise YamlError(path, line, column, f"nested deeper than {MAX_DEPTH} levels by aliases")
    known[id(node)] = (size, depth)
    return size, depth


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return []


class _Index:
    """Walks over nodes and keeps the place of each path of keys."""

    def __init__(self, path: str, loader: Any) -> None:
        self.path = path
        self.loader = loader
        self.places: dict[tuple[Any, ...], tuple[int, int]] = {}
        self.spelled: dict[tuple[Any, ...], Any] = {}

    def record(self, node: yaml.Node, keys: tuple[Any, ...]) -> None:
        self.places.setdefault(keys, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.SequenceNode):
            for number, child in enumerate(node.value):
                self.record(child, (*keys, number))
        elif isinstance(node, yaml.MappingNode):
            self._record_mapping(node, keys)

    def _record_mapping(self, node: yaml.MappingNode, keys: tuple[Any, ...]) -> None:
        own: set[Any] = set()
        merged: list[yaml.Node] = []
        for key, child in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if not isinstance(key, yaml.ScalarNode):
                problem = "not valid YAML: a key must be a single value"
                raise YamlError(self.path, line, column, problem)
            if key.tag == "tag:yaml.org,2002:merge":
                merged.append(child)
                continue
            value = self.loader.construct_object(key)
            if value in own:
                problem = f"the key {key.value!r} stands twice"
                raise YamlError(self.path, line, column, problem, repeated=True)
            own.add(value)
            inner = (*keys, value)
            self.spelled.setdefault((*keys, key.value), value)
            if inner not in self.places:  # else the mapping that merges this one has its own
                self.places[inner] = (line, column)
                self.record(child, inner)
        for source in merged:
            for part in source.value if isinstance(source, yaml.SequenceNode) else [source]:
                if isinstance(part, yaml.MappingNode):
                    self._record_mapping(part, keys)
