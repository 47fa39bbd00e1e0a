"""Any wide table: a prompt, and one column of numbers or booleans per model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.labels import LABEL_NAMES
from routelab.outcomes.readers._base import (
    COSTS,
    OUTCOME_READERS,
    OutcomeReader,
    ParsedOutcomes,
    needed_prompt_column,
    plain_numbers,
    prompt_column,
    prompts_of,
    scores_of,
)
from routelab.reading.files import Rows

_NO_MODEL = {
    "id", "idx", "index", "row", "sample_id", "cluster_id", "group", "weight", "split", "seed",
    "input_tokens", "output_tokens", "oracle_model_to_route_to", "ground_truth", "answer",
    "task_id",
}  # fmt: skip
_TEXTS = ("_response", "_output")


@OUTCOME_READERS.register("wide")
class Wide(OutcomeReader):
    """A prompt column, and columns that are mostly numbers: the models."""

    title = "any wide table: a prompt and one column of scores per model (<model>|cost in USD)"
    rank = 100

    def sniff(self, rows: Rows) -> bool:
        """Look for a prompt and model columns, and for nothing that a label set has."""
        name = prompt_column(rows)
        if name is None:
            return False
        lowered = {other.lower() for other in rows.names if other != name}
        if lowered & (set(LABEL_NAMES) | {"timestamp", "time", "prediction"}):
            return False
        if any(other.endswith("_complexity") for other in lowered):
            return False
        return any(_is_model(rows, column, name) for column in rows.names)

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Take the model columns as they stand."""
        name = needed_prompt_column(rows)
        refused: dict[int, str] = {}
        quality: dict[str, pd.Series] = {}
        cost: dict[str, pd.Series] = {}
        for column in rows.names:
            suffix = next((s for s in COSTS if column.endswith(s)), None)
            if suffix:
                cost[column.removesuffix(suffix)] = scores_of(rows, column, refused)
            elif _is_model(rows, column, name):
                quality[column] = scores_of(rows, column, refused)
        if not quality:
            raise InputError(
                f"{rows.path}: no model columns (numbers or booleans) beside {name!r}; "
                f"the columns are {', '.join(rows.names[:30])}"
            )
        stray = [model for model in cost if model not in quality]
        if stray:
            raise InputError(f"{rows.path}: a cost but no score column for the model {stray[0]!r}")
        unknown = pd.Series(np.nan, index=range(len(rows)))
        costs = {model: cost.get(model, unknown) for model in quality}
        prompts = prompts_of(rows, name)
        origin = np.arange(len(rows))
        return ParsedOutcomes(
            prompts, pd.DataFrame(quality), pd.DataFrame(costs), origin, refused=refused
        )


@OUTCOME_READERS.register("routellm")
class RouteLLM(Wide):
    """RouteLLM's evaluation files: booleans per model, its answer in ``<model>_response``."""

    title = "RouteLLM (CSV: prompt, a boolean per model, <model>_response)"
    rank = 0

    def sniff(self, rows: Rows) -> bool:
        """Look for a prompt and nothing but booleans and answers."""
        others = [name for name in rows.names if name != "prompt"]
        models = [name for name in others if not name.endswith("_response")]
        if "prompt" not in rows.names or not models or rows.kind != "csv":
            return False
        answered = [name for name in others if name.endswith("_response")]
        if any(name.removesuffix("_response") not in models for name in answered):
            return False
        return all(rows.first.get(model) in ("True", "False") for model in models)


def _is_model(rows: Rows, column: str, prompt: str) -> bool:
    plain = column.lower()
    named = not (
        column == prompt
        or plain in _NO_MODEL
        or "|" in column
        or plain.startswith("unnamed")
        or plain.endswith(_TEXTS)
    )
    if not named:
        return False
    values, bad = plain_numbers(rows.column(column))
    return int(values.notna().sum()) > int(bad.sum())
