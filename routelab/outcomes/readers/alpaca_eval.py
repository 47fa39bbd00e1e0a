"""AlpacaEval: preferences of a judge between a model and a reference, from 1 to 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.outcomes.readers._base import (
    OUTCOME_READERS,
    OutcomeReader,
    ParsedOutcomes,
    plain_numbers,
    prompts_of,
    scores_of,
)
from routelab.reading.files import Rows

_CHARS = "|output_chars"


@OUTCOME_READERS.register("alpaca-eval-table")
class AlpacaEvalTable(OutcomeReader):
    """`instruction`, and per model its preference in [1, 2] and ``<model>|output_chars``."""

    title = "AlpacaEval preference table (CSV: instruction, <model>, <model>|output_chars)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the lengths of answers."""
        names = rows.names
        return "instruction" in names and any(name.endswith(_CHARS) for name in names)

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Read the preferences; the win probability is the preference minus 1."""
        refused: dict[int, str] = {}
        models = [n.removesuffix(_CHARS) for n in rows.names if n.endswith(_CHARS)]
        models = [model for model in models if model in rows.names]
        quality = pd.DataFrame({m: scores_of(rows, m, refused) for m in models})
        return ParsedOutcomes(
            prompts_of(rows, "instruction"),
            quality,
            quality * np.nan,
            np.arange(len(rows)),
            refused=refused,
            scale="1-2",
        )


@OUTCOME_READERS.register("alpaca-eval")
class AlpacaEval(OutcomeReader):
    """One model's annotations: `preference` in [1, 2], 2 when `generator_2` is always better."""

    title = "AlpacaEval annotations (JSON: instruction, generator_1, generator_2, preference)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the two generators and the preference."""
        return {"instruction", "generator_2", "preference"} <= set(rows.names)

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Read the preference for `generator_2`; `generator_1` is the reference of all."""
        records = rows.dicts()
        models = [record.get("generator_2") for record in records]
        names = list(dict.fromkeys(m for m in models if isinstance(m, str) and m))
        values, bad = plain_numbers(
            pd.Series([record.get("preference") for record in records], dtype=object)
        )
        refused: dict[int, str] = {}
        aside: dict[int, str] = {}
        grid = np.full((len(records), max(len(names), 1)), np.nan)
        for row, model in enumerate(models):
            if model not in names or bad[row]:
                refused[row] = "needs 'generator_2' (text) and 'preference' (a number)"
            elif np.isnan(values.iloc[row]):
                aside[row] = "the judge gave no preference"
            else:
                grid[row, names.index(model)] = values.iloc[row]
        used = np.flatnonzero(~np.isnan(grid).all(axis=1))
        quality = pd.DataFrame(grid[used], columns=names or ["model"])
        prompts: list[Any] = [_text(records[row].get("instruction")) for row in used]
        against = {str(records[row].get("generator_1"))[:60] for row in used}
        return ParsedOutcomes(
            prompts, quality, quality * np.nan, used, refused=refused, aside=aside, scale="1-2",
            warnings=[f"preferences against {', '.join(sorted(against)[:5])}"],
        )  # fmt: skip


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
