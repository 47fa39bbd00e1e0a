"""A comparison on disk: one JSON file, a Parquet file per table, and no prompt."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, existing_file
from routelab.evaluate.alarms import Alarm

if TYPE_CHECKING:
    from routelab.evaluate.comparison import Comparison

_FACTS = "comparison.json"
#: Columns whose values are labels, which are written as text.
_LABELS = ("truth", "answer")


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write every part into an empty folder.

    Labels and names of routers are columns of some tables. They stand in the JSON file, and the
    columns are numbered, so that no name is mistaken for another or for a number.
    """
    confusion = {name: _numbered(table) for name, table in comparison.confusion.items()}
    predictions = comparison.predictions.map(_as_text)
    tables = {
        "table": comparison.table,
        "slices": comparison.slices,
        "errors": comparison.errors.assign(
            **{c: comparison.errors[c].map(_as_text) for c in _LABELS if c in comparison.errors}
        ),
        "predictions": _numbered(predictions),
        "scores": _numbered(comparison.scores),
        "judged": _numbered(
            comparison.judged.assign(
                **{c: comparison.judged[c].map(_as_text) for c in comparison.judged if c == "truth"}
            )
        ),
        **{f"curve_{i}": curve for i, curve in enumerate(comparison.curves.values())},
        **{f"confusion_{i}": counts for i, counts in enumerate(confusion.values())},
    }
    facts = {
        "kind": comparison.kind,
        "n": comparison.n,
        "resolution": comparison.resolution if np.isfinite(comparison.resolution) else None,
        "verdicts": comparison.verdicts,
        "notes": comparison.notes,
        "alarms": [asdict(alarm) for alarm in comparison.alarms],
        "routers": [str(name) for name in predictions.columns],
        "scores": [str(name) for name in comparison.scores.columns],
        "judged": [str(name) for name in comparison.judged.columns],
        "curves": list(comparison.curves),
        "confusion": [
            [name, [str(x) for x in table.index], [str(x) for x in table.columns]]
            for name, table in comparison.confusion.items()
        ],
    }
    for stem, table in tables.items():
        table.reset_index(drop=True).to_parquet(folder / f"{stem}.parquet")
    comparison.table.to_csv(folder / "table.csv", index=False)
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / _FACTS).write_text(text, encoding="utf-8")


def read_comparison(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the fields of the comparison in a folder.

    Raises
    ------
    InputError
        When a file is missing or broken.
    """
    path = existing_file(Path(folder) / _FACTS, "comparison")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))

        def read(stem: str) -> pd.DataFrame:
            return pd.read_parquet(path.parent / f"{stem}.parquet")

        confusion = {}
        for number, (name, truth, said) in enumerate(facts["confusion"]):
            table = read(f"confusion_{number}").set_axis(said, axis=1).set_axis(truth, axis=0)
            confusion[name] = table.rename_axis(index="truth", columns="predicted")
        predictions = read("predictions").set_axis(facts["routers"], axis=1)
        return {
            "kind": facts["kind"],
            "table": read("table"),
            "verdicts": facts["verdicts"],
            "curves": {name: read(f"curve_{i}") for i, name in enumerate(facts["curves"])},
            "confusion": confusion,
            "predictions": predictions.set_axis(pd.RangeIndex(len(predictions), name="prompt")),
            "resolution": float("nan") if facts["resolution"] is None else facts["resolution"],
            "n": facts["n"],
            "notes": facts["notes"],
            "slices": read("slices"),
            "errors": read("errors"),
            "alarms": [Alarm(**alarm) for alarm in facts["alarms"]],
            **{
                part: read(part).set_axis(facts[part], axis=1).rename_axis("prompt")
                for part in ("scores", "judged")
                if part in facts  # folders of before have neither
            },
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{str(folder)!r} is not a complete comparison: {error}") from error


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis([str(i) for i in range(table.shape[1])], axis=1)


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)
