"""The result of a look at drift: tables, alarms; as text, HTML, a folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from routelab._checks import atomic_folder
from routelab._html import esc
from routelab._html import table as html_table
from routelab._words import counted, dollars
from routelab.watching.alarms import DriftAlarm, find_alarms

SHOWN = 12


@dataclass(frozen=True)
class DriftReport:
    """A log against the plan that should have made it, and against earlier traffic.

    Attributes
    ----------
    plan : str
        Its name.
    n_log, n_reference, n_new : int
        Requests of the log, and of the two sides of the comparison.
    compared : str
        Which requests are the reference.
    table : DataFrame
        Shift: a row per feature, the largest first; see `routelab.watching.shift.shift_table`.
    agreement : DataFrame
        Shares of the judged requests that the plan sends to the same model, to a fallback, or
        elsewhere: in all, per group, model, day and arm.
    not_judged : dict of str to int
        Why requests could not be judged, and how many.
    unknown : Series
        Share of requests per model that the plan does not hold.
    prices : DataFrame
        Logged against listed cost per model.
    spend : DataFrame
        A row per day that the forecast covers.
    notes : tuple of str
    """

    plan: str
    n_log: int
    n_reference: int
    n_new: int
    compared: str
    table: pd.DataFrame
    agreement: pd.DataFrame
    not_judged: dict[str, int]
    unknown: pd.Series
    prices: pd.DataFrame
    spend: pd.DataFrame
    notes: tuple[str, ...] = ()

    @cached_property
    def alarms(self) -> tuple[DriftAlarm, ...]:
        """What calls for someone, the bad ones first."""
        return find_alarms(self)

    @property
    def alarmed(self) -> bool:
        """Whether there is an alarm, not only warnings."""
        return any(alarm.severity == "alarm" for alarm in self.alarms)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of features."""
        return self.table.copy()

    @property
    def summary(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("plan", "n_log", "n_reference", "n_new", "compared", "not_judged")
        return {
            **{name: getattr(self, name) for name in names},
            "alarms": [alarm.to_dict() for alarm in self.alarms],
            "shift": _records(self.table.reset_index()),
            "agreement": _records(self.agreement),
            "prices": _records(self.prices),
            "spend": _records(self.spend),
            "unknown_models": {str(name): float(share) for name, share in self.unknown.items()},
            "notes": list(self.notes),
        }

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write ``drift.json``, ``drift.png`` and a CSV of alarms and of each table."""
        from routelab.plots import drift as draw
        from routelab.plots import figure, png

        with atomic_folder(directory, force=force) as folder:
            columns = ["severity", "kind", "sentence", "figure", "todo"]
            alarms = pd.DataFrame([a.to_dict() for a in self.alarms], columns=columns)
            alarms.to_csv(folder / "alarms.csv", index=False)
            self.table.to_csv(folder / "shift.csv")
            for name in ("agreement", "prices", "spend"):
                getattr(self, name).to_csv(folder / f"{name}.csv", index=False)
            text = json.dumps(self.summary, indent=1, ensure_ascii=False, allow_nan=False)
            (folder / "drift.json").write_text(text, encoding="utf-8")
            fig, (ax,) = figure(8, 0.8 + 0.28 * max(6, len(self.table)))
            draw(self, ax)
            (folder / "drift.png").write_bytes(png(fig))

    def _title(self) -> str:
        bad = sum(alarm.severity == "alarm" for alarm in self.alarms)
        return (
            f"{self.n_log:,} requests against the plan {self.plan!r}: {counted(bad, 'alarm')}, "
            f"{counted(len(self.alarms) - bad, 'warning')}"
        )

    def _agreed(self) -> str:
        whole = self.agreement[self.agreement["scope"] == "all"]
        if whole.empty:
            return "agreement: no request could be judged"
        row = whole.iloc[0]
        return (
            f"agreement: of {row['judged']:,} judged requests {row['same']:.1%} went where the "
            f"plan sends them, {row['fallback']:.1%} to a fallback, {row['other']:.1%} elsewhere"
        )

    def _features(self) -> tuple[list[str], list[list[str]]]:
        head = ["feature", "reference", "new", "PSI", "by chance", "KS", "p (Holm)", "moved"]
        rows = [
            [
                _plain(row["feature"]),
                _plain(row["reference"]),
                _plain(row["new"]),
                f"{row['psi']:.3f}",
                f"{row['psi_by_chance']:.3f}",
                "–" if pd.isna(row["ks"]) else f"{row['ks']:.3f}",
                f"{row['p_holm']:.2g}",
                "yes" if row["moved"] else "no",
            ]
            for row in self.table.head(SHOWN).reset_index().to_dict("records")
        ]
        return head, rows

    def _days(self) -> tuple[list[str], list[list[str]]]:
        head = ["day", "requests", "spent", "forecast", "5-95 %", "a day may cost"]
        rows = [
            [
                row["day"],
                f"{row['requests']:,}",
                dollars(row["spend_usd"]),
                dollars(row["q50"]),
                f"{dollars(row['q05'])} to {dollars(row['q95'])}",
                f"{dollars(row['low'])} to {dollars(row['high'])}",
            ]
            for row in self.spend.to_dict("records")
        ]
        return head, rows

    def _tail(self) -> list[str]:
        reasons = [f"not judged: {n:,} requests: {why}" for why, n in self.not_judged.items()]
        return reasons + [f"note: {note}" for note in self.notes]

    def __str__(self) -> str:
        from routelab.forecasting.result import _aligned

        lines = [self._title(), *(_plain(alarm) for alarm in self.alarms), self._agreed()]
        if len(self.table):
            head, rows = self._features()
            lines += [f"shift: {self.n_new:,} requests against {self.compared}"]
            lines += _aligned([head, *rows])
        if len(self.spend):
            head, rows = self._days()
            lines += _aligned([head, *rows])
        return "\n".join(lines + self._tail())

    def _repr_html_(self) -> str:
        alarms = "".join(f"<li>{esc(alarm)}</li>" for alarm in self.alarms)
        parts = [f"<h4>{esc(self._title())}</h4><ul>{alarms}</ul><p>{esc(self._agreed())}</p>"]
        if len(self.table):
            told = f"{self.n_new:,} requests against {self.compared}"
            parts.append(html_table(*self._features(), told))
        if len(self.spend):
            parts.append(html_table(*self._days(), "Spend"))
        notes = "".join(f"<li>{esc(line)}</li>" for line in self._tail())
        return "".join(parts) + f"<ul>{notes}</ul>"


def _plain(text: object) -> str:
    """Return text of a log without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(frame.to_json(orient="records")))
