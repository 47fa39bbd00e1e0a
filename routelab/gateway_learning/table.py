"""The 448-cell table of ``heuristic_v2``: counts, and the threshold and priors that suit them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.gateway_rules import TIERS, TierTable, cohort, request_type
from routelab.gateway_rules.table import NUMBERS
from routelab.gateway_rules.text import without_reminders

THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 20))
DOMAIN_MASSES = (5.0, 20.0, 200.0)
CELL_MASSES = (2.0, 20.0, 100.0)
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TableChoice:
    """Threshold and prior masses that did best on prompts left out, and how well they did.

    Attributes
    ----------
    threshold, domain_prior_mass, cohort_prior_mass : float
    worth : float
        Mean worth per prompt over the folds.
    """

    threshold: float
    domain_prior_mass: float
    cohort_prior_mass: float
    worth: float


def cells_of(prompts: Iterable[str]) -> list[Cell]:
    """Return (request type, cell) of each prompt, reminders taken out as the gateway does.

    Examples
    --------
    >>> cells_of(["Solve 3x = 9"])
    [('general', 'general|short|code=0|math=1|mc=0|intl=0')]
    """
    asks = [without_reminders(prompt) for prompt in prompts]
    kinds = [request_type(ask) for ask in asks]
    return [(kind, cohort(ask, kind)) for kind, ask in zip(kinds, asks, strict=True)]


def count_success(
    cells: Sequence[Cell],
    success: np.ndarray,
    *,
    threshold: float = 0.75,
    domain_prior_mass: float = 200.0,
    cohort_prior_mass: float = 20.0,
) -> TierTable:
    """Count a table from how well each tier answered each prompt.

    Parameters
    ----------
    cells : sequence of (str, str), length n
        See `cells_of`.
    success : ndarray (n, 4)
        0 to 1, NaN where a tier was not measured: it then counts for no cell.
    threshold, domain_prior_mass, cohort_prior_mass : float
        As in `TierTable`.

    Raises
    ------
    InputError
        A success outside 0 to 1, or a tier that was never measured.

    Examples
    --------
    >>> table = count_success(cells_of(["hi", "bye"]), np.array([[1, 1, 1, 1], [0, np.nan, 1, 1]]))
    >>> [(c.successes, c.observations) for c in table.global_statistics[:2]]
    [(1.0, 2.0), (1.0, 1.0)]
    """
    known = ~np.isnan(success)
    if ((success < 0) | (success > 1)).any():
        raise InputError("success of a tier must lie from 0 to 1")
    for tier, measured in zip(TIERS, known.any(axis=0), strict=True):
        if not measured:
            raise InputError(f"the tier {tier} was measured on no prompt")
    values = np.where(known, success, 0.0)

    def counts(name: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        names, place = np.unique(np.array(keys, dtype=object).astype(str), return_inverse=True)
        good, seen = np.zeros((len(names), 4)), np.zeros((len(names), 4))
        np.add.at(good, place, values)
        np.add.at(seen, place, known)
        return [
            ({name: str(key)} if name else {})
            | {
                "tier": tier,
                "successes": float(good[row, tier - 1]),
                "observations": float(seen[row, tier - 1]),
            }
            for row, key in enumerate(names)
            for tier in NUMBERS
            if seen[row, tier - 1]
        ]

    return TierTable.model_validate(
        {
            "global_statistics": counts("", [""] * len(cells)),
            "domain_statistics": counts("request_type", [kind for kind, _ in cells]),
            "cohort_statistics": counts("cohort", [cell for _, cell in cells]),
            "domain_prior_mass": domain_prior_mass,
            "cohort_prior_mass": cohort_prior_mass,
            "routing_threshold": threshold,
        }
    )


def probabilities(cells: Sequence[Cell], table: TierTable) -> np.ndarray:
    """Return the probability (n, 4) that each tier succeeds, never falling from tier to tier."""
    by_cell = {
        key: np.maximum.accumulate([table.mean(*key, tier) for tier in NUMBERS])
        for key in set(cells)
    }
    return np.array([by_cell[key] for key in cells]).reshape(len(cells), 4)


def taken(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Return the tier (n,), 0 to 3: the lowest that reaches the threshold, else the highest.

    Examples
    --------
    >>> taken(np.array([[0.5, 0.75, 0.8, 0.9], [0.1, 0.2, 0.3, 0.4]]), 0.75).tolist()
    [1, 3]
    """
    reached = probability >= threshold
    return np.where(reached.any(axis=1), reached.argmax(axis=1), 3)


def choose_table(
    cells: Sequence[Cell],
    success: np.ndarray,
    worth: np.ndarray,
    folds: np.ndarray,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    domain_masses: Sequence[float] = DOMAIN_MASSES,
    cell_masses: Sequence[float] = CELL_MASSES,
) -> TableChoice:
    """Choose threshold and prior masses by what their decisions are worth on folds left out.

    Parameters
    ----------
    cells : sequence of (str, str), length n
    success : ndarray (n, 4)
        What is counted.
    worth : ndarray (n, 4)
        By which decisions are judged; where the worth of the tier taken is missing (NaN) a
        prompt does not judge.
    folds : ndarray of int (n,)
    thresholds, domain_masses, cell_masses : sequence of float
        What is tried; of equals the first is taken.
    """
    masses = list(product(domain_masses, cell_masses))
    earned = np.full((len(cells), len(masses), len(thresholds)), np.nan)
    for fold in np.unique(folds):
        train, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        known, unknown = ([cells[i] for i in rows.tolist()] for rows in (train, asked))
        for place, (domain, cell) in enumerate(masses):
            table = count_success(
                known,
                success[train],
                domain_prior_mass=domain,
                cohort_prior_mass=cell,
            )
            share = probabilities(unknown, table)
            for column, threshold in enumerate(thresholds):
                earned[asked, place, column] = worth[asked, taken(share, threshold)]
    means = np.nanmean(earned, axis=0)
    place, column = divmod(int(np.nanargmax(means)), len(thresholds))
    domain, cell = masses[place]
    best = float(means[place, column])
    return TableChoice(float(thresholds[column]), float(domain), float(cell), best)
