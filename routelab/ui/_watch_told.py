"""What the watch panel says in words and numbers."""

from __future__ import annotations

import pandas as pd

from routelab._html import esc
from routelab._words import counted, dollars
from routelab.forecasting import Forecast
from routelab.ui._parts import told
from routelab.watching import DriftReport
from routelab.watching.spend import spend_total


def facts_of(report: DriftReport, forecast: Forecast | None) -> dict[str, str]:
    """Return the numbers of a window: requests, decisions, spend."""
    facts = {"requests": f"{report.n_new:,}"}
    whole = report.agreement[report.agreement["scope"] == "all"]
    row = None if whole.empty else whole.iloc[0]
    for name, column in (
        ("as planned", "same"),
        ("a fallback", "fallback"),
        ("elsewhere", "other"),
    ):
        facts[name] = "–" if row is None else f"{row[column]:.1%}"
    if forecast is None or report.spend.empty:
        return facts | {"spent": "–", "forecast (5-95 %)": "–"}
    usd, q05, q50, q95 = spend_total(report.spend, forecast)
    days = len(report.spend)
    return facts | {
        f"spent on {counted(days, 'full day')}": dollars(usd),
        "forecast (5-95 %)": f"{dollars(q50)} ({dollars(q05)} to {dollars(q95)})",
    }


def feature_facts(report: DriftReport, feature: str) -> dict[str, str]:
    """Return the numbers of one feature's shift; empty where it was not compared."""
    if feature not in report.table.index:
        return {}
    row = report.table.loc[feature]
    return {
        "reference": str(row["reference"]),
        "new": str(row["new"]),
        "how far (PSI)": f"{row['psi']:.3f} (chance to {row['psi_by_chance']:.3f})",
        "largest gap (KS)": "–" if pd.isna(row["ks"]) else f"{row['ks']:.3f}",
        "chance of that (p)": f"{row['p_holm']:.2g}",
        "moved": "yes" if row["moved"] else "no",
    }


#: What the numbers of a feature mean.
HINTS = {
    "reference": "the median, or the shares that changed most, before",
    "new": "the same in the days that are judged",
    "how far (PSI)": "population stability index: 0.1 moved, 0.25 moved much; what chance alone "
    "stays below in 95 of 100 shuffles stands in brackets",
    "largest gap (KS)": "Kolmogorov and Smirnov: the largest difference of the shares below any "
    "value, 0 to 1; names have none",
    "chance of that (p)": "how often chance alone gives as much, corrected for looking at all "
    "features (Holm)",
    "moved": "p is below 0.05 and PSI above what chance gives",
}


def alarm_list(report: DriftReport) -> str:
    """Return alarms, then what was not judged and what to know, as HTML of a fixed height.

    The box scrolls, so it can be reached by keyboard.
    """
    lines = [
        f"<li><strong>{esc(alarm.severity.capitalize())}: {esc(alarm.kind)}.</strong> "
        f"{esc(alarm.sentence)} <em>To do:</em> {esc(alarm.todo)}</li>"
        for alarm in report.alarms
    ]
    quiet = [f"Not judged: {counted(n, 'request')}: {why}." for why, n in report.not_judged.items()]
    quiet += [f"Note: {note}." for note in report.notes]
    first = "" if lines else "<li><strong>No alarm and no warning.</strong></li>"
    rest = "".join(f'<li style="opacity:.85">{esc(line)}</li>' for line in quiet)
    found = [counted(sum(alarm.severity == kind for alarm in report.alarms), kind)
             for kind in ("alarm", "warning")]  # fmt: skip
    heading = f"{', '.join(found)}, {counted(len(quiet), 'note')}"
    return told(
        f"<div><strong>{heading}</strong></div>"
        '<div role="region" tabindex="0" aria-label="Alarms, warnings and notes" class="rl-alarms">'
        f"<ul>{first}{''.join(lines)}{rest}</ul></div>"
    )


def days_told(days: list[str]) -> str:
    """Return the first and the last of these days in words.

    Examples
    --------
    >>> days_told(["2026-11-16", "2026-11-17"])
    'Mon 2026-11-16 to Tue 2026-11-17'
    """
    ends = [f"{pd.Timestamp(day):%a %Y-%m-%d}" for day in dict.fromkeys((days[0], days[-1]))]
    return " to ".join(ends)


def sentence(report: DriftReport) -> str:
    """Return what was found in one sentence."""
    alarms = sum(alarm.severity == "alarm" for alarm in report.alarms)
    warnings = len(report.alarms) - alarms
    whole = report.agreement[report.agreement["scope"] == "all"]
    went = "no request could be judged"
    if len(whole):
        row = whole.iloc[0]
        went = (
            f"of {row['judged']:,} judged {row['same']:.1%} went where the plan sends them, "
            f"{row['fallback']:.1%} to a fallback, {row['other']:.1%} elsewhere"
        )
    return (
        f"{report.n_new:,} requests against {report.compared}: {counted(alarms, 'alarm')}, "
        f"{counted(warnings, 'warning')}; {went}."
    )
