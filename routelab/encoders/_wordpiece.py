"""WordPiece and pooling in one compiled pass over the bytes of a batch of prompts."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np

from routelab._checks import InputError

_START, _INSIDE, _PRIME = 1469598103934665603, 88172645463325252, 1099511628211
_LONGEST_WORD = 100  # characters; a longer word is unknown, as in the tokenizers library
_BLANK, _WORD, _PUNCTUATION = 0, 1, 2

KIND = np.full(256, _WORD, np.uint8)  # what a byte of normalised text is
LOWER = np.arange(256, dtype=np.uint8)
for _code in range(128):
    if chr(_code).isspace() or not chr(_code).isprintable():
        KIND[_code] = _BLANK
    elif not chr(_code).isalnum():
        KIND[_code] = _PUNCTUATION
LOWER[65:91] += 32


@numba.njit(cache=True)
def _fill(keys: np.ndarray, values: np.ndarray, hashes: np.ndarray) -> int:
    """Put hash -> position into an open-addressing table; return a position met twice, or -1."""
    mask = np.uint64(keys.size - 1)
    for i in range(hashes.size):
        place = (hashes[i] ^ (hashes[i] >> np.uint64(32))) & mask
        while values[place] >= 0:
            if keys[place] == hashes[i]:
                return i
            place = (place + np.uint64(1)) & mask
        keys[place] = hashes[i]
        values[place] = i
    return -1


def hash_table(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (keys, values) of a table from hashes (n,) to their positions, half empty at least.

    Raises
    ------
    InputError
        When two of the hashes are equal.
    """
    size = 1 << max(4, int(2 * len(hashes)).bit_length())
    keys, values = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
    twice = _fill(keys, values, hashes.astype(np.uint64))
    if twice >= 0:
        raise InputError(f"vocabulary: the entry at {twice} occurs twice")
    return keys, values


@numba.njit(cache=True)
def _hashes(data: np.ndarray, bounds: np.ndarray, inside: np.ndarray) -> np.ndarray:
    found = np.empty(bounds.size - 1, np.uint64)
    for i in range(found.size):
        h = np.uint64(_INSIDE if inside[i] else _START)
        for j in range(bounds[i], bounds[i + 1]):
            h = (h ^ np.uint64(data[j])) * np.uint64(_PRIME)
        found[i] = h
    return found


def vocabulary_table(pieces: Sequence[str], prefix: str = "##") -> tuple[np.ndarray, np.ndarray]:
    """Return the hash table (keys, values) of word pieces; `prefix` marks those inside a word."""
    inside = [piece.startswith(prefix) and len(piece) > len(prefix) for piece in pieces]
    bare = [p[len(prefix) :] if i else p for p, i in zip(pieces, inside, strict=True)]
    data, bounds = packed(bare)
    return hash_table(_hashes(data, bounds, np.array(inside, bool)))


def packed(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the UTF-8 bytes of all texts in one array, and where each starts (n + 1,)."""
    if len(texts) == 1:  # a decision: half of its time would go into what follows
        data = np.frombuffer(texts[0].encode("utf-8"), np.uint8)
        return data, np.array((0, data.size))
    joined = "".join(texts)
    if joined.isascii():
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        data = np.frombuffer(joined.encode("ascii"), np.uint8)
    else:
        encoded = [text.encode("utf-8") for text in texts]
        lengths = np.fromiter(map(len, encoded), np.int64, len(texts))
        data = np.frombuffer(b"".join(encoded), np.uint8)
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return data, bounds


@numba.njit(cache=True, nogil=True, inline="always")
def _find(keys: np.ndarray, values: np.ndarray, h: np.uint64) -> int:
    mask = np.uint64(keys.size - 1)
    place = (h ^ (h >> np.uint64(32))) & mask
    while values[place] >= 0:
        if keys[place] == h:
            return values[place]
        place = (place + np.uint64(1)) & mask
    return -1


@numba.njit(cache=True, nogil=True)
def _pieces(
    data: np.ndarray,
    start: int,
    end: int,
    kind: np.ndarray,
    lower: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    ids: np.ndarray,
) -> int:
    """Write the word pieces of one prompt to `ids` until it is full; return how many."""
    word = np.empty(_LONGEST_WORD, np.int32)
    count, i = 0, start
    while i < end and count < ids.size:
        what = kind[data[i]]
        if what == _BLANK:
            i += 1
            continue
        stop = i + 1
        characters = 1
        while what == _WORD and stop < end and kind[data[stop]] == _WORD:
            characters += (data[stop] & 0xC0) != 0x80  # a byte that goes on is no character
            stop += 1
        found = 0
        at = i
        while at < stop and characters <= _LONGEST_WORD:
            h = np.uint64(_START if at == i else _INSIDE)
            best, after = -1, at
            for k in range(at, stop):
                h = (h ^ np.uint64(lower[data[k]])) * np.uint64(_PRIME)
                v = _find(keys, values, h)
                if v >= 0:
                    best, after = v, k + 1
            if best < 0:
                break
            word[found] = best
            found += 1
            at = after
        if at == stop:  # else the whole word is unknown
            for k in range(min(found, ids.size - count)):
                ids[count + k] = word[k]
            count += min(found, ids.size - count)
        i = stop
    return count


@numba.njit(cache=True, nogil=True)
def piece_ids(
    data: np.ndarray,
    bounds: np.ndarray,
    kind: np.ndarray,
    lower: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    max_tokens: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the known pieces of all prompts in one array, and where each prompt starts."""
    n = bounds.size - 1
    starts = np.zeros(n + 1, np.int64)
    ids = np.empty(data.size, np.int32)
    for d in range(n):
        free = ids[starts[d] : min(ids.size, starts[d] + max_tokens)]
        starts[d + 1] = starts[d] + _pieces(
            data, bounds[d], bounds[d + 1], kind, lower, keys, values, free
        )
    return ids[: starts[n]], starts


@numba.njit(cache=True, nogil=True, fastmath=True)
def pool(
    data: np.ndarray,
    bounds: np.ndarray,
    kind: np.ndarray,
    lower: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    rows: np.ndarray,
    pair_keys: np.ndarray,
    pair_values: np.ndarray,
    pair_rows: np.ndarray,
    offset: np.ndarray,
    max_tokens: int,
    out: np.ndarray,
) -> None:
    """Write the unit vector of each prompt to `out` (n, d).

    The vector is offset + (rows of the pieces + rows of the pairs) / sqrt(pieces), scaled to
    length one; zeros for a prompt without a known piece.
    """
    width = out.shape[1]
    ids = np.empty(max_tokens, np.int32)
    for d in range(bounds.size - 1):
        total = out[d]
        total[:] = 0
        count = _pieces(data, bounds[d], bounds[d + 1], kind, lower, keys, values, ids)
        if count == 0:
            continue
        for t in range(count):
            row = rows[ids[t]]
            for k in range(width):
                total[k] += row[k]
            if t and pair_rows.shape[0]:
                pair = _find(pair_keys, pair_values, pair_hash(ids[t - 1], ids[t]))
                if pair >= 0:
                    extra = pair_rows[pair]
                    for k in range(width):
                        total[k] += extra[k]
        scale = np.float32(1 / np.sqrt(count))
        squares = np.float32(0)
        for k in range(width):
            total[k] = total[k] * scale + offset[k]
            squares += total[k] * total[k]
        if squares > 0:
            length = np.float32(1 / np.sqrt(squares))
            for k in range(width):
                total[k] *= length


@numba.njit(cache=True, nogil=True, inline="always")
def pair_hash(left: int, right: int) -> np.uint64:
    """Return a number that is different for each pair of pieces, spread over 64 bits."""
    return (np.uint64(left) << np.uint64(32) | np.uint64(right)) * np.uint64(_PRIME)
