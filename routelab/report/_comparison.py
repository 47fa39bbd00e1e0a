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
from routelab.report._page import items, picture, scroll

TABLE_COLUMNS = {
    "accuracy": "accuracy",
    "quality": "quality",
    "low": "95 % low",
    "high": "95 % high",
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
    "difference": "difference",
    "diff_low": "from",
    "diff_high": "to",
    "p_holm": "p (Holm)",
    "verdict": "verdict",
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
        scroll(_errors(result, best, prompts)) if len(result.errors) else "",
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
    columns = [c for c in TABLE_COLUMNS if c in result.table and result.table[c].notna().any()]
    rows = []
    for _, row in result.table.iterrows():
        name = f"{row['name']} (control)" if row["is_control"] else str(row["name"])
        rows.append([name, *(_cell(row[c]) for c in columns)])
    caption = (
        f"{result.n:,} prompts; the difference is to the control that decides about each router."
    )
    return table(["router", *(TABLE_COLUMNS[c] for c in columns)], rows, caption)


def _slices(result: Comparison) -> str:
    head = ["router", "slice", "value", "n", "figure", "gain", "from", "to", "p (Holm)"]
    names = ["router", "slice", "value", "n", "figure", "difference", "diff_low", "diff_high",
             "p_holm"]  # fmt: skip
    rows = [[_cell(row[name]) for name in names] for _, row in result.slices.iterrows()]
    return table(
        head,
        rows,
        (
            "Per slice: the gain is over the router's deciding control (labels) or its own choices "
            "shuffled (outcomes)."
        ),
    )


def _errors(result: Comparison, router: str, prompts: Sequence[str] | None) -> str:
    """Return the first errors of a router; prompts are hostile text and are escaped."""
    own = result.errors[result.errors["router"] == router]
    shown = own.head(ERRORS_SHOWN)
    names = [name for name in own.columns if name != "router"]
    rows = []
    for _, row in shown.iterrows():
        text = [] if prompts is None else [_cut(prompts[int(row["prompt"])])]
        rows.append([*(_cell(row[name]) for name in names), *text])
    caption = f"{len(own):,} errors of {router}" + (
        f", the first {len(shown)}." if len(own) > len(shown) else "."
    )
    return table([*names, *([] if prompts is None else ["text"])], rows, caption)


def _cut(prompt: str) -> str:
    return prompt if len(prompt) <= PROMPT_SHOWN else prompt[: PROMPT_SHOWN - 1] + "…"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"
