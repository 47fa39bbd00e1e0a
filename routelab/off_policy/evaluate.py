"""What a policy would have reached on a log whose choices were random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import Resampler
from routelab.off_policy import _support
from routelab.off_policy._figures import Figures, figures, folds_of
from routelab.off_policy._log import Logged
from routelab.off_policy._outcome_model import learner
from routelab.off_policy._policy import policy_table, spread
from routelab.off_policy._prepare import by_split, logged, targets_of
from routelab.off_policy.estimators import (
    effective_sample_size,
    importance_weights,
    truncation_point,
)
from routelab.off_policy.result import OffPolicyResult, overlap_table, result_table
from routelab.routers._labels import same_text

#: Effective sample size below which a note says that intervals are a little too short.
FEW = 200


def evaluate_policy(
    log: pd.DataFrame,
    policy: Any,
    *,
    quality: str = "quality",
    cost: str | None = "cost_usd",
    propensity: str = "propensity",
    model: str = "model",
    prompt: str = "prompt",
    unit: str | None = None,
    propensities: Any = None,
    split: Any = None,
    models: Sequence[str] | None = None,
    outcome_model: Any = None,
    clip: float | Literal["sqrt"] | None = "sqrt",
    switch: float | Literal["sqrt"] = "sqrt",
    min_ess: float = 30,
    cv: int = 10,
    n_boot: int = 2000,
    seed: int = 0,
) -> OffPolicyResult:
    r"""Estimate the quality and the cost of a policy from a log of another one's random choices.

    Five estimators (:mod:`routelab.off_policy.estimators`): IPS, SNIPS, the direct method (DM), the
    doubly robust one (DR) and Switch-DR. DR is the one to read first: right when the propensities
    are, and narrower than IPS when the model of outcomes is any good.

    IPS, SNIPS and DR have studentised bootstrap intervals over units. DM, and Switch-DR where it
    leaves rows to the model, also depend on what the model learnt: their intervals are those of a
    grouped jackknife over the `cv` folds, the model fitted anew without each. DM's interval knows
    nothing of a model that is wrong.

    Parameters
    ----------
    log : DataFrame, n rows
        One row per decision: the model that was chosen, its propensity, quality and cost; a prompt
        where the policy or the model of outcomes reads it. Rows without a quality (cost) are left
        out of its estimates and counted in the notes.
    policy : str, mapping, DataFrame, array or fitted router
        One model always; a mapping of models to shares; a table of probabilities (a column per
        model, a row per row of the log); an array (n, m) with `models`; a model per row (n,); a
        fitted router with ``predict``.
    quality, cost : str, default "quality" and "cost_usd"
        Columns of the outcomes, higher is better and USD. ``cost=None``, or a log without the
        default column: no cost.
    propensity : str, default "propensity"
        Column with the probability, in (0, 1], with which the log chose the model that it chose.
        ``"estimate"``: by a cross-fitted logistic regression on the prompt, which is right only if
        the choice depended on nothing else.
    model, prompt : str, default "model" and "prompt"
        Columns.
    unit : str, optional
        Column of what is independent, such as a user or a session: resampled, and kept in one fold,
        whole. By default each row; with `split` its own unit, when the log has that column.
    propensities : table (n, models), optional
        The probability of every model in every row; then no propensity column is needed, and
        support is checked row by row.
    split : Split or Plan, optional
        The A/B split that made the choices: arms take the place of models, and their shares are
        the propensities of the rows that the split reached.
    models : sequence of str, optional
        Names of the columns of `policy` when it is an array.
    outcome_model : str, router or function, optional
        What predicts outcomes for DM, DR and Switch-DR, always from rows of other folds: an outcome
        router (``"outcome-linear"``) on prompts, or ``f(train, asked, target, models)`` that learns
        the column `target` of the frame `train` and returns an array (len(asked), len(models)). By
        default each model's mean, rows weighted by 1 / propensity.
    clip : float, "sqrt" or None, default "sqrt"
        Weights above it are truncated to it in IPS, SNIPS and DR; "sqrt": above the square root
        of n (Ionides 2008), which few logs reach; None: never.
    switch : float or "sqrt", default "sqrt"
        Switch-DR leaves rows of weights above it to the model.
    min_ess : float, default 30
        Least effective sample size (of the units' weights).
    cv : int, default 10
        Folds of the model of outcomes; fewer when there are fewer groups.
    n_boot : int, default 2000
    seed : int, default 0

    Returns
    -------
    OffPolicyResult

    Raises
    ------
    InputError
        The log has no propensities, or none that are random; the policy gives weight to what the
        log never chose; a propensity is missing, 0 or above 1; too little overlap.

    References
    ----------
    Dudik, Erhan, Langford and Li (2014), "Doubly Robust Policy Evaluation and Optimization",
    Statistical Science 29(4). Wang, Agarwal and Dudik (2017), "Optimal and Adaptive Off-policy
    Evaluation in Contextual Bandits", ICML.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> large = rng.random(2000) < 0.2
    >>> log = pd.DataFrame({"model": np.where(large, "large", "small"),
    ...                     "propensity": np.where(large, 0.2, 0.8),
    ...                     "quality": rng.random(2000) < np.where(large, 0.9, 0.6),
    ...                     "cost_usd": np.where(large, 0.01, 0.001)})
    >>> result = evaluate_policy(log, {"large": 0.5, "small": 0.5})  # the truth is 0.75
    >>> dr = result.to_frame().loc["DR"]
    >>> bool(dr["quality_low"] < 0.75 < dr["quality_high"]), round(float(dr["cost"]), 4)
    (True, 0.0055)
    """
    if not isinstance(log, pd.DataFrame) or log.empty:
        raise InputError(
            f"the log must be a DataFrame with at least one row, got {type(log).__name__}"
            + (" without rows" if isinstance(log, pd.DataFrame) else "")
        )
    notes: list[str] = []
    targets = targets_of(log, quality, cost, notes)
    if split is not None:
        model, propensity, unit, log = by_split(log, split, propensities, unit, notes)
    decisions = logged(log, model, propensity, prompt, unit, propensities, seed, notes)
    table = policy_table(policy, decisions, models)
    _support.check_random(decisions)
    _support.check_support(decisions, table)
    chances = spread(table, decisions.models)
    weights = importance_weights(chances, decisions.propensity, decisions.chosen)
    limit = _threshold("clip", clip, len(decisions))
    at_most = _threshold("switch", switch, len(decisions))
    notes += _support.weight_notes(decisions, chances, weights)
    learn = learner(outcome_model)
    sums = _support.unit_sums(weights, decisions.units)
    ess = effective_sample_size(sums)
    found: dict[str, Figures] = {}
    for what, target in targets.items():
        keep = np.isfinite(decisions.values(target))
        part = decisions.take(keep) if not keep.all() else decisions
        if not keep.all():
            notes.append(f"{(~keep).sum():,} rows ({(~keep).mean():.1%}) without a {what} left out")
        mine = _support.unit_sums(weights[keep], part.units) if len(part) else sums[:0]
        _support.check_sample(effective_sample_size(mine), len(mine), min_ess, f"the {what}")
        groups = _groups(part, unit, outcome_model)
        found[what] = figures(
            part,
            target,
            policy=chances[keep],
            weights=weights[keep],
            clip=limit if limit is not None and weights.max() > limit else None,
            switch=np.inf if at_most is None else at_most,
            learn=learn,
            folds=folds_of(part, groups, cv, seed),
            resamples=lambda n: Resampler(n, n_boot, seed).weights(),
        )
    if ess < FEW:
        notes.append(
            f"an effective sample size below {FEW}: the intervals of DR and Switch-DR hold the "
            "truth a little less often than they say (92 % of the time with about 100)"
        )
    if outcome_model is None:
        notes.append(
            "DM predicts each model's mean for every prompt: biased when the policy chooses by "
            "what the outcome depends on; name an outcome_model that reads it"
        )
    return OffPolicyResult(
        table=result_table(found),
        logged={what: figure.logged.value for what, figure in found.items()},
        overlap=overlap_table(decisions, chances, weights),
        weights=weights,
        chosen=np.array(decisions.models, object)[decisions.chosen],
        n=len(decisions),
        units=len(sums),
        unit=unit,
        ess=ess,
        max_weight=float(weights.max()),
        clip=limit,
        clipped_share=0.0 if limit is None else float((weights > limit).mean()),
        switch=at_most,
        switched_share=0.0 if at_most is None else float((weights > at_most).mean()),
        notes=tuple(notes),
    )


def _threshold(name: str, given: Any, n: int) -> float | None:
    if isinstance(given, str) and given == "sqrt":
        return truncation_point(n)
    if given is None:
        return None
    if isinstance(given, str | bool) or not given > 0:
        raise InputError(f"{name!r} must be a weight above 0, 'sqrt' or None, got {given!r}")
    return float(given)


def _groups(log: Logged, unit: str | None, outcome_model: Any) -> np.ndarray:
    """Return what stays in one fold (n,): units, else equal prompts where a model reads them."""
    if unit is not None or outcome_model is None or log.prompts is None:
        return log.units
    return same_text(log.prompts)
