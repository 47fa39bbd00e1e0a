"""Any table with a prompt and a label under one of their usual names."""

from __future__ import annotations

from routelab._checks import InputError
from routelab.labels.readers._base import (
    LABEL_NAMES,
    LABEL_READERS,
    PROMPT_NAMES,
    LabelReader,
    ParsedLabels,
    named,
    take,
    usual,
)
from routelab.reading.files import Rows

_OTHERS = {"timestamp", "time", "prediction", "input_tokens", "output_tokens", "prompt_tokens",
           "scores", "evaluation_result"}  # fmt: skip


@LABEL_READERS.register("generic")
class Generic(LabelReader):
    """`prompt`, `text`, `question`, ... and `label`, `route`, `category`, `intent`, ..."""

    title = "any CSV, JSON, JSONL or Parquet with a prompt and a label (name them with label=)"
    rank = 100

    def sniff(self, rows: Rows) -> bool:
        """Look for a prompt and another column that is a label, and for no log or outcome."""
        prompt = usual(rows, PROMPT_NAMES)
        label = usual(rows, LABEL_NAMES, but=prompt)
        lowered = {name.lower() for name in rows.names}
        return bool(prompt and label) and not lowered & _OTHERS

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Read the first of the usual names, or the named columns."""
        text = named(rows, prompt) if prompt else _found(rows, PROMPT_NAMES, "prompt")
        chosen = named(rows, label) if label else _found(rows, LABEL_NAMES, "label", text)
        words = take(rows, text, chosen)
        others = [] if label else _labels_beside(rows, text, chosen)
        given = words.frame["label"].dropna()
        numeric = given[given != "-1"].str.fullmatch(r"-?\d+")
        # -1 among labels that are words marks annotation that failed.
        found = words if numeric.any() else take(rows, text, chosen, missing=("-1",))
        if others:
            found.warnings.append(
                f"labels are of the column {chosen!r}; others are there: {', '.join(others)} "
                "(choose with label=, or --label)"
            )
        return found


def _labels_beside(rows: Rows, prompt: str, chosen: str) -> list[str]:
    """Return the other columns that are called like labels."""
    return [n for n in rows.names if n.lower() in LABEL_NAMES and n not in (prompt, chosen)]


def _found(rows: Rows, names: tuple[str, ...], what: str, but: str | None = None) -> str:
    found = usual(rows, names, but)
    if found is None:
        hint = "; choose one with label=" if what == "label" else ""
        raise InputError(
            f"{rows.path}: no {what} column (looked for {', '.join(names)}); "
            f"the columns are {', '.join(rows.names[:30])}{hint}"
        )
    return found
