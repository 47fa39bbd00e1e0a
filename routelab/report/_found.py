"""What was found, in sentences: numbers from the results, nothing that they do not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from routelab import plots
from routelab._words import dollars
from routelab.evaluate import Comparison
from routelab.exporters import ExportResult
from routelab.plots._replay import whole_days
from routelab.simulation import Replay


def period(replay: Replay) -> str:
    """Return the days of a replay in words; a day that the log holds in part is named."""
    days, whole = list(replay.daily.index), whole_days(replay)
    shown = whole or days
    told = shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
    parts = [day for day in days if day not in shown]
    return told + (f" and in part of {', '.join(parts)}" if parts else "")


def replay_sentences(replay: Replay) -> Iterator[str]:
    """Yield what a replay shows."""
    s, counts = replay.summary, plots.outcome_counts(replay)
    days = replay.daily.loc[whole_days(replay), "spend_usd"].astype(float)
    yield (
        f"Under the plan {replay.plan.name!r}, {s['requests']:,} requests of {period(replay)} "
        f"(days in {s['timezone']}) cost {dollars(s['spend_usd'])}, "
        f"{dollars(s['spend_per_day_usd'])} a day."
    )
    if s["logged_usd"]:
        change = s["spend_usd"] / s["logged_usd"] - 1
        word = "less" if change < 0 else "more"
        yield (
            f"The log paid {dollars(s['logged_usd'])} for them, so the plan costs "
            f"{abs(change):.0%} {word}."
        )
    single = s["served_by_one_model_usd"]
    if len(single) > 1:
        dear, cheap = max(single, key=lambda m: single[m]), min(single, key=lambda m: single[m])
        yield (
            f"The same tokens all from {dear} would cost {dollars(single[dear])}, all from {cheap} "
            f"{dollars(single[cheap])}."
        )
    shares = list(s["share_by_model"].items())
    if shares:
        told = ", ".join(f"{model} {share:.0%}" for model, share in shares[:4])
        yield f"Served by: {told}{' and others' if len(shares) > 4 else ''}."
    if len(days) > 1:
        yield (
            f"The dearest whole day is {days.idxmax()} with {dollars(days.max())}, the cheapest "
            f"{days.idxmin()} with {dollars(days.min())}."
        )
    yield (
        f"{s['failed']:,} requests failed ({s['failure_rate']:.2%}); {counts['fallback']:,} were "
        f"saved by a fallback, after {s['retries']:,} retries and {s['cooldowns']:,} cooldowns."
    )
    yield from _budget_sentences(replay, counts)
    if s["latency_p50_s"] is not None:
        yield (
            f"Half of the answers came within {s['latency_p50_s']:.1f} s, 95 % within "
            f"{s['latency_p95_s']:.1f} s."
        )


def _budget_sentences(replay: Replay, counts: Mapping[str, int]) -> Iterator[str]:
    limits = [b for b in replay.plan.budgets if b.scope == "plan"]
    degraded, refused = replay.summary["degraded"], counts["refused"]
    if degraded or refused:
        other = degraded - counts["degraded"]
        ended = f" ({other:,} of them ended with a fallback or a failure)" if other else ""
        yield (
            f"Budgets sent {degraded:,} requests to a cheaper model{ended} and refused {refused:,}."
        )
    elif replay.plan.budgets:
        yield "No request met the limit of a budget that downgrades or refuses."
    for budget in limits:
        days = replay.daily["spend_usd"].astype(float)
        over = days[days > budget.limit_usd]
        if len(over):
            yield (
                f"{len(over)} day{'s end' if len(over) > 1 else ' ends'} above the daily budget of "
                f"{dollars(budget.limit_usd)}, at most {dollars(float(over.max()))}: the plan says "
                f"{budget.when_exhausted!r} when it is used up."
            )
        else:
            yield f"Every day stays within the daily budget of {dollars(budget.limit_usd)}."


def comparison_sentences(comparison: Comparison) -> Iterator[str]:
    """Yield what a comparison shows."""
    table = comparison.table
    metric = "accuracy" if comparison.kind == "labels" else "quality"
    routers = table[~table["is_control"]].sort_values(metric, ascending=False, kind="stable")
    controls = table[table["is_control"] & (table["name"] != "oracle")]
    controls = controls.sort_values(metric, ascending=False, kind="stable")
    if len(routers):
        best = routers.iloc[0]
        yield (
            f"The best of {len(routers)} routers on {comparison.n:,} prompts is "
            f"{best['name']} with {metric} {best[metric]:.3f} ({best['low']:.3f} to "
            f"{best['high']:.3f}); {comparison.verdicts[str(best['name'])]}"
        )
    if len(controls):
        first = controls.iloc[0]
        yield f"The best control is {first['name']} with {first[metric]:.3f}."
    if "verdict" in routers:
        adding = routers.loc[routers["verdict"] == "adds value", "name"].tolist()
        told = ", ".join(adding) if adding else "none"
        yield f"Routers that add value over every control: {told}."
    for alarm in comparison.alarms:
        yield f"Alarm: {alarm}."
    if pd.notna(comparison.resolution):
        yield (
            f"These prompts resolve differences of {comparison.resolution:.3f} and more; "
            "smaller ones need more prompts."
        )


def export_sentences(result: ExportResult) -> Iterator[str]:
    """Yield what an export shows."""
    missing = len(result.not_carried)
    yield (
        f"The export wrote {len(result.files)} files; "
        + (f"{missing} parts of the plan are not carried (listed below)." if missing else
           "the target carries all of the plan.")
    )  # fmt: skip
