"""The section on a comparison: verdicts, alarms, pictures, figures, slices, errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from routelab import plots
from routelab._html import table
from routelab.evaluate import Comparison
from routelab.report._page import folded, items, picture, scroll

#: Columns beside the figure, its difference and their intervals.
MORE_COLUMNS = {
    "p_holm": "p (Holm)",
    "macro_f1": "macro F1",
    "within_one": "within one",
    "weighted_kappa": "weighted kappa",
    "ece": "ECE",
    "cost": "USD per prompt",
    "strong_share": "strong share",
    "apgr": "APGR",
    "cpt50": "CPT 50 %",
    "cpt80": "CPT 80 %",
    "aiq": "AIQ",
}
CONFUSION_LIMIT = 40
ERRORS_SHOWN = 50
PROMPT_SHOWN = 300


def comparison(result: Comparison, prompts: Sequence[str] | None = None) -> str:
    """Return the section; errors are listed with their prompts where these are given."""
    best = plots.best_router(result)
    alarms = items(str(alarm) for alarm in result.alarms)
    parts = [
        items(f"{name}: {text}" for name, text in result.verdicts.items()),
        f"<h3>Alarms</h3>{alarms}" if result.alarms else "",
        f'<div class="pictures">{"".join(_pictures(result, best))}</div>',
        scroll(_figures(result)),
        scroll(_slices(result)) if len(result.slices) else "",
        _errors(result, best, prompts) if len(result.errors) else "",
    ]
    return "".join(parts)


def _pictures(result: Comparison, best: str) -> list[str]:
    metric = "accuracy" if result.kind == "labels" else "quality"
    pairs = zip(result.table["name"], result.table[metric], strict=True)
    ranks = ", ".join(f"{name} {value:.3f}" for name, value in pairs)
    height = 1.4 + 0.24 * min(len(result.table), 16)
    shown = [
        picture(
            partial(plots.accuracy_bars, result), f"Bars of {metric} with intervals: {ranks}.",
            "Routers in colour, controls in grey; whiskers are 95 % bootstrap intervals.",
            height=height,
        )
    ]  # fmt: skip
    if result.curves:
        shown.append(
            picture(
                partial(plots.cost_quality, result),
                f"Quality against cost for {', '.join(result.curves)}.",
                "What more money buys; bands are 95 % intervals, dashed lines are controls.",
                height=height,
            )
        )
    counts = result.confusion.get(best)
    if counts is not None and len(counts) <= CONFUSION_LIMIT:
        shown.append(
            picture(
                partial(plots.confusion, counts), _confused(best, counts),
                f"{best}: truth in rows, answers in columns; colour is the share of the row.",
                height=max(height, 1.8 + 0.2 * len(counts)),
            )
        )  # fmt: skip
    if len(result.slices):
        told = ", ".join(
            f"{row.router} where {row.slice} is {row.value} {row.difference:+.3f}"
            for row in result.slices.itertuples()
        )
        shown.append(
            picture(
                partial(plots.slice_gains, result), f"Gain over the control per slice: {told}.",
                "Where routers gain over their control; a whisker across zero is not resolved.",
                height=height,
            )
        )  # fmt: skip
    return shown


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
    metric = "accuracy" if result.kind == "labels" else "quality"
    more = [c for c in MORE_COLUMNS if c in result.table and result.table[c].notna().any()]
    head = ["router", "verdict", metric, "95 % interval", "difference", "its interval"]
    rows = []
    for row in result.table.to_dict("records"):
        gain = [_gain(row.get("difference")), _interval(row, "diff_low", "diff_high")]
        own = [_cell(row[metric]), _interval(row, "low", "high")]
        rows.append(
            [row["name"], row.get("verdict") or "–", *own, *gain, *(_cell(row[c]) for c in more)]
        )
    caption = (
        f"{result.n:,} prompts; the difference is to the control that decides about each router."
    )
    return table([*head, *(MORE_COLUMNS[c] for c in more)], rows, caption)


def _slices(result: Comparison) -> str:
    head = ["router", "slice", "value", "n", "figure", "gain", "its 95 % interval", "p (Holm)"]
    rows = [
        [
            *(_cell(row[name]) for name in ("router", "slice", "value", "n", "figure")),
            _gain(row["difference"]), _interval(row, "diff_low", "diff_high"), _cell(row["p_holm"]),
        ]
        for row in result.slices.to_dict("records")
    ]  # fmt: skip
    caption = (
        "Per slice: the gain is over the router's deciding control (labels) or its own choices "
        "shuffled (outcomes)."
    )
    return table(head, rows, caption)


def _errors(result: Comparison, router: str, prompts: Sequence[str] | None) -> str:
    """Return the first errors of a router, folded; prompts are hostile text and are escaped."""
    own = result.errors[result.errors["router"] == router]
    shown = own.head(ERRORS_SHOWN)
    names = [name for name in own.columns if name != "router"]
    rows = []
    for _, row in shown.iterrows():
        text = [] if prompts is None else [_cut(prompts[int(row["prompt"])])]
        rows.append([*(_cell(row[name]) for name in names), *text])
    first = f", the first {len(shown)}" if len(own) > len(shown) else ""
    numbers = "" if prompts is not None else "; prompts by their row, counted from 0"
    listed = table([*names, *([] if prompts is None else ["text"])], rows)
    return folded(f"{len(own):,} errors of {router}{first}{numbers}", scroll(listed))


def _cut(prompt: str) -> str:
    return prompt if len(prompt) <= PROMPT_SHOWN else prompt[: PROMPT_SHOWN - 1] + "…"


def _gain(value: Any) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:+.3f}"


def _interval(row: dict[Any, Any], low: str, high: str) -> str:
    ends = row.get(low), row.get(high)
    if any(end is None or np.isnan(end) for end in ends):
        return "–"
    return "{:.3f} to {:.3f}".format(*ends)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"
