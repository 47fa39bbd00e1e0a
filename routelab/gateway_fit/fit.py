"""Fit on one part, judge on the other: LiteLLM's heuristic and its table of 448 cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError
from routelab.evaluate._split import assign_folds
from routelab.gateway_fit.result import (
    ALWAYS,
    BUNDLED,
    DEFAULT,
    FITTED,
    GatewayFit,
    decided,
    judge,
)
from routelab.gateway_fit.target import Target, parted, read_target
from routelab.gateway_learning import PARTS, choose_table, learn_steps
from routelab.gateway_learning.config import check_parts
from routelab.gateway_learning.table import cells_of, count_success
from routelab.gateway_learning.worth import Tiers
from routelab.gateway_rules import TIERS
from routelab.outcomes import OutcomeTable
from routelab.routers._labels import same_text

NO_GROUPS = "labels name no model groups: add 'tiers' to the configuration before it is deployed"


def fit_heuristic(
    prompts: Sequence[str],
    target: OutcomeTable | Sequence[Any],
    *,
    tiers: Tiers | None = None,
    parts: Sequence[str] = PARTS,
    cost: ArrayLike | None = None,
    cost_weight: float = 0.0,
    config: Mapping[str, Any] | None = None,
    max_rules: int = 20,
    min_support: int = 10,
    test_size: float = 0.3,
    n_boot: int = 2000,
    seed: int = 0,
) -> GatewayFit:
    """Fit boundaries, weights and keyword rules of LiteLLM's ``heuristic``.

    Parameters
    ----------
    prompts : sequence of str (n,)
    target : sequence (n,) or OutcomeTable
        The label of each prompt, or the outcomes of these prompts in this order.
    tiers : mapping, optional
        Tier to the labels that need it, or to the models that serve it (all four for outcomes).
        Without it labels are tier names, or have an order and are spread over the tiers; see
        `routelab.gateway_learning.needed_tiers`.
    parts : sequence of str, default all
        Of "boundaries", "weights" and "keywords"; each is reported as it is added.
    cost : array (4, 4), optional
        For labels: ``cost[needed, taken]``. Default: each tier that is not the labelled one
        counts the same.
    cost_weight : float, default 0
        For outcomes: quality that is given up to save a dollar, per USD.
    config : mapping, optional
        ``complexity_router_config`` to begin with; it is also the default that is compared with.
    max_rules : int, default 20
        Most keywords.
    min_support : int, default 10
        Least number of training prompts that hold a keyword.
    test_size : float, default 0.3
        Share of texts that is held out; the same text never stands on both sides.
    n_boot : int, default 2000
        Resamples of the paired bootstrap.
    seed : int, default 0

    Returns
    -------
    GatewayFit
        The configuration learnt on the training part, with its report on the other.

    Examples
    --------
    >>> easy = [f"hi, how are you today, number {i}?" for i in range(60)]
    >>> hard = [f"write a python function with a class, number {i}" for i in range(60)]
    >>> labels = ["SIMPLE"] * 60 + ["REASONING"] * 60
    >>> fit = fit_heuristic(easy + hard, labels, parts=["boundaries"], n_boot=200)
    >>> fit.verdict, float(fit.report.loc["fitted", "figure"])
    ('better', 1.0)
    >>> fit.config["tier_boundaries"]["simple_medium"]
    0.15
    """
    wanted = tuple(part for part in PARTS if part in check_parts(parts))
    data = read_target(prompts, target, tiers, cost, cost_weight)
    train, test = parted(data, test_size, seed)
    base = _with_groups(data, config)
    choices = _controls(train, test, base)
    steps = learn_steps(
        train.prompts,
        train.worth,
        parts=wanted,
        config=base,
        max_rules=max_rules,
        min_support=min_support,
        seed=seed,
    )
    for number, (learnt, _) in enumerate(steps, start=1):
        name = FITTED if number == len(steps) else " + ".join(wanted[:number])
        choices[name] = decided(learnt, test.prompts)
    learnt, keywords = steps[-1]
    report, verdict, sentences = judge(test, choices, n_boot=n_boot, seed=seed)
    return GatewayFit(
        learnt,
        report,
        data.figure,
        len(train.prompts),
        len(test.prompts),
        verdict,
        sentences,
        tuple(keywords),
        data.notes + (() if "tiers" in learnt else (NO_GROUPS,)),
    )


def fit_table(
    prompts: Sequence[str],
    target: OutcomeTable | Sequence[Any],
    *,
    tiers: Tiers | None = None,
    cost: ArrayLike | None = None,
    cost_weight: float = 0.0,
    config: Mapping[str, Any] | None = None,
    folds: int = 5,
    test_size: float = 0.3,
    n_boot: int = 2000,
    seed: int = 0,
) -> GatewayFit:
    """Count the table of LiteLLM's ``heuristic_v2``; choose its threshold and prior masses.

    Success is counted per tier from what was measured: a label is a success of its tier and every
    higher one, an outcome counts with its quality, a missing one not at all. Threshold and masses
    are those that decide best on folds of the training part.

    Parameters
    ----------
    prompts, target, tiers, cost, cost_weight, config, test_size, n_boot, seed
        As in `fit_heuristic`.
    folds : int, default 5

    Returns
    -------
    GatewayFit
        Beside the gateway's defaults and the best single tier it is compared with the counted
        table at the gateway's threshold and masses, and with the table that ships with LiteLLM
        where that is installed.

    Examples
    --------
    >>> easy = [f"hi, how are you today, number {i}?" for i in range(60)]
    >>> hard = [f"solve the equation {i} x = 9" for i in range(60)]
    >>> fit = fit_table(easy + hard, ["SIMPLE"] * 60 + ["REASONING"] * 60, n_boot=200)
    >>> fit.verdict, float(fit.report.loc["fitted", "figure"])
    ('better', 1.0)
    """
    data = read_target(prompts, target, tiers, cost, cost_weight)
    train, test = parted(data, test_size, seed)
    base = _with_groups(data, config)
    choices = _controls(train, test, base)
    version_2 = base | {"classifier_type": "heuristic_v2"}
    version_2.pop("heuristic_v2_artifact", None)
    version_2.pop("heuristic_v2_success_threshold", None)
    notes = list(data.notes)
    try:
        choices[BUNDLED] = decided(version_2, test.prompts)
    except InputError as error:
        notes.append(f"not compared with the bundled table: {error}")
    cells = cells_of(train.prompts)
    chosen = choose_table(
        cells,
        train.success,
        train.worth,
        assign_folds([""] * len(cells), same_text(train.prompts), folds, seed),
    )
    counted = count_success(cells, train.success)
    choices["counted, threshold 0.75"] = decided(
        version_2 | {"heuristic_v2_artifact": counted.model_dump()}, test.prompts
    )
    best = count_success(
        cells,
        train.success,
        threshold=chosen.threshold,
        domain_prior_mass=chosen.domain_prior_mass,
        cohort_prior_mass=chosen.cohort_prior_mass,
    )
    learnt = version_2 | {
        "heuristic_v2_success_threshold": chosen.threshold,
        "heuristic_v2_artifact": best.model_dump(mode="json"),
    }
    choices[FITTED] = decided(learnt, test.prompts)
    report, verdict, sentences = judge(test, choices, n_boot=n_boot, seed=seed)
    notes.append(
        f"threshold {chosen.threshold:g}, prior masses {chosen.domain_prior_mass:g} and "
        f"{chosen.cohort_prior_mass:g}: {data.figure} {chosen.worth:.3f} in {folds} folds"
    )
    notes += [] if "tiers" in learnt else [NO_GROUPS]
    sizes = len(train.prompts), len(test.prompts)
    return GatewayFit(learnt, report, data.figure, *sizes, verdict, sentences, (), tuple(notes))


def _with_groups(data: Target, config: Mapping[str, Any] | None) -> dict[str, Any]:
    given = dict(config or {})
    if data.tiers:
        given.setdefault("tiers", data.tiers)
    return given


def _controls(train: Target, test: Target, base: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return what the gateway decides as it is, and the one tier that is best on training."""
    known = ~np.isnan(train.worth).any(axis=1)
    if not known.any():
        raise InputError("no training prompt has an outcome of every tier")
    best = int(train.worth[known].mean(axis=0).argmax())
    return {
        DEFAULT: decided(base, test.prompts),
        f"{ALWAYS}{TIERS[best]}": np.full(len(test.prompts), best),
    }
