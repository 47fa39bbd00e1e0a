"""Tables of the budget panel: who served, what failed, who was downgraded, A beside B."""

from __future__ import annotations

import numpy as np

from routelab._html import table
from routelab._words import dollars
from routelab.plots._style import short
from routelab.ui._budget_replay import Outcome
from routelab.ui._budget_told import at, day_told, failure_told, interval_told, run_out_told
from routelab.ui._parts import told

DAYS_SHOWN = 10
USD = ", USD"  # how names of money end; its cells say so themselves
_SIDE_BY_SIDE = "display:flex;flex-wrap:wrap;gap:.6em 2.4em;align-items:flex-start"


def facts(found: Outcome) -> dict[str, str]:
    """Return the numbers of a replay that a reader asks for first."""
    counts, total = found.counts, max(1, len(found.outcome))
    shown = {
        "spent in all": dollars(found.total_usd),
        "dearest day": dollars(found.per_day.max()),
        "served cheaper": f"{counts['degraded']:,}",
        "served by a fallback": f"{counts['fallback']:,}",
        "failed": f"{counts['failed']:,} ({counts['failed'] / total:.2%})",
        "refused": f"{counts['refused']:,}",
        "median latency": f"{found.latency[0, 0]:.2f} s",
    }
    clock = found.plan_clock
    if clock is not None:
        shown["above the daily budget"] = dollars(clock.over_usd.sum())
        shown[f"budget runs out, {found.clock.zone}"] = run_out_told(clock)
    return shown


def results(found: Outcome, who: str) -> str:
    """Return the tables of a replay as HTML, escaped: models, budgets, failures, downgrades."""
    parts = [_models(found), _days(found), _people(found, who), _budgets(found), _failures(found)]
    rows = "".join(_scrolled(part) for part in parts if part)
    return told(f'<div style="{_SIDE_BY_SIDE}">{rows}</div>')


def _scrolled(html: str) -> str:
    """Let a table that is wider than a narrow window scroll, by keyboard too."""
    look = "overflow-x:auto;max-width:100%;white-space:nowrap"
    return f'<div role="region" aria-label="numbers" tabindex="0" style="{look}">{html}</div>'


def _models(found: Outcome) -> str:
    served = max(1, int(found.served_by.sum()))
    spent = found.per_model_and_day.sum(axis=1)
    rows = [
        [short(name), f"{count:,}", f"{count / served:.1%}", dollars(usd),
         _seconds(quick), _seconds(slow)]
        for name, count, usd, (quick, slow) in zip(
            found.plan.catalog.names, found.served_by, spent, found.latency[1:], strict=True)
    ]  # fmt: skip
    return table(["model", "served", "share", "USD", "median s", "95 % s"], rows, "Who served")


def _days(found: Outcome) -> str:
    """Return the days as a table: text in a picture takes longer to draw than all of its bars."""
    clock, days = found.plan_clock, found.clock
    rows = [
        [f"{day_told(days.dates[place])}{'' if days.full[place] else ', in part'}",
         dollars(found.per_day[place]), "–" if clock is None else at(clock.hours[place])]
        for place in range(len(days.dates))[-DAYS_SHOWN:]
    ]  # fmt: skip
    few = "" if len(rows) == len(days.dates) else f", the last {DAYS_SHOWN}"
    return table(["day", "USD", "budget runs out"], rows, f"Days in {days.zone}{few}")


def _budgets(found: Outcome) -> str:
    rows = []
    for clock in found.run_out:
        rows.append([short(clock.budget), f"{clock.met} of {clock.days}", at(clock.median[0]),
                     interval_told(clock).removeprefix("95 %: ")])  # fmt: skip
    if not rows:
        return ""
    head = ["budget", "on days", "median", "95 % of it"]
    return table(head, rows, "When daily budgets run out, whole days")


def _failures(found: Outcome) -> str:
    rows = [
        [failure_told(error), f"{count:,}"] for error, count in list(found.failures.items())[:5]
    ]
    return table(["error", "requests"], rows or [["none", "0"]], "Not served, and why")


def _people(found: Outcome, who: str) -> str:
    rows = [
        [short(name), f"{asked:,}", f"{down:,}", f"{out:,}", f"{(down + out) / asked:.1%}"]
        for name, asked, down, out in found.downgraded(who)
    ]
    head = [who, "requests", "downgraded", "refused", "share"]
    nobody = [["nobody", "0", "0", "0", "0.0%"]]
    return table(head, rows or nobody, "Whom budgets downgraded most")


def compared(found: Outcome) -> str:
    """Return plan A, plan B and their difference as a table, escaped."""
    before = found.pinned
    if before is None:
        return told("Pin a plan, then change settings: its numbers stay here, beside the new ones.")
    rows = []
    for (name, was), is_now in zip(
        _measures(before).items(), _measures(found).values(), strict=True
    ):
        rows.append(
            [
                name.removesuffix(USD),
                _told(name, was),
                _told(name, is_now),
                _difference(name, is_now - was),
            ]
        )
    return told(table(["figure", "A", "B", "B - A"], rows, "Plan A, pinned, and plan B, live"))


def _measures(found: Outcome) -> dict[str, float]:
    clock = found.plan_clock
    return {
        f"spend{USD}": found.total_usd,
        f"dearest day{USD}": float(found.per_day.max()),
        "served cheaper": found.counts["degraded"],
        "served by a fallback": found.counts["fallback"],
        "failed": found.counts["failed"],
        "refused": found.counts["refused"],
        "median latency, s": float(found.latency[0, 0]),
        "95 % latency, s": float(found.latency[0, 1]),
        f"above the daily budget{USD}": np.nan if clock is None else float(clock.over_usd.sum()),
        "budget runs out": np.nan if clock is None else clock.median[0],
    }


def _told(name: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    if name == "budget runs out":
        return at(value)
    if name.endswith(USD):
        return dollars(value)
    return f"{value:,.2f}" if name.endswith(", s") else f"{int(value):,}"


def _difference(name: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    if name == "budget runs out":
        return f"{value:+.1f} h"
    if name.endswith(USD):
        cents = round(value, 2) or value  # no more digits than the amounts beside it have
        return f"{'+' if value > 0 else ''}{dollars(cents)}"
    return f"{value:+,.2f}" if name.endswith(", s") else f"{int(value):+,}"


def _seconds(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"
