"""Label prompts by keyboard: one at a time, each kept before the next is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routelab._checks import InputError, require
from routelab.labelling import LabelSession, krippendorff_alpha
from routelab.ui._base import Facts, Panel, guarded

_KEYS = "123456789"


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """Settings of the labelling panel: who labels."""

    annotator: str


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

    def __init__(self, session: LabelSession):
        self.session = session
        super().__init__(LabelConfig(session.annotator))
        anywidget = require("anywidget", "lab")
        traitlets = require("traitlets", "lab")
        script = Path(__file__).with_name("label.js").read_text(encoding="utf-8")

        class Box(anywidget.AnyWidget):  # type: ignore[name-defined]
            """The prompt and its keys; the text is set as text, never as HTML."""

            _esm = script
            prompt = traitlets.Unicode("").tag(sync=True)
            labels = traitlets.List().tag(sync=True)
            told = traitlets.Unicode("").tag(sync=True)
            done = traitlets.Float(0.0).tag(sync=True)

        self.box = Box(labels=session.labels[: len(_KEYS)])
        self.box.on_msg(lambda _widget, content, _buffers: guarded(self.status)(self.act)(content))
        self.facts = Facts()
        self.children = [self.box, self.facts, self.status]
        self.update()

    def act(self, content: Any) -> None:
        """Do what a key or a click asked for: ``{"do": "label", "number": 0}``, skip, undo."""
        action = content.get("do") if isinstance(content, dict) else None
        if action == "label":
            number = content.get("number")
            if isinstance(number, int) and 0 <= number < len(self.session.labels):
                self.session.label(self.session.labels[number])
        elif action == "skip":
            self.session.skip()
        elif action == "undo":
            self.session.undo()
        self.update()

    def compute(self, config: LabelConfig) -> Labelled:
        """Count what was done."""
        table = self.session.table()
        both = len(table.columns) > 1 and (table.notna().sum(axis=1) >= 2).any()
        level = "ordinal" if self.session.ordinal else "nominal"
        alpha = krippendorff_alpha(table, level, self.session.labels) if both else None
        return Labelled(*self.session.progress, self.session.counts, alpha)

    def draw(self, result: Labelled) -> str:
        """Show the prompt, the counts and how far the annotators agree."""
        prompt = self.session.prompt
        why = {"test": "for the test set, drawn at random", "random": "drawn at random",
               "uncertainty": "the classifier is least sure of it"}  # fmt: skip
        self.box.prompt = prompt or ""
        self.box.done = result.done / result.total
        chosen = why.get(self.session.chosen_by, "")
        self.box.told = chosen if prompt is not None else "All prompts were asked."
        facts = {label: f"{count:,}" for label, count in result.counts.items()}
        if result.alpha is not None:
            facts["agreement (alpha)"] = f"{result.alpha:.2f}"
        self.facts.show(facts)
        notes = f" {' '.join(self.session.notes)}." if self.session.notes else ""
        return (
            f"{result.done:,} of {result.total:,} labelled by {self.config.annotator}, kept in "
            f"{self.session.path.name}.{notes}"
        )


def label(session: LabelSession) -> LabelPanel:
    """Return a panel that asks for labels: keys 1 to 9, s to skip, u to undo.

    Parameters
    ----------
    session : LabelSession
        With at most nine labels.

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
    if len(session.labels) > len(_KEYS):
        raise InputError(f"the panel has 9 keys, the session {len(session.labels)} labels")
    return LabelPanel(session)
