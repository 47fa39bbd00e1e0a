"""Complexity that a language model made up: three files of one level each, or seven scores."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from routelab.labels.readers._base import LABEL_READERS, LabelReader, ParsedLabels, named, take
from routelab.reading.files import Rows
from routelab.reading.values import texts

_LEVEL = re.compile(r"(low|moderate|medium|high)_complexity\b")


@LABEL_READERS.register("complexity-level")
class ComplexityLevel(LabelReader):
    """Questions whose level is the name of the file; read the files together."""

    title = "questions of one level (low_complexity.json, moderate_..., high_...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a question and nothing else, and the level in the file's name."""
        return rows.names == ["question"] and bool(_LEVEL.match(Path(rows.path).name))

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Take the level from the file's name."""
        level = _LEVEL.match(Path(rows.path).name)
        if label is not None or level is None:
            named(rows, label or "the level is in the name of the file, low_complexity.json")
        frame = pd.DataFrame({"prompt": texts(rows.column("question"))})
        frame["label"] = pd.Series(level.group(1) if level else None, frame.index, dtype="string")
        return ParsedLabels(frame, np.arange(len(rows)), "complexity")


@LABEL_READERS.register("complexity-scores")
class ComplexityScores(LabelReader):
    """A question and several scores; without ``label=`` the first score is read, with a warning."""

    title = "questions with several scores (CSV: question, <what>_complexity, ...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for two scores or more beside the question."""
        return "question" in rows.names and len(_scores(rows)) >= 2

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Read one of the scores."""
        scores = _scores(rows)
        parsed = take(rows, named(rows, prompt or "question"), named(rows, label or scores[0]))
        if label is None:
            parsed.warnings.append(
                f"{len(scores)} scores: {scores[0]} was read; choose with label= from "
                f"{', '.join(scores)}"
            )
        return parsed


def _scores(rows: Rows) -> list[str]:
    return [name for name in rows.names if name.endswith("_complexity")]
