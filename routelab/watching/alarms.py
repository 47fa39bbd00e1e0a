"""What calls for someone: each finding with its figure, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from routelab._words import dollars
from routelab.watching.stability import LARGE, MODERATE

if TYPE_CHECKING:
    from routelab.watching.result import DriftReport

#: Least share of requests on other models than the plan's, at the interval's low end.
OTHER_ALARM, OTHER_WARNING = 0.05, 0.01
FALLBACK_WARNING = 0.2
#: Share of a model that the plan does not hold.
UNKNOWN_ALARM = 0.005
#: A price that differs by this factor or more.
PRICE_ALARM = 0.05


@dataclass(frozen=True, slots=True)
class DriftAlarm:
    """One finding.

    Attributes
    ----------
    severity : {"alarm", "warning"}
        Only an alarm makes the command's exit code 1.
    kind : str
        agreement, fallback, model, shift, price or spend.
    sentence : str
    figure : float
    todo : str
    """

    severity: str
    kind: str
    sentence: str
    figure: float
    todo: str

    def __str__(self) -> str:
        return f"{self.severity.upper()} {self.kind}: {self.sentence} To do: {self.todo}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def find_alarms(report: DriftReport) -> tuple[DriftAlarm, ...]:
    """Return the alarms of a report, the bad ones first."""
    makers: tuple[Callable[[DriftReport], Iterator[DriftAlarm]], ...] = (
        _agreement, _models, _prices, _spend, _shift,
    )  # fmt: skip
    found = [alarm for make in makers for alarm in make(report)]
    return tuple(sorted(found, key=lambda alarm: alarm.severity != "alarm"))


def _agreement(report: DriftReport) -> Iterator[DriftAlarm]:
    table = report.agreement
    rows = table[table["scope"].isin(["all", "day"])]
    if rows.empty:
        return
    worst = rows.iloc[int(rows["other_low"].to_numpy().argmax())]
    if worst["other_low"] > OTHER_WARNING:
        where = "" if worst["scope"] == "all" else f" on {worst['name']}"
        yield DriftAlarm(
            "alarm" if worst["other_low"] > OTHER_ALARM else "warning",
            "agreement",
            f"{worst['other']:.1%} of {worst['judged']:,} judged requests{where} went to a model "
            f"that the plan would not choose (at least {worst['other_low']:.1%}).",
            float(worst["other"]),
            "compare the deployed version with the plan; see the groups in the agreement table.",
        )
    whole = table[table["scope"] == "all"].iloc[0]
    if whole["fallback"] > FALLBACK_WARNING:
        yield DriftAlarm(
            "warning",
            "fallback",
            f"{whole['fallback']:.1%} of the judged requests were served by a group that only "
            "failures or budgets lead to.",
            float(whole["fallback"]),
            "look for outages, rate limits or budgets that run out.",
        )


def _models(report: DriftReport) -> Iterator[DriftAlarm]:
    for name, share in report.unknown.items():
        yield DriftAlarm(
            "alarm" if share >= UNKNOWN_ALARM else "warning",
            "model",
            f"{str(name)!r}, which the plan does not hold, served {share:.1%} of the requests.",
            float(share),
            "find out who changed the deployment, or add the model to the plan with its price.",
        )


def _prices(report: DriftReport) -> Iterator[DriftAlarm]:
    for row in report.prices.to_dict("records"):
        if 1 / (1 + PRICE_ALARM) < row["change"] < 1 + PRICE_ALARM:
            continue
        against = "the plan's catalog" if pd.isna(row["reference_ratio"]) else "the reference"
        yield DriftAlarm(
            "alarm",
            "price",
            f"a token of {str(row['model'])!r} costs {row['change']:.2f} times what it cost in "
            f"{against} ({row['requests']:,} requests).",
            float(row["change"]),
            "update the catalog, then simulate and calibrate the plan again.",
        )


def _spend(report: DriftReport) -> Iterator[DriftAlarm]:
    days = report.spend
    for row in days[days["beyond"]].to_dict("records"):
        unlike = "" if row["seen"] else ", but it knows no day of that part of the week"
        yield DriftAlarm(
            "alarm" if row["seen"] else "warning",
            "spend",
            f"{row['day']} cost {dollars(row['spend_usd'])}; a further day of the forecast's kind "
            f"costs {dollars(row['low'])} to {dollars(row['high'])}{unlike}.",
            float(row["spend_usd"]),
            "see whether requests, tokens, prices or the mix of models changed.",
        )
    outside = days[days["outside"] & ~days["beyond"]]
    if len(outside):
        yield DriftAlarm(
            "warning",
            "spend",
            f"{len(outside)} of {len(days)} days ({', '.join(outside['day'].head(5))}) lie outside "
            "the 5-95 % band of the forecast, as a tenth of all days or more do.",
            float(len(outside)),
            "nothing yet, unless it goes on.",
        )


def _shift(report: DriftReport) -> Iterator[DriftAlarm]:
    for row in report.table.reset_index().to_dict("records"):
        if not row["moved"] or row["psi"] < MODERATE:
            continue
        yield DriftAlarm(
            "alarm" if row["psi"] >= LARGE else "warning",
            "shift",
            f"{row['feature']} has moved from {row['reference']} to {row['new']}: PSI "
            f"{row['psi']:.2f} (by chance up to {row['psi_by_chance']:.2f}), p {row['p_holm']:.2g} "
            "after correction.",
            float(row["psi"]),
            "label a sample of new requests and judge the router on it; train again if it lost.",
        )
