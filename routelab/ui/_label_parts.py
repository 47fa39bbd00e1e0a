"""What the labelling panel is made of: its pictures, its CSV, how far annotators agree."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import pandas as pd

from routelab import plots
from routelab._checks import InputError, atomic_file
from routelab._html import table as html_table
from routelab.labelling import LabelSession
from routelab.ui._parts import told
from routelab.ui._picture import PICTURE_DPI, LivePlot

WIDTH = 5.5


def label_bars(labels: list[str]) -> LivePlot:
    """Draw the axes of the labels, which stay while labels are given."""
    fig, (ax,) = plots.figure(WIDTH, max(1.8 + 0.2 * len(labels), 2.4), dpi=PICTURE_DPI)
    bars = plots.label_counts(pd.DataFrame({"test": 0, "train": 0}, index=labels), ax)
    ax.set_xlim(0, room_for(0))
    return LivePlot(fig, bars)


def label_curve() -> LivePlot:
    """Draw the curve, on which only the point of now moves."""
    fig, (ax,) = plots.figure(WIDTH, 2.4, dpi=PICTURE_DPI)
    plots.label_worth(ax)
    return LivePlot(fig)


def write_labels(labelling: LabelSession, path: str | PathLike[str]) -> None:
    """Write the labels of a session's annotator as CSV.

    Raises
    ------
    InputError
        There is no label yet, the name does not end in ``.csv``, another file stands there, or the
        folder does not exist or cannot be written to.
    """
    target = Path(path)
    frame = labelling.to_frame(labelling.annotator)
    if frame.empty:
        raise InputError("there is no label yet")
    if target.suffix != ".csv":
        raise InputError(f"name a file that ends in .csv, got {str(path)!r}")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {str(target.parent)!r}: make it first")
    head = ",".join(frame.columns)
    if target.exists() and not target.read_bytes().startswith(head.encode()):
        raise InputError(f"{str(path)!r} exists and holds no labels of a session: it is left alone")
    try:
        with atomic_file(target) as temporary:
            frame.to_csv(temporary, index=False)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written: {error.strerror}") from error


def agreement_told(pairs: pd.DataFrame) -> str:
    """Return how far annotators agree, pair by pair, as HTML."""
    if pairs.empty:
        return told("One annotator: a second one on the same file shows how far you agree.")
    rows = [
        [f"{one} and {two}", f"{items:,}", f"{same:.0%}", "–" if kappa != kappa else f"{kappa:.2f}"]
        for one, two, items, same, kappa in pairs.itertuples(index=False)
    ]
    return told(html_table(["annotators", "both labelled", "the same", "kappa"], rows))


def room_for(count: int) -> int:
    """Return where the axis of counts ends: a round number, so that it seldom moves."""
    return next(top for top in (10, 25, 50, 100, 250, 500, 1000, 10**9) if count <= top)
