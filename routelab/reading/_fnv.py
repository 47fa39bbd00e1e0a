"""The hash of many texts that lie one after the other in memory."""

from __future__ import annotations

import numba
import numpy as np

_BASIS = np.uint64(14695981039346656037)
_PRIME = np.uint64(1099511628211)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)


@numba.njit(cache=True, nogil=True)
def fnv(data: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Fill `out` with FNV-1a (64 bits) and a part of MurmurHash3's final mix, for its low bits."""
    for i in range(len(out)):
        value = _BASIS
        for k in range(offsets[i], offsets[i + 1]):
            value = (value ^ np.uint64(data[k])) * _PRIME
        out[i] = (value ^ (value >> _SHIFT)) * _MIX
