"""The result of a sweep: a table of policies, and their Pareto front."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab import _html
from routelab._checks import InputError, atomic_file, did_you_mean
from routelab.sweeps.front import pareto_ranks, unresolved
from routelab.sweeps.policy import Policy, as_text
from routelab.sweeps.store import Result

MINIMIZED = ("spend_per_day_usd", "latency_p50_s", "latency_p95_s", "degraded_share",
             "refused_share")  # fmt: skip
MAXIMIZED = ("availability", "quality")
FRONT, UNRESOLVED, DOMINATED = "front", "not resolved from the front", "dominated"
ROWS_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Sweep:
    """Policies side by side.

    Attributes
    ----------
    policies : tuple of Policy
    results : dict of str to Result
        By policy id; a policy that was not begun has none.
    notes : tuple of str
        What the figures rest on.
    interrupted : bool
        Stopped by Ctrl-C before all policies were done.
    blocks : {"days", "runs"}
        What was resampled for the intervals.
    """

    policies: tuple[Policy, ...]
    results: Mapping[str, Result]
    notes: tuple[str, ...]
    interrupted: bool = False
    blocks: str = "days"

    @property
    def fields(self) -> list[str]:
        """The plan fields that vary."""
        return list(dict.fromkeys(f for policy in self.policies for f in policy.values))

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in the order of the table."""
        measured = (r.metrics for r in self.results.values() if r.metrics is not None)
        return list(next(measured, {}))

    @property
    def table(self) -> pd.DataFrame:
        """One row per policy, in the order of the grid.

        ``id``, the fields that vary (lists as JSON text), each metric with ``_low`` and ``_high``
        of its 95 % interval, ``status`` (done, failed or not run) and ``error``.
        """
        rows = []
        for policy in self.policies:
            row: dict[str, Any] = {"id": policy.id}
            row |= {field: _cell(value) for field, value in policy.values.items()}
            result = self.results.get(policy.id)
            for name in self.metrics:
                found = None if result is None or result.metrics is None else result.metrics[name]
                row[name] = np.nan if found is None else found.value
                row[f"{name}_low"] = np.nan if found is None else found.low
                row[f"{name}_high"] = np.nan if found is None else found.high
            row["status"] = "not run"
            if result is not None:
                row["status"] = "done" if result.error is None else "failed"
            row["error"] = None if result is None else result.error
            rows.append(row)
        table = pd.DataFrame(rows)
        return table.astype({"id": "string", "status": "string", "error": "string"})

    def policy(self, policy_id: str) -> Policy:
        """Return a policy by its id.

        Raises
        ------
        InputError
            There is none of that id.
        """
        for policy in self.policies:
            if policy.id == policy_id:
                return policy
        raise InputError(
            f"there is no policy {policy_id!r}"
            f"{did_you_mean(policy_id, [p.id for p in self.policies])}"
        )

    def front(
        self,
        minimize: Sequence[str] | None = None,
        maximize: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the policies sorted by how far they are from the Pareto front.

        Parameters
        ----------
        minimize, maximize : list of str, optional
            Metrics; default ``spend_per_day_usd``, ``latency_p95_s`` and, of ``quality`` and
            ``availability``, those that the sweep has.

        Returns
        -------
        DataFrame
            The rows of :attr:`table` that were measured in all of these, with ``rank`` (0: on the
            front, 1: on it once rank 0 is taken away, ...) and ``standing``: ``front``,
            ``not resolved from the front`` (every member of the front that dominates it does so
            by less than the paired 95 % interval can tell) or ``dominated``.

        Raises
        ------
        InputError
            An unknown metric, one named twice, or none.
        """
        if minimize is None and maximize is None:
            minimize = ("spend_per_day_usd", "latency_p95_s")
            maximize = [m for m in ("quality", "availability") if m in self.metrics]
        signs = [*((m, 1.0) for m in minimize or ()), *((m, -1.0) for m in maximize or ())]
        names = [name for name, _ in signs]
        for name in names:
            self.check_metric(name)
        if not names or len(set(names)) < len(names):
            raise InputError(f"a front needs metrics, each named once, got {names}")
        table = self.table
        table = table[table[names].notna().all(axis=1)].reset_index(drop=True)
        if table.empty:
            return table.assign(rank=pd.Series(dtype=int), standing=pd.Series(dtype="string"))
        direction = np.array([sign for _, sign in signs])
        costs = table[names].to_numpy(float) * direction
        samples = np.stack([self._samples(i, names) for i in table["id"]]) * direction
        ranks = pareto_ranks(costs)
        near = unresolved(costs, samples, ranks)
        table["rank"] = ranks
        standing = np.select([ranks == 0, near], [FRONT, UNRESOLVED], DOMINATED)
        table["standing"] = pd.Series(standing, dtype="string")
        return table.sort_values(["rank", names[0]], kind="stable").reset_index(drop=True)

    def _samples(self, policy_id: str, names: list[str]) -> np.ndarray:
        metrics = self.results[policy_id].metrics
        assert metrics is not None
        return np.stack([metrics[name].samples for name in names], axis=1)

    def check_metric(self, name: str) -> None:
        """Say that there is no such metric, and how to get quality."""
        if name in self.metrics:
            return
        if not self.metrics:
            raise InputError(f"no policy was measured{self._first_error()}")
        hint = "; give sweep(..., quality=...)" if name == "quality" else ""
        raise InputError(
            f"the sweep has no metric {name!r}{did_you_mean(name, self.metrics)}{hint}; "
            f"it has {', '.join(self.metrics)}"
        )

    def _first_error(self) -> str:
        error = next((r.error for r in self.results.values() if r.error), None)
        return f": {error}" if error else ""

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the table."""
        with atomic_file(path) as temporary:
            self.table.to_csv(temporary, index=False)

    def _counts(self) -> str:
        counts = self.table["status"].value_counts()
        return ", ".join(
            f"{counts[name]:,} {name}" for name in ("done", "failed", "not run") if name in counts
        )

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        """Return the head and the first rows of the front, as text."""
        head = ["id", *self.fields, *self.metrics, "standing"]
        if not self.metrics:
            return head, []
        front = self.front().head(ROWS_SHOWN)
        rows = []
        for row in front.to_dict("records"):
            cells = ["" if pd.isna(row[n]) else as_text(row[n]) for n in ("id", *self.fields)]
            cells += [_told(row[m], row[f"{m}_low"], row[f"{m}_high"]) for m in self.metrics]
            rows.append([*cells, str(row["standing"])])
        return head, rows

    def __str__(self) -> str:
        head, rows = self._shown()
        lines = [f"{len(self.policies):,} policies: {self._counts()}"]
        if rows:
            widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
            for cells in (head, *rows):
                padded = (c.ljust(w) for c, w in zip(cells, widths, strict=True))
                lines.append("  ".join(padded).rstrip())
        if len(self.policies) > len(rows) > 0:
            lines.append(f"(the {len(rows)} nearest to the front; all of them in .table)")
        failed = [r for r in self.results.values() if r.error is not None]
        lines += [f"failed {result.id}: {result.error}" for result in failed[:5]]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        head, rows = self._shown()
        caption = f"{len(self.policies):,} policies: {self._counts()}"
        notes = "".join(f"<li>{_html.esc(note)}</li>" for note in self.notes)
        return f"{_html.table(head, rows, caption)}<ul>{notes}</ul>"


def _cell(value: Any) -> Any:
    return as_text(value) if isinstance(value, (list, tuple, dict)) else value


def _told(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "unknown"
    return f"{value:.4g} [{low:.4g}, {high:.4g}]"
