"""What packers share: the error, the table of packers by type, and how numbers are written."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError

#: Type of a fitted encoder, space, head or router -> function that returns its description.
PACKERS: dict[type, Callable[[Any], dict[str, Any]]] = {}


class NotStandalone(InputError):
    """A router that cannot decide without routelab: the message names the part."""


def packs(kind: type) -> Callable[[Callable[[Any], dict[str, Any]]], Callable[..., Any]]:
    """Return a decorator that registers a packer for objects of exactly this type."""

    def keep(function: Callable[[Any], dict[str, Any]]) -> Callable[..., Any]:
        PACKERS[kind] = function
        return function

    return keep


def packed(part: Any, what: str) -> dict[str, Any]:
    """Return the description of a fitted part.

    Raises
    ------
    NotStandalone
        No packer knows its type.
    """
    try:
        pack = PACKERS[type(part)]
    except KeyError:
        known = ", ".join(sorted(kind.__name__ for kind in PACKERS))
        raise NotStandalone(
            f"the {what} {type(part).__name__} needs routelab where it runs; without it run: "
            f"{known}"
        ) from None
    return pack(part)


def matrix(values: Any, dtype: str = "<f4") -> dict[str, Any]:
    """Return numbers (n, d) or (n,) as base64 of rows, little-endian.

    Examples
    --------
    >>> matrix([[1.0, 2.0]])
    {'base64': 'AACAPwAAAEA=', 'dtype': '<f4', 'shape': [1, 2]}
    """
    rows = np.atleast_2d(np.asarray(values)).astype(dtype)
    text = base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode("ascii")
    return {"base64": text, "dtype": dtype, "shape": list(rows.shape)}


def label_text(label: Any) -> str | None:
    """Return a label as the plan reads it: text, or None for a missing one.

    Examples
    --------
    >>> label_text(np.int64(3)), label_text(None)
    ('3', None)
    """
    return None if pd.isna(label) else str(label)


def label_texts(classes: np.ndarray) -> list[str]:
    """Return the classes of a router as text, in their order."""
    return [str(label) for label in classes.tolist()]
