"""What every panel is made of: a status line, guarded callbacks, controls, and a static copy."""

from __future__ import annotations

import base64
import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as w

from routelab._html import esc
from routelab.ui._picture import Picture, compact


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


#: For tables and lists inside panels: JupyterLab's own style for them is meant for outputs.
PANEL_STYLE = (
    "<style>.rl-told table{border-collapse:collapse;margin:.2em 0}"
    ".rl-told th,.rl-told td{text-align:left;padding:.1em 1.4em .1em 0;line-height:1.5;"
    "vertical-align:top}.rl-told ul{margin:.2em 0;padding-left:1.3em}"
    ".rl-told li{line-height:1.5}.rl-yaml textarea{font-family:monospace;white-space:pre}"
    ".rl-yaml textarea:disabled{color:var(--jp-content-font-color1,inherit);opacity:1}</style>"
)


def told(html: str) -> str:
    """Return HTML (escaped already) in the panels' style for tables and lists."""
    return f'{PANEL_STYLE}<div class="rl-told">{html}</div>'


class Facts(w.HTML):
    """Numbers with their names, in a row; always escaped."""

    def show(self, facts: Mapping[str, str]) -> None:
        """Show names and values."""
        cells = "".join(
            '<div style="margin:0 1.6em .3em 0"><div style="font-size:.8em;opacity:.75">'
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


class Panel(w.VBox):
    """Controls, numbers and a picture that follow one frozen configuration.

    A subclass gives `compute`, which is pure, and `draw`, which shows a result and returns the
    line of the status. It displays as a widget and, for readers without a kernel, as a picture.

    Attributes
    ----------
    config : frozen dataclass
        The settings, readable as code.
    result
        What `compute` returned for them.
    """

    picture: Picture | None = None

    def __init__(self, config: Any):
        self.config = config
        self.result: Any = None
        self._drawing = False
        self._controls: dict[str, w.Widget] = {}
        self.status = Status()
        super().__init__(layout=w.Layout(max_width="1150px"))

    def compute(self, config: Any) -> Any:
        """Return the result for a configuration; no widgets, no state."""
        raise NotImplementedError

    def draw(self, result: Any) -> str:
        """Show a result, and return the line of the status."""
        raise NotImplementedError

    def bind(self, control: w.Widget, field: str) -> None:
        """Let a control set a field of the configuration; a refused value is taken back."""

        def changed(change: Any) -> None:
            if self._drawing or change.new == getattr(self.config, field):
                return
            try:
                self.update(**{field: change.new})
            except Exception:
                control.set_trait("value", getattr(self.config, field))
                raise

        self._controls[field] = control
        control.observe(guarded(self.status)(changed), "value")

    def update(self, **changes: Any) -> None:
        """Change settings: compute, draw, tell, and move the controls along.

        After an error the old settings stay.
        """
        config = replace(self.config, **changes)
        result = self.compute(config)
        self.config, self.result = config, result
        self._drawing = True  # controls that draw() sets are not asked back
        try:
            self.status.ok(self.draw(result))
            for field, control in self._controls.items():
                control.value = getattr(self.config, field)
        finally:
            self._drawing = False

    def fallback(self) -> str:
        """Return the text that stands in for the panel where neither widget nor picture shows."""
        return f"{self.config}\n{self.status.text}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        data["text/plain"] = self.fallback()
        if self.picture is not None:
            data["image/png"] = base64.b64encode(compact(self.picture.value)).decode()
            metadata["image/png"] = {"width": self.picture.width_px}
        return data, metadata


def number(
    label: str, value: float, low: float, high: float, step: float
) -> tuple[w.Widget, w.HBox]:
    """Return a labelled number field, and the row that pairs it with a slider.

    Screen readers get the name from the field; sliders of ipywidgets have none. The slider's
    values are rounded to six digits on their way, so that 6 does not become 5.999999999.
    """
    whole = all(float(x).is_integer() for x in (value, low, high, step))
    slide, field = (w.IntSlider, w.BoundedIntText) if whole else (w.FloatSlider, w.BoundedFloatText)
    bounds = {"min": low, "max": high, "step": step, "value": value}
    slider = slide(**bounds, readout=False, layout=w.Layout(width="190px"))
    box = field(
        **bounds,
        description=label,
        style={"description_width": "165px"},
        layout=w.Layout(width="265px"),
    )
    rounded = (lambda x: round(x, 6), lambda x: x)
    w.link((slider, "value"), (box, "value"), transform=rounded)
    return box, w.HBox([box, slider])


class Job:
    """Run ``work(tell, cancelled)`` in a thread: one at a time, cancelled by its own asking."""

    def __init__(self, status: Status):
        self._status = status
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether work is going on."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, work: Callable[[Callable[[str], None], Callable[[], bool]], Any]) -> bool:
        """Start work unless some is going on; return whether it was started."""
        if self.running:
            return False
        self._stop.clear()
        task = guarded(self._status)(work)
        self._thread = threading.Thread(
            target=task, args=(self._status.ok, self._stop.is_set), daemon=True
        )
        self._thread.start()
        return True

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        if self._thread is not None:
            self._thread.join(timeout)
