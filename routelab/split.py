"""A/B splits by a stable hash.

The same unit meets the same arm in every process and every language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from routelab.plan import Split


def bucket(name: str, unit: str) -> float:
    r"""Return the place of a unit in [0, 1).

    The place is the first eight bytes (big-endian) of SHA-256 over the UTF-8 text ``name + "\0" +
    unit``, divided by 2**64.

    Examples
    --------
    >>> round(bucket("cheaper-mini", "user-123"), 6)
    0.001266
    """
    digest = hashlib.sha256(f"{name}\0{unit}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def assign(split: Split, units: Sequence[str]) -> list[str]:
    """Return the arm of each unit: arms cover [0, 1) in the order of the plan.

    Parameters
    ----------
    split : Split
    units : sequence of str, length n
        Users, sessions or request ids.

    Returns
    -------
    list of str, length n
    """
    names = list(split.arms)
    ends = np.cumsum([split.arms[name].share for name in names])
    known: dict[str, str] = {}
    for unit in set(units):
        number = int(np.searchsorted(ends, bucket(split.name, unit), side="right"))
        known[unit] = names[min(number, len(names) - 1)]
    return [known[unit] for unit in units]
