"""The result of a forecast: distributions per day and over the horizon."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import atomic_folder
from routelab._html import esc
from routelab._html import table as html_table
from routelab._words import dollars
from routelab.forecasting._paths import MEASURES
from routelab.plan import Plan

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COLUMNS = ("mean", "q05", "q25", "q50", "q75", "q95")
_SHARES = ("degraded", "refused", "failed")


@dataclass(frozen=True)
class Forecast:
    """What the days may bring.

    Attributes
    ----------
    plan : Plan
    zone : str
        Whose days these are.
    days : tuple of str
        Forecast days, ``YYYY-MM-DD``.
    logged_days : tuple of str
        Full days of the log, from which they were drawn.
    names : tuple of (scope, name)
        ``("total", "")``, tiers, and the users with the most requests.
    budgets : tuple of str
        Calendar budgets of the plan.
    table : float array of shape (n_paths, n_names, n_days, 5)
        requests, spend_usd, degraded, refused, failed.
    exhaustion : float array of shape (n_paths, n_budgets, n_days, 3)
        Local hour at which the first request's own choice did not fit what was left (NaN: never),
        USD above the limit, accounts (users) that met the limit.
    notes : tuple of str
        What the bands rest on.
    """

    plan: Plan
    zone: str
    days: tuple[str, ...]
    logged_days: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    budgets: tuple[str, ...]
    table: np.ndarray
    exhaustion: np.ndarray
    notes: tuple[str, ...]

    @property
    def n_paths(self) -> int:
        """Paths that were played."""
        return len(self.table)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """Mean and quantiles over the paths, for each scope, name, measure and day.

        Measures are ``requests``, ``spend_usd``, and the shares of requests ``degraded_share``,
        ``refused_share``, ``failed_share`` (NaN on days without requests).
        """
        parts = {}
        for i, name in enumerate(self.names):
            for measure, values in _measures(self.table[:, i]).items():
                parts[(*name, measure)] = _spread(values, pd.Index(self.days, name="day"))
        return pd.concat(parts, names=["scope", "name", "measure"]).sort_index()

    @cached_property
    def horizon(self) -> pd.DataFrame:
        """Mean and quantiles over the paths of the totals of all days; shares are of all days."""
        rows = {}
        for i, name in enumerate(self.names):
            for measure, values in _measures(self.table[:, i].sum(axis=1)).items():
                rows[(*name, measure)] = _spread(values[:, None], [0]).iloc[0].to_numpy()
        index = pd.MultiIndex.from_tuples(rows, names=["scope", "name", "measure"])
        return pd.DataFrame(list(rows.values()), index=index, columns=list(COLUMNS)).sort_index()

    @cached_property
    def budget_table(self) -> pd.DataFrame:
        """One row per calendar budget, over all days and paths.

        ``probability`` that it runs out on a day; ``hour_q05`` to ``hour_q95``, the local time of
        day of that, on the days when it does; mean and quantiles of ``overshoot_usd`` a day; and
        the mean number of ``accounts`` that met their limit on a day.
        """
        rows = []
        for k, name in enumerate(self.budgets):
            hour, over, accounts = (self.exhaustion[:, k, :, j].ravel() for j in range(3))
            met = hour[~np.isnan(hour)]
            hours = np.quantile(met, QUANTILES) if met.size else np.full(len(QUANTILES), np.nan)
            row: dict[str, Any] = {"budget": name, "probability": met.size / hour.size}
            row |= {f"hour_{c}": v for c, v in zip(COLUMNS[1:], hours, strict=True)}
            spread = (over.mean(), *np.quantile(over, QUANTILES))
            row |= {f"overshoot_usd_{c}": v for c, v in zip(COLUMNS, spread, strict=True)}
            rows.append({**row, "accounts": accounts.mean()})
        columns = ["budget"] if not rows else None
        return pd.DataFrame(rows, columns=columns).set_index("budget")

    @property
    def summary(self) -> dict[str, Any]:
        """Plain numbers for JSON: the horizon's totals and the budgets."""
        return {
            "plan": self.plan.name,
            "days": len(self.days),
            "start": self.days[0],
            "end": self.days[-1],
            "timezone": self.zone,
            "n_paths": self.n_paths,
            "logged_days": len(self.logged_days),
            "horizon": _plain(self.horizon.xs(("total", ""))),
            "budgets": _plain(self.budget_table),
        }

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write ``daily.csv``, ``horizon.csv``, ``budgets.csv``, ``forecast.json`` and a PNG."""
        from routelab.plots import exhaustion_hours, figure, png, spend_fan

        with atomic_folder(directory, force=force) as folder:
            self.daily.to_csv(folder / "daily.csv")
            self.horizon.to_csv(folder / "horizon.csv")
            self.budget_table.to_csv(folder / "budgets.csv")
            report = {"summary": self.summary, "notes": list(self.notes)}
            text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
            (folder / "forecast.json").write_text(text, encoding="utf-8")
            fig, axes = figure(10, 3.6, columns=2, ratios=(3, 2))
            spend_fan(self, axes[0])
            exhaustion_hours(self, axes[1])
            (folder / "forecast.png").write_bytes(png(fig))

    def _rows(self) -> list[list[str]]:
        rows = []
        for scope, name in self.names:
            for measure, told in _TOLD.items():
                values = np.asarray(self.horizon.xs((scope, name, measure)), float).tolist()
                if scope == "total" or measure == "spend_usd" or values[-1] > 0:
                    label = " ".join(filter(None, (scope, name, told)))
                    rows.append([label, *(_shown(measure, value) for value in values)])
        return rows

    def _budget_rows(self) -> list[list[str]]:
        rows = []
        for name, row in self.budget_table.iterrows():
            hours = [_clock(row[f"hour_{q}"]) for q in ("q05", "q50", "q95")]
            rows.append(
                [
                    str(name),
                    f"{row['probability']:.1%}",
                    *hours,
                    dollars(row["overshoot_usd_q95"]),
                ]
            )
        return rows

    def _title(self) -> str:
        return (
            f"{len(self.days)} days from {self.days[0]} to {self.days[-1]} ({self.zone}) under "
            f"{self.plan.name!r}: {self.n_paths} paths from {len(self.logged_days)} logged days"
        )

    def __str__(self) -> str:
        head = ["", *COLUMNS]
        lines = [self._title(), *_aligned([head, *self._rows()])]
        if self.budgets:
            lines += _aligned([list(_BUDGET_HEAD), *self._budget_rows()])
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        parts = [f"<h4>{esc(self._title())}</h4>"]
        parts.append(html_table(["over all days", *COLUMNS], self._rows()))
        if self.budgets:
            parts.append(html_table(list(_BUDGET_HEAD), self._budget_rows()))
        notes = "".join(f"<li>{esc(note)}</li>" for note in self.notes)
        return "".join(parts) + f"<ul>{notes}</ul>"


_TOLD = {
    "spend_usd": "spend",
    "degraded_share": "degraded",
    "refused_share": "refused",
    "failed_share": "failed",
}
_BUDGET_HEAD = ("daily budget", "runs out on", "at 5 %", "median", "95 %", "overshoot 95 %")


def _measures(table: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures of a table (..., 5), with counts as shares of the requests."""
    requests = table[..., 0]
    found = {"requests": requests, "spend_usd": table[..., 1]}
    for name in _SHARES:
        count = table[..., MEASURES.index(name)]
        found[f"{name}_share"] = np.divide(
            count, requests, out=np.full(requests.shape, np.nan), where=requests > 0
        )
    return found


def _spread(values: np.ndarray, index: Any) -> pd.DataFrame:
    """Return mean and quantiles of values (n_paths, k) over the paths, without the missing."""
    spread = np.full((values.shape[1], len(COLUMNS)), np.nan)
    for i, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        if known.size:
            spread[i] = known.mean(), *np.quantile(known, QUANTILES)
    return pd.DataFrame(spread, index=index, columns=list(COLUMNS))


def _plain(frame: Any) -> dict[str, dict[str, float | None]]:
    columns = [str(column) for column in frame.columns]
    return {
        str(name): {c: None if np.isnan(v) else float(v) for c, v in zip(columns, row, strict=True)}
        for name, *row in frame.itertuples(name=None)
    }


def _shown(measure: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    return dollars(value) if measure == "spend_usd" else f"{value:.2%}"


def _clock(hour: float) -> str:
    if np.isnan(hour):
        return "–"
    minutes = int(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Return lines whose first column is left-aligned and the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
