"""Tune the one setting of a fitted router to a target, and report it on other data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate._calibration_data import Given, read_given
from routelab.evaluate._calibration_parts import Part, split_groups, split_time
from routelab.evaluate._estimates import Estimate
from routelab.evaluate._measures import (
    curve_of,
    estimates_of,
    find_strong,
    measures_of,
    precision_measures,
)
from routelab.evaluate._refusal import Noise, remarks, serving_row
from routelab.evaluate._settings import (
    abstaining_knob,
    answers_by_cost,
    check_router,
    check_tunable,
    knob_of,
)
from routelab.evaluate._targets import is_met, parse_target
from routelab.evaluate.calibration import Calibration
from routelab.routers.cost_thresholds import CostThresholds
from routelab.routers.strong_threshold import StrongThreshold


def calibrate(
    router: Any,
    data: Any,
    target: str,
    *,
    strong: Any = None,
    models: Mapping[str, str] | None = None,
    catalog: Any = None,
    requests_per_day: float | None = None,
    share: float = 0.5,
    margin: float = 0.0,
    seed: int = 0,
    n_boot: int = 2000,
) -> Calibration:
    r"""Tune the setting of a fitted router to a target; nothing else of it changes.

    The setting is fitted on one part of the data and reported on the other, with an interval.

    Parameters
    ----------
    router : fitted estimator
        Not changed. Its setting is `lam` (routers of outcomes, the self-checking cascade), the
        last cut of `CostThresholds`, or for any other router with `predict_proba` the least share
        of the strong answer, which a `StrongThreshold` around it then keeps. For a precision it is
        the threshold below which a semantic router abstains.
    data : OutcomeTable or DataFrame
        Outcomes; labels (columns `prompt`, `label`, optionally `group`); or traffic (column
        `timestamp`) with prompts. The router must not have learnt from it: on prompts that it
        knows, it looks better than it is.
    target : str
        "quality>=0.9" (outcomes): the cheapest setting whose mean quality reaches the floor.
        "usd_per_day=25" (traffic, or outcomes and `requests_per_day`): the most generous setting
        that stays within the budget; on outcomes the one of the highest quality.
        "strong_share=0.3" (any data): the share of prompts that get the strong answer.
        "precision>=0.95" (labels): the most answers of which that share is right. Any answer to a
        prompt whose label the router cannot give (out of scope) is wrong.
    strong : label, optional
        The strong answer. Default: the dearest by the data's costs, else by those that the router
        has learnt; else the best in the data; else the highest level.
    models : mapping of str to str, optional
        Answer of the router to the model of the outcomes or of the catalog. Default: the same name.
    catalog : Catalog, optional
        Prices of the models on traffic, by the logged tokens. Default: the bundled one.
    requests_per_day : float, optional
        Turns the cost per prompt of outcomes into USD per day.
    share : float, default 0.5
        Of the data that fits. Outcomes and labels are split at random, repeated texts and groups
        kept whole; traffic by time: the earlier part fits, the later one reports.
    margin : float, default 0.0
        How far beyond a floor, or below a budget, the fitting part must be. With 0 the true figure
        lies on either side of the target, and the report often cannot resolve it.
    seed : int, default 0
        Of the split and of the bootstrap.
    n_boot : int, default 2000
        Resamples: prompts, or of traffic its days, hours or minutes.

    Returns
    -------
    Calibration

    Raises
    ------
    TargetRefused
        No setting reaches the target on the fitting part, or the target lies inside the noise.
    InputError
        The target, the router or the data cannot be used.

    Notes
    -----
    The target lies inside the noise when h, half the width of the figure's 95 % interval on the
    fitting part at the chosen setting, is no smaller than d, the distance between the target and
    the figure of the nearest constant setting: the most generous and the most sparing one; for a
    precision answering everything, and always being right. Then the target cannot be told from not
    routing at all. h falls with the square root of the number n that fits, so the number needed is

    .. math:: n_{needed} = \lceil n \, (h / d)^2 \rceil

    divided by `share` for all the data. Where no setting reaches the target, but the best one
    misses it by d < h, the same number would show whether it can be reached.

    Intervals are expanded percentile intervals of the bootstrap (Hesterberg 2015), for shares at
    least as wide as Wilson's (1927). Costs are those of the router's choices: rules, budgets and
    retries of a plan are not in them.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> prompts = ["x" * i for i in range(200)]
    >>> router = make_router("length").fit(prompts, ["small"] * 120 + ["large"] * 80)
    >>> found = calibrate(router, pd.DataFrame({"prompt": prompts}), "strong_share=0.4",
    ...                   strong="large")
    >>> found.setting, found.met, found.n_fit, found.n_report
    ('threshold', True, 100, 100)
    """
    aimed = parse_target(target)
    aim = aimed.aim(margin)
    _check_numbers(share, requests_per_day)
    check_router(router)
    precise = aimed.name == "precision"
    if not precise:
        check_tunable(router)
    answers = [] if precise else answers_by_cost(router)
    given = read_given(data, aimed, answers, models, catalog)
    codes, unique = pd.factorize(np.asarray(given.prompts, dtype=object))
    tuned_strong = None if precise else _strong(router, strong, answers, given)
    if precise:
        knob, said = abstaining_knob(router, list(unique))
        measures = precision_measures(given.labels or [], said[codes])
    else:
        knob = knob_of(router, list(unique), tuned_strong)
        cumulative = hasattr(router, "play")
        measures = measures_of(given, answers, tuned_strong, requests_per_day, cumulative)
    if aimed.name not in measures:
        raise InputError("usd_per_day on outcomes needs 'requests_per_day'")
    measures = {aimed.name: measures[aimed.name]} | measures
    ladder, unit, notes = knob.ladder.take(codes), "prompts", given.notes
    if given.times is None:
        fit, report = split_groups(given.groups, share, seed)
    else:
        fit, report, unit = split_time(given.times, share)
        notes.append(f"the earlier {fit.units} {unit} fit, the later {report.units} report")
        if unit != "days":
            notes.append(f"the interval is over {unit}: what differs by day or week is not in it")

    def estimates(value: float, part: Part) -> dict[str, Estimate]:
        choice = ladder.take(part.rows).choices(value)
        return estimates_of(measures, choice, part, n_boot, seed)

    curve = curve_of(ladder, measures, fit)
    noise = Noise(fit.units, unit, share, lambda value: estimates(value, fit)[aimed.name])
    row = serving_row(aimed, aim, curve, noise)
    value = float(curve["value"].iloc[row])
    fitted, reported = estimates(value, fit), estimates(value, report)
    own = reported[aimed.name]
    return Calibration(
        target=str(aimed),
        setting=knob.name,
        value=value,
        strong=tuned_strong,
        n_fit=len(fit.rows),
        n_report=len(report.rows),
        unit=unit,
        fitted=fitted[aimed.name].value,
        reported=own.value,
        low=own.low,
        high=own.high,
        met=is_met(aimed, fitted[aimed.name], own),
        figures=_table(fitted, reported),
        curve=curve,
        router=knob.apply(value),
        notes=notes + remarks(aimed, row, len(curve)),
    )


def _check_numbers(share: float, requests_per_day: float | None) -> None:
    if not 0 < share < 1:
        raise InputError(f"'share' must lie between 0 and 1, got {share!r}")
    if requests_per_day is not None and not 0 < requests_per_day < math.inf:
        raise InputError(f"'requests_per_day' must be above 0, got {requests_per_day!r}")


def _strong(router: Any, strong: Any, answers: list[Any], given: Given) -> Any:
    if strong is None and isinstance(router, CostThresholds):
        return answers[-1]
    if strong is None and isinstance(router, StrongThreshold):  # tuned before
        return router.strong
    return find_strong(strong, answers, given.cost, given.quality, getattr(router, "cost_", None))


def _table(fitted: dict[str, Estimate], reported: dict[str, Estimate]) -> pd.DataFrame:
    rows = [(fitted[name].value, r.value, r.low, r.high) for name, r in reported.items()]
    index = pd.Index(list(reported), name="figure")
    return pd.DataFrame(rows, index, ["fitted", "reported", "low", "high"])
