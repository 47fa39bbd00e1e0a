"""Text for a terminal: nothing that steers it, and no line longer than it is wide."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby

NARROWEST = 20


def printable(text: object) -> str:
    r"""Return text whose control characters and hidden marks are written out.

    Logged prompts are hostile: an escape sequence could rewrite the screen, a right-to-left
    override turn a line around, a lone surrogate stop the program. Line ends and tabs stay.

    Examples
    --------
    >>> print(printable("\x1b[2Jhi \u202e!"))
    \x1b[2Jhi \u202e!
    """
    told = str(text)
    if told.translate(_KEPT).isprintable():
        return told
    return "".join(c if c.isprintable() or c in "\n\t" else _written_out(c) for c in told)


def printable_json(text: str) -> str:
    r"""Return JSON of the same value in which nothing steers a terminal.

    Examples
    --------
    >>> print(printable_json('"a\u202e"'))
    "a\u202e"
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def terminal_width() -> int | None:
    """Return the columns of the terminal that standard output is; None where it is none."""
    if not sys.stdout.isatty():
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns)


def fit(text: str, width: int) -> str:
    r"""Return text without a line longer than `width`.

    Tables (lines with columns two blanks apart) are laid out in parts that each begin with the
    first column; other long lines break at words and go on indented.

    Parameters
    ----------
    text : str
    width : int
        In characters.

    Examples
    --------
    >>> print(fit("name   price   quality\nsmall      1      0.75\nlarge     10      0.90", 16))
    name   price
    small      1
    large     10
    <BLANKLINE>
    name    quality
    small      0.75
    large      0.90
    """
    lines: list[str] = []
    for tabular, group in groupby(text.split("\n"), key=lambda line: "  " in line.strip()):
        block = list(group)
        if max(map(len, block)) <= width:
            lines += block
        elif tabular and len(block) > 1:
            lines += _table(block, width)
        else:
            for line in block:
                lines += _broken(line, width, 2)
    return "\n".join(lines)


_KEPT = {ord("\n"): None, ord("\t"): None}


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _table(block: list[str], width: int) -> list[str]:
    """Return the columns of a table in parts of at most `width` characters."""
    longest = max(map(len, block))
    padded = [line.ljust(longest) for line in block]
    starts = list(_starts(padded, longest))
    bounds = list(zip(starts, [*starts[1:], longest], strict=True))
    columns = [[line[a:b].rstrip() for line in padded] for a, b in bounds]
    sizes = [max(map(len, column)) for column in columns]
    if len(columns) == 1 or sizes[0] + max(sizes[1:]) > width:
        hang = starts[-1] + min(len(cell) - len(cell.lstrip()) for cell in columns[-1])
        indent = hang if len(columns) == 2 and hang < width // 2 else 2
        return [part for line in block for part in _broken(line, width, indent)]
    lines: list[str] = []
    at = 1
    while at < len(columns):
        stop = at + 1
        while stop < len(columns) and sizes[0] + sum(sizes[at : stop + 1]) <= width:
            stop += 1
        cells = [columns[0], *columns[at:stop]]
        widths = [sizes[0], *sizes[at:stop]]
        lines += [""] * bool(lines)
        for row in zip(*cells, strict=True):
            line = "".join(c.ljust(w) for c, w in zip(row, widths, strict=True))
            lines.append(line.rstrip())
        at = stop
    return lines


def _starts(padded: list[str], longest: int) -> Iterator[int]:
    """Yield where columns begin: two blanks before the second and later ones belong to them."""
    blank = [all(line[i] == " " for line in padded) for i in range(longest)]
    yield 0
    inside = False
    for i in range(longest):
        if inside and blank[i : i + 2] == [True, True]:
            yield i
            inside = False
        elif not blank[i]:
            inside = True


def _broken(line: str, width: int, indent: int) -> list[str]:
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
