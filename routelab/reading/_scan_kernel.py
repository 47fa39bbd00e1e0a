"""Lines of flat JSON that are all laid out alike: find their values without parsing JSON."""

from __future__ import annotations

import numba
import numpy as np

TEXT, WHOLE, REAL = 0, 1, 2
_QUOTE, _BACKSLASH, _NEWLINE, _RETURN = 34, 92, 10, 13
_ZERO, _NINE, _MINUS, _PLUS, _DOT, _SMALL_E, _BIG_E = 48, 57, 45, 43, 46, 101, 69
_NULL = np.frombuffer(b"null", dtype=np.uint8)
_TENS = 10.0 ** np.arange(23)  # powers of ten that a float64 holds exactly


@numba.njit(cache=True, nogil=True)
def scan(
    data: np.ndarray,
    pieces: np.ndarray,
    bounds: np.ndarray,
    kinds: np.ndarray,
    cells: np.ndarray,
    real: np.ndarray,
    lengths: np.ndarray,
    known: np.ndarray,
) -> int:
    """Fill the columns' arrays; return the number of rows, or -1 where a line is not alike.

    `cells` gets whole numbers, and where a text starts; `real` is the same memory as float64.

    What stands between values is `pieces` (cut at `bounds`). Texts must be without escapes, whole
    numbers below 19 digits; real numbers of at most 15 digits with an exponent of at most 22, for
    which one multiplication or division gives the nearest float64 (Clinger 1990).
    """
    columns = len(kinds)
    size = len(data)
    at = 0
    row = 0
    while at < size:
        for c in range(columns + 1):
            for k in range(bounds[c], bounds[c + 1]):
                if at >= size or data[at] != pieces[k]:
                    return -1
                at += 1
            if c == columns:
                break
            if at + 4 <= size and data[at] == _NULL[0]:
                for k in range(1, 4):
                    if data[at + k] != _NULL[k]:
                        return -1
                at += 4
                known[c, row] = False
                lengths[c, row] = 0
                continue
            known[c, row] = True
            if kinds[c] == TEXT:
                if at >= size or data[at] != _QUOTE:
                    return -1
                at += 1
                cells[c, row] = at
                while at < size and data[at] != _QUOTE:
                    if data[at] == _BACKSLASH or data[at] < 32:
                        return -1
                    at += 1
                if at >= size:
                    return -1
                lengths[c, row] = at - cells[c, row]
                at += 1
                continue
            negative = at < size and data[at] == _MINUS
            if negative:
                at += 1
            first = at
            mantissa = np.int64(0)
            while at < size and _ZERO <= data[at] <= _NINE:
                mantissa = mantissa * 10 + np.int64(data[at]) - _ZERO
                at += 1
            digits = at - first
            if digits == 0 or digits > 18 or (digits > 1 and data[first] == _ZERO):
                return -1
            if kinds[c] == WHOLE:
                if at < size and (data[at] == _DOT or data[at] == _SMALL_E or data[at] == _BIG_E):
                    return -1
                cells[c, row] = -mantissa if negative else mantissa
                continue
            power = 0
            if at < size and data[at] == _DOT:
                at += 1
                fraction = at
                while at < size and _ZERO <= data[at] <= _NINE:
                    mantissa = mantissa * 10 + np.int64(data[at]) - _ZERO
                    at += 1
                power = fraction - at
                digits -= power
                if power == 0 or digits > 18:
                    return -1
            if at < size and (data[at] == _SMALL_E or data[at] == _BIG_E):
                return -1
            if mantissa > 999_999_999_999_999 or power < -22:
                return -1
            value = mantissa / _TENS[-power]
            real[c, row] = -value if negative else value
        if at < size and data[at] == _RETURN:
            at += 1
        if at < size:
            if data[at] != _NEWLINE:
                return -1
            at += 1
        row += 1
    return row


@numba.njit(cache=True, nogil=True)
def gather(data: np.ndarray, starts: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Copy texts, one after the other."""
    for row in range(len(starts)):
        place = offsets[row]
        start = starts[row]
        for k in range(offsets[row + 1] - place):
            out[place + k] = data[start + k]
