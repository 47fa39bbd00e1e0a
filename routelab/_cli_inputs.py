"""What several commands read: logs, labels, outcomes and prompts, from a file or a pipe."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import existing_file
from routelab._cli_common import tell

STANDARD_INPUT = ("-", "/dev/stdin")


@contextmanager
def piped(path: Path) -> Iterator[Path]:
    """Give the path, or for a pipe (``-`` is standard input) that of a copy, which then goes."""
    named = str(path) in STANDARD_INPUT
    if not named and (path.is_file() or path.is_dir() or not path.exists()):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="routelab-") as folder:
        copy = Path(folder) / ("standard-input" if named else "pipe")
        given = nullcontext(sys.stdin.buffer) if named else path.open("rb")
        with given as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield copy


def _unpiped(context: typer.Context, given: Path | list[Path]) -> Any:
    if isinstance(given, list):
        return [context.with_resource(piped(path)) for path in given]
    return context.with_resource(piped(given))


def file_argument(told: str) -> Any:
    """Return the argument of a command for a file, which may be a pipe."""
    return typer.Argument(help=f"{told}; - for a pipe.", callback=_unpiped)


Log = Annotated[Path, file_argument("Log, or traffic.parquet from 'read'")]
Data = Annotated[Path, file_argument("Label file or outcome table")]


def read_data(path: Path, label: str | None = None) -> Any:
    """Read outcomes when the file holds outcomes, else labels; say what was left out."""
    from routelab.labels import read_labels
    from routelab.outcomes import read_outcomes
    from routelab.read_any import kind_of

    table: Any
    if label is None and kind_of(path) == "outcomes":
        table = read_outcomes(path)
        tell_rejects(table.report.to_dict())
    else:
        table = read_labels(path, label)
        for warning in table.attrs["report"]["warnings"]:
            tell(warning)
    return table


def tell_rejects(account: dict[str, Any]) -> None:
    """Say on standard error how many rows were left out, and why the first was."""
    if account["rejects"]:
        tell(f"{account['rejects']} rows left out (first: {account['reasons'][0]})")


def published_split(table: Any) -> tuple[Any, Any]:
    """Use the file's own train and test parts when it has them; out-of-scope rows stay out."""
    if "split" not in table.columns or not {"train", "test"} <= set(table["split"]):
        return table, None
    return table[table["split"] == "train"], table[table["split"] == "test"]


def read_prompts(file: Path) -> list[str]:
    """Return the lines of a file, or of standard input for ``-``; empty ones are no prompts."""
    if str(file) in STANDARD_INPUT:
        text = sys.stdin.read()
    else:
        text = existing_file(file, "prompt file").read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line.strip()]
