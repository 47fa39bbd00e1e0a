r"""JSON: one document, an array, several documents, or one per line (split on ``\n`` alone)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.reading.files import Rows
from routelab.reading.report import Reject

_SPACE = re.compile(r"[ \t\r\n]*")


def parse(name: str, data: bytes) -> Rows:
    """Read `data` as JSON; every object becomes a row, everything else a reject."""
    text = data.decode("utf-8", "surrogateescape")
    found = _Found(name)
    if _is_lines(text):
        _read_lines(text, found)
    else:
        _read_documents(text, found)
    if not found.records and not found.rejects:
        raise InputError(f"{name}: no JSON objects in the file")

    def raw(row: int) -> str:
        start, end = found.spans[row]
        return text[start:end]

    lines = np.array(found.lines, dtype=np.int64)
    return Rows(name, "json", lines, raw, records=found.records, rejects=found.rejects)


class _Found:
    """What has been read so far."""

    def __init__(self, name: str):
        self.name = name
        self.records: list[dict[str, Any]] = []
        self.lines: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.rejects: list[Reject] = []

    def add(self, value: Any, line: int, span: tuple[int, int], text: str) -> None:
        """Keep an object; an array of objects on one line gives several rows."""
        if isinstance(value, dict):
            self.records.append(value)
            self.lines.append(line)
            self.spans.append(span)
        else:
            kind = type(value).__name__
            self.reject(line, f"a JSON object was expected, got {kind}", text[span[0] : span[1]])

    def reject(self, line: int, reason: str, raw: str) -> None:
        self.rejects.append(Reject(self.name, line, reason, raw))


def _is_lines(text: str) -> bool:
    """Tell JSON lines from a document that spans lines, by the first lines that are not blank."""
    lines = _first_lines(text)
    for number, line in enumerate(lines):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            if number == 0 and (line.startswith("[") or line == "{"):
                return False
        else:
            if number == 0 or isinstance(value, dict):
                return True
    return not lines[0].startswith("{")


def _first_lines(text: str, count: int = 5) -> list[str]:
    lines: list[str] = []
    start = 0
    while start < len(text) and len(lines) < count:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip()
        if line:
            lines.append(line)
        start = end + 1
    return lines


def _read_lines(text: str, found: _Found) -> None:
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        end = start + len(line)
        if not line.isspace() and line:
            span = (start, end - line.endswith("\r"))
            try:
                line.encode()
                value = json.loads(line)
            except UnicodeEncodeError:
                found.reject(number, "not UTF-8 text", text[slice(*span)])
            except (ValueError, RecursionError) as error:
                found.reject(number, _why(error), text[slice(*span)])
            else:
                for item in value if isinstance(value, list) else [value]:
                    found.add(item, number, span, text)
        start = end + 1


def _read_documents(text: str, found: _Found) -> None:
    """Read values one after the other, going into arrays, so that each keeps its place."""
    decoder = json.JSONDecoder()
    position, line, counted = 0, 1, 0
    in_array = False
    while True:
        position = _skip(text, position)
        if position >= len(text):
            if in_array:
                found.reject(line, "the file ends inside a JSON array", "")
            return
        if not in_array and text[position] == "[":
            in_array = True
            position += 1
            continue
        if in_array and text[position] in "],":
            in_array = text[position] == ","
            position += 1
            continue
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = decoder.raw_decode(text, position)
            text[position:end].encode()
        except UnicodeEncodeError:
            found.reject(line, "not UTF-8 text", text[position:end])
        except (ValueError, RecursionError) as error:
            rest = "; the rest of the file cannot be read"
            found.reject(line, _why(error) + rest, text[position:].rstrip("\n"))
            return
        else:
            found.add(value, line, (position, end), text)
        position = end


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} (column {error.colno})"
    if isinstance(error, RecursionError):
        return "not valid JSON: nested too deeply"
    return f"not valid JSON: {error}"
