"""The result of a comparison with hindsight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from routelab._html import esc
from routelab._html import table as html_table
from routelab._words import dollars
from routelab.plan import Plan


@dataclass(frozen=True)
class Regret:
    """How far a replay was from the best allocation in hindsight.

    Attributes
    ----------
    plan : Plan
    objective : {"quality", "cost"}
        What `achieved`, `optimum` and `bound` measure: total quality, or USD.
    limits : {"plan", "spent"}
    achieved : float
        By the replay, with each group at its cheapest deployment's price.
    optimum : float
        Of the linear programme. Some allocation attains it, whether `exact` or not.
    bound : float
        What no allocation passes: the Lagrangian at the shadow prices.
    exact : bool
        `optimum` and `bound` are equal, to 1 part in 10 million.
    n_requests, n_cells : int
    n_fractional : int or None
        Kinds of request that the optimum divides; None when it divides merged ones.
    integrality_bound : float or None
        Whole requests lose at most this much quality against divided ones; None for costs.
    groups : DataFrame, one row per group
        ``requests``, ``hindsight_requests``, ``spent_usd``, ``hindsight_usd``.
    accounts : DataFrame, one row per budget account and day
        ``budget``, ``day``, ``limit_usd``, ``spent_usd``, ``hindsight_usd``, ``shadow_price``:
        what one more USD that day would have brought in the objective.
    notes : tuple of str
    """

    plan: Plan
    objective: str
    limits: str
    achieved: float
    optimum: float
    bound: float
    exact: bool
    n_requests: int
    n_cells: int
    n_fractional: int | None
    integrality_bound: float | None
    groups: pd.DataFrame
    accounts: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def regret(self) -> float:
        """Quality forgone, or USD too much, against `optimum`.

        Below 0 when the replay passed limits that the hindsight keeps to.
        """
        gap = self.optimum - self.achieved
        return gap if self.objective == "quality" else -gap

    @property
    def regret_at_most(self) -> float:
        """The regret against `bound`."""
        gap = self.bound - self.achieved
        return gap if self.objective == "quality" else -gap

    @property
    def summary(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        names = (
            "objective", "limits", "achieved", "optimum", "bound", "regret", "regret_at_most",
            "exact", "n_requests", "n_cells", "n_fractional", "integrality_bound",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def _figures(self) -> list[tuple[str, str]]:
        def told(value: float) -> str:
            return f"{value:,.2f}" if self.objective == "quality" else dollars(value)

        what = "total quality" if self.objective == "quality" else "cost"
        share = _share(self.regret, max(self.optimum, self.achieved))
        rows = [
            (f"{what} of the replay", told(self.achieved)),
            ("best in hindsight", told(self.optimum)),
            (
                "regret",
                f"{told(self.regret)} ({share})",
            ),
        ]
        if not self.exact:
            rows.append(("regret at most", told(self.regret_at_most)))
        if self.integrality_bound is not None:
            rows.append(("whole requests lose at most", told(self.integrality_bound)))
        return rows

    def _group_rows(self) -> list[list[str]]:
        return [
            [str(name), f"{n:,.0f}", f"{best:,.0f}", dollars(usd), dollars(best_usd)]
            for name, n, best, usd, best_usd in self.groups.itertuples(name=None)
        ]

    def __str__(self) -> str:
        lines = [
            f"{self.n_requests:,} requests under {self.plan.name!r}, in {self.n_cells:,} kinds"
        ]
        lines += [f"{name:<28} {value}" for name, value in self._figures()]
        lines += [
            f"{name:<28} {n} -> {best} requests, {usd} -> {best_usd}"
            for name, n, best, usd, best_usd in self._group_rows()
        ]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        head = ["group", "requests", "in hindsight", "USD", "in hindsight"]
        notes = "".join(f"<li>{esc(note)}</li>" for note in self.notes)
        return (
            f"<h4>{esc(self.plan.name)}: regret in hindsight</h4>"
            + html_table(["", "value"], self._figures())
            + html_table(head, self._group_rows())
            + f"<ul>{notes}</ul>"
        )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else "–"
