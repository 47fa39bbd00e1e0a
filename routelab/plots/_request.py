"""Pictures of one request: what routers say about it, and what it costs on each model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routelab.plots._style import Theme, color_of, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def bars(
    ax: Axes,
    names: list[str],
    values: list[float],
    palette: list[str],
    heading: str,
    theme: Theme,
    told: list[str],
    room: float = 1.22,
) -> list[Artist]:
    """Draw horizontal bars from top to bottom, each with its text; the axis is `room` bars wide."""
    place = list(range(len(names)))
    drawn = ax.barh(place, values, 0.66, color=palette)
    ax.set_yticks(place, [short(name) for name in names], parse_math=False)
    ax.invert_yaxis()
    top = max([*values, 0.0]) or 1.0
    ax.set_xlim(0, top * room)
    ax.grid(axis="y", visible=False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    for y, value, text in zip(place, values, told, strict=True):
        ax.text(value + top * 0.015, y, text, va="center", fontsize=8.5, color=theme.text)
    title(ax, heading, theme)
    return list(drawn)


def request_costs(
    costs: dict[str, float],
    ax: Axes,
    theme: str | Theme = "light",
    *,
    chosen: tuple[str, ...] = (),
    seconds: Mapping[str, float] | None = None,
) -> list[Artist]:
    """Draw what one request costs on each model, in USD; models that were chosen stand out.

    Parameters
    ----------
    costs : dict of str to float
        Model name to USD.
    chosen : tuple of str
        Models that some router chose.
    seconds : mapping of str to float, optional
        Model name to how long the request takes; NaN where that is not known.
    """
    colors = dress(ax, theme)
    palette = [colors.served if name in chosen else colors.muted for name in costs]
    told = [_usd(value) for value in costs.values()]
    heading, room = "USD for this request", 1.22
    if seconds is not None:
        told = [f"{usd}, {_s(seconds[name])}" for usd, name in zip(told, costs, strict=True)]
        heading, room = "USD and seconds for this request", 1.6
    return bars(ax, list(costs), list(costs.values()), palette, heading, colors, told, room)


def _s(value: float) -> str:
    return (
        "time unknown" if value != value else f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
    )


def _usd(value: float) -> str:
    return f"${value:,.2f}" if value >= 1 else f"${value:.3g}" if value >= 1e-3 else f"${value:.6f}"


def router_scores(
    scores: dict[str, dict[str, float]], ax: Axes, theme: str | Theme = "light", *, limit: int = 8
) -> list[Artist]:
    """Draw each router's scores for one prompt: a row per answer, a dot per router.

    Parameters
    ----------
    scores : dict of str to dict of str to float
        Router name to its answers' scores.
    limit : int, default 8
        Answers shown: those with the highest score of any router.

    Returns
    -------
    list of artists
        One set of dots per router.
    """
    colors = dress(ax, theme)
    best: dict[str, float] = {}
    for answers in scores.values():
        for answer, value in answers.items():
            best[answer] = max(value, best.get(answer, value))
    order = sorted(best, key=lambda answer: -best[answer])[:limit]
    palette = color_of(list(scores), colors)
    dots: list[Artist] = []
    for number, (name, answers) in enumerate(scores.items()):
        offset = (number - (len(scores) - 1) / 2) * min(0.18, 0.7 / max(len(scores), 1))
        points = [(answers[a], y + offset) for y, a in enumerate(order) if a in answers]
        if points:
            x, y = zip(*points, strict=True)
            dots += ax.plot(x, y, "o", ms=7, color=palette[name], label=short(name))
    ax.set_yticks(range(len(order)), [short(answer) for answer in order], parse_math=False)
    ax.set_ylim(max(len(order), 1) - 0.5, -0.5)
    ax.set_xlim(-0.03, 1.03)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.set_xlabel("score")
    title(ax, "Scores of each router", colors)
    if dots:
        legend(ax, colors, loc="lower right")
    return dots
