"""From labels or outcomes to the worth of each tier on each prompt, (n, 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError, did_you_mean
from routelab.gateway_rules import TIERS
from routelab.labels._order import ordinal_order
from routelab.outcomes import OutcomeTable

Tiers = Mapping[str, str | Sequence[str]]


def needed_tiers(labels: Sequence[Any], tiers: Tiers | None = None) -> np.ndarray:
    """Return the tier (n,), 0 to 3, that each label stands for.

    Parameters
    ----------
    labels : sequence (n,)
        Tier names, or labels that `tiers` or their own order turns into tiers.
    tiers : mapping of tier to label or labels, optional
        Without it, tier names are taken as they are; L labels with an order from low to high
        (low/medium/high, "Level 1", "BT2") are spread from SIMPLE to REASONING: rank r of 0 to
        L - 1 becomes tier floor(3 r / (L - 1) + 1/2).

    Raises
    ------
    InputError
        A label that no tier names, or labels without an order and without `tiers`.

    Examples
    --------
    >>> needed_tiers(["BT1", "BT2", "BT3", "BT4", "BT5", "BT6"]).tolist()
    [0, 1, 1, 2, 2, 3]
    >>> needed_tiers(["chat", "code"], {"SIMPLE": "chat", "COMPLEX": ["code"]}).tolist()
    [0, 2]
    """
    texts = [str(label) for label in labels]
    if not texts:
        raise InputError("nothing to learn from: no labels")
    found = _by_map(tiers) if tiers is not None else _by_order(texts)
    for index, text in enumerate(texts):
        if text not in found:
            raise InputError(
                f"label {text!r} at index {index} belongs to no tier{did_you_mean(text, found)}; "
                f"tiers has: {', '.join(found)}"
            )
    return np.array([found[text] for text in texts], dtype=int)


def _by_order(texts: Sequence[str]) -> dict[str, int]:
    distinct = set(texts)
    if distinct <= set(TIERS):
        return {tier: number for number, tier in enumerate(TIERS)}
    order = ordinal_order(texts)
    if order is None or len(order) < 2:
        some = ", ".join(sorted(distinct)[:5])
        raise InputError(
            f"labels such as {some} have no known order: say with 'tiers' which of them belong to "
            f"{', '.join(TIERS)}"
        )
    return {label: int(3 * rank / (len(order) - 1) + 0.5) for rank, label in enumerate(order)}


def _by_map(tiers: Tiers) -> dict[str, int]:
    found: dict[str, int] = {}
    for tier, names in check_tiers(tiers).items():
        for name in names:
            if found.setdefault(name, TIERS.index(tier)) != TIERS.index(tier):
                raise InputError(f"tiers: the label {name!r} stands under two tiers")
    return found


def check_tiers(tiers: Tiers) -> dict[str, list[str]]:
    """Return tier to names, each a list; refuse a tier that the gateway does not have."""
    if not isinstance(tiers, Mapping) or not tiers:
        raise InputError(f"tiers must map {', '.join(TIERS)} to names, got {tiers!r}")
    lists: dict[str, list[str]] = {}
    for tier, names in tiers.items():
        if tier not in TIERS:
            raise InputError(
                f"tiers: unknown tier {tier!r}{did_you_mean(tier, TIERS)}; known: "
                f"{', '.join(TIERS)}"
            )
        given = [names] if isinstance(names, str) else names
        if not isinstance(given, Sequence) or not given:
            raise InputError(f"tiers: {tier} needs a name or a list of names, got {names!r}")
        lists[tier] = [str(name) for name in given]
    return lists


def worth_of_labels(needed: ArrayLike, cost: ArrayLike | None = None) -> np.ndarray:
    """Return the worth (n, 4) of each tier where one tier is needed.

    Parameters
    ----------
    needed : array of int (n,)
        0 to 3.
    cost : array (4, 4), optional
        ``cost[needed, taken]``, such as 3 for a tier too low and 1 for one too high; its negative
        is the worth. Without it the needed tier is worth 1 and every other 0: the mean worth of
        decisions is their accuracy.

    Examples
    --------
    >>> worth_of_labels([0, 2]).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    table = np.eye(4)
    if cost is not None:
        table = -np.asarray(cost, dtype=float)
        if table.shape != (4, 4) or not np.isfinite(table).all():
            raise InputError(f"cost must be 4 x 4 finite numbers, got shape {table.shape}")
    rows: np.ndarray = table[np.asarray(needed, dtype=int)]
    return rows


def tier_outcomes(table: OutcomeTable, tiers: Tiers) -> tuple[np.ndarray, np.ndarray]:
    """Return quality and cost (n, 4) of the models that serve each tier, NaN where missing.

    Of several models of a tier the gateway draws one: the tier has their mean, and none where one
    of them was not measured.

    Parameters
    ----------
    table : OutcomeTable
    tiers : mapping of all four tiers to model or models

    Examples
    --------
    >>> table = OutcomeTable(["1+1"], ["small", "large"], [[0, 1]])
    >>> ladder = {"SIMPLE": "small", "MEDIUM": ["small", "large"], "COMPLEX": "large",
    ...           "REASONING": "large"}
    >>> tier_outcomes(table, ladder)[0].tolist()
    [[0.0, 0.5, 1.0, 1.0]]
    """
    lists = check_tiers(tiers)
    for tier in TIERS:
        if tier not in lists:
            raise InputError(f"tiers: outcomes need a model for every tier, {tier} has none")
        for model in lists[tier]:
            if model not in table.models:
                near = did_you_mean(model, table.models)
                raise InputError(f"tiers: {tier}: no model {model!r} in the outcomes{near}")
    quality, cost = table.normalized().quality, table.cost
    columns = [[table.models.index(model) for model in lists[tier]] for tier in TIERS]
    return (
        np.column_stack([quality[:, group].mean(axis=1) for group in columns]),
        np.column_stack([cost[:, group].mean(axis=1) for group in columns]),
    )


def worth_of_outcomes(
    quality: np.ndarray, cost: np.ndarray, cost_weight: float = 0.0
) -> np.ndarray:
    """Return quality - cost_weight * cost (n, 4), NaN where either is missing.

    Parameters
    ----------
    quality, cost : array (n, 4)
        Quality 0 to 1, cost in USD per call.
    cost_weight : float, default 0
        Quality that a dollar is worth, per USD; 0 leaves costs aside, known or not.

    Examples
    --------
    >>> worth_of_outcomes(np.array([[0.5, 1.0]]), np.array([[0.01, 0.1]]), 5).tolist()
    [[0.45, 0.5]]
    """
    if not 0 <= cost_weight < float("inf"):
        raise InputError(f"cost_weight must be a number of at least 0, got {cost_weight!r}")
    if cost_weight == 0:
        return quality
    if np.isnan(cost[~np.isnan(quality)]).any():
        raise InputError(
            "cost_weight is above 0 but outcomes of the tiers have no cost: give costs with "
            "OutcomeTable.with_costs or with_prices"
        )
    return quality - cost_weight * cost
