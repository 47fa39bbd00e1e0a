"""A section per result: numbers, pictures with their text, tables."""

from __future__ import annotations

from functools import partial

from routelab import plots
from routelab._html import esc, table
from routelab._words import dollars
from routelab.exporters import ExportResult
from routelab.report._page import facts, items, picture, scroll
from routelab.simulation import Replay


def simulation(replay: Replay) -> str:
    """Return the section on a replay."""
    s, counts = replay.summary, plots.outcome_counts(replay)
    tiles = facts(
        {
            "requests": f"{s['requests']:,}",
            "spend": dollars(s["spend_usd"]),
            "a day": dollars(s["spend_per_day_usd"]),
            "failed": f"{s['failed']:,} ({s['failure_rate']:.2%})",
            "saved by a fallback": f"{counts['fallback']:,}",
            "served cheaper": f"{counts['degraded']:,}",
            "refused": f"{s['refused']:,}",
        }
    )
    days = ", ".join(f"{day} {dollars(float(v))}" for day, v in replay.daily["spend_usd"].items())
    became = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    shares = ", ".join(f"{m} {share:.1%}" for m, share in s["share_by_model"].items())
    shown = [
        picture(
            partial(plots.daily_spend, replay), f"Bars of the spend per day: {days}.",
            f"Spend per day in {s['timezone']}, stacked by the model that served.", wide=True,
            width=10.4, height=3.6,
        ),
        picture(
            partial(plots.hourly_outcomes, replay), f"Requests per hour. In all: {became}.",
            "Each hour's requests by what became of them.", wide=True, width=10.4, height=3.3,
        ),
        picture(
            partial(plots.model_share, replay), f"Share of served requests: {shares}.",
            "Which model answered, in the end.",
        ),
        picture(
            partial(plots.latency, replay),
            "Share of requests answered within a time, one curve per model; "
            f"median {_seconds(s['latency_p50_s'])}, 95 % {_seconds(s['latency_p95_s'])}.",
            "From arrival to answer, retries and fallbacks included.",
        ),
    ]  # fmt: skip
    head = ["day", "requests", "served", "failed", "refused", "degraded", "spend"]
    rows = [
        [day, *(f"{int(row[c]):,}" for c in head[1:-1]), dollars(float(row["spend_usd"]))]
        for day, row in replay.daily.iterrows()
    ]
    daily = table(head, rows, f"Totals per day in {s['timezone']}.")
    return f'{tiles}<div class="pictures">{"".join(shown)}</div>{scroll(daily)}'


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} s"


def exported(result: ExportResult) -> str:
    """Return the section on exported files and what they do not carry."""
    rows = []
    for file in result.files:
        path = result.directory / file
        size = f"{path.stat().st_size:,} bytes" if path.is_file() else "–"
        rows.append([file.as_posix(), size])
    files = table(["file", "size"], rows, "Files written.")
    missing = result.not_carried or ["nothing: the target carries all of the plan"]
    return f"{scroll(files)}<h3>{esc('Not carried by the target')}</h3>{items(missing)}"
