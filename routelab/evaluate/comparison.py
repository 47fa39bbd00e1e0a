"""The result of a comparison: table, verdicts, slices, errors, alarms; as text and on disk."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError, atomic_folder, existing_file
from routelab.evaluate import _text
from routelab.evaluate.alarms import Alarm

_PLAIN = ("table", "slices", "errors")
_ERROR_NAMES = ("router", "truth", "answer", "chosen", "best")


@dataclass(frozen=True)
class Comparison:
    """Routers side by side with controls, intervals and a verdict.

    Attributes
    ----------
    kind : {"labels", "outcomes"}
    table : DataFrame
        One row per router, then per control: `name`, `accuracy` or `quality` with its 95 %
        interval `low`, `high`; further figures; `difference` to `best_control` (the control that
        decides) with `diff_low`, `diff_high`; `p_holm`; `is_control`; `verdict`. Costs are mean
        USD per prompt.
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
    slices : DataFrame
        A row per router and slice, see :func:`routelab.evaluate.slice_table`.
    errors : DataFrame
        A row per router and prompt that another answer would have served better: `router`,
        `prompt` (row number), and for labels `truth`, `answer`; for outcomes `chosen`, `quality`,
        `best`, `best_quality`.
    alarms : list of Alarm
        Signs of a router that is a constant, a coin or a mistake in disguise.
    prompts : list of str or None
        The judged prompts, in the order of the row numbers. They are never written: None after
        `load`.
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
    slices: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)
    alarms: list[Alarm] = field(default_factory=list)
    prompts: list[str] | None = field(default=None, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def to_markdown(self) -> str:
        """Return the table and the verdicts as Markdown."""
        return _text.markdown(_text.cells(self.table), self.sentences())

    def to_latex(self) -> str:
        r"""Return the table as LaTeX (``\usepackage{booktabs}``), the sentences as a list below."""
        return _text.latex(_text.cells(self.table), self.sentences())

    def sentences(self) -> list[str]:
        """Return what a reader must know in words: verdicts, resolution, alarms, slices, notes."""
        lines = [f"{name}: {verdict}" for name, verdict in self.verdicts.items()]
        lines.append(
            f"{self.n} prompts resolve a difference of {self.resolution:.3g} at 95 %."
            if np.isfinite(self.resolution)
            else f"{self.n} prompts."
        )
        lines += [f"alarm: {alarm}" for alarm in self.alarms]
        lines += _text.slice_sentences(self.slices)
        return lines + [f"note: {note}" for note in self.notes]

    def __str__(self) -> str:
        return _text.plain(_text.cells(self.table), self.sentences())

    def _repr_html_(self) -> str:
        return _text.html_table(_text.cells(self.table), self.sentences())

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
            Holds ``comparison.json``, ``table.csv``, ``slices.csv``, ``errors.csv``,
            ``predictions.csv`` and a CSV per curve and confusion, and no prompt. File names are
            numbers: names of routers never become paths.
        """
        with atomic_folder(folder, force=force) as target:
            frames = {"table": self.table, "predictions": self.predictions,
                      "slices": self.slices, "errors": self.errors}  # fmt: skip
            index: dict[str, dict[str, str]] = {"curves": {}, "confusion": {}}
            for part, entries in (("curves", self.curves), ("confusion", self.confusion)):
                for number, (name, frame) in enumerate(entries.items()):
                    index[part][name] = f"{part}_{number}"
                    frames[f"{part}_{number}"] = frame
            for stem, frame in frames.items():
                frame.to_csv(target / f"{stem}.csv", index=stem not in _PLAIN)
            facts = {
                "kind": self.kind,
                "n": self.n,
                "resolution": self.resolution if np.isfinite(self.resolution) else None,
                "verdicts": self.verdicts,
                "notes": self.notes,
                "alarms": [asdict(alarm) for alarm in self.alarms],
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
                slices=read("slices", dtype=dict.fromkeys(("router", "slice", "value"), str)),
                errors=read("errors", dtype=dict.fromkeys(_ERROR_NAMES, str)),
                alarms=[Alarm(**alarm) for alarm in facts["alarms"]],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{str(folder)!r} is not a complete comparison: {error}") from error
