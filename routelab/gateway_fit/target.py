"""What a fit is for: labels or outcomes as worth and success of each tier, and the two parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import GroupShuffleSplit

from routelab._checks import InputError
from routelab.encoders import check_prompts
from routelab.gateway_learning import (
    needed_tiers,
    tier_outcomes,
    worth_of_labels,
    worth_of_outcomes,
)
from routelab.gateway_learning.worth import Tiers, check_tiers
from routelab.gateway_rules import TIERS
from routelab.labels._order import ordinal_order
from routelab.outcomes import OutcomeTable
from routelab.routers._labels import same_text


@dataclass(frozen=True, slots=True)
class Target:
    """What is known about each tier on each prompt.

    Attributes
    ----------
    prompts : list of str, length n
    worth, success, quality, cost : ndarray (n, 4)
        What decisions are judged by; what a table counts; quality and USD per call, NaN where
        missing and all NaN for labels.
    figure : str
        Name of the mean worth.
    tiers : dict
        Tier to model groups, for the configuration; empty for labels.
    notes : tuple of str
    """

    prompts: list[str]
    worth: np.ndarray
    success: np.ndarray
    quality: np.ndarray
    cost: np.ndarray
    figure: str
    tiers: dict[str, Any]
    notes: tuple[str, ...]

    def take(self, rows: np.ndarray) -> Target:
        """Return the prompts of these rows."""
        return Target(
            [self.prompts[i] for i in rows],
            self.worth[rows],
            self.success[rows],
            self.quality[rows],
            self.cost[rows],
            self.figure,
            self.tiers,
            self.notes,
        )


def read_target(
    prompts: Sequence[str],
    target: OutcomeTable | Sequence[Any],
    tiers: Tiers | None,
    cost: ArrayLike | None,
    cost_weight: float,
) -> Target:
    """Turn labels (n,) or an OutcomeTable of the same n prompts into a `Target`."""
    texts = check_prompts(prompts)
    if isinstance(target, OutcomeTable):
        return _from_outcomes(texts, target, tiers, cost, cost_weight)
    if cost_weight != 0:
        raise InputError("cost_weight is for outcomes; labels take the matrix 'cost'")
    labels = list(target)
    if len(labels) != len(texts):
        raise InputError(f"{len(texts)} prompts need as many labels, got {len(labels)}")
    needed = needed_tiers(labels, tiers)
    unknown = np.full((len(texts), 4), np.nan)
    number_of = dict(zip(map(str, labels), needed.tolist(), strict=True))
    order = ordinal_order(number_of) or sorted(number_of)
    of_tier = {
        tier: [label for label in order if number_of[label] == k] for k, tier in enumerate(TIERS)
    }
    named = "; ".join(f"{tier}: {', '.join(of_tier[tier]) or 'none'}" for tier in TIERS)
    return Target(
        texts,
        worth_of_labels(needed, cost),
        (np.arange(4) >= needed[:, None]).astype(float),
        unknown,
        unknown,
        "accuracy" if cost is None else "worth (minus the mean cost)",
        {},
        (f"labels as tiers: {named}",),
    )


def _from_outcomes(
    texts: list[str],
    table: OutcomeTable,
    tiers: Tiers | None,
    cost: ArrayLike | None,
    cost_weight: float,
) -> Target:
    if tiers is None:
        raise InputError(f"outcomes need 'tiers': which models serve {', '.join(TIERS)}")
    if cost is not None:
        raise InputError("the matrix 'cost' is for labels; outcomes take 'cost_weight'")
    if texts != table.prompts:
        raise InputError("the prompts are not those of the outcomes, in their order")
    quality, usd = tier_outcomes(table, tiers)
    worth = worth_of_outcomes(quality, usd, cost_weight)
    missing = int(np.isnan(worth).any(axis=1).sum())
    notes = (
        f"{missing:,} prompts without an outcome of every tier are left out of the comparison"
        if missing
        else "",
    )
    groups = {k: v[0] if len(v) == 1 else v for k, v in check_tiers(tiers).items()}
    figure = "quality" if cost_weight == 0 else f"quality - {cost_weight:g} x USD"
    return Target(texts, worth, quality, quality, usd, figure, groups, tuple(filter(None, notes)))


def parted(target: Target, test_size: float, seed: int) -> tuple[Target, Target]:
    """Return the training part and the held-out part; the same text stays on one side.

    Texts are the same when they are equal but for case and white space.
    """
    if not 0 < test_size < 1:
        raise InputError(f"test_size must lie between 0 and 1, got {test_size!r}")
    groups = same_text(target.prompts)
    if len(np.unique(groups)) < 2:
        raise InputError("a part to learn from and one to judge need two different prompts")
    split = GroupShuffleSplit(1, test_size=test_size, random_state=seed)
    train, test = next(split.split(target.prompts, groups=groups))
    judged = target.take(test)
    judged = judged.take(np.flatnonzero(~np.isnan(judged.worth).any(axis=1)))
    if not judged.prompts:
        raise InputError("no held-out prompt has an outcome of every tier")
    return target.take(train), judged
