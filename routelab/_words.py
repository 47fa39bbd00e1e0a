"""Words for numbers, in texts of every layer."""

from __future__ import annotations

import math


def counted(n: int, what: str, many: str = "") -> str:
    """Return a number with its noun, which has its plural where the number asks for it.

    Examples
    --------
    >>> counted(1, "finding"), counted(1200, "finding"), counted(0, "part", "parts left")
    ('1 finding', '1,200 findings', '0 parts left')
    """
    return f"{n:,} {what}" if n == 1 else f"{n:,} {many or what + 's'}"


def dollars(usd: float) -> str:
    """Return USD with cents, or with three significant digits where cents would say less.

    Examples
    --------
    >>> dollars(1234.5), dollars(0.5), dollars(0.0042), dollars(-3), dollars(-1e-17)
    ('$1,234.50', '$0.50', '$0.0042', '-$3.00', '$0.00')
    >>> dollars(math.nan)
    '–'
    """
    if math.isnan(usd):
        return "–"
    if abs(usd) < 1e-9:  # what floating point leaves of nothing
        return "$0.00"
    size = abs(usd)
    digits = 2 if size >= 1 else 2 - math.floor(math.log10(size))
    whole, point, cents = f"{size:,.{digits}f}".partition(".")
    return f"{'-' if usd < 0 else ''}${whole}{point}{cents[:2]}{cents[2:].rstrip('0')}"
