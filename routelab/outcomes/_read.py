"""Outcome files: RouteLLM, RouterBench, RouterDC and LLMRouter, and any wide CSV."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab._checks import InputError, existing_file
from routelab.labels import PROMPT_NAMES
from routelab.reading.files import Rows, read_rows
from routelab.reading.unpack import read_bytes
from routelab.reading.values import numbers, strings, texts

if TYPE_CHECKING:
    from routelab.outcomes import OutcomeTable

_COSTS = ("|total_cost", "|cost", "|cost_usd")
_NO_MODEL = {
    "id", "idx", "index", "row", "sample_id", "cluster_id", "group", "weight", "split", "seed",
    "input_tokens", "output_tokens", "oracle_model_to_route_to",
}  # fmt: skip
PathLike = str | os.PathLike[str]


def read_outcomes(
    path: PathLike | Iterable[PathLike], contaminated: PathLike | None = None
) -> OutcomeTable:
    r"""Read a table of outcomes per prompt and model.

    Parameters
    ----------
    path : path or list of paths
        Found from the content: RouterBench's wide CSV (``<model>|total_cost``), JSON lists of
        `question` and `scores`, or any wide table with a prompt column and one column of numbers
        or booleans per model (RouteLLM's is one; ``<model>_response`` columns and other texts are
        left aside). Several files with the same models are put one below the other.
    contaminated : path, optional
        JSONL with `eval_prompt` in each line: prompts to leave out, as RouteLLM's authors do.

    Returns
    -------
    OutcomeTable
        Named after the (first) file.

    Raises
    ------
    InputError
        No prompt or model column, a score that is no number (with file and line), contradicting
        scores for one sample, files with different models.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "mine.csv")
    >>> _ = path.write_text("prompt,small,large\n1+1,True,True\nprove it,False,True\n")
    >>> table = read_outcomes(path)
    >>> table.name, table.mean_quality()
    ('mine', {'small': 0.5, 'large': 1.0})
    """
    from routelab.outcomes.table import OutcomeTable

    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise InputError("no outcome file was named")
    prompts: list[str] = []
    quality: list[pd.DataFrame] = []
    cost: list[pd.DataFrame] = []
    for one in paths:
        texts_, scores, costs = _read_one(one)
        if quality and set(scores.columns) != set(quality[0].columns):
            odd = sorted(set(scores.columns) ^ set(quality[0].columns))
            raise InputError(f"{one}: its models differ from {paths[0]}'s: {', '.join(odd[:6])}")
        prompts += texts_
        quality.append(scores)
        cost.append(costs)
    models = list(quality[0].columns)
    table = OutcomeTable(
        prompts,
        models,
        np.vstack([part[models].to_numpy(dtype="float64") for part in quality]),
        np.vstack([part[models].to_numpy(dtype="float64") for part in cost]),
        Path(paths[0]).name.split(".")[0],
    )
    return table if contaminated is None else table.drop(_unwanted(contaminated))


def _read_one(path: PathLike) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    rows = read_rows(path, what="outcome file")
    if rows.rejects:
        raise InputError(str(rows.rejects[0]))
    if isinstance(rows.first.get("scores"), dict):
        return _scores(rows)
    table = pd.DataFrame({name: rows.column(name) for name in rows.names})
    merged = any(name.endswith("|total_cost") for name in rows.names) and "sample_id" in table
    return _routerbench(rows, table) if merged else _wide(rows, table)


def _scores(rows: Rows) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    """RouterDC and LLMRouter: {question, scores: {model: quality}[, costs: {model: USD}]}."""
    name = _prompt_column(rows)
    records = rows.dicts()
    for place, record in zip(rows.lines, records, strict=True):
        if not isinstance(record.get("scores"), dict) or not isinstance(record.get(name), str):
            raise InputError(f"{rows.path}:{place}: needs {name!r} (text) and 'scores' (an object)")
    models = list(dict.fromkeys(model for record in records for model in record["scores"]))
    tables = []
    for key in ("scores", "costs"):
        found = [record.get(key) or {} for record in records]
        columns = {
            m: _numeric(rows, pd.Series([f.get(m) for f in found], dtype=object), m) for m in models
        }
        tables.append(pd.DataFrame(columns))
    return list(texts(rows.column(name)).astype(object)), tables[0], tables[1]


def _routerbench(rows: Rows, table: pd.DataFrame) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    """RouterBench: rows of one sample, each with some of the models, are joined."""
    models = [n.removesuffix("|total_cost") for n in table.columns if n.endswith("|total_cost")]
    absent = [model for model in models if model not in table]
    if absent:
        raise InputError(f"{rows.path}: a cost but no score column for the model {absent[0]!r}")
    order = {name: i for i, name in enumerate(table.columns)}
    models.sort(key=order.__getitem__)
    quality = pd.DataFrame({m: _numeric(rows, table[m], m) for m in models})
    cost = pd.DataFrame({m: _numeric(rows, table[f"{m}|total_cost"], m) for m in models})
    samples = table["sample_id"].astype(object)
    groups = quality.groupby(samples.to_numpy(), sort=False)
    clash = (groups.nunique() > 1).to_numpy()
    if clash.any():
        row, column = np.argwhere(clash)[0]
        sample = list(groups.groups)[row]
        raise InputError(
            f"{rows.path}: the sample {sample!r} has two different scores for {models[column]!r}"
        )
    first = ~samples.duplicated()
    prompts = [_unlisted(text) for text in texts(table["prompt"])[first].fillna("")]
    # The parts of a split sample cost differently: a score goes with the cost in its own row.
    costs = cost.where(quality.notna()).groupby(samples.to_numpy(), sort=False).first()
    costs = costs.fillna(cost.groupby(samples.to_numpy(), sort=False).first())
    return prompts, groups.first().reset_index(drop=True), costs.reset_index(drop=True)


def _wide(rows: Rows, table: pd.DataFrame) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    name = _prompt_column(rows)
    quality = {}
    cost = {}
    for column in table.columns:
        suffix = next((s for s in _COSTS if column.endswith(s)), None)
        if suffix:
            cost[column.removesuffix(suffix)] = _numeric(rows, table[column], column)
        elif _is_model(column, name) and _mostly_numeric(table[column]):
            quality[column] = _numeric(rows, table[column], column)
    if not quality:
        raise InputError(
            f"{rows.path}: no model columns (numbers or booleans) beside {name!r}; "
            f"the columns are {', '.join(rows.names[:30])}"
        )
    stray = [model for model in cost if model not in quality]
    if stray:
        raise InputError(f"{rows.path}: a cost but no score column for the model {stray[0]!r}")
    prompts = texts(table[name])
    empty = np.flatnonzero(prompts.isna())
    if len(empty):
        raise InputError(f"{rows.path}:{rows.lines[empty[0]]}: the prompt is empty")
    unknown = pd.Series(np.nan, index=table.index)
    costs = {model: cost.get(model, unknown) for model in quality}
    return list(prompts.astype(object)), pd.DataFrame(quality), pd.DataFrame(costs)


def _is_model(column: str, prompt: str) -> bool:
    plain = column.lower()
    return not (
        column == prompt
        or plain in _NO_MODEL
        or "|" in column
        or plain.startswith("unnamed")
        or plain.endswith(("_response", "_output"))
    )


def _mostly_numeric(column: pd.Series) -> bool:
    values, bad = _numbers(column)
    return int(values.notna().sum()) > int(bad.sum())


def _numbers(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Numbers, with true and false as 1 and 0."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return numbers(column.astype("float64"))
    words = strings(column).str.lower().replace({"true": "1", "false": "0"})
    return numbers(words)


def _numeric(rows: Rows, column: pd.Series, name: str) -> pd.Series:
    values, bad = _numbers(column)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{rows.path}:{rows.lines[row]}: {name!r} must be a number, "
            f"got {str(column.iloc[row])[:60]!r}"
        )
    return values


def _prompt_column(rows: Rows) -> str:
    lowered = {name.lower(): name for name in reversed(rows.names)}
    for name in PROMPT_NAMES:
        if name in lowered:
            return lowered[name]
    raise InputError(
        f"{rows.path}: no prompt column (looked for {', '.join(PROMPT_NAMES)}); "
        f"the columns are {', '.join(rows.names[:30])}"
    )


def _unlisted(text: str) -> str:
    """Undo the text form of a one-element list, ``"['What ...']"``; only literals are read."""
    if not (text.startswith("[") and text.endswith("]")):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    alone = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    return value[0] if alone else text


def _unwanted(path: PathLike) -> list[str]:
    existing_file(path, "list of contaminated prompts")
    found = []
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line)["eval_prompt"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}:{number}: needs a JSON object with 'eval_prompt'") from error
    return found
