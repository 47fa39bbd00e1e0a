"""Figures as widgets: PNG of a reused canvas, of which only what moves is drawn again."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np
from ipywidgets.widgets.trait_types import CByteMemoryView

from routelab.ui._png import quick_png

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

WIDTH_DPI = 100  # pixels on the page per inch of figure
PICTURE_DPI = 144  # pixels in the picture per inch of figure


def _as_url(png: memoryview, _: w.Widget) -> bytes:
    """Return the picture as an address that holds it: of bytes a browser would make one, slowly."""
    return b"data:image/png;base64," + base64.b64encode(png) if len(png) else b""


class Picture(w.Image):
    """A figure as PNG; `paint` shows another one of the same size."""

    value = CByteMemoryView(help="The PNG").tag(sync=True, to_json=_as_url)

    def __init__(self, width: float):
        self.width_px = round(width * WIDTH_DPI)
        self._titles: dict[int, str] = {}  # by hash of the PNG: callers show what they kept again
        super().__init__(
            format="url", layout=w.Layout(width=f"{self.width_px}px", max_width="100%")
        )
        self.add_class("rl-picture")

    @property
    def title(self) -> str:
        """What the picture shows; "" where it does not say."""
        return self._titles.get(hash(self.value), "")

    def paint(self, fig: Figure) -> None:
        """Draw a figure (not of pyplot) and send it."""
        fig.canvas.draw()
        self.send_pixels(fig.canvas)
        self._titles[hash(self.value)] = _titles_of(fig)

    def send_pixels(self, canvas: Any) -> None:
        """Send what is on a canvas; fast rather than small."""
        self.value = quick_png(np.asarray(canvas.buffer_rgba()))


class LivePlot(Picture):
    """A figure whose axes are drawn once, when they are first needed; `show` replaces what moves.

    Parameters
    ----------
    fig : Figure
        Not of pyplot. Its layout is frozen as it is now; `lay_out` makes another.
    shown : iterable of artists
        What is drawn already and moves: it counts for the layout and is then removed.
    """

    def __init__(self, fig: Figure, shown: Iterable[Artist] = ()):
        super().__init__(fig.get_figwidth())
        self._fig = fig
        self._canvas: Any = fig.canvas
        self._artists: list[Artist] = list(shown)
        self._axes_only: Any = None  # pixels of the axes, once they are drawn
        self._background: Any = None  # with what is held over them
        self.lay_out()

    @property
    def title(self) -> str:
        """The titles of its charts."""
        return _titles_of(self._fig)

    @property
    def axes(self) -> list[Any]:
        """The figure's axes, from left to right."""
        return list(self._fig.axes)

    def lay_out(self) -> None:
        """Give each chart the room that its names and legends leave, and draw the axes again."""
        self._fig.set_layout_engine("constrained")
        engine = self._fig.get_layout_engine()
        assert engine is not None  # it was set just now
        engine.execute(self._fig)
        self._fig.set_layout_engine("none")
        self.rebuild()

    def rebuild(self) -> None:
        """Draw axes, ticks and labels again, after limits or names have changed."""
        self.clear()
        self._axes_only = self._background = None

    def hold(self, artists: Iterable[Artist]) -> None:
        """Draw these over the axes once, in place of what was held before; others move over them.

        The caller keeps the artists, and removes them when they are held no longer.
        """
        self._begin(artists := list(artists), held=False)
        self._draw(artists)
        self._background = self._canvas.copy_from_bbox(self._fig.bbox)

    def clear(self) -> None:
        """Remove what moves, so that a new drawing starts from empty axes."""
        for artist in self._artists:
            artist.remove()
        for ax in self._fig.axes:
            ax.containers.clear()  # else legends name bars that are gone
        self._artists = []

    def show(self, artists: Iterable[Artist]) -> None:
        """Draw these artists over the axes and send the picture."""
        self._artists = list(artists)
        self._begin(self._artists, held=True)
        self._draw(self._artists)
        self.send_pixels(self._canvas)

    def _begin(self, artists: list[Artist], *, held: bool) -> None:
        """Put the axes on the canvas, and with `held` what is held over them."""
        for artist in artists:
            artist.set_animated(True)  # the axes are drawn without them
        if self._axes_only is None:
            self._canvas.draw()
            self._axes_only = self._background = self._canvas.copy_from_bbox(self._fig.bbox)
        self._canvas.restore_region(self._background if held else self._axes_only)

    def _draw(self, artists: list[Artist]) -> None:
        for artist in sorted(artists, key=lambda a: a.get_zorder()):
            self._fig.draw_artist(artist)


def _titles_of(fig: Figure) -> str:
    found = [ax.get_title(loc) for ax in fig.axes for loc in ("left", "center")]
    return ", ".join(filter(None, found))


def pictures_in(widget: w.Widget) -> list[Picture]:
    """Return the pictures that a widget holds, in the order in which they stand."""
    if isinstance(widget, Picture):
        return [widget]
    return [found for child in getattr(widget, "children", ()) for found in pictures_in(child)]


def side_by_side(*pictures: Picture) -> w.HBox:
    """Return a row in which pictures share the width, and stand below each other on narrow screens.

    So they stay readable where one wide picture would shrink to the size of a stamp.
    """
    for picture in pictures:
        picture.layout.flex = "1 1 330px"
        picture.layout.width = "auto"
        picture.layout.min_width = "0"  # a picture does not insist on its pixels
        picture.layout.max_width = f"min(100%, {picture.width_px}px)"
    return w.HBox(list(pictures), layout=w.Layout(flex_flow="row wrap", align_items="flex-start"))


def png_width(png: bytes) -> int:
    """Return how many pixels wide a PNG is."""
    return int.from_bytes(png[16:20])


def stacked(pngs: Iterable[bytes]) -> bytes:
    """Return pictures one below the other as one PNG, for outputs that are stored.

    The sheet is white, and as wide as the widest.
    """
    return _sheet(pngs, (0, 1))


def beside(pngs: Iterable[bytes]) -> bytes:
    """Return pictures from left to right as one PNG, for outputs that are stored."""
    return _sheet(pngs, (1, 0))


def _sheet(pngs: Iterable[bytes], way: tuple[int, int]) -> bytes:
    """Paste pictures on a white sheet, each a width or a height further on."""
    from PIL import Image

    images = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    right, down = way
    sum_or_max = (max, sum)
    width = sum_or_max[right](image.width for image in images)
    height = sum_or_max[down](image.height for image in images)
    sheet, left, top = Image.new("RGB", (width, height), "white"), 0, 0
    for image in images:
        sheet.paste(image, (left, top))
        left, top = left + right * image.width, top + down * image.height
    buffer = io.BytesIO()
    sheet.save(buffer, "png")
    return buffer.getvalue()


def compact(png: bytes) -> bytes:
    """Return the same picture as a small PNG, for outputs that are stored."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    method = Image.Quantize.MAXCOVERAGE  # rare colours stay what they are
    image.quantize(256, method, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()
