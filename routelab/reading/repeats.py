"""Which texts of a long column stand in it more than once: by 64-bit hashes, then exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

_SMALL = 100_000


def repeated(column: pd.Series) -> np.ndarray:
    """Return the mask of values that occur more than once (missing ones never do).

    A hash table of ten million texts is mostly waiting for memory; sorting their hashes takes a
    fifth of that time, and only rows whose hash repeats are compared as text.
    """
    if len(column) < _SMALL:
        return (column.duplicated(keep=False) & column.notna()).to_numpy()
    hashes = hash_texts(column)
    doubtful = twice(hashes)
    found = np.zeros(len(column), dtype=bool)
    if len(doubtful):
        found = np.isin(hashes, doubtful) & column.notna().to_numpy()
        found[found] = column[found].duplicated(keep=False).to_numpy()
    return found


def twice(hashes: np.ndarray) -> np.ndarray:
    """Return the values that occur more than once, sorted."""
    ordered = np.sort(hashes)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def hash_texts(column: pd.Series) -> np.ndarray:
    """Return a uint64 hash of every text (FNV-1a with a final mix); 0 for a missing one."""
    from routelab.reading._fnv import fnv

    whole = pa.array(column.array, from_pandas=True)
    parts = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    out = np.zeros(len(column), dtype=np.uint64)
    start = 0
    for part in parts:
        array = part if part.type == pa.large_string() else part.cast(pa.large_string())
        _, offsets, data = array.buffers()
        places = np.frombuffer(offsets, dtype=np.int64)[array.offset :][: len(array) + 1]
        into = out[start : start + len(array)]
        fnv(np.frombuffer(data or b"\0", dtype=np.uint8), places, into)
        if array.null_count:
            into[array.is_null().to_numpy(zero_copy_only=False)] = 0
        start += len(array)
    return out
