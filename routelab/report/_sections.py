"""A section per result: numbers, pictures with their text, tables."""

from __future__ import annotations

from functools import partial

import pandas as pd

from routelab import plots
from routelab._html import esc, table
from routelab.evaluate import Comparison
from routelab.exporters import ExportResult
from routelab.report._found import usd
from routelab.report._page import facts, items, picture, scroll
from routelab.simulation import Replay

TABLE_COLUMNS = {
    "accuracy": "accuracy",
    "quality": "quality",
    "low": "95 % low",
    "high": "95 % high",
    "macro_f1": "macro F1",
    "within_one": "within one",
    "cost": "USD per prompt",
    "strong_share": "strong share",
    "apgr": "APGR",
    "aiq": "AIQ",
    "difference": "difference",
    "p_holm": "p (Holm)",
    "verdict": "verdict",
}
CONFUSION_LIMIT = 40


def simulation(replay: Replay) -> str:
    """Return the section on a replay."""
    s, counts = replay.summary, plots.outcome_counts(replay)
    tiles = facts(
        {
            "requests": f"{s['requests']:,}",
            "spend": usd(s["spend_usd"]),
            "a day": usd(s["spend_per_day_usd"]),
            "failed": f"{s['failed']:,} ({s['failure_rate']:.2%})",
            "saved by a fallback": f"{counts['fallback']:,}",
            "served cheaper": f"{counts['degraded']:,}",
            "refused": f"{s['refused']:,}",
        }
    )
    days = ", ".join(f"{day} {usd(float(v))}" for day, v in replay.daily["spend_usd"].items())
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
        [day, *(f"{int(row[c]):,}" for c in head[1:-1]), usd(float(row["spend_usd"]))]
        for day, row in replay.daily.iterrows()
    ]
    daily = table(head, rows, f"Totals per day in {s['timezone']}.")
    return f'{tiles}<div class="pictures">{"".join(shown)}</div>{scroll(daily)}'


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} s"


def comparison(result: Comparison) -> str:
    """Return the section on a comparison: verdicts first."""
    verdicts = items(f"{name}: {text}" for name, text in result.verdicts.items())
    metric = "accuracy" if result.kind == "labels" else "quality"
    pairs = zip(result.table["name"], result.table[metric], strict=True)
    ranks = ", ".join(
        f"{name} {value:.3f}" for name, value in pairs
    )  # fmt: skip
    rows_shown = min(len(result.table), 16)
    shown = [
        picture(
            partial(plots.accuracy_bars, result), f"Bars of {metric} with intervals: {ranks}.",
            "Routers in colour, controls in grey; whiskers are 95 % bootstrap intervals.",
            height=1.4 + 0.24 * rows_shown,
        )
    ]  # fmt: skip
    if result.curves:
        shown.append(
            picture(
                partial(plots.cost_quality, result),
                f"Quality against cost for {', '.join(result.curves)}.",
                "What more money buys; bands are 95 % intervals, dashed lines are controls.",
                height=1.4 + 0.24 * rows_shown,
            )
        )
    best = best_router(result)
    counts = result.confusion.get(best) if best else None
    if counts is not None and len(counts) <= CONFUSION_LIMIT:
        shown.append(
            picture(
                partial(plots.confusion, counts), _confused(best, counts),
                f"{best}: truth in rows, answers in columns; colour is the share of the row.",
                height=max(1.4 + 0.24 * rows_shown, 1.8 + 0.2 * len(counts)),
            )
        )  # fmt: skip
    return f'{verdicts}<div class="pictures">{"".join(shown)}</div>{scroll(_figures(result))}'


def best_router(result: Comparison) -> str:
    """Return the name of the best router, "" when there are only controls."""
    metric = "accuracy" if result.kind == "labels" else "quality"
    routers = result.table[~result.table["is_control"]]
    best = routers.sort_values(metric, ascending=False, kind="stable")["name"].head(1)
    return str(best.iloc[0]) if len(best) else ""


def _confused(name: str, counts: pd.DataFrame) -> str:
    columns = list(counts.columns)
    values = counts.to_numpy()
    right = sum(
        int(values[row, columns.index(label)])
        for row, label in enumerate(counts.index)
        if label in columns
    )
    total = int(values.sum())
    return f"Confusion table of {name}: {right:,} of {total:,} right."


def _figures(result: Comparison) -> str:
    columns = [c for c in TABLE_COLUMNS if c in result.table and result.table[c].notna().any()]
    rows = []
    for _, row in result.table.iterrows():
        name = f"{row['name']} (control)" if row["is_control"] else str(row["name"])
        rows.append([name, *(_cell(row[c]) for c in columns)])
    caption = f"{result.n:,} prompts; the difference is to the best control of each router."
    return table(["router", *(TABLE_COLUMNS[c] for c in columns)], rows, caption)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "–"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"


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
