"""The values of the heuristic's seven dimensions on prompts, read from the gateway's own score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from routelab.gateway_rules import DEFAULTS, Heuristic

#: Names of the dimensions, in the gateway's order.
DIMENSIONS: tuple[str, ...] = tuple(DEFAULTS["dimension_weights"])
_BASE = 100  # of the digits that the dimensions get in one score
_TENTHS = 10  # every dimension is a multiple of 0.1 from -1 to 1


def dimension_values(
    prompts: Sequence[str], config: Mapping[str, Any] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each dimension contributes to a prompt's score before it is weighted.

    The score is linear in the weights and each value is a multiple of 0.1 from -1 to 1. Scored
    with the weights 1, 100, 10000, .. the values are the digits of one number, so that the
    gateway's rules run once per prompt and are not written down again.

    Parameters
    ----------
    prompts : sequence of str (n,)
    config : mapping, optional
        ``complexity_router_config``: its keyword lists, token thresholds and custom dimensions.

    Returns
    -------
    values : ndarray (n, 7)
        In the order of `DIMENSIONS`: the score is ``values @ weights + offset``.
    offset : ndarray (n,)
        What custom dimensions add.

    Examples
    --------
    >>> values, offset = dimension_values(["write a python function"])
    >>> dict(zip(DIMENSIONS, values[0].tolist()))["codePresence"], offset.tolist()
    (1.0, [0.0])
    """
    given = dict(config or {})
    digits = {name: float(_BASE**k) for k, name in enumerate(DIMENSIONS)}
    plain = Heuristic(given | {"dimension_weights": digits, "custom_dimensions": ()})
    scores = [plain.classify(prompt).score or 0.0 for prompt in prompts]
    shift = _TENTHS * sum(_BASE**k for k in range(len(DIMENSIONS)))
    codes = np.rint(_TENTHS * np.array(scores, dtype=float)).astype(np.int64) + shift
    places = _BASE ** np.arange(len(DIMENSIONS), dtype=np.int64)
    values = (codes[:, None] // places % _BASE - _TENTHS) / _TENTHS
    offset = np.zeros(len(prompts))
    if given.get("custom_dimensions"):
        own = Heuristic(given | {"dimension_weights": {}})
        offset = np.array([own.classify(prompt).score or 0.0 for prompt in prompts], dtype=float)
    return values, offset
