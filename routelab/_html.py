"""Text to HTML: the one place where data is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def esc(text: object) -> str:
    """Return text that is safe inside an element or a quoted attribute.

    Examples
    --------
    >>> esc('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape("".join(c for c in str(text) if c.isprintable() or c in "\n\t"))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return a table whose first column names the rows; columns of numbers are right-aligned.

    Every cell is escaped.

    Examples
    --------
    >>> table(["name", "n"], [["<", 1]]).count('class="n"')
    2
    """
    lines = [[str(cell) for cell in row] for row in rows]
    numbers = [
        column > 0 and all(_is_number(line[column]) for line in lines)
        for column in range(len(head))
    ]
    marks = [' class="n"' if number else "" for number in numbers]
    top = "".join(
        f'<th scope="col"{mark}>{esc(cell)}</th>' for mark, cell in zip(marks, head, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{mark}>{esc(cell)}</td>" for mark, cell in zip(marks, line, strict=True))
        + "</tr>"
        for line in lines
    )
    told = f"<caption>{esc(caption)}</caption>" if caption else ""
    return f"<table>{told}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _is_number(text: str) -> bool:
    return text.lstrip("$+-−")[:1].isdigit() or text in ("", "–")
