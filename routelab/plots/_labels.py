"""The picture of a plan for labels: what more labels would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routelab.plots._style import Theme, dress, legend, title

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
