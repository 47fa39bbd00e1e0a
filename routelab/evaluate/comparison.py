"""The result of a comparison: table, verdicts, curves; as text, as HTML, on disk."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError, atomic_folder, existing_file

#: Columns of the table that the printed form shows, as far as they are there.
SHOWN = (
    "name",
    "accuracy",
    "quality",
    "low",
    "high",
    "macro_f1",
    "within_one",
    "spearman",
    "cost",
    "strong_share",
    "apgr",
    "aiq",
    "difference",
    "diff_low",
    "diff_high",
    "p_holm",
    "verdict",
)


@dataclass(frozen=True)
class Comparison:
    """Routers side by side with controls, intervals and a verdict.

    Attributes
    ----------
    kind : {"labels", "outcomes"}
    table : DataFrame
        One row per router, then per control: `name`, `accuracy` or `quality` with its 95 %
        interval `low`, `high`; further figures; `difference` to `best_control` with `diff_low`,
        `diff_high`; `p_holm`; `is_control`; `verdict`. Costs are mean USD per prompt.
    verdicts : dict of str to str
        A sentence per router.
    curves : dict of str to DataFrame
        Outcomes only: `cost`, `quality`, `low`, `high`. With two models `cost` is the share of
        calls to the strong one, else mean USD per prompt.
    confusion : dict of str to DataFrame
        Labels only: truth in rows, answers in columns.
    predictions : DataFrame
        Row number of the evaluated prompt x router.
    resolution : float
        The smallest difference to a control, in the unit of `difference`, that this many prompts
        resolve at 95 %: half the width of its interval, median over routers. NaN without routers.
    n : int
        Prompts evaluated.
    notes : list of str
        What a reader must know: leakage, left-out prompts, missing costs.
    """

    kind: Literal["labels", "outcomes"]
    table: pd.DataFrame
    verdicts: dict[str, str]
    curves: dict[str, pd.DataFrame]
    confusion: dict[str, pd.DataFrame]
    predictions: pd.DataFrame
    resolution: float
    n: int
    notes: list[str] = field(default_factory=list)

    def _cells(self) -> list[list[str]]:
        columns = [c for c in SHOWN if c in self.table and self.table[c].notna().any()]
        rows = [[_text(row[c]) for c in columns] for _, row in self.table.iterrows()]
        return [columns, *rows]

    def _tail(self) -> list[str]:
        lines = [f"{name}: {verdict}" for name, verdict in self.verdicts.items()]
        lines.append(
            f"{self.n} prompts resolve a difference of {self.resolution:.3g} at 95 %."
            if np.isfinite(self.resolution)
            else f"{self.n} prompts."
        )
        return lines + [f"note: {note}" for note in self.notes]

    def to_markdown(self) -> str:
        """Return the table and the verdicts as Markdown."""
        head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in self._cells()]
        table = [head, ["---"] * len(head), *rows]
        lines = ["| " + " | ".join(row) + " |" for row in table]
        return "\n".join([*lines, "", *(f"- {_line(text)}" for text in self._tail())]) + "\n"

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if i in (0, len(row) - 1) else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        return "\n".join([*lines, "", *map(_line, self._tail())])

    def _repr_html_(self) -> str:
        head, *rows = self._cells()
        top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        tail = "".join(f"<li>{html.escape(text)}</li>" for text in self._tail())
        return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table><ul>{tail}</ul>"

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the comparison into a folder, all of it or nothing.

        Parameters
        ----------
        folder : path
            Must be new or empty unless `force` is set.
        force : bool, default False
            Replace the folder.

        Returns
        -------
        Path
            Holds ``comparison.json``, ``table.csv``, ``predictions.csv`` and a CSV per curve and
            confusion. File names are numbers: names of routers never become paths.
        """
        with atomic_folder(folder, force=force) as target:
            frames = {"table": self.table, "predictions": self.predictions}
            index: dict[str, dict[str, str]] = {"curves": {}, "confusion": {}}
            for part, entries in (("curves", self.curves), ("confusion", self.confusion)):
                for number, (name, frame) in enumerate(entries.items()):
                    index[part][name] = f"{part}_{number}"
                    frames[f"{part}_{number}"] = frame
            for stem, frame in frames.items():
                frame.to_csv(target / f"{stem}.csv", index=stem not in ("table",))
            facts = {
                "kind": self.kind,
                "n": self.n,
                "resolution": self.resolution if np.isfinite(self.resolution) else None,
                "verdicts": self.verdicts,
                "notes": self.notes,
                **index,
            }
            text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
            (target / "comparison.json").write_text(text, encoding="utf-8")
        return Path(folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote. Labels come back as text.

        Raises
        ------
        InputError
            When a file is missing or broken.
        """
        path = existing_file(Path(folder) / "comparison.json", "comparison")
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))

            def read(stem: str, **options: Any) -> pd.DataFrame:
                if Path(stem).name != stem:
                    raise ValueError(f"{stem!r} is not the name of a file")
                return pd.read_csv(
                    path.parent / f"{stem}.csv", keep_default_na=False, na_values=[""], **options
                )

            return cls(
                kind=facts["kind"],
                table=read("table", dtype={"name": str}),
                verdicts=facts["verdicts"],
                curves={k: read(v, index_col=0) for k, v in facts["curves"].items()},
                confusion={
                    k: read(v, dtype={"truth": str})
                    .set_index("truth")
                    .rename_axis(columns="predicted")
                    for k, v in facts["confusion"].items()
                },
                predictions=read("predictions", dtype=str)
                .astype({"prompt": int})
                .set_index("prompt"),
                resolution=float("nan") if facts["resolution"] is None else facts["resolution"],
                n=facts["n"],
                notes=facts["notes"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{str(folder)!r} is not a complete comparison: {error}") from error


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _line(value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.4f}" if number == 0 or abs(number) >= 1e-3 else f"{number:.3g}"
    return str(value)


def _line(text: str) -> str:
    """Return the text on one line, without control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)
