"""The result of an off-policy evaluation: table, overlap, verdicts; as text, HTML, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._html import esc
from routelab._html import table as html_table
from routelab.off_policy._figures import ESTIMATORS, Figures
from routelab.off_policy._log import Logged
from routelab.off_policy.estimators import effective_sample_size

#: The estimator whose difference to the log makes the verdict.
JUDGE = "DR"


@dataclass(frozen=True)
class OffPolicyResult:
    """A policy's quality and cost on a log of another one's random choices.

    Attributes
    ----------
    table : DataFrame
        A row per estimator (IPS, SNIPS, DM, DR, Switch-DR): `quality` with its 95 % interval
        `quality_low`, `quality_high`, and `quality_difference` to the log's own mean with
        `quality_difference_low`, `quality_difference_high`; the same of `cost` (USD per request)
        when the log has one.
    logged : dict of str to float
        The log's own mean quality and cost.
    overlap : DataFrame
        A row per model: `rows` and `log_share` of the log, `policy_share`, `weighted_share` (what
        the weights make of the log: the policy's share but for chance), `least_propensity`,
        `max_weight`, `ess` of its rows.
    weights : array (n,)
        Not truncated.
    chosen : array of str (n,)
        The model that the log chose.
    n, units : int
        Rows and independent units of the log.
    unit : str or None
        Column of the units; None: every row.
    ess : float
        Effective sample size of the units' weights.
    max_weight : float
    clip, switch : float or None
        Weights above are truncated in IPS, SNIPS and DR, or left to the model in Switch-DR; None:
        never.
    clipped_share, switched_share : float
        Shares of the rows with weights above.
    notes : tuple of str
    """

    table: pd.DataFrame
    logged: dict[str, float]
    overlap: pd.DataFrame
    weights: np.ndarray
    chosen: np.ndarray
    n: int
    units: int
    unit: str | None
    ess: float
    max_weight: float
    clip: float | None
    clipped_share: float
    switch: float | None
    switched_share: float
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    @property
    def verdicts(self) -> dict[str, str]:
        """A sentence per outcome, by the doubly robust difference: higher, lower, not resolved."""
        return {what: self._verdict(what) for what in self.logged}

    def _found(self, estimator: str, start: str) -> list[float]:
        """Return an estimate and the ends of its interval."""
        columns = [start, f"{start}_low", f"{start}_high"]
        return self.table.loc[[estimator], columns].to_numpy(float)[0].tolist()

    def _verdict(self, what: str) -> str:
        middle, low, high = self._found(JUDGE, f"{what}_difference")
        word = "higher" if low > 0 else "lower" if high < 0 else "not resolved"
        return (
            f"{word}: {middle:+.4g} against the log's own {self.logged[what]:.4g} "
            f"({low:+.4g} to {high:+.4g}, {JUDGE})."
        )

    @property
    def summary(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("n", "units", "unit", "ess", "max_weight", "clip", "clipped_share", "switch")
        return {
            "table": self.table.reset_index().to_dict("records"),
            "logged": self.logged,
            "verdicts": self.verdicts,
            **{name: getattr(self, name) for name in names},
            "switched_share": self.switched_share,
            "overlap": self.overlap.reset_index().to_dict("records"),
            "notes": list(self.notes),
        }

    def _head(self) -> list[str]:
        by = f"{self.units:,} units ({self.unit})" if self.unit else "every row a unit"
        lines = [
            f"{self.n:,} rows, {by}; effective sample size {self.ess:,.1f}, "
            f"greatest weight {self.max_weight:.4g}"
        ]
        clipped = "weights are not truncated"
        if self.clip is not None:
            clipped = (
                f"weights above {self.clip:.4g} are truncated to it in IPS, SNIPS and DR: "
                f"{self.clipped_share:.2%} of the rows"
            )
        switched = ""
        if self.switch is not None:
            switched = (
                f"; Switch-DR leaves weights above {self.switch:.4g} to the model: "
                f"{self.switched_share:.2%}"
            )
        return [*lines, clipped + switched]

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        head = ["estimator"]
        for what in self.logged:
            head += [what, "95 % interval", "against the log", "95 % interval"]
        rows = []
        for name in ESTIMATORS:
            row = [name]
            for what in self.logged:
                for start, sign in ((what, ""), (f"{what}_difference", "+")):
                    middle, low, high = self._found(name, start)
                    row += [f"{middle:{sign}.4g}", f"{low:{sign}.4g} to {high:{sign}.4g}"]
            rows.append(row)
        own = ["the log"]
        for what in self.logged:
            own += [f"{self.logged[what]:.4g}", "", "", ""]
        return head, [*rows, own]

    def _models(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                str(row.Index),
                f"{row.log_share:.1%}",
                f"{row.policy_share:.1%}",
                f"{row.weighted_share:.1%}",
                f"{row.least_propensity:.4g}",
                f"{row.max_weight:.4g}",
                f"{row.ess:,.1f}",
            ]
            for row in self.overlap.itertuples()
        ]
        head = ["model", "log", "policy", "weighted", "least propensity", "max weight", "ESS"]
        return head, rows

    def _tail(self) -> list[str]:
        return [f"{what}: {verdict}" for what, verdict in self.verdicts.items()]

    def __str__(self) -> str:
        blocks = [*self._head(), "", *_columns(*self._cells()), "", *_columns(*self._models()), ""]
        return "\n".join([*blocks, *self._tail(), *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        first, rule = self._head()
        items = "".join(f"<li>{esc(line)}</li>" for line in [*self._tail(), *self.notes])
        estimates, models = html_table(*self._cells(), rule), html_table(*self._models(), "Overlap")
        return f"<p>{esc(first)}</p>{estimates}{models}<ul>{items}</ul>"


def _columns(head: list[str], rows: list[list[str]]) -> list[str]:
    cells = [head, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def result_table(found: dict[str, Figures]) -> pd.DataFrame:
    """Return a row per estimator, and the columns of each outcome."""
    columns: dict[str, list[float]] = {}
    for what, figure in found.items():
        for start, parts in ((what, figure.value), (f"{what}_difference", figure.difference)):
            columns[start] = [parts[name].value for name in ESTIMATORS]
            columns[f"{start}_low"] = [parts[name].low for name in ESTIMATORS]
            columns[f"{start}_high"] = [parts[name].high for name in ESTIMATORS]
    return pd.DataFrame(columns, index=pd.Index(ESTIMATORS, name="estimator"))


def overlap_table(log: Logged, policy: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Return how the policy's choices overlap with those of the log, a row per model."""
    rows = []
    for number in range(len(log.models)):
        mine = log.chosen == number
        rows.append(
            {
                "rows": int(mine.sum()),
                "log_share": float(mine.mean()),
                "policy_share": float(policy[:, number].mean()),
                "weighted_share": float(weights[mine].sum() / len(log)),
                "least_propensity": float(log.propensity[mine].min()) if mine.any() else np.nan,
                "max_weight": float(weights[mine].max()) if mine.any() else 0.0,
                "ess": effective_sample_size(np.bincount(log.units[mine], weights[mine]))
                if mine.any()
                else 0.0,
            }
        )
    return pd.DataFrame(rows, index=pd.Index(log.models, name="model"))
