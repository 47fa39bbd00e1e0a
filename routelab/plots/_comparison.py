"""Pictures of a comparison: intervals and controls, cost against quality, confusion."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.plots._style import Theme, color_of, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from routelab.evaluate import Comparison

CONTROLS_SHOWN = 7
CELLS_WITH_NUMBERS = 14
# What names of classes need beside a confusion table.
LINE_INCHES = 0.14
SLANTED_INCHES = 0.23


def router_colors(comparison: Comparison, theme: Theme) -> dict[str, str]:
    """Return a colour per row of the table: routers each their own, controls grey."""
    table = comparison.table
    routers = [str(name) for name in table.loc[~table["is_control"], "name"]]
    controls = {str(name): theme.muted for name in table.loc[table["is_control"], "name"]}
    return {**controls, **color_of(sorted(routers), theme)}


def rows_shown(comparison: Comparison, metric: str | None = None) -> pd.DataFrame:
    """Return the rows that :func:`accuracy_bars` draws, best first.

    All routers, the controls that routers are judged against, and the best of the others.
    """
    metric = metric or main_metric(comparison)
    table = comparison.table[comparison.table[metric].notna()]
    table = table.sort_values(metric, ascending=False, kind="stable")
    judges = set(table.get("best_control", pd.Series(dtype=str)).dropna()) | {"oracle", "random"}
    controls = table[table["is_control"]]
    needed = controls["name"].isin(judges)
    others = controls[~needed].head(max(0, CONTROLS_SHOWN - int(needed.sum())))
    keep = ~table["is_control"] | table["name"].isin([*controls["name"][needed], *others["name"]])
    return table[keep]


def main_metric(comparison: Comparison) -> str:
    """Return the column of the table that has the interval: accuracy or quality."""
    return "accuracy" if comparison.kind == "labels" else "quality"


def gain_figure(comparison: Comparison, row: Mapping[Any, Any]) -> str:
    """Return which figure the difference in a row of the table is of: APGR where it has one."""
    apgr = row.get("apgr")
    return "APGR" if apgr is not None and apgr == apgr else main_metric(comparison)


def accuracy_bars(
    comparison: Comparison, ax: Axes, theme: str | Theme = "light", *, metric: str | None = None
) -> list[Artist]:
    """Draw routers and controls as bars, best on top, with 95 % intervals where known.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes
    theme : {"light", "dark"} or Theme
    metric : str, optional
        Another column of the table, such as ``"macro_f1"``; by default accuracy (labels) or
        quality (outcomes), which have intervals.

    Returns
    -------
    list of artists
        The bars.
    """
    colors = dress(ax, theme)
    main = main_metric(comparison)
    metric = metric or main
    table = rows_shown(comparison, metric)
    palette = router_colors(comparison, colors)
    place = list(range(len(table)))
    values = table[metric].to_numpy(float)
    names = table["name"].astype(str).tolist()
    bars = ax.barh(place, values, 0.62, color=[palette[name] for name in names])
    right = np.maximum(values, 0.0)  # the figure of a negative bar stands beside the line of zero
    if metric == main:
        low, high = table["low"].to_numpy(float), table["high"].to_numpy(float)
        error = np.clip([values - low, high - values], 0, None)
        ax.errorbar(values, place, xerr=error, fmt="none", ecolor=colors.text, elinewidth=1.2,
                    capsize=2.5)  # fmt: skip
        right = np.maximum(right, high)
    for y, x, value in zip(place, right, values, strict=True):
        ax.text(x, y, f"  {value:.3f}", va="center", fontsize=8.5, color=colors.text)
    controls = table["is_control"].tolist()
    told = [
        f"{short(name)} (control)" if control and "control" not in name else short(name)
        for name, control in zip(names, controls, strict=True)
    ]
    ax.set_yticks(place, told, parse_math=False)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    low_end = min(0.0, float(values.min(initial=0.0)))
    ax.set_xlim(low_end, float(right.max(initial=0.0)) * 1.14 or 1.0)
    interval = ", 95 %" if metric == main else ""
    title(
        ax, f"{metric.replace('_', ' ').capitalize()}{interval}, {comparison.n:,} prompts", colors
    )
    return list(bars)


def router_gains(comparison: Comparison, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw each router's gain over its best control with the 95 % interval, best on top.

    An interval that is all to the right of 0 is a router that adds value.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        One container of points per router; none where there is no control to judge against.
    """
    colors = dress(ax, theme)
    palette = router_colors(comparison, colors)
    table = rows_shown(comparison)
    table = table[~table["is_control"]]
    if "difference" not in table or not table["difference"].notna().any():
        return []
    table = table[table["difference"].notna()]
    drawn: list[Artist] = []
    for y, row in enumerate(table.to_dict(orient="records")):
        gain = float(row["difference"])
        error = np.clip([[gain - row["diff_low"]], [row["diff_high"] - gain]], 0, None)
        drawn.append(
            ax.errorbar(
                [gain], [y], xerr=error, fmt="o", markersize=6, elinewidth=1.8, capsize=3.5,
                color=palette[str(row["name"])],
            )  # type: ignore[arg-type]
        )  # fmt: skip
    figures = {gain_figure(comparison, row) for row in table.to_dict(orient="records")}
    told = [
        f"{short(row['name'])}\nover {short(row['best_control'])}"
        for row in table.to_dict(orient="records")
    ]
    ax.set_yticks(range(len(table)), told, parse_math=False)
    ax.set_ylim(max(len(table), 3) - 0.5, -0.5)
    ax.axvline(0, color=colors.muted, lw=1.0, ls="--")
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel(f"{figures.pop() if len(figures) == 1 else 'gain'} over the best control")
    title(ax, "Gain, 95 % intervals", colors)
    return drawn


#: Of the controls' curves: told apart without a colour.
DASHES = ("--", "-.", (0, (1, 1)), (0, (6, 2, 1, 2, 1, 2)))


def cost_quality(
    comparison: Comparison, ax: Axes, theme: str | Theme = "light", *, only: str | None = None
) -> list[Any]:
    """Draw quality against cost with 95 % bands, for a comparison on outcomes.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes
    theme : {"light", "dark"} or Theme
    only : str, optional
        Router whose curve is drawn, beside those of the controls.

    Returns
    -------
    list of Line2D
        One line per curve; none when the comparison has no curves.
    """
    from matplotlib.lines import Line2D

    colors = dress(ax, theme)
    lines = [x for x in curve_artists(comparison, ax, colors, only) if isinstance(x, Line2D)]
    shares = "strong_share" in comparison.table
    ax.set_xlabel("share of calls to the strong model" if shares else "mean USD per prompt")
    ax.set_ylabel("mean quality")
    against = "strong calls" if shares else "cost"
    title(ax, f"Quality against {against}, bands of 95 %", colors)
    if lines:
        legend(ax, colors, loc="best")
    return lines


def curve_artists(
    comparison: Comparison, ax: Axes, colors: Theme, only: str | None = None
) -> list[Any]:
    """Draw the curves alone, and return lines and bands."""
    palette = router_colors(comparison, colors)
    controls = set(comparison.table.loc[comparison.table["is_control"], "name"])
    drawn: list[Any] = []
    dashes = itertools.cycle(DASHES)
    for name, curve in comparison.curves.items():
        control = name in controls or name not in palette
        if only is not None and not control and name != only:
            continue
        color = palette.get(name, colors.muted)
        dash = "-" if not control else ":" if name == "oracle" else next(dashes)
        drawn += ax.plot(
            curve["cost"], curve["quality"], ls=dash, color=color, lw=1.4 if control else 2.0,
            label=short(name),
        )  # fmt: skip
        if not control:
            drawn.append(
                ax.fill_between(
                    curve["cost"], curve["low"], curve["high"], color=color, alpha=0.18, lw=0
                )
            )
    return drawn


def confusion(table: pd.DataFrame, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw a confusion table: truth in rows, answers in columns, colour by share of the row.

    Parameters
    ----------
    table : DataFrame
        Counts, as in ``comparison.confusion[name]``.

    Returns
    -------
    list of artists
        The image.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colors = dress(ax, theme)
    counts = table.to_numpy(float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ramp = LinearSegmentedColormap.from_list("share", list(colors.ramp))
    image = ax.imshow(share, cmap=ramp, vmin=0, vmax=1, aspect="auto")
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    rows, columns = ([short(name, 18) for name in axis] for axis in (table.index, table.columns))
    width, height = _room(ax)
    step = _step(len(rows), height / LINE_INCHES)
    ax.set_yticks(range(0, len(rows), step), rows[::step], parse_math=False)
    step, slanted = 1, False
    if len(columns) * max(map(_name_inches, columns), default=0.0) > width:
        step, slanted = _step(len(columns), width / SLANTED_INCHES), True
    ax.set_xticks(range(0, len(columns), step), columns[::step], parse_math=False)
    for text in ax.get_xticklabels() if slanted else []:
        text.set(rotation=40, rotation_mode="anchor", ha="right")
    if len(rows) <= CELLS_WITH_NUMBERS:
        for (y, x), count in np.ndenumerate(counts):
            if not count:
                continue
            bold = share[y, x] > 0.5
            ax.text(x, y, f"{int(count)}", ha="center", va="center", fontsize=8,
                    color=colors.face if bold else colors.text)  # fmt: skip
    ax.set_xlabel("answered")
    ax.set_ylabel("truth")
    title(ax, "Truth and answers", colors)
    return [image]


def _room(ax: Axes) -> tuple[float, float]:
    """Return about how wide and high a table with names beside it will be, in inches."""
    figure, box = ax.get_figure(), ax.get_window_extent()
    assert figure is not None
    return 0.8 * box.width / figure.dpi, 0.8 * box.height / figure.dpi


def _step(count: int, room: float) -> int:
    """Return which of `count` names are shown where there is room for so many: each, every 2nd."""
    return max(1, math.ceil(count / max(1.0, room)))


def _name_inches(name: str) -> float:
    """Return about how wide a name and the gap after it are."""
    return 0.1 + 0.075 * len(name)
