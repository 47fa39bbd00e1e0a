"""Label prompts by keyboard: one at a time, each kept before the next is shown."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import ipywidgets as w
import pandas as pd

from routelab import plots
from routelab._checks import InputError
from routelab.labelling import LabelSession, accuracy_within, agreement, krippendorff_alpha
from routelab.plots._labels import FEWEST
from routelab.plots._style import legend
from routelab.ui._app_files import download_link
from routelab.ui._base import Panel
from routelab.ui._code import Recipe, arguments
from routelab.ui._files import in_app, named_file
from routelab.ui._keys import KEYS, key_box, on_press
from routelab.ui._label_parts import (
    agreement_told,
    label_bars,
    label_curve,
    room_for,
    write_labels,
)
from routelab.ui._parts import Facts, guarded
from routelab.ui._picture import LivePlot, beside, side_by_side
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS, private


@SETTINGS.register("label")
@dataclass(frozen=True, slots=True)
class LabelConfig:
    """Settings of the labelling panel: who labels."""

    annotator: str = private()


@dataclass(frozen=True)
class Labelled:
    """What the panel shows.

    Attributes
    ----------
    done, total : int
        Prompts that this annotator labelled, and all.
    counts : dict of str to int
        Labels given, and ``"skipped"``.
    alpha : float or None
        Krippendorff's alpha of all annotators; None with one.
    parts : DataFrame
        Labels given, ``test`` and ``train``, a row per label.
    pairs : DataFrame
        How far each two annotators agree; empty with one.
    within : float or None
        Half of the 95 % interval that the test labels give an accuracy of a half; None with fewer
        than ten.
    """

    done: int
    total: int
    counts: dict[str, int]
    alpha: float | None
    parts: pd.DataFrame
    pairs: pd.DataFrame
    within: float | None


class LabelPanel(Panel):
    """See :func:`label`."""

    kind = "label"

    def __init__(self, labelling: LabelSession, **shared: Any):
        self.labelling = labelling
        super().__init__(LabelConfig(labelling.annotator), **shared)
        self.box = key_box(labelling.labels)
        on_press(self.box, guarded(self.status)(self.act))
        self.facts, self.agreed = Facts(), w.HTML()
        self.picture, self.curve = label_bars(labelling.labels), label_curve()
        csv = labelling.path.with_suffix(".csv")
        self.file = w.Text(
            value=csv.name if in_app() else str(csv), description="CSV file",
            style={"description_width": "80px"}, layout=w.Layout(width="420px", max_width="100%"),
        )  # fmt: skip
        write = w.Button(
            description="Write CSV", layout=w.Layout(width="auto"),
            tooltip="Write your labels into the file, for rl.read_labels",
        )  # fmt: skip
        write.on_click(lambda _: guarded(self.status)(self.write_csv)(self.file.value))
        self.link = w.HTML()
        row = w.HBox([self.file, write, self.link], layout=w.Layout(flex_flow="row wrap"))
        pictures = side_by_side(self.picture, self.curve)
        self.tools.leave_out("save", "load", "reset", "cancel")  # labels are no settings
        self.begin(self.box, self.facts, pictures, self.agreed, row)

    def recipe(self) -> Recipe:
        """Return how this panel is made again: it goes on where the file of labels ends."""
        line = self.file_line("prompts", "pd.read_csv({})['prompt'].tolist()", "the prompts")
        kept = self.labelling
        given = arguments({"annotator": kept.annotator, **changed_options(kept)})
        asked = f"prompts, {list(kept.labels)!r}, {str(kept.path)!r}, {given}"
        return Recipe(f"ui.label(rl.LabelSession({asked}))", (line,), ("import pandas as pd",))

    def act(self, content: Any) -> None:
        """Do what a key or a click asked for: ``{"do": "label", "number": 0}``, skip, undo."""
        action = content.get("do") if isinstance(content, dict) else None
        if action == "label":
            number = content.get("number")
            if isinstance(number, int) and 0 <= number < len(self.labelling.labels):
                self.labelling.label(self.labelling.labels[number])
        elif action == "skip":
            self.labelling.skip()
        elif action == "undo":
            self.labelling.undo()
        self.update()

    def write_csv(self, path: str | PathLike[str]) -> None:
        """Write this annotator's labels as CSV, for :func:`routelab.read_labels`.

        An earlier CSV of labels is replaced, any other file is left alone. In the app the file is
        the reader's own, and offered as a download.
        """
        if not os.fspath(path).strip():
            raise InputError("the CSV file has no name: give one that ends in .csv")
        target = named_file(os.fspath(path))
        write_labels(self.labelling, target)
        if in_app():
            self.link.value = download_link(target.name, target.read_bytes(), "text/csv")
        self.status.ok(f"{self.labelling.progress[0]:,} labels are in {path}. {self._line}")

    def compute(self, config: LabelConfig) -> Labelled:
        """Count what was done."""
        table = self.labelling.table()
        both = len(table.columns) > 1 and (table.notna().sum(axis=1) >= 2).any()
        level = "ordinal" if self.labelling.ordinal else "nominal"
        alpha = krippendorff_alpha(table, level, self.labelling.labels) if both else None
        mine = self.labelling.to_frame(self.labelling.annotator)
        parts = {part: mine["label"][mine["split"] == part].value_counts().to_dict()
                 for part in ("test", "train")}  # fmt: skip
        given = [[parts[part].get(name, 0) for part in parts] for name in self.labelling.labels]
        shown = pd.DataFrame(given, index=self.labelling.labels, columns=list(parts))
        tests = int(shown["test"].sum())
        within = accuracy_within(tests) if tests >= FEWEST else None
        done, total = self.labelling.progress
        counts = self.labelling.counts
        return Labelled(done, total, counts, alpha, shown, agreement(table), within)

    def draw(self, result: Labelled) -> str:
        """Show the prompt, the counts and how far the annotators agree."""
        prompt = self.labelling.prompt
        why = {"test": "for the test set, drawn at random", "random": "drawn at random",
               "uncertainty": "the classifier is least sure of it"}  # fmt: skip
        chosen = why.get(self.labelling.chosen_by, "")
        with self.box.hold_sync():  # a prompt never shows with the number of another one
            self.box.shown += self.box.prompt != (prompt or "")
            self.box.prompt = prompt or ""
            self.box.done = result.done / result.total
            self.box.told = chosen if prompt is not None else "All prompts were asked."
        facts = {label: f"{count:,}" for label, count in result.counts.items()}
        facts["test labels"] = f"{result.parts['test'].sum():,}"
        within = "–" if result.within is None else f"± {100 * result.within:.0f} points"
        facts["an accuracy is known to"] = within
        if result.alpha is not None:
            facts["agreement (alpha)"] = f"{result.alpha:.2f}"
        self.facts.show(facts)
        self.agreed.value = agreement_told(result.pairs)
        self._paint(result)
        notes = f" {' '.join(self.labelling.notes)}." if self.labelling.notes else ""
        return (
            f"{result.done:,} of {result.total:,} labelled by {self.config.annotator}, kept in "
            f"{self.labelling.path.name}.{notes}"
        )

    def still(self) -> bytes:
        """Return both pictures as one."""
        assert self.picture is not None
        return beside([self.picture.value, self.curve.value])

    def _paint(self, result: Labelled) -> None:
        """Draw the bars, and where the test labels stand on the curve."""
        bars, theme = self.picture, plots.style("light")
        assert isinstance(bars, LivePlot)
        bars.clear()
        (left,), (right,) = bars.axes, self.curve.axes
        room = room_for(int(result.parts.sum(axis=1).max()))
        if left.get_xlim()[1] != room:
            left.set_xlim(0, room)
            bars.rebuild()
        above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.97), "ncols": 2}
        bars.show([*plots.label_counts(result.parts, left), legend(left, theme, **above)])
        self.curve.clear()
        moving = []
        if result.within is not None:
            tests = int(result.parts["test"].sum())
            moving = right.plot([tests], [100 * result.within], "o", ms=9, color=theme.failed,
                                label=f"now: {tests}")  # fmt: skip
            moving.append(legend(right, theme, loc="upper right"))
        self.curve.show(moving)


def changed_options(labelling: LabelSession) -> dict[str, Any]:
    """Return a session's options that are not the default, beside who labels."""
    options = inspect.signature(LabelSession).parameters
    names = ("ordinal", "test_share", "seed", "retrain_every")
    given = {name: getattr(labelling, name) for name in names}
    return {name: value for name, value in given.items() if value != options[name].default}


def label(
    labelling: LabelSession,
    *,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> LabelPanel:
    """Return a panel that asks for labels: keys 1 to 9, s to skip, u to undo.

    Parameters
    ----------
    labelling : LabelSession
        With at most nine labels.
    session : Session, optional
        Shared with other panels; neither prompts nor who labels is kept in its file.
    files : mapping of str to path, optional
        Where `prompts` came from, for "Copy as code".

    Returns
    -------
    LabelPanel
        Click it once, then type. Each label is in the session's file before the next prompt shows;
        making the same session again goes on there. ``write_csv`` writes them as
        CSV. Prompts are shown in full: that is what a
        labeller must see.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from routelab.labelling import LabelSession
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.jsonl")
    >>> panel = label(LabelSession(["hi", "why?", "thanks"], ["easy", "hard"], path))
    >>> panel.act({"do": "label", "number": 1})
    >>> panel.result.counts["hard"]
    1
    """
    if not isinstance(labelling, LabelSession):
        raise InputError(
            f"the panel takes a rl.LabelSession, got {type(labelling).__name__}: make one with "
            "rl.LabelSession(prompts, ['easy', 'hard'], 'labels.jsonl')"
        )
    if len(labelling.labels) > len(KEYS):
        raise InputError(f"the panel has 9 keys, the session {len(labelling.labels)} labels")
    return LabelPanel(labelling, session=session, files=files)
