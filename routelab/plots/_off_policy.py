"""The picture of an off-policy evaluation: where the policy and the log overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routelab.plots._style import Theme, color_of, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from routelab.off_policy import OffPolicyResult

BINS = 30


def overlap(result: OffPolicyResult, ax: Axes, theme: str | Theme = "light") -> list[Any]:
    """Draw the weights of the log's rows, stacked by the model that the log chose.

    A weight of 1: the policy chooses the model as often as the log did. Many rows far to the right
    speak for few; rows of weight 0 (the policy would not choose so) say nothing and are counted in
    the label of the axis. A dashed line marks where weights are truncated, if any is.

    Parameters
    ----------
    result : OffPolicyResult
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars of each model that has a weight above 0, in the order of the overlap's table.
    """
    colors = dress(ax, theme)
    names = [str(name) for name in result.overlap.index]
    palette = color_of(names, colors)
    used = result.weights > 0
    low, high = float(result.weights[used].min()), float(result.weights.max())
    edges = np.geomspace(min(low, 1.0) / 1.1, max(high, 1.0) * 1.1, BINS + 1)
    bottom = np.zeros(BINS)
    bars: list[Any] = []
    for name, ess in zip(names, result.overlap["ess"], strict=True):
        counts, _ = np.histogram(result.weights[used & (result.chosen == name)], edges)
        if not counts.any():
            continue
        label = f"{short(name)}, effective {ess:,.0f}"
        bars += ax.bar(edges[:-1], counts, np.diff(edges), bottom=bottom, align="edge",
                       color=palette[name], edgecolor=colors.face, linewidth=0.4,
                       label=label)  # fmt: skip
        bottom += counts
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.minorticks_off()
    ax.axvline(1.0, color=colors.muted, lw=1.2)
    if result.clip is not None and result.clipped_share > 0:
        ax.axvline(result.clip, color=colors.failed, lw=1.2, ls="--",
                   label=f"truncated above {result.clip:.3g}")  # fmt: skip
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(f"weight of a row ({(~used).sum():,} of {result.n:,} rows have weight 0)")
    ax.set_ylabel("rows")
    legend(ax, colors, loc="best")
    unit = "units" if result.unit else "rows"
    title(ax, f"Overlap: {result.ess:,.0f} of {result.units:,} {unit} effective", colors)
    return bars
