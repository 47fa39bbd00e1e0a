"""The result of an A/B test: table, verdicts; as text, as HTML, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._html import esc
from routelab._html import table as html_table
from routelab.experiments.sample_ratio import SampleRatio, told_p


@dataclass(frozen=True)
class SplitResult:
    """The arms of a split against its control.

    Attributes
    ----------
    table : DataFrame
        One row per arm other than the control: `control`, `estimate`, `control_estimate`,
        `difference` with `low` and `high`, `relative` (0.1: a tenth more) with `relative_low` and
        `relative_high` (infinite when the control cannot be told from 0), `p`, `p_holm`, `units`,
        `requests` (and those of the control), `sd` of one unit's value (and `control_sd`) to plan
        the next test with.
    metric, kind, unit, denominator, method, alpha
        As asked for.
    tuned_for : int or None
        Units at which a sequential interval is narrowest.
    sample_ratio : SampleRatio or None
        None when no shares were expected.
    notes : tuple of str
        What was left out, and what to know.
    """

    table: pd.DataFrame
    metric: str
    kind: str
    unit: str | None
    denominator: str | None
    method: str
    alpha: float
    tuned_for: int | None
    sample_ratio: SampleRatio | None
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    @property
    def verdicts(self) -> dict[str, str]:
        """A sentence per arm: higher, lower, or not resolved.

        Whether higher is better depends on the metric, and is left to the reader.
        """
        return {str(row.Index): self._verdict(row) for row in self.table.itertuples()}

    def _verdict(self, row: Any) -> str:
        found = row.p_holm < self.alpha
        word = ("higher" if row.difference > 0 else "lower") if found else "not resolved"
        if self.sample_ratio is not None and self.sample_ratio.alarm:
            word = "not to be trusted (sample ratio mismatch)"
        percent = f"{row.relative:+.1%}" if np.isfinite(row.relative) else "no relative figure"
        if np.isfinite(row.relative_low):
            percent += f", {row.relative_low:+.1%} to {row.relative_high:+.1%}"
        after = f" after Holm for {len(self.table)} arms" if len(self.table) > 1 else ""
        return (
            f"{word}: {row.difference:+.4g} against {row.control} ({row.low:+.4g} to "
            f"{row.high:+.4g}; {percent}), {told_p(row.p_holm)}{after}."
        )

    @property
    def summary(self) -> dict[str, Any]:
        """Plain values for JSON; what is infinite or missing is None."""
        ratio = self.sample_ratio
        checked = None
        if ratio is not None:
            checked = {"p": ratio.p, "alarm": ratio.alarm, "counts": ratio.counts}
            checked["expected"] = ratio.expected
        names = ("metric", "kind", "unit", "denominator", "method", "alpha", "tuned_for")
        table = self.table.replace([np.inf, -np.inf], np.nan).reset_index()
        return {
            "sample_ratio": checked,
            **{name: getattr(self, name) for name in names},
            "table": table.astype(object).where(table.notna(), None).to_dict("records"),
            "verdicts": self.verdicts,
            "notes": list(self.notes),
        }

    def _head(self) -> list[str]:
        """Return the sample ratio, which comes first, and what the figures are."""
        first = "sample ratio: not checked, no expected shares were given"
        if self.sample_ratio is not None:
            first = str(self.sample_ratio)
        per = f" per {self.denominator}" if self.denominator else ""
        per = per or ("" if self.kind == "binary" else " per request")
        by = f"units: {self.unit}" if self.unit else "every request a unit"
        level = f"{100 * (1 - self.alpha):.4g} %"
        what = f"{level} intervals for one look"
        if self.tuned_for is not None:
            what = f"{level} intervals for any number of looks"
            what += f" (narrowest at {self.tuned_for:,} units)"
        return [first, f"{self.metric}{per} ({self.kind}), {by}; {what}"]

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        first = self.table.iloc[0]
        rows = [
            [
                str(first["control"]),
                f"{first['control_estimate']:.4g}",
                *("–", "–", "–", "–"),
                f"{first['control_units']:,}",
                f"{first['control_requests']:,}",
            ]
        ]
        row: Any
        for row in self.table.itertuples():
            rows.append(
                [
                    str(row.Index),
                    f"{row.estimate:.4g}",
                    f"{row.difference:+.4g}",
                    f"{row.low:+.4g}",
                    f"{row.high:+.4g}",
                    told_p(row.p_holm).removeprefix("p ").removeprefix("= "),
                    f"{row.units:,}",
                    f"{row.requests:,}",
                ]
            )
        return ["arm", "estimate", "difference", "low", "high", "p", "units", "requests"], rows

    def __str__(self) -> str:
        head, rows = self._cells()
        cells = [head, *rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
        lines = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in cells
        ]
        verdicts = [f"{name}: {verdict}" for name, verdict in self.verdicts.items()]
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([*self._head(), "", *lines, "", *verdicts, *notes])

    def _repr_html_(self) -> str:
        head, rows = self._cells()
        first, what = self._head()
        alarm = self.sample_ratio is not None and self.sample_ratio.alarm
        top = f"<p><strong>{esc(first)}</strong></p>" if alarm else f"<p>{esc(first)}</p>"
        tail = [f"{name}: {verdict}" for name, verdict in self.verdicts.items()]
        items = "".join(f"<li>{esc(line)}</li>" for line in [*tail, *self.notes])
        return f"{top}{html_table(head, rows, what)}<ul>{items}</ul>"
