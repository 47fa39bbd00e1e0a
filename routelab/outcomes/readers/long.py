"""Any long table: one row per prompt and model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.outcomes.readers._base import (
    OUTCOME_READERS,
    OutcomeReader,
    ParsedOutcomes,
    needed_prompt_column,
    prompt_column,
    prompts_of,
    scores_of,
)
from routelab.reading.files import Rows
from routelab.reading.values import strings

_MODELS = ("model", "model_name", "model_id")
_SCORES = ("score", "quality", "correct", "is_correct", "accuracy", "performance", "rating")
_COSTS = ("cost_usd", "cost", "total_cost")


@OUTCOME_READERS.register("long")
class Long(OutcomeReader):
    """`prompt`, `model`, `score` and perhaps `cost_usd`."""

    title = "any long table: prompt, model, score (or quality, correct, ...), cost_usd"
    rank = 90

    def sniff(self, rows: Rows) -> bool:
        """Look for a prompt, a model and a score, and no stamp."""
        names = {name.lower() for name in rows.names}
        return bool(
            prompt_column(rows)
            and names & set(_MODELS)
            and names & set(_SCORES)
            and not names & {"timestamp", "time"}
        )

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Turn rows into one prompt each; of two scores for a pair the rows are refused."""
        name = needed_prompt_column(rows)
        refused: dict[int, str] = {}
        prompts = pd.Series(prompts_of(rows, name), dtype=object)
        models = strings(rows.column(_named(rows, _MODELS)))
        score = scores_of(rows, _named(rows, _SCORES), refused)
        priced = _named(rows, _COSTS)
        cost = scores_of(rows, priced, refused) if priced else score * np.nan
        for row in np.flatnonzero((prompts.isna() | models.isna()).to_numpy()):
            refused.setdefault(int(row), "the prompt or the model is empty")
        used = ~np.isin(np.arange(len(rows)), list(refused))
        pairs = pd.DataFrame({"prompt": prompts, "model": models.astype(object)})[used]
        for row in pairs.index[pairs.duplicated()]:
            model = pairs.loc[row, "model"]
            refused[int(row)] = f"a second score of {model!r} for this prompt"
        kept = pairs[~pairs.duplicated()]
        codes, order = pd.factorize(kept["prompt"])
        columns = list(dict.fromkeys(kept["model"]))
        first = kept.index.to_numpy()[np.unique(codes, return_index=True)[1]]
        grid = [
            pd.DataFrame(np.full((len(order), len(columns)), np.nan), columns=columns)
            for _ in range(2)
        ]
        place = pd.Index(columns).get_indexer(kept["model"])
        for table, values in zip(grid, (score, cost), strict=True):
            filled = table.to_numpy().copy()
            filled[codes, place] = values.loc[kept.index]
            table[:] = filled
        merged = len(kept) - len(order)
        return ParsedOutcomes(list(order), grid[0], grid[1], first, refused=refused, merged=merged)


def _named(rows: Rows, names: tuple[str, ...]) -> str:
    lowered = {name.lower(): name for name in reversed(rows.names)}
    return next((lowered[name] for name in names if name in lowered), "")
