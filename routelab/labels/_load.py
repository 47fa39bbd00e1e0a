"""`read_labels`: find the format, account for every row, put files together."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.labels._order import ordinal_order
from routelab.labels.readers import LABEL_READERS, ParsedLabels, detect
from routelab.labels.readers.clinc150 import expand
from routelab.reading.choose import check_format
from routelab.reading.files import Rows, read_rows
from routelab.reading.paths import PathLike, find_files, read_each
from routelab.reading.report import Reject, Report
from routelab.reading.unpack import read_bytes

_SPLIT = re.compile(r"(?:^|[_.\-])(train|test|dev|val|valid|validation)(?=$|[_.\-])", re.IGNORECASE)
_COLUMNS = ("prompt", "label", "group", "weight", "split", "language", "form", "annotator")


def read_labels(
    path: PathLike | Iterable[PathLike],
    label: str | None = None,
    *,
    prompt: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    groups: PathLike | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    r"""Read labelled prompts.

    Parameters
    ----------
    path : path or list of paths
        A file, a folder or a pattern; several files make one set, and `split` is taken from their
        names (``train.csv``, ``test.csv``). CSV (also with ``;``), JSON, JSONL or Parquet,
        ``.gz`` and ``.zst`` too.
    label, prompt : str, optional
        Names of the columns. Default: those of the format, or the first of the usual names.
    format : str, optional
        Name of a reader (``routelab.labels.LABEL_READERS.names()``). Default: found from the
        content.
    encoding : str, optional
        Of the text. Default: UTF-8, and cp1252 where that fails (with a warning).
    groups : path or mapping, optional
        Label to group, such as CLINC150's ``domains.json`` (a list of labels per group): becomes
        the column `group`.

    Returns
    -------
    DataFrame of shape (n_prompts, >= 2)
        `prompt` and `label` (text), and `group`, `weight` (float64), `split`, `language`, `form`,
        `annotator` where the file has them. ``frame.attrs["order"]`` lists ordinal labels from low
        to high (low/medium/high, numbers, "Level 1"..) and is absent for others;
        ``frame.attrs["label"]`` names the column that was read; ``frame.attrs["notes"]`` lists the
        report's warnings, ``frame.attrs["report"]`` is the report as plain data.

    Raises
    ------
    InputError
        No usable column, not one row with a prompt and a label, or fewer than two classes.

    Notes
    -----
    Rows without a prompt or a label are left out and kept in the report, which
    :func:`routelab.load_labels` returns with their text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.csv")
    >>> _ = path.write_text("text,complexity\nhello,low\nprove it,high\n")
    >>> frame = read_labels(path)
    >>> list(frame.label), frame.attrs["order"]
    (['low', 'high'], ['low', 'high'])
    """
    frame, report = load_labels(
        path, label, prompt=prompt, format=format, encoding=encoding, groups=groups
    )
    classes = frame["label"].unique()
    if len(classes) < 2:
        left_out = ""
        if report.rejects:
            left_out = f" ({len(report.rejects)} rows are left out; first: {report.rejects[0]})"
        raise InputError(
            f"{find_files(path)[0][0]}: a router needs at least two classes in "
            f"{frame.attrs['label']!r}; all {len(frame)} rows are {classes[0]!r}{left_out}"
        )
    return frame


def load_labels(
    path: PathLike | Iterable[PathLike],
    label: str | None = None,
    *,
    prompt: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    groups: PathLike | Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, Report]:
    r"""Read labelled prompts and the account of every row.

    Parameters
    ----------
    path, label, prompt, format, encoding, groups
        As for :func:`routelab.read_labels`.

    Returns
    -------
    frame : DataFrame
        As of :func:`routelab.read_labels`, here also of one class only.
    report : Report
        Kind ``"labels"``; `rejects` keeps rows that could not be read, as they stood in the file.

    Raises
    ------
    InputError
        No usable column, or not one row with a prompt and a label.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.csv")
    >>> _ = path.write_text("text,label\nhello,a\nwhy,\nyes,b\n")
    >>> frame, report = load_labels(path)
    >>> len(frame), [(reject.line, reject.reason) for reject in report.rejects]
    (2, [(3, 'no label')])
    """
    if format is not None:
        LABEL_READERS[format]
    named_groups = _groups(groups) if groups is not None else None
    parts, skipped = read_each(
        path, "label file", lambda name: _read_one(name, label, prompt, format, encoding)
    )
    if len(parts) > 1:
        _add_splits(parts)
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    frame = frame[[name for name in _COLUMNS if name in frame]]
    if named_groups is not None:
        frame["group"] = frame["label"].map(named_groups).astype("string")
    rejects = [reject for part in parts for reject in part.rejects]
    if frame.empty:
        where = str(rejects[0]) if rejects else str(path)
        raise InputError(f"{where} (there is not one row with a prompt and a label)")
    report = _report(parts, frame, rejects, skipped)
    return _finish(frame, parts[0].label, report), report


@dataclass
class _Part:
    """One file."""

    path: str
    frame: pd.DataFrame
    label: str
    format: str
    rows: int
    rejects: list[Reject]
    warnings: list[str]


def _read_one(
    path: str, label: str | None, prompt: str | None, format: str | None, encoding: str | None
) -> _Part:
    rows, warnings = read_label_rows(path, encoding)
    name = format or detect(rows) or "generic"
    rows = parseable(rows, name)
    reader = LABEL_READERS[name]()
    if format is not None:
        check_format(rows, name, reader)
    parsed = reader.parse(rows, label, prompt)
    frame = usable(parsed)
    rejects = [
        Reject(path, int(rows.lines[row]), reason, rows.raw(row))
        for row, reason in parsed.refused.items()
    ]
    rejects = sorted([*rows.rejects, *rejects], key=lambda reject: reject.line)
    count = len(rows) + len(rows.rejects)
    return _Part(path, frame, parsed.label, name, count, rejects, warnings + parsed.warnings)


def read_label_rows(path: str, encoding: str | None) -> tuple[Rows, list[str]]:
    """Read as UTF-8, or, where that fails, as cp1252."""
    rows = read_rows(path, encoding=encoding or "utf-8", what="label file")
    broken = [r for r in rows.rejects if r.reason == "not UTF-8 text"]
    if encoding is not None or not broken:
        return rows, []
    try:
        again = read_rows(path, encoding="cp1252", what="label file")
    except InputError:
        return rows, []
    return again, [f"{broken[0].file}: not UTF-8 (first: line {broken[0].line}), read as cp1252"]


def parseable(rows: Rows, name: str) -> Rows:
    """Return the rows that the reader called `name` parses: of CLINC150 one per prompt."""
    if name == "clinc150" and rows.kind == "json" and LABEL_READERS[name]().sniff(rows):
        return expand(rows)
    return rows


def usable(parsed: ParsedLabels) -> pd.DataFrame:
    """Return the rows that have a prompt and a label; the others are refused with a reason."""
    frame = parsed.frame
    if "weight" in frame:
        frame["weight"] = _weights(frame, parsed)
    blank = frame["prompt"].str.strip().fillna("").eq("").to_numpy()
    unlabelled = frame["label"].isna().to_numpy()
    for mask, reason in ((blank, "the prompt is empty"), (unlabelled, "no label")):
        for line in np.flatnonzero(mask):
            parsed.refused.setdefault(int(parsed.origin[line]), reason)
    return frame[~np.isin(parsed.origin, list(parsed.refused))].reset_index(drop=True)


def _weights(frame: pd.DataFrame, parsed: ParsedLabels) -> pd.Series:
    weights = pd.to_numeric(frame["weight"].astype(object), errors="coerce").astype("float64")
    for line in np.flatnonzero(~(weights >= 0) | np.isinf(weights)):
        value = frame["weight"].iloc[line]
        reason = f"'weight' must be a number >= 0, got {value!r}"
        parsed.refused.setdefault(int(parsed.origin[line]), reason)
    return weights


def _add_splits(parts: list[_Part]) -> None:
    """Take the split from the files' names where a name says it and the file does not."""
    found = [_SPLIT.search(Path(part.path).name.split(".")[0]) for part in parts]
    for part, split in zip(parts, found, strict=True):
        if split is not None and "split" not in part.frame:
            part.frame["split"] = pd.Series(split[1].lower(), part.frame.index, dtype="string")


def _groups(groups: PathLike | Mapping[str, str]) -> dict[str, str]:
    if isinstance(groups, Mapping):
        return dict(groups)
    try:
        found = json.loads(read_bytes(groups, "file of groups"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{os.fspath(groups)}: not valid JSON: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(v, list) for v in found.values()):
        raise InputError(f"{os.fspath(groups)}: groups are a JSON object of lists of labels")
    return {str(label): str(group) for group, labels in found.items() for label in labels}


def _report(
    parts: list[_Part], frame: pd.DataFrame, rejects: list[Reject], skipped: list[str]
) -> Report:
    warnings = [*skipped, *(text for part in parts for text in part.warnings)]
    repeated = frame[frame["prompt"].duplicated(keep=False)]
    if len(repeated):
        again = int(frame["prompt"].duplicated().sum())
        split = int((repeated.groupby("prompt")["label"].nunique() > 1).sum())
        warnings.append(f"{again} prompts repeat another; {split} of them with different labels")
    if frame["label"].nunique() == 1:
        warnings.append(f"all rows are {frame['label'].iloc[0]!r}: a router needs two classes")
    if rejects:
        first = f"{rejects[0].file}:{rejects[0].line}"
        warnings.append(
            f"{len(rejects)} rows without a usable prompt or label left out (first: {first})"
        )
    rows = sum(part.rows for part in parts)
    return Report(
        format=", ".join(dict.fromkeys(part.format for part in parts)),
        rows_read=rows,
        rows_accepted=rows - len(rejects),
        rejects=rejects,
        warnings=warnings,
        coverage={name: float(frame[name].notna().mean()) for name in frame.columns},
        kind="labels",
        items=len(frame),
    )


def _finish(frame: pd.DataFrame, label: str, report: Report) -> pd.DataFrame:
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.StringDtype) and not frame[name].isna().any():
            frame[name] = frame[name].astype(object)
    frame.attrs |= {"label": label, "notes": report.warnings, "report": report.to_dict()}
    order = ordinal_order(frame["label"].unique())
    if order is not None:
        frame.attrs["order"] = order
    return frame
