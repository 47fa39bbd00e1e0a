"""Requests from aggregates: arrivals of a window, and token counts from its distributions."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.reading.files import read_bytes

TOKEN_WINDOW_S = 21_600
Distribution = tuple[np.ndarray, np.ndarray]


def draw_counts(
    rate: np.ndarray, seconds: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Return how many requests fall into each window: ``rate * seconds * share`` on average.

    ``rate * seconds`` is what the window counted, so that a share of 1 gives exactly that. Below
    1, each counted request is kept with that probability; above, the count is multiplied.

    Parameters
    ----------
    rate : float array of shape (n_windows,)
        Requests per second, at least 0.
    seconds : float array of shape (n_windows,)
        Length of the windows.
    share : float
        At least 0.
    rng : Generator

    Returns
    -------
    int array of shape (n_windows,)

    Examples
    --------
    >>> draw_counts(np.array([0.5, 0.0]), np.full(2, 600.0), 2.0, np.random.default_rng(0))
    array([600,   0])
    """
    counted = np.floor(rate * seconds * max(share, 1.0) + rng.random(len(rate))).astype(np.int64)
    return counted if share >= 1 else rng.binomial(counted, share)


def draw_arrivals(
    counts: np.ndarray, shape: np.ndarray, weibull: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Place requests in their windows: a renewal process, given how many there are.

    The gaps before, between and after the requests are Gamma or Weibull draws of the window's
    shape, stretched to fill it. Gaps are drawn as logarithms: small shapes would vanish otherwise.

    Parameters
    ----------
    counts : int array of shape (n_windows,)
    shape : float array of shape (n_windows,)
        Of the gaps; 1 is a Poisson process, smaller comes in bursts. Within [0.001, 1000].
    weibull : bool array of shape (n_windows,)
        Weibull gaps; Gamma gaps elsewhere.
    rng : Generator

    Returns
    -------
    window : int array of shape (n_requests,)
    position : float array of shape (n_requests,)
        Share of the window that has passed, in [0, 1]; ascending within a window.
    """
    busy = np.flatnonzero(counts)
    if not len(busy):
        return np.empty(0, dtype=np.int64), np.empty(0)
    gaps = counts[busy] + 1
    first = np.cumsum(gaps) - gaps
    slot = np.repeat(np.arange(len(busy)), gaps)
    k, is_weibull = shape[busy][slot], weibull[busy][slot]
    unit = np.maximum(rng.standard_exponential(len(slot)), 1e-300)
    # Weibull: E^(1/k). Gamma(k) = Gamma(k + 1) * U^(1/k), with -log U exponential.
    log_gap = np.where(is_weibull, np.log(unit), -unit) / k
    log_gap[~is_weibull] += np.log(rng.standard_gamma(k[~is_weibull] + 1))
    gap = np.exp(log_gap - np.maximum.reduceat(log_gap, first)[slot])
    part = gap / np.add.reduceat(gap, first)[slot]
    passed = np.cumsum(part)
    position = passed - (passed[first] - part[first])[slot]
    arrives = np.ones(len(slot), dtype=bool)
    arrives[first + gaps - 1] = False
    return busy[slot[arrives]], np.clip(position[arrives], 0.0, 1.0)


def read_datasets(path: Path) -> dict[int, Mapping[str, Any]]:
    """Return window start (s) -> column -> distribution as text, of a ``-dataset.json``.

    Raises
    ------
    InputError
        No such file, or not a JSON object of windows.
    """
    try:
        found = json.loads(read_bytes(path, "dataset file"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not valid JSON: {error}") from error
    windows = found if isinstance(found, dict) else {}
    good = {int(k): v for k, v in windows.items() if is_window(k, v)}
    if not good:
        raise InputError(f"{path}: no windows with token distributions")
    return good


def is_window(start: str, columns: Any) -> bool:
    """Tell whether a member of a dataset is a window: seconds, and an object with token counts."""
    whole = start.isascii() and start.isdigit() and len(start) < 12
    return whole and isinstance(columns, dict) and "input_tokens" in columns


def distribution(text: Any) -> Distribution | None:
    """Return values and cumulated weights of ``"{value: weight, ...}"``; None when there are none.

    Raises
    ------
    InputError
        The text is no such literal, or the weights do not sum to 1 (within 1 %).

    Examples
    --------
    >>> distribution("{10: 0.25, 20: 0.75}")
    (array([10., 20.]), array([0.25, 1.  ]))
    """
    try:
        found = ast.literal_eval(text) if isinstance(text, str) else text
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(f"no literal: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise InputError(f"a dict of values and weights was expected, got {type(found).__name__}")
    if not found:
        return None
    if not all(_is_amount(item) for pair in found.items() for item in pair):
        raise InputError("values and weights must be numbers of at least 0 and below 2**53")
    values = np.array(list(found), dtype="float64")
    weights = np.array(list(found.values()), dtype="float64")
    if abs(weights.sum() - 1) > 0.01:
        raise InputError(f"weights must sum to 1, got {weights.sum():.4g}")
    return values, np.cumsum(weights) / weights.sum()


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def draw_values(known: Distribution, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `count` values, independently."""
    values, cumulated = known
    chosen = np.searchsorted(cumulated, rng.random(count), side="right")
    return values[np.minimum(chosen, len(values) - 1)]


def draw_tokens(
    seconds: np.ndarray, windows: Mapping[int, Mapping[str, Any]], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Draw token counts for requests at `seconds`, each from its six-hour window.

    Returns
    -------
    columns : dict of str to float array of shape (n_requests,)
        `input_tokens`, `output_tokens` and, where given, `reason_ratio`; NaN where the dataset says
        nothing of that time.
    problems : list of str
        One line for each distribution that cannot be read.
    """
    names = ["input_tokens", "output_tokens"]
    if any("reason_ratio" in columns for columns in windows.values()):
        names.append("reason_ratio")
    drawn = {name: np.full(len(seconds), np.nan) for name in names}
    problems = []
    for start in sorted(windows):
        inside = np.flatnonzero((seconds >= start) & (seconds < start + TOKEN_WINDOW_S))
        for name in names if len(inside) else ():
            try:
                known = distribution(windows[start].get(name, {}))
            except InputError as error:
                problems.append(f"window {start}, {name}: {error}")
                continue
            if known is not None:
                drawn[name][inside] = draw_values(known, len(inside), rng)
    return drawn, problems
