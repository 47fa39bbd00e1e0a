"""``heuristic_v2``: a table of counts says how likely each tier succeeds on prompts like this one.

The mean of a prompt's cell is shrunk towards that of its request type, that towards the mean of
all prompts (Beta priors); the lowest tier that succeeds often enough is taken.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from routelab._checks import InputError
from routelab.gateway_rules.text import LENGTHS, REQUEST_TYPES, cohort, request_type

NUMBERS = (1, 2, 3, 4)
CERTAIN = 1_000_000_000  # observations that leave a prior no say
RequestType = Literal[
    "code_generation",
    "code_understanding",
    "technical_design",
    "analytical_reasoning",
    "writing",
    "factual_lookup",
    "general",
]


class Count(BaseModel):
    """How often a tier succeeded."""

    model_config = ConfigDict(frozen=True)

    tier: int = Field(ge=1, le=4)
    successes: float = Field(ge=0)
    observations: float = Field(gt=0)

    @model_validator(mode="after")
    def _possible(self) -> Count:
        if self.successes > self.observations:
            raise ValueError("more successes than observations")
        return self


class TypeCount(Count):
    """How often a tier succeeded on one request type."""

    request_type: RequestType


class CellCount(Count):
    """How often a tier succeeded in one cell."""

    cohort: str = Field(min_length=1)


class TierTable(BaseModel):
    """``heuristic_v2_artifact`` of the gateway: counts per tier, request type and cell.

    Attributes
    ----------
    global_statistics : tuple
        Each of the tiers 1 to 4 once.
    domain_statistics, cohort_statistics : tuple
        Per request type and per cell, as far as they were seen.
    domain_prior_mass, cohort_prior_mass : float
        How many observations the mean above is worth.
    routing_threshold : float
        Least probability of success, 0 to 1.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    global_statistics: tuple[Count, ...]
    domain_statistics: tuple[TypeCount, ...] = ()
    cohort_statistics: tuple[CellCount, ...] = ()
    domain_prior_mass: float = Field(default=200.0, gt=0)
    cohort_prior_mass: float = Field(default=20.0, gt=0)
    routing_threshold: float = Field(default=0.75, ge=0, le=1)
    _found: dict[Any, Count] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _unique(self) -> TierTable:
        if sorted(count.tier for count in self.global_statistics) != list(NUMBERS):
            raise ValueError("global_statistics must hold each tier from 1 to 4 once")
        keyed: list[tuple[Any, Count]] = [(("", c.tier), c) for c in self.global_statistics]
        keyed += [((c.request_type, c.tier), c) for c in self.domain_statistics]
        keyed += [((c.cohort, c.tier), c) for c in self.cohort_statistics]
        self._found.update(keyed)
        if len(self._found) < len(keyed):
            twice = next(key for key, n in Counter(key for key, _ in keyed).items() if n > 1)
            raise ValueError(f"{twice[0]!r}, tier {twice[1]} stands twice")
        return self

    def mean(self, kind: str, cell: str, tier: int) -> float:
        """Return the shrunken mean of one tier on one cell."""
        seen = self._found["", tier]
        share = (seen.successes + 1.0) / (seen.observations + 2.0)
        for key, mass in ((kind, self.domain_prior_mass), (cell, self.cohort_prior_mass)):
            count = self._found.get((key, tier))
            if count is not None:
                share = (count.successes + mass * share) / (count.observations + mass)
        return share


def tier_probabilities(prompt: str, table: TierTable) -> tuple[float, float, float, float]:
    """Return the probability that each tier succeeds, never falling from tier to tier.

    Examples
    --------
    >>> table = count_table(["hi", "prove it", "hello"], [1, 4, 2])
    >>> [round(p, 3) for p in tier_probabilities("hi", table)]
    [0.39, 0.61, 0.61, 0.829]
    """
    kind = request_type(prompt)
    cell = cohort(prompt, kind)
    raw = [table.mean(kind, cell, tier) for tier in NUMBERS]
    one, two, three, four = accumulate(raw, max)
    return one, two, three, four


def tier_of(probabilities: Iterable[float], threshold: float) -> int:
    """Return the lowest tier (1 to 4) whose probability reaches the threshold, else 4.

    Examples
    --------
    >>> tier_of([0.5, 0.75, 0.8, 0.9], 0.75)
    2
    """
    reached = (tier for tier, p in enumerate(probabilities, start=1) if p >= threshold)
    return next(reached, 4)


def count_table(
    prompts: Iterable[str],
    needed: Iterable[int],
    *,
    routing_threshold: float = 0.75,
    domain_prior_mass: float = 200.0,
    cohort_prior_mass: float = 20.0,
) -> TierTable:
    """Count a table: a tier succeeds on a prompt when it is at least the tier that it needs.

    Parameters
    ----------
    prompts : iterable of str
    needed : iterable of int
        Tier 1 to 4 that each prompt needs.
    routing_threshold, domain_prior_mass, cohort_prior_mass : float
        As in `TierTable`.
    """
    seen: Counter[str] = Counter()
    enough: Counter[tuple[str, int]] = Counter()
    for prompt, need in zip(prompts, needed, strict=True):
        kind = request_type(prompt)
        for key in ("", kind, cohort(prompt, kind)):
            seen[key] += 1
            enough.update((key, tier) for tier in NUMBERS if tier >= need)
    if not seen:
        raise InputError("nothing to count: no prompts")

    def counts(name: str, keys: Iterable[str]) -> list[dict[str, Any]]:
        return [
            ({name: key} if key else {})
            | {"tier": tier, "successes": enough[key, tier], "observations": seen[key]}
            for key in keys
            for tier in NUMBERS
        ]

    return TierTable.model_validate(
        {
            "global_statistics": counts("", [""]),
            "domain_statistics": counts("request_type", sorted(seen.keys() & set(REQUEST_TYPES))),
            "cohort_statistics": counts("cohort", sorted(key for key in seen if "|" in key)),
            "domain_prior_mass": domain_prior_mass,
            "cohort_prior_mass": cohort_prior_mass,
            "routing_threshold": routing_threshold,
        }
    )


def all_cells() -> list[str]:
    """Return the 448 cells.

    Examples
    --------
    >>> len(all_cells())
    448
    """
    flags = [
        f"code={c}|math={m}|mc={q}|intl={i}" for c in "01" for m in "01" for q in "01" for i in "01"
    ]
    return [
        f"{kind}|{size}|{f}"
        for kind in REQUEST_TYPES
        for size in (*LENGTHS, "very_long")
        for f in flags
    ]


def policy_table(policy: Mapping[str, int], otherwise: int = 4) -> TierTable:
    """Write a function from cells to tiers as a table that decides exactly like it.

    Every cell gets so many observations that the priors have no say, at any threshold from 0.01
    to 0.99.

    Parameters
    ----------
    policy : mapping of str to int
        Cell (see `cohort`) to tier 1 to 4.
    otherwise : int, default 4
        Tier of the cells that `policy` leaves out.

    Examples
    --------
    >>> table = policy_table({cohort("hi"): 2}, otherwise=3)
    >>> [tier_of(tier_probabilities(p, table), 0.75) for p in ("hi", "write a poem", "x" * 300)]
    [2, 2, 3]
    """
    cells = set(all_cells())
    for cell, tier in policy.items():
        if cell not in cells:
            raise InputError(f"unknown cell {cell!r}: see routelab.gateway_rules.cohort")
        if tier not in NUMBERS:
            raise InputError(f"cell {cell!r} needs a tier from 1 to 4, got {tier!r}")
    if otherwise not in NUMBERS:
        raise InputError(f"otherwise must be a tier from 1 to 4, got {otherwise!r}")

    def counts(need: int) -> list[dict[str, Any]]:
        return [
            {"tier": t, "successes": CERTAIN if t >= need else 0, "observations": CERTAIN}
            for t in NUMBERS
        ]

    return TierTable.model_validate(
        {
            "global_statistics": counts(otherwise),
            "cohort_statistics": [
                {"cohort": cell} | count for cell, need in policy.items() for count in counts(need)
            ],
        }
    )


@lru_cache(maxsize=1)
def bundled_table() -> TierTable:
    """Return the table that ships with LiteLLM (UltraFeedback), from the installed package.

    Raises
    ------
    InputError
        Where litellm is not installed, or has no such table.
    """
    found = importlib.util.find_spec("litellm")  # looks, does not import
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "the table of heuristic_v2 comes with the package 'litellm', which is not installed: "
            'pip install "routelab[litellm]", or give heuristic_v2_artifact inline'
        )
    folder = Path(next(iter(found.submodule_search_locations)))
    path = folder / "router_strategy/complexity_router/artifacts/ultrafeedback_tiers.json"
    if not path.is_file():
        raise InputError(
            "the installed litellm has no table of heuristic_v2: it needs 1.106 or newer"
        )
    return TierTable.model_validate(json.loads(path.read_text(encoding="utf-8")))
