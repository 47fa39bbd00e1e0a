"""One look for every picture: colours that colour-blind readers tell apart, on light and dark."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routelab._checks import InputError, did_you_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one appearance.

    `colors` are for models and routers in their order, `outcomes` for what became of a request:
    served as asked, cheaper, by a fallback, failed, refused. The rest have one meaning each.
    """

    name: str
    face: str
    text: str
    muted: str
    grid: str
    colors: tuple[str, ...]
    served: str
    degraded: str
    fallback: str
    failed: str
    outcomes: tuple[str, ...]
    ramp: tuple[str, str]


# Paul Tol's "bright" and "muted" colours; on dark ground the deep ones are lightened. Outcomes are
# apart from them and, for colour-blind readers too, from each other.
LIGHT = Theme(
    name="light",
    face="#ffffff",
    text="#1f2328",
    muted="#8a929c",
    grid="#e3e6ea",
    colors=("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999933", "#882255"),
    served="#4477aa",
    degraded="#66ccee",
    fallback="#ccbb44",
    failed="#d1495b",
    outcomes=("#b9c0c9", "#f08c00", "#6c4fd0", "#9d0208", "#1f1f1f"),
    ramp=("#ffffff", "#24527f"),
)
DARK = Theme(
    name="dark",
    face="#161b22",
    text="#e6edf3",
    muted="#9aa4b0",
    grid="#2d343d",
    colors=("#6699cc", "#ee8866", "#44aa77", "#ddcc66", "#88ddff", "#cc6699", "#bbbb55", "#dd99bb"),
    served="#6699cc",
    degraded="#88ddff",
    fallback="#ddcc66",
    failed="#ff6b7a",
    outcomes=("#6b7480", "#ff9f1c", "#a48bff", "#ff3b3b", "#ffffff"),
    ramp=("#161b22", "#7fb2e5"),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


def style(theme: str | Theme = "light") -> Theme:
    """Return the colours of a theme by name.

    Parameters
    ----------
    theme : {"light", "dark"} or Theme

    Raises
    ------
    InputError
        There is no theme of that name.

    Examples
    --------
    >>> style("dark").face
    '#161b22'
    """
    if isinstance(theme, Theme):
        return theme
    if theme not in THEMES:
        raise InputError(
            f"there is no theme {theme!r}{did_you_mean(theme, THEMES)}; there are light and dark"
        )
    return THEMES[theme]


def figure(
    width: float = 7.0,
    height: float = 3.2,
    *,
    theme: str | Theme = "light",
    columns: int = 1,
    dpi: int = 100,
    ratios: tuple[float, ...] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure of its own (no pyplot) and its axes from left to right.

    Parameters
    ----------
    width, height : float
        Inches.
    theme : {"light", "dark"} or Theme
    columns : int
    dpi : int
        Pixels per inch.
    ratios : tuple of float, optional
        Relative widths of the columns.

    Examples
    --------
    >>> fig, axes = figure(columns=2)
    >>> len(axes)
    2
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colors = style(theme)
    fig = Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor=colors.face)
    FigureCanvasAgg(fig)
    grid = fig.subplots(1, columns, squeeze=False, width_ratios=ratios)
    axes = list(grid[0])
    for ax in axes:
        dress(ax, colors)
    return fig, axes


def dress(ax: Axes, theme: str | Theme = "light") -> Theme:
    """Give axes the colours of a theme, and return it."""
    colors = style(theme)
    ax.set_facecolor(colors.face)
    ax.tick_params(colors=colors.text, labelsize=8.5, length=0)
    for side, spine in ax.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(colors.muted)
    ax.grid(axis="y", color=colors.grid, linewidth=0.8)
    ax.set_axisbelow(True)
    for text in (ax.xaxis.label, ax.yaxis.label):
        text.set_color(colors.text)
        text.set_fontsize(9)
    return colors


def title(ax: Axes, text: str, theme: Theme, *, pad: float = 6.0) -> None:
    """Set a title at the left, `pad` points above; text from data is never read as a formula."""
    ax.set_title(
        text, loc="left", pad=pad, fontsize=10, fontweight="bold", color=theme.text,
        parse_math=False,
    )  # fmt: skip


def legend(ax: Axes, theme: Theme, **options: Any) -> Legend:
    """Add a legend whose names are never read as formulas, and return it."""
    options = {"loc": "upper left", "fontsize": 8, **options}
    entries = ax.legend(
        facecolor=theme.face, edgecolor="none", framealpha=0.85, labelcolor=theme.text,
        handlelength=1.2, **options,
    )  # fmt: skip
    for text in entries.get_texts():
        text.set_parse_math(False)
    return entries


def legend_above(ax: Axes, text: str, theme: Theme, *, ncols: int = 3, **options: Any) -> Legend:
    """Set a title, and a legend between it and the axes, where it hides nothing."""
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "borderpad": 0}
    entries = legend(ax, theme, ncols=ncols, columnspacing=1.3, **above, **options)
    entries.set_in_layout(False)  # the title above it makes the room
    rows = -(-len(entries.get_texts()) // ncols)
    title(ax, text, theme, pad=6 + 12.5 * rows)
    return entries


def thousands(axis: Axis) -> None:
    """Write the numbers of an axis as tables do: 1,600."""
    axis.set_major_formatter(lambda value, _: f"{value:,g}")


def short(text: object, limit: int = 28) -> str:
    r"""Return text on one line, cut to `limit` characters.

    Examples
    --------
    >>> short("summarise\nthis", 8)
    'summari…'
    """
    plain = " ".join(str(text).split())
    line = "".join(c for c in plain if c.isprintable())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def color_of(names: list[str], theme: Theme) -> dict[str, str]:
    """Return a colour per name, in their order; they start again after the last."""
    return {name: theme.colors[i % len(theme.colors)] for i, name in enumerate(names)}


def png(fig: Figure, *, dpi: int | None = None) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    fig.savefig(
        buffer, format="png", dpi=dpi or fig.dpi, facecolor=fig.get_facecolor(),
        metadata={"Software": None},
    )  # fmt: skip
    return buffer.getvalue()
