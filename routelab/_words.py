"""Words for numbers, in texts of every layer."""

from __future__ import annotations


def counted(n: int, what: str, many: str = "") -> str:
    """Return a number with its noun, which has its plural where the number asks for it.

    Examples
    --------
    >>> counted(1, "finding"), counted(1200, "finding"), counted(0, "part", "parts left")
    ('1 finding', '1,200 findings', '0 parts left')
    """
    return f"{n:,} {what}" if n == 1 else f"{n:,} {many or what + 's'}"
