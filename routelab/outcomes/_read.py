"""`read_outcomes`: find the format, account for every row, put files together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from routelab._checks import InputError, existing_file
from routelab.outcomes.aliases import rename_models
from routelab.outcomes.readers import OUTCOME_READERS, ParsedOutcomes, detect
from routelab.outcomes.table import SPECIAL_SCALES, OutcomeTable
from routelab.reading.choose import check_format
from routelab.reading.files import Rows, read_rows
from routelab.reading.paths import PathLike, read_each
from routelab.reading.report import Reject, Report
from routelab.reading.unpack import read_bytes
from routelab.reading.values import strings

#: Columns that name the data set of a prompt.
_DATASETS = ("dataset", "dataset_name", "task_name", "task", "eval_name", "benchmark", "subset")


def read_outcomes(
    path: PathLike | Iterable[PathLike],
    contaminated: PathLike | None = None,
    *,
    format: str | None = None,
    aliases: Mapping[str, str] | None = None,
) -> OutcomeTable:
    r"""Read a table of outcomes per prompt and model.

    Parameters
    ----------
    path : path or list of paths
        A file, a folder or a pattern. Several files with the same models are put one below the
        other; files with different models are joined on their prompts.
    contaminated : path, optional
        JSONL with `eval_prompt` in each line: prompts to leave out, as RouteLLM's authors do.
    format : str, optional
        Name of a reader (``routelab.outcomes.OUTCOME_READERS.names()``): RouterBench, RouteLLM,
        RouterDC and LLMRouter (``"scores"``), RouterArena, AlpacaEval, or any table with a prompt
        column, ``"wide"`` (one column of scores per model) or ``"long"`` (`prompt`, `model`,
        `score`). Default: found from the content.
    aliases : mapping, optional
        A model's name in the file to the name it shall have, see
        :func:`routelab.outcomes.suggest_aliases`.

    Returns
    -------
    OutcomeTable
        Named after the (first) file, on the file's own scale (`scale`), with the data set of each
        prompt (`datasets`) from a column such as `dataset` or `task`, or from the names of several
        files put one below the other, and with a `report` in which
        rows that could not be read are kept with file, line and reason.

    Raises
    ------
    InputError
        No prompt or model column, or not one row with a prompt and a score; files on different
        scales; files with different models that share no prompt.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "mine.csv")
    >>> _ = path.write_text("prompt,small,large\n1+1,True,True\nprove it,False,True\n,1,1\n")
    >>> table = read_outcomes(path)
    >>> table.name, table.scale, table.mean_quality()
    ('mine', 'boolean', {'small': 0.5, 'large': 1.0})
    >>> [str(reject).rsplit(":", 2)[1:] for reject in table.report.rejects]
    [['4', ' the prompt is empty']]
    """
    if format is not None:
        OUTCOME_READERS[format]
    parts, skipped = read_each(
        path, "outcome file", lambda name: _read_one(name, format, aliases or {})
    )
    table = _together(parts)
    report = _report(parts, table, skipped)
    if contaminated is not None:
        table = table.drop(_unwanted(contaminated))
        report = replace(report, items=len(table))
    return replace(table, report=report)


@dataclass
class _Part:
    """One file."""

    table: OutcomeTable
    format: str
    rows: int
    accepted: int
    merged: int
    rejects: list[Reject]
    warnings: list[str]


def _read_one(path: str, format: str | None, aliases: Mapping[str, str]) -> _Part:
    rows = read_rows(path, what="outcome file")
    name = format or detect(rows)
    if name is None and len(rows) and "prediction" in rows.names and "prompt" in rows.names:
        raise InputError(f"{path}: these are a router's decisions: read them with read_decisions")
    name = name or "wide"
    reader = OUTCOME_READERS[name]()
    if format is not None:
        check_format(rows, name, reader)
    parsed = reader.parse(rows)
    kept = _usable(parsed)
    rejects = sorted([*rows.rejects, *_rejects(rows, parsed)], key=lambda reject: reject.line)
    if not kept.any():
        first = rejects[0] if rejects else f"{path}: no prompt with a score"
        raise InputError(f"{first} (there is not one row with a prompt and a score)")
    quality = rename_models(parsed.quality, aliases)
    table = OutcomeTable(
        [prompt for prompt, keep in zip(parsed.prompts, kept, strict=True) if keep],
        list(quality.columns),
        quality.to_numpy(dtype="float64")[kept],
        parsed.cost.to_numpy(dtype="float64")[kept],
        Path(path).name.split(".")[0],
        scale=parsed.scale,
        datasets=_datasets(rows, parsed.origin[kept]),
    )
    count = len(rows) + len(rows.rejects)
    return _Part(table, name, count, count - len(rejects), parsed.merged, rejects, parsed.warnings)


def _usable(parsed: ParsedOutcomes) -> np.ndarray:
    """Return which prompts stay; the rows of the others are refused or set aside."""
    measured = parsed.quality.notna().any(axis=1).to_numpy()
    kept = np.ones(len(parsed.prompts), dtype=bool)
    cost = parsed.cost.to_numpy(dtype="float64")
    infinite = np.isinf(parsed.quality.to_numpy(dtype="float64")).any(axis=1)
    wrong = infinite | ((cost < 0) | np.isinf(cost)).any(axis=1)
    for item, row in enumerate(parsed.origin.tolist()):
        prompt = parsed.prompts[item]
        if row in parsed.refused or row in parsed.aside:
            kept[item] = False
        elif prompt is None or not str(prompt).strip():
            parsed.refused[row] = "the prompt is empty"
            kept[item] = False
        elif wrong[item]:
            parsed.refused[row] = "a score is infinite or a cost is negative"
            kept[item] = False
        elif not measured[item]:
            parsed.aside[row] = "no quality from any model"
            kept[item] = False
    return kept


def _datasets(rows: Rows, origin: np.ndarray) -> list[str] | None:
    """Return what a column such as `dataset` says about the prompts, if there is one."""
    lowered = {name.lower(): name for name in reversed(rows.names)}
    name = next((lowered[name] for name in _DATASETS if name in lowered), None)
    if name is None:
        return None
    return [str(value) for value in strings(rows.column(name)).fillna("(none)").iloc[origin]]


def _rejects(rows: Rows, parsed: ParsedOutcomes) -> list[Reject]:
    found = []
    for reasons, expected in ((parsed.refused, False), (parsed.aside, True)):
        for row, reason in reasons.items():
            place = int(rows.lines[row])
            found.append(Reject(rows.path, place, reason, rows.raw(row), expected))
    return found


def _together(parts: list[_Part]) -> OutcomeTable:
    """Stack tables of the same models; join groups of different ones on their prompts."""
    groups: dict[frozenset[str], list[OutcomeTable]] = {}
    for part in parts:
        groups.setdefault(frozenset(part.table.models), []).append(part.table)
    stacked = [_stacked(tables) for tables in groups.values()]
    table = stacked[0]
    for other in stacked[1:]:
        table = table.join(other)
    return replace(table, name=parts[0].table.name)


def _stacked(tables: list[OutcomeTable]) -> OutcomeTable:
    first = tables[0]
    if len(tables) == 1:
        return first
    found = {table.scale for table in tables}
    if len(found) > 1 and found & set(SPECIAL_SCALES):
        scales = ", ".join(f"{t.name}: {t.scale}" for t in tables[:6])
        raise InputError(f"tables on different scales cannot be stacked ({scales})")
    order = [[table.models.index(model) for model in first.models] for table in tables]
    datasets = [name for t in tables for name in t.datasets or [t.name] * len(t.prompts)]
    return replace(
        first,
        prompts=[prompt for table in tables for prompt in table.prompts],
        quality=np.vstack([t.quality[:, o] for t, o in zip(tables, order, strict=True)]),
        cost=np.vstack([t.cost[:, o] for t, o in zip(tables, order, strict=True)]),
        scale=None,
        datasets=datasets,
    )


def _report(parts: list[_Part], table: OutcomeTable, skipped: list[str]) -> Report:
    warnings = [*skipped, *dict.fromkeys(text for part in parts for text in part.warnings)]
    repeats = int(pd.Series(table.prompts).duplicated().sum())
    if repeats:
        warnings.append(f"{repeats} prompts stand in the table more than once")
    missing = int(np.isnan(table.quality).sum())
    if missing:
        warnings.append(f"{missing} scores are missing (NaN, not 0)")
    known = 1 - np.isnan(table.cost).mean()
    warnings.append(f"scores are on the scale {table.scale}, kept as they are")
    return Report(
        format=", ".join(dict.fromkeys(part.format for part in parts)),
        rows_read=sum(part.rows for part in parts),
        rows_accepted=sum(part.accepted for part in parts),
        rejects=[reject for part in parts for reject in part.rejects],
        warnings=warnings,
        coverage={"quality": 1 - missing / table.quality.size, "cost": float(known)},
        kind="outcomes",
        items=len(table),
        merged=sum(part.merged for part in parts),
    )


def _unwanted(path: str | os.PathLike[str]) -> list[str]:
    existing_file(path, "list of contaminated prompts")
    found = []
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line)["eval_prompt"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path}:{number}: needs a JSON object with 'eval_prompt'") from error
    return found
