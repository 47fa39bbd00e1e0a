"""Pictures of labels: which are there, what more would find, how well they tell an accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab.plots._style import Theme, dress, legend, short, title

#: Labels of a test set for which it is drawn how much they tell.
FEWEST, MOST = 10, 1000

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from routelab.labelling import LabelPlan


def label_plan(plan: LabelPlan, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw the probability to find the difference against the number of labels.

    Parameters
    ----------
    plan : LabelPlan
    ax : Axes
    theme : {"light", "dark"} or Theme
    """
    colors = dress(ax, theme)
    top = max(plan.needed, plan.have) * 1.6
    counts = np.linspace(1, top, 200)
    drawn: list[Artist] = list(
        ax.plot(counts, plan.power_at(counts), color=colors.served, lw=2,
                label=f"difference of {plan.delta:.3f}")
    )  # fmt: skip
    for count, text, color in ((plan.have, "have", colors.muted),
                               (plan.needed, "needed", colors.failed)):  # fmt: skip
        label = f"{text}: {count:,} labels"
        drawn.append(ax.axvline(count, color=color, lw=1.4, ls="--", label=label))
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0, top)
    ax.set_xlabel("labels")
    ax.set_ylabel("probability to find it")
    legend(ax, colors, loc="lower right")
    title(ax, "What more labels would find", colors)
    return drawn


def label_counts(counts: pd.DataFrame, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw how many prompts have each label, in the test set and beside it.

    Parameters
    ----------
    counts : DataFrame
        ``test`` and ``train`` per label.
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars.
    """
    colors = dress(ax, theme)
    y, bars, left = np.arange(len(counts)), [], np.zeros(len(counts))
    for part, color, label in (("test", colors.served, "test set, drawn at random"),
                               ("train", colors.muted, "asked for, to learn from")):  # fmt: skip
        bars += list(ax.barh(y, counts[part], left=left, height=0.62, color=color, label=label))
        left += counts[part].to_numpy(float)
    ax.set_yticks(y, [short(name) for name in counts.index])
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    title(ax, "Labels given", colors)
    return bars


def label_worth(ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw how closely so many random labels tell an accuracy: half of its 95 % interval.

    For an accuracy of 50 %, the most demanding; see :func:`routelab.labelling.accuracy_within`.
    """
    from routelab.labelling import accuracy_within

    colors = dress(ax, theme)
    counts = np.unique(np.geomspace(FEWEST, MOST, 80).astype(int)).tolist()
    points = [100 * accuracy_within(count) for count in counts]
    drawn: list[Artist] = list(ax.plot(counts, points, color=colors.served, lw=2))
    ax.set_xscale("log")
    shown = [10, 20, 50, 100, 200, 500, 1000]
    ax.set_xticks(shown, [str(count) for count in shown])
    ax.minorticks_off()
    ax.set_xlim(FEWEST * 0.94, MOST * 1.06)
    ax.set_ylim(0, 34)
    ax.set_xlabel("labels of the test set")
    ax.set_ylabel("accuracy within ± points")
    title(ax, "What more test labels buy", colors)
    return drawn
