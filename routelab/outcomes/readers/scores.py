"""RouterDC and LLMRouter: {question, scores: {model: quality}[, costs: {model: USD}]}."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.outcomes.readers._base import (
    OUTCOME_READERS,
    OutcomeReader,
    ParsedOutcomes,
    needed_prompt_column,
    plain_numbers,
    prompt_column,
)
from routelab.reading.files import Rows


@OUTCOME_READERS.register("scores")
class Scores(OutcomeReader):
    """A question and an object of scores; the order of the models may differ between records."""

    title = "RouterDC, LLMRouter (JSON: question, scores {model: quality}, costs {model: USD})"

    def sniff(self, rows: Rows) -> bool:
        """Look for the object of scores beside a prompt."""
        return isinstance(rows.first.get("scores"), dict) and prompt_column(rows) is not None

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Read every record that has a prompt and an object of scores."""
        name = needed_prompt_column(rows)
        refused: dict[int, str] = {}
        used: list[tuple[int, dict[str, Any]]] = []
        for position, record in enumerate(rows.dicts()):
            if isinstance(record.get("scores"), dict) and isinstance(record.get(name), str):
                used.append((position, record))
            else:
                refused[position] = f"needs {name!r} (text) and 'scores' (an object)"
        models = list(dict.fromkeys(str(m) for _, record in used for m in record["scores"]))
        tables = []
        for key in ("scores", "costs"):
            found = [_object(record.get(key)) for _, record in used]
            tables.append(pd.DataFrame({m: _column(found, m, used, refused) for m in models}))
        origin = np.array([position for position, _ in used], dtype=np.int64)
        prompts = [record[name] for _, record in used]
        return ParsedOutcomes(prompts, tables[0], tables[1], origin, refused=refused)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _column(
    found: list[dict[str, Any]],
    model: str,
    used: list[tuple[int, dict[str, Any]]],
    refused: dict[int, str],
) -> pd.Series:
    column = pd.Series([one.get(model) for one in found], dtype=object)
    values, bad = plain_numbers(column)
    for row in np.flatnonzero(bad):
        shown = str(column.iloc[row])[:60]
        refused.setdefault(used[row][0], f"{model!r} must be a number, got {shown!r}")
    return values
