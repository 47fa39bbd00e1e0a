"""What other routers chose: RouterArena's decision files."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.outcomes.readers.routerarena import is_placeholder
from routelab.reading.files import Rows, dig, read_rows
from routelab.reading.report import Reject, Report
from routelab.reading.values import numbers, strings, texts


def is_decisions(rows: Rows) -> bool:
    """Tell a file of decisions: a prompt and the model that a router chose for it."""
    return rows.kind == "json" and {"prompt", "prediction"} <= set(rows.names)


def read_decisions(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, Report]:
    r"""Read which model a router chose for each prompt.

    Parameters
    ----------
    path : str or path
        JSON list or JSONL with `prompt` and `prediction`, and perhaps `accuracy`, `cost` and
        `generated_result`: RouterArena's decision files.

    Returns
    -------
    frame : DataFrame of shape (n_prompts, 4)
        `prompt`, `model` (text), `quality`, `cost_usd` (float64, NaN where the decision was never
        run: a placeholder's zeros mean nothing).
    report : Report
        Kind ``"decisions"``; warns of placeholders, and of a router that always chooses one model.

    Raises
    ------
    InputError
        No such file, other columns, or not one decision.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "router.json")
    >>> _ = path.write_text(json.dumps([{"prompt": "1+1", "prediction": "small", "accuracy": 1}]))
    >>> frame, report = read_decisions(path)
    >>> frame.model[0], float(frame.quality[0]), report.warnings
    ('small', 1.0, ['all 1 prompts go to one model: small'])
    """
    rows = read_rows(path, what="decision file")
    if not is_decisions(rows):
        raise InputError(
            f"{rows.path}: decisions need 'prompt' and 'prediction', got {', '.join(rows.names)}"
        )
    records = rows.dicts()
    void = np.array([is_placeholder(record) for record in records], dtype=bool)
    frame = pd.DataFrame(
        {
            "prompt": texts(rows.column("prompt")),
            "model": strings(rows.column("prediction")),
            "quality": _numbers([dig(record, "accuracy") for record in records]),
            "cost_usd": _numbers([dig(record, "cost") for record in records]),
        }
    )
    frame.loc[void, ["quality", "cost_usd"]] = np.nan
    usable = (frame["prompt"].notna() & frame["model"].notna()).to_numpy()
    rejects = [
        Reject(rows.path, int(rows.lines[row]), "no prompt or no model", rows.raw(row))
        for row in np.flatnonzero(~usable).tolist()
    ]
    rejects = sorted([*rows.rejects, *rejects], key=lambda reject: reject.line)
    if not usable.any():
        raise InputError(f"{rejects[0]} (there is not one decision)")
    frame = frame[usable].reset_index(drop=True)
    report = Report(
        format="routerarena-decisions",
        rows_read=len(frame) + len(rejects),
        rows_accepted=len(frame),
        rejects=rejects,
        warnings=_warnings(frame, int(np.count_nonzero(void[usable]))),
        coverage={name: float(frame[name].notna().mean()) for name in frame.columns},
        kind="decisions",
        items=len(frame),
    )
    return frame, report


def _numbers(values: list[object]) -> pd.Series:
    return numbers(pd.Series(values, dtype=object))[0]


def _warnings(frame: pd.DataFrame, void: int) -> list[str]:
    found = []
    if void:
        found.append(f"{void} decisions are placeholders that were never run: no quality, no cost")
    if frame["model"].nunique() == 1:
        found.append(f"all {len(frame)} prompts go to one model: {frame['model'].iloc[0]}")
    return found
