"""CLINC150: one JSON object, a list of [text, intent] per split, in scope and out of scope."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.labels.readers._base import LABEL_READERS, LabelReader, ParsedLabels
from routelab.reading.files import Rows


@LABEL_READERS.register("clinc150")
class Clinc150(LabelReader):
    """Splits `train`, `val`, `test` and `oos_train`, `oos_val`, `oos_test` (label ``"oos"``)."""

    title = "CLINC150 (JSON: {split: [[text, intent], ...]})"

    def sniff(self, rows: Rows) -> bool:
        """Look for the splits."""
        first = rows.first
        lists = all(isinstance(pairs, list) for pairs in first.values())
        return rows.kind == "json" and len(rows) == 1 and {"train", "test"} <= set(first) and lists

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Read all splits; `rows` come from :func:`expand`."""
        if label is not None or prompt is not None:
            raise InputError(f"{rows.path}: CLINC150 has one label, no column {label or prompt!r}")
        refused: dict[int, str] = {}
        found = []
        for row, record in enumerate(rows.dicts()):
            pair = record["pair"]
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(v, str) for v in pair):
                found.append((pair[0], pair[1], record["split"]))
            else:
                found.append((None, None, record["split"]))
                refused[row] = f"must be [text, intent], got {pair!r:.80}"
        frame = pd.DataFrame(found, columns=["prompt", "label", "split"], dtype="string")
        return ParsedLabels(frame, np.arange(len(frame)), "intent", refused=refused)


def expand(rows: Rows) -> Rows:
    """Return one row per pair."""
    records = [
        {"split": split, "pair": pair} for split, pairs in rows.first.items() for pair in pairs
    ]
    return rows.expanded([0] * len(records), records)
