"""What several commands read: labels or outcomes, and prompts from a file or a pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from routelab._checks import existing_file
from routelab._cli_common import tell

STANDARD_INPUT = ("-", "/dev/stdin")


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
