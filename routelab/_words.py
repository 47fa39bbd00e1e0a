"""Words for numbers, in texts of every layer."""

from __future__ import annotations


def counted(n: int, what: str) -> str:
    """Return a number with its noun, which has its plural where the number asks for it.

    Examples
    --------
    >>> counted(1, "alarm"), counted(1200, "file"), counted(0, "warning")
    ('1 alarm', '1,200 files', '0 warnings')
    """
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
