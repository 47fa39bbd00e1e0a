"""RouterArena: cached results of one model per file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from routelab.outcomes.readers._base import OUTCOME_READERS, OutcomeReader, ParsedOutcomes
from routelab.reading.files import Rows

_PLACEHOLDER = "routing-only submission"


@OUTCOME_READERS.register("routerarena")
class RouterArena(OutcomeReader):
    """`evaluation_result.score` and `.inference_cost` per question; the file is one model's."""

    title = "RouterArena (JSONL per model: question, llm_selected, evaluation_result)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a question and the result of its evaluation."""
        return "question" in rows.first and isinstance(rows.first.get("evaluation_result"), dict)

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Read scores; placeholders and failed calls without a score are set aside."""
        records = rows.dicts()
        named = [record.get("llm_selected") for record in records]
        models = list(dict.fromkeys(name for name in named if isinstance(name, str) and name))
        own = models[0] if models else Path(rows.path).name.split(".json")[0]
        models = models or [own]
        scores = np.full((len(records), len(models)), np.nan)
        costs = scores.copy()
        refused: dict[int, str] = {}
        aside: dict[int, str] = {}
        for row, record in enumerate(records):
            result = record.get("evaluation_result")
            result = result if isinstance(result, dict) else {}
            if is_placeholder(record):
                aside[row] = "a placeholder without an answer"
                continue
            column = models.index(str(named[row])) if named[row] in models else 0
            given = result.get("score")
            score, cost = _number(given), _number(result.get("inference_cost"))
            if given is None:
                aside[row] = "no score"
            elif score is None:
                refused[row] = f"the score must be a number, got {str(given)[:60]!r}"
            elif not isinstance(record.get("question"), str):
                refused[row] = "needs 'question' (text)"
            else:
                scores[row, column] = score
                costs[row, column] = np.nan if cost is None or cost < 0 else cost
        used = np.flatnonzero(~np.isnan(scores).all(axis=1))
        return ParsedOutcomes(
            [records[row]["question"] for row in used],
            pd.DataFrame(scores[used], columns=models),
            pd.DataFrame(costs[used], columns=models),
            used,
            refused=refused,
            aside=aside,
        )


def is_placeholder(record: dict[str, Any]) -> bool:
    """Tell an entry that was never run: its zeros mean nothing."""
    inside = record.get("generated_result")
    for found in (record.get("error"), inside.get("error") if isinstance(inside, dict) else None):
        if isinstance(found, str) and _PLACEHOLDER in found:
            return True
    return False


def _number(value: Any) -> float | None:
    if isinstance(value, int):
        return float(value) if abs(value) < 2**53 else None
    return value if isinstance(value, float) and np.isfinite(value) else None
