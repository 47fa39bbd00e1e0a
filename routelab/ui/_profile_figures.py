"""Pictures and bars of the profile panel: counted from codes, drawn over axes that stay."""

from __future__ import annotations

from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from routelab import plots
from routelab._html import esc
from routelab.plots._replay import time_axis
from routelab.plots._style import dress, legend_above, short, style, thousands
from routelab.ui._artists import DPI, Artists, Look
from routelab.ui._parts import told
from routelab.ui._picture import LivePlot, side_by_side

WIDTH, SIZES_WIDTH, HEIGHT = 7.0, 4.0, 2.9  # inches
READABLE = "450px"  # hours shrink no further: a narrow window scrolls
BARS = 8
ROOM = 1.05  # over the highest bar
TICKS = 4
NAMES = 8  # of days, at most, under the hours


class Coded:
    """The columns of traffic as numbers, so that a choice of rows is counted at once.

    Parameters
    ----------
    traffic : DataFrame
        As :func:`routelab.traffic.check_traffic` returns it.
    columns : list of str
        What requests may be counted by.
    """

    def __init__(self, traffic: pd.DataFrame, columns: list[str]):
        stamps = traffic["timestamp"].dt.floor("h")
        self.edges = pd.date_range(stamps.min(), stamps.max() + pd.Timedelta(hours=1), freq="h")
        self._hour = ((stamps - self.edges[0]) // pd.Timedelta(hours=1)).to_numpy()
        self._failed = (traffic["status"] >= 400).fillna(False).to_numpy(bool)
        self._tokens = {
            name: traffic[f"{name}_tokens"].to_numpy(float, na_value=0.0)
            for name in ("input", "output")
        }
        self._codes = {name: pd.factorize(traffic[name]) for name in columns}
        longest = max(float(values.max(initial=0)) for values in self._tokens.values())
        self.bins = np.logspace(0, max(np.log10(max(longest, 1.0)), 1), 40)

    def per_hour(self, rows: np.ndarray) -> np.ndarray:
        """Return answered and failed requests of each hour, int (2, n_hours)."""
        hours = len(self.edges) - 1
        place = self._failed[rows] * hours + self._hour[rows]
        return np.bincount(place, minlength=2 * hours).reshape(2, hours)

    def sizes(self, rows: np.ndarray) -> dict[str, tuple[np.ndarray, float]]:
        """Return histogram and median of input and output tokens above 0."""
        found = {}
        for name, values in self._tokens.items():
            known = values[rows]
            known = known[known > 0]
            median = float(np.median(known)) if len(known) else float("nan")
            found[name] = np.histogram(known, self.bins)[0], median
        return found

    def counted(self, rows: np.ndarray, column: str) -> list[tuple[str, int]]:
        """Return the most frequent values of a column with their counts, and the others' sum."""
        codes, names = self._codes[column]
        mine = codes[rows]
        counts = np.bincount(mine[mine >= 0], minlength=len(names))
        order = [i for i in np.argsort(-counts, kind="stable") if counts[i]]
        found = [(str(names[i]), int(counts[i])) for i in order[:BARS]]
        if len(order) > BARS:
            rest = int(counts[order[BARS:]].sum())
            found.append((f"{len(order) - BARS:,} others", rest))
        return found


class ProfilePlots:
    """Requests per hour, and requests by tokens.

    Attributes
    ----------
    hours, sizes : LivePlot
    row : HBox
        Both, or one below the other where it is narrow.
    """

    def __init__(self, coded: Coded):
        self._bins = coded.bins
        self._theme = theme = style("light")
        left, (self._hours,) = plots.figure(WIDTH, HEIGHT, dpi=DPI)
        right, (self._sizes,) = plots.figure(SIZES_WIDTH, HEIGHT, dpi=DPI)
        self._colors = {"answered": theme.outcomes[0], "failed": theme.outcomes[3],
                        "input": theme.colors[0], "output": theme.colors[1]}  # fmt: skip
        for ax, heading, names in (
            (self._hours, "Requests per hour, UTC", ("answered", "failed")),
            (self._sizes, "Requests by tokens", ("input", "output")),
        ):
            dress(ax, theme)
            ax.grid(visible=False)
            ax.set_autoscale_on(False)
            ax.set_yticks([0], ["00,000"], color=theme.face)  # keeps room for the numbers
            legend_above(ax, heading, theme, handles=[self._key(name) for name in names])
        time_axis(self._hours, coded.edges, NAMES)
        self._sizes.set_xscale("log")
        self._sizes.set_xlim(1, coded.bins[-1])
        self._sizes.set_xlabel("tokens")
        thousands(self._sizes.xaxis)
        self._sizes.minorticks_off()
        self._on = {ax: Artists(ax) for ax in (self._hours, self._sizes)}
        self.hours, self.sizes = LivePlot(left), LivePlot(right)
        self.row = side_by_side(self.hours, self.sizes)
        self.hours.layout.min_width = READABLE
        look = w.Layout(flex="700 1 450px", min_width="0", overflow="auto hidden",
                        max_width=self.hours.layout.max_width)  # fmt: skip
        self.row.children = [w.Box([self.hours], tabbable=True, layout=look), self.sizes]

    def show(self, per_hour: np.ndarray, sizes: dict[str, tuple[np.ndarray, float]]) -> None:
        """Draw what `Coded` counted in some rows of the traffic."""
        answered, failed = per_hour
        on = self._on[self._hours]
        drawn = self._scale(on, float((answered + failed).max(initial=0)))
        for name, low, high in (
            ("answered", np.zeros(len(answered)), answered), ("failed", answered, answered + failed)
        ):  # fmt: skip
            drawn.append(on.boxes(name, low, high, self._colors[name]))
        self.hours.show(drawn)
        on = self._on[self._sizes]
        drawn = self._scale(on, float(max(counts.max() for counts, _ in sizes.values())))
        for name, (counts, _) in sizes.items():
            up = np.append(counts, counts[-1])
            steps: Look = {"drawstyle": "steps-post", "lw": 1.8, "color": self._colors[name]}
            drawn.append(on.line(name, self._bins, up, **steps))
        self.sizes.show(drawn)

    def _scale(self, on: Artists, top: float) -> list[Any]:
        """Fit the axis to the highest bar; its lines and numbers move with it."""
        from matplotlib.ticker import MaxNLocator

        high = max(top, 1.0) * ROOM
        on.ax.set_ylim(0, high)
        places = MaxNLocator(TICKS, integer=True, min_n_ticks=2).tick_values(0, max(top, 1.0))
        drawn: list[Any] = []
        look: Look = {"color": self._theme.grid, "lw": 0.8, "zorder": 0.5}
        said: Look = {"ha": "right", "va": "center", "fontsize": 8.5, "color": self._theme.text}
        for number, tick in enumerate(at for at in np.asarray(places) if at <= high):
            drawn.append(on.line(f"line {number}", [0, 1], [tick, tick], across=True, **look))
            aside = on.ax.get_yaxis_transform()
            drawn.append(
                on.text(f"tick {number}", -0.006, tick, f"{tick:,.0f}", transform=aside, **said)
            )
        return drawn

    def _key(self, name: str) -> Any:
        from matplotlib.patches import Patch

        return Patch(color=self._colors[name], label=name)


def bars(found: list[tuple[str, int]], column: str) -> str:
    """Return counts as a table with a bar in each row, escaped; the others have none.

    Texts in a picture would take longer to draw than all the rest of it.
    """
    top = max((count for _, count in found[:BARS]), default=1)
    total = max(1, sum(count for _, count in found))
    rows = "".join(
        f"<tr><td>{esc(short(name, 30))}</td><td>{count:,}</td><td>{count / total:.1%}</td>"
        f"<td>{_bar(count / top) if place < BARS else ''}</td></tr>"
        for place, (name, count) in enumerate(found)
    )
    head = f"<tr><th>{esc(column)}</th><th>requests</th><th>share</th><th>&nbsp;</th></tr>"
    caption = f"<caption>Requests by {esc(column)}</caption>"
    table = f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"
    return told(f'<div style="white-space:nowrap;overflow:hidden">{table}</div>')


def _bar(share: float) -> str:
    look = "height:.8em;background:var(--jp-brand-color1,#4477aa)"
    return f'<div style="width:8em"><div style="width:{share:.1%};{look}"></div></div>'
