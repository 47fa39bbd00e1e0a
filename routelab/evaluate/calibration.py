"""The result of a calibration: the setting, what it does on other prompts, and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab._html import esc, table
from routelab.evaluate._estimates import Estimate, number

WORDS = {True: "met", False: "not met", None: "not resolved"}


class TargetRefused(InputError):
    """The target cannot be reached, or the data cannot tell it from no calibration at all.

    Attributes
    ----------
    needed : int or None
        How many prompts (for traffic: days, hours or minutes) in all would resolve it; None where
        no number would.
    """

    def __init__(self, message: str, needed: int | None = None):
        super().__init__(message)
        self.needed = needed


@dataclass(frozen=True)
class Calibration:
    """A router's setting, fitted to a target on one part of the data and judged on the other.

    Attributes
    ----------
    target : str
        Such as ``"quality>=0.9"``.
    setting : str
        What was tuned: "lam", "threshold" (least share of the strong answer), "last cut"
        (`CostThresholds`) or "abstain threshold".
    value : float
    strong : label or None
        The answer whose share counts; None for a precision.
    n_fit, n_report : int
        Prompts or requests of either part.
    unit : str
        What the bootstrap draws: "prompts" (repeats and groups whole), "days", "hours", "minutes".
    fitted, reported : float
        The target's figure on either part.
    low, high : float
        95 % interval of `reported`.
    met : bool or None
        None: not resolved, the interval holds the target.
    figures : DataFrame
        Index: the target's figure, then the others; `fitted`, `reported`, `low`, `high`. USD per
        prompt or per day.
    curve : DataFrame
        Every setting that changes an answer on the fitting part, from the most generous on: `value`
        and the figures there.
    router : estimator
        A copy of the router with the setting applied; what it had learnt is unchanged.
    notes : list of str
        What a reader must know: prompts left out, how the parts were made.
    """

    target: str
    setting: str
    value: float
    strong: Any
    n_fit: int
    n_report: int
    unit: str
    fitted: float
    reported: float
    low: float
    high: float
    met: bool | None
    figures: pd.DataFrame
    curve: pd.DataFrame = field(repr=False)
    router: Any = field(repr=False)
    notes: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The answer as one sentence."""
        found = Estimate(self.reported, self.low, self.high)
        text = (
            f"{WORDS[self.met]}: {self.setting} = {self.value:.6g} gives {self.figures.index[0]} "
            f"{found if math.isfinite(self.reported) else 'nothing to count'} on "
            f"{self.n_report:,} other {'prompts' if self.unit == 'prompts' else 'requests'}; "
            f"the target is {self.target}"
        )
        if self.met is None and math.isfinite(self.reported):
            text += f"; a margin above {number(found.half_width)} leaves room for the noise"
        return f"{text}."

    def to_frame(self) -> pd.DataFrame:
        """Return the figures at the setting on both parts, a row each."""
        return self.figures.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: what is not known is None."""
        rows = self.figures.astype(object).where(self.figures.notna(), None)
        return {
            "target": self.target,
            "setting": self.setting,
            "value": self.value,
            "strong": None if self.strong is None else str(self.strong),
            "n_fit": self.n_fit,
            "n_report": self.n_report,
            "unit": self.unit,
            "met": self.met,
            "verdict": self.verdict,
            "figures": rows.to_dict(orient="index"),
            "notes": list(self.notes),
        }

    def _cells(self) -> list[list[str]]:
        return [
            [str(name), *("" if math.isnan(x) else number(float(x)) for x in row)]
            for name, *row in self.figures.itertuples()
        ]

    def _lines(self) -> list[str]:
        told = "".join(c if c.isprintable() else " " for c in self.verdict)
        return [told, *(f"note: {note}" for note in self.notes)]

    def __str__(self) -> str:
        rows = [["", *self.figures.columns], *self._cells()]
        wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, wide, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, "", *self._lines()])

    def _repr_html_(self) -> str:
        head = ["figure", *self.figures.columns]
        told = "".join(f"<li>{esc(line)}</li>" for line in self._lines())
        return f"{table(head, self._cells())}<ul>{told}</ul>"
