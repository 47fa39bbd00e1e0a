"""Prompts with a label each: a route, an intent, or a level of complexity."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.reading.files import Rows, read_rows
from routelab.reading.values import strings, texts

PROMPT_NAMES = ("prompt", "text", "question", "questions", "instruction", "query", "utterance",
                "problem")  # fmt: skip
LABEL_NAMES = ("label", "route", "category", "intent", "complexity", "difficulty", "level", "tier",
               "class", "true_label", "domain", "task")  # fmt: skip
_KEPT = ("group", "weight", "split", "language", "form")
_SCALES = (
    ("low", "medium", "high"),
    ("low", "moderate", "high"),
    ("easy", "medium", "hard"),
    ("simple", "medium", "complex", "reasoning"),
    ("simple lifestyle knowledge", "advanced lifestyle knowledge", "formal education knowledge",
     "major level knowledge", "expert level knowledge"),
)  # fmt: skip


def read_labels(
    path: str | os.PathLike[str], label: str | None = None, *, encoding: str = "utf-8"
) -> pd.DataFrame:
    r"""Read labelled prompts.

    Parameters
    ----------
    path : str or path
        CSV, JSON, JSONL or Parquet (``.gz``, ``.zst`` too) with a prompt column (`prompt`, `text`,
        `question`, `instruction`, ...) and a label column (`label`, `route`, `category`, ...), or
        CLINC150's ``data_full.json``.
    label : str, optional
        Name of the label column. Default: the first of the usual names that the file has.
    encoding : str, default "utf-8"
        Of the text, for files that are not UTF-8.

    Returns
    -------
    DataFrame of shape (n_prompts, >= 2)
        `prompt` and `label` (text), and `group`, `weight` (float64), `split`, `language`, `form`
        where the file has them. ``frame.attrs["order"]`` lists ordinal labels from low to high
        (low/medium/high, numbers, "Level 1"..) and is absent for others; ``frame.attrs["notes"]``
        says what was left out; ``frame.attrs["label"]`` names the column that was read.

    Raises
    ------
    InputError
        No usable column, a row that cannot be read or has no prompt (with file and line), or
        fewer than two classes.

    Notes
    -----
    Of CLINC150 all splits are read: in scope (`train`, `val`, `test`) and out of scope, which carry
    the label ``"oos"`` and the splits `oos_train`, `oos_val` and `oos_test`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.csv")
    >>> _ = path.write_text("text,complexity\nhello,low\nprove it,high\n")
    >>> frame = read_labels(path)
    >>> list(frame.label), frame.attrs["order"]
    (['low', 'high'], ['low', 'high'])
    """
    rows = read_rows(path, encoding=encoding, what="label file")
    splits = _clinc(rows)
    if splits is not None:
        if label is not None:
            raise InputError(f"{rows.path}: CLINC150 has one label, no column {label!r}")
        return _finish(splits, rows.path, "intent", [])
    if rows.rejects:
        more = f" (and {len(rows.rejects) - 1} more rows)" if len(rows.rejects) > 1 else ""
        hint = "; name its encoding=" if "UTF-8" in rows.rejects[0].reason else ""
        raise InputError(f"{rows.rejects[0]}{more}{hint}")
    prompt_name = _pick(rows, PROMPT_NAMES, "prompt")
    label_name = _named(rows, label) if label else _pick(rows, LABEL_NAMES, "label")
    frame = pd.DataFrame({"prompt": texts(rows.column(prompt_name))})
    frame["label"] = strings(_scalar(rows, label_name))
    lowered = {name.lower(): name for name in rows.names}
    for name in _KEPT:
        if name in lowered and lowered[name] not in (prompt_name, label_name):
            frame[name] = strings(rows.column(lowered[name]))
    frame, notes = _without_gaps(frame, rows)
    if "weight" in frame:
        frame["weight"] = _weights(frame, rows.path)
    return _finish(frame.reset_index(drop=True), rows.path, label_name, notes)


def ordinal_order(labels: Any) -> list[str] | None:
    """Return the distinct labels from low to high where they form a known scale, else None.

    Known are low/medium/high and the like, whole numbers, and one word with a number
    (``"Level 1"``, ``"BT2"``).

    Examples
    --------
    >>> ordinal_order(["high", "low", "low"])
    ['low', 'high']
    >>> ordinal_order(["billing", "travel"]) is None
    True
    """
    distinct = sorted({str(value) for value in labels})
    lowered = {value.lower(): value for value in distinct}
    for scale in _SCALES:
        if len(distinct) > 1 and set(lowered) <= set(scale):
            return [lowered[level] for level in scale if level in lowered]
    parts = [re.fullmatch(r"([A-Za-z]* ?)(\d{1,3})", value) for value in distinct]
    found = [part for part in parts if part is not None]
    if len(found) == len(distinct) and len({part.group(1) for part in found}) == 1:
        return sorted(distinct, key=lambda value: int(re.sub(r"\D", "", value)))
    return None


def _clinc(rows: Rows) -> pd.DataFrame | None:
    """Return CLINC150's splits as one table, or None when the file is something else."""
    first = rows.first
    if rows.kind != "json" or len(rows) != 1 or not {"train", "test"} <= set(first):
        return None
    found: list[tuple[str, str, str]] = []
    for split, pairs in first.items():
        if not isinstance(pairs, list):
            return None
        for number, pair in enumerate(pairs):
            if not (
                isinstance(pair, list) and len(pair) == 2 and all(isinstance(v, str) for v in pair)
            ):
                raise InputError(
                    f"{rows.path}: item {number} of {split!r} must be [text, intent], "
                    f"got {pair!r:.80}"
                )
            found.append((pair[0], pair[1], split))
    return pd.DataFrame(found, columns=["prompt", "label", "split"], dtype="string")


def _pick(rows: Rows, usual: tuple[str, ...], what: str) -> str:
    lowered = {name.lower(): name for name in reversed(rows.names)}
    for name in usual:
        if name in lowered:
            return lowered[name]
    hint = "; choose one with label=" if what == "label" else ""
    raise InputError(
        f"{rows.path}: no {what} column (looked for {', '.join(usual)}); "
        f"the columns are {', '.join(rows.names[:30])}{hint}"
    )


def _named(rows: Rows, label: str) -> str:
    if label not in rows.names:
        raise InputError(
            f"{rows.path}: no column {label!r}{did_you_mean(label, rows.names)}; "
            f"the columns are {', '.join(rows.names[:30])}"
        )
    return label


def _scalar(rows: Rows, name: str) -> pd.Series:
    column = rows.column(name)
    if column.dtype == object:
        for position, value in enumerate(column):
            if isinstance(value, list | dict):
                raise InputError(
                    f"{rows.path}:{rows.lines[position]}: {name!r} must be one label, "
                    f"got {value!r:.80}; choose another column with label="
                )
    return column


def _without_gaps(frame: pd.DataFrame, rows: Rows) -> tuple[pd.DataFrame, list[str]]:
    """Refuse rows without a prompt; leave out rows without a label, and say so."""
    empty = np.flatnonzero(frame["prompt"].str.strip().fillna("").eq(""))
    if len(empty):
        raise InputError(f"{rows.path}:{rows.lines[empty[0]]}: the prompt is empty")
    missing = frame["label"].isna()
    given = frame["label"][~missing]
    if not given.str.fullmatch(r"-?\d+").all():
        # Annotation that failed is marked -1 among labels that are words (FLASK).
        missing |= frame["label"].eq("-1").fillna(False)
    if not missing.any():
        return frame, []
    first = int(rows.lines[np.flatnonzero(missing)[0]])
    note = f"{int(missing.sum())} rows without a label left out (first: {rows.path}:{first})"
    return frame[~missing], [note]


def _weights(frame: pd.DataFrame, path: str) -> pd.Series:
    weights = pd.to_numeric(frame["weight"].astype(object), errors="coerce").astype("float64")
    wrong = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if len(wrong):
        value = frame["weight"].iloc[wrong[0]]
        raise InputError(f"{path}: 'weight' must be a number >= 0, got {value!r} (row {wrong[0]})")
    return weights


def _finish(frame: pd.DataFrame, path: str, label: str, notes: list[str]) -> pd.DataFrame:
    classes = frame["label"].unique()
    if len(classes) < 2:
        only = f"all {len(frame)} rows are {classes[0]!r}" if len(classes) else "there is none"
        raise InputError(f"{path}: a router needs at least two classes in {label!r}; {only}")
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.StringDtype) and not frame[name].isna().any():
            frame[name] = frame[name].astype(object)
    frame.attrs |= {"label": label, "notes": notes}
    order = ordinal_order(classes)
    if order is not None:
        frame.attrs["order"] = order
    return frame
