"""The parts that panels are made of: status, numbers, labelled fields, guarded callbacks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as w
import traitlets

from routelab._html import esc


class Status(w.HTML):
    """One line under the controls: what was computed, or what went wrong; always escaped."""

    text = ""

    def ok(self, text: str) -> None:
        """Say what was computed."""
        self.text = text
        self.value = f'<span role="status" class="rl-status">{esc(text)}</span>'

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self.text = text
        self.value = (
            '<span role="alert" class="rl-status" style="color:var(--jp-error-color1,#b00020)">'
            f"⚠ {esc(text)}</span>"
        )


def told(html: str) -> str:
    """Return HTML (escaped already) as tables and lists of panels, which scroll where it is narrow.

    By keyboard, too: so it can have the focus.
    """
    return f'<div class="rl-told" role="group" tabindex="0">{html}</div>'


class Facts(w.HTML):
    """Numbers with their names, in a row; always escaped."""

    def show(self, facts: Mapping[str, str], hints: Mapping[str, str] | None = None) -> None:
        """Show names and values, and what a name means to whoever points at it."""
        hints = hints or {}
        cells = "".join(
            f'<div style="margin:0 1.6em .3em 0" title="{esc(hints.get(name, ""))}">'
            '<div style="font-size:.8em;opacity:.75">'
            f'{esc(name)}</div><div class="rl-fact" style="font-size:1.15em;font-weight:600">'
            f"{esc(value)}</div></div>"
            for name, value in facts.items()
        )
        self.value = (
            '<div style="display:flex;flex-wrap:wrap;line-height:1.35;'
            f'color:var(--jp-content-font-color1,inherit)">{cells}</div>'
        )


def guarded(status: Status) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that shows an exception of a callback in `status`.

    JupyterLab would hide it in a log console.
    """

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            try:
                return function(*args, **options)
            except ValueError as error:  # InputError included: its text is the whole message
                status.error(str(error))
            except Exception as error:
                status.error(f"{type(error).__name__}: {error}")
            return None

        return call

    return wrap


def _whole() -> Any:
    """Return the trait of a whole number, which takes what a browser sends until it is rounded."""
    return traitlets.Union([traitlets.Int(), traitlets.CFloat()], default_value=0).tag(sync=True)


class WholeText(w.FloatText):
    """A field for a whole number: 85.6 becomes 86, and the field shows it.

    IntText of ipywidgets drops the point while one types, which makes 856 of it.
    """

    value = _whole()

    @traitlets.validate("value")
    def _validate_value(self, proposal: Any) -> int:
        return round(proposal["value"])


class BoundedWholeText(w.BoundedFloatText):
    """A field for a whole number between two others; beyond them it becomes the nearer one."""

    value = _whole()
    min = traitlets.CInt(0).tag(sync=True)
    max = traitlets.CInt(100).tag(sync=True)

    @traitlets.validate("value")
    def _validate_value(self, proposal: Any) -> int:
        return min(max(round(proposal["value"]), self.min), self.max)


def number(
    label: str, value: float, low: float, high: float, step: float, *, open_ended: bool = False
) -> tuple[w.Widget, w.HBox]:
    """Return a labelled number field, and the row that pairs it with a slider.

    With `open_ended` the field takes what the slider has no room for, and the panel must say what
    it refuses; else numbers beyond the ends become the ends.

    Sliders of ipywidgets have no name for screen readers; the panel's tools give them the label of
    the field (``tools.js``), and without the extra `lab` the field alone has it. A slider stands on
    the step nearest to the field: the browser would put it there anyhow and report it as a touch,
    which would change the field. Where it stands on that step it is left alone: browsers say
    3.0000000000000004, and 3.0 sent back would pull the handle out of a hand that has moved on.
    """
    whole = all(float(x).is_integer() for x in (value, low, high, step))
    slide, field = (w.IntSlider, BoundedWholeText) if whole else (w.FloatSlider, w.BoundedFloatText)
    bounds = {"min": low, "max": high, "step": step}
    if open_ended:
        field = WholeText if whole else w.FloatText
    slider = slide(**bounds, readout=False, layout=w.Layout(width="190px", max_width="100%"))
    box = field(
        **({"step": step} if open_ended else bounds),
        value=value,
        description=label,
        style={"description_width": "165px"},
        layout=w.Layout(width="265px", max_width="100%"),
    )

    def nearest(given: float) -> float:
        steps = round((given - slider.min) / slider.step)
        at = min(max(slider.min + steps * slider.step, slider.min), slider.max)
        return at if whole else round(at, 6)  # 6 does not become 5.999999999

    def apart() -> bool:
        return abs(slider.value - nearest(box.value)) > slider.step / 1000

    def slid(change: Any) -> None:
        if apart():
            box.value = change.new if whole else round(change.new, 6)

    def follow(_: Any) -> None:
        if apart():
            slider.value = nearest(box.value)

    slider.observe(slid, "value")
    slider.observe(follow, ["min", "max", "step"])
    box.observe(follow, "value")
    follow(None)
    row = w.HBox([box, slider], layout=w.Layout(max_width="100%"))  # the slider gives way
    row.add_class("rl-number")
    return box, row
