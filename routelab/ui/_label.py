"""Label prompts by keyboard: one at a time, each kept before the next is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

from routelab._checks import InputError
from routelab.labelling import LabelSession, krippendorff_alpha
from routelab.ui._base import Panel
from routelab.ui._code import Recipe, arguments
from routelab.ui._keys import KEYS, key_box
from routelab.ui._parts import Facts, guarded
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
    """

    done: int
    total: int
    counts: dict[str, int]
    alpha: float | None


class LabelPanel(Panel):
    """See :func:`label`."""

    kind = "label"

    def __init__(self, labelling: LabelSession, **shared: Any):
        self.labelling = labelling
        super().__init__(LabelConfig(labelling.annotator), **shared)
        self.box = key_box(labelling.labels)
        self.box.on_msg(lambda _widget, content, _buffers: guarded(self.status)(self.act)(content))
        self.facts = Facts()
        self.begin(self.box, self.facts)

    def recipe(self) -> Recipe:
        """Return how this panel is made again: it goes on where the file of labels ends."""
        line = self.file_line("prompts", "pd.read_csv({})['prompt'].tolist()", "the prompts")
        kept = self.labelling
        given = arguments({"annotator": kept.annotator})
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

    def compute(self, config: LabelConfig) -> Labelled:
        """Count what was done."""
        table = self.labelling.table()
        both = len(table.columns) > 1 and (table.notna().sum(axis=1) >= 2).any()
        level = "ordinal" if self.labelling.ordinal else "nominal"
        alpha = krippendorff_alpha(table, level, self.labelling.labels) if both else None
        return Labelled(*self.labelling.progress, self.labelling.counts, alpha)

    def draw(self, result: Labelled) -> str:
        """Show the prompt, the counts and how far the annotators agree."""
        prompt = self.labelling.prompt
        why = {"test": "for the test set, drawn at random", "random": "drawn at random",
               "uncertainty": "the classifier is least sure of it"}  # fmt: skip
        self.box.prompt = prompt or ""
        self.box.done = result.done / result.total
        chosen = why.get(self.labelling.chosen_by, "")
        self.box.told = chosen if prompt is not None else "All prompts were asked."
        facts = {label: f"{count:,}" for label, count in result.counts.items()}
        if result.alpha is not None:
            facts["agreement (alpha)"] = f"{result.alpha:.2f}"
        self.facts.show(facts)
        notes = f" {' '.join(self.labelling.notes)}." if self.labelling.notes else ""
        return (
            f"{result.done:,} of {result.total:,} labelled by {self.config.annotator}, kept in "
            f"{self.labelling.path.name}.{notes}"
        )


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
        making the same session again goes on there. Prompts are shown in full: that is what a
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
    if len(labelling.labels) > len(KEYS):
        raise InputError(f"the panel has 9 keys, the session {len(labelling.labels)} labels")
    return LabelPanel(labelling, session=session, files=files)
