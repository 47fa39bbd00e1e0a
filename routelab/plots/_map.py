"""Prompts as points, coloured by the answer that a router gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from routelab.plots._style import Theme, color_of, dress, legend, short, style, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_REST = "others"
_MARKS = "osD^vP*X"  # colours are told apart by shape too


def prompt_map(
    points: np.ndarray,
    answers: Sequence[str],
    ax: Axes,
    theme: str | Theme = "light",
    *,
    heading: str = "Prompts",
    shades: np.ndarray | None = None,
) -> list[Artist]:
    """Draw prompts as points: a colour and a mark per answer, the most frequent answer first.

    Parameters
    ----------
    points : ndarray (n, 2)
    answers : sequence of str of length n
    heading : str
    shades : int ndarray (rows, columns), optional
        Which answer is nearest where, by its number in :func:`answer_codes`.

    Returns
    -------
    list of artists
        One set of marks per answer; from the eighth on they share one, "others".
    """
    colors = dress(ax, theme)
    names, codes = answer_codes(answers)
    palette = color_of(names, colors)
    if names[-1] == _REST:
        palette[_REST] = colors.muted
    limits = map_limits(points)
    drawn: list[Artist] = []
    if shades is not None:
        from matplotlib.colors import ListedColormap

        cmap = ListedColormap([palette[name] for name in names])
        ax.imshow(
            shades, cmap=cmap, vmin=-0.5, vmax=len(names) - 0.5, alpha=0.16, origin="lower",
            extent=limits, aspect="auto", interpolation="nearest",
        )  # fmt: skip
    for number, name in enumerate(names):
        x, y = points[codes == number].T
        drawn += ax.plot(
            x, y, _MARKS[number], ms=3.5, mew=0, color=palette[name], label=short(name, 18)
        )
    ax.set_xlim(limits[:2])
    ax.set_ylim(limits[2:])
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    title(ax, heading, colors)
    entries = legend(
        ax, colors, loc="upper left", bbox_to_anchor=(0.0, -0.01), markerscale=2,
        ncol=min(4, len(names)),
    )  # fmt: skip
    entries.set_in_layout(True)
    return drawn


def asked_point(place: tuple[float, float], ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Mark where the prompt that is asked about lies; at the edge where it is outside."""
    colors = style(theme)
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    x, y = float(np.clip(place[0], left, right)), float(np.clip(place[1], bottom, top))
    ring: dict[str, Any] = {"mfc": "none", "mec": colors.text, "clip_on": False}
    return [
        *ax.plot([x], [y], "o", ms=15, mew=2.2, **ring),
        *ax.plot([x], [y], "+", ms=24, mew=1.4, **ring),
    ]


def answer_codes(answers: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return at most eight names, the most frequent first, and each answer's number (n,).

    Examples
    --------
    >>> names, codes = answer_codes(["b", "a", "b"])
    >>> names, codes.tolist()
    (['b', 'a'], [0, 1, 0])
    """
    counted: dict[str, int] = {}
    for answer in answers:
        counted[answer] = counted.get(answer, 0) + 1
    names = sorted(counted, key=lambda name: (-counted[name], name))
    if len(names) > len(_MARKS):
        names = [*names[: len(_MARKS) - 1], _REST]
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place.get(answer, len(names) - 1) for answer in answers])


def map_limits(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a map, with a margin around its points.

    Examples
    --------
    >>> [float(x) for x in map_limits(np.array([[0.0, 0.0], [1.0, 2.0]]))]
    [-0.06, 1.06, -0.12, 2.12]
    """
    low, high = points.min(axis=0), points.max(axis=0)
    edge = 0.06 * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = low - edge, high + edge
    return float(left), float(right), float(bottom), float(top)
