"""What an export would write, as bytes: nothing stays on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from routelab.exporters import Finding, export, lint
from routelab.exporters._bundle_zip import pack
from routelab.plan import Plan

#: A longer text is shown up to here; a browser takes seconds for a text area of megabytes.
CHARACTERS_SHOWN = 200_000


@dataclass(frozen=True)
class Written:
    """The files of a target.

    Attributes
    ----------
    files : dict of str to bytes
        Name to content.
    not_carried : list of str
    findings : list of Finding
        What lint says of ``config.yaml``; empty for other targets.
    """

    files: dict[str, bytes]
    not_carried: list[str]
    findings: list[Finding]


def write(plan: Plan, target: str) -> Written:
    """Export to a folder that is gone afterwards, and keep what was in it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "export"
        result = export(plan, target=target, directory=place)
        files = {file.as_posix(): (place / file).read_bytes() for file in result.files}
        config = place / "config.yaml"
        findings = lint(config) if target == "litellm" else []
    return Written(files, result.not_carried, findings)


def main_file(files: Mapping[str, bytes]) -> str:
    """Return the file that a reader wants to see first: a YAML file.

    Examples
    --------
    >>> main_file({"NOT_EXPORTED.md": b"", "config.yaml": b""})
    'config.yaml'
    """
    named = [name for name in files if name in ("config.yaml", "plan.yaml")]
    return next(iter(named or [n for n in files if n.endswith((".yaml", ".yml"))] or files))


def whole_text(content: bytes) -> str:
    """Return a file as text, or the size of one that is none.

    Examples
    --------
    >>> whole_text(bytes([0xFF, 0xFE]))
    '(2 bytes that are not text)'
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(content):,} bytes that are not text)"


def text_of(content: bytes) -> str:
    """Return a file as it is shown: of a long one the head."""
    text = whole_text(content)
    if len(text) <= CHARACTERS_SHOWN:
        return text
    return (
        f"{text[:CHARACTERS_SHOWN]}\n(the first {CHARACTERS_SHOWN:,} of {len(text):,} characters)"
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files as one zip; the same files give the same bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name) / "files", Path(name) / "files.zip"
        folder.mkdir()
        for each, content in files.items():
            (folder / each).write_bytes(content)
        pack(folder, file)
        return file.read_bytes()
