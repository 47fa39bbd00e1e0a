"""What is compared: which routers, on which vectors, for which label; and a button that starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.evaluate import Comparison, compare
from routelab.plots._style import short
from routelab.routers import make_router

CLASSES_MOST = 200
NO_LABELS = ("prompt", "group", "weight", "annotator", "split")
ENCODERS = ("tfidf", "hashing")  # need no download


class Cancelled(Exception):
    """The reader has pressed Cancel."""


@dataclass(frozen=True)
class Setup:
    """What there is to choose from, and how it is compared.

    Attributes
    ----------
    routers : mapping of str to str or estimator
        A kind, made with the encoder that is chosen, or a router as it is.
    labels : DataFrame
        A column `prompt`; every other one with two to 200 classes can be the label.
    encoders : tuple of str
    options : mapping
        For :func:`routelab.compare`.
    """

    routers: Mapping[str, Any]
    labels: pd.DataFrame
    encoders: tuple[str, ...]
    options: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        routers: Mapping[str, Any] | Sequence[str],
        labels: pd.DataFrame,
        encoders: Sequence[str],
        options: Mapping[str, Any],
    ) -> Setup:
        """Return the setup, or say what is missing."""
        if not isinstance(labels, pd.DataFrame) or "prompt" not in labels:
            raise InputError("labels must be a DataFrame with a column 'prompt' and label columns")
        named = routers if isinstance(routers, Mapping) else {kind: kind for kind in routers}
        if not named:
            raise InputError("nothing to compare: name at least one router")
        if not encoders:
            raise InputError("name at least one encoder, such as 'tfidf'")
        setup = cls({str(k): v for k, v in named.items()}, labels, tuple(encoders), options)
        if not setup.columns:
            raise InputError(
                f"labels has no column of 2 to {CLASSES_MOST} classes beside the prompts, only "
                f"{', '.join(map(str, labels.columns))}"
            )
        return setup

    @property
    def columns(self) -> list[str]:
        """The columns that can be the label."""
        counts = {str(c): self.labels[c].nunique() for c in self.labels if c not in NO_LABELS}
        return [name for name, count in counts.items() if 2 <= count <= CLASSES_MOST]

    def run(
        self,
        routers: Sequence[str],
        encoder: str,
        column: str,
        progress: Callable[[int, int, str], Any] | None = None,
    ) -> Comparison:
        """Compare the chosen routers on a column; prompts without that label are left out."""
        if not routers:
            raise InputError("choose at least one router to compare")
        for name, known in (*((r, self.routers) for r in routers), (column, self.columns),
                            (encoder, self.encoders)):  # fmt: skip
            if name not in known:
                raise InputError(f"there is no {name!r} to choose{did_you_mean(name, known)}; "
                                 f"there are: {', '.join(known)}")  # fmt: skip
        kept = [name for name in ("prompt", "group") if name in self.labels]
        frame = self.labels[[*kept, column]].rename(columns={column: "label"})
        frame = frame[frame["label"].notna()].reset_index(drop=True)
        chosen = {
            name: make_router(given, encoder=encoder) if isinstance(given, str) else given
            for name, given in self.routers.items()
            if name in routers
        }
        return compare(chosen, frame, progress=progress, **self.options)


class SetupView(w.VBox):
    """Boxes for the routers, lists for encoder and label, and the button *Compare*.

    A line beside the button says whether what is ticked and picked is what is shown.
    """

    def __init__(self, setup: Setup, start: Callable[[], object]):
        self._boxes = {
            name: w.Checkbox(value=True, description=short(name, 40), indent=False,
                             layout=w.Layout(width="auto", margin="0 1.2em 0 0"))
            for name in setup.routers
        }  # fmt: skip
        wide: dict[str, Any] = {"style": {"description_width": "80px"},
                                "layout": w.Layout(width="260px")}  # fmt: skip
        self.encoder = w.Dropdown(options=list(setup.encoders), description="Encoder", **wide)
        self.data = w.Dropdown(options=setup.columns, description="Label", **wide)
        self.button = w.Button(description="Compare", button_style="",
                               tooltip="Fit and judge the routers that are ticked")  # fmt: skip
        self.button.on_click(lambda _: start())
        self.note = w.HTML(layout=w.Layout(margin="0 0 0 .6em"))
        self._shown = self.chosen
        for control in (*self._boxes.values(), self.encoder, self.data):
            control.observe(lambda change: self._tell(), "value")
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        super().__init__([
            w.HBox(list(self._boxes.values()), layout=wrap),
            w.HBox([self.encoder, self.data, self.button, self.note], layout=wrap),
        ])  # fmt: skip

    @property
    def chosen(self) -> dict[str, Any]:
        """What is ticked and picked, as settings."""
        routers = tuple(name for name, box in self._boxes.items() if box.value)
        return {"routers": routers, "encoder": self.encoder.value, "data": self.data.value}

    def pick(self, routers: Sequence[str], encoder: str, data: str) -> None:
        """Tick and pick."""
        for name, box in self._boxes.items():
            box.value = name in routers
        self.encoder.value, self.data.value = encoder, data

    def show(self, routers: Sequence[str], encoder: str, data: str) -> None:
        """Tick and pick what the comparison that is shown was made of."""
        self._shown = {"routers": tuple(routers), "encoder": encoder, "data": data}
        self.pick(routers, encoder, data)
        self._tell()

    def _tell(self) -> None:
        waits = self.chosen != self._shown
        self.button.button_style = "primary" if waits else ""
        told = "Not compared yet: press Compare." if waits else ""
        self.note.value = f'<span role="status">{told}</span>'
