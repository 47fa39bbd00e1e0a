"""Pictures of one request: what routers say about it, and what it costs on each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from routelab._words import dollars
from routelab.plots._style import Theme, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MARKS = "PXv*<h>p"  # none that the map has for its first answers


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
    ax.set_yticks(range(len(names)), [short(name) for name in names], parse_math=False)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    title(ax, heading, theme)
    return _bar_artists(ax, values, palette, theme, told, room)[: len(names)]


def _bar_artists(
    ax: Axes, values: list[float], palette: list[str], theme: Theme, told: list[str], room: float
) -> list[Artist]:
    """Draw the bars and then the texts at their ends, without what they stand in."""
    top = max([*values, 0.0]) or 1.0
    ax.set_xlim(0, top * room)
    drawn = ax.barh(range(len(values)), values, 0.66, color=palette)
    texts = [
        ax.text(value + top * 0.015, y, text, va="center", fontsize=8.5, color=theme.text)
        for y, (value, text) in enumerate(zip(values, told, strict=True))
    ]
    return [*drawn, *texts]


def request_costs(
    costs: dict[str, float],
    ax: Axes,
    theme: str | Theme = "light",
    *,
    chosen: tuple[str, ...] = (),
    seconds: Mapping[str, float] | None = None,
    heading: str | None = None,
) -> list[Artist]:
    """Draw what one request costs on each model, in USD; models that were chosen are dark.

    Parameters
    ----------
    costs : dict of str to float
        Model name to USD.
    chosen : tuple of str
        Models that some router chose.
    seconds : mapping of str to float, optional
        Model name to how long the request takes; NaN where that is not known.
    heading : str, optional
    """
    colors = dress(ax, theme)
    if heading is None:
        heading = "USD for this request" if seconds is None else "USD and seconds for this request"
    values, palette, told, room = _cost_bars(costs, colors, chosen, seconds)
    return bars(ax, list(costs), values, palette, heading, colors, told, room)


def cost_artists(
    costs: Mapping[str, float],
    ax: Axes,
    theme: Theme,
    *,
    chosen: tuple[str, ...] = (),
    seconds: Mapping[str, float] | None = None,
) -> list[Artist]:
    """Draw what moves in :func:`request_costs`, bars and texts, and return it."""
    values, palette, told, room = _cost_bars(costs, theme, chosen, seconds)
    return _bar_artists(ax, values, palette, theme, told, room)


def _cost_bars(
    costs: Mapping[str, float],
    theme: Theme,
    chosen: tuple[str, ...],
    seconds: Mapping[str, float] | None,
) -> tuple[list[float], list[str], list[str], float]:
    """Return the values, colours and texts of the bars, and the room for the texts."""
    palette = [theme.text if name in chosen else theme.muted for name in costs]
    told, room = [dollars(value) for value in costs.values()], 1.22
    if seconds is not None:
        told = [f"{usd}, {_s(seconds[name])}" for usd, name in zip(told, costs, strict=True)]
        room = 1.6
    return list(costs.values()), palette, told, room


def _s(value: float) -> str:
    return (
        "time unknown" if value != value else f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
    )


def score_order(scores: Mapping[str, Mapping[str, float]], limit: int = 8) -> list[str]:
    """Return the answers with the highest score of any router, the highest first.

    Examples
    --------
    >>> score_order({"a": {"x": 0.2, "y": 0.8}, "b": {"x": 0.9}})
    ['x', 'y']
    """
    best: dict[str, float] = {}
    for answers in scores.values():
        for answer, value in answers.items():
            best[answer] = max(value, best.get(answer, value))
    return sorted(best, key=lambda answer: -best[answer])[:limit]


def router_scores(
    scores: Mapping[str, Mapping[str, float]],
    ax: Axes,
    theme: str | Theme = "light",
    *,
    limit: int = 8,
    order: Sequence[str] | None = None,
) -> list[Artist]:
    """Draw each router's scores for one prompt: a row per answer, a mark per router.

    Routers are told apart by the shape of their marks: colours are for answers, as on the map.

    Parameters
    ----------
    scores : dict of str to dict of str to float
        Router name to its answers' scores.
    limit : int, default 8
        Answers shown: those with the highest score of any router.
    order : sequence of str, optional
        The answers shown, from top to bottom, in place of those with the highest score.

    Returns
    -------
    list of artists
        One set of marks per router.
    """
    colors = dress(ax, theme)
    order = score_order(scores, limit) if order is None else order
    ax.set_yticks(range(len(order)), [short(answer) for answer in order], parse_math=False)
    ax.set_ylim(max(len(order), 1) - 0.5, -0.5)
    ax.set_xlim(-0.03, 1.03)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.set_xlabel("score")
    title(ax, "Scores of each router", colors)
    marks = score_artists(scores, order, ax, colors)
    if marks:
        entries = legend(
            ax, colors, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncol=min(3, len(marks))
        )
        entries.set_in_layout(True)
    return marks


def score_artists(
    scores: Mapping[str, Mapping[str, float]], order: Sequence[str], ax: Axes, theme: Theme
) -> list[Artist]:
    """Draw the marks of :func:`router_scores`, and return them."""
    drawn: list[Artist] = []
    for number, (name, answers) in enumerate(scores.items()):
        offset = (number - (len(scores) - 1) / 2) * min(0.18, 0.7 / max(len(scores), 1))
        points = [(answers[a], y + offset) for y, a in enumerate(order) if a in answers]
        if points:
            x, y = zip(*points, strict=True)
            mark = _MARKS[number % len(_MARKS)]
            look: dict[str, Any] = {"color": theme.text, "mec": theme.face, "mew": 0.6}
            drawn += ax.plot(x, y, mark, ms=9, label=short(name), **look)
    return drawn
