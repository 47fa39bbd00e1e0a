"""Labels that are added to a file, one line each, and taken back."""

from __future__ import annotations

import json
import os
from pathlib import Path

from routelab._checks import InputError, atomic_file


class LabelFile:
    r"""A JSONL file of labelled prompts that grows at its end.

    Each change writes the whole file anew and puts it in the old one's place, so that a reader
    never sees half a line. Lines that were there stay as they are.

    Parameters
    ----------
    path : path
        ``.jsonl`` with `prompt` and `label` in its first line; made with the first label when it
        does not exist.

    Raises
    ------
    InputError
        Another kind of file, or one of a labelling session, which only it may write.

    Notes
    -----
    What another program writes between reading and replacing the file, about a millisecond, is
    lost.

    Examples
    --------
    >>> import tempfile
    >>> file = LabelFile(Path(tempfile.mkdtemp(), "labels.jsonl"))
    >>> file.add("write a poem", "art")
    >>> file.path.read_text()
    '{"prompt": "write a poem", "label": "art"}\n'
    >>> file.undo()
    ('write a poem', 'art')
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.added: list[tuple[str, str]] = []
        if self.path.suffix != ".jsonl":
            raise InputError(f"labels are added to a .jsonl file, got {self.path.name!r}")
        _check(self._content(), self.path.name)

    def add(self, prompt: str, label: str) -> None:
        """Add a label.

        Raises
        ------
        InputError
            The prompt is empty, the same was added before, or the file is wrong by now.
        """
        if not prompt.strip():
            raise InputError("an empty prompt has no label")
        if (prompt, label) in self.added:
            raise InputError(f"this prompt is in {self.path.name} as {label!r} already")
        content = self._content()
        _check(content, self.path.name)
        if content and not content.endswith(b"\n"):
            content += b"\n"
        self._write(content + _line(prompt, label))
        self.added.append((prompt, label))

    def undo(self) -> tuple[str, str]:
        """Take the last label that was added here out again, and return prompt and label.

        Raises
        ------
        InputError
            Nothing was added, or the file does not end with it any more.
        """
        if not self.added:
            raise InputError("there is nothing to undo")
        line, content = _line(*self.added[-1]), self._content()
        if not content.endswith(line):
            raise InputError(f"{self.path.name} was changed since: take the label out by hand")
        self._write(content[: -len(line)])
        return self.added.pop()

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise InputError(f"{self.path.name!r} cannot be read: {error.strerror}") from error

    def _write(self, content: bytes) -> None:
        try:
            with atomic_file(self.path) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise InputError(f"{self.path.name!r} cannot be written: {error.strerror}") from error


def _line(prompt: str, label: str) -> bytes:
    """Return a line of plain ASCII: what the prompt holds cannot end it."""
    return (json.dumps({"prompt": prompt, "label": label}) + "\n").encode()


def _check(content: bytes, name: str) -> None:
    """Refuse to add to a file whose first line is of another kind."""
    first = content.split(b"\n", 1)[0].strip()
    if not first:
        return
    try:
        entry = json.loads(first)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}:1: not valid JSON: {error}") from None
    if not isinstance(entry, dict) or not {"prompt", "label"} <= set(entry):
        raise InputError(f"{name}:1: no 'prompt' and 'label': labels are not added to this file")
    if "action" in entry:
        raise InputError(f"{name} belongs to a labelling session: add labels in the panel 'label'")
