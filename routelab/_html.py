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
    """Return a table; every cell is escaped, cells that start like numbers are right-aligned.

    Examples
    --------
    >>> table(["a"], [["<"]]).count("&lt;")
    1
    """
    top = "".join(f'<th scope="col">{esc(cell)}</th>' for cell in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    told = f"<caption>{esc(caption)}</caption>" if caption else ""
    return f"<table>{told}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    text = str(value)
    numeric = text.lstrip("$+-−")[:1].isdigit() or text in ("", "–")
    return f'<td class="n">{esc(text)}</td>' if numeric else f"<td>{esc(text)}</td>"
