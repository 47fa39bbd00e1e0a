"""The result of a comparison: table, verdicts, slices, errors, alarms; as text and on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from routelab._checks import atomic_folder
from routelab.evaluate import _text
from routelab.evaluate._comparison_files import read_comparison, write_comparison
from routelab.evaluate.alarms import Alarm


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
    scores : DataFrame
        Row number of the evaluated prompt x router: how sure it was, held out like `predictions`;
        NaN where it says nothing of it, or abstained. Labels: the probability of its answer.
        Outcomes of two models: its score of the need of the strong one; else empty.
    judged : DataFrame
        What is known of each evaluated prompt. Labels: `truth`. Outcomes of two models: `quality`
        and `cost` of the weak one, then of the strong one, as ``"quality NAME"``; else empty.
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
    scores: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    judged: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

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
            Holds ``comparison.json``, a Parquet file per table, and ``table.csv`` for readers; no
            prompt. File names are numbers: names of routers never become paths.

        Raises
        ------
        InputError
            The folder holds something already.
        """
        with atomic_folder(folder, force=force) as target:
            write_comparison(self, target)
        return Path(folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote. Labels come back as text.

        Raises
        ------
        InputError
            When a file is missing or broken.
        """
        return cls(**read_comparison(folder))
