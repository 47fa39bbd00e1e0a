"""What if: the same traffic under a plan, and under what would change, from some day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._html import esc
from routelab._html import table as html_table
from routelab._words import dollars
from routelab.catalog import Catalog, Model
from routelab.forecasting._days import zone_of
from routelab.forecasting._paths import REFUSED
from routelab.forecasting.growth import check_factor, grow
from routelab.forecasting.transforms import add_model, end_of_life, with_prices
from routelab.plan import Plan
from routelab.simulation import simulate
from routelab.traffic.schema import check_traffic


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes different; make it with one of the class methods.

    `from_date` is a local day of the plan (``"2026-11-12"``), at whose start the change holds;
    without one it holds from the beginning.

    Examples
    --------
    >>> Change.prices({"gpt-4o": {"input_usd_per_mtok": 2.0}}, from_date="2026-11-12").kind
    'prices'
    """

    kind: Literal["prices", "end_of_life", "add_model", "growth"]
    arguments: Mapping[str, Any]
    from_date: str | None = None

    @classmethod
    def prices(
        cls, prices: Mapping[str, Mapping[str, Any]], from_date: str | None = None
    ) -> Change:
        """Other prices, as in :func:`with_prices`."""
        return cls("prices", {"prices": prices}, from_date)

    @classmethod
    def end_of_life(
        cls, model: str, from_date: str | None = None, *, fallback: str | None = None
    ) -> Change:
        """Remove a model, as in :func:`end_of_life`."""
        return cls("end_of_life", {"model": model, "fallback": fallback}, from_date)

    @classmethod
    def add_model(
        cls,
        group: str,
        model: str | Model,
        from_date: str | None = None,
        *,
        catalog: Catalog | None = None,
        **fields: Any,
    ) -> Change:
        """Put one more deployment into a group, as in :func:`add_model`."""
        arguments = {"group": group, "model": model, "catalog": catalog, **fields}
        return cls("add_model", arguments, from_date)

    @classmethod
    def growth(cls, factor: float, from_date: str | None = None) -> Change:
        """More or fewer requests per hour, as in :func:`grow`."""
        check_factor(factor)
        return cls("growth", {"factor": factor}, from_date)


@dataclass(frozen=True)
class WhatIf:
    """The same traffic before and after a change.

    Attributes
    ----------
    plan : Plan
        The plan as it is.
    zone : str
        Time zone of the days.
    baseline, changed : DataFrame, one row per request
        As ``Replay.decisions``.
    seam_usd : float
        What cutting the trace at the dates alone does to the spend of the plan as it is.
    notes : tuple of str
    """

    plan: Plan
    zone: str
    baseline: pd.DataFrame
    changed: pd.DataFrame
    seam_usd: float
    notes: tuple[str, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per measure: ``baseline``, ``changed``, ``difference``."""
        columns = {"baseline": _totals(self.baseline), "changed": _totals(self.changed)}
        result = pd.DataFrame(columns)
        shares = result.index.str.startswith("share ")
        result[shares] = result[shares].fillna(0.0)
        return result.assign(difference=result["changed"] - result["baseline"])

    @cached_property
    def daily(self) -> pd.DataFrame:
        """USD per local day: ``baseline``, ``changed``, ``difference``."""
        parts = {"baseline": self.baseline, "changed": self.changed}
        spend = {name: _spend_per_day(frame, self.zone) for name, frame in parts.items()}
        result = pd.DataFrame(spend).fillna(0.0).sort_index()
        return result.assign(difference=result["changed"] - result["baseline"])

    def _rows(self) -> list[list[str]]:
        return [
            [str(name), *(_shown(str(name), value) for value in values)]
            for name, *values in self.table.itertuples(name=None)
        ]

    def __str__(self) -> str:
        lines = [f"what if, against {self.plan.name!r}"]
        lines.append(f"{'':<32} {'baseline':>12} {'changed':>12} {'difference':>12}")
        lines += [f"{row[0]:<32} {row[1]:>12} {row[2]:>12} {row[3]:>12}" for row in self._rows()]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{esc(note)}</li>" for note in self.notes)
        head = ["", "baseline", "changed", "difference"]
        title = f"<h4>{esc(f'What if, against {self.plan.name}')}</h4>"
        return title + html_table(head, self._rows()) + f"<ul>{notes}</ul>"


def what_if(
    traffic: pd.DataFrame,
    plan: Plan,
    changes: Sequence[Change],
    *,
    outages: pd.DataFrame | None = None,
    seed: int = 0,
) -> WhatIf:
    """Replay traffic under a plan and under its changes, with the same luck.

    The trace is cut at the start of each local day on which a change begins, and each part is
    replayed with what holds then; the plan as it is is cut in the same places, so that the
    difference comes from the changes alone.

    Parameters
    ----------
    traffic : DataFrame
    plan : Plan
    changes : sequence of Change
        Applied in their order.
    outages : DataFrame, optional
    seed : int
        Of the draws, the same on both sides.

    Raises
    ------
    InputError
        There is no change, a date is none, or lies outside the traffic, or a change does not fit
        the plan.

    Notes
    -----
    A cut at midnight is exact for calendar budgets, save for answers in flight at that moment,
    which the next day would have paid for. Windows of provider budgets, cooldowns and rate limits
    start afresh. ``seam_usd`` measures all this on the plan as it is.

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=48, freq="h", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 0})
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> half = {"gpt-4o-mini": {"input_usd_per_mtok": 0.075}}
    >>> result = what_if(traffic, plan, [Change.prices(half, from_date="2026-01-06")])
    >>> result.daily["difference"].round(6).tolist()  # 24 x 1000 tokens at half of 0.15
    [0.0, -0.0018]
    """
    if not changes:
        raise InputError("what_if needs at least one change")
    frame = check_traffic(traffic)
    plan = plan.fitted()
    zone = zone_of(plan)
    midnight = [None if c.from_date is None else _midnight(c.from_date, zone) for c in changes]
    cuts = sorted({m for m in midnight if m is not None})
    for cut in cuts:
        if not frame["timestamp"].iloc[0] < cut <= frame["timestamp"].iloc[-1]:
            raise InputError(
                f"a change from {cut.tz_convert(zone):%Y-%m-%d} does not fall into the traffic, "
                f"{frame['timestamp'].iloc[0]} to {frame['timestamp'].iloc[-1]}"
            )
    edges = [0, *(int(frame["timestamp"].searchsorted(cut)) for cut in cuts), len(frame)]
    starts = [None, *cuts]
    before, after, notes = [], [], []
    for start, low, high in zip(starts, edges[:-1], edges[1:], strict=True):
        part = frame.iloc[low:high].reset_index(drop=True)
        if part.empty:
            continue
        own_plan, own_part = plan, part
        for change, begin in zip(changes, midnight, strict=True):
            if begin is None or (start is not None and begin <= start):
                own_plan, own_part, told = _applied(change, own_plan, own_part, seed)
                since = "" if begin is None else f", from {begin.tz_convert(zone):%Y-%m-%d} on"
                if change.kind != "growth" and f"{told}{since}" not in notes:
                    notes.append(f"{told}{since}")
        before.append(simulate(part, plan, outages=outages, seed=seed).decisions)
        after.append(simulate(own_part, own_plan, outages=outages, seed=seed).decisions)
    baseline = pd.concat(before, ignore_index=True)
    for change, begin in zip(changes, midnight, strict=True):
        if change.kind == "growth":
            since = "" if begin is None else f", from {begin.tz_convert(zone):%Y-%m-%d} on"
            notes.append(
                f"requests per hour times {change.arguments['factor']:g}{since}; draws go by "
                "position, so luck is not the same request by request"
            )
    seam = 0.0
    if cuts:
        whole = simulate(frame, plan, outages=outages, seed=seed)
        seam = float(baseline["cost_usd"].sum()) - float(whole.summary["spend_usd"])
        notes.append(
            f"cut at midnight ({zone}) in {len(cuts)} place(s): calendar budgets start afresh "
            "there anyway, answers in flight, provider budgets, cooldowns and rate limits do too; "
            f"this alone changes the baseline's spend by USD {seam:+,.4f}"
        )
    return WhatIf(plan, zone, baseline, pd.concat(after, ignore_index=True), seam, tuple(notes))


def _applied(
    change: Change, plan: Plan, part: pd.DataFrame, seed: int
) -> tuple[Plan, pd.DataFrame, str]:
    if change.kind == "growth":
        grown, told = grow(part, seed=seed, **change.arguments)
        return plan, grown, told
    transforms: dict[str, Any] = {
        "prices": with_prices,
        "end_of_life": end_of_life,
        "add_model": add_model,
    }
    changed, told = transforms[change.kind](plan, **change.arguments)
    return changed, part, told


def _midnight(date: str, zone: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(date)
    except ValueError as error:
        raise InputError(f"from_date must be a day such as '2026-11-12', got {date!r}") from error
    if pd.isna(day) or day.tz is not None or day != day.normalize():
        raise InputError(f"from_date must be a day without a time or zone, got {date!r}")
    return day.tz_localize(zone, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC")


def _totals(decisions: pd.DataFrame) -> dict[str, float]:
    served = decisions["model"].notna()
    refused = (decisions["error"] == REFUSED).fillna(False)
    latency = decisions["latency_s"][served].to_numpy(float)
    totals = {
        "spend_usd": float(decisions["cost_usd"].sum()),
        "requests": len(decisions),
        "served": int(served.sum()),
        "failed": int((~served & ~refused).sum()),
        "refused": int(refused.sum()),
        "degraded": int(decisions["degraded"].sum()),
        "retries": int(decisions["retries"].sum()),
        "fallbacks": int(decisions["fallbacks"].sum()),
        "latency_p50_s": float(np.median(latency)) if latency.size else np.nan,
        "latency_p95_s": float(np.quantile(latency, 0.95)) if latency.size else np.nan,
    }
    shares = decisions["model"][served].value_counts(normalize=True)
    return totals | {f"share {name}": float(share) for name, share in shares.items()}


def _spend_per_day(decisions: pd.DataFrame, zone: str) -> pd.Series:
    day = decisions["timestamp"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d").rename("day")
    return decisions["cost_usd"].groupby(day).sum()


def _shown(name: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    if name == "spend_usd":
        return dollars(value)
    if name.startswith("share "):
        return f"{value:.1%}"
    return f"{value:,.2f}" if name.endswith("_s") else f"{value:,.0f}"
