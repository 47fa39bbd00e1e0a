r"""A/B splits by a stable hash.

The same unit meets the same arm in every process and every language. A place in [0, 1) is the first
eight bytes (big-endian) of a SHA-256, of which the upper 53 bits are divided by 2**53, so that
every language with IEEE doubles finds the same number. Three texts in UTF-8 are hashed, with the
character NUL between their parts:

========  ======================  ==========================================================
place     text                    the unit
========  ======================  ==========================================================
arm       name, unit              is in the arm whose interval holds the place; arms cover
                                  [0, 1) in the order of the plan
exposure  name, "ramp", unit      is exposed when the place is below the ramp's share
layer     "layer", layer, unit    belongs to the split when the place is in ``layer_range``
========  ======================  ==========================================================

The three places of a unit are independent. The arm place of ``user-123`` in a split called
``cheaper-mini``, in a shell (14 hexadecimal digits are 56 bits: 3 too many)::

    printf 'cheaper-mini\0user-123' | sha256sum | cut -c1-14              # 0052ff04fee838
    echo "$(( 0x0052ff04fee838 >> 3 )) / 2^53" | bc -l            # .00126642105070196020

and in JavaScript (Node.js)::

    const {createHash} = require('node:crypto');
    const place = (...parts) => Number(createHash('sha256').update(parts.join('\0'))
      .digest().readBigUInt64BE() >> 11n) / 2 ** 53;
    place('cheaper-mini', 'user-123');            // arm
    place('cheaper-mini', 'ramp', 'user-123');    // exposure
    place('layer', 'pricing', 'user-123');        // layer

The table of :data:`VECTORS` is there to test an implementation against.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab._checks import InputError

if TYPE_CHECKING:
    from routelab.plan import Split

#: Parts that are hashed together, and the place in [0, 1) that they give.
VECTORS: dict[tuple[str, ...], float] = {
    ("cheaper-mini", "user-123"): 0.0012664210507019602,
    ("cheaper-mini", "ramp", "user-123"): 0.9034826621471461,
    ("layer", "pricing", "user-123"): 0.7621436683242934,
    ("été", "客户-7"): 0.7057415553705908,
    ("x", ""): 0.0819114266739801,
}


def bucket(name: str, unit: str) -> float:
    r"""Return the place of a unit in [0, 1).

    The place is made of the first eight bytes (big-endian) of SHA-256 over the UTF-8 text ``name +
    "\0" + unit``: their upper 53 bits, divided by 2**53.

    Parameters
    ----------
    name : str
        Of the split, for the arm; ``name + "\0ramp"`` for the exposure, ``"layer\0" + layer`` for
        the layer.
    unit : str
        A user, session or request id.

    Examples
    --------
    >>> round(bucket("cheaper-mini", "user-123"), 6)
    0.001266
    """
    digest = hashlib.sha256(f"{name}\0{unit}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def assign(
    split: Split, units: Sequence[str], times: Iterable[object] | None = None
) -> list[str | None]:
    """Return the arm of each unit; None where the split does not reach it.

    Parameters
    ----------
    split : Split
    units : sequence of str, length n
        Users, sessions or request ids.
    times : sequence of timestamps, length n, optional
        When each request came; needed when the split has a ramp. Without a zone: UTC.

    Returns
    -------
    list of str or None, length n

    Raises
    ------
    InputError
        A ramp without times.

    Examples
    --------
    >>> from routelab.plan import Split
    >>> split = Split(name="cheaper-mini", arms={"old": {"share": 0.5}, "new": {"share": 0.5}},
    ...               ramp=[{"from": "2026-03-01", "share": 0.1},
    ...                     {"from": "2026-03-08", "share": 1}])
    >>> assign(split, ["user-7"] * 3, ["2026-02-28", "2026-03-07", "2026-03-08"])
    [None, None, 'new']
    """
    codes, found = pd.factorize(np.asarray(units, object))
    unique = np.asarray(found, object)
    reached = _in_layer(split, unique)[codes] & _exposed(split, codes, unique, times)
    arms = _arms(split, unique)
    return [arms[code] if inside else None for code, inside in zip(codes, reached, strict=True)]


def _places(name: str, units: Iterable[str]) -> np.ndarray:
    return np.array([bucket(name, unit) for unit in units], float)


def _arms(split: Split, units: Iterable[str]) -> list[str]:
    names = list(split.arms)
    ends = np.cumsum([split.arms[name].share for name in names])
    numbers = np.searchsorted(ends, _places(split.name, units), side="right")
    return [names[min(number, len(names) - 1)] for number in numbers]


def _in_layer(split: Split, units: np.ndarray) -> np.ndarray:
    """Return which units (m,) lie in the split's part of its layer."""
    if split.layer is None:
        return np.ones(len(units), bool)
    places = _places(f"layer\0{split.layer}", units)
    low, high = split.layer_range
    return (places >= low) & (places < high)


def _exposed(
    split: Split, codes: np.ndarray, units: Iterable[str], times: Iterable[object] | None
) -> np.ndarray:
    """Return which requests (n,), of the units numbered by `codes`, the ramp has reached."""
    if not split.ramp:
        return np.ones(len(codes), bool)
    share = ramp_shares(split, len(codes), times)
    return _places(f"{split.name}\0ramp", units)[codes] < share


def ramp_shares(split: Split, n: int, times: Iterable[object] | None) -> np.ndarray:
    """Return the ramp's share at the time of each of n requests; 1 without a ramp.

    Raises
    ------
    InputError
        A ramp without times, or with another number of them.
    """
    if not split.ramp:
        return np.ones(n)
    if times is None:
        raise InputError(
            f"the split {split.name!r} has a ramp: 'times' are needed to know its step"
        )
    stamps = pd.DatetimeIndex(pd.to_datetime(pd.Series(times), utc=True)).as_unit("us").asi8
    if len(stamps) != n:
        raise InputError(f"{n:,} units need as many times, got {len(stamps):,}")
    starts = pd.DatetimeIndex([step.start for step in split.ramp]).as_unit("us").asi8
    shares = np.array([0.0, *(step.share for step in split.ramp)])
    return shares[np.searchsorted(starts, stamps, side="right")]
