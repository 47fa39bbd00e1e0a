"""Labelling by hand: which prompt comes next, what was said of it, and a file that keeps it all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.labelling.sampling import Queue

_ACTIONS = ("label", "skip", "undo")


@dataclass
class _Annotator:
    """What one person said so far; `done` is the order of the actions that undo takes back."""

    labels: dict[int, str] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    done: list[int] = field(default_factory=list)


class LabelSession:
    """Prompts that one or several people label, one at a time.

    A share of the prompts, drawn at random before the first label, is the test set: its labels say
    honestly how good a router is, because no classifier chose them. The others are asked in the
    order in which the current classifier is least sure of them (uncertainty sampling), so that few
    labels teach it much.

    Parameters
    ----------
    prompts : sequence of str, or DataFrame with a column `prompt`
        Repeated and empty prompts are asked once, and never.
    labels : sequence of str
        The labels to choose from, at least two; from low to high when `ordinal`.
    path : path
        JSONL that gets one line per action, written through to the disk before the next prompt is
        shown. A session on an existing file goes on where it stopped.
    annotator : str, default "me"
        Who labels. Several people may use one file; each is asked everything.
    ordinal : bool, default False
        Whether the labels have an order.
    test_share : float, default 0.3
        Share of the prompts that form the test set, in (0, 1).
    seed : int, default 0
        Of the test set and of the order; all annotators of a file should use the same.
    retrain_every : int, default 5
        Labels between two fits of the classifier.

    Raises
    ------
    InputError
        No prompts, fewer than two labels, a file of other labels.

    Attributes
    ----------
    notes : list of str
        What was odd in the file, such as a last line that was cut off.
    ordinal, test_share, seed, retrain_every
        As given.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "labels.jsonl")
    >>> session = LabelSession(["hi", "prove it", "thanks", "why?"], ["easy", "hard"], path)
    >>> while session.prompt is not None:
    ...     session.label("hard" if "?" in session.prompt else "easy")
    >>> session.undo()
    >>> session.progress
    (3, 4)
    >>> len(LabelSession(["hi", "prove it", "thanks", "why?"], ["easy", "hard"], path).to_frame())
    3
    """

    def __init__(
        self,
        prompts: Sequence[str] | pd.DataFrame,
        labels: Sequence[str],
        path: str | os.PathLike[str],
        *,
        annotator: str = "me",
        ordinal: bool = False,
        test_share: float = 0.3,
        seed: int = 0,
        retrain_every: int = 5,
    ):
        self.prompts = _texts(prompts)
        self.labels = [str(label) for label in labels]
        if len(set(self.labels)) < 2 or len(set(self.labels)) < len(self.labels):
            raise InputError(f"a session needs two different labels or more, got {self.labels}")
        if not annotator.strip():
            raise InputError("the annotator needs a name")
        self.path = Path(path)
        self.annotator = annotator
        self.ordinal = ordinal
        self.test_share, self.seed, self.retrain_every = test_share, seed, retrain_every
        self.notes: list[str] = []
        self._place = {prompt: i for i, prompt in enumerate(self.prompts)}
        self._people: dict[str, _Annotator] = {annotator: _Annotator()}
        self._queue = Queue(self.prompts, test_share, seed, retrain_every)
        self._current: int | None = None
        self._why = ""
        self._load()
        self._next()

    @property
    def prompt(self) -> str | None:
        """The prompt that is asked now, None when all were asked."""
        return None if self._current is None else self.prompts[self._current]

    @property
    def chosen_by(self) -> str:
        """How the current prompt was chosen: ``"test"``, ``"random"`` or ``"uncertainty"``."""
        return self._why

    @property
    def progress(self) -> tuple[int, int]:
        """How many prompts this annotator labelled, and how many there are."""
        return len(self._me.labels), len(self.prompts)

    @property
    def counts(self) -> dict[str, int]:
        """How often this annotator gave each label, and how many prompts were skipped."""
        given = list(self._me.labels.values())
        return {label: given.count(label) for label in self.labels} | {
            "skipped": len(self._me.skipped)
        }

    def label(self, label: str) -> None:
        """Label the current prompt, keep it in the file, and go on."""
        if label not in self.labels:
            raise InputError(f"no label {label!r}{did_you_mean(label, self.labels)}")
        self._act("label", self._asked(), label)

    def skip(self) -> None:
        """Pass over the current prompt; it is not asked again."""
        self._act("skip", self._asked(), None)

    def undo(self) -> None:
        """Take back this annotator's last action; its prompt is asked again."""
        if not self._me.done:
            raise InputError("there is nothing to undo")
        self._act("undo", self._me.done[-1], None)

    def to_frame(self, annotator: str | None = None) -> pd.DataFrame:
        """Return the labels as :func:`routelab.read_labels` does.

        Parameters
        ----------
        annotator : str, optional
            Only this one's labels. Default: everybody's, one row each.

        Returns
        -------
        DataFrame of shape (n_labels, 4)
            `prompt`, `label`, `split` (``"test"`` or ``"train"``), `annotator`; in the order in
            which they were given. ``attrs["order"]`` where the session is ordinal.
        """
        rows = [
            (self.prompts[i], label, "test" if self._queue.is_test(i) else "train", name)
            for name, person in self._people.items()
            for i, label in person.labels.items()
            if annotator in (None, name)
        ]
        frame = pd.DataFrame(rows, columns=["prompt", "label", "split", "annotator"], dtype=object)
        frame.attrs["label"] = "label"
        if self.ordinal:
            frame.attrs["order"] = list(self.labels)
        return frame

    def table(self) -> pd.DataFrame:
        """Return one row per prompt that anybody labelled, one column per annotator."""
        people = {name: person.labels for name, person in self._people.items() if person.labels}
        rows = sorted({i for labels in people.values() for i in labels})
        data = {name: [labels.get(i) for i in rows] for name, labels in people.items()}
        return pd.DataFrame(data, index=[self.prompts[i] for i in rows], dtype=object)

    @property
    def _me(self) -> _Annotator:
        return self._people[self.annotator]

    def _asked(self) -> int:
        if self._current is None:
            raise InputError("all prompts were asked")
        return self._current

    def _act(self, action: str, index: int, label: str | None) -> None:
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "annotator": self.annotator,
            "action": action,
            "label": label,
            "prompt": self.prompts[index],
        }
        _append(self.path, entry)
        self._apply(self._me, action, index, label)
        self._next(index if action == "undo" else None)

    @staticmethod
    def _apply(person: _Annotator, action: str, index: int, label: str | None) -> None:
        person.labels.pop(index, None)
        person.skipped.discard(index)
        if action == "undo":
            if index in person.done:
                person.done.remove(index)
            return
        person.done.append(index)
        if action == "label" and label is not None:
            person.labels[index] = label
        else:
            person.skipped.add(index)

    def _next(self, again: int | None = None) -> None:
        seen = set(self._me.labels) | self._me.skipped
        if again is not None:
            self._current, self._why = again, "test" if self._queue.is_test(again) else "random"
            return
        self._current, self._why = self._queue.next(seen, self._me.labels)

    def _load(self) -> None:
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        lines = data.split(b"\n")
        torn = lines.pop()
        if torn:
            self.notes.append("the last line of the file was cut off: that action is lost")
            _cut(self.path, len(data) - len(torn))
        unknown = 0
        for number, line in enumerate(lines, start=1):
            entry = _entry(line, self.path, number)
            index = self._place.get(entry["prompt"])
            if index is None:
                unknown += 1
                continue
            label = entry["label"]
            if entry["action"] == "label" and label not in self.labels:
                raise InputError(
                    f"{self.path}:{number}: the label {label!r} is not one of this session's "
                    f"({', '.join(self.labels)})"
                )
            person = self._people.setdefault(entry["annotator"], _Annotator())
            self._apply(person, entry["action"], index, label)
        if unknown:
            self.notes.append(f"{unknown} actions are about prompts that are not in this session")


def _texts(prompts: Sequence[str] | pd.DataFrame) -> list[str]:
    if isinstance(prompts, pd.DataFrame):
        if "prompt" not in prompts:
            raise InputError(f"no column 'prompt', only {', '.join(map(str, prompts.columns))}")
        prompts = prompts["prompt"].dropna().astype(str).tolist()
    found = list(dict.fromkeys(str(text) for text in prompts if str(text).strip()))
    if not found:
        raise InputError("there is no prompt to label")
    return found


def _append(path: Path, entry: dict[str, Any]) -> None:
    """Write one line in one piece, through to the disk."""
    line = json.dumps(entry, ensure_ascii=True) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _cut(path: Path, size: int) -> None:
    """Take a torn line off, so that the next one does not stand behind it."""
    with path.open("r+b") as file:
        file.truncate(size)


def _entry(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}:{number}: not valid JSON: {error}") from None
    texts: Iterable[str] = ("annotator", "action", "prompt")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(k), str) for k in texts):
        raise InputError(f"{path}:{number}: no action of a labelling session")
    if entry["action"] not in _ACTIONS:
        raise InputError(f"{path}:{number}: unknown action {entry['action'][:40]!r}")
    return {"label": None, **entry}
