"""How sure a router says it is, beside how often it is right: one tab of the compare panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab import plots
from routelab.evaluate import Comparison
from routelab.evaluate.confidence import reliability, top_label_error
from routelab.plots._comparison import router_colors
from routelab.plots._style import short, style
from routelab.ui._compare_views import Gallery, said

BINS = 10
_SILENT = "this router says nothing of how sure it is"
_NO_CHANCES = (
    "its scores are no chances that the strong model is better (a difference of expected "
    "qualities, say): nothing to calibrate"
)
_MANY = "with more than two models a router gives no chance of one answer: nothing to calibrate"
_CONTROL = "a control is not asked how sure it is"


def calibration(comparison: Comparison, height: float) -> Gallery:
    """Return the reliability of a router (the key), and how many prompts tell it."""
    palette = router_colors(comparison, style("light"))
    right = "how often it is right"
    if comparison.kind == "outcomes":
        right = "how often the strong model is better"

    def points(router: str, ax: Any) -> None:
        sure = stated(comparison, router)
        if isinstance(sure, str):
            said(ax, sure)
            return
        happened, confidence = sure
        plots.reliability(
            reliability(happened, confidence, BINS), ax, color=palette.get(router), found=right,
            heading=f"Calibration of {short(router)}: below the line it is too sure",
        )  # fmt: skip
        told = error_told(comparison, router, happened, confidence)
        ax.text(0.03, 0.97, told, fontsize=9, va="top")

    def counts(router: str, ax: Any) -> None:
        sure = stated(comparison, router)
        if isinstance(sure, str):
            ax.set_axis_off()
            return
        plots.confidence_counts(reliability(*sure, BINS), ax, color=palette.get(router))

    return Gallery((points, counts), height)


def error_told(
    comparison: Comparison, router: str, happened: np.ndarray, confidence: np.ndarray
) -> str:
    """Return the calibration error in words: that of the table, where it has one.

    The table's is of the highest probability; not every router, and not the control `random`,
    answers with what has it.
    """
    known = np.isfinite(confidence)
    drawn = top_label_error(happened[known], confidence[known])
    table: pd.DataFrame = comparison.table.set_index("name")
    error = table["ece"].to_dict()[router] if "ece" in table else np.nan
    if not np.isfinite(error):
        return f"calibration error (ECE) {drawn:.3f}"
    told = f"calibration error (ECE) {error:.3f}"
    if abs(error - drawn) > 1e-6:
        told += ",\nof its highest probability; drawn is\nthe probability of its answer"
    return told


def stated(comparison: Comparison, router: str) -> tuple[np.ndarray, np.ndarray] | str:
    """Return whether it happened (n,) and how likely the router said it was (n,), or why not.

    On labels that is whether its answer is right. On outcomes of two models it is whether the
    strong one is better, for routers whose score is that chance: it lies between 0 and 1, and the
    router sends a prompt to the strong model where it is above one half.
    """
    if router not in comparison.scores:
        controls = comparison.table.loc[comparison.table["is_control"], "name"]
        if router in set(controls):
            return _CONTROL
        many = comparison.kind == "outcomes" and comparison.judged.shape[1] != 4
        return _MANY if many else _SILENT
    score = comparison.scores[router].to_numpy(float)
    if comparison.kind == "labels":
        answers = comparison.predictions[router].map(str).to_numpy()
        happened = answers == comparison.judged["truth"].map(str).to_numpy()
        return (happened.astype(float), score) if np.isfinite(score).any() else _SILENT
    if set(np.unique(score)) <= {0.0, 1.0}:
        return _SILENT
    if not _chances(comparison, router, score):
        return _NO_CHANCES
    quality = comparison.judged.to_numpy(float)
    return (quality[:, 2] > quality[:, 0]).astype(float), score


def _chances(comparison: Comparison, router: str, score: np.ndarray) -> bool:
    """Return whether the scores are chances, as far as their range and the answers tell."""
    strong = str(pd.Index(comparison.judged.columns)[2]).split(" ", 1)[1]
    sent = (comparison.predictions[router].astype(str) == strong).to_numpy()
    clear = score != 0.5
    return bool(((score >= 0) & (score <= 1)).all() and (sent[clear] == (score > 0.5)[clear]).all())
