"""A comparison as text: for a terminal, Markdown, LaTeX and HTML. Names are hostile text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

#: Columns of the table that the printed forms show, as far as they are there.
SHOWN = (
    "name", "verdict", "accuracy", "quality", "low", "high", "difference", "diff_low", "diff_high",
    "p_holm", "macro_f1", "within_one", "spearman", "weighted_kappa", "ece", "abstained", "cost",
    "strong_share", "apgr", "cpt50", "cpt80", "aiq",
)  # fmt: skip
_WORDS = ("name", "verdict")  # columns of words, the others are of numbers
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "[": "{[}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip

Cells = list[list[str]]


def cells(table: pd.DataFrame) -> Cells:
    """Return the head and the rows of a table as text on one line each."""
    columns = [c for c in SHOWN if c in table and _informative(table, c)]
    return [columns, *([_cell(row[c]) for c in columns] for _, row in table.iterrows())]


def _informative(table: pd.DataFrame, column: str) -> bool:
    values = table[column].dropna()
    return bool(len(values)) and not (column == "abstained" and (values == 0).all())


def plain(rows: Cells, sentences: Sequence[str]) -> str:
    """Return the table in columns, and the sentences below it."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in _WORDS else cell.rjust(width)
            for column, cell, width in zip(rows[0], row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", *map(one_line, sentences)])


def markdown(rows: Cells, sentences: Sequence[str]) -> str:
    """Return a Markdown table and list."""
    head, *body = [[_marked(cell) for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *body]]
    return "\n".join([*lines, "", *(f"- {_marked(one_line(text))}" for text in sentences)]) + "\n"


def latex(rows: Cells, sentences: Sequence[str]) -> str:
    r"""Return a LaTeX tabular in the manner of booktabs, and an itemize.

    Examples
    --------
    >>> print(latex([["name", "cost"], ["a_b", "5%"]], []), end="")
    \begin{tabular}{lr}
    \toprule
    name & cost \\
    \midrule
    a\_b & 5\% \\
    \bottomrule
    \end{tabular}
    """
    head, *body = [" & ".join(map(_escaped, row)) + r" \\" for row in rows]
    form = "".join("l" if c in _WORDS else "r" for c in rows[0])
    lines = [rf"\begin{{tabular}}{{{form}}}", r"\toprule", head, r"\midrule", *body,
             r"\bottomrule", r"\end{tabular}"]  # fmt: skip
    if sentences:
        items = [rf"\item {_escaped(one_line(text))}" for text in sentences]
        lines += [r"\begin{itemize}", *items, r"\end{itemize}"]
    return "\n".join(lines) + "\n"


def html_table(rows: Cells, sentences: Sequence[str]) -> str:
    """Return an HTML table and list."""
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in body)
    tail = "".join(f"<li>{html.escape(one_line(text))}</li>" for text in sentences)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table><ul>{tail}</ul>"


def slice_sentences(slices: pd.DataFrame) -> list[str]:
    """Return a sentence per slice on which a router is surely worse than its control.

    Examples
    --------
    >>> slice_sentences(pd.DataFrame())
    []
    """
    if not len(slices):
        return []
    worse = slices[(slices["diff_high"] < 0) & (slices["p_holm"] < 0.05)]
    return [
        f"slice: {row.router} is worse than {row.control} where {row.slice} is {row.value}: "
        f"{row.difference:+.3f} ({row.diff_low:.3f} to {row.diff_high:.3f}, {row.n} prompts)."
        for row in worse.itertuples()
    ]


def one_line(text: str) -> str:
    """Return the text on one line, without control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def _marked(text: str) -> str:
    """Escape what Markdown would take for a cell or for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(mark, mark) for mark in text)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return one_line(value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.4f}" if number == 0 or abs(number) >= 1e-3 else f"{number:.3g}"
    return str(value)
