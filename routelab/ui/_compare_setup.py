"""What is compared: which routers, on which vectors and data, for which label; and the button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.evaluate import Comparison, compare
from routelab.plots._style import short
from routelab.routers import make_router
from routelab.ui._compare_config import Key
from routelab.ui._compare_tables import ABOUT, Tables
from routelab.ui._file_loader import FileLoader, Tell
from routelab.ui._parts import Status, guarded
from routelab.ui._uploaded import UPLOADED

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
    tables : Tables
    encoders : tuple of str
    options : mapping
        For :func:`routelab.compare`.
    """

    routers: Mapping[str, Any]
    tables: Tables
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
        named = routers if isinstance(routers, Mapping) else {kind: kind for kind in routers}
        if not named:
            raise InputError("nothing to compare: name at least one router")
        if not encoders:
            raise InputError("name at least one encoder, such as 'tfidf'")
        return cls({str(k): v for k, v in named.items()}, Tables(labels), tuple(encoders), options)

    @property
    def first(self) -> Key:
        """Everything, with the first encoder and label."""
        return Key(tuple(self.routers), self.encoders[0], self.tables.of("").columns[0])

    def classes(self, key: Key) -> list[str]:
        """Return the classes of a label."""
        return sorted(map(str, self.tables.of(key.table).frame(key.data)["label"].unique()))

    def run(self, key: Key, progress: Callable[[int, int, str], Any] | None = None) -> Comparison:
        """Compare the chosen routers on a label; prompts without that label are left out."""
        if not key.routers:
            raise InputError("choose at least one router to compare")
        table = self.tables.of(key.table)
        for name, known in (*((r, self.routers) for r in key.routers), (key.data, table.columns),
                            (key.encoder, self.encoders)):  # fmt: skip
            if name not in known:
                raise InputError(f"there is no {name!r} to choose{did_you_mean(name, known)}; "
                                 f"there are: {', '.join(known)}")  # fmt: skip
        chosen = {
            name: make_router(given, encoder=key.encoder) if isinstance(given, str) else given
            for name, given in self.routers.items()
            if name in key.routers
        }
        return compare(chosen, table.frame(key.data), progress=progress, **self.options)


class SetupView(w.VBox):
    """Boxes for the routers, lists for encoder, data and label, and the button *Compare*.

    A line beside the button says whether what is ticked and picked is what is shown. *Other
    data* opens a part that reads other tables of labels.

    Parameters
    ----------
    setup : Setup
    given : str
        What the table that the panel was given is called.
    start : callable
        Compares.
    loaded : callable
        Called with the name of a table that was read, which may be another than before.
    """

    def __init__(
        self,
        setup: Setup,
        given: str,
        start: Callable[[], object],
        loaded: Callable[[str], object],
    ):
        self._setup, self._loaded = setup, loaded
        self._boxes = {
            name: w.Checkbox(value=True, description=short(name, 40), indent=False,
                             layout=w.Layout(width="auto", margin="0 1.2em 0 0"))
            for name in setup.routers
        }  # fmt: skip
        wide: dict[str, Any] = {"style": {"description_width": "80px"},
                                "layout": w.Layout(width="260px")}  # fmt: skip
        self.encoder = w.Dropdown(options=list(setup.encoders), description="Encoder", **wide)
        self.table = w.Dropdown(options=[(short(given, 40), "")], description="Data", **wide)
        self.data = w.Dropdown(options=setup.tables.of("").columns, description="Label", **wide)
        self.button = w.Button(description="Compare", button_style="",
                               tooltip="Fit and judge the routers that are ticked")  # fmt: skip
        self.note = Status(layout=w.Layout(margin="0 0 0 .6em"))
        self.note.add_class("rl-note")
        self.button.on_click(lambda _: guarded(self.note)(start)())
        self.loader = FileLoader(
            "labels", ABOUT, "labels.csv, labels/*.jsonl, ...", "Offer this table under Data",
            self._load, self._take,
        )  # fmt: skip
        self.other = w.ToggleButton(description="Other data", layout=w.Layout(width="auto"),
                                    tooltip="Read another table of labels")  # fmt: skip
        self.other.observe(lambda change: self._open(change.new), "value")
        self._open(False)
        self._shown = self.chosen
        self.table.observe(lambda change: self._offer_labels(), "value")
        for control in (*self._boxes.values(), self.encoder, self.table, self.data):
            control.observe(lambda change: self._tell(), "value")
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        super().__init__([
            w.HBox(list(self._boxes.values()), layout=wrap),
            w.HBox([self.encoder, self.table, self.data, self.other], layout=wrap),
            self.loader,
            w.HBox([self.button, self.note], layout=wrap),
        ])  # fmt: skip

    @property
    def chosen(self) -> Key:
        """What is ticked and picked."""
        routers = tuple(name for name, box in self._boxes.items() if box.value)
        return Key(routers, self.encoder.value, self.data.value, self.table.value)

    def pick(self, key: Key) -> None:
        """Tick and pick."""
        for name, box in self._boxes.items():
            box.value = name in key.routers
        self._offer_table(key.table)
        self.encoder.value, self.table.value, self.data.value = key.encoder, key.table, key.data

    def show(self, key: Key) -> None:
        """Tick and pick what the comparison that is shown was made of; not over later picks."""
        later = self.chosen not in (self._shown, key)
        self._shown = key
        if not later:
            self.pick(key)
        self._tell()

    def _tell(self) -> None:
        waits = self.chosen != self._shown
        self.button.button_style = "primary" if waits else ""
        self.note.ok("Not compared yet: press Compare." if waits else "")

    def _open(self, shown: bool) -> None:
        self.loader.layout.display = "" if shown else "none"

    def _offer_table(self, name: str) -> None:
        if name not in dict(self.table.options).values():
            kept = self.table.value
            shown = short(Path(name.removeprefix(UPLOADED)).name, 40)
            self.table.options = [*self.table.options, (shown, name)]
            self.table.value = kept

    def _offer_labels(self) -> None:
        columns = self._setup.tables.of(self.table.value).columns
        if self.data.options != columns:
            self.data.options = columns

    def _load(self, path: str, tell: Tell) -> str:
        tell("reading labels …")
        return self._read(path, self._setup.tables.read(path))

    def _take(self, name: str, content: bytes, tell: Tell) -> str:
        tell(f"reading {name} …")
        return self._read(UPLOADED + name, self._setup.tables.take(name, content))

    def _read(self, name: str, told: str) -> str:
        """Offer and pick a table that was read."""
        self._loaded(name)
        self._offer_table(name)
        self.table.value = name
        self._offer_labels()
        self._shown = self._shown if name != self._shown.table else Key()
        self._tell()
        return f"{told} It is picked under Data: pick a label, then press Compare."
