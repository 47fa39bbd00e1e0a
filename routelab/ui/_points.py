"""A picture whose points can be clicked; a list beside it does the same by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import ipywidgets as w
import numpy as np

from routelab._checks import InputError, require

NEAR = 0.06  # of the picture's width: a click farther from every point means none


@cache
def clicks_class() -> Any:
    """Return the widget that tells of clicks; needs the extra `lab`."""
    anywidget = require("anywidget", "lab")
    script = Path(__file__).with_name("points.js").read_text(encoding="utf-8")

    class Clicks(anywidget.AnyWidget):  # type: ignore[name-defined]
        """Sends ``{"do": "point", "x": 0.5, "y": 0.5}`` for a click on the picture beside it."""

        _esm = script

    return Clicks


def nearest(x: float, y: float, places: np.ndarray, shape: float) -> int | None:
    """Return the point nearest to a click, None when all are far.

    Parameters
    ----------
    x, y : float
        Shares of the picture's width and height, from its upper left corner.
    places : float array of shape (n, 2)
        Points, likewise.
    shape : float
        Height of the picture over its width.

    Examples
    --------
    >>> nearest(0.5, 0.5, np.array([[0.1, 0.1], [0.52, 0.5]]), 0.4)
    1
    """
    if not len(places):
        return None
    away = np.hypot(places[:, 0] - x, (places[:, 1] - y) * shape)
    best = int(np.argmin(away))
    return best if away[best] <= NEAR else None


def clickable(picture: w.Image, clicked: Callable[[float, float], None]) -> w.VBox:
    """Return the picture in a box that tells of clicks; without the extra `lab`, of none."""
    box = w.VBox([picture], layout=w.Layout(overflow="visible", width="100%"))
    box.add_class("rl-points")
    try:
        clicks = clicks_class()()
    except InputError:
        return box

    def heard(widget: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict) or content.get("do") != "point":
            return
        x, y = content.get("x"), content.get("y")
        if isinstance(x, (int, float)) and isinstance(y, (int, float)):
            clicked(x, y)

    clicks.on_msg(heard)
    box.children = [picture, clicks]
    return box
